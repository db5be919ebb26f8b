//! Reads a log of any length, keeping a bounded piece of it.
//!
//! Bytes come in blocks that were searched for literals of the patterns. Where a line holds one of a
//! failure, the lines before it are read, too, for the stack that its process printed: as far back as
//! [`BACK`], or to where the last failure was read. What is found depends on the log alone, not on the
//! blocks that it came in.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::Arc;

use super::block::Block;
use super::blocks::{Blocks, Portions};
use super::clean::Line;
use super::event::Scan;
use super::held::Held;
use super::prefilter::OVERLAP;
use super::scan::Scanner;
use super::signals::{Signal, Signals};
use crate::text::{Source, Span};

/// How far before a failure its stack may begin.
pub(super) const BACK: usize = 2 << 20;
/// How far behind a line a message may go on.
pub(super) const AHEAD: usize = 128 << 10;
/// The longest line; of a longer one, so much around what was found is read.
pub(super) const LINE: usize = 128 << 10;
/// The longest prefixes that are looked for before a message.
const PREFIXES: usize = 4 << 10;
/// How much is held before old blocks go, most of which was read since they last did.
const HELD: usize = 12 << 20;
/// How much stays when old blocks go.
const KEPT: usize = BACK + AHEAD + 2 * LINE + OVERLAP;

/// One log being read. Offsets are those of the log.
pub(super) struct Reader<'a> {
    signals: &'a Signals,
    name: Arc<str>,
    held: Held,
    /// Where a literal of a failure may stand, in order.
    pending: VecDeque<usize>,
    /// Where literals of notes stand, by signal, in order.
    notes: Vec<Vec<usize>>,
    /// How far lines were read.
    done: usize,
    /// How far it is known that nothing fails.
    clear: usize,
    scanner: Scanner<'a>,
    window: Option<Source>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(signals: &'a Signals, name: &str) -> Self {
        Self {
            signals,
            name: name.into(),
            held: Held::default(),
            pending: VecDeque::new(),
            notes: vec![Vec::new(); signals.signals.len()],
            done: 0,
            clear: 0,
            scanner: Scanner::new(signals),
            window: None,
        }
    }

    /// Reads to the end, telling now and then how many bytes were read.
    pub(super) fn read(
        mut self,
        input: &mut (dyn Read + Send),
        portions: Portions,
        progress: &mut dyn FnMut(usize),
    ) -> io::Result<Scan> {
        let signals = self.signals;
        let mut blocks = Blocks::new(input, portions);
        loop {
            let next = blocks.next(HELD - self.held.len(), &|block| block.search(signals))?;
            if next.is_empty() {
                break;
            }
            self.add(next);
            progress(self.held.end());
            if self.held.len() >= HELD {
                self.work(self.held.end().saturating_sub(AHEAD + LINE));
                let keep = self.held.end().saturating_sub(KEPT);
                self.take_notes(keep);
                blocks.take_back(std::iter::from_fn(|| self.held.pop_before(keep)));
            }
        }
        self.work(usize::MAX);
        self.take_notes(usize::MAX);
        Ok(self.scanner.finish())
    }

    fn add(&mut self, blocks: Vec<Block>) {
        for mut block in blocks {
            let found = std::mem::take(&mut block.found);
            self.pending.extend(found.failures);
            for (at, signal) in found.notes {
                let places = self.notes.get_mut(signal);
                // The end of the block before was searched with it.
                let fresh = places.filter(|it| it.last().is_none_or(|last| *last < at));
                fresh.into_iter().for_each(|it| it.push(at));
            }
            self.held.push(block);
        }
        self.pending.make_contiguous().sort_unstable();
    }

    /// Reads the lines with a literal before `limit`, behind which enough is known.
    fn work(&mut self, limit: usize) {
        while let Some(hit) = self.pending.front().copied().filter(|hit| *hit < limit) {
            self.pending.pop_front();
            if hit >= self.done.max(self.clear) {
                self.line_at(hit);
            }
        }
    }

    fn line_at(&mut self, hit: usize) {
        let span = self.line(hit, self.done);
        let text = self.held.text(span);
        if !self.signals.may_fail(Line::of(&text, span.start).text()) {
            // Of a longer line, what is far behind this place was not looked at with all around it.
            self.clear = span.end.min(hit + LINE / 2);
            return;
        }
        let back = span.start.saturating_sub(BACK);
        let mut from = self.done;
        if from < back {
            self.scanner.forget();
            let between = self.held.bytes(Span::new(back, span.start));
            let skipped = memchr::memchr2(b'\n', b'\r', &between);
            from = skipped.map_or(span.start, |at| back + at + 1);
        }
        self.take_notes(span.start);
        let source = self.window(Span::new(back, span.end + AHEAD));
        self.scanner.lines(&source, Span::new(from, span.start));
        self.scanner.hit(&source, span);
        self.done = span.end;
    }

    /// Finds the line around a place, as far as it stands behind `from`.
    fn line(&self, at: usize, from: usize) -> Span {
        let least = at.saturating_sub(LINE).max(self.held.start()).max(from);
        let before = self.held.bytes(Span::new(least, at));
        let before = memchr::memrchr2(b'\n', b'\r', &before);
        let after = self.held.bytes(Span::new(at, at + LINE));
        let after = memchr::memchr2(b'\n', b'\r', &after).unwrap_or(after.len());
        Span::new(before.map_or(least, |before| least + before + 1), at + after)
    }

    /// Returns a source that has at least this span, as far as the log does.
    fn window(&mut self, span: Span) -> Source {
        let span = Span::new(span.start, span.end.min(self.held.end()));
        let fits = |source: &&Source| {
            source.start() <= span.start && source.start() + source.text().len() >= span.end
        };
        if let Some(source) = self.window.as_ref().filter(fits) {
            return source.clone();
        }
        let source = self.excerpt(Span::new(span.start, self.held.end()));
        self.window = Some(source.clone());
        source
    }

    fn excerpt(&self, span: Span) -> Source {
        let start = self.held.place(span.start);
        Source::excerpt(self.name.clone(), self.held.text(span), start)
    }

    /// Reads of each note the last line before `limit`, until the first cause is known.
    fn take_notes(&mut self, limit: usize) {
        let mut notes = std::mem::take(&mut self.notes);
        for (signal, places) in notes.iter_mut().enumerate() {
            let end = places.partition_point(|at| *at < limit);
            let mut earlier = places.drain(..end).rev();
            if self.scanner.notes_count() {
                let mut unread = usize::MAX;
                earlier.by_ref().find(|at| {
                    if *at >= unread || !self.may_stand(signal, *at) {
                        return false;
                    }
                    let span = self.line(*at, 0);
                    // Of a longer line, what is near to this place was looked at with it.
                    unread = span.start.max(at.saturating_sub(LINE / 2));
                    // Telling where a line stands costs much more than looking at it.
                    self.may_note(signal, span) && self.scanner.note(signal, &self.excerpt(span))
                });
            }
        }
        self.notes = notes;
    }

    /// Tells whether a literal may stand here: one with which a message begins, not far inside of a line.
    fn may_stand(&self, signal: usize, at: usize) -> bool {
        let signal = self.signals.signals.get(signal);
        if !signal.is_some_and(Signal::is_first) {
            return true;
        }
        let least = at.saturating_sub(PREFIXES);
        let before = self.held.bytes(Span::new(least, at));
        least == 0 || memchr::memrchr2(b'\n', b'\r', &before).is_some()
    }

    fn may_note(&self, signal: usize, span: Span) -> bool {
        let text = self.held.text(span);
        let signal = self.signals.signals.get(signal);
        signal.is_some_and(|signal| signal.may_match(Line::of(&text, span.start).text()))
    }
}
