use std::collections::HashMap;
use std::iter::Peekable;

use indexmap::IndexMap;
use regex::Captures;

use super::clean::{Line, Origin, raw_lines};
use super::def::{FactType, Kind, SignalDef};
use super::event::{Event, Fact, PhaseFound, Scan};
use super::launched;
use super::signals::{Signal, Signals};
use super::trace::{Trace, frame_in};
use crate::text::{Source, Span};
use crate::value::Value;

/// How many lines of the same process a pattern may look at after the first.
const JOINED: usize = 12;
/// How many lines of other processes may stand between them.
const INTERLEAVED: usize = 200;

/// One pass over one log.
pub(super) struct Scanner<'a> {
    signals: &'a Signals,
    source: &'a Source,
    streams: HashMap<String, Stream>,
    scan: Scan,
}

/// What is remembered of one process.
#[derive(Default)]
struct Stream {
    trace: Trace,
    /// Lines before this offset are part of a message that was read already.
    read_to: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(signals: &'a Signals, source: &'a Source) -> Self {
        Self { signals, source, streams: HashMap::new(), scan: Scan::default() }
    }

    pub(super) fn scan(mut self) -> Scan {
        let text = self.source.text();
        let every = self.signals.tries_every_line();
        let hits = self.signals.hits(text);
        if hits.is_empty() && !every && !text.contains('\x1b') {
            return self.scan;
        }
        let mut hits = hits.into_iter().peekable();
        for (at, raw) in raw_lines(text, 0) {
            let hit = every | skip_to(&mut hits, at + raw.len());
            let line = Line::of(raw, at);
            // An escape sequence inside a literal hides it from the search over the whole text.
            let hit = hit || line.was_coloured() && self.signals.has_hit(line.text());
            self.line(line, Span::new(at, at + raw.len()), hit);
        }
        self.scan.settle();
        self.scan
    }

    fn line(&mut self, line: Line<'_>, span: Span, hit: bool) {
        let stream = match self.streams.get_mut(line.stream()) {
            Some(stream) => stream,
            None => self.streams.entry(line.stream().to_owned()).or_default(),
        };
        let fresh = hit && span.start >= stream.read_to && !stream.trace.quotes(line.text());
        if fresh {
            let read_to = read(self.signals, self.source, &line, stream, &mut self.scan, span);
            stream.read_to = read_to;
        }
        stream.trace.see(line.text(), span);
    }
}

/// Tells whether a hit lies before `end`, and drops all that do.
fn skip_to(hits: &mut Peekable<impl Iterator<Item = usize>>, end: usize) -> bool {
    let mut found = false;
    while hits.next_if(|hit| *hit < end).is_some() {
        found = true;
    }
    found
}

/// Tries all signals on one line: any number of notes, but the first failure in the pack's order.
/// Returns how far the log was read.
fn read(
    signals: &Signals,
    source: &Source,
    line: &Line<'_>,
    stream: &Stream,
    scan: &mut Scan,
    span: Span,
) -> usize {
    if let Some(launched) = launched::read(line, source) {
        scan.launched.push(launched);
        return span.end;
    }
    let mut read_to = span.end;
    let mut failed = false;
    let mut joined: Option<Line<'_>> = None;
    for signal in signals.signals.iter().filter(|signal| signal.may_match(line.text())) {
        if failed && signal.def.kind != Kind::Note {
            continue;
        }
        let text = if signal.joins_lines() {
            joined.get_or_insert_with(|| join(line, source, span.end))
        } else {
            line
        };
        // What begins in a joined line is for that line to tell.
        let event = event(signal, signals, text, stream, source);
        let Some(event) = event.filter(|event| event.location.span.start <= span.end) else {
            continue;
        };
        read_to = read_to.max(event.location.span.end);
        failed |= event.kind != Kind::Note;
        if event.kind == Kind::Note { &mut scan.notes } else { &mut scan.events }.push(event);
    }
    read_to
}

/// Joins the following lines of the same process.
fn join<'a>(line: &Line<'a>, source: &'a Source, end: usize) -> Line<'a> {
    let mut joined = line.clone();
    let next = source.text().as_bytes().get(end..).unwrap_or_default();
    let breaks = next.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
    let lines = raw_lines(source.text(), end + breaks).take(INTERLEAVED);
    let lines = lines.map(|(at, raw)| Line::of(raw, at));
    for next in lines.filter(|next| next.stream() == line.stream()).take(JOINED) {
        joined.join(&next);
    }
    joined
}

fn event(
    signal: &Signal,
    signals: &Signals,
    line: &Line<'_>,
    stream: &Stream,
    source: &Source,
) -> Option<Event> {
    let captures = signal.regex()?.captures(line.text())?;
    let whole = captures.get(0)?;
    let def = &signal.def;
    let is_failure = def.kind != Kind::Note;
    let phase = is_failure.then(|| {
        let fixed = def.phase.clone().map(|name| PhaseFound { name, location: None });
        fixed
            .or_else(|| stream.trace.phase(&signals.phases, source))
            .or_else(|| phase_in_message(signals, line, whole.range(), source))
    });
    let raised_in = is_failure.then(|| stream.trace.origin(source)).flatten();
    let mut event = Event {
        signal: def.name.clone(),
        event: def.event.clone(),
        kind: def.kind,
        phase: phase.flatten(),
        facts: facts(def, signal, &captures, line, source),
        location: source.at(line.locate(whole.start(), whole.end())),
        origin: merge(raised_in, line.origin()),
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
    let names = signal.regex().into_iter().flat_map(regex::Regex::capture_names).flatten();
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
