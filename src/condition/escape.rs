//! The escapes of texts, which are CEL's.

/// Resolves the escapes of a text.
///
/// # Errors
/// Start and length of what is no escape.
pub(super) fn unescape(text: &str) -> Result<String, (usize, usize)> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once('\\') {
        out.push_str(before);
        let at = text.len() - tail.len() - 1;
        let (resolved, length) = escape(tail).ok_or_else(|| (at, wrong_length(tail)))?;
        out.push(resolved);
        rest = tail.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    Ok(out)
}

/// Reads what follows a backslash; returns the character and how many bytes stand for it.
fn escape(tail: &str) -> Option<(char, usize)> {
    let first = tail.chars().next()?;
    let plain = |resolved| Some((resolved, 1));
    match first {
        'a' => plain('\u{7}'),
        'b' => plain('\u{8}'),
        'f' => plain('\u{c}'),
        'n' => plain('\n'),
        'r' => plain('\r'),
        't' => plain('\t'),
        'v' => plain('\u{b}'),
        '\\' | '"' | '\'' | '`' | '?' => plain(first),
        'x' | 'X' => numbered(tail, 1, 2, 16),
        'u' => numbered(tail, 1, 4, 16),
        'U' => numbered(tail, 1, 8, 16),
        '0'..='3' => numbered(tail, 0, 3, 8),
        _ => None,
    }
}

/// Reads exactly `count` digits after `start` as a code point.
fn numbered(tail: &str, start: usize, count: usize, radix: u32) -> Option<(char, usize)> {
    let digits = tail.get(start..start + count)?;
    if !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    let code = u32::from_str_radix(digits, radix).ok()?;
    Some((char::from_u32(code)?, start + count))
}

/// Returns how much of the text to blame: the backslash, its letter and the digits that follow.
fn wrong_length(tail: &str) -> usize {
    let mut rest = tail.chars();
    let first = rest.next().map_or(0, char::len_utf8);
    let wanted = match tail.as_bytes().first() {
        Some(b'x' | b'X' | b'0'..=b'3') => 2,
        Some(b'u') => 4,
        Some(b'U') => 8,
        _ => 0,
    };
    1 + first + rest.take(wanted).take_while(char::is_ascii_hexdigit).count()
}
