use indexmap::IndexMap;

use super::clean::Origin;
use super::def::Kind;
use super::launched::Launched;
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
    /// When it happened, if anything tells.
    pub phase: Option<PhaseFound>,
    /// What the message says, by name without the event's prefix.
    pub facts: IndexMap<String, Fact>,
    /// The part of the message that matched.
    pub location: Location,
    /// The process it happened in.
    pub origin: Origin,
    /// How many failures follow in the log; 0 for all but the first cause.
    pub consequences: usize,
    /// Whether the other failures of the log follow from this one.
    pub first_cause: bool,
}

impl Event {
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

    /// Adds what the numbers of older messages imply. PyTorch before 2.1 and torch_npu print the
    /// reserved total, where newer ones print what of it is unallocated.
    pub(super) fn derive(&mut self) {
        if self.kind == Kind::Note {
            return;
        }
        let bytes = |name: &str| match self.facts.get(name).map(|fact| &fact.value) {
            Some(Value::Bytes(bytes)) => Some(*bytes),
            _ => None,
        };
        let (Some(reserved), Some(allocated)) = (bytes("reserved"), bytes("allocated")) else {
            return;
        };
        let Some(location) = self.facts.get("reserved").map(|fact| fact.location.clone()) else {
            return;
        };
        let unallocated = reserved.saturating_sub(allocated).max(0);
        let fact = Fact { value: Value::Bytes(unallocated), text: quantity(unallocated), location };
        self.facts.entry("reserved_unallocated".to_owned()).or_insert(fact);
    }
}

/// All that a log tells.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scan {
    /// Failures, in the order of the log.
    pub events: Vec<Event>,
    /// What is worth knowing beside failures, in the order of the log.
    pub notes: Vec<Event>,
    /// The overrides that Hydra says the failed job had.
    pub launched: Vec<Launched>,
}

impl Scan {
    /// Returns the failure from which the others follow.
    pub fn first_cause(&self) -> Option<&Event> {
        self.events.iter().find(|event| event.first_cause)
    }

    /// Finds the first cause: the first failure whose message proves what failed, else the first.
    ///
    /// The same exception is printed again by every process that waits for it, and not each print has
    /// the stack or the process; a first cause without them takes those of its own later print.
    pub(super) fn settle(&mut self) {
        let proven = self.events.iter().position(|event| event.kind != Kind::Unknown);
        let Some((_, rest)) = self.events.split_at_mut_checked(proven.unwrap_or(0)) else { return };
        let Some((first, later)) = rest.split_first_mut() else { return };
        first.first_cause = true;
        first.consequences = later.len();
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
    }
}
