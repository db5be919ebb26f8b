//! Texts that know where each part of them was written.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use super::trail::Trail;
use crate::text::Span;

/// A text that bash would make, in pieces.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Text {
    /// The pieces, in order.
    pub pieces: Vec<Piece>,
}

/// A part of a text, from one place.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// The characters, or why nothing tells them.
    pub text: Result<String, Unknown>,
    /// Where it was made.
    pub origin: Origin,
    /// The variables it went through, first to last.
    pub via: Trail<Step>,
}

/// What nothing tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// Why, for people.
    pub why: String,
    /// What it depends on, as far as that is told: where two readings differ here, the value may.
    pub seen: String,
    /// The path that it stands for, where that is known though the text is not.
    pub path: Option<String>,
}

impl Unknown {
    /// Makes one that depends on nothing that is told.
    pub fn new(why: impl Into<String>) -> Self {
        let why = why.into();
        Self { seen: without_lines(&why), why, path: None }
    }

    fn size(&self) -> usize {
        self.why.len() + self.path.as_ref().map_or(0, String::len)
    }

    /// Adds what it depends on.
    #[must_use]
    pub fn seeing(self, seen: &str) -> Self {
        Self { seen: condensed(format!("{}\u{1}{seen}", self.seen)), ..self }
    }
}

/// Leaves the numbers of lines out of a text: an edit above may move them.
fn without_lines(text: &str) -> String {
    let mut parts = text.split("line ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |out, part| {
        out + "line " + part.trim_start_matches(|c: char| c.is_ascii_digit())
    })
}

/// Keeps a text that is only compared short.
fn condensed(text: String) -> String {
    if text.len() <= 4000 {
        return text;
    }
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    format!("{:x}", hasher.finish())
}

/// How many bytes a value is followed to; Linux passes no command more than two million.
pub const LONGEST: usize = 1 << 20;

/// About how many bytes a piece takes, and each variable that it went through.
const EACH: usize = 64;

/// Tells whether texts are longer together than values are followed: a loop that doubles one grows without
/// end.
pub fn are_too_long<'a>(texts: impl IntoIterator<Item = &'a Text>) -> bool {
    let mut room = LONGEST;
    texts.into_iter().any(|text| {
        let size = text.size();
        let fits = size <= room;
        room = room.saturating_sub(size);
        !fits
    })
}

/// Where a piece was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The source holds exactly these characters at the span, inside such quotes.
    Literal(Span, Quoting),
    /// `$((…))` stands at the span.
    Arithmetic(Span),
    /// Something else stands at the span: an expansion, an escape.
    Computed(Span),
    /// It comes from outside the script: the environment, or an argument of the script.
    Outside,
}

/// The quotes around a literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quoting {
    /// None.
    Bare,
    /// `'…'`.
    Single,
    /// `"…"`.
    Double,
}

/// A variable that a piece went through.
#[derive(Debug, Clone, Eq)]
pub struct Step {
    /// The variable's name.
    pub variable: Arc<str>,
    /// Where it is read.
    pub used: Span,
    /// Whether the value is the default of `${NAME:-…}`, which the environment would replace.
    pub default: bool,
    /// Where the variable was set, appending included; several where branches set it.
    pub assigned: Arc<Vec<Span>>,
}

/// Where a variable was set says nothing about its value.
impl PartialEq for Step {
    fn eq(&self, other: &Self) -> bool {
        let same = |it: &Self| (it.used, it.default);
        self.variable == other.variable && same(self) == same(other)
    }
}

impl Origin {
    /// Returns the place.
    pub fn span(self) -> Span {
        match self {
            Self::Literal(span, _) | Self::Arithmetic(span) | Self::Computed(span) => span,
            Self::Outside => Span::at(0),
        }
    }
}

impl Piece {
    /// Makes a piece of known characters.
    pub fn known(text: impl Into<String>, origin: Origin) -> Self {
        Self { text: Ok(text.into()), origin, via: Trail::default() }
    }

    /// Makes a piece that nothing tells.
    pub fn unknown(why: impl Into<String>, span: Span) -> Self {
        Self::missing(Unknown::new(why), span)
    }

    /// Makes a piece of what nothing tells.
    pub fn missing(unknown: Unknown, span: Span) -> Self {
        Self { text: Err(unknown), origin: Origin::Computed(span), via: Trail::default() }
    }

    /// Returns the part of a piece from `start` to `end`, in bytes of its text.
    fn part(&self, start: usize, end: usize) -> Self {
        let Ok(text) = &self.text else { return self.clone() };
        let part = text.get(start..end).unwrap_or_default().to_owned();
        let origin = match self.origin {
            Origin::Literal(span, quoting) => {
                Origin::Literal(Span::new(span.start + start, span.start + end), quoting)
            }
            whole => whole,
        };
        Self { text: Ok(part), origin, via: self.via.clone() }
    }
}

impl Text {
    /// Makes a text of one piece.
    pub fn of(piece: Piece) -> Self {
        Self { pieces: vec![piece] }
    }

    /// Returns the characters, if all are known.
    pub fn known(&self) -> Option<String> {
        let known = self.pieces.iter().all(|piece| piece.text.is_ok());
        known.then(|| self.known_start().into_owned())
    }

    /// Returns what makes the text unknown, if it is.
    pub fn unknown(&self) -> Option<&Unknown> {
        self.pieces.iter().find_map(|piece| piece.text.as_ref().err())
    }

    /// Returns a text that differs where the text may: what is known, and what the rest depends on.
    pub fn sketch(&self) -> String {
        let pieces = self.pieces.iter().map(|piece| match &piece.text {
            Ok(text) => text.clone(),
            Err(unknown) => format!("\u{2}{}\u{3}", unknown.seen),
        });
        pieces.collect()
    }

    /// Tells whether it is the empty text, if that can be told.
    pub fn is_empty(&self) -> Option<bool> {
        let some =
            self.pieces.iter().any(|piece| piece.text.as_ref().is_ok_and(|it| !it.is_empty()));
        if some { Some(false) } else { self.known().map(|text| text.is_empty()) }
    }

    /// Returns why the text is unknown, if it is.
    pub fn why_unknown(&self) -> Option<&str> {
        self.unknown().map(|unknown| unknown.why.as_str())
    }

    /// Returns the characters before the first unknown piece.
    pub fn known_start(&self) -> Cow<'_, str> {
        let known = || self.pieces.iter().map_while(|piece| piece.text.as_deref().ok());
        if known().nth(1).is_none() {
            return Cow::Borrowed(known().next().unwrap_or_default());
        }
        let mut text = String::with_capacity(known().map(str::len).sum());
        known().for_each(|it| text.push_str(it));
        Cow::Owned(text)
    }

    /// Returns the pieces from byte `start` of the text on; none where that is not known.
    pub fn from(&self, start: usize) -> Vec<Piece> {
        let mut out = Vec::new();
        let mut at = 0;
        for piece in &self.pieces {
            match &piece.text {
                Ok(text) => {
                    let end = at + text.len();
                    if end > start {
                        out.push(piece.part(start.saturating_sub(at), text.len()));
                    }
                    at = end;
                }
                Err(_) => out.push(piece.clone()),
            }
        }
        out
    }

    /// Returns the part from `start` to `end`, in bytes of the text, all of which is known.
    pub fn range(&self, start: usize, end: usize) -> Self {
        let mut out = Self::default();
        let mut at = 0;
        for piece in &self.pieces {
            let length = piece.text.as_ref().map_or(0, String::len);
            let (from, to) = (start.max(at), end.min(at + length));
            if from < to {
                out.pieces.push(piece.part(from - at, to - at));
            }
            at += length;
        }
        out
    }

    /// Returns how many bytes it takes, about.
    pub fn size(&self) -> usize {
        let of = |piece: &Piece| {
            let text = piece.text.as_ref().map_or_else(Unknown::size, String::len);
            EACH * (1 + piece.via.len()) + text
        };
        self.pieces.iter().map(of).sum()
    }

    /// Lists the variables that its pieces went through.
    pub fn via(&self) -> Trail<Step> {
        self.pieces.iter().map(|piece| piece.via.clone()).collect()
    }

    /// Notes that the text went through a variable.
    #[must_use]
    pub fn through(mut self, step: &Step) -> Self {
        for piece in &mut self.pieces {
            piece.via.push(step.clone());
        }
        self
    }

    /// Cuts at blanks, as an expansion outside quotes is; tells whether the text began or ended
    /// with one.
    pub fn split(&self) -> Split {
        let mut split = Split::default();
        let mut current = Self::default();
        for piece in &self.pieces {
            let Ok(text) = &piece.text else {
                current.pieces.push(piece.clone());
                split.ends_open = true;
                continue;
            };
            let mut start = 0;
            for (at, blank) in text.match_indices([' ', '\t', '\n']) {
                if at > start {
                    current.pieces.push(piece.part(start, at));
                }
                if current.pieces.is_empty() {
                    split.starts_open |= split.fields.is_empty();
                } else {
                    split.fields.push(std::mem::take(&mut current));
                }
                start = at + blank.len();
                split.ends_open = false;
            }
            if start < text.len() {
                current.pieces.push(piece.part(start, text.len()));
                split.ends_open = true;
            }
        }
        if !current.pieces.is_empty() {
            split.fields.push(current);
        }
        split
    }
}

/// What splitting a text at blanks gives.
#[derive(Debug, Default)]
pub struct Split {
    /// The parts.
    pub fields: Vec<Text>,
    /// Whether a blank stood at the front.
    pub starts_open: bool,
    /// Whether the last part goes on with what follows.
    pub ends_open: bool,
}
