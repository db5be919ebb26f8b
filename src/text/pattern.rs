//! Regular expressions of packs and of people.
//!
//! A small engine runs them: it reads a pattern a hundred times as fast as one that makes automata of
//! Unicode's classes, and a start of the program needs several. Its time grows with the text alone, never
//! exponentially. `\d`, `\s`, `\w` and `\b` mean ASCII.

use regex_lite::{Regex, RegexBuilder};
use regex_syntax::Error;

use super::source::Span;

/// The largest compiled form, in bytes.
const SIZE: usize = 1 << 20;

/// Compiles a regular expression.
///
/// # Errors
/// Where in the pattern it is wrong, and what is.
pub fn compile_pattern(pattern: &str) -> Result<Regex, (Span, String)> {
    let compiled = RegexBuilder::new(pattern).size_limit(SIZE).build();
    compiled.map_err(|error| wrong(pattern).unwrap_or((whole(pattern), error.to_string())))
}

/// Asks the parser that knows where a pattern is wrong.
fn wrong(pattern: &str) -> Option<(Span, String)> {
    let (at, why) = match regex_syntax::parse(pattern) {
        Err(Error::Parse(error)) => (*error.span(), error.kind().to_string()),
        Err(Error::Translate(error)) => (*error.span(), error.kind().to_string()),
        _ => return None,
    };
    Some((Span::new(at.start.offset, at.end.offset), why))
}

fn whole(pattern: &str) -> Span {
    Span::new(0, pattern.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_pattern_is_told_with_its_place() {
        let wrong = |pattern: &str| {
            let (span, why) = compile_pattern(pattern).unwrap_err();
            (pattern.get(span.start..span.end).unwrap().to_owned(), why)
        };
        assert_eq!(wrong("é (abc"), ("(".to_owned(), "unclosed group".to_owned()));
        assert_eq!(wrong(r"a\yb").0, r"\y");
        let (place, why) = wrong("(a{1000}){1000}");
        assert_eq!(place, "(a{1000}){1000}");
        assert!(why.contains("limit"), "{why}");
    }

    #[test]
    fn classes_are_those_of_ascii() {
        let holds = |pattern: &str, text: &str| compile_pattern(pattern).unwrap().is_match(text);
        assert!(holds(r"^\d+\s\w+$", "12 ab_1"));
        assert!(!holds(r"\d", "٣"));
        assert!(holds("^.$", "é"));
    }
}
