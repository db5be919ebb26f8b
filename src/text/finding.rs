use super::fault::Fault;
use super::source::Source;

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
    /// The text.
    pub source: Source,
    /// What, where, and what to do.
    pub fault: Fault,
}
