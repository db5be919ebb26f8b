//! The shape of a YAML text: which bytes hold which node, nothing resolved. Edits go by it.

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::scalar::{Kind, kind};
use super::yaml::Bytes;
use crate::text::Span;

/// One node as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// First to last byte, without an anchor or tag before it; empty where nothing is written.
    pub span: Span,
    /// Whether an anchor or a tag stands before it.
    pub marked: bool,
    /// What it is.
    pub shape: Shape,
}

/// How a node is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// A text without quotes.
    Plain,
    /// A text in these quotes.
    Quoted(char),
    /// A text on lines of its own, behind `|` or `>`.
    Block,
    /// `*name`.
    Alias,
    /// A list, in brackets or on lines.
    List {
        /// Whether it stands in brackets.
        flow: bool,
        /// What it holds.
        items: Vec<Item>,
    },
    /// A mapping, in braces or on lines.
    Dict {
        /// Whether it stands in braces.
        flow: bool,
        /// What it holds.
        pairs: Vec<Pair>,
    },
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The key, where it is a text; merge keys and numbers have no name.
    pub name: Option<String>,
    /// The key as written.
    pub key: Item,
    /// Where the value goes: behind the colon.
    pub colon: Option<usize>,
    /// The value as written.
    pub value: Item,
}

impl Pair {
    /// Returns the end of what is written of the pair.
    pub fn end(&self) -> usize {
        self.value.span.end.max(self.colon.unwrap_or(self.key.span.end))
    }
}

impl Item {
    /// Tells whether nothing is written, which means null.
    pub fn is_empty(&self) -> bool {
        self.shape == Shape::Plain && self.span.is_empty()
    }

    /// Returns the node that the parts of a dotted key name below this one.
    pub fn at(&self, parts: &[&str]) -> Option<&Self> {
        let Some((first, rest)) = parts.split_first() else { return Some(self) };
        let child = match &self.shape {
            Shape::Dict { pairs, .. } => &pairs.iter().find(|it| it.named(first))?.value,
            Shape::List { items, .. } => items.get(first.parse::<usize>().ok()?)?,
            _ => return None,
        };
        child.at(rest)
    }
}

impl Pair {
    /// Tells whether this is the pair of a text key.
    pub fn named(&self, name: &str) -> bool {
        self.name.as_deref() == Some(name)
    }
}

/// Reads the shape of a text that [`super::Config`] reads; nothing where the text is empty or not
/// one document.
pub fn outline(text: &str) -> Option<Item> {
    let bytes = Bytes::of(text);
    let mut open: Vec<Open> = Vec::new();
    let mut root = None;
    for step in Parser::new_from_str(text) {
        let (event, span) = step.ok()?;
        let span = Span::new(bytes.at(span.start.index()), bytes.at(span.end.index()));
        let item = match event {
            Event::Alias(_) => Some((Item { span, marked: false, shape: Shape::Alias }, None)),
            Event::Scalar(value, style, anchor, tag) => {
                let marked = anchor != 0 || tag.is_some();
                Some(scalar(text, span, &value, style, marked))
            }
            Event::SequenceStart(anchor, tag) => {
                open.push(Open::new(text, span, anchor != 0 || tag.is_some(), false));
                None
            }
            Event::MappingStart(anchor, tag) => {
                open.push(Open::new(text, span, anchor != 0 || tag.is_some(), true));
                None
            }
            Event::SequenceEnd | Event::MappingEnd => {
                Some((open.pop()?.close(text, span.end), None))
            }
            _ => None,
        };
        let Some((item, name)) = item else { continue };
        match open.last_mut() {
            Some(parent) => parent.take(text, item, name),
            None => root = Some(item),
        }
    }
    root
}

fn scalar(
    text: &str,
    span: Span,
    value: &str,
    style: ScalarStyle,
    marked: bool,
) -> (Item, Option<String>) {
    let shape = match style {
        ScalarStyle::Plain => Shape::Plain,
        ScalarStyle::SingleQuoted => Shape::Quoted('\''),
        ScalarStyle::DoubleQuoted => Shape::Quoted('"'),
        ScalarStyle::Literal | ScalarStyle::Folded => Shape::Block,
    };
    let named =
        shape != Shape::Plain || matches!(kind(value), Kind::Str | Kind::Date | Kind::Default);
    let mut span = if marked { without_marks(text, span) } else { span };
    if shape == Shape::Plain && value.is_empty() {
        // The parser puts nothing at whatever comes next.
        span = Span::at(span.start);
    }
    if let Shape::Quoted(quote) = shape {
        span.end = closed(text, span, quote);
    }
    if shape == Shape::Block {
        let written = text.get(span.start..span.end).unwrap_or_default();
        span.end = span.start + written.trim_end().len();
    }
    (Item { span, marked, shape }, named.then(|| value.to_owned()))
}

/// Finds the end of a text in quotes; the parser's reaches into a comment behind it.
fn closed(text: &str, span: Span, quote: char) -> usize {
    let body = text.get(span.start + 1..span.end).unwrap_or_default();
    let mut rest = body.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        let escaped = quote == '"' && c == '\\';
        let doubled =
            c == quote && quote == '\'' && rest.peek().is_some_and(|(_, next)| *next == quote);
        if escaped || doubled {
            rest.next();
        } else if c == quote {
            return span.start + 1 + at + 1;
        }
    }
    span.end
}

/// Skips anchors and tags in front of a node.
fn without_marks(text: &str, span: Span) -> Span {
    let mut start = span.start;
    while let Some(rest) = text.get(start..span.end) {
        let bare = rest.trim_start();
        start = span.end - bare.len();
        if !bare.starts_with(['&', '!']) {
            break;
        }
        start += bare.find(char::is_whitespace).unwrap_or(bare.len());
    }
    Span::new(start.min(span.end), span.end)
}

/// A collection whose end has not been seen.
struct Open {
    start: usize,
    /// The end of the last thing seen in it.
    end: usize,
    marked: bool,
    flow: bool,
    dict: bool,
    items: Vec<Item>,
    pairs: Vec<Pair>,
    key: Option<(Item, Option<String>)>,
}

impl Open {
    fn new(text: &str, span: Span, marked: bool, dict: bool) -> Self {
        let inner = if marked { without_marks(text, span) } else { span };
        let bracket = if dict { '{' } else { '[' };
        let flow = text.get(inner.start..inner.end).is_some_and(|it| it.starts_with(bracket));
        let start = inner.start;
        Self {
            start,
            end: start,
            marked,
            flow,
            dict,
            items: Vec::new(),
            pairs: Vec::new(),
            key: None,
        }
    }

    fn take(&mut self, text: &str, item: Item, name: Option<String>) {
        if !self.dict {
            self.end = self.end.max(item.span.end);
            return self.items.push(item);
        }
        let Some((key, key_name)) = self.key.take() else {
            // A block mapping starts at its first key, whatever stands before that.
            self.end = self.end.max(item.span.end);
            self.key = Some((item, name));
            return;
        };
        let colon = colon(text, key.span.end);
        let mut value = item;
        if let (true, Some(colon)) = (value.is_empty(), colon) {
            value.span = Span::at(colon);
        }
        let pair = Pair { name: key_name, key, colon, value };
        self.end = self.end.max(pair.end());
        self.pairs.push(pair);
    }

    fn close(self, text: &str, end: usize) -> Item {
        let end = if self.flow { end } else { self.end };
        let start = match self.pairs.first() {
            Some(first) if !self.flow => first.key.span.start,
            _ => self.start,
        };
        let start = start.min(text.len());
        let shape = if self.dict {
            Shape::Dict { flow: self.flow, pairs: self.pairs }
        } else {
            Shape::List { flow: self.flow, items: self.items }
        };
        Item { span: Span::new(start, end.max(start)), marked: self.marked, shape }
    }
}

/// Finds where the value of a key on one line goes: directly behind its colon.
fn colon(text: &str, key_end: usize) -> Option<usize> {
    let rest = text.get(key_end..)?;
    let bare = rest.trim_start_matches([' ', '\t']);
    bare.starts_with(':').then(|| key_end + rest.len() - bare.len() + 1)
}
