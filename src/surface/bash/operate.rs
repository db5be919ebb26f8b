//! What `${NAME…}` with an operator makes of a text.

use brush_parser::word::SubstringMatchKind;

use super::glob::Pattern;

/// The end of a text that a pattern is cut from, and how much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// `#`
    ShortStart,
    /// `##`
    LongStart,
    /// `%`
    ShortEnd,
    /// `%%`
    LongEnd,
}

/// Cuts what matches from one end.
pub fn cut(text: &str, pattern: &Pattern, cut: Cut) -> String {
    let at_start = matches!(cut, Cut::ShortStart | Cut::LongStart);
    let mut places = boundaries(text);
    if matches!(cut, Cut::LongStart | Cut::ShortEnd) {
        places.reverse();
    }
    for place in places {
        let (front, back) = text.split_at(place);
        let (cut, kept) = if at_start { (front, back) } else { (back, front) };
        if pattern.matches(cut) {
            return kept.to_owned();
        }
    }
    text.to_owned()
}

/// Replaces what matches, the longest at each place; none for an empty text, where bash's own
/// versions differ.
pub fn replace(
    text: &str,
    pattern: &Pattern,
    by: &str,
    kind: &SubstringMatchKind,
) -> Option<String> {
    if text.is_empty() {
        return None;
    }
    match kind {
        SubstringMatchKind::Prefix if pattern.is_empty() => return Some(format!("{by}{text}")),
        SubstringMatchKind::Suffix if pattern.is_empty() => return Some(format!("{text}{by}")),
        _ => {}
    }
    let characters: Vec<char> = text.chars().collect();
    let mut rest = characters.as_slice();
    let mut out = String::new();
    let mut done = false;
    while let [first, after @ ..] = rest {
        let fits = |end: &usize| {
            *end > 0 && (!matches!(kind, SubstringMatchKind::Suffix) || *end == rest.len())
        };
        let found = if done { None } else { pattern.ends(rest).into_iter().rfind(fits) };
        if let Some(end) = found {
            out.push_str(by);
            rest = rest.get(end..)?;
            done = !matches!(kind, SubstringMatchKind::Anywhere);
        } else {
            out.push(*first);
            rest = after;
            done |= matches!(kind, SubstringMatchKind::Prefix);
        }
    }
    Some(out)
}

/// Returns the characters from `offset` on, `length` of them; a negative number counts from the
/// end. None where bash reports an error.
pub fn substring(text: &str, offset: i64, length: Option<i64>) -> Option<String> {
    let characters: Vec<char> = text.chars().collect();
    let part = slice(characters.len(), offset, length)?;
    Some(characters.get(part)?.iter().collect())
}

/// The same for a list of `count` things, where a negative length is an error outside texts.
pub fn slice(count: usize, offset: i64, length: Option<i64>) -> Option<std::ops::Range<usize>> {
    let total = i64::try_from(count).ok()?;
    let start = if offset < 0 { total + offset } else { offset };
    if start < 0 || start > total {
        return Some(0..0);
    }
    let end = match length {
        None => total,
        Some(length) if length < 0 => total + length,
        Some(length) => start.saturating_add(length).min(total),
    };
    (end >= start).then_some(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
}

/// Changes the case of all characters, or of the first.
pub fn cased(text: &str, upper: bool, first_only: bool) -> Option<String> {
    let mut out = String::new();
    for (index, c) in text.chars().enumerate() {
        if first_only && index > 0 {
            out.push(c);
        } else if c.is_ascii() {
            out.push(if upper { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() });
        } else {
            // What becomes of it depends on the locale.
            return None;
        }
    }
    Some(out)
}

/// Decodes the inside of `$'…'`; none for what is not read.
pub fn decoded(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let escape = rest.next()?;
        let (radix, most) = match escape {
            'x' => (16, 2),
            'u' => (16, 4),
            'U' => (16, 8),
            '0'..='7' => (8, 3),
            _ => {
                out.push(simple(escape)?);
                continue;
            }
        };
        let mut digits = String::new();
        if radix == 8 {
            digits.push(escape);
        }
        while digits.len() < most {
            match rest.next_if(|c| c.is_digit(radix)) {
                Some(digit) => digits.push(digit),
                None => break,
            }
        }
        let code = u32::from_str_radix(&digits, radix).ok()?;
        let byte = matches!(escape, 'x' | '0'..='7');
        // A byte beyond ASCII is no character by itself, and a NUL ends the text.
        if code == 0 || byte && code > 0x7f {
            return None;
        }
        out.push(char::from_u32(code)?);
    }
    Some(out)
}

fn simple(escape: char) -> Option<char> {
    Some(match escape {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'a' => '\u{7}',
        'b' => '\u{8}',
        'e' | 'E' => '\u{1b}',
        'f' => '\u{c}',
        'v' => '\u{b}',
        '\\' | '\'' | '"' | '?' => escape,
        _ => return None,
    })
}

fn boundaries(text: &str) -> Vec<usize> {
    text.char_indices().map(|(at, _)| at).chain([text.len()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::parse(text).unwrap()
    }

    #[test]
    fn cuts_and_replacements_are_those_of_bash() {
        assert_eq!(cut("a/b/c.tar.gz", &pattern("*/"), Cut::LongStart), "c.tar.gz");
        assert_eq!(cut("a/b/c.tar.gz", &pattern("*/"), Cut::ShortStart), "b/c.tar.gz");
        assert_eq!(cut("c.tar.gz", &pattern(".*"), Cut::LongEnd), "c");
        assert_eq!(cut("c.tar.gz", &pattern(".*"), Cut::ShortEnd), "c.tar");
        let all = replace("a-b-c", &pattern("-"), "/", &SubstringMatchKind::Anywhere);
        assert_eq!(all.unwrap(), "a/b/c");
        let end = replace("abab", &pattern("ab"), "", &SubstringMatchKind::Suffix);
        assert_eq!(end.unwrap(), "ab");
        let front = replace("ab", &pattern(""), "x=", &SubstringMatchKind::Prefix);
        assert_eq!(front.unwrap(), "x=ab");
        assert_eq!(substring("hello", -3, Some(2)).unwrap(), "ll");
        assert_eq!(substring("hello", 1, Some(-1)).unwrap(), "ell");
        assert_eq!(decoded(r"a\x41\101\n").unwrap(), "aAA\n");
    }
}
