//! Walking the ladder of every phase to its end.

use std::collections::BTreeSet;

use super::finding::Finding;
use super::input::{Input, Site, Var};
use super::options::{common_key, is_taken, relieved, value_of};
use super::proof::places;
use super::search::{Attempt, Search, written};
use crate::engine::Request;
use crate::pack::{PackOption, Phase, Safety};
use crate::text::Location;
use crate::value::Value;

/// The longest ladder that is walked.
const LONGEST: usize = 160;

/// How many inputs are tried for a pair of options.
const PAIR: usize = 2;

/// Checks the ladder of every phase, and the options of each against one another.
pub fn check(search: &Search<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    // A pack without options is one to extend, or one that only checks.
    if search.pack.options.is_empty() {
        return findings;
    }
    let mut paired = BTreeSet::new();
    for place in places(search.pack) {
        let site = search.site_of(&place);
        let ladder = ladder(search, &place);
        if ladder.is_empty() {
            let phase = search.pack.phases.iter().find(|it| it.name == place);
            findings.extend(phase.and_then(|it| empty(search, &site, it)));
            continue;
        }
        let mut starts = vec![search.base.at(&site)];
        for option in &ladder {
            let shared =
                ladder.iter().any(|it| it.id != option.id && common_key(it, option).is_some());
            let most = if shared { 2 } else { 1 };
            starts.extend(search.samples_at(option, |it| it == place, most));
        }
        let mut seen = BTreeSet::new();
        for start in starts {
            findings.extend(walk(search, &ladder, &start, &mut seen));
        }
        findings.extend(opposites(search, &ladder, &place, &mut paired));
    }
    findings
}

/// Lists the options for a phase in the order in which they are tried.
fn ladder<'a>(search: &Search<'a>, place: &str) -> Vec<&'a PackOption> {
    let helps =
        |it: &&PackOption| is_taken(it) && relieved(search, it).iter().any(|it| it == place);
    let (safe, others): (Vec<_>, Vec<_>) =
        search.pack.options.iter().filter(helps).partition(|it| it.safety == Safety::Safe);
    safe.into_iter().chain(others).collect()
}

/// A `[[phase]]` wants an answer. Failures that only the signals of `base` tell may go without: a framework
/// may have no engine that could fail to start.
fn empty(search: &Search<'_>, site: &Site, phase: &Phase) -> Option<Finding> {
    let input = search.base.at(site);
    let request = Request { steps: Some(1), allow_unsafe: true, ..Request::default() };
    if !search.plan(&input, &request).steps.is_empty() {
        return None;
    }
    let place = &site.place;
    Some(Finding {
        code: "hydrule::verify::empty_ladder",
        rules: vec![place.clone()],
        message: format!("nothing answers a failure in `{place}`"),
        location: phase.location.clone(),
        label: format!("no option that may be taken relieves `{place}`"),
        help: format!("add an option with `relieves = [\"{place}\"]`"),
        witness: input.witness("no option is proposed"),
    })
}

/// Takes the first option again and again, until none is left or a state comes back. From an input
/// that was `seen` on an earlier walk, the way is known.
fn walk(
    search: &Search<'_>,
    ladder: &[&PackOption],
    start: &Input,
    seen: &mut BTreeSet<String>,
) -> Option<Finding> {
    let mut path = vec![(start.clone(), String::new())];
    let mut current = start.clone();
    for _ in 0..LONGEST {
        let first = seen.insert(current.id());
        if !first {
            return None;
        }
        let step = ladder.iter().find_map(|option| match search.attempt(option, &current) {
            Attempt::Does(applied) => Some((*option, applied)),
            _ => None,
        });
        let Some((option, applied)) = step else {
            return gap(search, ladder, &current, &path);
        };
        current = current.after(&applied.state, search.pack);
        let known = path.iter().position(|(state, _)| *state == current);
        path.push((current.clone(), option.id.clone()));
        if let Some(first) = known {
            let taken = path.get(first + 1..).unwrap_or_default();
            let ids: Vec<String> = taken.iter().map(|(_, id)| id.clone()).collect();
            return circle(search, ladder, &current, &ids);
        }
    }
    None
}

/// The engine itself must come back to the state.
fn circle(
    search: &Search<'_>,
    ladder: &[&PackOption],
    input: &Input,
    ids: &[String],
) -> Option<Finding> {
    let request = Request { steps: Some(ids.len()), ..Request::default() };
    let plan = search.plan(input, &request);
    let back = input.after(&plan.result, search.pack) == *input;
    let order: Vec<String> = plan.steps.iter().map(|step| step.option.clone()).collect();
    if !back || order != ids {
        return None;
    }
    let mut rules = ids.to_vec();
    rules.sort_by_key(|id| ladder.iter().position(|it| it.id == *id));
    rules.dedup();
    let last = ladder.iter().find(|it| rules.last().is_some_and(|id| *id == it.id))?;
    Some(Finding {
        code: "hydrule::verify::cycle",
        rules: rules.into_iter().rev().collect(),
        message: format!("the ladder goes in a circle: {}", ids.join(" → ")),
        location: last.location_of_rewrite(),
        label: "leads back to where an earlier option starts".to_owned(),
        help: "one failure cannot be relieved by both directions; correct `relieves`".to_owned(),
        witness: input.witness(format!("{} leads back to the same input", ids.join(", then "))),
    })
}

trait Rewrites {
    fn location_of_rewrite(&self) -> Location;
}

impl Rewrites for PackOption {
    fn location_of_rewrite(&self) -> Location {
        match self.rewrite.first() {
            Some(rewrite) => rewrite.text().location.clone(),
            None => self.location.clone(),
        }
    }
}

/// A ladder that has ended on a number, although further along the same way an option waits.
fn gap(
    search: &Search<'_>,
    ladder: &[&PackOption],
    end: &Input,
    path: &[(Input, String)],
) -> Option<Finding> {
    let (start, _) = path.first()?;
    let mut keys: Vec<Var> = ladder.iter().flat_map(|it| written(it)).collect();
    keys.dedup();
    for var in keys {
        let number = |input: &Input| value_of(search, input, &var)?.as_number();
        let (Some(from), Some(at)) = (number(start), number(end)) else { continue };
        if from == at || !stops(search, end) {
            continue;
        }
        let further = |value: &&Value| {
            value.as_number().is_some_and(|it| it > 0.0 && (it < at) == (at < from) && it != at)
        };
        for value in search.values.get(&var).iter().filter(further) {
            let beyond = end.with(&var, value);
            let waits = |option: &&&PackOption| {
                written(option).contains(&var) && goes_on(search, option, &beyond, &var, from < at)
            };
            let Some(option) = ladder.iter().find(waits) else { continue };
            if search.satisfies(&beyond, &[], true) {
                return Some(gap_finding(option, end, &var, value));
            }
        }
    }
    None
}

fn goes_on(
    search: &Search<'_>,
    option: &PackOption,
    input: &Input,
    var: &Var,
    upwards: bool,
) -> bool {
    let Attempt::Does(applied) = search.attempt(option, input) else { return false };
    let after = input.after(&applied.state, search.pack);
    let number = |input: &Input| value_of(search, input, var)?.as_number();
    match (number(input), number(&after)) {
        (Some(from), Some(to)) => from != to && (from < to) == upwards,
        _ => false,
    }
}

fn stops(search: &Search<'_>, end: &Input) -> bool {
    let request = Request { steps: Some(1), allow_unsafe: true, ..Request::default() };
    search.plan(end, &request).steps.is_empty()
}

fn gap_finding(option: &PackOption, end: &Input, var: &Var, value: &Value) -> Finding {
    let place = end.site.as_ref().map(|site| site.place.clone()).unwrap_or_default();
    let at = end.values.get(var).map(ToString::to_string).unwrap_or_default();
    Finding {
        code: "hydrule::verify::ladder_gap",
        rules: vec![option.id.clone(), place.clone()],
        message: format!("the ladder of `{place}` ends before option `{}`", option.id),
        location: option.when.text.location.clone(),
        label: format!("false at {at}, where the ladder arrives; true at {value}"),
        help: format!("let the condition take {} = {at} as well", var.shown()),
        witness: end.witness(format!(
            "no option is proposed; with {} at {value} `{}` would be",
            var.shown(),
            option.id
        )),
    }
}

/// Two options for one phase that pull one key opposite ways on the same input.
fn opposites(
    search: &Search<'_>,
    ladder: &[&PackOption],
    place: &str,
    paired: &mut BTreeSet<(String, String)>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, one) in ladder.iter().enumerate() {
        for other in ladder.iter().skip(at + 1) {
            let Some(var) = common_key(one, other) else { continue };
            if paired.insert((one.id.clone(), other.id.clone())) {
                findings.extend(opposite(search, (one, other), &var, place));
            }
        }
    }
    findings
}

fn opposite(
    search: &Search<'_>,
    (one, other): (&PackOption, &PackOption),
    var: &Var,
    place: &str,
) -> Option<Finding> {
    let wanted = [(one.when.condition.clone(), true), (other.when.condition.clone(), true)];
    for start in search.samples_at(other, |it| it == place, PAIR) {
        let Some(input) = search.solve(&start, &wanted, true) else { continue };
        let result = |option: &PackOption| match search.attempt(option, &input) {
            Attempt::Does(applied) => {
                value_of(search, &input.after(&applied.state, search.pack), var)
            }
            _ => None,
        };
        let (Some(left), Some(right)) = (result(one), result(other)) else { continue };
        let now = value_of(search, &input, var);
        let number = now.as_ref().and_then(Value::as_number);
        let apart = match (number, left.as_number(), right.as_number()) {
            (Some(now), Some(left), Some(right)) => (left - now) * (right - now) < 0.0,
            _ => !left.same_as(&right) && [&left, &right].iter().all(|it| now.as_ref() != Some(it)),
        };
        if apart {
            return Some(Finding {
                code: "hydrule::verify::conflict",
                rules: vec![other.id.clone(), one.id.clone()],
                message: format!(
                    "options `{}` and `{}` write {} differently for the same failure",
                    one.id,
                    other.id,
                    var.shown()
                ),
                location: other.location_of_rewrite(),
                label: format!("goes to {right}, where `{}` goes to {left}", one.id),
                help: "give them conditions that exclude one another".to_owned(),
                witness: input.witness("both conditions are true, and both could be taken"),
            });
        }
    }
    None
}
