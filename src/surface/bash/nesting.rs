//! How deep a text may nest: what the parser and the walk take without running out of stack or time.

use brush_parser::Token;

use super::reread::{has_subscript, is_read_too_often};
use crate::text::{Fault, Span};

/// How deep statements, expansions and parentheses may nest together. People nest fewer than ten;
/// twice as many as this still fit the stack of a thread.
pub const DEEPEST: usize = 100;

/// How deep subscripts may nest, as in `${a[${b[0]}]}` and `a[b[0]]`: the parser takes ten times as
/// long for each.
const DEEPEST_SUBSCRIPTS: usize = 3;

/// How deep parentheses and `case` may nest together among statements: where they are not closed, the
/// parser takes up to twice as long for each.
const DEEPEST_TWICE_READ: usize = 10;

/// Words behind which a command begins, as it does behind an operator.
const LEADING: [&str; 11] =
    ["!", "{", "coproc", "do", "elif", "else", "if", "then", "time", "until", "while"];

/// Finds where a text nests too deep to be cut into words: by parentheses and braces outside of
/// comments at the start of a line.
pub fn too_deep(text: &str) -> Option<usize> {
    // Most texts have fewer of them in all.
    if text.bytes().filter(|it| matches!(it, b'(' | b'{')).count() <= DEEPEST {
        return None;
    }
    let mut open = 0_usize;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let code = if line.trim_start().starts_with('#') { "" } else { line };
        for (at, byte) in code.bytes().enumerate() {
            match byte {
                b'(' | b'{' => open += 1,
                b')' | b'}' => open = open.saturating_sub(1),
                _ => {}
            }
            if open > DEEPEST {
                return Some(start + at);
            }
        }
        start += line.len();
    }
    None
}

/// What begins and will end.
#[derive(PartialEq, Eq)]
enum Nest {
    Parenthesis,
    Case,
    Statement,
}

/// What is open.
#[derive(Default)]
struct Open {
    nests: Vec<Nest>,
    negations: usize,
}

impl Open {
    /// Counts with one more token, at whose place a command may begin or not.
    fn count(&mut self, token: &Token, begins: bool) {
        let operator = matches!(token, Token::Operator(..));
        match token.to_str() {
            "(" | "<(" | ">(" if operator => self.nests.push(Nest::Parenthesis),
            ")" if operator => self.close_parenthesis(),
            "case" if begins => self.nests.push(Nest::Case),
            "if" | "for" | "while" | "until" | "select" | "{" | "coproc" if begins => {
                self.nests.push(Nest::Statement);
            }
            // Another look at the value: the rest of the `case` is read as if it stood within.
            ";;&" if operator => self.nests.push(Nest::Statement),
            "esac" if begins => self.close(Nest::Case),
            "fi" | "done" | "}" if begins => {
                self.nests.pop_if(|it| *it == Nest::Statement);
            }
            _ => {}
        }
        self.negations = if token.to_str() == "!" { self.negations + 1 } else { 0 };
    }

    /// Within a `case`, what closes may be a pattern that nothing opened.
    fn close_parenthesis(&mut self) {
        let twice = |it: &&Nest| **it != Nest::Statement;
        if self.nests.iter().rev().find(twice) == Some(&Nest::Parenthesis) {
            self.close(Nest::Parenthesis);
        }
    }

    /// Closes the innermost of its kind, and what was left open in it.
    fn close(&mut self, kind: Nest) {
        if let Some(at) = self.nests.iter().rposition(|it| *it == kind) {
            self.nests.truncate(at);
        }
    }

    fn is_too_deep(&self) -> bool {
        let twice_read = self.nests.iter().filter(|it| **it != Nest::Statement).count();
        self.nests.len() + self.negations > DEEPEST || twice_read > DEEPEST_TWICE_READ
    }
}

/// Finds the token at which statements nest too deep to be parsed.
pub fn too_deep_a_token(tokens: &[Token]) -> Option<&Token> {
    let mut open = Open::default();
    let mut begins = true;
    tokens.iter().find(|token| {
        open.count(token, begins);
        begins =
            matches!(token, Token::Operator(..)) || begins && LEADING.contains(&token.to_str());
        open.is_too_deep() || has_subscript(token.to_str()) && is_read_too_often(token.to_str())
    })
}

/// Tells whether an expression nests too deep, or has so many operators that its tree may.
pub fn arithmetic_too_deep(text: &str) -> bool {
    let operators = text.bytes().filter(|it| b"!~+-*?,=&|^<>/%".contains(it)).count();
    operators > 2 * DEEPEST || too_deep(text).is_some() || subscripts(text) > DEEPEST_SUBSCRIPTS
}

/// Tells how deep subscripts nest in an expression.
fn subscripts(text: &str) -> usize {
    let mut open = 0_usize;
    let depths = text.bytes().map(|byte| {
        open = match byte {
            b'[' => open + 1,
            b']' => open.saturating_sub(1),
            _ => open,
        };
        open
    });
    depths.max().unwrap_or_default()
}

/// Tells whether a word's parameters have subscripts that nest too deep to be parsed.
pub fn subscripts_too_deep(word: &str) -> bool {
    let mut open: Vec<u8> = Vec::new();
    let mut bytes = word.bytes().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'$' if bytes.next_if_eq(&b'{').is_some() => {
                open.push(b'}');
                while bytes
                    .next_if(|it| it.is_ascii_alphanumeric() || b"_!#".contains(it))
                    .is_some()
                {}
                if bytes.next_if_eq(&b'[').is_some() {
                    open.push(b']');
                }
            }
            b'}' | b']' if open.last() == Some(&byte) => {
                open.pop();
            }
            _ => {}
        }
        if open.iter().filter(|it| **it == b']').count() > DEEPEST_SUBSCRIPTS {
            return true;
        }
    }
    false
}

/// Says that a text nests too deep.
pub fn fault(at: Span) -> Fault {
    Fault::new("hydrule::bash::nesting", at, "the script nests too deep".to_owned())
        .labelled("this is one level too deep to be read")
        .helped("move what is inside into a function or a script of its own")
}
