use std::fmt;

use super::source::{Source, Span};

/// One mistake in a text: what, where, and what to do about it.
///
/// Every stage reports its errors in this one form; only the human reporter knows how to draw them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The stable code, such as `hydrule::override::missing_equals`.
    pub code: &'static str,
    /// One sentence, lower case, without a full stop; the user's text in backticks.
    pub message: String,
    /// The bytes at fault.
    pub span: Span,
    /// What to write at the underlined text; may be empty.
    pub label: String,
    /// Advice, when there is any.
    pub help: Option<String>,
    /// Other texts of the same source that take part, each with what to write there.
    pub also: Vec<(Span, String)>,
}

impl Fault {
    /// Makes a fault without label or advice.
    pub fn new(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        let (label, also) = (String::new(), Vec::new());
        Self { code, message: message.into(), span, label, help: None, also }
    }

    /// Adds what to write at the underlined text.
    #[must_use]
    pub fn labelled(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Adds advice.
    #[must_use]
    pub fn helped(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds another text of the same source that takes part, and what to write there.
    #[must_use]
    pub fn with(mut self, span: Span, label: impl Into<String>) -> Self {
        self.also.push((span, label.into()));
        self
    }

    /// Moves the fault right by `by` bytes.
    #[must_use]
    pub fn shifted(mut self, by: usize) -> Self {
        self.span = self.span.shifted(by);
        for (span, _) in &mut self.also {
            *span = span.shifted(by);
        }
        self
    }
}

/// All faults of one source; never empty where it is an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults {
    /// The text the spans belong to.
    pub source: Source,
    /// The faults in order of position.
    pub faults: Vec<Fault>,
}

impl Faults {
    /// Makes the report of one fault.
    pub fn one(source: Source, fault: Fault) -> Self {
        Self { source, faults: vec![fault] }
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.faults.iter().enumerate() {
            let at = self.source.line_column(fault.span.start);
            let separator = if index == 0 { "" } else { "\n" };
            let (name, message) = (self.source.name(), &fault.message);
            write!(f, "{separator}{name}:{}:{}: {message}", at.line, at.column)?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}
