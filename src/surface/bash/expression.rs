//! Regular expressions of `[[ … =~ … ]]`, as far as they mean the same here and in bash.

use regex_lite::Regex;

/// Reads an expression; none where it uses more than characters, classes, groups and repetitions.
pub fn parsed(text: &str) -> Option<Regex> {
    let mut out = String::from("(?s)");
    let mut rest = text.chars().peekable();
    // What stood before: something that can be repeated, or not.
    let (mut repeats, mut depth) = (false, 0_usize);
    while let Some(c) = rest.next() {
        let begins = out.ends_with(['(', '|', ')']) && !repeats;
        match c {
            '\\' => {
                let escaped = rest.next().filter(char::is_ascii_punctuation)?;
                out.push_str(&regex_lite::escape(&escaped.to_string()));
                repeats = true;
                continue;
            }
            '[' => {
                out.push_str(&class(&mut rest)?);
                repeats = true;
                continue;
            }
            '*' | '+' | '?' if repeats => repeats = false,
            '(' => {
                depth += 1;
                repeats = false;
            }
            ')' if depth > 0 && !begins => {
                depth -= 1;
                repeats = true;
            }
            '|' if !begins && rest.peek().is_some_and(|next| *next != ')') => repeats = false,
            '^' if begins => {}
            '$' if rest.peek().is_none_or(|next| "|)".contains(*next)) => repeats = false,
            '.' => repeats = true,
            '{' => {
                let times = times(&mut rest).filter(|_| repeats)?;
                out.push_str(&times);
                repeats = false;
                continue;
            }
            '*' | '+' | '?' | ')' | '|' | '^' | '$' | '}' | ']' => return None,
            c if c.is_ascii_alphanumeric() || " _-:,=/@%#~<>;!\"'&".contains(c) => {
                out.push_str(&regex_lite::escape(&c.to_string()));
                repeats = true;
                continue;
            }
            _ => return None,
        }
        out.push(c);
    }
    (depth == 0).then(|| Regex::new(&out).ok())?
}

/// Reads the rest of `[…]`: characters and ranges.
fn class(rest: &mut impl Iterator<Item = char>) -> Option<String> {
    let inside = closed(rest, ']')?;
    let (negated, body) = match inside.strip_prefix('^') {
        Some(body) => ("^", body),
        None => ("", inside.as_str()),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || " _.,:=/@%+-".contains(c);
    let dashes = body.trim_matches('-').split('-').count();
    let ranges = body.as_bytes().windows(3).filter(|it| matches!(it, [low, b'-', high] if low <= high && low.is_ascii_alphanumeric() && high.is_ascii_alphanumeric())).count();
    let certain =
        !body.is_empty() && body.chars().all(plain) && !body.contains("--") && dashes == ranges + 1;
    let escaped = body.strip_prefix('-').map_or(body.to_owned(), |body| format!("\\-{body}"));
    certain.then(|| format!("[{negated}{escaped}]"))
}

/// Takes everything up to a closing character.
fn closed(rest: &mut impl Iterator<Item = char>, close: char) -> Option<String> {
    let mut inside = String::new();
    loop {
        match rest.next()? {
            c if c == close => return Some(inside),
            c => inside.push(c),
        }
    }
}

/// Reads the rest of `{2}`, `{2,}` and `{2,3}`.
fn times(rest: &mut impl Iterator<Item = char>) -> Option<String> {
    let inside = closed(rest, '}')?;
    let number =
        |text: &str| (1..=3).contains(&text.len()) && text.chars().all(|c| c.is_ascii_digit());
    let certain = match inside.split_once(',') {
        Some((low, high)) => number(low) && (high.is_empty() || number(high)),
        None => number(&inside),
    };
    certain.then(|| format!("{{{inside}}}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_match_as_in_bash() {
        for (expression, text, expected) in [
            ("^[0-9]+$", "123", true),
            ("^[0-9]+$", "12a", false),
            ("^(a|b)\\.c{2}$", "b.cc", true),
            ("x", "axb", true),
            ("^[A-Za-z0-9._-]+$", "a-b.C", true),
            ("^-?[0-9]+(\\.[0-9]+)?$", "-1.5", true),
            ("[^-a]", "-a", false),
        ] {
            assert_eq!(parsed(expression).unwrap().is_match(text), expected, "{expression} {text}");
        }
        for odd in
            ["a**", "a+?", "(|a)", "\\d", "[[:alpha:]]", "a^", "*", "(a", "[b-a]", "[a-", "é"]
        {
            assert!(parsed(odd).is_none(), "{odd}");
        }
    }
}
