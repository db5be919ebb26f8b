use std::borrow::Cow;
use std::collections::HashMap;

use super::piece::{Step, Text};
use crate::text::{Location, Source, Span};

/// What a script's reading found.
#[derive(Debug, Clone)]
pub struct Script {
    /// The text.
    pub source: Source,
    /// The texts that it takes in by `source`, and the offset at which each one's spans begin.
    pub taken_in: Vec<(usize, Source)>,
    /// The commands that receive overrides, in the order they would start.
    pub launches: Vec<Launch>,
    /// The same as bash would run them one after another: what a loop starts in several rounds stands
    /// there as often, with the index of its launch.
    pub runs: Vec<(usize, Launch)>,
    /// Every other command: where, and its words as [`Text::sketch`] gives them.
    pub commands: Vec<(Span, Vec<String>)>,
    /// Overrides that run as commands of their own, since the command above them has ended.
    pub orphans: Vec<Span>,
    /// Texts to run that are put together, in which that happens, each with the first such override.
    pub torn: Vec<(Span, String)>,
    /// Defaults that do not count, since the variable comes from outside.
    pub beaten: Vec<Beaten>,
    /// Scripts that the script starts.
    pub starts: Vec<Start>,
    /// What undecided tests, and texts that are not read, depend on.
    pub unread: Vec<String>,
    /// What may make the reading wrong.
    pub notes: Vec<Note>,
}

impl Script {
    /// Tells where a span lies: in the script, or in a file that it takes in.
    pub fn at(&self, span: Span) -> Location {
        match self.taken_in.iter().rev().find(|(begin, _)| *begin <= span.start) {
            Some((begin, source)) => {
                let end = span.end.saturating_sub(*begin);
                source.at(Span::new(span.start - begin, end))
            }
            None => self.source.at(span),
        }
    }

    /// Finds the launch that each run is of: of several at one place the next, if there are as many.
    pub(super) fn number_runs(&mut self) {
        let place =
            |launch: &Launch| (launch.location.source.name().to_owned(), launch.location.span);
        // For each place its launches, how often it runs, and how many of the runs are numbered.
        let mut places: HashMap<_, (Vec<usize>, usize, usize)> = HashMap::new();
        for (index, launch) in self.launches.iter().enumerate() {
            places.entry(place(launch)).or_default().0.push(index);
        }
        for (_, launch) in &self.runs {
            places.entry(place(launch)).or_default().1 += 1;
        }
        for (number, launch) in &mut self.runs {
            let Some((own, times, before)) = places.get_mut(&place(launch)) else { continue };
            let index = if *times == own.len() { own.get(*before) } else { own.first() };
            *before += 1;
            *number = index.copied().unwrap_or(*number);
        }
    }

    /// Tells whether a span lies in the script itself.
    pub fn holds(&self, span: Span) -> bool {
        span.end <= self.source.text().len()
    }
}

/// Something a reader of the findings should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Where.
    pub span: Span,
    /// What, in a sentence.
    pub message: String,
}

/// A default, such as that of `${NAME:-1}`, that a variable from outside beats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beaten {
    /// The variable's name.
    pub name: String,
    /// The default's text.
    pub default: Span,
    /// What the variable is.
    pub value: String,
}

/// A script that another one starts.
#[derive(Debug, Clone, PartialEq)]
pub struct Start {
    /// Its path as written.
    pub path: String,
    /// Where.
    pub span: Span,
    /// Whether the outer script's arguments are passed on.
    pub forwards: bool,
    /// The arguments before them; the list ends where an argument may be none or several.
    pub arguments: Vec<Text>,
    /// The variables it gets.
    pub environment: Vec<(String, Text)>,
}

/// One command that receives overrides.
#[derive(Debug, Clone)]
pub struct Launch {
    /// The module or file that runs, such as `verl.trainer.main_ppo`; empty if nothing tells.
    pub program: String,
    /// Whether Python is told to run it as a module.
    pub module: bool,
    /// The command's first to last word.
    pub location: Location,
    /// The variables set for this command alone.
    pub environment: Vec<(String, Text)>,
    /// All words of the command in order.
    pub words: Vec<Passed>,
    /// The program's flags with their values, as texts.
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

/// A word of a command as bash passes it.
#[derive(Debug, Clone)]
pub struct Passed {
    /// The text.
    pub text: Text,
    /// What the word is to the command.
    pub role: Role,
    /// Whether it may be none or several words.
    pub several: bool,
}

/// What a word is to a launch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It starts the program: `srun`, `python3`, `-m` and what they are told.
    Launcher,
    /// The module or file.
    Program,
    /// A flag of the program.
    Flag,
    /// The value of the flag before it.
    Value,
    /// An override.
    Override,
    /// Whatever arguments the script gets.
    Forwarded,
}

impl Launch {
    /// Returns what a flag of Hydra's is given, long or short: `--config-name x`, `-cn=x`; the last
    /// one wins.
    pub fn flag(&self, long: &str, short: &str) -> Option<Text> {
        let mut found = None;
        let mut words = self.words.iter().peekable();
        while let Some(word) = words.next() {
            if word.role != Role::Flag {
                continue;
            }
            let start = word.text.known_start();
            let (name, joined) = match start.split_once('=') {
                Some((name, _)) => (name, true),
                None => (&*start, false),
            };
            if !is_flag(name, long, short) {
                continue;
            }
            let value = words.next_if(|next| !joined && next.role == Role::Value);
            found = match value {
                Some(value) => Some(value.text.clone()),
                None if joined => Some(Text { pieces: word.text.from(name.len() + 1) }),
                None => found,
            };
        }
        found
    }
}

/// Tells whether a word is this flag of Hydra's, which may be cut short where nothing else begins so.
pub(super) fn is_flag(name: &str, long: &str, short: &str) -> bool {
    let shortest = if long.starts_with("--config-") { "--config-".len() + 1 } else { 5 };
    name == short || name == long || name.len() >= shortest && long.starts_with(name)
}

/// One override as bash passes it.
#[derive(Debug, Clone)]
pub struct Argument {
    /// The text with its places.
    pub text: Text,
    /// The word in the command, or the element in an array.
    pub word: Span,
    /// The array the element stands in, and the word in the command that passes it.
    pub array: Option<Step>,
    /// Whether it may be none or several arguments.
    pub several: bool,
}

impl Argument {
    /// Returns what stands before the `=`: sigil, key, package; the whole text without one.
    pub fn key_element(&self) -> Cow<'_, str> {
        // The first piece mostly tells, so that the others need not be put together.
        let first = self.text.pieces.first().and_then(|it| it.text.as_deref().ok());
        match first.filter(|it| it.contains('=')) {
            Some(first) => Cow::Borrowed(before_sign(first)),
            None => cut(self.text.known_start(), before_sign),
        }
    }

    /// Tells whether a text that is not known may turn out to set the key. What comes from outside
    /// the script is the user's own and may.
    pub fn may_set(&self, key: &str) -> bool {
        self.text.unknown().is_some() && self.text.sketch().contains(key)
    }

    /// Returns the key without sigil, with the package of a config group: what one override
    /// replaces of another.
    pub fn target(&self) -> Cow<'_, str> {
        cut(self.key_element(), |it| it.trim_start_matches(['+', '~']))
    }

    /// Returns the target of an override's text.
    pub(super) fn target_of(text: &str) -> &str {
        before_sign(text).trim_start_matches(['+', '~'])
    }

    /// Returns the key without sigil and package.
    pub fn key(&self) -> Cow<'_, str> {
        cut(self.target(), |it| it.split_once('@').map_or(it, |(key, _)| key))
    }
}

fn before_sign(text: &str) -> &str {
    text.split_once('=').map_or(text, |(key, _)| key)
}

/// Takes a part of a text, which is copied only where the text was.
fn cut<'a>(text: Cow<'a, str>, part: fn(&str) -> &str) -> Cow<'a, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(part(text)),
        Cow::Owned(text) => Cow::Owned(part(&text).to_owned()),
    }
}
