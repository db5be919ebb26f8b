//! `{a,b}` and `{1..3}`, which bash expands before anything else in a word.

use std::ops::Range;

/// How many words one word may become.
const MOST: usize = 256;

/// A part of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unit {
    /// A character outside quotes.
    Bare(char),
    /// What braces leave as it is: something in quotes, an escape, an expansion.
    Whole(String),
}

use Unit::Bare;

impl Unit {
    fn text(&self) -> String {
        match self {
            Bare(c) => c.to_string(),
            Self::Whole(text) => text.clone(),
        }
    }
}

/// Returns the texts of the words that a word becomes; none where that is not certain.
pub fn expanded(units: &[Unit]) -> Option<Vec<String>> {
    let text = |word: Vec<Unit>| word.iter().map(Unit::text).collect();
    Some(expand(units)?.into_iter().map(text).collect())
}

fn expand(units: &[Unit]) -> Option<Vec<Vec<Unit>>> {
    let Some(inside) = first(units) else { return Some(vec![units.to_vec()]) };
    let before = units.get(..inside.start - 1)?;
    let after = units.get(inside.end + 1..)?;
    let amble = units.get(inside.clone())?;
    let middle = if amble.contains(&Bare(',')) {
        let mut words = Vec::new();
        for part in parts(amble) {
            words.extend(expand(part)?);
        }
        words
    } else {
        match sequence(amble)? {
            Some(words) => words,
            None => vec![units.get(inside.start - 1..=inside.end)?.to_vec()],
        }
    };
    let rest = expand(after)?;
    if middle.len().saturating_mul(rest.len()) > MOST {
        return None;
    }
    let join = |middle: &Vec<Unit>, rest: &Vec<Unit>| [before, middle, rest].concat();
    Some(middle.iter().flat_map(|it| rest.iter().map(move |rest| join(it, rest))).collect())
}

/// Finds what stands inside the first pair of braces that expands.
fn first(units: &[Unit]) -> Option<Range<usize>> {
    let opens = |at: &usize| {
        let empty = *at == 0 && units.get(1) == Some(&Bare('}'));
        units.get(*at) == Some(&Bare('{')) && !empty
    };
    (0..units.len()).filter(opens).find_map(|at| Some(at + 1..closing(units, at + 1)?))
}

/// Finds the brace that closes what begins at `start`: one behind a comma or two dots of its level.
fn closing(units: &[Unit], start: usize) -> Option<usize> {
    let (mut level, mut expands) = (0_usize, false);
    for at in start..units.len() {
        match units.get(at)? {
            Bare('}') if level == 0 && expands => return Some(at),
            Bare('{') => level += 1,
            Bare('}') => level = level.saturating_sub(1),
            Bare(',') => expands |= level == 0,
            Bare('.') => {
                let next = units.get(at + 1) == Some(&Bare('.'));
                expands |= level == 0 && next && units.get(at + 2) != Some(&Bare('}'));
            }
            _ => {}
        }
    }
    None
}

/// Cuts at the commas that stand in no inner braces.
fn parts(units: &[Unit]) -> Vec<&[Unit]> {
    let mut level = 0_usize;
    let parts = units.split(|unit| {
        match unit {
            Bare('{') => level += 1,
            Bare('}') => level = level.saturating_sub(1),
            _ => {}
        }
        level == 0 && *unit == Bare(',')
    });
    parts.collect()
}

/// Reads `1..3` or `a..c..2`; `Some(None)` where it is no sequence and stays as it is.
#[expect(
    clippy::option_option,
    reason = "outside: whether it is certain; inside: whether it expands"
)]
fn sequence(units: &[Unit]) -> Option<Option<Vec<Vec<Unit>>>> {
    if !units.iter().all(|unit| matches!(unit, Bare(_))) {
        return Some(None);
    }
    let text: String = units.iter().map(Unit::text).collect();
    let ends: Vec<&str> = text.split("..").collect();
    let (from, to, step) = match ends.as_slice() {
        [from, to] => (*from, *to, Some(1)),
        [from, to, step] => (*from, *to, number(step)),
        _ => return if ends.len() < 2 { Some(None) } else { None },
    };
    let word = |text: String| text.chars().map(Bare).collect::<Vec<Unit>>();
    if let (Some(first), Some(last)) = (number(from), number(to)) {
        let pads = |end: &str| {
            end.trim_start_matches('-').len() > 1 && end.trim_start_matches('-').starts_with('0')
        };
        let width = if pads(from) || pads(to) { from.len().max(to.len()) } else { 0 };
        let texts = steps(first, last, step?)?.into_iter().map(|it| format!("{it:0width$}"));
        return Some(Some(texts.map(word).collect()));
    }
    if let (Some(first), Some(last)) = (letter(from), letter(to)) {
        // Between capitals and small letters stand characters that bash treats in ways of its own.
        if first.is_ascii_uppercase() != last.is_ascii_uppercase() {
            return None;
        }
        let codes = steps(i64::from(u32::from(first)), i64::from(u32::from(last)), step?)?;
        let letter = |code: i64| u8::try_from(code).ok().map(|code| vec![Bare(char::from(code))]);
        return Some(codes.into_iter().map(letter).collect());
    }
    let numeric = |end: &str| end.chars().all(|c| c.is_ascii_digit() || "+-".contains(c));
    if from.chars().count() < 2 && to.chars().count() < 2 || numeric(from) && numeric(to) {
        return None;
    }
    Some(None)
}

fn number(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = (1..=9).contains(&digits.len()) && digits.chars().all(|c| c.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}

fn letter(text: &str) -> Option<char> {
    let mut characters = text.chars();
    let letter = characters.next().filter(char::is_ascii_alphabetic)?;
    characters.next().is_none().then_some(letter)
}

/// Counts up or down, whatever the sign of the step.
fn steps(first: i64, last: i64, step: i64) -> Option<Vec<i64>> {
    let step = step.abs().max(1);
    let count = usize::try_from((last - first).abs() / step + 1).ok().filter(|it| *it <= MOST)?;
    let step = if last < first { -step } else { step };
    Some(std::iter::successors(Some(first), |it| Some(it + step)).take(count).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Option<String> {
        let units: Vec<Unit> = text.chars().map(Bare).collect();
        Some(expanded(&units)?.join(" "))
    }

    #[test]
    fn braces_expand_as_in_bash() {
        for (word, expected) in [
            ("a{b,c}d", "abd acd"),
            ("{a,b}{1..3}", "a1 a2 a3 b1 b2 b3"),
            ("{a,{b,c}}", "a b c"),
            ("{a,{b,c}", "{a,b {a,c"),
            ("{a}b,c}", "a}b c"),
            ("{a}", "{a}"),
            ("{}{a,b}", "{}a {}b"),
            ("x{}{a,b}", "x{}a x{}b"),
            ("{08..11}", "08 09 10 11"),
            ("{-1..01}", "-1 00 01"),
            ("{5..1..2}", "5 3 1"),
            ("{1..5..-2}", "1 3 5"),
            ("{c..a}", "c b a"),
            ("{a,}", "a "),
            ("{x:1,y:2}", "x:1 y:2"),
            ("{1..x}", "{1..x}"),
            ("{ab..cd}{1,2}", "{ab..cd}1 {ab..cd}2"),
        ] {
            assert_eq!(
                words(word).as_deref(),
                Some(expected).filter(|_| word != "{1..x}"),
                "{word}"
            );
        }
        assert_eq!((words("{a..Z}"), words("{1..9999}"), words("{1..3..x}")), (None, None, None));
    }
}
