//! The tree of a script, and where its words stand. The parser's types end in this folder.

use std::collections::HashMap;

use brush_parser::ast::{Program, Word};
use brush_parser::{ParseError, ParserOptions, SourceSpan, Token, TokenizerError};

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
    /// Index into `tokens` by start.
    by_start: HashMap<usize, usize>,
}

/// Where a text lies among all that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// Its first byte has this offset; the script itself begins at 0, and what it takes in behind it.
    From(usize),
    /// All of it is made at one place, such as a computed text for `bash -c`.
    At(Span),
}

/// A word as written and where its text stands.
#[derive(Debug, Clone)]
pub struct Written {
    /// The text, quotes included.
    pub text: String,
    /// Where the source holds exactly this text; none where a continuation line cuts it.
    pub span: Option<Span>,
    /// The place to name in messages.
    pub near: Span,
}

impl Written {
    /// Takes a part of the text, in bytes of it.
    pub fn part(&self, start: usize, end: usize) -> Self {
        let text = self.text.get(start..end).unwrap_or_default().to_owned();
        let span = self.span.map(|span| Span::new(span.start + start, span.start + end));
        Self { text, span, near: span.unwrap_or(self.near) }
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
        let fault = |fault| Faults::one(source.clone(), fault);
        // A backslash at the very end joins nothing, and bash leaves it out.
        let text = source.text();
        let open = text.len() - text.trim_end_matches('\\').len();
        let text = if open % 2 == 1 { text.strip_suffix('\\').unwrap_or(text) } else { text };
        if let Some(at) = nesting::too_deep(text) {
            return Err(fault(nesting::fault(Span::new(at, at + 1))));
        }
        let tokens = brush_parser::uncached_tokenize_str(text, &options.tokenizer_options());
        let tokens = tokens.map_err(|error| fault(tokenizer_fault(source, &error)))?;
        if let Some(token) = nesting::too_deep_a_token(&tokens) {
            let at = token.location();
            return Err(fault(nesting::fault(Span::new(byte(at.start.index), byte(at.end.index)))));
        }
        let program = brush_parser::parse_tokens(&tokens, &options);
        let program = program.map_err(|error| fault(parser_fault(source, &byte, &error)))?;
        let mut syntax = Self {
            program,
            source: source.clone(),
            place,
            tokens: Vec::new(),
            by_start: HashMap::new(),
            offsets,
        };
        syntax.tokens = tokens.iter().map(|token| syntax.placed(token)).collect();
        let starts = syntax.tokens.iter().enumerate();
        syntax.by_start = starts.map(|(index, (_, span))| (span.start, index)).collect();
        Ok(syntax)
    }

    fn placed(&self, token: &Token) -> (String, Span) {
        (token.to_str().to_owned(), self.span(token.location()))
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

    /// Returns a text with its place, if it stands there unchanged.
    pub fn written_at(&self, text: &str, near: Span) -> Written {
        let span = Span::new(near.start, near.start + text.len());
        let exact = match self.place {
            Place::From(base) => {
                let inside = near.start.checked_sub(base);
                inside.is_some_and(|at| self.source.slice(Span::new(at, at + text.len())) == text)
            }
            Place::At(_) => false,
        };
        Written { text: text.to_owned(), span: exact.then_some(span), near }
    }

    /// Finds a text behind a place.
    pub fn behind(&self, near: Span, text: &str) -> Option<Span> {
        let Place::From(base) = self.place else { return None };
        let rest = self.source.text().get(near.start.checked_sub(base)?..)?;
        let start = near.start + rest.find(text)?;
        Some(Span::new(start, start + text.len()))
    }

    /// Returns the elements of the array whose assignment starts at `start`, in order.
    pub fn array_elements(&self, start: usize, count: usize) -> Vec<Span> {
        let first = self.by_start.get(&start).copied().unwrap_or(usize::MAX);
        let tokens = self.tokens.iter().skip(first.saturating_add(1));
        let inside = tokens.skip_while(|(text, _)| text != "(").skip(1);
        let words = inside.filter(|(text, _)| !text.starts_with('\n') && !text.is_empty());
        words.take(count).map(|(_, span)| *span).collect()
    }
}

fn tokenizer_fault(source: &Source, error: &TokenizerError) -> Fault {
    let end = source.text().len();
    let message = format!("bash cannot read this script: {error}");
    Fault::new("hydrule::bash::syntax", Span::at(end), message)
        .labelled("the script ends before something is closed")
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
