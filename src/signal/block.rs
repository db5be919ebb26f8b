//! A piece of a log, and what is found in it by looking at it alone.

use super::prefilter::{OVERLAP, Target};
use super::reader::LINE;
use super::signals::Signals;
use crate::text::LineColumn;

/// Some bytes of a log, behind the last few of the block before it.
pub(super) struct Block {
    /// Where its own bytes begin in the log.
    pub(super) offset: usize,
    bytes: Vec<u8>,
    /// How many bytes are of the block before.
    before: usize,
    pub(super) found: Found,
    /// How far its own bytes go.
    pub(super) extent: Extent,
}

/// Where things stand in a block, counted from the start of the log.
#[derive(Default)]
pub(super) struct Found {
    /// Where a literal of a failure may stand, in order.
    pub(super) failures: Vec<usize>,
    /// Where literals of notes stand, in order, each with the index of its signal.
    pub(super) notes: Vec<(usize, usize)>,
}

impl Block {
    /// Takes bytes of which the first ones are those before `offset`.
    pub(super) fn new(offset: usize, bytes: Vec<u8>, before: usize) -> Self {
        Self { offset, bytes, before, found: Found::default(), extent: Extent::default() }
    }

    pub(super) fn own(&self) -> &[u8] {
        self.bytes.get(self.before..).unwrap_or_default()
    }

    pub(super) fn end(&self) -> usize {
        self.offset + self.own().len()
    }

    /// Returns its last bytes, of which the next block needs some.
    pub(super) fn last(&self) -> &[u8] {
        self.bytes.get(self.bytes.len().saturating_sub(OVERLAP)..).unwrap_or_default()
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Looks for what the signals need.
    pub(super) fn search(&mut self, signals: &Signals) {
        let bytes = self.bytes.as_slice();
        let from = self.offset - self.before;
        let filter = signals.prefilter();
        let (mut failures, mut notes) = (Vec::new(), Vec::new());
        // All of a line is read at once, so one place in it is enough.
        let mut line = 0..0;
        filter.find(bytes, &mut |at, target| match target {
            Target::Failure if !line.contains(&at) => {
                failures.push(from + at);
                let rest = bytes.get(at..).unwrap_or_default();
                let near = rest.get(..LINE / 2).unwrap_or(rest);
                line = at..at + memchr::memchr2(b'\n', b'\r', near).unwrap_or(near.len());
            }
            Target::Failure => {}
            Target::Note(signal) => notes.push((from + at, signal)),
        });
        filter.tears(bytes, &mut |at| failures.push(from + at));
        if signals.tries_every_line() {
            failures.extend((from == 0).then_some(0));
            let breaks = memchr::memchr2_iter(b'\n', b'\r', bytes);
            failures.extend(breaks.map(|at| from + at + 1));
        }
        failures.sort_unstable();
        notes.sort_unstable();
        self.found = Found { failures, notes };
        self.extent = Extent::of(self.own());
    }
}

/// How many lines end in a text, and how many characters stand behind the last end.
#[derive(Clone, Copy, Default)]
pub(super) struct Extent {
    breaks: usize,
    rest: usize,
}

impl Extent {
    pub(super) fn of(bytes: &[u8]) -> Self {
        let last = memchr::memrchr(b'\n', bytes);
        let (lines, rest) = bytes.split_at(last.map_or(0, |at| at + 1));
        // Bytes that go on with a character do not begin one.
        let rest = count(rest, |byte| byte & 0xc0 != 0x80);
        Self { breaks: count(lines, |byte| byte == b'\n'), rest }
    }

    /// Tells where such a text ends that begins here.
    pub(super) fn behind(self, start: LineColumn) -> LineColumn {
        let column = if self.breaks == 0 { start.column } else { 1 };
        LineColumn { line: start.line + self.breaks, column: column + self.rest }
    }
}

/// Counts bytes in pieces so short that a byte holds each count, which the compiler makes fast.
fn count(bytes: &[u8], which: impl Fn(u8) -> bool) -> usize {
    let few =
        |piece: &[u8]| piece.iter().fold(0, |sum: u8, it| sum.wrapping_add(u8::from(which(*it))));
    bytes.chunks(128).map(|piece| usize::from(few(piece))).sum()
}
