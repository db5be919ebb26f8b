//! Which of two configurations is the heavier one in a phase, by what the options declare.

use super::apply::computed;
use super::scope::View;
use super::state::State;
use super::tried::Tried;
use super::world::World;
use crate::condition::{Assignment, Scope, Target};
use crate::facts::{Lookup, Provenance};
use crate::pack::{Pack, PackOption, Rewrite};
use crate::path::KeyPath;
use crate::value::Value;

/// Values at which it is looked where a rewrite leads.
const PROBES: [Value; 4] = [Value::Int(64), Value::Int(1000), Value::Float(0.5), Value::Float(0.9)];

/// Compares configurations for one phase.
pub(super) struct Weigher<'a> {
    pub pack: &'a Pack,
    pub world: &'a World,
    /// The phase; without one, only equal configurations compare.
    pub phase: Option<&'a str>,
}

/// Where a key's lighter values lie.
#[derive(Debug, Clone, PartialEq)]
enum Lighter {
    Lower,
    Higher,
    /// This one value is lighter than any other.
    Exactly(Value),
}

impl Weigher<'_> {
    /// Tells whether a state is at least as heavy as a configuration that was tried.
    pub fn as_heavy(&self, state: &State, tried: &Tried) -> bool {
        self.no_lighter(state, &tried.state) && self.directives(state, tried)
    }

    /// Tells whether the overrides of one state are at least as heavy as those of another: they
    /// differ only in keys with a known direction, and in all of these on the heavier side.
    pub fn no_lighter(&self, heavy: &State, light: &State) -> bool {
        let keys = heavy.entries.iter().chain(light.entries.iter()).map(|entry| entry.key.as_str());
        let mut keys: Vec<&str> = keys.collect();
        keys.sort_unstable();
        keys.dedup();
        keys.into_iter().all(|key| {
            let key = KeyPath::new(key);
            match (self.value(heavy, &key), self.value(light, &key)) {
                (Some(one), Some(other)) => {
                    one.same_as(&other) || self.goes(&Target::Key(key), &one, &other)
                }
                (None, None) => text(heavy, &key) == text(light, &key),
                _ => false,
            }
        })
    }

    /// Compares directives. Where none were recorded they were those of the script, so what no rule
    /// changes is taken to be the same.
    fn directives(&self, state: &State, tried: &Tried) -> bool {
        if !tried.has_directives {
            let mut found = state.directives.values();
            return !found.any(|found| matches!(found.from, Provenance::Rule { .. }));
        }
        let names = state.directives.keys().chain(tried.state.directives.keys());
        names.into_iter().all(|name| {
            let found = |state: &State| state.directives.get(name).map(|found| found.value.clone());
            match (found(state), found(&tried.state)) {
                (Some(one), Some(other)) => {
                    let same = match (number(&one), number(&other)) {
                        (Some(one), Some(other)) => one == other,
                        _ => one.to_json() == other.to_json(),
                    };
                    same || self.goes(&Target::Directive(name.clone()), &one, &other)
                }
                _ => false,
            }
        })
    }

    fn value(&self, state: &State, key: &KeyPath) -> Option<Value> {
        match View::new(self.pack, state, self.world).config(key) {
            Lookup::Set(found) => Some(found.value),
            _ => None,
        }
    }

    /// Tells whether `heavy` is known to be a heavier value than `light`.
    fn goes(&self, target: &Target, heavy: &Value, light: &Value) -> bool {
        match self.lighter(target) {
            Some(Lighter::Exactly(value)) => light.same_as(&value),
            Some(way) => number(heavy).zip(number(light)).is_some_and(|(heavy, light)| {
                if way == Lighter::Lower { heavy > light } else { heavy < light }
            }),
            None => false,
        }
    }

    /// Returns where all options that relieve or load the phase agree that the lighter values lie.
    fn lighter(&self, target: &Target) -> Option<Lighter> {
        let phase = self.phase?;
        let mut agreed = None;
        for option in self.pack.options.iter() {
            let names = |list: &[String]| list.iter().any(|it| it == phase);
            let (relieves, loads) = (names(&option.relieves), names(&option.loads));
            if relieves == loads {
                continue;
            }
            let Some(way) = self.way(option, target) else { continue };
            let way = match (way, relieves) {
                (way, true) => way,
                (Lighter::Lower, false) => Lighter::Higher,
                (Lighter::Higher, false) => Lighter::Lower,
                (Lighter::Exactly(Value::Bool(truth)), false) => {
                    Lighter::Exactly(Value::Bool(!truth))
                }
                (Lighter::Exactly(_), false) => return None,
            };
            if agreed.get_or_insert_with(|| way.clone()) != &way {
                return None;
            }
        }
        agreed
    }

    /// Returns where an option moves the target. One that moves several keys tells something only
    /// where it moves them all the same way.
    fn way(&self, option: &PackOption, target: &Target) -> Option<Lighter> {
        let moves = |rewrite: &Rewrite| match rewrite {
            Rewrite::Assign(assignment, _) => (assignment.target.clone(), self.way_of(assignment)),
            Rewrite::Plain(parsed, _) => {
                let way = parsed.value().and_then(exactly);
                (Target::Key(KeyPath::new(parsed.key.as_str())), way)
            }
        };
        let all: Vec<(Target, Option<Lighter>)> = option.rewrite.iter().map(moves).collect();
        let way = all.iter().find(|(it, _)| it == target)?.1.clone()?;
        let mut keys = all.iter().filter(|(it, _)| matches!(it, Target::Key(_)));
        let same = matches!(target, Target::Directive(_))
            || keys.all(|(_, other)| other.as_ref() == Some(&way));
        same.then_some(way)
    }

    fn way_of(&self, assignment: &Assignment) -> Option<Lighter> {
        let (state, directive) =
            (State::default(), matches!(assignment.target, Target::Directive(_)));
        let name = match &assignment.target {
            Target::Key(key) => key.clone(),
            Target::Directive(name) => KeyPath::new(format!("sbatch:{name}")),
            Target::Environment(_) => return None,
        };
        if !assignment.value.reads_it() && !directive {
            let view = View::new(self.pack, &state, self.world);
            return computed(&assignment.value, &view).ok().and_then(exactly);
        }
        let moved = assignment.value.movement();
        let mut agreed = None;
        for probe in &PROBES {
            let mut probed = self.world.clone();
            if let Target::Directive(name) = &assignment.target {
                let name = format!("sbatch.{name}");
                probed.facts.insert(name, probe.clone(), Provenance::Computed);
            }
            let elements = vec![(name.clone(), probe.clone())];
            let view = View::new(self.pack, &state, &probed).with_it(name.clone());
            let Ok(to) = computed(&moved, &view.with_elements(elements)) else { continue };
            let (from, to) = number(probe).zip(number(&to))?;
            let way = match to.total_cmp(&from) {
                std::cmp::Ordering::Less => Lighter::Lower,
                std::cmp::Ordering::Greater => Lighter::Higher,
                std::cmp::Ordering::Equal => return None,
            };
            if agreed.get_or_insert_with(|| way.clone()) != &way {
                return None;
            }
        }
        agreed
    }
}

/// A number says nothing of the numbers around it; anything else is lighter than what it replaces.
fn exactly(value: Value) -> Option<Lighter> {
    number(&value).is_none().then_some(Lighter::Exactly(value))
}

/// Returns a number, or a number of bytes.
pub(super) fn number(value: &Value) -> Option<f64> {
    match value {
        #[expect(clippy::cast_precision_loss, reason = "sizes in bytes are far below 2^53")]
        Value::Bytes(bytes) => Some(*bytes as f64),
        other => other.as_number(),
    }
}

/// What a state says of a key that has no plain value: the override's text, or that nothing tells.
fn text<'a>(state: &'a State, key: &KeyPath) -> Option<Option<&'a str>> {
    let entry = state.winning(key.as_str())?;
    Some(entry.value.as_ref().ok().map(|parsed| parsed.text.as_str()))
}
