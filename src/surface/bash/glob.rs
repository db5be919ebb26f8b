//! Shell patterns, as in `case`, `[[ … == … ]]` and `${NAME%…}`.

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
    /// it uses what is not read, such as `+(…)` or `[[:alpha:]]`.
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
        Some(Self(tokens))
    }

    /// Tells whether the whole text matches.
    pub fn matches(&self, text: &str) -> bool {
        let characters: Vec<char> = text.chars().collect();
        // The set of positions in the text that the tokens so far can end at.
        let mut ends = vec![false; characters.len() + 1];
        if let Some(start) = ends.first_mut() {
            *start = true;
        }
        for token in &self.0 {
            let mut next = vec![false; ends.len()];
            let mut reached = false;
            for (at, slot) in next.iter_mut().enumerate() {
                let here = ends.get(at).copied().unwrap_or(false);
                let before = at.checked_sub(1).and_then(|at| ends.get(at).copied());
                let last = at.checked_sub(1).and_then(|at| characters.get(at).copied());
                reached |= here;
                *slot = match (token, before, last) {
                    (Token::Many, ..) => reached,
                    (token, Some(true), Some(last)) => token.takes(last),
                    _ => false,
                };
            }
            ends = next;
        }
        ends.last().copied().unwrap_or(false)
    }
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
