use super::edit::{Edit, TextEdits};
use super::fault::Fault;
use super::source::{Source, Span};

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Worth knowing; nothing is wrong yet.
    Note,
    /// Probably not what was meant.
    Warning,
    /// The run fails, or is not the one that is written.
    Error,
}

impl Level {
    /// Returns the word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Something about a text that its author should know.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The rule's id, such as `broken-continuation`.
    pub rule: String,
    /// How much it weighs.
    pub level: Level,
    /// The configuration key it is about, if it is about one.
    pub key: Option<String>,
    /// The program of the launch that it is about, if it is about one.
    pub launch: Option<String>,
    /// The text.
    pub source: Source,
    /// What, where, and what to do.
    pub fault: Fault,
    /// The way that the value took to the launch, from its definition on.
    pub flow: Vec<(Span, String)>,
    /// What would mend it, if anything surely does.
    pub fix: Option<Mend>,
    /// The address of a page about the rule, if there is one.
    pub page: Option<String>,
}

/// What makes a finding the same in a later version of its file: file, rule, key and launch, never the
/// line.
pub type Identity = (String, String, Option<String>, Option<String>);

/// Edits that mend a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mend {
    /// What they do, in a sentence.
    pub what: String,
    /// Whether the job stays the one that is meant without anybody's judgement.
    pub safe: bool,
    /// The edits, text by text.
    pub texts: Vec<TextEdits>,
}

impl Mend {
    /// Makes edits of one text that mend a finding without anybody's judgement.
    pub fn safe(what: impl Into<String>, source: &Source, edits: Vec<Edit>) -> Self {
        Self { what: what.into(), safe: true, texts: vec![TextEdits::new(source, edits)] }
    }

    /// Says that somebody should look at them.
    #[must_use]
    pub fn only_if(mut self, safe: bool) -> Self {
        self.safe = safe;
        self
    }
}

impl Finding {
    /// Makes a finding about a text as such.
    pub fn new(rule: &str, level: Level, source: &Source, fault: Fault) -> Self {
        let (key, launch, flow, fix, page) = (None, None, Vec::new(), None, None);
        let (rule, source) = (rule.to_owned(), source.clone());
        Self { rule, level, key, launch, source, fault, flow, fix, page }
    }

    /// Tells whether two findings say the same, whatever would mend them.
    pub fn is_same_as(&self, other: &Self) -> bool {
        let said = |it: &Self| (it.rule.clone(), it.level, it.key.clone(), it.launch.clone());
        said(self) == said(other) && self.source == other.source && self.fault == other.fault
    }

    /// Returns what stays the same when lines move.
    pub fn identity(&self) -> Identity {
        let Self { rule, key, launch, source, .. } = self;
        (source.name().to_owned(), rule.clone(), key.clone(), launch.clone())
    }

    /// Says which key it is about.
    #[must_use]
    pub fn about(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Says which program's launch it is about.
    #[must_use]
    pub fn of(mut self, program: &str) -> Self {
        self.launch = Some(program.to_owned());
        self
    }
}
