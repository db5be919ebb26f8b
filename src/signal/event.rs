use indexmap::IndexMap;

use super::clean::Origin;
use super::def::{Confidence, Kind};
use super::launched::Launched;
use super::tensor::Tensor;
use super::time::Time;
use crate::facts::{Facts, Provenance};
use crate::text::{Location, quantity};
use crate::value::Value;

/// A number or word in a log, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// What it means; sizes are bytes.
    pub value: Value,
    /// What the log says, with the unit where the log leaves it out.
    pub text: String,
    /// Where it says so.
    pub location: Location,
}

/// The phase in which an event happened.
#[derive(Debug, Clone, PartialEq)]
pub struct PhaseFound {
    /// The phase's name.
    pub name: String,
    /// The word in the stack that tells it; none where the signal alone does.
    pub location: Option<Location>,
}

/// One message of the log that a signal knows.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The signal that matched.
    pub signal: String,
    /// The prefix of the facts, such as `oom`.
    pub event: String,
    /// Whose failure it is.
    pub kind: Kind,
    /// How sure the message makes that.
    pub confidence: Confidence,
    /// When it happened, if anything tells.
    pub phase: Option<PhaseFound>,
    /// What the message says, by name without the event's prefix.
    pub facts: IndexMap<String, Fact>,
    /// The part of the message that matched.
    pub location: Location,
    /// The process it happened in.
    pub origin: Origin,
    /// When it was written, or the last time in the log before it.
    pub time: Option<Time>,
    /// How many failures follow from it; 0 for all but the first cause.
    pub consequences: usize,
    /// Whether the other failures of the log follow from this one.
    pub first_cause: bool,
}

impl Event {
    /// Makes the first cause that no log tells: the failure of a phase, as a text says it.
    pub fn told(event: &str, signal: &str, kind: Kind, phase: &str, location: Location) -> Self {
        Self {
            signal: signal.to_owned(),
            event: event.to_owned(),
            kind,
            phase: Some(PhaseFound { name: phase.to_owned(), location: None }),
            facts: IndexMap::new(),
            location,
            origin: Origin::default(),
            time: None,
            confidence: Confidence::Certain,
            consequences: 0,
            first_cause: true,
        }
    }

    /// Returns all facts under their full names: `oom.kind`, `oom.tried`, …
    pub fn to_facts(&self) -> Facts {
        let mut facts = Facts::default();
        let here = || Provenance::Text(self.location.clone());
        let mut add = |name: &str, value: Value, from: Provenance| {
            facts.insert(format!("{}.{name}", self.event), value, from);
        };
        add("kind", Value::Str(self.kind.name().to_owned()), here());
        add("signal", Value::Str(self.signal.clone()), here());
        if let Some(phase) = &self.phase {
            let from = phase.location.clone().map_or_else(here, Provenance::Text);
            add("phase", Value::Str(phase.name.clone()), from);
        }
        let line = i64::try_from(self.location.line_column().line).unwrap_or(i64::MAX);
        add("line", Value::Int(line), here());
        if let Some(actor) = &self.origin.actor {
            add("actor", Value::Str(actor.clone()), here());
        }
        for (name, number) in [("pid", self.origin.pid), ("rank", self.origin.rank)] {
            if let Some(number) = number {
                add(name, Value::Int(number), here());
            }
        }
        for (name, fact) in &self.facts {
            add(name, fact.value.clone(), Provenance::Text(fact.location.clone()));
        }
        facts
    }

    /// Keeps of the log no more than what the places mean.
    pub(super) fn alone(mut self) -> Self {
        self.location = self.location.alone();
        for fact in self.facts.values_mut() {
            fact.location = fact.location.alone();
        }
        if let Some(place) = self.phase.as_mut().and_then(|phase| phase.location.as_mut()) {
            *place = place.alone();
        }
        self
    }

    fn has_sizes(&self) -> bool {
        self.facts.values().any(|fact| matches!(fact.value, Value::Bytes(_)))
    }

    /// Adds what another message says about the same memory. A host has one, and Ray first says that
    /// it killed a worker, then with which numbers; GPUs are many, so their messages never mix.
    fn complete(&mut self, other: Self) {
        self.phase = self.phase.take().or(other.phase);
        for (name, fact) in other.facts {
            self.facts.entry(name).or_insert(fact);
        }
    }

    fn bytes(&self, name: &str) -> Option<i64> {
        match self.facts.get(name).map(|fact| &fact.value) {
            Some(Value::Bytes(bytes)) => Some(*bytes),
            _ => None,
        }
    }

    /// Adds what the numbers imply. PyTorch before 2.1 and torch_npu print the reserved total, where
    /// newer ones print what of it is unallocated; where that would hold what was tried, the memory is
    /// there, in pieces.
    pub(super) fn derive(&mut self) {
        if self.kind == Kind::Note {
            return;
        }
        if let (Some(reserved), Some(allocated)) = (self.bytes("reserved"), self.bytes("allocated"))
            && let Some(from) = self.facts.get("reserved")
        {
            let unallocated = reserved.saturating_sub(allocated).max(0);
            let (value, text) = (Value::Bytes(unallocated), quantity(unallocated));
            let fact = Fact { value, text, location: from.location.clone() };
            self.facts.entry("reserved_unallocated".to_owned()).or_insert(fact);
        }
        let unallocated = self.bytes("reserved_unallocated").zip(self.bytes("tried"));
        if let Some((unallocated, tried)) = unallocated
            && let Some(from) = self.facts.get("reserved_unallocated").cloned()
        {
            let fact = Fact { value: Value::Bool(unallocated >= tried), ..from };
            self.facts.insert("fragmented".to_owned(), fact);
        }
    }

    /// Adds which tensor the size is that was tried, where one dimension is a known vocabulary.
    pub fn explain_size(&mut self, vocabulary: i64) {
        let Some(tried) = self.facts.get("tried").cloned() else { return };
        let Value::Bytes(bytes) = tried.value else { return };
        let Some(tensor) = Tensor::of(bytes, &tried.text, vocabulary) else { return };
        let text = tensor.to_string();
        let mut add = |name: &str, value: Value| {
            let fact = Fact { value, text: text.clone(), location: tried.location.clone() };
            self.facts.insert(name.to_owned(), fact);
        };
        add("tensor_rows", Value::Int(tensor.rows));
        add("tensor_dtype", Value::Str(tensor.dtype.to_owned()));
    }

    /// Tells how little the message says of what failed: least where that is known, then where it names the
    /// phase itself, and most where something merely is gone.
    fn vagueness(&self) -> u8 {
        let names_phase = self.phase.as_ref().is_some_and(|it| it.location.is_none());
        match self.kind {
            Kind::Unknown if names_phase => 1,
            Kind::Unknown => 2,
            Kind::Device | Kind::Host | Kind::Note => 0,
        }
    }

    /// Tells whether this follows from `first`: it does not say why it failed, it may be of something
    /// else that was killed, or it is the same message again.
    fn follows(&self, first: &Self) -> bool {
        let same = |name: &str| {
            self.facts.get(name).map(|it| &it.value) == first.facts.get(name).map(|it| &it.value)
        };
        let again = self.signal == first.signal
            && self.facts.keys().filter(|name| *name != "repeated").all(|name| same(name));
        match (first.confidence, self.confidence) {
            (_, Confidence::Open) => true,
            (Confidence::Certain, Confidence::Likely) => true,
            _ => again || (first.kind == Kind::Host && self.kind == Kind::Host),
        }
    }
}

/// By what the first cause was told among the logs of one job.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// There is one log.
    #[default]
    OneLog,
    /// By the times that the logs give.
    Time,
    /// Not all have times: by the order in which the logs were given.
    Given,
}

/// All that a log tells.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scan {
    /// Failures, in the order of the log.
    pub events: Vec<Event>,
    /// What is worth knowing beside failures: the last line of each note before the first cause.
    pub notes: Vec<Event>,
    /// The overrides that Hydra says the failed job had.
    pub launched: Vec<Launched>,
    /// How many more failures there are than are kept.
    pub more: usize,
    /// By what the first cause was told.
    pub order: Order,
}

impl Scan {
    /// Returns the failure from which the others follow.
    pub fn first_cause(&self) -> Option<&Event> {
        self.events.iter().find(|event| event.first_cause)
    }

    /// Returns the failures that follow from the first cause.
    pub fn consequences(&self) -> impl Iterator<Item = &Event> {
        let first = self.first_cause();
        self.events.iter().filter(move |event| {
            first.is_some_and(|first| !event.first_cause && event.follows(first))
        })
    }

    /// Returns the failures that do not follow from the first cause.
    pub fn others(&self) -> impl Iterator<Item = &Event> {
        let first = self.first_cause();
        let own = move |event: &&Event| first.is_some_and(|first| !event.follows(first));
        self.events.iter().filter(|event| !event.first_cause).filter(own)
    }

    /// Joins what several logs of one job tell: the first cause is the earliest of theirs, one whose
    /// kind is known before others.
    pub fn of_job(logs: Vec<Self>) -> Self {
        let mut job = Self::default();
        let mut firsts: Vec<usize> = Vec::new();
        let several = logs.len() > 1;
        for log in logs {
            let first = log.events.iter().position(|event| event.first_cause);
            firsts.extend(first.map(|first| job.events.len() + first));
            job.events.extend(log.events);
            job.notes.extend(log.notes);
            job.launched.extend(log.launched);
            job.more += log.more;
        }
        let vague = |at: &usize| job.events.get(*at).map(Event::vagueness);
        let least = firsts.iter().map(vague).min();
        firsts.retain(|at| Some(vague(at)) == least);
        let time = |at: &usize| job.events.get(*at).and_then(|event| event.time.as_ref());
        let timed = firsts.iter().all(|at| time(at).is_some());
        let earlier = |best: usize, at: usize| {
            let before = time(&at).zip(time(&best)).is_some_and(|(own, best)| own.is_before(best));
            if timed && before { at } else { best }
        };
        let first = firsts.iter().copied().reduce(earlier);
        job.order = match (several, timed) {
            (false, _) => Order::OneLog,
            (true, true) => Order::Time,
            (true, false) => Order::Given,
        };
        // Notes of the log that failed first are the ones before it.
        let file =
            first.and_then(|at| job.events.get(at)).map(|it| it.location.source.name().to_owned());
        job.notes.sort_by_key(|note| Some(note.location.source.name()) != file.as_deref());
        job.take_first(first);
        job
    }

    /// Finds the first cause: the first failure whose message proves what failed, else the first.
    pub(super) fn settle(&mut self) {
        let clearest = self.events.iter().enumerate().min_by_key(|(_, event)| event.vagueness());
        self.take_first(clearest.map(|(at, _)| at));
    }

    /// Takes an event as the first cause.
    ///
    /// The same exception is printed again by every process that waits for it, and not each print has
    /// the stack or the process; a first cause without them takes those of its own later print.
    fn take_first(&mut self, first: Option<usize>) {
        for event in &mut self.events {
            event.first_cause = false;
            event.consequences = 0;
        }
        let Some(first) = first else { return };
        let Some((_, rest)) = self.events.split_at_mut_checked(first) else { return };
        let Some((first, later)) = rest.split_first_mut() else { return };
        first.first_cause = true;
        let mut again = later.iter().filter(|event| event.signal == first.signal);
        if first.phase.is_none() {
            first.phase = again.clone().find_map(|event| event.phase.clone());
        }
        if first.origin == Origin::default()
            && let Some(told) = again.find(|event| event.origin != first.origin)
        {
            first.origin = told.origin.clone();
        }
        if first.kind == Kind::Host && !first.has_sizes() {
            let sized = later.iter().find(|event| event.kind == Kind::Host && event.has_sizes());
            if let Some(event) = sized.filter(|event| event.event == first.event) {
                first.complete(event.clone());
            }
        }
        let count = self.consequences().count() + self.more;
        if let Some(first) = self.events.iter_mut().find(|event| event.first_cause) {
            first.consequences = count;
        }
    }
}
