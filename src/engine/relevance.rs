//! Which rules can act on a state, so that a plan's time grows with those.

use super::state::State;
use super::world::World;
use crate::pack::{Pack, RuleIndex};

/// Names that tell something on a state: what is set, and the facts of the world.
pub(super) struct Told(Vec<String>);

impl Told {
    /// Collects them; nothing where a base configuration tells of every key.
    pub fn of(state: &State, world: &World) -> Option<Self> {
        if world.base.is_some() {
            return None;
        }
        let facts = world.facts.iter().map(|(name, _)| format!("${name}"));
        let variables = world.environment.keys().map(|name| format!("$env.{name}"));
        Some(Self(state.told().chain(facts).chain(variables).collect()))
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// Tells for each option of a pack whether its condition can be true on a state.
pub(super) fn options(pack: &Pack, state: &State, world: &World) -> Vec<bool> {
    asked(&pack.index, pack.options.len(), state, world, true)
}

/// Tells for each requirement of a pack whether it can be broken on a state.
pub(super) fn requirements(pack: &Pack, state: &State, world: &World) -> Vec<bool> {
    asked(&pack.index, pack.requirements.len(), state, world, false)
}

fn asked(
    index: &RuleIndex,
    count: usize,
    state: &State,
    world: &World,
    options: bool,
) -> Vec<bool> {
    match Told::of(state, world) {
        None => vec![true; count],
        Some(told) if options => index.options(told.names()),
        Some(told) => index.requirements(told.names()),
    }
}
