//! The secrets that were learned, and where they stand in a text.

use std::collections::BTreeSet;
use std::ops::{Bound, Range};

/// What is shorter could be any word: it is hidden behind its name only.
const SHORTEST: usize = 4;

/// How many characters tell a secret of at least `LONG`, so that it is found where it is cut off.
const TELLING: usize = 8;

/// See [`TELLING`].
const LONG: usize = 12;

/// How many bytes a secret has at most: what is longer, as where a file was meant to be, would take memory many
/// times over, and is hidden behind its name only.
const LONGEST: usize = 16 << 10;

/// Values in their order, so that to look for many takes no longer than to look for a few.
pub(super) struct Known {
    /// Those that are found where they stand alone.
    short: BTreeSet<String>,
    /// Those that are found anywhere, also where their end is cut off.
    long: BTreeSet<String>,
    /// The bytes that one of them begins with.
    begins: [bool; 256],
}

impl Known {
    pub const fn new() -> Self {
        Self { short: BTreeSet::new(), long: BTreeSet::new(), begins: [false; 256] }
    }

    /// Takes a value, where it is no longer than secrets are and no shorter than tells one from a word.
    pub fn insert(&mut self, value: String) {
        let length = value.chars().count();
        let digits = value.bytes().all(|byte| byte.is_ascii_digit());
        let first = value.bytes().next().and_then(|it| self.begins.get_mut(usize::from(it)));
        let Some(first) = first else { return };
        if length < if digits { SHORTEST + 2 } else { SHORTEST } || value.len() > LONGEST {
            return;
        }
        *first = true;
        if length < LONG {
            self.short.insert(value)
        } else {
            self.long.insert(value)
        };
    }

    /// Finds the values in a text: of those that begin at a place the longest.
    pub fn all_in(&self, text: &str) -> Vec<Range<usize>> {
        if self.short.is_empty() && self.long.is_empty() {
            return Vec::new();
        }
        let begins = |start: &usize| {
            let byte = text.as_bytes().get(*start).copied().unwrap_or_default();
            self.begins.get(usize::from(byte)).copied().unwrap_or_default()
        };
        let starts = text.char_indices().map(|(start, _)| start).filter(begins);
        let found = starts.filter_map(|start| {
            let (lead, rest) = text.split_at_checked(start)?;
            let length = self.cut_off(rest).max(self.alone(lead, rest))?;
            Some(start..start + length)
        });
        found.collect()
    }

    /// Tells how much of a long value a text begins with. The one that has most in common with a text stands
    /// next to it in their order.
    fn cut_off(&self, text: &str) -> Option<usize> {
        let not_above = (Bound::Unbounded, Bound::Included(text));
        let above = (Bound::Excluded(text), Bound::Unbounded);
        let neighbours = [
            self.long.range::<str, _>(not_above).next_back(),
            self.long.range::<str, _>(above).next(),
        ];
        let common = |value: &String| {
            let same = text.chars().zip(value.chars()).take_while(|(one, other)| one == other);
            let (count, length) =
                same.fold((0, 0), |(count, length), (c, _)| (count + 1, length + c.len_utf8()));
            (count >= TELLING).then_some(length)
        };
        neighbours.into_iter().flatten().filter_map(common).max()
    }

    /// Tells how long the short value is that a text begins with, where it is no part of a word.
    fn alone(&self, lead: &str, text: &str) -> Option<usize> {
        let outside =
            |c: Option<char>| !c.is_some_and(|c| c.is_alphanumeric() || "_.-/".contains(c));
        // The sign of a line that goes, in a diff, is no part of a word.
        let removed = lead == "-" || lead.ends_with("\n-");
        if self.short.is_empty() || !removed && !outside(lead.chars().next_back()) {
            return None;
        }
        let ends = text.char_indices().map(|(at, c)| at + c.len_utf8()).take(LONG - 1);
        let values = ends.filter_map(|end| text.split_at_checked(end));
        let whole = values
            .filter(|(value, rest)| outside(rest.chars().next()) && self.short.contains(*value));
        whole.map(|(value, _)| value.len()).max()
    }
}
