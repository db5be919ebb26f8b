//! Reads a log of any length, keeping a bounded piece of it.
//!
//! Bytes come in blocks and are searched for literals of the patterns. Where a line holds one of a
//! failure, the lines before it are read, too, for the stack that its process printed: as far back as
//! [`BACK`], or to where the last failure was read. What is found depends on the log alone, not on the
//! blocks that it came in.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::Arc;

use super::clean::Line;
use super::event::Scan;
use super::prefilter::{OVERLAP, Prefilter, Target};
use super::scan::Scanner;
use super::signals::{Signal, Signals};
use crate::text::{LineColumn, Source, Span, Start};

/// How far before a failure its stack may begin.
pub(super) const BACK: usize = 2 << 20;
/// How far behind a line a message may go on.
pub(super) const AHEAD: usize = 128 << 10;
/// The longest line; of a longer one, so much around what was found is read.
const LINE: usize = 128 << 10;
/// The longest prefixes that are looked for before a message.
const PREFIXES: usize = 4 << 10;
/// How much is read at once: so little that it is in a near cache while literals are searched for.
const BLOCK: usize = 64 << 10;
/// How much is held: old bytes move out rarely.
const HELD: usize = 12 << 20;
/// How much stays when old bytes move out, beside the last block.
const KEPT: usize = BACK + AHEAD + 2 * LINE + OVERLAP;

/// One log being read. Offsets are those of the log.
pub(super) struct Reader<'a> {
    signals: &'a Signals,
    filter: &'a Prefilter,
    name: Arc<str>,
    held: Vec<u8>,
    filled: usize,
    /// Where the held bytes begin.
    start: Start,
    /// Where blocks begin among them, so that lines are counted once.
    marks: VecDeque<Start>,
    /// How far literals were searched for.
    searched: usize,
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
            filter: signals.prefilter(),
            name: name.into(),
            held: Vec::new(),
            filled: 0,
            start: Start::default(),
            marks: VecDeque::new(),
            searched: 0,
            pending: VecDeque::new(),
            notes: vec![Vec::new(); signals.signals.len()],
            done: 0,
            clear: 0,
            scanner: Scanner::new(signals),
            window: None,
        }
    }

    /// Reads to the end, telling after every block how many bytes were read.
    pub(super) fn read(
        mut self,
        input: &mut dyn Read,
        progress: &mut dyn FnMut(usize),
    ) -> io::Result<Scan> {
        while self.fill(input)? > 0 {
            progress(self.end());
            if self.end() >= self.marks.back().map_or(0, |mark| mark.offset) + BLOCK {
                self.marks.push_back(self.place(self.end()));
            }
            self.search();
            if self.filled + BLOCK > HELD {
                self.work(self.end().saturating_sub(AHEAD + LINE));
                self.move_out();
            }
        }
        self.work(usize::MAX);
        self.take_notes(usize::MAX);
        Ok(self.scanner.finish())
    }

    fn fill(&mut self, input: &mut dyn Read) -> io::Result<usize> {
        let wanted = self.filled + BLOCK;
        if self.held.len() < wanted {
            // Most logs are short, and room for the longest takes longer to clear than they to read.
            self.held.resize(wanted.max(2 * self.held.len()).min(HELD), 0);
        }
        let free = self.held.get_mut(self.filled..wanted).unwrap_or_default();
        loop {
            match input.read(free) {
                Ok(count) => {
                    self.filled += count;
                    return Ok(count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn end(&self) -> usize {
        self.start.offset + self.filled
    }

    fn bytes(&self, span: Span) -> &[u8] {
        let held = self.held.get(..self.filled).unwrap_or_default();
        let from = span.start.saturating_sub(self.start.offset);
        let to = span.end.saturating_sub(self.start.offset).min(self.filled);
        held.get(from..to).unwrap_or_default()
    }

    /// Looks for literals in what is new.
    fn search(&mut self) {
        let from = self.searched.saturating_sub(OVERLAP).max(self.start.offset);
        let span = Span::new(from, self.end());
        let held = self.held.get(..self.filled).unwrap_or_default();
        let bytes = held.get(from - self.start.offset..).unwrap_or_default();
        let (pending, notes) = (&mut self.pending, &mut self.notes);
        let before = pending.len();
        // All of a line is read at once, so one place in it is enough.
        let mut line = 0..0;
        self.filter.find(bytes, &mut |at, target| match target {
            Target::Failure if !line.contains(&at) => {
                pending.push_back(from + at);
                let rest = bytes.get(at..).unwrap_or_default();
                let end = memchr::memchr2(b'\n', b'\r', rest.get(..LINE).unwrap_or(rest));
                line = at..at + end.unwrap_or_default();
            }
            Target::Failure => {}
            Target::Note(signal) => {
                let places = notes.get_mut(signal);
                // The overlap was searched before.
                let fresh = places.filter(|it| it.last().is_none_or(|last| *last < from + at));
                fresh.into_iter().for_each(|it| it.push(from + at));
            }
        });
        self.filter.tears(bytes, &mut |at| pending.push_back(from + at));
        if self.signals.tries_every_line() {
            pending.extend((from == 0).then_some(0));
            let breaks = memchr::memchr2_iter(b'\n', b'\r', bytes);
            pending.extend(breaks.map(|at| from + at + 1));
        }
        if self.pending.len() > before {
            self.pending.make_contiguous().sort_unstable();
        }
        self.searched = span.end;
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
        let text = decoded(self.bytes(span));
        if !self.signals.may_fail(Line::of(&text, span.start).text()) {
            // Of a longer line, what is far behind this place was not looked at with all around it.
            self.clear = span.end.min(hit + LINE / 2);
            return;
        }
        let back = span.start.saturating_sub(BACK);
        let mut from = self.done;
        if from < back {
            self.scanner.forget();
            let skipped = memchr::memchr2(b'\n', b'\r', self.bytes(Span::new(back, span.start)));
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
        let least = at.saturating_sub(LINE).max(self.start.offset).max(from);
        let before = memchr::memrchr2(b'\n', b'\r', self.bytes(Span::new(least, at)));
        let after = self.bytes(Span::new(at, at + LINE));
        let after = memchr::memchr2(b'\n', b'\r', after).unwrap_or(after.len());
        Span::new(before.map_or(least, |before| least + before + 1), at + after)
    }

    /// Returns a source that has at least this span, as far as the log does.
    fn window(&mut self, span: Span) -> Source {
        let span = Span::new(span.start, span.end.min(self.end()));
        let fits = |source: &&Source| {
            source.start() <= span.start && source.start() + source.text().len() >= span.end
        };
        if let Some(source) = self.window.as_ref().filter(fits) {
            return source.clone();
        }
        let source = self.excerpt(Span::new(span.start, self.end()));
        self.window = Some(source.clone());
        source
    }

    fn excerpt(&self, span: Span) -> Source {
        let start = self.place(span.start);
        Source::excerpt(self.name.clone(), decoded(self.bytes(span)), start)
    }

    /// Tells the line and column of a held byte.
    fn place(&self, offset: usize) -> Start {
        let after = self.marks.partition_point(|mark| mark.offset <= offset);
        let mark = after.checked_sub(1).and_then(|at| self.marks.get(at)).unwrap_or(&self.start);
        let before = self.bytes(Span::new(mark.offset, offset));
        let LineColumn { mut line, mut column } = mark.at;
        let mut last = before;
        if let Some(at) = memchr::memrchr(b'\n', before) {
            line += memchr::memchr_iter(b'\n', before).count();
            column = 1;
            last = before.get(at + 1..).unwrap_or_default();
        }
        // Bytes that go on with a character do not begin one.
        column += last.iter().filter(|byte| **byte & 0xc0 != 0x80).count();
        Start { offset, at: LineColumn { line, column } }
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
        let before = self.bytes(Span::new(least, at));
        least == 0 || memchr::memrchr2(b'\n', b'\r', before).is_some()
    }

    fn may_note(&self, signal: usize, span: Span) -> bool {
        let text = decoded(self.bytes(span));
        let signal = self.signals.signals.get(signal);
        signal.is_some_and(|signal| signal.may_match(Line::of(&text, span.start).text()))
    }

    /// Makes room for the next block.
    fn move_out(&mut self) {
        let keep = self.end().saturating_sub(KEPT);
        self.take_notes(keep);
        self.start = {
            let count = keep - self.start.offset;
            let start = self.place(keep);
            self.held.copy_within(count..self.filled, 0);
            self.filled -= count;
            self.marks.retain(|mark| mark.offset >= keep);
            start
        };
    }
}

/// Decodes UTF-8 so that offsets stay: each wrong byte becomes a `?`.
fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|_| text.push('?'));
    }
    Cow::Owned(text)
}
