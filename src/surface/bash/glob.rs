//! Shell patterns, as in `case`, `[[ … == … ]]` and `${NAME%…}`.

use std::ops::Range;

/// The longest pattern that is read: each of its characters is looked for at every place of a text.
const LONGEST: usize = 4096;

/// A pattern.
pub struct Pattern(Vec<Token>);

enum Token {
    One(char),
    Any,
    Many,
    Among { negated: bool, ranges: Vec<(char, char)> },
}

impl Pattern {
    /// Reads a pattern in which a backslash takes the meaning from the next character; none where
    /// it uses what is not read, such as `+(…)` or `[[:alpha:]]`, and of one longer than any path.
    pub fn parse(text: &str) -> Option<Self> {
        let characters: Vec<char> = text.chars().collect();
        let mut tokens = Vec::new();
        let mut rest = characters.as_slice();
        while let [first, after @ ..] = rest {
            if "@+*?!".contains(*first) && after.first() == Some(&'(') {
                return None;
            }
            rest = after;
            tokens.push(match (first, after) {
                ('\\', [escaped, after @ ..]) => {
                    rest = after;
                    Token::One(*escaped)
                }
                ('*', _) => Token::Many,
                ('?', _) => Token::Any,
                ('[', _) => match among(after)? {
                    Some((token, after)) => {
                        rest = after;
                        token
                    }
                    None => Token::One('['),
                },
                (other, _) => Token::One(*other),
            });
        }
        (tokens.len() <= LONGEST).then_some(Self(tokens))
    }

    /// Tells whether it matches nothing but the empty text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Tells whether the whole text matches.
    pub fn matches(&self, text: &str) -> bool {
        let characters: Vec<char> = text.chars().collect();
        self.ends(&characters).last() == Some(&characters.len())
    }

    /// Lists, in order, how many of the characters at the front the pattern can take.
    pub fn ends(&self, characters: &[char]) -> Vec<usize> {
        let mut ends = vec![0];
        for token in &self.0 {
            let takes = |at: &usize| characters.get(*at).is_some_and(|c| token.takes(*c));
            ends = match (token, ends.first()) {
                (_, None) => return ends,
                (Token::Many, Some(first)) => (*first..=characters.len()).collect(),
                _ => ends.into_iter().filter(takes).map(|at| at + 1).collect(),
            };
        }
        ends
    }

    /// Lists, in order of where they begin, the longest match that begins at each place where one does.
    pub fn longest(&self, characters: &[char]) -> Vec<Range<usize>> {
        // What the last tokens match, then those and the one before.
        let mut found: Vec<Range<usize>> = (0..=characters.len()).map(|at| at..at).collect();
        for token in self.0.iter().rev() {
            found = match token {
                Token::Many => from_all_before(&found),
                token => {
                    let begun = |it: Range<usize>| {
                        let start = it.start.checked_sub(1)?;
                        token.takes(*characters.get(start)?).then_some(start..it.end)
                    };
                    found.into_iter().filter_map(begun).collect()
                }
            };
        }
        found
    }
}

/// Lists the longest that begins at each place or behind it.
fn from_all_before(found: &[Range<usize>]) -> Vec<Range<usize>> {
    let Some(last) = found.last() else { return Vec::new() };
    let mut longest = 0;
    let mut behind = found.iter().rev().peekable();
    let mut out: Vec<Range<usize>> = Vec::new();
    for start in (0..=last.start).rev() {
        while let Some(it) = behind.next_if(|it| it.start >= start) {
            longest = longest.max(it.end);
        }
        out.push(start..longest);
    }
    out.reverse();
    out
}

impl Token {
    fn takes(&self, character: char) -> bool {
        match self {
            Self::One(wanted) => *wanted == character,
            Self::Any | Self::Many => true,
            Self::Among { negated, ranges } => {
                let inside = ranges.iter().any(|(low, high)| (*low..=*high).contains(&character));
                inside != *negated
            }
        }
    }
}

/// Reads what follows a `[`; `Some(None)` where no `]` closes it.
fn among(after: &[char]) -> Option<Option<(Token, &[char])>> {
    let (negated, mut rest) = match after {
        ['!' | '^', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let mut ranges = Vec::new();
    loop {
        rest = match rest {
            [']', rest @ ..] if !ranges.is_empty() => {
                return Some(Some((Token::Among { negated, ranges }, rest)));
            }
            ['[', ':' | '.' | '=', ..] | ['\\', ..] | ['/', ..] => return None,
            [low, '-', high, rest @ ..] if *high != ']' => {
                ranges.push((*low, *high));
                rest
            }
            [one, rest @ ..] => {
                ranges.push((*one, *one));
                rest
            }
            [] => return Some(None),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_bash() {
        for (pattern, text, expected) in [
            ("a*c", "abbc", true),
            ("a*c", "abcd", false),
            ("?", "é", true),
            ("[!a-c]x", "dx", true),
            ("[]a]", "]", true),
            ("[a", "[a", true),
            ("\\*", "x", false),
            ("*", "", true),
        ] {
            assert_eq!(
                Pattern::parse(pattern).unwrap().matches(text),
                expected,
                "{pattern} {text}"
            );
        }
        assert!(Pattern::parse("+(a)").is_none() && Pattern::parse("[[:alpha:]]").is_none());
    }
}
