//! Goals: the cheapest sequence of options that makes a condition true, with the proof.
//!
//! The goal falls into [`parts`](part) that share no key; each is searched by uniform cost over the
//! states that its options lead to ([`Explorer`]). What was cheaper and why it does not do is the
//! [`Certificate`], which `certify` checks without any of this.

mod cells;
mod explore;
mod part;
mod space;
mod weights;

pub use weights::{Weights, totals};

use cells::Cells;
use explore::{Explored, Explorer};
use space::Stray;

use super::broken::check_broken;
use super::certificate::{Certificate, Part, Search};
use super::judge::verdict;
use super::plan::Planner;
use super::scope::View;
use super::stand::stand;
use super::state::State;
use super::verdict::Step;
use crate::condition::{Condition, Verdict};
use crate::facts::Missing;
use crate::pack::{PackOption, Safety};

/// What a plan must make true.
#[derive(Debug, Clone)]
pub struct Goal {
    /// The condition.
    pub condition: Condition,
    /// How much each dimension of a cost counts.
    pub weights: Weights,
    /// How many states a search may look at.
    pub most: usize,
}

/// How many states a search may look at, unless it is told.
const MOST: usize = 20_000;

/// How many it looks at where the goal is unknown, so that a step could make it known.
const MOST_UNKNOWN: usize = 1000;

impl Goal {
    /// Makes a goal whose dimensions all count once.
    pub fn new(condition: Condition) -> Self {
        Self { condition, weights: Weights::default(), most: MOST }
    }
}

/// A goal and what came of it.
#[derive(Debug, Clone)]
pub struct Pursuit {
    /// The goal.
    pub goal: Goal,
    /// What decides that it is not true on the input; empty where it is.
    pub because: String,
    /// What came of it.
    pub outcome: Pursued,
}

/// What came of a goal.
#[derive(Debug, Clone)]
pub enum Pursued {
    /// It is true already.
    True,
    /// Nothing tells whether it is true, and no plan was found that makes it so.
    Unknown(Vec<Missing>),
    /// The cheapest plan makes it true.
    Reached(Certificate),
    /// No plan makes it true.
    Unreachable(Certificate),
    /// There were too many states to look at.
    GaveUp {
        /// How many were allowed.
        states: usize,
    },
}

/// Searches the cheapest plan that makes the goal true: of equally cheap ones the shortest, of
/// those the one whose options come first in the pack. Unsafe options are searched where they are
/// asked for, or where no safe plan exists.
pub(super) fn pursue(planner: &Planner<'_>, goal: &Goal, input: &State) -> (Pursuit, Vec<Step>) {
    let conjuncts = goal.condition.conjuncts();
    let stands = conjuncts.iter().map(|it| stand(it, planner.pack, input, planner.world));
    let open = stands.filter(|stand| !stand.is_true()).min_by_key(|stand| stand.verdict != "false");
    let ended =
        |because: String, outcome: Pursued| Pursuit { goal: goal.clone(), because, outcome };
    let Some(open) = open else { return (ended(String::new(), Pursued::True), Vec::new()) };
    let missing = match verdict(&goal.condition, planner.pack, input, planner.world) {
        Verdict::Unknown(missing) => missing,
        _ => Vec::new(),
    };
    let most = if missing.is_empty() { goal.most } else { goal.most.min(MOST_UNKNOWN) };
    let outcome = match searched(planner, goal, input, most) {
        Some(certificate) if certificate.cost.is_some() => Pursued::Reached(certificate),
        _ if !missing.is_empty() => Pursued::Unknown(missing),
        Some(certificate) => Pursued::Unreachable(certificate),
        None => Pursued::GaveUp { states: most },
    };
    let steps = match &outcome {
        Pursued::Reached(certificate) => steps(planner, &certificate.plan, input),
        _ => Vec::new(),
    };
    (ended(open.because, outcome), steps)
}

/// Searches among the safe options, then among all; nothing where that is too much.
fn searched(planner: &Planner<'_>, goal: &Goal, input: &State, most: usize) -> Option<Certificate> {
    let mut searches = Vec::new();
    let mut plan = Vec::new();
    let stages: &[bool] = if planner.ignores_safety() { &[true] } else { &[false, true] };
    for with_unsafe in stages {
        let allowed = |option: &&PackOption| match option.safety {
            Safety::Safe => true,
            Safety::Unsafe => *with_unsafe,
            Safety::Display => false,
        };
        let options = planner.pack.options.iter().filter(allowed);
        let options: Vec<&PackOption> = options.filter(|it| planner.selected(it)).collect();
        if !searches.is_empty() && options.iter().all(|it| it.safety == Safety::Safe) {
            break;
        }
        let parts = explored(planner, goal, input, &options, most)?;
        let costs: Option<Vec<u64>> = parts.iter().map(|part| part.cost).collect();
        let cost = costs.map(|costs| costs.iter().sum());
        if cost.is_some() {
            plan = merged(&parts, &options);
        }
        searches.push(Search { with_unsafe: *with_unsafe, cost, parts });
        if cost.is_some() {
            break;
        }
    }
    let cost = searches.last().and_then(|search| search.cost);
    Some(Certificate { goal: goal.condition.text().to_owned(), cost, plan, searches })
}

/// Searches every part; a part without a plan is enough to know that there is none.
fn explored(
    planner: &Planner<'_>,
    goal: &Goal,
    input: &State,
    options: &[&PackOption],
    most: usize,
) -> Option<Vec<Part>> {
    let cells = Cells::of(planner.pack, options, input, planner.world);
    match explored_in(&cells, planner, goal, input, options, most) {
        Ok(parts) => parts,
        // A step wrote what no rule shows: nothing can be told apart.
        Err(Stray) => {
            let parts = explored_in(&Cells::whole(), planner, goal, input, options, most);
            parts.unwrap_or_default()
        }
    }
}

fn explored_in(
    cells: &Cells,
    planner: &Planner<'_>,
    goal: &Goal,
    input: &State,
    options: &[&PackOption],
    most: usize,
) -> Result<Option<Vec<Part>>, Stray> {
    let cost = |option: &PackOption| goal.weights.cost(option);
    let always = always(planner);
    let mut parts = Vec::new();
    for part in part::parts(&goal.condition, planner.pack, options, cells, &always) {
        match Explorer::new(planner, input, cells, &part, cost).run(most)? {
            Explored::GaveUp => return Ok(None),
            Explored::Ended(part) if part.cost.is_none() => return Ok(Some(vec![*part])),
            Explored::Ended(part) => parts.push(*part),
        }
    }
    Ok(Some(parts))
}

/// Lists the conditions that decide every step: what the user wants preserved.
fn always<'a>(planner: &Planner<'a>) -> Vec<&'a Condition> {
    let preserved =
        planner.pack.invariants.iter().filter(|it| planner.request.preserve.contains(&it.id));
    preserved.map(|it| &it.value.condition).collect()
}

/// Joins the plans of parts: always the option next that comes first in the pack.
fn merged(parts: &[Part], options: &[&PackOption]) -> Vec<String> {
    let place = |id: &String| options.iter().position(|option| option.id == *id);
    let mut open: Vec<&[String]> = parts.iter().map(|part| part.plan.as_slice()).collect();
    let mut plan = Vec::new();
    loop {
        let next = open.iter_mut().filter(|rest| !rest.is_empty());
        let next = next.min_by_key(|rest| rest.first().and_then(place));
        let Some((first, rest)) = next.as_ref().and_then(|rest| rest.split_first()) else { break };
        plan.push(first.clone());
        if let Some(slot) = next {
            *slot = rest;
        }
    }
    plan
}

/// Takes the steps of a plan, one after the other.
fn steps(planner: &Planner<'_>, plan: &[String], input: &State) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut current = input.clone();
    let mut broken = check_broken(planner.pack, &current, planner.world);
    for id in plan {
        let option = planner.pack.options.iter().find(|it| it.id == *id);
        let view = View::new(planner.pack, &current, planner.world);
        let Some(step) = option.and_then(|it| planner.step(it, &view, &broken)) else { break };
        current = step.applied.state.clone();
        broken = broken.still(planner.pack, &current, planner.world);
        steps.push(step);
    }
    steps
}
