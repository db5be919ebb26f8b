use super::source::Span;

/// Maps a part of a TOML string's value back to its raw text, quotes included, which stands at `at` in
/// its file.
///
/// A literal string only shifts; a basic string may hold escapes, each of which makes several raw
/// bytes of one character. Where the raw text cannot be followed, the whole string is meant.
pub fn in_toml_string(raw: &str, at: usize, value: &str, part: Span) -> Span {
    let starts = follow(raw, value).unwrap_or_default();
    match (starts.get(part.start), starts.get(part.end)) {
        (Some(start), Some(end)) => Span::new(start + at, end + at),
        _ => Span::new(at, at + raw.len()),
    }
}

/// Lists the raw offset of every byte of the value, and of its end.
fn follow(raw: &str, value: &str) -> Option<Vec<usize>> {
    let (open, escapes) = opening(raw)?;
    let body = raw.get(open..)?;
    let body = body
        .strip_prefix("\r\n")
        .or_else(|| body.strip_prefix('\n'))
        .filter(|_| open == 3)
        .unwrap_or(body);
    let mut at = raw.len() - body.len();
    let mut starts = Vec::with_capacity(value.len() + 1);
    for expected in value.chars() {
        at = skip_line_ending_backslash(raw, at, open == 3 && escapes)?;
        let step = step_over(raw.get(at..)?, expected, escapes)?;
        starts.extend(std::iter::repeat_n(at, expected.len_utf8()));
        at += step;
    }
    starts.push(at);
    Some(starts)
}

fn opening(raw: &str) -> Option<(usize, bool)> {
    [("'''", false), ("\"\"\"", true), ("'", false), ("\"", true)]
        .into_iter()
        .find(|(quote, _)| raw.starts_with(quote))
        .map(|(quote, escapes)| (quote.len(), escapes))
}

/// In a multi-line basic string a backslash at the end of a line swallows all white space after it.
fn skip_line_ending_backslash(raw: &str, at: usize, applies: bool) -> Option<usize> {
    let rest = raw.get(at..)?;
    let Some(tail) = rest.strip_prefix('\\').filter(|_| applies) else { return Some(at) };
    let trimmed = tail.trim_start();
    let swallowed = tail.get(..tail.len() - trimmed.len())?;
    Some(if swallowed.contains('\n') { at + 1 + swallowed.len() } else { at })
}

/// Returns how many raw bytes stand for `expected` at the front of `rest`.
fn step_over(rest: &str, expected: char, escapes: bool) -> Option<usize> {
    if escapes && rest.starts_with('\\') {
        return Some(match rest.as_bytes().get(1)? {
            b'u' => 6,
            b'U' => 10,
            b'x' => 4,
            _ => 2,
        });
    }
    if expected == '\n' && rest.starts_with("\r\n") {
        return Some(2);
    }
    rest.starts_with(expected).then(|| expected.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn located<'a>(raw: &'a str, value: &str, part: &str) -> &'a str {
        let start = value.find(part).unwrap();
        let span = in_toml_string(raw, 0, value, Span::new(start, start + part.len()));
        raw.get(span.start..span.end).unwrap()
    }

    #[test]
    fn literal_basic_and_multi_line_strings_are_followed() {
        assert_eq!(located("'a > b'", "a > b", "b"), "b");
        assert_eq!(located(r#""k == \"x\" && y""#, "k == \"x\" && y", "\"x\""), r#"\"x\""#);
        assert_eq!(located(r#""a\u0062c""#, "abc", "b"), r"\u0062");
        assert_eq!(located("'''\na &&\nb'''", "a &&\nb", "b"), "b");
        assert_eq!(located("\"\"\"a \\\n   && b\"\"\"", "a && b", "&&"), "&&");
    }

    #[test]
    fn what_cannot_be_followed_is_the_whole_string() {
        assert_eq!(located("'abc'", "abd", "b"), "'abc'");
    }
}
