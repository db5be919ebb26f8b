//! The tree of a script, and where its words stand. The parser's types end in this folder.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::sync::Arc;

use brush_parser::ast::{IoFd, Program, Word};
use brush_parser::{ParseError, ParserOptions, SourcePosition, SourceSpan, Token, TokenizerError};
use foldhash::HashMap;

use super::contained::contained;
use super::nesting;
use crate::text::{Fault, Faults, Source, Span};

/// A parsed script.
pub struct Syntax {
    /// The statements.
    pub program: Program,
    /// The text.
    pub source: Source,
    /// Where the text lies among all that is read.
    place: Place,
    /// Byte offset of every character, and of the end.
    offsets: Vec<usize>,
    /// Every token: its text and where it stands, in bytes, blanks before it left out.
    tokens: Vec<(String, Span)>,
    /// Index into `tokens` by start, once an array is asked for.
    by_start: OnceCell<HashMap<usize, usize>>,
}

/// Where a text lies among all that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// Its first byte has this offset; the script itself begins at 0, and what it takes in behind it.
    From(usize),
    /// All of it is made at one place, such as a computed text for `bash -c`.
    At(Span),
}

/// A continuation line in the source, which the parser takes out of words.
pub const CONTINUATION: &str = "\\\n";

/// A word as written and where its text stands.
#[derive(Debug, Clone)]
pub struct Written {
    /// The text, quotes included.
    pub text: String,
    /// Where the source holds it, if it does.
    pub stands: Option<Stands>,
    /// The place to name in messages.
    pub near: Span,
}

/// Where the source holds a text that continuation lines may cut.
#[derive(Debug, Clone)]
pub struct Stands {
    start: usize,
    /// The bytes of the text, ascending, that a continuation line precedes in the source.
    cuts: Vec<usize>,
}

impl Written {
    /// Makes a word that the source does not hold.
    pub fn made(text: impl Into<String>, near: Span) -> Self {
        Self { text: text.into(), stands: None, near }
    }

    /// Takes a part of the text, in bytes of it.
    pub fn part(&self, start: usize, end: usize) -> Self {
        let text = self.text.get(start..end).unwrap_or_default().to_owned();
        let stands = self.stands.as_ref().map(|it| it.part(start, end));
        let mut part = Self { text, stands, near: self.near };
        part.near = part.span().unwrap_or(self.near);
        part
    }

    /// Returns the place where the source holds exactly this text; none where a continuation line
    /// cuts it.
    pub fn span(&self) -> Option<Span> {
        let stands = self.stands.as_ref().filter(|it| it.cuts.is_empty())?;
        Some(Span::new(stands.start, stands.start + self.text.len()))
    }

    /// Returns the stretches of the text that no continuation line cuts, in order.
    pub fn stretches(&self) -> Vec<Self> {
        let cuts = self.stands.iter().flat_map(|it| it.cuts.iter().copied());
        let mut from = 0;
        let ends = cuts.chain([self.text.len()]);
        ends.map(|end| self.part(std::mem::replace(&mut from, end), end)).collect()
    }

    /// Puts the text between quotes that the source does not hold.
    #[must_use]
    pub fn in_quotes(&self) -> Self {
        let stands = self.stands.clone().map(|it| Stands {
            start: it.start.saturating_sub(1),
            cuts: it.cuts.iter().map(|at| at + 1).collect(),
        });
        Self { text: format!("\"{}\"", self.text), stands, near: self.near }
    }
}

impl Stands {
    /// Finds where a text stands in another from its start on, which lies at `start` among all.
    fn find(text: &str, source: &str, start: usize) -> Option<Self> {
        if source.starts_with(text) {
            return Some(Self { start, cuts: Vec::new() });
        }
        let (mut rest, mut cuts) = (source, Vec::new());
        for (at, char) in text.char_indices() {
            let stays = text.get(at..).is_some_and(|text| text.starts_with(CONTINUATION));
            while let (false, Some(after)) = (stays, rest.strip_prefix(CONTINUATION)) {
                cuts.push(at);
                rest = after;
            }
            rest = rest.strip_prefix(char)?;
        }
        Some(Self { start, cuts })
    }

    fn part(&self, start: usize, end: usize) -> Self {
        let before = self.cuts.iter().filter(|at| **at <= start).count();
        let inside = self.cuts.iter().filter(|at| start < **at && **at < end);
        let cuts = inside.map(|at| at - start).collect();
        Self { start: self.start + start + before * CONTINUATION.len(), cuts }
    }
}

impl Syntax {
    /// Parses a text as bash does.
    ///
    /// # Errors
    /// The place where bash's grammar stops.
    pub fn parse(source: &Source, place: Place) -> Result<Self, Faults> {
        let mut offsets: Vec<usize> = source.text().char_indices().map(|(at, _)| at).collect();
        offsets.push(source.text().len());
        let byte = |index: usize| offsets.get(index).copied().unwrap_or(source.text().len());
        let options = ParserOptions::default();
        let fault = |fault| Faults::one(source.clone(), of_windows(source, fault));
        // A backslash at the very end joins nothing, and bash leaves it out.
        let text = source.text();
        let open = text.len() - text.trim_end_matches('\\').len();
        let text = if open % 2 == 1 { text.strip_suffix('\\').unwrap_or(text) } else { text };
        if let Some(at) = nesting::too_deep(text) {
            return Err(fault(nesting::fault(Span::new(at, at + 1))));
        }
        // Where a text ends behind the empty tag of a here-document, the parser would look for ever; what
        // ends in a line that goes on has no end of a line either.
        let is_cut = !text.ends_with('\n') || text.ends_with("\\\n");
        let text = match text.contains("<<") && is_cut {
            true => Cow::Owned(format!("{text}\n")),
            false => Cow::Borrowed(text),
        };
        let given_up = || fault(given_up(source));
        let tokenize = || brush_parser::uncached_tokenize_str(&text, &options.tokenizer_options());
        let tokens = contained(tokenize).ok_or_else(given_up)?;
        let mut tokens = tokens.map_err(|error| fault(tokenizer_fault(source, &error)))?;
        tokens.iter_mut().for_each(detach_number);
        if let Some(token) = nesting::too_deep_a_token(&tokens) {
            let at = token.location();
            return Err(fault(nesting::fault(Span::new(byte(at.start.index), byte(at.end.index)))));
        }
        let parse = || brush_parser::parse_tokens(&tokens, &options);
        let program = contained(parse).ok_or_else(given_up)?;
        let program = program.map_err(|error| fault(parser_fault(source, &byte, &error)))?;
        let mut syntax = Self {
            program,
            source: source.clone(),
            place,
            tokens: Vec::new(),
            by_start: OnceCell::new(),
            offsets,
        };
        syntax.tokens = tokens.into_iter().map(|token| syntax.placed(token)).collect();
        Ok(syntax)
    }

    fn placed(&self, token: Token) -> (String, Span) {
        let (Token::Word(text, at) | Token::Operator(text, at)) = token;
        (text, self.span(&at))
    }

    /// Converts to bytes, without the blanks and continuations that the parser counts in.
    pub fn span(&self, at: &SourceSpan) -> Span {
        let byte = |index: usize| self.offsets.get(index).copied();
        let end = byte(at.end.index).unwrap_or(self.source.text().len());
        let mut start = byte(at.start.index).unwrap_or(end);
        loop {
            let rest = self.source.text().get(start..end).unwrap_or_default();
            let skip = if rest.starts_with([' ', '\t', '\n']) {
                1
            } else if rest.starts_with("\\\n") {
                2
            } else if rest.starts_with("\\\r\n") {
                3
            } else {
                break;
            };
            start += skip;
        }
        match self.place {
            Place::From(base) => Span::new(start, end).shifted(base),
            Place::At(span) => span,
        }
    }

    /// Returns a word with its place.
    pub fn written(&self, word: &Word) -> Written {
        let near = word.loc.as_ref().map_or(Span::at(0), |at| self.span(at));
        self.written_at(&word.value, near)
    }

    /// Returns a text with its place, if it stands there.
    pub fn written_at(&self, text: &str, near: Span) -> Written {
        let stands = self.from(near).and_then(|source| Stands::find(text, source, near.start));
        Written { text: text.to_owned(), stands, near }
    }

    /// Returns what the text holds from a place on.
    fn from(&self, near: Span) -> Option<&str> {
        let Place::From(base) = self.place else { return None };
        self.source.text().get(near.start.checked_sub(base)?..)
    }

    /// Tells whether a source holds the text, so that each of its words has a place of its own.
    pub fn is_held(&self) -> bool {
        matches!(self.place, Place::From(_))
    }

    /// Returns what the text holds at a place.
    pub fn slice(&self, at: Span) -> Option<&str> {
        self.from(at)?.get(..at.len())
    }

    /// Finds a text behind a place.
    pub fn behind(&self, near: Span, text: &str) -> Option<Span> {
        let start = near.start + self.from(near)?.find(text)?;
        Some(Span::new(start, start + text.len()))
    }

    /// Returns the elements of the array whose assignment starts at `start`, in order.
    pub fn array_elements(&self, start: usize, count: usize) -> Vec<Span> {
        let all = || self.tokens.iter().enumerate();
        let by_start = || all().map(|(index, (_, span))| (span.start, index)).collect();
        let first = self.by_start.get_or_init(by_start).get(&start);
        let first = first.copied().unwrap_or(usize::MAX);
        let tokens = self.tokens.iter().skip(first.saturating_add(1));
        let inside = tokens.skip_while(|(text, _)| text != "(").skip(1);
        let words = inside.filter(|(text, _)| !text.starts_with('\n') && !text.is_empty());
        words.take(count).map(|(_, span)| *span).collect()
    }
}

/// Digits right before `<` or `>` name a descriptor, unless none has so high a number: bash takes them for
/// a word then, and so does the parser where the word ends before.
fn detach_number(token: &mut Token) {
    let Token::Word(text, at) = token else { return };
    let digits = text.bytes().all(|it| it.is_ascii_digit());
    if digits && text.parse::<IoFd>().is_err() {
        let index = at.end.index.saturating_sub(1);
        at.end = Arc::new(SourcePosition { index, ..(*at.end).clone() });
    }
}

/// Says of a script with line ends of Windows what is most likely wrong with it.
fn of_windows(source: &Source, fault: Fault) -> Fault {
    match source.text().contains("\r\n") {
        true => fault.helped(
            "the lines end as on Windows; `sed -i 's/\\r$//' FILE` makes them lines of Unix",
        ),
        false => fault,
    }
}

fn tokenizer_fault(source: &Source, error: &TokenizerError) -> Fault {
    let end = source.text().len();
    let message = format!("bash cannot read this script: {error}");
    Fault::new("hydrule::bash::syntax", Span::at(end), message)
        .labelled("the script ends before something is closed")
}

fn given_up(source: &Source) -> Fault {
    let message = "the parser of bash gives up on this script".to_owned();
    Fault::new("hydrule::bash::syntax", Span::at(source.text().len()), message)
        .labelled("somewhere before")
        .helped("here-documents inside of expansions are the likeliest reason")
}

fn parser_fault(source: &Source, byte: &dyn Fn(usize) -> usize, error: &ParseError) -> Fault {
    let at = match error {
        ParseError::ParsingNear(location) => byte(location.index),
        _ => source.text().len(),
    };
    let length =
        source.text().get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    let message = "bash cannot read this script".to_owned();
    Fault::new("hydrule::bash::syntax", Span::new(at, at + length), message)
        .labelled("a syntax error near here")
        .helped("run `bash -n` on the file for bash's own words")
}
