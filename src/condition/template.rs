//! Messages with expressions in them: `{key} is no multiple of {$name + 1}`.

use std::ops::Range;

/// A part of a message.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text that stands for itself.
    Text(&'a str),
    /// What stands between braces, and where.
    Expression(&'a str, Range<usize>),
    /// A brace without its partner, and where.
    Open(usize),
}

/// Splits a message into its parts. A brace inside a quoted text of an expression is no end of it.
pub fn pieces(message: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = message;
    while let Some((before, tail)) = rest.split_once('{') {
        let at = message.len() - tail.len();
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        match end(tail).and_then(|length| Some((tail.get(..length)?, tail.get(length + 1..)?))) {
            Some((inner, after)) => {
                pieces.push(Piece::Expression(inner, at..at + inner.len()));
                rest = after;
            }
            None => {
                pieces.push(Piece::Open(at - 1));
                rest = tail;
            }
        }
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

/// Finds the brace that ends an expression.
fn end(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, next) in text.char_indices() {
        match (quote, next) {
            (None, '}') => return Some(at),
            (None, '"' | '\'') => quote = Some(next),
            (Some(open), _) if open == next => quote = None,
            _ => {}
        }
    }
    None
}
