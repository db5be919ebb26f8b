//! Predicted peaks of memory, before a plan and after it.

use super::require::render;
use super::scope::View;
use super::state::State;
use super::world::World;
use crate::condition::Outcome;
use crate::facts::Missing;
use crate::pack::{Estimate, Pack};
use crate::value::Value;

/// What a pack predicts for one phase.
#[derive(Debug, Clone)]
pub struct EstimateState {
    /// The phase's name.
    pub phase: String,
    /// Its title for people.
    pub title: String,
    /// The peak of one GPU on the input.
    pub before: Peak,
    /// The peak of one GPU on the plan's result.
    pub after: Peak,
    /// How far off both may be, relative to them: 0.15 is 15 %.
    pub error: f64,
    /// What the later prediction takes for granted, values filled in.
    pub assumes: Option<String>,
    /// Where the formula is known from.
    pub source: String,
}

/// A predicted peak.
#[derive(Debug, Clone, PartialEq)]
pub enum Peak {
    /// So many bytes.
    Bytes(i64),
    /// The formula does not hold for this launch, or the phase does not happen.
    None,
    /// Something it needs is not known.
    Unknown(Vec<Missing>),
}

/// States the predicted peaks over two states. Nothing at all where not one of them is known, unless
/// facts were given for them.
pub fn compare_estimates(
    pack: &Pack,
    before: &State,
    after: &State,
    world: &World,
) -> Vec<EstimateState> {
    let peak =
        |estimate: &Estimate, state: &State| predict(estimate, &View::new(pack, state, world));
    let states: Vec<EstimateState> = pack
        .estimates
        .iter()
        .map(|estimate| EstimateState {
            phase: estimate.phase.clone(),
            title: estimate.title.clone(),
            before: peak(estimate, before),
            after: peak(estimate, after),
            error: estimate.error,
            assumes: estimate
                .assumes
                .as_ref()
                .map(|text| render(text, &View::new(pack, after, world))),
            source: estimate.source.clone(),
        })
        .filter(|state| state.before != Peak::None || state.after != Peak::None)
        .collect();
    let known = |peak: &Peak| matches!(peak, Peak::Bytes(_));
    let given = world.facts.iter().any(|(name, _)| pack.outside.contains_key(name));
    if given || states.iter().any(|state| known(&state.before) || known(&state.after)) {
        states
    } else {
        Vec::new()
    }
}

/// Evaluates one estimate. A formula that cannot be computed, such as one over a key that is null,
/// predicts nothing.
pub fn predict(estimate: &Estimate, view: &View<'_>) -> Peak {
    if let Some(when) = &estimate.when {
        match when.condition.outcome(view) {
            Outcome::Known(Value::Bool(true)) => {}
            Outcome::Unknown(missing) => return Peak::Unknown(missing),
            _ => return Peak::None,
        }
    }
    match estimate.bytes.condition.outcome(view) {
        Outcome::Known(Value::Bytes(bytes)) => Peak::Bytes(bytes),
        Outcome::Unknown(missing) => Peak::Unknown(missing),
        _ => Peak::None,
    }
}
