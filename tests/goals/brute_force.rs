//! The cheapest plan, found by trying everything. It knows nothing of how the search goes about it.

use std::fmt::Write as _;

use hydrule::condition::{Outcome, Verdict};
use hydrule::engine::{
    Broken, Request, RequirementState, State, View, Weights, World, check_requirements, judge,
    settle, writes,
};
use hydrule::pack::{Pack, PackOption, Safety};
use indexmap::IndexMap;

/// The formula of docs/plans.md.
fn step_cost(option: &PackOption, weights: &Weights) -> u64 {
    let mut sum = 0.0;
    for (dimension, weight) in weights.iter() {
        if let Some(amount) = option.cost.get(dimension.name()) {
            let factor = ["time", "hardware"].contains(&dimension.name());
            let plain = if factor { amount.ln() } else { *amount };
            sum += (plain * weight * 1_000_000.0).round();
        }
    }
    if sum < 0.0 { 0 } else { format!("{sum}").parse().unwrap() }
}

/// What a brute force works with.
pub struct Naive<'a> {
    pub pack: &'a Pack,
    pub world: &'a World,
    pub request: &'a Request,
}

/// A way to a state: its cost, its length, and its options by their places in the pack.
pub type Way = (u64, usize, Vec<usize>);

impl Naive<'_> {
    pub fn holds(&self, state: &State) -> bool {
        let goal = &self.request.goal.as_ref().unwrap().condition;
        let parts = goal.conjuncts();
        parts.iter().all(|it| judge(it, self.pack, state, self.world).verdict == Verdict::True)
    }

    fn step(
        &self,
        option: &PackOption,
        (state, held): (&State, &[RequirementState]),
    ) -> Option<State> {
        let (pack, world) = (self.pack, self.world);
        if judge(&option.when.condition, pack, state, world).verdict != Verdict::True {
            return None;
        }
        let wanted = writes(&option.rewrite, pack, state, world).ok()?;
        let broken = Broken::of(held.iter().map(|it| &it.verdict));
        let after = settle(&wanted, &option.id, pack, (state, &broken), world).ok()?;
        if after.changes.is_empty() && after.directives.is_empty() {
            return None;
        }
        let now = check_requirements(pack, &after.state, world);
        let broken = now.iter().zip(held).any(|(now, held)| now.is_broken() && !held.is_broken());
        assert!(!broken, "settled, but broken");
        let value = |state: &State, id: &str| {
            let invariant = pack.invariants.iter().find(|it| it.id == id).unwrap();
            invariant.value.condition.outcome(&View::new(pack, state, world))
        };
        let kept = self.request.preserve.iter().all(|id| {
            match (value(state, id), value(&after.state, id)) {
                (Outcome::Known(from), Outcome::Known(to)) => from.same_as(&to),
                _ => false,
            }
        });
        let held = check_requirements(pack, state, world);
        let is_unknown = |it: &RequirementState| matches!(it.verdict, Verdict::Unknown(_));
        let unknown = now.iter().zip(&held).any(|(now, held)| is_unknown(now) && !is_unknown(held));
        (kept && !(self.request.strict && unknown)).then_some(after.state)
    }

    /// Finds every state that some options lead to, and every step between two.
    fn reach(&self, input: &State, allowed: &dyn Fn(&PackOption) -> bool) -> Reach {
        let weights = &self.request.goal.as_ref().unwrap().weights;
        let mut states: IndexMap<String, State> = IndexMap::new();
        states.insert(name(input), input.clone());
        let mut steps = Vec::new();
        let mut from = 0;
        while let Some((_, state)) = states.get_index(from) {
            let state = state.clone();
            let held = check_requirements(self.pack, &state, self.world);
            for (place, option) in self.pack.options.iter().enumerate() {
                if !allowed(option) {
                    continue;
                }
                if let Some(next) = self.step(option, (&state, &held)) {
                    let to = states.insert_full(name(&next), next).0;
                    steps.push((from, place, to, step_cost(option, weights)));
                }
            }
            from += 1;
            assert!(from < 5000, "too many states for a small pack");
        }
        let goal: Vec<bool> = states.values().map(|state| self.holds(state)).collect();
        Reach { goal, steps }
    }

    pub fn best(&self, input: &State) -> Option<Way> {
        let request = self.request;
        let selected =
            |option: &PackOption| request.only.is_empty() || request.only.contains(&option.id);
        let all = |option: &PackOption| selected(option) && option.safety != Safety::Display;
        let safe = |option: &PackOption| selected(option) && option.safety == Safety::Safe;
        let reach = self.reach(input, &all);
        let best = |allowed: &dyn Fn(&PackOption) -> bool| {
            reach.best(&|place| allowed(&self.pack.options[place]))
        };
        if request.allow_unsafe || !request.only.is_empty() {
            return best(&all);
        }
        best(&safe).or_else(|| best(&all))
    }
}

/// All that can be reached.
struct Reach {
    /// Whether the goal is true, for each state.
    goal: Vec<bool>,
    /// From which state, by which option, to which state, at which cost.
    steps: Vec<(usize, usize, usize, u64)>,
}

impl Reach {
    /// Relaxes the steps of some options until nothing gets better.
    fn best(&self, allowed: &dyn Fn(usize) -> bool) -> Option<Way> {
        let mut known: Vec<Option<Way>> = vec![None; self.goal.len()];
        known[0] = Some((0, 0, Vec::new()));
        let mut changed = true;
        while changed {
            changed = false;
            for (from, place, to, step) in self.steps.iter().filter(|it| allowed(it.1)) {
                let Some((cost, length, path)) = &known[*from] else { continue };
                let path: Vec<usize> = path.iter().chain([place]).copied().collect();
                let way = Some((cost + step, length + 1, path));
                if known[*to].is_none() || way < known[*to] {
                    known[*to] = way;
                    changed = true;
                }
            }
        }
        let ways = self.goal.iter().zip(known).filter(|(goal, _)| **goal);
        ways.filter_map(|(_, way)| way).min()
    }
}

pub fn name(state: &State) -> String {
    let mut name = String::new();
    for entry in &state.entries {
        let text = entry.value.as_ref().map_or(entry.key.as_str(), |it| it.text.as_str());
        name.push_str(text);
        name.push('\n');
    }
    for (directive, found) in &state.directives {
        write!(name, "{directive}:{}", found.value).unwrap();
    }
    name
}
