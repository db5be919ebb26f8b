use anstyle::{AnsiColor, Style};

use crate::text::Level;

/// How a report may look.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Whether colours may be used.
    pub color: bool,
    /// Columns to fill, at most.
    pub width: usize,
    /// Whether box drawing and other pictures may be used; off for screen readers.
    pub graphics: bool,
}

impl Look {
    /// The fixed look of tests and pipes: no colour, 100 columns.
    pub const PLAIN: Self = Self { color: false, width: 100, graphics: true };
}

/// Writes what the user should know, behind a mark.
pub fn remark(text: &str, look: Look) -> String {
    let options = textwrap::Options::new(look.width.max(40));
    let options = options.initial_indent("  ").subsequent_indent("  ").break_words(false);
    let wrapped = textwrap::fill(text, options);
    format!("{} {}", Paint::new(look).warn("!"), wrapped.trim_start())
}

/// Wraps words in colours where the look allows it.
#[derive(Debug, Clone, Copy)]
pub struct Paint {
    color: bool,
}

impl Paint {
    /// Makes a painter for a look.
    pub fn new(look: Look) -> Self {
        Self { color: look.color }
    }

    fn with(self, style: Style, text: &str) -> String {
        if self.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// A heading.
    pub fn strong(self, text: &str) -> String {
        self.with(Style::new().bold(), text)
    }

    /// Side information.
    pub fn faint(self, text: &str) -> String {
        self.with(Style::new().dimmed(), text)
    }

    /// What went wrong.
    pub fn bad(self, text: &str) -> String {
        self.with(AnsiColor::BrightRed.on_default().bold(), text)
    }

    /// What is proposed, or added.
    pub fn good(self, text: &str) -> String {
        self.with(AnsiColor::BrightGreen.on_default(), text)
    }

    /// What goes.
    pub fn gone(self, text: &str) -> String {
        self.with(AnsiColor::BrightRed.on_default(), text)
    }

    /// What deserves a look.
    pub fn warn(self, text: &str) -> String {
        self.with(AnsiColor::BrightYellow.on_default(), text)
    }

    /// The mark of a broken requirement.
    pub fn broken(self, level: Level) -> String {
        match level {
            Level::Error => self.bad("✗"),
            Level::Warning | Level::Note => self.warn("!"),
        }
    }

    /// Names that can be typed.
    pub fn name(self, text: &str) -> String {
        self.with(AnsiColor::BrightCyan.on_default(), text)
    }
}
