use crate::pack::{PackError, Text};
use crate::report::{Look, Paint, fitted, render_faults};
use crate::text::{Fault, Faults, Source, Span, shell_word};

/// Why a command could not do its work.
#[derive(Debug, Clone, PartialEq)]
pub enum CliError {
    /// Mistakes in texts, each with its place.
    Faults(Vec<Faults>),
    /// Anything else.
    Plain {
        /// What happened.
        message: String,
        /// What to do.
        help: Option<String>,
    },
    /// The reader of stdout has gone, which is no error of ours.
    ClosedPipe,
}

impl CliError {
    /// Makes an error without a place.
    pub fn plain(message: impl Into<String>) -> Self {
        Self::Plain { message: message.into(), help: None }
    }

    /// Adds advice.
    #[must_use]
    pub fn helped(self, advice: impl Into<String>) -> Self {
        match self {
            Self::Plain { message, .. } => Self::Plain { message, help: Some(advice.into()) },
            other => other,
        }
    }

    /// Says in one line what happened.
    pub fn message(&self) -> String {
        match self {
            Self::Faults(all) => {
                let first = all.iter().find_map(|it| it.faults.first());
                first.map(|it| it.message.clone()).unwrap_or_default()
            }
            Self::Plain { message, .. } => message.clone(),
            Self::ClosedPipe => String::new(),
        }
    }

    /// Writes it for people.
    pub fn render(&self, look: Look) -> String {
        match self {
            Self::ClosedPipe => String::new(),
            Self::Faults(all) => all.iter().map(|faults| render_faults(faults, look)).collect(),
            Self::Plain { message, help } => {
                let paint = Paint::new(look);
                let message = fitted(message, look.width.saturating_sub(7), "       ");
                let mut text = format!("{} {message}\n", paint.bad("error:"));
                if let Some(help) = help {
                    let help = fitted(help, look.width.saturating_sub(8), "        ");
                    text.push_str(&format!("  {} {help}\n", paint.name("help:")));
                }
                text
            }
        }
    }

    /// Makes an error that underlines `word` in the command line as it was typed.
    pub fn at_word(word: &str, fault: Fault) -> Self {
        let words = std::env::args_os().skip(1);
        let words: Vec<String> = words.map(|it| it.to_string_lossy().into_owned()).collect();
        let mut text = String::from("hydrule");
        let mut span = Span::at(0);
        for argument in &words {
            text.push(' ');
            let start = text.len();
            text.push_str(&shell_word(argument));
            let inside = argument.ends_with(word) && span.is_empty();
            if inside {
                let end = text.len();
                let exact = text.ends_with(word);
                span = Span::new(if exact { end - word.len() } else { start }, end);
            }
        }
        Self::Faults(vec![Faults::one(Source::new("command line", text), Fault { span, ..fault })])
    }
}

impl CliError {
    /// Moves an error about a word to the text that says the word.
    #[must_use]
    pub fn moved_to(self, text: &Text) -> Self {
        match self.into_fault() {
            Ok(fault) => {
                let fault = Fault { span: text.location.span, ..fault };
                Faults::one(text.location.source.clone(), fault).into()
            }
            Err(other) => other,
        }
    }

    /// Returns the one fault of an error that underlines a word.
    ///
    /// # Errors
    /// The error as it was, where it is another.
    pub fn into_fault(self) -> Result<Fault, Self> {
        match self {
            Self::Faults(mut all) if all.len() == 1 => {
                let fault = all.pop().and_then(|mut it| it.faults.pop());
                fault.ok_or_else(|| Self::plain("it is refused"))
            }
            other => Err(other),
        }
    }
}

impl From<Faults> for CliError {
    fn from(faults: Faults) -> Self {
        Self::Faults(vec![faults])
    }
}

impl CliError {
    /// Explains why the pack that `--pack` names cannot be used.
    pub fn pack(name: &str, error: PackError) -> Self {
        match error {
            PackError::Faulty(faults) => Self::Faults(faults),
            PackError::Unknown { help, .. } => {
                let message = format!("there is no pack `{name}`");
                let fault = Fault::new("hydrule::pack::not_found", Span::at(0), message);
                Self::at_word(name, fault.labelled("no such pack").helped(help))
            }
            PackError::Unreadable { path, why } => {
                let message = format!("cannot read `{}`: {why}", path.display());
                let fault = Fault::new("hydrule::pack::unreadable", Span::at(0), message);
                Self::at_word(name, fault)
            }
        }
    }
}
