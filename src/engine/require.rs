//! Requirements: judged on any state, repaired by rounds.

use indexmap::IndexMap;

use super::apply::{NotApplied, Write, apply, writes};
use super::judge::judge;
use super::scope::View;
use super::state::{Entry, State};
use super::verdict::{Applied, Rejection};
use super::world::World;
use crate::condition::{Condition, Outcome, Trace, Verdict};
use crate::facts::Missing;
use crate::pack::{Pack, Requirement};

/// The most rounds of repairs; a circle is found earlier, by its repeated state.
const ROUNDS: usize = 64;

/// One requirement on one state.
#[derive(Debug, Clone)]
pub struct RequirementState {
    /// The requirement's id.
    pub id: String,
    /// True, false, unknown; true where its guard is false.
    pub verdict: Verdict,
    /// Whether its guard is false, so that nothing is required.
    pub guarded: bool,
    /// Its message with the values of this state; empty where it is not broken.
    pub message: String,
    /// How it came out.
    pub trace: Trace,
}

impl RequirementState {
    /// Tells whether the requirement is known to be broken.
    pub fn is_broken(&self) -> bool {
        matches!(self.verdict, Verdict::False)
    }
}

/// Judges every requirement of a pack on a state.
pub fn check_requirements(pack: &Pack, state: &State, world: &World) -> Vec<RequirementState> {
    pack.requirements.iter().map(|it| check_one(it, pack, state, world)).collect()
}

/// Judges one requirement on a state.
pub fn check_one(
    requirement: &Requirement,
    pack: &Pack,
    state: &State,
    world: &World,
) -> RequirementState {
    let made = |verdict: Verdict, guarded: bool, trace: Trace| {
        let broken = verdict == Verdict::False;
        let view = View::new(pack, state, world);
        let message = if broken { render(&requirement.message, &view) } else { String::new() };
        RequirementState { id: requirement.id.clone(), verdict, guarded, message, trace }
    };
    if let Some(when) = &requirement.when {
        let guard = judge(&when.condition, pack, state, world);
        match guard.verdict {
            Verdict::True => {}
            Verdict::False | Verdict::Absent(_) => return made(Verdict::True, true, guard.trace),
            undecided => return made(undecided, false, guard.trace),
        }
    }
    let holds = judge(&requirement.holds.condition, pack, state, world);
    made(holds.verdict, false, holds.trace)
}

/// Fills `{key}` and `{$name}`; what is unknown is shown as such and changes no verdict.
pub fn render(message: &str, view: &View<'_>) -> String {
    let mut out = String::new();
    let mut rest = message;
    while let Some((before, tail)) = rest.split_once('{') {
        out.push_str(before);
        let Some((inner, after)) = tail.split_once('}') else {
            out.push('{');
            rest = tail;
            continue;
        };
        out.push_str(&render_one(inner, view));
        rest = after;
    }
    out.push_str(rest);
    out
}

fn render_one(expression: &str, view: &View<'_>) -> String {
    let Ok(condition) = Condition::parse(expression) else { return format!("{{{expression}}}") };
    match condition.evaluate(view).outcome {
        Outcome::Known(value) => value.to_string(),
        Outcome::Absent { name } => format!("‹absent: {name}›"),
        Outcome::Unknown(missing) => {
            let name = missing.first().map_or(expression, |missing| &missing.name);
            format!("‹unknown: {name}›")
        }
        Outcome::Failed(fault) => format!("‹{}›", fault.message),
    }
}

/// Applies an option's writes, then the repairs of every requirement that they broke, round by
/// round: all repairs of a round see the same state. `held` is how the requirements stand before.
///
/// # Errors
/// [`Settled::Rejected`] when a requirement that held stays broken, when two repairs want
/// different values, or when a state comes back.
pub fn settle(
    wanted: &[Write],
    rule: &str,
    pack: &Pack,
    (before, held): (&State, &[RequirementState]),
    world: &World,
) -> Result<Applied, Settled> {
    let mut applied = apply(wanted, before, rule);
    let mut seen = vec![applied.state.fingerprint()];
    for _ in 0..ROUNDS {
        let broken = newly_broken(pack, (before, held), &applied.state, world);
        if broken.is_empty() {
            applied.changes = before.changes_to(&applied.state);
            applied.directives = before.directive_changes_to(&applied.state);
            return Ok(applied);
        }
        let repaired = repair_round(&broken, pack, &applied.state, world)?;
        let fingerprint = repaired.state.fingerprint();
        applied.repaired_by.extend(repaired.repaired_by);
        applied.state = repaired.state;
        if seen.contains(&fingerprint) {
            let why = format!("repairs go in a circle: {}", applied.repaired_by.join(", "));
            return Err(Settled::Rejected(Rejection::Unsettled { why }));
        }
        seen.push(fingerprint);
    }
    let why = format!("repairs did not settle in {ROUNDS} rounds");
    Err(Settled::Rejected(Rejection::Unsettled { why }))
}

/// Why a candidate did not settle.
#[derive(Debug, Clone)]
pub enum Settled {
    /// It is rejected.
    Rejected(Rejection),
    /// A repair needs a value that nothing tells.
    Unknown(Vec<Missing>),
}

/// Pairs the requirements that held and no longer do with their states. Those that read nothing of
/// what differs are as they were.
fn newly_broken<'a>(
    pack: &'a Pack,
    (before, held): (&State, &[RequirementState]),
    now: &State,
    world: &World,
) -> Vec<(&'a Requirement, RequirementState)> {
    let changes = before.changes_to(now);
    let directives = before.directive_changes_to(now);
    // What a launch or a base configuration interpolates is not among what a pack knows to be read.
    let interpolates = |entry: &Entry| entry.value.as_ref().is_ok_and(|it| it.text.contains("${"));
    let linked = world.base.is_some() || now.entries.iter().any(interpolates);
    let concerned = |requirement: &Requirement| {
        linked
            || changes.iter().any(|change| requirement.reads.may_depend_on(&change.key))
            || directives.iter().any(|(name, ..)| requirement.reads.reads_directive(name))
    };
    let all = pack.requirements.iter().zip(held);
    all.filter(|(requirement, before)| !before.is_broken() && concerned(requirement))
        .map(|(requirement, _)| (requirement, check_one(requirement, pack, now, world)))
        .filter(|(_, state)| state.is_broken())
        .collect()
}

fn repair_round(
    broken: &[(&Requirement, RequirementState)],
    pack: &Pack,
    state: &State,
    world: &World,
) -> Result<Applied, Settled> {
    let mut wanted: IndexMap<String, (Write, &str)> = IndexMap::new();
    for (requirement, found) in broken {
        let stays_broken = || {
            Settled::Rejected(Rejection::Breaks {
                requirement: requirement.id.clone(),
                message: found.message.clone(),
            })
        };
        let repairs = match writes(&requirement.repair, pack, state, world) {
            Ok(repairs) => repairs,
            Err(NotApplied::Unknown(missing)) => return Err(Settled::Unknown(missing)),
            Err(NotApplied::Failed(_)) => return Err(stays_broken()),
        };
        if repairs.is_empty() {
            return Err(stays_broken());
        }
        for write in repairs {
            if let Some((other, by)) = wanted.get(&write.target()).filter(|(it, _)| *it != write) {
                let why = format!(
                    "{by} and {} want different values for {}",
                    requirement.id,
                    other.target()
                );
                return Err(Settled::Rejected(Rejection::Unsettled { why }));
            }
            wanted.insert(write.target(), (write, &requirement.id));
        }
    }
    let by: Vec<String> = broken.iter().map(|(requirement, _)| requirement.id.clone()).collect();
    let list: Vec<Write> = wanted.into_values().map(|(write, _)| write).collect();
    let mut applied = apply(&list, state, &by.join(", "));
    applied.repaired_by = by;
    Ok(applied)
}
