//! Lines and indentations of a YAML text.

use crate::config::outline::{Item, Shape};
use crate::text::{Span, line_end, line_start};

/// A text by lines.
#[derive(Clone, Copy)]
pub(super) struct Lines<'a>(pub &'a str, pub &'static str);

impl<'a> Lines<'a> {
    /// Returns the start of the line that holds a byte.
    pub(super) fn start(self, at: usize) -> usize {
        line_start(self.0, at)
    }

    /// Returns the end of the line that holds a byte, its line break left out.
    pub(super) fn end(self, at: usize) -> usize {
        let end = line_end(self.0, at);
        let line = self.0.get(at..end).unwrap_or_default();
        if line.ends_with('\r') { end - 1 } else { end }
    }

    /// Returns the line break of new lines.
    pub(super) fn ending(self) -> &'static str {
        self.1
    }

    /// Returns what stands before a byte on its line.
    pub(super) fn before(self, at: usize) -> &'a str {
        self.0.get(self.start(at)..at).unwrap_or_default()
    }

    /// Returns the indentation of a column, as blanks: a dash before it takes as much room.
    pub(super) fn indent(self, at: usize) -> String {
        " ".repeat(self.before(at).chars().count())
    }

    /// Tells whether only blanks stand before a byte on its line.
    pub(super) fn is_first(self, at: usize) -> bool {
        self.before(at).chars().all(|c| c == ' ')
    }

    /// Tells whether a stretch may hold a comment.
    pub(super) fn has_comment(self, span: Span) -> bool {
        let part = self.0.get(span.start..span.end).unwrap_or_default();
        let mut before = ' ';
        part.chars().any(|c| {
            let found = c == '#' && before.is_whitespace();
            before = c;
            found
        })
    }

    /// Tells whether anything but blanks and a comment follows on the line.
    pub(super) fn is_last(self, at: usize) -> bool {
        let rest = self.0.get(at..self.end(at)).unwrap_or_default();
        let bare = rest.trim_start_matches([' ', '\t']);
        bare.is_empty() || bare.starts_with('#') && bare.len() < rest.len()
    }
}

/// Returns the line break that a text uses.
pub(super) fn ending(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

/// Returns by how many blanks the text indents: as its first section does.
pub(super) fn step(lines: Lines<'_>, root: &Item) -> usize {
    let Shape::Dict { pairs, flow: false } = &root.shape else { return 2 };
    let own = lines.before(root.span.start).chars().count();
    let inner = pairs.iter().find_map(|pair| match &pair.value.shape {
        Shape::Dict { flow: false, pairs } => {
            let first = pairs.first()?.key.span.start;
            lines.before(first).chars().count().checked_sub(own).filter(|step| *step > 0)
        }
        _ => None,
    });
    inner.unwrap_or(2)
}
