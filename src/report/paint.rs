use std::borrow::Cow;

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

    /// Spells the signs of a page for people where it shall have no graphics, and shows what a terminal would
    /// obey. What a tool reads, such as JSON or a diff, has no signs of its own and is not for this.
    pub fn spelled(self, text: &str) -> Cow<'_, str> {
        let text = self.visible(text);
        if self.graphics || text.is_ascii() {
            return text;
        }
        let mut out = String::with_capacity(text.len());
        for sign in text.chars() {
            match SIGNS.iter().find(|(of, _)| *of == sign) {
                Some((_, spelled)) => out.push_str(spelled),
                None => out.push(sign),
            }
        }
        Cow::Owned(out)
    }

    /// Shows what a terminal would obey, as scripts, logs and names of files may hold it: `␛` for an escape.
    /// Ends of lines, tabs and the colours of this look stay.
    pub fn visible(self, text: &str) -> Cow<'_, str> {
        if !text.contains(is_obeyed) {
            return Cow::Borrowed(text);
        }
        let mut parts = text.split_inclusive(is_obeyed).peekable();
        let mut out = String::with_capacity(text.len());
        while let Some(part) = parts.next() {
            let Some((at, control)) = part.char_indices().next_back() else { continue };
            let next = parts.peek().copied().unwrap_or_default();
            let stays = match control {
                '\x1b' => self.color && is_color(next),
                '\r' => next.starts_with('\n'),
                _ => !is_obeyed(control),
            };
            if stays {
                out.push_str(part);
            } else {
                out.push_str(part.get(..at).unwrap_or_default());
                out.extend(self.picture(control));
            }
        }
        Cow::Owned(out)
    }

    fn picture(self, control: char) -> Vec<char> {
        match (u8::try_from(control), self.graphics) {
            (Ok(0x7f), true) => vec!['␡'],
            (Ok(code @ ..0x20), true) => {
                vec![char::from_u32(0x2400 + u32::from(code)).unwrap_or('�')]
            }
            (Ok(code @ (..0x20 | 0x7f)), false) => vec!['^', char::from(code ^ 0x40)],
            _ => vec!['�'],
        }
    }
}

fn is_obeyed(char: char) -> bool {
    char.is_control() && !matches!(char, '\n' | '\t')
}

/// Tells whether what follows an escape is one of the colours that reports have: none hides text.
fn is_color(text: &str) -> bool {
    let codes = text.strip_prefix('[').and_then(|it| it.split_once('m')).map(|(codes, _)| codes);
    let is_ours = |it: &str| matches!(it.parse(), Ok(0..=4_u8 | 22..=24 | 30..=39 | 90..=97));
    codes.is_some_and(|codes| codes.split(';').all(is_ours))
}

/// The signs of reports, and what stands for each where there are no graphics.
const SIGNS: [(char, &str); 11] = [
    ('→', "->"),
    ('✗', "x"),
    ('✓', "ok"),
    ('·', "*"),
    ('…', "..."),
    ('×', "x"),
    ('±', "+-"),
    ('‹', "<"),
    ('›', ">"),
    ('━', "#"),
    ('─', "-"),
];

/// Wraps a text between words, and never within one: names and paths stay whole, to be copied.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let options = textwrap::Options::new(width)
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::wrap(text, options).into_iter().map(Cow::into_owned).collect()
}

/// Wraps the lines of a text, what goes on behind an indent. A line with a wide gap is laid out already, and
/// may hold what is to be copied.
pub fn fitted(text: &str, width: usize, indent: &str) -> String {
    let is_laid_out = |line: &str| line.starts_with(' ') || line.contains("  ");
    let fit = |line: &str| match is_laid_out(line) {
        true => line.to_owned(),
        false => wrapped(line, width).join(&format!("\n{indent}")),
    };
    text.split('\n').map(fit).collect::<Vec<String>>().join("\n")
}

/// Writes what the user should know, behind a mark.
pub fn remark(text: &str, look: Look) -> String {
    let rows = wrapped(text, look.width.max(40) - 2);
    format!("{} {}", Paint::new(look).warn("!"), rows.join("\n  "))
}

/// A part of a line, and what paints it.
pub type Part<'a> = (&'a str, &'a dyn Fn(&str) -> String);

/// Goes on with a line that has `start` columns: its parts stand side by side, two blanks between them. One
/// that does not fit begins a line of its own at `indent`, wrapped where it must be.
pub fn side_by_side(start: usize, indent: usize, parts: &[Part<'_>], look: Look) -> String {
    let mut out = String::new();
    let mut at = start;
    for (text, paint) in parts.iter().filter(|(text, _)| !text.is_empty()) {
        let gap = if at > start { 2 } else { 0 };
        let length = text.chars().count();
        if at + gap + length <= look.width {
            out.push_str(&format!("{}{}", " ".repeat(gap), paint(text)));
            at += gap + length;
            continue;
        }
        let below = format!("\n{}", " ".repeat(indent));
        let rows = wrapped(text, look.width.saturating_sub(indent).max(28));
        at = indent + rows.last().map_or(0, |it| it.chars().count());
        let rows: Vec<String> = rows.iter().map(|row| paint(row)).collect();
        out.push_str(if gap > 0 || start > indent { &below } else { "" });
        out.push_str(&rows.join(&below));
    }
    out
}

/// Wraps words in colours where the look allows it. Bright green, yellow and cyan cannot be read on white, and
/// are greys in some palettes; red is the one that is too dark on black otherwise.
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
        self.with(AnsiColor::Green.on_default(), text)
    }

    /// What goes.
    pub fn gone(self, text: &str) -> String {
        self.with(AnsiColor::BrightRed.on_default(), text)
    }

    /// What deserves a look.
    pub fn warn(self, text: &str) -> String {
        self.with(AnsiColor::Yellow.on_default(), text)
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
        self.with(AnsiColor::Cyan.on_default(), text)
    }
}
