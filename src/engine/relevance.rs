//! Which rules can act on a state, so that a plan's time grows with those.

use std::borrow::Cow;

use super::alias::at_work;
use super::state::State;
use super::world::World;
use crate::pack::{Pack, Rules};

/// Lists the options of a pack whose condition can be true on a state, and the requirements that can be
/// broken.
pub(super) fn rules(pack: &Pack, state: &State, world: &World) -> Rules {
    match told(pack, state, world) {
        None => pack.all_rules(),
        Some(told) => pack.awake(told),
    }
}

/// Lists the options of a pack whose condition can be true on a state, by their places in order.
pub fn options(pack: &Pack, state: &State, world: &World) -> Vec<usize> {
    rules(pack, state, world).options
}

/// Lists the names that tell something: what is set, and the facts of the world; nothing where a
/// base configuration tells of every key, or old names stand for others.
pub(super) fn told<'a>(
    pack: &Pack,
    state: &'a State,
    world: &'a World,
) -> Option<impl Iterator<Item = Cow<'a, str>> + use<'a>> {
    if world.base.is_some() || at_work(pack, state, world) {
        return None;
    }
    let facts = world.facts.iter().map(|(name, _)| format!("${name}"));
    let variables = world.environment.keys().map(|name| format!("$env.{name}"));
    Some(state.told().chain(facts.chain(variables).map(Cow::Owned)))
}
