use super::scope::View;
use super::state::State;
use super::world::World;
use crate::condition::Outcome;
use crate::facts::Missing;
use crate::pack::Pack;
use crate::value::Value;

/// One invariant over a plan.
#[derive(Debug, Clone)]
pub struct InvariantState {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// What becomes of it.
    pub effect: InvariantEffect,
}

/// What a plan does to an invariant.
#[derive(Debug, Clone, PartialEq)]
pub enum InvariantEffect {
    /// It keeps this value.
    Preserved(Value),
    /// It changes from one value to another.
    Changed(Value, Value),
    /// Something it needs is not known, or does not exist.
    Unknown(Vec<Missing>),
}

/// States every invariant of a pack over two states.
pub fn compare_invariants(
    pack: &Pack,
    before: &State,
    after: &State,
    world: &World,
) -> Vec<InvariantState> {
    pack.invariants
        .iter()
        .map(|invariant| {
            let value = |state: &State| {
                invariant.value.condition.evaluate(&View::new(pack, state, world)).outcome
            };
            let effect = match (value(before), value(after)) {
                (Outcome::Known(from), Outcome::Known(to)) if from.same_as(&to) => {
                    InvariantEffect::Preserved(from)
                }
                (Outcome::Known(from), Outcome::Known(to)) => InvariantEffect::Changed(from, to),
                (Outcome::Unknown(missing), _) | (_, Outcome::Unknown(missing)) => {
                    InvariantEffect::Unknown(missing)
                }
                _ => InvariantEffect::Unknown(Vec::new()),
            };
            InvariantState { id: invariant.id.clone(), title: invariant.title.clone(), effect }
        })
        .collect()
}
