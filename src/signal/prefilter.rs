//! Finds in raw bytes where a literal of some pattern may stand, at the speed of reading them.
//!
//! Of every literal one window of seven bytes is chosen, the least usual one. Wherever it stands, one of
//! its four groups of four bytes begins at a multiple of four; so it is enough to look at every fourth
//! place, in a small table. Shorter literals are few, and searched for one by one.

use std::collections::BTreeMap;

use memchr::memmem::Finder;

use super::clean::escape_length;

/// How many bytes of a literal are looked for.
const WINDOW: usize = 7;
/// Every how many bytes the table is asked.
const STRIDE: usize = 4;
/// How many bytes are judged by one branch.
const CHUNK: usize = 64;
/// The table's entries; it fits the fastest cache.
const SLOTS: usize = 1 << 14;
/// How much of what was searched already is searched again with the next bytes.
pub(super) const OVERLAP: usize = 64;

/// What a literal belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// A failure, or the list that Hydra prints.
    Failure,
    /// A note: the index of its signal.
    Note(usize),
}

/// The windows of all literals.
#[derive(Debug)]
pub(super) struct Prefilter {
    slots: Vec<u8>,
    /// Group of four bytes, window, place of the group in the window; by group.
    groups: Vec<(u32, usize, usize)>,
    windows: Vec<(Vec<u8>, Vec<Target>)>,
    short: Vec<(Finder<'static>, Target)>,
    /// Which two bytes stand side by side in a window, by the first of them.
    pairs: Vec<[u64; 4]>,
}

impl Prefilter {
    /// Makes the filter of literals.
    pub(super) fn new<'a>(literals: impl Iterator<Item = (&'a str, Target)>) -> Self {
        let mut chosen: BTreeMap<Vec<u8>, Vec<Target>> = BTreeMap::new();
        let mut short = Vec::new();
        for (literal, target) in literals {
            match window(literal.as_bytes()) {
                Some(window) => {
                    let targets = chosen.entry(window.to_owned()).or_default();
                    if !targets.contains(&target) {
                        targets.push(target);
                    }
                }
                None => short.push((Finder::new(literal).into_owned(), target)),
            }
        }
        let windows: Vec<_> = chosen.into_iter().collect();
        let mut filter = Self {
            slots: vec![0; SLOTS],
            groups: Vec::new(),
            windows,
            short,
            pairs: vec![[0; 4]; 256],
        };
        filter.index();
        filter
    }

    fn index(&mut self) {
        for (at, (window, _)) in self.windows.iter().enumerate() {
            for (place, four) in window.windows(STRIDE).enumerate() {
                let Some(four) = group(four) else { continue };
                if let Some(slot) = self.slots.get_mut(slot(four)) {
                    *slot = 1;
                }
                self.groups.push((four, at, place));
            }
            for pair in window.windows(2) {
                let [first, second] = pair else { continue };
                let row = self.pairs.get_mut(usize::from(*first));
                if let Some(word) = row.and_then(|row| row.get_mut(usize::from(*second >> 6))) {
                    *word |= 1 << (second & 63);
                }
            }
        }
        self.groups.sort_unstable();
    }

    /// Calls `hit` with where a window or a short literal stands, and what it belongs to.
    pub(super) fn find(&self, bytes: &[u8], hit: &mut dyn FnMut(usize, Target)) {
        for (index, chunk) in bytes.chunks(CHUNK).enumerate() {
            let fours = chunk.chunks_exact(STRIDE);
            let any = fours.fold(0, |any, four| any | self.slot(four));
            if any != 0 {
                self.look(bytes, index * CHUNK, chunk, hit);
            }
        }
        for (finder, target) in &self.short {
            for at in finder.find_iter(bytes) {
                hit(at, *target);
            }
        }
    }

    #[inline]
    fn slot(&self, four: &[u8]) -> u8 {
        let found = group(four).and_then(|four| self.slots.get(slot(four)));
        found.copied().unwrap_or_default()
    }

    #[inline(never)]
    fn look(&self, bytes: &[u8], at: usize, chunk: &[u8], hit: &mut dyn FnMut(usize, Target)) {
        for (index, four) in chunk.chunks_exact(STRIDE).enumerate() {
            let Some(wanted) = group(four).filter(|_| self.slot(four) != 0) else { continue };
            let from = self.groups.partition_point(|(group, ..)| *group < wanted);
            let same = self.groups.iter().skip(from).take_while(|(group, ..)| *group == wanted);
            for (_, window, place) in same {
                let Some(start) = (at + index * STRIDE).checked_sub(*place) else { continue };
                let Some((window, targets)) = self.windows.get(*window) else { continue };
                if bytes.get(start..start + WINDOW) == Some(window.as_slice()) {
                    targets.iter().for_each(|target| hit(start, *target));
                }
            }
        }
    }

    /// Calls `hit` with every escape sequence that may tear a window apart. Most stand behind a prefix
    /// in parentheses or at the start of a line, where none does.
    pub(super) fn tears(&self, bytes: &[u8], hit: &mut dyn FnMut(usize)) {
        const PIECE: usize = 128;
        let next = bytes.get(1..).unwrap_or_default();
        for (index, (before, here)) in bytes.chunks(PIECE).zip(next.chunks(PIECE)).enumerate() {
            let any = before.iter().zip(here).fold(false, |any, (before, here)| {
                any | (*here == 0x1b) & (*before != b')') & (*before != b'\n') & (*before != b'\r')
            });
            if !any {
                continue;
            }
            for at in memchr::memchr_iter(0x1b, here) {
                let at = index * PIECE + at + 1;
                if self.tears_at(bytes, at) {
                    hit(at);
                }
            }
        }
    }

    fn tears_at(&self, bytes: &[u8], at: usize) -> bool {
        let before = at.checked_sub(1).and_then(|at| bytes.get(at));
        let mut rest = bytes.get(at..).unwrap_or_default();
        while rest.first() == Some(&0x1b) {
            rest = rest.get(escape_length(rest)..).unwrap_or_default();
        }
        // What the end of the bytes cuts off may be anything.
        let (Some(before), Some(after)) = (before, rest.first()) else { return true };
        let row = self.pairs.get(usize::from(*before));
        let word = row.and_then(|row| row.get(usize::from(*after >> 6)));
        word.is_some_and(|word| word >> (after & 63) & 1 == 1)
    }
}

fn group(four: &[u8]) -> Option<u32> {
    four.try_into().ok().map(u32::from_le_bytes)
}

fn slot(group: u32) -> usize {
    (group.wrapping_mul(0x9e37_79b1) >> (32 - SLOTS.trailing_zeros())) as usize
}

/// Chooses the window whose most usual group is the least usual.
fn window(literal: &[u8]) -> Option<&[u8]> {
    let rarity = |window: &&[u8]| {
        let groups = window.windows(STRIDE);
        groups.map(|four| four.iter().map(|byte| rarity(*byte)).sum::<u32>()).min()
    };
    literal.windows(WINDOW).rev().max_by_key(rarity)
}

/// How unusual a byte is in logs.
fn rarity(byte: u8) -> u32 {
    match byte {
        // Escape sequences often follow it.
        b')' => 0,
        b' ' => 3,
        b'a' | b'e' | b'i' | b'l' | b'n' | b'o' | b'r' | b's' | b't' => 5,
        b'0'..=b'9' => 5,
        b'a'..=b'z' => 7,
        b'.' | b',' | b':' | b'-' | b'/' | b'=' => 7,
        _ => 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter() -> Prefilter {
        let literals = ["out of memory", "exitcode", "step:"];
        let target = |at: usize| if at == 2 { Target::Note(at) } else { Target::Failure };
        Prefilter::new(literals.into_iter().enumerate().map(|(at, it)| (it, target(at))))
    }

    #[test]
    fn literals_are_found_wherever_they_stand() {
        let filter = filter();
        for literal in ["out of memory", "exitcode", "step:"] {
            for before in 0..140 {
                let text = format!("{}{literal}", "x".repeat(before));
                let mut hits = 0;
                filter.find(text.as_bytes(), &mut |_, _| hits += 1);
                assert_eq!(hits, 1, "{literal} after {before}");
                let mut none = 0;
                filter.find(text.get(..text.len() - 1).unwrap().as_bytes(), &mut |_, _| none += 1);
                assert!(none <= 1);
            }
        }
    }

    #[test]
    fn only_escapes_inside_of_literals_tear() {
        let tears = |text: &str| {
            let mut hits = 0;
            filter().tears(text.as_bytes(), &mut |_| hits += 1);
            hits
        };
        assert_eq!(tears("xit\x1b[31mcode"), 1);
        assert_eq!(tears("xit\x1b[0m\x1b[31mcode"), 1);
        assert_eq!(tears("\x1b[36m(W pid=1)\x1b[0m text"), 0);
        assert_eq!(tears("a\x1b[32mINFO\x1b[0m | text"), 0);
    }
}
