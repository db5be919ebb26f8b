//! Judging a condition over a state, sweeps included.

use super::alias::set_as;
use super::scope::View;
use super::state::State;
use super::world::World;
use crate::condition::{Condition, Trace, Verdict};
use crate::facts::Missing;
use crate::pack::Pack;
use crate::path::KeyPath;
use crate::value::Value;

/// The most combinations of swept elements that are tried for one condition.
const COMBINATIONS: usize = 256;

/// A verdict and how it came about.
#[derive(Debug, Clone)]
pub struct Judgement {
    /// What the condition says.
    pub verdict: Verdict,
    /// The evaluation, leaf by leaf.
    pub trace: Trace,
}

/// Evaluates a condition. Over swept keys it must say the same for every element, else the
/// verdict is unknown and names the elements that differ.
pub fn judge(condition: &Condition, pack: &Pack, state: &State, world: &World) -> Judgement {
    judge_in(&View::new(pack, state, world), condition)
}

/// Evaluates a condition as [`judge`] does, and keeps nothing of how.
pub fn verdict(condition: &Condition, pack: &Pack, state: &State, world: &World) -> Verdict {
    verdict_in(&View::new(pack, state, world), condition)
}

/// Evaluates a condition as [`judge`] does, in a view that serves several.
pub(super) fn judge_in(view: &View<'_>, condition: &Condition) -> Judgement {
    let evaluated = |view: &View<'_>| {
        let evaluation = condition.evaluate(view);
        (evaluation.verdict(), evaluation.trace)
    };
    let (verdict, trace) = over_elements(view, condition, evaluated);
    Judgement { verdict, trace }
}

/// Evaluates a condition as [`verdict`] does, in a view that serves several.
pub(super) fn verdict_in(view: &View<'_>, condition: &Condition) -> Verdict {
    over_elements(view, condition, |view| (condition.verdict(view), ())).0
}

/// Evaluates a condition for every combination of the swept elements that it reads.
fn over_elements<T>(
    view: &View<'_>,
    condition: &Condition,
    evaluated: impl Fn(&View<'_>) -> (Verdict, T),
) -> (Verdict, T) {
    let (pack, state, world) = (view.pack, view.state, view.world);
    let swept = swept_keys(condition, pack, state);
    if swept.is_empty() {
        return evaluated(view);
    }
    let combinations = combinations(&swept);
    let Some((first, others)) = combinations.split_first() else { return evaluated(view) };
    let with = |elements: &[(KeyPath, Value)]| {
        evaluated(&View::new(pack, state, world).with_elements(elements.to_vec()))
    };
    let judged = with(first);
    for other in others {
        let next = with(other);
        if decided(&next.0) != decided(&judged.0) {
            let missing = differing(&swept, first, other);
            return (Verdict::Unknown(vec![missing]), next.1);
        }
    }
    judged
}

fn decided(verdict: &Verdict) -> Option<bool> {
    match verdict {
        Verdict::True => Some(true),
        Verdict::False => Some(false),
        _ => None,
    }
}

fn differing(
    swept: &[(KeyPath, Vec<Value>)],
    one: &[(KeyPath, Value)],
    other: &[(KeyPath, Value)],
) -> Missing {
    let show = |elements: &[(KeyPath, Value)]| {
        let parts: Vec<String> =
            elements.iter().map(|(key, value)| format!("{key}={value}")).collect();
        parts.join(" ")
    };
    let keys: Vec<&str> = swept.iter().map(|(key, _)| key.as_str()).collect();
    Missing {
        name: keys.join(", "),
        why: format!("the sweep's jobs differ: {} against {}", show(one), show(other)),
        supply: "split the sweep into one launch for each group of values".to_owned(),
    }
}

/// Finds the swept keys that a condition reads, through named expressions as well.
fn swept_keys(condition: &Condition, pack: &Pack, state: &State) -> Vec<(KeyPath, Vec<Value>)> {
    let mut swept: Vec<(KeyPath, Vec<Value>)> = Vec::new();
    if !state.entries.any_swept() {
        return swept;
    }
    let mut open = vec![condition];
    let mut seen: Vec<&str> = Vec::new();
    while let Some(next) = open.pop() {
        for used in next.names() {
            if let Some(name) = used.fact() {
                let expression = pack.lets.get_key_value(name);
                if let Some((name, expression)) =
                    expression.filter(|(it, _)| !seen.contains(&it.as_ref()))
                {
                    seen.push(name);
                    open.push(&expression.condition);
                }
            }
            let Some(key) = used.key() else { continue };
            let old = set_as(key, pack, state).filter(|it| !it.converts()).map(|it| it.key);
            let key = old.as_ref().unwrap_or(key);
            let known = swept.iter().any(|(seen, _)| seen == key);
            if let Some(elements) = elements_of(state, key).filter(|_| !known) {
                swept.push((key.clone(), elements));
            }
        }
    }
    swept
}

fn elements_of(state: &State, key: &KeyPath) -> Option<Vec<Value>> {
    let parsed = state.winning(key.as_str())?.value.as_ref().ok()?;
    if !parsed.value.as_ref()?.is_sweep() {
        return None;
    }
    let elements: Option<Vec<Value>> = parsed.sweep_values().take(COMBINATIONS + 1).collect();
    elements.filter(|elements| !elements.is_empty() && elements.len() <= COMBINATIONS)
}

fn combinations(swept: &[(KeyPath, Vec<Value>)]) -> Vec<Vec<(KeyPath, Value)>> {
    let mut all = vec![Vec::new()];
    for (key, values) in swept {
        if all.len() * values.len() > COMBINATIONS {
            continue;
        }
        let mut next = Vec::with_capacity(all.len() * values.len());
        for combination in &all {
            for value in values {
                let mut longer: Vec<(KeyPath, Value)> = combination.clone();
                longer.push((key.clone(), value.clone()));
                next.push(longer);
            }
        }
        all = next;
    }
    all
}
