//! How often the parser of words reads the same text again.
//!
//! Where an expansion is not closed, each way to read it is tried in turn, and what is inside is read
//! again in each: the time multiplies with every level. What bash takes is closed.

use std::iter::Peekable;
use std::str::Bytes;

/// How many expansions around each other may be left open: each is read up to ten times.
const MOST_OPEN: usize = 4;

/// How deep `$((` may nest: what is no arithmetic is read again as a command.
const MOST_TWICE: usize = 8;

/// What is open in a word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    /// `${`
    Brace,
    /// `$((`
    Arithmetic,
    /// `$[`, or `[` in one of the others.
    Bracket,
    /// `$(`, or `(` in one of the others.
    Parenthesis,
    /// The second parenthesis of what began like arithmetic.
    Twice,
    /// `"`
    Quote,
}

/// Tells whether a word would be read too often.
pub fn is_read_too_often(word: &str) -> bool {
    let opening = word.bytes().filter(|it| b"$\"([".contains(it)).count();
    if opening <= MOST_OPEN {
        return false;
    }
    // Where a word is broken, what is quoted may be no text: its expansions count alone then.
    is_too_open(word, true) || is_too_open(word, false)
}

fn is_too_open(word: &str, quotes: bool) -> bool {
    let mut open: Vec<Open> = Vec::new();
    let mut bytes = word.bytes().peekable();
    while let Some(byte) = bytes.next() {
        let inside = open.last().copied();
        match (byte, inside) {
            (b'\\', _) if quotes => {
                bytes.next();
            }
            (b'\'', top) if quotes && top != Some(Open::Quote) => skip_quoted(&mut bytes),
            (b'"', Some(Open::Quote)) => {
                open.pop();
            }
            (b'"', _) if quotes => open.push(Open::Quote),
            (b'$', _) => open.extend(expansion(&mut bytes)),
            (b'}', Some(Open::Brace)) | (b']', Some(Open::Bracket)) => {
                open.pop();
            }
            (b')', Some(Open::Parenthesis | Open::Twice)) => {
                open.pop();
            }
            (b')', Some(Open::Arithmetic)) => {
                open.pop();
                if bytes.next_if_eq(&b')').is_none() {
                    open.push(Open::Twice);
                }
            }
            (b'(', Some(top)) if quotes && top != Open::Quote => open.push(Open::Parenthesis),
            (b'[', Some(top)) if quotes && top != Open::Quote => open.push(Open::Bracket),
            _ => {}
        }
        let twice = open.iter().filter(|it| matches!(it, Open::Arithmetic | Open::Twice));
        // What is open is counted where it can be too much, and not at every byte.
        if open.len() > MOST_TWICE && twice.count() > MOST_TWICE {
            return true;
        }
    }
    open.len() > MOST_OPEN
}

/// Skips to the end of a quoted text, if it has one.
fn skip_quoted(bytes: &mut Peekable<Bytes<'_>>) {
    let mut rest = bytes.clone();
    if rest.any(|it| it == b'\'') {
        *bytes = rest;
    }
}

/// Reads what opens behind a dollar sign.
fn expansion(bytes: &mut Peekable<Bytes<'_>>) -> Option<Open> {
    match bytes.next_if(|it| b"{([".contains(it))? {
        b'{' => Some(Open::Brace),
        b'[' => Some(Open::Bracket),
        _ if bytes.next_if_eq(&b'(').is_some() => Some(Open::Arithmetic),
        _ => Some(Open::Parenthesis),
    }
}

/// Tells whether the parser of commands reads a word, too: the subscript of an element that is assigned.
pub fn has_subscript(word: &str) -> bool {
    word.trim_start_matches(|it: char| it.is_ascii_alphanumeric() || it == '_').starts_with('[')
}
