//! The requirements that are broken on a state: of many rules those few that a plan has to look at.

use super::relevance;
use super::require::breaks;
use super::scope::View;
use super::state::State;
use super::world::World;
use crate::condition::Verdict;
use crate::pack::{Pack, Requirement};

/// The broken requirements, by their places in the pack, in order.
#[derive(Debug, Clone, Default)]
pub struct Broken(Vec<usize>);

/// Finds the requirements that are broken on a state. Those that nothing of it concerns are not judged.
pub fn check_broken(pack: &Pack, state: &State, world: &World) -> Broken {
    Broken::among(relevance::rules(pack, state, world).requirements, pack, state, world)
}

impl Broken {
    /// Picks those that are broken by the verdicts on all requirements of a pack, in its order.
    pub fn of<'a>(all: impl IntoIterator<Item = &'a Verdict>) -> Self {
        let broken = all.into_iter().enumerate().filter(|(_, it)| **it == Verdict::False);
        Self(broken.map(|(at, _)| at).collect())
    }

    /// Takes the requirements that are broken, by their places in order.
    pub(super) fn known(places: Vec<usize>) -> Self {
        Self(places)
    }

    /// Finds those that are broken on a state of some requirements, given by their places in order.
    pub(super) fn among(places: Vec<usize>, pack: &Pack, state: &State, world: &World) -> Self {
        Self(places).still(pack, state, world)
    }

    /// Finds those of them that are broken on another state as well. That is all that is broken there
    /// where repairs have settled, for they let nothing break that held.
    pub(super) fn still(&self, pack: &Pack, state: &State, world: &World) -> Self {
        let view = View::new(pack, state, world);
        let breaks =
            |at: &usize| pack.requirements.get(*at).is_some_and(|rule| breaks(&view, rule));
        Self(self.places().filter(breaks).collect())
    }

    /// Tells whether the requirement at a place of the pack is broken.
    pub fn contains(&self, at: usize) -> bool {
        self.0.binary_search(&at).is_ok()
    }

    /// Lists the places in the pack.
    pub fn places(&self) -> impl Iterator<Item = usize> {
        self.0.iter().copied()
    }

    /// Lists the requirements themselves.
    pub fn rules<'a>(&self, pack: &'a Pack) -> impl Iterator<Item = &'a Requirement> {
        self.0.iter().filter_map(|at| pack.requirements.get(*at))
    }
}
