//! What `${NAME…}` with an operator makes of a text.

use std::ops::Range;

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
    let characters: Vec<char> = text.chars().collect();
    let count = characters.len();
    let ends = || pattern.ends(&characters).into_iter();
    let to_the_end = || pattern.longest(&characters).into_iter().filter(|it| it.end == count);
    let kept = match cut {
        Cut::ShortStart => ends().next().map(|end| end..count),
        Cut::LongStart => ends().next_back().map(|end| end..count),
        Cut::ShortEnd => to_the_end().next_back().map(|it| 0..it.start),
        Cut::LongEnd => to_the_end().next().map(|it| 0..it.start),
    };
    characters.get(kept.unwrap_or(0..count)).into_iter().flatten().collect()
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
    let fits = |it: &Range<usize>| match kind {
        SubstringMatchKind::Prefix => it.start == 0,
        SubstringMatchKind::Suffix => it.end == characters.len(),
        SubstringMatchKind::FirstOccurrence | SubstringMatchKind::Anywhere => true,
    };
    let mut out = String::new();
    let mut done = 0;
    for found in pattern.longest(&characters).into_iter().filter(|it| !it.is_empty() && fits(it)) {
        // What overlaps one that is replaced is none.
        let Some(before) = characters.get(done..found.start) else { continue };
        out.extend(before);
        out.push_str(by);
        done = found.end;
        if !matches!(kind, SubstringMatchKind::Anywhere) {
            break;
        }
    }
    out.extend(characters.get(done..)?);
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
pub fn slice(count: usize, offset: i64, length: Option<i64>) -> Option<Range<usize>> {
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
        for (sought, kind, replaced) in [
            ("a*b", SubstringMatchKind::Anywhere, "x-aé"),
            ("b?", SubstringMatchKind::Anywhere, "ax-axxaé"),
            ("b?", SubstringMatchKind::FirstOccurrence, "ax-abbb-aé"),
            ("b?", SubstringMatchKind::Prefix, "abb-abbb-aé"),
            ("a?", SubstringMatchKind::Suffix, "abb-abbb-x"),
        ] {
            assert_eq!(replace("abb-abbb-aé", &pattern(sought), "x", &kind).unwrap(), replaced);
        }
        let end = replace("abab", &pattern("ab"), "", &SubstringMatchKind::Suffix);
        assert_eq!(end.unwrap(), "ab");
        let front = replace("ab", &pattern(""), "x=", &SubstringMatchKind::Prefix);
        assert_eq!(front.unwrap(), "x=ab");
        assert_eq!(substring("hello", -3, Some(2)).unwrap(), "ll");
        assert_eq!(substring("hello", 1, Some(-1)).unwrap(), "ell");
        assert_eq!(decoded(r"a\x41\101\n").unwrap(), "aAA\n");
    }
}
