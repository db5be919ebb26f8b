//! Unquoted texts: one token has a type, several make a text.

use num_bigint::BigInt;

use super::ast::{Element, Number};
use super::python::MOST_DIGITS;

/// Characters that a backslash un-escapes outside quotes.
pub(super) const SPECIAL: [char; 12] =
    ['\\', '(', ')', '[', ']', '{', '}', ':', '=', ',', ' ', '\t'];

/// Reads an unquoted text; the interpolations in it are added to `interpolations`.
///
/// # Errors
/// An integer of more digits than Python reads.
pub fn primitive(text: &str, interpolations: &mut Vec<String>) -> Result<Element, String> {
    let token = text.trim_end_matches([' ', '\t']);
    if is_word(token) {
        return Ok(keyword(token).unwrap_or_else(|| Element::Str(token.to_owned())));
    }
    let unsigned = token.strip_prefix(['+', '-']).unwrap_or(token);
    if after_int(unsigned) == Some("") {
        let digits: String = token.chars().filter(|c| *c != '_').collect();
        if digits.trim_start_matches(['+', '-']).len() > MOST_DIGITS {
            return Err(format!("Python reads no integer of more than {MOST_DIGITS} digits"));
        }
        let int = BigInt::parse_bytes(digits.trim_start_matches('+').as_bytes(), 10);
        return Ok(Element::Number(Number::Int(int.unwrap_or_default())));
    }
    if is_float(unsigned) {
        let plain: String = token.chars().filter(|c| *c != '_').collect();
        return Ok(Element::Number(Number::Float(plain.parse().unwrap_or(f64::NAN))));
    }
    let plain = !text.bytes().any(|byte| matches!(byte, b'\\' | b'$' | b' ' | b'\t'));
    let joined = if plain { text.to_owned() } else { concatenated(text, interpolations) };
    Ok(Element::Str(joined))
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

fn keyword(token: &str) -> Option<Element> {
    let number = |number| Some(Element::Number(number));
    match token {
        it if it.eq_ignore_ascii_case("null") => Some(Element::Null),
        it if it.eq_ignore_ascii_case("true") => number(Number::Bool(true)),
        it if it.eq_ignore_ascii_case("false") => number(Number::Bool(false)),
        it if it.eq_ignore_ascii_case("inf") => number(Number::Float(f64::INFINITY)),
        it if it.eq_ignore_ascii_case("nan") => number(Number::Float(f64::NAN)),
        _ => None,
    }
}

/// Returns what follows an integer without sign: `0`, or digits with single underscores between.
fn after_int(text: &str) -> Option<&str> {
    match text.strip_prefix('0') {
        Some(rest) => Some(rest),
        None => after_digits(text),
    }
}

/// Returns what follows one or more digits with single underscores between.
fn after_digits(text: &str) -> Option<&str> {
    let mut rest = text.strip_prefix(|c: char| c.is_ascii_digit())?;
    loop {
        let more = rest.strip_prefix('_').unwrap_or(rest);
        match more.strip_prefix(|c: char| c.is_ascii_digit()) {
            Some(after) => rest = after,
            None => return Some(rest),
        }
    }
}

fn is_float(text: &str) -> bool {
    if text.eq_ignore_ascii_case("inf") || text.eq_ignore_ascii_case("nan") {
        return true;
    }
    let whole = after_int(text);
    let point = match whole.unwrap_or(text).strip_prefix('.') {
        Some(fraction) => after_digits(fraction).or(whole.is_some().then_some(fraction)),
        None => None,
    };
    if point == Some("") {
        return true;
    }
    let Some(tail) = point.or(whole) else { return false };
    let Some(exponent) = tail.strip_prefix(['e', 'E']) else { return false };
    after_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)) == Some("")
}

/// Joins the tokens' texts. Blanks at the end are dropped; those after a colon belong to it.
fn concatenated(text: &str, interpolations: &mut Vec<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut blanks = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let token = match c {
            ' ' | '\t' => {
                blanks.push(c);
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
            ':' => {
                rest.len() - rest.get(1..).unwrap_or_default().trim_start_matches([' ', '\t']).len()
            }
            '\\' if rest.get(1..).is_some_and(|it| it.starts_with(SPECIAL)) => 2,
            '$' => interpolation(rest).unwrap_or(1),
            other => other.len_utf8(),
        };
        let (piece, after) = rest.split_at_checked(token).unwrap_or((rest, ""));
        out.push_str(&blanks);
        blanks.clear();
        match c {
            '\\' if token == 2 => out.push_str(piece.get(1..).unwrap_or_default()),
            '$' if token > 1 => {
                if !interpolations.iter().any(|known| known == piece) {
                    interpolations.push(piece.to_owned());
                }
                out.push_str(piece);
            }
            _ => out.push_str(piece),
        }
        rest = after;
    }
    out
}

/// Returns the length of the interpolation at the front: `${`, at least one character, the first
/// `}`.
pub(super) fn interpolation(text: &str) -> Option<usize> {
    let body = text.strip_prefix("${")?;
    let end = body.find('}').filter(|end| *end > 0)?;
    Some(end + 3)
}

/// Un-escapes the inside of quotes: a run of backslashes is halved directly before the quote or
/// the end, and kept everywhere else.
pub fn unescaped_quote(inner: &str, sign: char) -> String {
    let mut out = String::with_capacity(inner.len());
    let mut run = 0;
    for c in inner.chars() {
        if c == '\\' {
            run += 1;
            continue;
        }
        let kept = if c == sign { run / 2 } else { run };
        out.extend(std::iter::repeat_n('\\', kept));
        run = 0;
        out.push(c);
    }
    out.extend(std::iter::repeat_n('\\', run / 2));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_token_is_typed_and_several_are_text() {
        let read = |text: &str| primitive(text, &mut Vec::new()).unwrap();
        for text in
            ["1_000", "+5", "-0", ".5", "5.", "1.e5", "1E+5", "-INF", "+nan", "TRUE", "NULL"]
        {
            assert!(!matches!(read(text), Element::Str(_)), "{text}");
        }
        for text in ["01", "1__0", "1_", "00", "1.2.3", "1e", "--1", "1 2", "0x10", "None", "nan-1"]
        {
            assert!(matches!(read(text), Element::Str(_)), "{text}");
        }
        assert_eq!(read("a\\ "), Element::Str("a ".to_owned()));
        assert_eq!(read("a:  "), Element::Str("a:  ".to_owned()));
    }
}
