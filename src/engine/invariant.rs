use super::scope::View;
use super::state::State;
use super::verdict::Applied;
use super::world::World;
use crate::condition::Outcome;
use crate::facts::Missing;
use crate::pack::{Pack, Reads};
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
            let value =
                |state: &State| invariant.value.condition.outcome(&View::new(pack, state, world));
            let effect = match (value(before), value(after)) {
                (Outcome::Known(from), Outcome::Known(to)) if from.same_as(&to) => {
                    InvariantEffect::Preserved(from)
                }
                (Outcome::Known(from), Outcome::Known(to)) => InvariantEffect::Changed(from, to),
                (Outcome::Known(_), untold) | (untold, _) => {
                    InvariantEffect::Unknown(missing(untold, &invariant.id))
                }
            };
            InvariantState { id: invariant.id.clone(), title: invariant.title.clone(), effect }
        })
        .collect()
}

/// Tells whether what was applied surely keeps every invariant: its value is the same, or it reads
/// nothing of what changes. Directives say what is paid for, so none may change.
pub fn spares(pack: &Pack, before: &State, applied: &Applied, world: &World) -> bool {
    let effects = compare_invariants(pack, before, &applied.state, world);
    let mut effects = pack.invariants.iter().zip(effects);
    let kept = effects.all(|(invariant, state)| match state.effect {
        InvariantEffect::Preserved(_) => true,
        InvariantEffect::Changed(..) => false,
        InvariantEffect::Unknown(_) => {
            let value = [&invariant.value.condition];
            let reads = Reads::of(value, &pack.lets, &pack.estimates, &pack.defaults);
            !applied.changes.iter().any(|change| reads.may_depend_on(&change.key))
        }
    });
    kept && applied.directives.is_empty()
}

/// Says what is missing where an invariant has no value.
fn missing(outcome: Outcome, id: &str) -> Vec<Missing> {
    let (name, why, supply) = match outcome {
        Outcome::Unknown(missing) => return missing,
        Outcome::Absent { name } => {
            let supply = format!("set `{name}` in the launch");
            (name, "it does not exist".to_owned(), supply)
        }
        Outcome::Failed(fault) => {
            let supply = "change one of the values it is computed from".to_owned();
            (id.to_owned(), fault.message, supply)
        }
        Outcome::Known(_) => return Vec::new(),
    };
    vec![Missing { name, why, supply }]
}
