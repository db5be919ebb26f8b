//! Counterfactuals: the smallest change of one value that would turn a condition around.

use super::judge::judge;
use super::scope::View;
use super::state::State;
use super::world::World;
use crate::condition::{Condition, Outcome, Scope, Verdict};
use crate::facts::{Found, Lookup, Provenance};
use crate::pack::Pack;
use crate::path::KeyPath;
use crate::value::Value;

/// One value that would turn a verdict around.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// The key, or the fact with its `$`.
    pub name: String,
    /// What it would have to be.
    pub to: Value,
    /// Whether every value beyond it would do as well.
    pub reach: Reach,
    /// What it is.
    pub now: Found,
}

/// How far the values that turn a verdict reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Only this value, as far as was tried.
    Exactly,
    /// This and greater ones.
    AtLeast,
    /// This and smaller ones.
    AtMost,
}

/// Finds the smallest change of one value that turns a decided verdict around. Nothing where no
/// single value was found to do it, or where a sweep or an unknown is involved.
pub fn turn(condition: &Condition, pack: &Pack, state: &State, world: &World) -> Option<Turn> {
    let now = truth(&judge(condition, pack, state, world).verdict)?;
    let view = View::new(pack, state, world);
    let mut candidates = candidates(condition, pack, &view);
    candidates.sort_by(|a, b| a.distance.total_cmp(&b.distance));
    candidates.iter().find_map(|candidate| {
        let turned = |value: &Value| {
            candidate.judged_with(condition, value, pack, state, world) == Some(!now)
        };
        turned(&candidate.to).then(|| Turn {
            name: candidate.shown(),
            to: candidate.to.clone(),
            reach: candidate.reach(&turned),
            now: candidate.now.clone(),
        })
    })
}

fn truth(verdict: &Verdict) -> Option<bool> {
    match verdict {
        Verdict::True => Some(true),
        Verdict::False => Some(false),
        _ => None,
    }
}

/// What a candidate replaces.
#[derive(Debug, Clone, PartialEq)]
enum Name {
    Key(KeyPath),
    Fact(String),
}

struct Candidate {
    name: Name,
    to: Value,
    now: Found,
    /// How far the value is from what it is now; kinds of values lie far apart.
    distance: f64,
}

/// Collects candidates from a condition and from the named expressions it reads.
fn candidates(condition: &Condition, pack: &Pack, view: &View<'_>) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    let mut open = vec![condition];
    let mut seen: Vec<&str> = Vec::new();
    while let Some(next) = open.pop() {
        for used in next.names() {
            let named = used.fact().and_then(|name| pack.lets.get_key_value(name));
            if let Some((name, expression)) =
                named.filter(|(name, _)| !seen.contains(&name.as_str()))
            {
                seen.push(name);
                open.push(&expression.condition);
            }
        }
        for (used, to) in next.boundaries(view) {
            let (name, answer) = match (used.key(), used.fact()) {
                (Some(key), _) => (Name::Key(key.clone()), view.config(key)),
                (_, Some(fact)) if !pack.lets.contains_key(fact) => {
                    (Name::Fact(fact.to_owned()), view.name(fact))
                }
                _ => continue,
            };
            let Lookup::Set(now) = answer else { continue };
            if !now.value.same_as(&to) {
                let distance = distance(&now.value, &to);
                found.push(Candidate { name, to, now, distance });
            }
        }
    }
    found
}

fn distance(now: &Value, to: &Value) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "only the order of distances counts")]
    let number = |value: &Value| match value {
        Value::Bytes(bytes) => Some(*bytes as f64),
        other => other.as_number(),
    };
    match (now, to) {
        (Value::Bool(_), Value::Bool(_)) => 0.5,
        (Value::Str(_), Value::Str(_)) => 1.0,
        _ => match (number(now), number(to)) {
            (Some(from), Some(to)) => ((to - from).abs() / from.abs().max(1e-9)).min(1e6),
            _ => 1e9,
        },
    }
}

impl Candidate {
    fn shown(&self) -> String {
        match &self.name {
            Name::Key(key) => key.to_string(),
            Name::Fact(name) => format!("${name}"),
        }
    }

    fn judged_with(
        &self,
        condition: &Condition,
        value: &Value,
        pack: &Pack,
        state: &State,
        world: &World,
    ) -> Option<bool> {
        let evaluate = |world: &World, elements| {
            let view = View::new(pack, state, world).with_elements(elements);
            match condition.evaluate(&view).outcome {
                Outcome::Known(Value::Bool(truth)) => Some(truth),
                _ => None,
            }
        };
        match &self.name {
            Name::Key(key) => evaluate(world, vec![(key.clone(), value.clone())]),
            Name::Fact(name) => {
                let mut other = world.clone();
                other.facts.insert(name.clone(), value.clone(), Provenance::Computed);
                evaluate(&other, Vec::new())
            }
        }
    }

    /// Tries values further on in the same direction.
    fn reach(&self, turned: &dyn Fn(&Value) -> bool) -> Reach {
        let (now, to) = match (self.now.value.as_number(), self.to.as_number()) {
            (Some(now), Some(to)) => (now, to),
            _ => return Reach::Exactly,
        };
        let up = to > now;
        let further = |by: i64| match &self.to {
            Value::Int(int) => Some(Value::Int(if up { int + by } else { int - by })),
            #[expect(clippy::cast_precision_loss, reason = "steps are small")]
            Value::Float(float) => {
                let by = by as f64 * 0.01;
                Some(Value::Float(if up { float + by } else { float - by }))
            }
            _ => None,
        };
        let all = [1, 2, 3, 5].into_iter().filter_map(further).all(|value| turned(&value));
        match (all, up) {
            (false, _) => Reach::Exactly,
            (true, true) => Reach::AtLeast,
            (true, false) => Reach::AtMost,
        }
    }
}
