use std::borrow::Cow;
use std::fmt;
use std::ptr;
use std::sync::{Arc, OnceLock};

/// What a file says in one place: part of the program where the file ships with it, so that nothing is copied.
pub type Said = Cow<'static, str>;

/// A half-open range of byte offsets in one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset one past the last byte.
    pub end: usize,
}

impl Span {
    /// Makes a span; an end before the start is taken as an empty span at `start`.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end: end.max(start) }
    }

    /// Makes the empty span at `offset`.
    pub fn at(offset: usize) -> Self {
        Self { start: offset, end: offset }
    }

    /// Returns the number of bytes covered.
    pub fn len(self) -> usize {
        self.end - self.start
    }

    /// Tells whether no byte is covered.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Moves the span right by `by` bytes.
    #[must_use]
    pub fn shifted(self, by: usize) -> Self {
        Self { start: self.start + by, end: self.end + by }
    }

    /// Returns the smallest span that covers both.
    #[must_use]
    pub fn cover(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Tells whether `other` lies inside.
    pub fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

/// Where the text of an excerpt begins in the whole: the byte, and the line and column of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// The offset of the first byte.
    pub offset: usize,
    /// The line and column of the first byte.
    pub at: LineColumn,
}

impl Default for Start {
    fn default() -> Self {
        Self { offset: 0, at: LineColumn { line: 1, column: 1 } }
    }
}

/// A named text, or an excerpt of one, that is cheap to share. Two sources are equal when name, text
/// and place are. All offsets are those of the whole text.
#[derive(Clone)]
pub struct Source(Arc<Named>);

struct Named {
    name: Arc<str>,
    text: Kept,
    start: Start,
    /// Where each line starts, found when first asked for.
    lines: OnceLock<Vec<usize>>,
    /// How many characters stand before each [`STRIDE`]th byte, counted when first asked for.
    counts: OnceLock<Vec<usize>>,
}

/// How many bytes of a line are counted anew for each place in it.
const STRIDE: usize = 4096;

/// Counts the bytes that begin a character.
fn characters(bytes: Option<&[u8]>) -> usize {
    bytes.unwrap_or_default().iter().filter(|byte| **byte & 0xc0 != 0x80).count()
}

/// A text that is part of the program, or one that was read.
enum Kept {
    Fixed(&'static str),
    Read(Arc<str>),
}

impl Kept {
    fn as_str(&self) -> &str {
        match self {
            Self::Fixed(text) => text,
            Self::Read(text) => text,
        }
    }
}

impl PartialEq for Source {
    fn eq(&self, other: &Self) -> bool {
        let (one, two) = (&self.0, &other.0);
        // Most are shared, and to compare their texts would take long.
        Arc::ptr_eq(one, two)
            || one.name == two.name && self.text() == other.text() && one.start == two.start
    }
}

impl Eq for Source {}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({}, {} bytes)", self.0.name, self.text().len())
    }
}

impl Source {
    /// Tells whether both are the same text in memory, under any name.
    pub fn is(&self, other: &Self) -> bool {
        ptr::eq(self.text(), other.text())
    }

    /// Makes a source; `name` is what messages call it, usually the path as the user wrote it.
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        Self::excerpt(name, text, Start::default())
    }

    /// Makes a source of a piece of a text that is too large to be kept.
    pub fn excerpt(name: impl Into<Arc<str>>, text: impl Into<Arc<str>>, start: Start) -> Self {
        Self::keeping(name.into(), Kept::Read(text.into()), start)
    }

    /// Makes a source of a text that is part of the program, of which nothing is copied.
    pub fn fixed(name: &str, text: &'static str) -> Self {
        Self::keeping(name.into(), Kept::Fixed(text), Start::default())
    }

    fn keeping(name: Arc<str>, text: Kept, start: Start) -> Self {
        Self(Arc::new(Named { name, text, start, lines: OnceLock::new(), counts: OnceLock::new() }))
    }

    /// Returns the offset at which the text begins; 0 but for excerpts.
    pub fn start(&self) -> usize {
        self.0.start.offset
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Returns the whole text.
    pub fn text(&self) -> &str {
        self.0.text.as_str()
    }

    /// Returns the text at `span`; empty where the span does not fit the text.
    pub fn slice(&self, span: Span) -> &str {
        let inside = |offset: usize| offset.checked_sub(self.0.start.offset);
        let range = inside(span.start).zip(inside(span.end));
        range.and_then(|(start, end)| self.text().get(start..end)).unwrap_or_default()
    }

    /// Returns line and column of a byte offset; an offset past the end counts as the end.
    pub fn line_column(&self, offset: usize) -> LineColumn {
        let offset = char_start(self.text(), offset.saturating_sub(self.0.start.offset));
        let starts = self.line_starts();
        let line = starts.partition_point(|start| *start <= offset);
        let start = line.checked_sub(1).and_then(|at| starts.get(at)).copied().unwrap_or_default();
        let before = match offset - start {
            near if near < STRIDE => characters(self.text().as_bytes().get(start..offset)),
            _ => self.characters_before(offset) - self.characters_before(start),
        };
        let first = if line == 1 { self.0.start.at.column } else { 1 };
        let line = line + self.0.start.at.line - 1;
        LineColumn { line, column: before + first }
    }

    /// Counts the characters in front of a byte: in a long line many places may be asked for.
    fn characters_before(&self, offset: usize) -> usize {
        let bytes = self.text().as_bytes();
        let counts = self.0.counts.get_or_init(|| {
            let mut sum = 0;
            let counts = bytes.chunks(STRIDE).map(|chunk| {
                sum += characters(Some(chunk));
                sum
            });
            std::iter::once(0).chain(counts).collect()
        });
        let mark = offset / STRIDE;
        let before = counts.get(mark).copied().unwrap_or_default();
        before + characters(bytes.get(mark * STRIDE..offset))
    }

    fn line_starts(&self) -> &[usize] {
        self.0.lines.get_or_init(|| {
            let breaks = self.text().match_indices('\n').map(|(at, _)| at + 1);
            std::iter::once(0).chain(breaks).collect()
        })
    }

    /// Pairs the source with a span in it.
    pub fn at(&self, span: Span) -> Location {
        Location { source: self.clone(), span }
    }
}

/// A line and a column, both counted from 1; columns count code points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct LineColumn {
    /// The line, from 1.
    pub line: usize,
    /// The column in code points, from 1.
    pub column: usize,
}

/// A span in a source: where something was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The text the span belongs to.
    pub source: Source,
    /// The bytes meant.
    pub span: Span,
}

impl Location {
    /// Returns line and column of the first byte.
    pub fn line_column(&self) -> LineColumn {
        self.source.line_column(self.span.start)
    }

    /// Returns the text meant.
    pub fn text(&self) -> &str {
        self.source.slice(self.span)
    }

    /// Keeps of the source no more than the text meant.
    #[must_use]
    pub fn alone(&self) -> Self {
        let start = Start { offset: self.span.start, at: self.line_column() };
        let source = Source::excerpt(self.source.0.name.clone(), self.text(), start);
        Self { source, span: self.span }
    }
}

impl fmt::Display for Location {
    /// Prints `name:line`, the short form that terminals turn into links.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.source.name(), self.line_column().line)
    }
}

/// Returns where the character starts that holds a byte; past the end it is the end.
pub fn char_start(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

/// Returns where the line starts that holds a byte.
pub fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1)
}

/// Returns where the line ends that holds a byte, its `\n` left out.
pub fn line_end(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.find('\n').unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_code_points_and_stop_at_the_end() {
        let source = Source::new("a", "é=1\nxy");
        assert_eq!(source.line_column(2), LineColumn { line: 1, column: 2 });
        assert_eq!(source.line_column(1), LineColumn { line: 1, column: 1 });
        assert_eq!(source.line_column(99), LineColumn { line: 2, column: 3 });
        assert_eq!(source.line_column(4), LineColumn { line: 1, column: 4 });
        assert_eq!(source.line_column(5), LineColumn { line: 2, column: 1 });
        let ended = Source::new("a", "x\n");
        assert_eq!(ended.line_column(2), LineColumn { line: 2, column: 1 });
        assert_eq!(Source::new("a", "").line_column(0), LineColumn { line: 1, column: 1 });
    }

    #[test]
    fn places_far_inside_of_a_line_are_counted_alike() {
        let text = format!("é\n{}", "aé—".repeat(STRIDE));
        let source = Source::new("a", text.clone());
        for at in [3, STRIDE - 1, STRIDE, STRIDE + 2, 3 * STRIDE + 1, text.len()] {
            let before = text.char_indices().filter(|(start, _)| *start < char_start(&text, at));
            // Two characters stand in the first line.
            let column = before.count() - 1;
            assert_eq!(source.line_column(at), LineColumn { line: 2, column }, "{at}");
        }
    }

    #[test]
    fn an_excerpt_keeps_its_place() {
        let whole = Source::new("a", "one\ntwo é three\nfour");
        let three = whole.at(Span::new(11, 16)).alone();
        assert_eq!((three.text(), three.source.text()), ("three", "three"));
        assert_eq!(three.line_column(), LineColumn { line: 2, column: 7 });
        assert_eq!(three.source.slice(Span::new(4, 7)), "");
        let start = Start { offset: 11, at: LineColumn { line: 2, column: 7 } };
        let tail = Source::excerpt("a", "three\nfour", start);
        assert_eq!(tail.line_column(17), LineColumn { line: 3, column: 1 });
        assert_eq!(tail.at(Span::new(18, 20)).text(), "ou");
    }
}
