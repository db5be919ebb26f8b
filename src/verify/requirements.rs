//! Requirements that can never act, that exclude one another, or whose repairs fight.

use super::finding::Finding;
use super::input::{Input, Site, Var};
use super::options::{all_true, core, core_words, nearest};
use super::proof::{Wanted, decidable, never};
use super::search::{Search, target};
use super::values::variables;
use crate::engine::{
    Discord, Rejection, Settled, Unsettled, Write, check_broken, check_one, settle,
};
use crate::overrides::{self, value_text};
use crate::pack::Requirement;
use crate::text::{Location, join_and};
use crate::value::Value;

/// How many changes are tried to break one requirement.
const CHANGES: usize = 40;

/// Checks every requirement, alone and against the others.
pub fn check(search: &Search<'_>) -> Vec<Finding> {
    let all = &search.pack.requirements;
    let mut findings = Vec::new();
    for (at, one) in all.iter().enumerate() {
        if let Some(finding) = dead(search, one) {
            findings.push(finding);
            continue;
        }
        for other in all.iter().skip(at + 1) {
            findings.extend(contradiction(search, one, other));
            findings.extend(conflict(search, one, other));
        }
        findings.extend(circle(search, one));
    }
    findings
}

fn guard(requirement: &Requirement) -> Vec<Wanted> {
    requirement.when.iter().flat_map(|when| all_true(&when.condition)).collect()
}

fn holds(requirement: &Requirement) -> Vec<Wanted> {
    all_true(&requirement.holds.condition)
}

fn start(search: &Search<'_>) -> Input {
    let site = Site::told("oom", "host");
    search.base.at(&site)
}

/// A guard that is never true, a condition that is never true, or one that is never false.
fn dead(search: &Search<'_>, one: &Requirement) -> Option<Finding> {
    let (guard, holds) = (guard(one), holds(one));
    let made =
        |code, message: String, label: String, help: &str, location: &Location, near: Input| {
            let rules = vec![one.id.clone()];
            let (state, world) = near.build(search.pack);
            let judged = check_one(one, search.pack, &state, &world);
            let shows = match (judged.guarded, judged.is_broken()) {
                (true, _) => "the requirement does not apply",
                (_, true) => "the requirement is broken",
                _ => "the requirement holds",
            };
            let (location, help) = (location.clone(), help.to_owned());
            Finding { code, rules, message, location, label, help, witness: near.witness(shows) }
        };
    if let (Some(core), Some(when)) = (core(search, &guard), &one.when) {
        let message = format!("requirement `{}` never applies", one.id);
        let near = nearest(search, &guard, &Site::told("oom", "host"));
        let help = "take it out, or loosen its `when`";
        let code = "hydrule::verify::dead_requirement";
        return Some(made(code, message, core_words(&core), help, &when.text.location, near));
    }
    if let Some(core) = core(search, &holds) {
        let near = search.solve(&start(search), &guard, false)?;
        let message = format!("requirement `{}` can never hold", one.id);
        let (code, help) = ("hydrule::verify::contradiction", "no launch can meet it");
        return Some(made(code, message, core_words(&core), help, &one.holds.text.location, near));
    }
    let whole = (one.holds.condition.clone(), false);
    let mut parts = guard.clone();
    parts.push(whole);
    if decidable(search.pack, &one.holds.condition) && never(search.pack, &parts) {
        let near = search.solve(&start(search), &guard, false)?;
        let message = format!("requirement `{}` can never be broken", one.id);
        let label = "always true where it applies".to_owned();
        let (code, help) = ("hydrule::verify::dead_requirement", "take it out, or tighten it");
        return Some(made(code, message, label, help, &one.holds.text.location, near));
    }
    None
}

/// Two requirements that apply together and never hold together.
fn contradiction(search: &Search<'_>, one: &Requirement, other: &Requirement) -> Option<Finding> {
    let read = variables(search.pack, &one.holds.condition);
    let theirs = variables(search.pack, &other.holds.condition);
    if !read.iter().any(|var| theirs.contains(var)) {
        return None;
    }
    let mut both = holds(one);
    both.extend(holds(other));
    if !never(search.pack, &both) || core(search, &holds(other)).is_some() {
        return None;
    }
    let mut guards = guard(one);
    guards.extend(guard(other));
    let mut wanted = guards.clone();
    wanted.extend(holds(one));
    let start = start(search);
    let input =
        search.solve(&start, &wanted, false).or_else(|| search.solve(&start, &guards, false))?;
    let (state, world) = input.build(search.pack);
    let judged = [one, other].map(|it| check_one(it, search.pack, &state, &world));
    let broken = judged.iter().find(|it| it.is_broken() && !it.guarded)?;
    Some(Finding {
        code: "hydrule::verify::contradiction",
        rules: vec![other.id.clone(), one.id.clone()],
        message: format!("requirements `{}` and `{}` never hold together", one.id, other.id),
        location: other.holds.text.location.clone(),
        label: format!("excludes `{}` of `{}`", one.holds.condition.text().trim(), one.id),
        help: "give them `when`s that exclude one another, or let one go".to_owned(),
        witness: input.witness(format!("both apply, and {} is broken", broken.id)),
    })
}

fn repairs(one: &Requirement) -> Vec<Var> {
    one.breach.repair.iter().filter_map(target).collect()
}

/// Two broken requirements whose repairs write one key differently.
fn conflict(search: &Search<'_>, one: &Requirement, other: &Requirement) -> Option<Finding> {
    let theirs = repairs(other);
    let var = repairs(one).into_iter().find(|var| theirs.contains(var))?;
    let same =
        |left: &crate::pack::Rewrite, right: &crate::pack::Rewrite| text(left) == text(right);
    let pairs = one.breach.repair.iter().filter(|it| target(it).as_ref() == Some(&var));
    let differ =
        pairs.into_iter().any(|left| !other.breach.repair.iter().any(|right| same(left, right)));
    if !differ {
        return None;
    }
    let mut wanted = guard(one);
    wanted.extend(guard(other));
    wanted.push((one.holds.condition.clone(), false));
    wanted.push((other.holds.condition.clone(), false));
    let broken = search.solve(&start(search), &wanted, false)?;
    let fixed: Vec<Wanted> =
        guard(one).into_iter().chain(guard(other)).chain(holds(one)).chain(holds(other)).collect();
    let before = search
        .solve(&broken, &fixed, true)
        .or_else(|| search.solve(&broken, &fixed, false))
        .or_else(|| search.solve(&broken, &[], true))?;
    let why = fight(search, &before, &changes_between(search, &before, &broken)?)?;
    let rules = why.rules();
    (rules.contains(&one.id) && rules.contains(&other.id)).then_some(())?;
    Some(repair_finding(&[other, one], &var, &broken, &why, "want different values"))
}

fn text(rewrite: &crate::pack::Rewrite) -> String {
    let bounds = rewrite.bounds().into_iter().map(|(word, bound)| format!(" {word} {bound}"));
    let whole = format!("{}{}", rewrite.text().value, bounds.collect::<String>());
    whole.split_whitespace().collect()
}

/// Lists the overrides that lead from one input to the other.
fn changes_between(search: &Search<'_>, from: &Input, to: &Input) -> Option<Vec<Write>> {
    let vars = from.values.keys().chain(to.values.keys());
    let mut vars: Vec<&Var> =
        vars.filter(|var| from.values.get(*var) != to.values.get(*var)).collect();
    vars.dedup();
    let (_, world) = to.build(search.pack);
    let writes = vars.into_iter().map(|var| {
        let default = match var {
            Var::Key(key) => world.default_of(search.pack, key).map(|(value, _)| value),
            Var::Name(_) => None,
        };
        write(var, to.values.get(var).or(default)?)
    });
    writes.collect()
}

fn write(var: &Var, value: &Value) -> Option<Write> {
    match var {
        Var::Key(key) => {
            let parsed = overrides::parse(&format!("{key}={}", value_text(value))).ok()?;
            Some(Write::Override(Box::new(parsed)))
        }
        Var::Name(name) => {
            let directive = name.strip_prefix("sbatch.")?;
            Some(Write::Directive(directive.to_owned(), value.clone()))
        }
    }
}

/// Makes changes and lets the engine settle them; returns why it cannot.
fn fight(search: &Search<'_>, before: &Input, changes: &[Write]) -> Option<Unsettled> {
    let (state, world) = before.build(search.pack);
    let broken = check_broken(search.pack, &state, &world);
    match settle(changes, "the change", search.pack, (&state, &broken), &world) {
        Err(Settled::Rejected(Rejection::Unsettled(unsettled))) => Some(unsettled),
        _ => None,
    }
}

fn repair_finding(
    of: &[&Requirement],
    var: &Var,
    input: &Input,
    why: &Unsettled,
    what: &str,
) -> Finding {
    let ids: Vec<String> = of.iter().map(|it| it.id.clone()).collect();
    let names: Vec<String> = ids.iter().map(|id| format!("`{id}`")).collect();
    let location = of.first().map(|it| repair_place(it, var));
    let circle = why.discord != Discord::Conflict;
    Finding {
        code: if circle { "hydrule::verify::cycle" } else { "hydrule::verify::conflict" },
        rules: ids,
        message: format!("the repairs of {} {what}", join_and(&names)),
        location: location
            .unwrap_or_else(|| crate::text::Source::new("", "").at(crate::text::Span::at(0))),
        label: format!("writes {}", var.shown()),
        help: "let one repair give way to the other, or drop it".to_owned(),
        witness: input.witness(format!("a change to this input is refused: {}", why.why())),
    }
}

fn repair_place(one: &Requirement, var: &Var) -> Location {
    let found = one.breach.repair.iter().find(|rewrite| target(rewrite).as_ref() == Some(var));
    match found {
        Some(rewrite) => rewrite.text().location.clone(),
        None => one.location.clone(),
    }
}

/// Lists ways to break a requirement by one change of an input on which everything holds.
fn breaking(search: &Search<'_>, one: &Requirement) -> Option<(Input, Vec<(Write, Input)>)> {
    let before = search.solve(&start(search), &guard(one), true)?;
    let read = variables(search.pack, &one.holds.condition).into_iter();
    let changes = read.flat_map(|var| {
        let values = search.values.get(&var).iter();
        values.map(|value| (var.clone(), value.clone())).collect::<Vec<_>>()
    });
    let broken = changes.filter_map(|(var, value)| {
        let after = before.with(&var, &value);
        let (state, world) = after.build(search.pack);
        let breaks = after != before && check_one(one, search.pack, &state, &world).is_broken();
        Some((write(&var, &value).filter(|_| breaks)?, after))
    });
    let broken = broken.take(CHANGES).collect();
    Some((before, broken))
}

/// Breaks a requirement in every way that one change can, and looks whether its repair settles.
fn circle(search: &Search<'_>, one: &Requirement) -> Option<Finding> {
    let var = repairs(one).into_iter().next()?;
    let (before, broken) = breaking(search, one)?;
    broken.into_iter().find_map(|(change, after)| {
        let why = fight(search, &before, &[change])?;
        let all = &search.pack.requirements;
        let mut of: Vec<&Requirement> = vec![one];
        let rules = why.rules();
        of.extend(all.iter().filter(|it| it.id != one.id && rules.contains(&it.id)));
        let circle = why.discord != Discord::Conflict;
        let what = if circle { "undo one another" } else { "want different values" };
        Some(repair_finding(&of, &var, &after, &why, what))
    })
}
