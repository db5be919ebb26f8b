//! Checks a certificate with the rules' semantics alone: every state is made again, step by step,
//! and every verdict of it judged again. Nothing here knows how a search came to it.

use std::collections::HashMap;

use super::broken::Broken;
use super::certificate::{Certificate, Examined, Move, Part, Search};
use super::frames;
use super::plan::{Planner, Request, Trial};
use super::require::requirement_verdicts;
use super::search::Goal;
use super::stand::{Stand, reason, stand};
use super::state::{Entry, State};
use super::world::World;
use crate::condition::Condition;
use crate::pack::{Pack, PackOption, Safety};
use crate::path::KeyPath;

/// What is wrong with a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused(pub String);

/// Checks that a certificate proves what it says about the goal of a request.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn certify(
    certificate: &Certificate,
    pack: &Pack,
    state: &State,
    world: &World,
    request: &Request,
) -> Result<(), Refused> {
    let Some(goal) = &request.goal else { return refuse("there is no goal") };
    let planner = Planner { pack, world, request };
    let checker = Checker { planner, goal, input: state };
    ensure(certificate.goal == goal.condition.text(), || "it is about another goal")?;
    checker.searches(certificate)?;
    checker.plan(certificate)
}

pub(super) fn refuse<T>(why: impl Into<String>) -> Result<T, Refused> {
    Err(Refused(why.into()))
}

pub(super) fn ensure<S: Into<String>>(
    holds: bool,
    otherwise: impl FnOnce() -> S,
) -> Result<(), Refused> {
    if holds { Ok(()) } else { refuse(otherwise()) }
}

struct Checker<'a> {
    planner: Planner<'a>,
    goal: &'a Goal,
    input: &'a State,
}

impl Checker<'_> {
    fn allowed(&self, with_unsafe: bool) -> Vec<&PackOption> {
        let allowed = |option: &&PackOption| {
            option.safety == Safety::Safe || with_unsafe && option.safety == Safety::Unsafe
        };
        let options = self.planner.pack.options.iter().filter(allowed);
        options.filter(|it| self.planner.selected(it)).collect()
    }

    /// Safe options come first; all of them only where those were in vain.
    fn searches(&self, certificate: &Certificate) -> Result<(), Refused> {
        let safe_first = !self.planner.ignores_safety();
        let Some((last, earlier)) = certificate.searches.split_last() else {
            return refuse("nothing was searched");
        };
        ensure(last.cost == certificate.cost, || "the last search has another result")?;
        ensure(earlier.iter().all(|it| it.cost.is_none()), || "an earlier search had a plan")?;
        let stages: Vec<bool> = certificate.searches.iter().map(|it| it.with_unsafe).collect();
        let right = match stages.as_slice() {
            [true] => !safe_first,
            [false] => {
                let more = self.allowed(true).len() > self.allowed(false).len();
                safe_first && (last.cost.is_some() || !more)
            }
            [false, true] => safe_first,
            _ => false,
        };
        ensure(right, || "safe and unsafe options were not searched in turn")?;
        certificate.searches.iter().try_for_each(|search| self.search(search))
    }

    fn search(&self, search: &Search) -> Result<(), Refused> {
        let options = self.allowed(search.with_unsafe);
        let conjuncts = self.goal.condition.conjuncts();
        let mut open: Vec<&str> = conjuncts.iter().map(Condition::fragment).collect();
        for text in search.parts.iter().flat_map(|part| &part.goal) {
            match open.iter().position(|it| it == text) {
                Some(at) => drop(open.remove(at)),
                None => return refuse(format!("`{text}` is no part of the goal")),
            }
        }
        let costs: Option<u64> = search.parts.iter().map(|part| part.cost).sum();
        ensure(costs == search.cost, || "the costs of the parts make another sum")?;
        match search.cost {
            Some(_) => ensure(open.is_empty(), || "a part of the goal is missing")?,
            None => ensure(search.parts.len() == 1, || "one part without a plan is enough")?,
        }
        frames::check(search, &self.planner, self.input, &options, &self.goal.condition)?;
        search.parts.iter().try_for_each(|part| self.part(part, &options))
    }

    fn part(&self, part: &Part, options: &[&PackOption]) -> Result<(), Refused> {
        for (id, cost) in &part.options {
            let option = options.iter().find(|it| it.id == *id);
            let right = option.is_some_and(|it| self.goal.weights.cost(it) == *cost);
            ensure(right, || format!("a step of {id} does not cost {cost}"))?;
        }
        let steps: Option<u64> = part.plan.iter().map(|id| part.options.get(id).copied()).sum();
        let right = part.cost.is_none_or(|cost| steps == Some(cost));
        ensure(right, || "a part's plan has another cost")?;
        ensure(part.cost.is_some() || part.plan.is_empty(), || "a plan that does not exist")?;
        let wants_input = part.cost != Some(0);
        ensure(part.states.is_empty() != wants_input, || "the input must be the first state")?;
        let made = self.states(part, options)?;
        let index = Index::new(&made, part.frame.is_none());
        let goal: Vec<Condition> =
            part.goal.iter().filter_map(|text| Condition::parse(text).ok()).collect();
        ensure(goal.len() == part.goal.len(), || "a part of the goal cannot be read")?;
        for (at, (examined, state)) in part.states.iter().zip(&made).enumerate() {
            let here = |why: Refused| Refused(format!("state {at}: {}", why.0));
            ensure(index.find(state) == Some(at), || format!("state {at} is there twice"))?;
            self.stands(&goal, examined, state).map_err(here)?;
            self.moves(part, options, examined, state, &index).map_err(here)?;
        }
        Ok(())
    }

    /// Makes every state of a part again from the one before it.
    fn states(&self, part: &Part, options: &[&PackOption]) -> Result<Vec<State>, Refused> {
        let mut made: Vec<State> = Vec::new();
        let mut least = 0;
        for (at, examined) in part.states.iter().enumerate() {
            let wrong = || format!("state {at} is not what its steps lead to");
            let (state, cost) = match &examined.by {
                None => {
                    ensure(at == 0, wrong)?;
                    (self.input.clone(), 0)
                }
                Some(arrival) => {
                    let from = made.get(arrival.state).zip(part.states.get(arrival.state));
                    let step = part.options.get(&arrival.option);
                    let option = options.iter().find(|it| it.id == arrival.option);
                    let (Some((before, from)), Some(step), Some(option)) = (from, step, option)
                    else {
                        return refuse(wrong());
                    };
                    let Trial::Viable(applied) = self.attempt(option, before).0 else {
                        return refuse(wrong());
                    };
                    (applied.state, from.cost.saturating_add(*step))
                }
            };
            ensure(cost == examined.cost, || format!("state {at} does not cost that"))?;
            ensure(cost >= least, || "the states are not in order of their costs")?;
            let cheaper = part.cost.is_none_or(|most| cost < most);
            ensure(cheaper, || format!("state {at} is no cheaper than the plan"))?;
            let differing = differing(self.input, &state) == listed(examined);
            ensure(differing, || format!("state {at} has other contents"))?;
            least = cost;
            made.push(state);
        }
        Ok(made)
    }

    fn attempt(&self, option: &PackOption, state: &State) -> (Trial, super::Judgement) {
        // Every requirement is judged: that some cannot matter is what the search says.
        let all = requirement_verdicts(self.planner.pack, state, self.planner.world);
        let broken = Broken::of(&all);
        let judgement = self.planner.judge(option, state);
        (self.planner.attempt(option, &judgement.verdict, (state, &broken)), judgement)
    }

    fn stand(&self, goal: &[Condition], state: &State) -> Stand {
        let stands = goal.iter().map(|it| stand(it, self.planner.pack, state, self.planner.world));
        stands.into_iter().find(|it| !it.is_true()).unwrap_or_default()
    }

    fn stands(
        &self,
        goal: &[Condition],
        examined: &Examined,
        state: &State,
    ) -> Result<(), Refused> {
        let stand = self.stand(goal, state);
        ensure(!stand.is_true(), || "the goal is true there")?;
        let right = stand.verdict == examined.goal && stand.because == examined.because;
        ensure(right, || "the goal stands otherwise there")
    }

    fn moves(
        &self,
        part: &Part,
        options: &[&PackOption],
        examined: &Examined,
        state: &State,
        index: &Index<'_>,
    ) -> Result<(), Refused> {
        let listed = examined.options.iter().map(|it| &it.option);
        ensure(listed.eq(part.options.keys()), || "other options than those of the part")?;
        for (step, (id, cost)) in examined.options.iter().zip(&part.options) {
            let option = options.iter().find(|it| it.id == *id);
            let Some(option) = option else { return refuse(format!("{id} is not allowed")) };
            let wanted = match self.attempt(option, state) {
                (Trial::No(status), judgement) => Move {
                    option: id.clone(),
                    cost: None,
                    to: None,
                    why_not: Some(reason(&status, &judgement.trace)),
                },
                (Trial::Viable(applied), _) => {
                    frames::check_written(part, self.input, &applied.state)?;
                    let cost = examined.cost.saturating_add(*cost);
                    let to = index.find(&applied.state);
                    let closed = match to.and_then(|to| part.states.get(to)) {
                        Some(known) => known.cost <= cost,
                        None => part.cost.is_some_and(|most| cost >= most),
                    };
                    ensure(closed, || format!("{id} leads to a cheaper state that is missing"))?;
                    Move { option: id.clone(), cost: Some(cost), to, why_not: None }
                }
            };
            ensure(*step == wanted, || format!("{id} does something else"))?;
        }
        Ok(())
    }

    /// Takes the steps of the plan, and looks whether they do what is said.
    fn plan(&self, certificate: &Certificate) -> Result<(), Refused> {
        let Some(last) = certificate.searches.last() else { return refuse("nothing was searched") };
        ensure(certificate.cost.is_some() || certificate.plan.is_empty(), || "an idle plan")?;
        for part in &last.parts {
            let of_part = certificate.plan.iter().filter(|id| part.options.contains_key(*id));
            ensure(of_part.eq(&part.plan), || "the plan is not that of its parts")?;
        }
        let Some(cost) = certificate.cost else { return Ok(()) };
        let options = self.allowed(last.with_unsafe);
        let mut state = self.input.clone();
        let mut sum: u64 = 0;
        for id in &certificate.plan {
            let option = options.iter().find(|it| it.id == *id);
            let Some(option) = option else { return refuse(format!("{id} is not allowed")) };
            let Trial::Viable(applied) = self.attempt(option, &state).0 else {
                return refuse(format!("{id} is no step of the plan"));
            };
            sum = sum.saturating_add(self.goal.weights.cost(option));
            state = applied.state;
        }
        ensure(sum == cost, || "the plan costs something else")?;
        let stand = self.stand(&self.goal.condition.conjuncts(), &state);
        ensure(stand.is_true(), || "the plan does not make the goal true")
    }
}

fn text(entry: &Entry) -> String {
    entry.value.as_ref().map_or_else(|_| entry.key.clone(), |parsed| parsed.text.clone())
}

/// What differs from the input: overrides and directives, in the order of the alphabet.
type Differing = (Vec<String>, Vec<(String, String)>);

fn differing(input: &State, state: &State) -> Differing {
    let entries = state.entries.iter().enumerate();
    let entries =
        entries.filter(|(at, entry)| input.entries.get(*at).map(text) != Some(text(entry)));
    let directives = state.directives.iter();
    let directives = directives.filter(|(name, found)| {
        input.directives.get(*name).is_none_or(|old| old.value != found.value)
    });
    sorted(
        entries.map(|(_, entry)| text(entry)).collect(),
        directives.map(|(name, found)| (name.clone(), found.value.to_string())).collect(),
    )
}

fn listed(examined: &Examined) -> Differing {
    let directives = examined.directives.iter();
    sorted(
        examined.overrides.clone(),
        directives.map(|(name, value)| (name.clone(), value.clone())).collect(),
    )
}

fn sorted(mut overrides: Vec<String>, mut directives: Vec<(String, String)>) -> Differing {
    overrides.sort();
    directives.sort();
    (overrides, directives)
}

/// Finds states again. They are the same where they hold the same overrides, and those of which one
/// lies below the other stand in the same order; `strict` asks for the same order of all.
struct Index<'a> {
    strict: bool,
    by_content: HashMap<Vec<String>, Vec<(usize, &'a State)>>,
}

impl<'a> Index<'a> {
    fn new(states: &'a [State], strict: bool) -> Self {
        let mut by_content: HashMap<_, Vec<(usize, &State)>> = HashMap::new();
        for (at, state) in states.iter().enumerate() {
            by_content.entry(Self::content(state)).or_default().push((at, state));
        }
        Self { strict, by_content }
    }

    fn content(state: &State) -> Vec<String> {
        let entries = state.entries.iter().map(text);
        let directives = state.directives.iter();
        let directives = directives.map(|(name, found)| format!("sbatch:{name}={:?}", found.value));
        let mut content: Vec<String> = entries.chain(directives).collect();
        content.sort();
        content
    }

    fn find(&self, state: &State) -> Option<usize> {
        let candidates = self.by_content.get(&Self::content(state))?;
        let found = candidates.iter().find(|(_, other)| self.same_order(state, other));
        found.map(|(at, _)| *at)
    }

    fn same_order(&self, one: &State, other: &State) -> bool {
        let chain = |state: &State| -> Vec<(String, KeyPath)> {
            let entries = state.entries.iter();
            entries.map(|it| (text(it), KeyPath::new(it.key.as_str()))).collect()
        };
        let (one, other) = (chain(one), chain(other));
        if self.strict || one == other {
            return one == other;
        }
        let related = |of: &[(String, KeyPath)], key: &KeyPath| -> Vec<String> {
            let meets = |it: &KeyPath| it.is_at_or_below(key) || key.is_at_or_below(it);
            of.iter().filter(|(_, it)| meets(it)).map(|(text, _)| text.clone()).collect()
        };
        one.iter().all(|(_, key)| related(&one, key) == related(&other, key))
    }
}
