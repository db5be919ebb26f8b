//! Places as editors count them: a line, and how far into it.

use serde_json::{Value as Json, json};

use crate::text::Span;

/// What a column counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// Bytes.
    Utf8,
    /// Halves of surrogate pairs, as JavaScript does: what every editor understands.
    #[default]
    Utf16,
    /// Characters.
    Utf32,
}

impl Encoding {
    /// Chooses among those that an editor offers; bytes are what needs no counting.
    pub fn choose(offered: &Json) -> Self {
        let offers =
            |name: &str| offered.as_array().is_some_and(|all| all.iter().any(|it| it == name));
        match () {
            () if offers("utf-8") => Self::Utf8,
            () if offers("utf-16") => Self::Utf16,
            () if offers("utf-32") => Self::Utf32,
            () => Self::default(),
        }
    }

    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16 => "utf-16",
            Self::Utf32 => "utf-32",
        }
    }

    fn width(self, letter: char) -> usize {
        match self {
            Self::Utf8 => letter.len_utf8(),
            Self::Utf16 => letter.len_utf16(),
            Self::Utf32 => 1,
        }
    }
}

/// A place in a text, both parts counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column, in what the encoding counts.
    pub character: usize,
}

impl Position {
    /// Reads one.
    pub fn read(json: &Json) -> Option<Self> {
        let part = |name: &str| usize::try_from(json.get(name)?.as_u64()?).ok();
        Some(Self { line: part("line")?, character: part("character")? })
    }

    /// Gives it as data.
    pub fn to_json(self) -> Json {
        json!({ "line": self.line, "character": self.character })
    }
}

/// Where the lines of a text start. A line ends with `\n`, `\r\n` or `\r`, as the protocol has it.
#[derive(Debug, Clone)]
pub struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    /// Finds the lines of a text.
    pub fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let ends = bytes.iter().enumerate().filter(|(at, byte)| match byte {
            b'\n' => true,
            b'\r' => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        });
        Self { starts: std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect() }
    }

    /// Returns a line without its end, and where it starts.
    fn line<'a>(&self, text: &'a str, line: usize) -> Option<(usize, &'a str)> {
        let start = *self.starts.get(line)?;
        let end = self.starts.get(line + 1).copied().unwrap_or(text.len());
        let whole = text.get(start..end)?;
        Some((start, whole.trim_end_matches(['\n', '\r'])))
    }

    /// Returns the byte at a place; what lies behind a line or the text counts as its end, and the
    /// middle of a character as its start.
    pub fn offset(&self, text: &str, at: Position, encoding: Encoding) -> usize {
        let Some((start, line)) = self.line(text, at.line) else { return text.len() };
        let mut passed = 0;
        for (index, letter) in line.char_indices() {
            passed += encoding.width(letter);
            if passed > at.character {
                return start + index;
            }
        }
        start + line.len()
    }

    /// Returns the place of a byte.
    pub fn position(&self, text: &str, offset: usize, encoding: Encoding) -> Position {
        let offset = offset.min(text.len());
        let line = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let (start, content) = self.line(text, line).unwrap_or((0, ""));
        let before =
            content.char_indices().take_while(|(at, it)| start + at + it.len_utf8() <= offset);
        let character = before.map(|(_, letter)| encoding.width(letter)).sum();
        Position { line, character }
    }

    /// Gives a span as data.
    pub fn range(&self, text: &str, span: Span, encoding: Encoding) -> Json {
        let at = |offset| self.position(text, offset, encoding).to_json();
        json!({ "start": at(span.start), "end": at(span.end) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_bytes_turn_into_one_another() {
        let text = "a🦀b\r\né\rx\n";
        let lines = Lines::of(text);
        let cases = [
            (0, 0, [0, 0, 0]),
            (1, 0, [1, 1, 1]),
            (5, 0, [5, 3, 2]),
            (6, 0, [6, 4, 3]),
            (8, 1, [0, 0, 0]),
            (10, 1, [2, 1, 1]),
            (11, 2, [0, 0, 0]),
            (13, 3, [0, 0, 0]),
        ];
        for (offset, line, columns) in cases {
            let encodings = [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32];
            for (encoding, character) in encodings.into_iter().zip(columns) {
                let at = Position { line, character };
                assert_eq!(lines.position(text, offset, encoding), at, "{offset}");
                assert_eq!(lines.offset(text, at, encoding), offset, "{at:?}");
            }
        }
    }

    #[test]
    fn what_lies_outside_is_the_nearest_place() {
        let text = "a🦀b\nc";
        let lines = Lines::of(text);
        let offset =
            |line, character| lines.offset(text, Position { line, character }, Encoding::Utf16);
        assert_eq!([offset(0, 2), offset(0, 99), offset(1, 99), offset(9, 0)], [1, 6, 8, 8]);
        assert_eq!(lines.position(text, 99, Encoding::Utf16), Position { line: 1, character: 1 });
        assert_eq!(lines.position(text, 3, Encoding::Utf16), Position { line: 0, character: 1 });
    }
}
