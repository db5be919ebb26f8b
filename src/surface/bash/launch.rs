use super::piece::Text;
use crate::text::{Location, Source, Span};

/// What a script's reading found.
#[derive(Debug, Clone)]
pub struct Script {
    /// The text.
    pub source: Source,
    /// The commands that receive overrides, in the order they would start.
    pub launches: Vec<Launch>,
    /// Every other command: where, and its words as [`Text::sketch`] gives them.
    pub commands: Vec<(Span, Vec<String>)>,
    /// Overrides that run as commands of their own, since the command above them has ended.
    pub orphans: Vec<Span>,
    /// Scripts that the script starts.
    pub starts: Vec<Start>,
    /// What undecided tests, and texts that are not read, depend on.
    pub unread: Vec<String>,
    /// What may make the reading wrong.
    pub notes: Vec<Note>,
}

/// Something a reader of the findings should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Where.
    pub span: Span,
    /// What, in a sentence.
    pub message: String,
}

/// A script that another one starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// Its path as written.
    pub path: String,
    /// Where.
    pub span: Span,
    /// Whether the outer script's arguments are passed on.
    pub forwards: bool,
}

/// One command that receives overrides.
#[derive(Debug, Clone)]
pub struct Launch {
    /// The module or file that runs, such as `verl.trainer.main_ppo`; empty if nothing tells.
    pub program: String,
    /// The command's first to last word.
    pub location: Location,
    /// Hydra's own flags, as texts.
    pub flags: Vec<String>,
    /// The overrides in argument order.
    pub arguments: Vec<Argument>,
    /// Where the script's own arguments are passed on, such as `"$@"`.
    pub forwards: Option<Span>,
    /// The last word of the command.
    pub last_word: Span,
    /// Everything else it gets, as [`Text::sketch`] gives it: the words before the overrides, flags,
    /// variables of its own.
    pub rest: Vec<String>,
    /// Why it may not run, such as the `if` it stands in.
    pub condition: Option<String>,
}

/// One override as bash passes it.
#[derive(Debug, Clone)]
pub struct Argument {
    /// The text with its places.
    pub text: Text,
    /// The word in the command, or the element in an array.
    pub word: Span,
    /// The array the element stands in.
    pub array: Option<String>,
}

impl Argument {
    /// Returns what stands before the `=`: sigil, key, package; the whole text without one.
    pub fn key_element(&self) -> String {
        let known = self.text.known_start();
        known.split_once('=').map_or(known.as_str(), |(key, _)| key).to_owned()
    }

    /// Tells whether a text that is not known may turn out to set the key. What comes from outside
    /// the script is the user's own and may.
    pub fn may_set(&self, key: &str) -> bool {
        self.text.unknown().is_some() && self.text.sketch().contains(key)
    }

    /// Returns the key without sigil, with the package of a config group: what one override
    /// replaces of another.
    pub fn target(&self) -> String {
        let element = self.key_element();
        element.trim_start_matches(['+', '~']).to_owned()
    }

    /// Returns the target of an override's text.
    pub(super) fn target_of(text: &str) -> &str {
        let element = text.split_once('=').map_or(text, |(key, _)| key);
        element.trim_start_matches(['+', '~'])
    }

    /// Returns the key without sigil and package.
    pub fn key(&self) -> String {
        let element = self.key_element();
        let bare = element.trim_start_matches(['+', '~']);
        bare.split_once('@').map_or(bare, |(key, _)| key).to_owned()
    }
}
