use std::collections::HashMap;

use indexmap::IndexMap;
use regex_lite::Captures;

use super::clean::{Line, Origin, raw_lines};
use super::def::{FactType, Kind, SignalDef};
use super::event::{Event, Fact, PhaseFound, Scan};
use super::launched::{self, Launched};
use super::reader::{AHEAD, BACK};
use super::signals::{Signal, Signals};
use super::time::Time;
use super::trace::{Trace, frame_in};
use crate::text::{Source, Span};
use crate::value::Value;

/// How many lines of the same process a pattern may look at after the first.
const JOINED: usize = 12;
/// How many lines of other processes may stand between them.
const INTERLEAVED: usize = 200;

/// How many events are kept; more are only counted.
const MOST_EVENTS: usize = 1000;
/// How many processes are remembered before those that fell silent are forgotten.
const STREAMS: usize = 4096;

/// One pass over one log.
pub(super) struct Scanner<'a> {
    signals: &'a Signals,
    streams: HashMap<String, Stream>,
    /// At how many streams the silent ones are forgotten.
    crowded: usize,
    scan: Scan,
    /// The last line of each note, by signal.
    notes: Vec<Option<Event>>,
    /// What the notes were at the first failure, of which no kind is known.
    noted: Option<Vec<Option<Event>>>,
    /// Whether a failure was read whose kind is known.
    proven: bool,
}

/// What is remembered of one process.
#[derive(Default)]
struct Stream {
    trace: Trace,
    /// Lines before this offset are part of a message that was read already.
    read_to: usize,
    /// Where its last line begins.
    seen: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(signals: &'a Signals) -> Self {
        Self {
            signals,
            streams: HashMap::new(),
            crowded: STREAMS,
            scan: Scan::default(),
            notes: vec![None; signals.signals.len()],
            noted: None,
            proven: false,
        }
    }

    /// Forgets all processes, since lines were left out.
    pub(super) fn forget(&mut self) {
        self.streams.clear();
    }

    /// Reads lines in which nothing fails: stacks may begin there.
    pub(super) fn lines(&mut self, source: &Source, span: Span) {
        for (at, raw) in raw_lines(source.slice(span), 0) {
            let at = span.start + at;
            let line = Line::of(raw, at);
            let stream = self.stream(line.stream(), at);
            stream.trace.see(line.text(), Span::new(at, at + raw.len()));
        }
    }

    /// Reads a line in which something may fail.
    pub(super) fn hit(&mut self, source: &Source, span: Span) {
        let line = Line::of(source.slice(span), span.start);
        self.stream(line.stream(), span.start);
        let Some(stream) = self.streams.get_mut(line.stream()) else { return };
        if span.start >= stream.read_to && !stream.trace.quotes(line.text()) {
            let found = read(self.signals, source, &line, &stream.trace, span);
            stream.read_to = found.read_to;
            stream.trace.see(line.text(), span);
            self.take(found);
        } else {
            stream.trace.see(line.text(), span);
        }
    }

    fn stream(&mut self, name: &str, at: usize) -> &mut Stream {
        let horizon = at.saturating_sub(BACK);
        if self.streams.len() >= self.crowded {
            self.streams.retain(|_, stream| stream.seen >= horizon);
            self.crowded = STREAMS.max(2 * self.streams.len());
        }
        if !self.streams.contains_key(name) {
            self.streams.insert(name.to_owned(), Stream::default());
        }
        let stream = self.streams.entry(name.to_owned()).or_default();
        stream.seen = at;
        if stream.trace.begins_before(horizon) {
            stream.trace = Trace::default();
        }
        stream
    }

    fn take(&mut self, found: LineFound) {
        self.scan
            .launched
            .extend(found.launched.filter(|_| self.scan.launched.len() < MOST_EVENTS));
        let Some(event) = found.event else { return };
        let proves = event.kind != Kind::Unknown && !self.proven;
        if self.noted.is_none() || proves {
            self.noted = Some(self.notes.clone());
        }
        self.proven |= proves;
        if self.scan.events.len() < MOST_EVENTS || proves {
            self.scan.events.push(event);
        } else {
            self.scan.more += 1;
        }
    }

    /// Tells whether notes still matter: what follows the first cause explains nothing.
    pub(super) fn notes_count(&self) -> bool {
        !self.proven
    }

    /// Reads a line as this note; tells whether it is one.
    pub(super) fn note(&mut self, signal: usize, source: &Source) -> bool {
        let Some(known) = self.signals.signals.get(signal) else { return false };
        let line = Line::of(source.text(), source.start());
        let found = event(known, self.signals, &line, &Trace::default(), source);
        let is_note = found.is_some();
        if let (Some(slot), Some(event)) = (self.notes.get_mut(signal), found) {
            *slot = Some(event.alone());
        }
        is_note
    }

    /// Returns what was found, with the first cause decided.
    pub(super) fn finish(mut self) -> Scan {
        let notes = self.noted.unwrap_or(self.notes);
        self.scan.notes = notes.into_iter().flatten().collect();
        self.scan.notes.sort_by_key(|note| note.location.span.start);
        self.scan.settle();
        self.scan
    }
}

/// What one line tells.
struct LineFound {
    launched: Option<Launched>,
    event: Option<Event>,
    /// How far the log was read.
    read_to: usize,
}

/// Tries all signals on one line; the first failure in the pack's order wins.
fn read(
    signals: &Signals,
    source: &Source,
    line: &Line<'_>,
    trace: &Trace,
    span: Span,
) -> LineFound {
    let mut found = LineFound { launched: None, event: None, read_to: span.end };
    if let Some(launched) = launched::read(line, source) {
        found.launched = Some(launched.alone());
        return found;
    }
    let mut joined: Option<Line<'_>> = None;
    let may_match =
        |signal: &&Signal| signal.def.kind != Kind::Note && signal.may_match(line.text());
    for signal in signals.signals.iter().filter(may_match) {
        let text = if signal.joins_lines() {
            joined.get_or_insert_with(|| join(line, source, span.end))
        } else {
            line
        };
        // What begins in a joined line is for that line to tell.
        let event = event(signal, signals, text, trace, source);
        let Some(mut event) = event.filter(|event| event.location.span.start <= span.end) else {
            continue;
        };
        found.read_to = found.read_to.max(event.location.span.end);
        event.time = time_before(source, span);
        found.event = Some(event.alone());
        break;
    }
    found
}

/// Finds when a line was written: by its own time, else by the last one before it.
fn time_before(source: &Source, span: Span) -> Option<Time> {
    const LINES: usize = 64 << 10;
    let in_line = Time::last_in(source.slice(span));
    in_line.or_else(|| {
        let mut from = span.start.saturating_sub(LINES).max(source.start());
        // A span that begins inside of a character has no text.
        while from < span.start && source.slice(Span::new(from, span.start)).is_empty() {
            from += 1;
        }
        Time::last_in(source.slice(Span::new(from, span.start)))
    })
}

/// Joins the following lines of the same process.
fn join<'a>(line: &Line<'a>, source: &'a Source, end: usize) -> Line<'a> {
    let mut joined = line.clone();
    let next = source.text().get(end - source.start().min(end)..).unwrap_or_default();
    // A character may stand across the limit.
    let next = (0..4).find_map(|less| next.get(..AHEAD - less)).unwrap_or(next);
    let lines = next.trim_start_matches(['\n', '\r']);
    let base = end + next.len() - lines.len();
    let lines = raw_lines(lines, 0).take(INTERLEAVED);
    let lines = lines.map(|(at, raw)| Line::of(raw, base + at));
    for next in lines.filter(|next| next.stream() == line.stream()).take(JOINED) {
        joined.join(&next);
    }
    joined
}

fn event(
    signal: &Signal,
    signals: &Signals,
    line: &Line<'_>,
    trace: &Trace,
    source: &Source,
) -> Option<Event> {
    let captures = signal.regex()?.captures(line.text())?;
    let whole = captures.get(0)?;
    let def = &signal.def;
    let is_failure = def.kind != Kind::Note;
    let phase = is_failure.then(|| {
        let fixed = def.phase.clone().map(|name| PhaseFound { name, location: None });
        fixed
            .or_else(|| trace.phase(&signals.phases, source))
            .or_else(|| phase_in_message(signals, line, whole.range(), source))
    });
    let raised_in = is_failure.then(|| trace.origin(source)).flatten();
    let mut event = Event {
        signal: def.name.clone(),
        event: def.event.clone(),
        kind: def.kind,
        confidence: def.confidence,
        phase: phase.flatten(),
        facts: facts(def, signal, &captures, line, source),
        location: source.at(line.locate(whole.start(), whole.end())),
        origin: merge(raised_in, line.origin()),
        time: None,
        consequences: 0,
        first_cause: false,
    };
    if let Some(count) = line.repeated {
        let fact = Fact {
            value: Value::Int(count),
            text: count.to_string(),
            location: event.location.clone(),
        };
        event.facts.insert("repeated".to_owned(), fact);
    }
    event.derive();
    Some(event)
}

/// A message may name what ran, as Ray's table of memory users does.
fn phase_in_message(
    signals: &Signals,
    line: &Line<'_>,
    range: std::ops::Range<usize>,
    source: &Source,
) -> Option<PhaseFound> {
    let text = line.text().get(range.clone())?;
    signals.phases.iter().find_map(|phase| {
        let (start, end) = frame_in(phase, text)?;
        let span = line.locate(range.start + start, range.start + end);
        Some(PhaseFound { name: phase.name.clone(), location: Some(source.at(span)) })
    })
}

fn merge(raised_in: Option<Origin>, line: Origin) -> Origin {
    match raised_in {
        Some(origin) => Origin { rank: origin.rank.or(line.rank), ..origin },
        None => line,
    }
}

fn facts(
    def: &SignalDef,
    signal: &Signal,
    captures: &Captures<'_>,
    line: &Line<'_>,
    source: &Source,
) -> IndexMap<String, Fact> {
    let names = signal.regex().into_iter().flat_map(regex_lite::Regex::capture_names).flatten();
    let mut facts = IndexMap::new();
    for name in names {
        let Some(found) = captures.name(name) else { continue };
        let typed = def.types.iter().find(|(of, _)| of == name);
        let kind = typed.map_or(FactType::Text, |(_, kind)| *kind);
        // A size that no machine has is no fact.
        let Some(value) = kind.read(found.as_str()) else { continue };
        let location = source.at(line.locate(found.start(), found.end()));
        let unit = if kind == FactType::Gib { " GiB" } else { "" };
        let text = format!("{}{unit}", found.as_str().trim());
        facts.insert(name.to_owned(), Fact { value, text, location });
    }
    facts
}
