//! Finds in raw bytes where a literal of some pattern stands.
//!
//! Wherever a literal stands, some of its groups of four bytes begin at a multiple of four. For each of
//! the four ways to stand the least usual such group is known, so that it is enough to look at every
//! fourth place, in a small table of bits; where a bit is set, the literal itself is compared.

use std::collections::BTreeMap;

use memchr::memmem::Finder;

use super::clean::escape_length;

/// Every how many bytes the table is asked, and how many it is asked for.
const STRIDE: usize = 4;
/// Shorter literals have no group for every way to stand.
const SHORTEST: usize = STRIDE + 1;
/// Of longer literals only so much is compared.
const LONGEST: usize = 48;
/// How many bytes are judged by one branch.
const CHUNK: usize = 32;
/// The table's bytes, as a power of two: it stays in the cache nearest to the core beside the log.
const SLOTS: u32 = 15;
/// By how many bits of their hash groups are found, as a power of two.
const BUCKETS: u32 = 12;
/// How much of what was searched already is searched again with the next bytes.
pub(super) const OVERLAP: usize = 256;
/// Escape sequences nearer to the end are judged when more is known.
const LATER: usize = 128;
/// How far escape sequences are followed by a look.
const GLANCE: usize = 32;
/// The bytes of the table of what stands side by side, as a power of two.
const TRIPLES: u32 = 13;
/// How far an escape sequence is followed.
const ESCAPES: usize = 4096;

/// What a healthy log says all the time: groups of it find nothing.
const USUAL: &str = "\
    perf/max_memory_allocated_gb: perf/max_memory_reserved_gb: perf/cpu_memory_used_gb: step: - \
    response_length/mean: response_length/max: After update weights, memory allocated (GB): , memory \
    reserved (GB): , device memory used/total (GB): INFO WARNING ERROR [loggers.py:122] Engine 000: Avg \
    prompt throughput: tokens/s, Avg generation throughput: Running: reqs, Waiting: GPU KV cache usage: \
    Prefix cache hit rate: actor/entropy: critic/score/mean: global_seqlen/min: timing_s/update_actor: \
    training/epoch: failed with error message, called when loading the model on device of the process, \
    has been executed, is not available, worker started, connection, please try to use the request with, \
    (WorkerDict pid=) (TaskRunner pid=) (raylet) Rollout: it/s Training Progress: Loading checkpoint shards, \
    first we count what is left after, so there are then each one which would be out of their number and \
    because it works for all people to see about this from the other where more have said when, which over \
    time can be an issue; reading and writing the files with status code, objects, blocks and sizes: the \
    process ran a command on shared storage, located here. The code is called by you before the next event \
    utils.py util/ object.py core/ container";

/// What a literal belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// A failure, or the list that Hydra prints.
    Failure,
    /// A note: the index of its signal.
    Note(usize),
}

/// The literals of all patterns.
#[derive(Debug)]
pub(super) struct Prefilter {
    bits: Box<[u8; 1 << SLOTS]>,
    /// In order of their buckets.
    groups: Vec<Group>,
    /// Where the groups of each bucket begin, and at last where all end.
    buckets: Vec<usize>,
    literals: Vec<(Vec<u8>, Vec<Target>)>,
    short: Vec<(Finder<'static>, Target)>,
    /// Which three bytes stand side by side in a literal, and which two, with a zero, as bits.
    triples: Vec<u8>,
}

/// Four bytes of a literal, of which the first or the last may be one beside it.
#[derive(Debug)]
struct Group {
    bytes: u32,
    literal: usize,
    /// Where it begins, counted from the byte before the literal.
    place: usize,
}

impl Prefilter {
    /// Makes the filter of literals.
    pub(super) fn new<'a>(literals: impl Iterator<Item = (&'a str, Target)>) -> Self {
        let mut known: BTreeMap<Vec<u8>, Vec<Target>> = BTreeMap::new();
        let mut short = Vec::new();
        for (literal, target) in literals {
            let literal = piece(literal);
            if literal.len() < SHORTEST {
                short.push((Finder::new(literal).into_owned(), target));
                continue;
            }
            let targets = known.entry(literal.to_owned()).or_default();
            if !targets.contains(&target) {
                targets.push(target);
            }
        }
        let mut filter = Self {
            bits: Box::new([0; 1 << SLOTS]),
            groups: Vec::new(),
            buckets: Vec::new(),
            literals: known.into_iter().collect(),
            short,
            triples: vec![0; 1 << TRIPLES],
        };
        filter.index();
        filter
    }

    fn index(&mut self) {
        let usual = usual_groups();
        for (literal, (text, _)) in self.literals.iter().enumerate() {
            for way in 0..STRIDE {
                let places = (way..text.len() - 1).step_by(STRIDE);
                let Some(place) = places.max_by_key(|place| rarity(&usual, text, *place)) else {
                    continue;
                };
                for bytes in groups(text, place) {
                    let (byte, mask) = slot(bytes);
                    self.bits.get_mut(byte).into_iter().for_each(|byte| *byte |= mask);
                    self.groups.push(Group { bytes, literal, place });
                }
            }
            let pairs = text.windows(2).filter_map(<[u8]>::first_chunk).map(|[a, b]| [*a, *b, 0]);
            let triples = text.windows(3).filter_map(<[u8]>::first_chunk).copied();
            for triple in triples.chain(pairs) {
                let (byte, mask) = triple_slot(triple);
                self.triples.get_mut(byte).into_iter().for_each(|byte| *byte |= mask);
            }
        }
        self.groups.sort_unstable_by_key(|group| bucket(group.bytes));
        let begin = |wanted| self.groups.partition_point(|group| bucket(group.bytes) < wanted);
        self.buckets = (0..=1 << BUCKETS).map(begin).collect();
    }

    /// Returns the groups of these bytes, and few others.
    fn near(&self, bytes: u32) -> &[Group] {
        let at = bucket(bytes);
        let range = self.buckets.get(at).copied().zip(self.buckets.get(at + 1).copied());
        range.and_then(|(from, to)| self.groups.get(from..to)).unwrap_or_default()
    }

    /// Calls `hit` with where a literal stands, and what it belongs to.
    pub(super) fn find(&self, bytes: &[u8], hit: &mut dyn FnMut(usize, Target)) {
        let (chunks, rest) = bytes.as_chunks::<CHUNK>();
        for (index, chunk) in chunks.iter().enumerate() {
            let (fours, _) = chunk.as_chunks::<STRIDE>();
            let any = fours.iter().fold(0, |any, four| any | self.bit(u32::from_le_bytes(*four)));
            if any != 0 {
                self.look(bytes, index * CHUNK, chunk, hit);
            }
        }
        self.look(bytes, chunks.len() * CHUNK, rest, hit);
        for (finder, target) in &self.short {
            for at in finder.find_iter(bytes) {
                hit(at, *target);
            }
        }
    }

    /// Returns zero where there is no such group.
    #[inline]
    fn bit(&self, group: u32) -> u8 {
        let (byte, mask) = slot(group);
        self.bits.get(byte).copied().unwrap_or_default() & mask
    }

    #[inline(never)]
    fn look(&self, bytes: &[u8], at: usize, chunk: &[u8], hit: &mut dyn FnMut(usize, Target)) {
        for (index, four) in chunk.chunks(STRIDE).enumerate() {
            let wanted = group(four);
            if self.bit(wanted) == 0 {
                continue;
            }
            for group in self.near(wanted).iter().filter(|group| group.bytes == wanted) {
                let start = (at + index * STRIDE + 1).checked_sub(group.place);
                let Some((start, (text, targets))) = start.zip(self.literals.get(group.literal))
                else {
                    continue;
                };
                if bytes.get(start..start + text.len()) == Some(text.as_slice()) {
                    targets.iter().for_each(|target| hit(start, *target));
                }
            }
        }
    }

    /// Calls `hit` with every escape sequence that may tear a failure's literal apart. Most stand behind
    /// a prefix in parentheses or at the start of a line, where none does.
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

    /// Tells whether no literal goes on across escape sequences, where a look tells it: of a literal
    /// there are two bytes on one of the sides.
    fn parts(&self, before: &[u8], mut behind: &[u8]) -> bool {
        while behind.starts_with(b"\x1b[") {
            behind = behind.get(escape_length(behind)..).unwrap_or_default();
        }
        let (Some(&[a, b]), Some(&[c, d])) = (before.last_chunk(), behind.first_chunk()) else {
            return false;
        };
        c != 0x1b && d != 0x1b && !self.has_triple([a, b, c]) && !self.has_triple([b, c, d])
    }

    fn has_triple(&self, triple: [u8; 3]) -> bool {
        let (byte, mask) = triple_slot(triple);
        self.triples.get(byte).is_none_or(|byte| byte & mask != 0)
    }

    fn tears_at(&self, bytes: &[u8], at: usize) -> bool {
        // The first escape sequence in a literal has only the literal's own bytes before it.
        let before = bytes.get(at.saturating_sub(LONGEST)..at).unwrap_or_default();
        let mut rest = bytes.get(at..).unwrap_or_default();
        if self.parts(before, rest.get(..GLANCE).unwrap_or(rest)) {
            return false;
        }
        rest = rest.get(..ESCAPES).unwrap_or(rest);
        let end = memchr::memchr2(b'\n', b'\r', rest);
        // What is cut off may be anything.
        let cut = end.is_none() && bytes.len() - at.min(bytes.len()) > LATER;
        rest = end.and_then(|end| rest.get(..end)).unwrap_or(rest);
        while rest.first() == Some(&0x1b) {
            rest = rest.get(escape_length(rest)..).unwrap_or_default();
        }
        let (Some(last), Some(first)) = (before.last(), rest.first()) else {
            return cut;
        };
        if !self.has_triple([*last, *first, 0]) {
            return false;
        }
        let mut text = before.to_vec();
        let whole = before.len() + LONGEST;
        while text.len() < whole && !rest.is_empty() {
            let plain = memchr::memchr(0x1b, rest).unwrap_or(rest.len());
            let (plain, escape) = rest.split_at_checked(plain).unwrap_or((rest, &[]));
            text.extend(plain.iter().take(whole - text.len()));
            rest = escape.get(escape_length(escape).min(escape.len())..).unwrap_or_default();
        }
        let mut found = text.len() < whole && cut;
        self.find(&text, &mut |_, target| found |= target == Target::Failure);
        found
    }
}

/// Four bytes as a number; what is missing at the end is zero.
#[inline]
fn group(four: &[u8]) -> u32 {
    match four.try_into() {
        Ok(four) => u32::from_le_bytes(four),
        Err(_) => four.iter().rev().fold(0, |group, byte| group << 8 | u32::from(*byte)),
    }
}

/// Where the bit of a group is: its byte, and a mask of the bit.
#[inline]
fn slot(group: u32) -> (usize, u8) {
    // A look into a table is cheaper than a shift by an amount that varies.
    const MASKS: [u8; 8] = [1, 2, 4, 8, 16, 32, 64, 128];
    let hash = hash(group);
    let bit = (hash >> (29 - SLOTS) & 7) as usize;
    ((hash >> (32 - SLOTS)) as usize, MASKS.get(bit).copied().unwrap_or_default())
}

/// Where the bit of three bytes is.
fn triple_slot([a, b, c]: [u8; 3]) -> (usize, u8) {
    let hash = hash(u32::from_le_bytes([a, b, c, 0]));
    ((hash >> (32 - TRIPLES)) as usize, 1 << (hash >> (29 - TRIPLES) & 7))
}

fn bucket(group: u32) -> usize {
    (hash(group) >> (32 - BUCKETS)) as usize
}

#[inline]
fn hash(group: u32) -> u32 {
    group.wrapping_mul(0x9e37_79b1)
}

/// Takes the part of a literal that is looked for: escape sequences often stand behind a parenthesis.
fn piece(literal: &str) -> &[u8] {
    let parts = literal.as_bytes().split_inclusive(|byte| *byte == b')');
    let part = parts.max_by_key(|part| part.len()).unwrap_or_default();
    part.get(..LONGEST).unwrap_or(part)
}

/// What may stand where a group of a literal begins: before and behind the literal, any byte.
fn groups(literal: &[u8], place: usize) -> Vec<u32> {
    let inside = |bytes: &[u8]| bytes.iter().rev().fold(0, |all, byte| all << 8 | u32::from(*byte));
    let from = place.saturating_sub(1);
    let to = (place + STRIDE - 1).min(literal.len());
    let known = literal.get(from..to).unwrap_or_default();
    match known.len() {
        STRIDE => vec![inside(known)],
        _ if place == 0 => (0..=255).map(|byte| inside(known) << 8 | byte).collect(),
        _ => (0..=255).map(|byte| inside(known) | byte << 24).collect(),
    }
}

/// The groups of what a healthy log says, and those that lack a byte at an end, in order.
fn usual_groups() -> Vec<u32> {
    let windows = |bytes| USUAL.as_bytes().windows(bytes).map(group);
    let mut groups: Vec<u32> = windows(STRIDE).chain(windows(STRIDE - 1)).collect();
    groups.sort_unstable();
    groups
}

/// How unusual the group of a literal is in logs, of which some groups are `usual`.
fn rarity(usual: &[u32], literal: &[u8], place: usize) -> (bool, bool, u32) {
    let to = (place + STRIDE - 1).min(literal.len());
    let known = literal.get(place.saturating_sub(1)..to).unwrap_or_default();
    let usual = usual.binary_search(&group(known)).is_ok();
    (known.len() == STRIDE, !usual, known.iter().map(|byte| unusual(*byte)).sum())
}

/// How unusual a byte is in logs.
fn unusual(byte: u8) -> u32 {
    match byte {
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
        let literals = ["out of memory", "exitcode", "step:", "Killed"];
        let target = |at: usize| if at == 2 { Target::Note(at) } else { Target::Failure };
        Prefilter::new(literals.into_iter().enumerate().map(|(at, it)| (it, target(at))))
    }

    #[test]
    fn literals_are_found_wherever_they_stand() {
        let filter = filter();
        for literal in ["out of memory", "exitcode", "step:", "Killed"] {
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
        assert_eq!(tears("exit\x1b[31mcode"), 1);
        assert_eq!(tears("exit\x1b[0m\x1b[31mcode"), 1);
        assert_eq!(tears("ex\x1b[1mit\x1b[0mco\x1b[1mde: 3\n"), 1);
        assert_eq!(tears("xit\x1b[31mcode: 3\n"), 0);
        // What is cut off far behind may be anything, what is near to the end comes again.
        assert_eq!(tears(&format!("exit{}c", "\x1b[1m".repeat(40))), 1);
        assert_eq!(tears("exit\x1b[1mc"), 0);
        assert_eq!(tears("\x1b[36m(W pid=1)\x1b[0m text"), 0);
        assert_eq!(tears("a\x1b[32mINFO\x1b[0m | text"), 0);
    }
}
