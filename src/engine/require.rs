//! Requirements: judged on any state, repaired by rounds.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::alias::at_work;
use super::apply::{NotApplied, Write, apply, writes};
use super::bound::order;
use super::broken::Broken;
use super::judge::{judge_in, verdict_in};
use super::scope::View;
use super::state::State;
use super::unsettled::{Discord, Unsettled, Want};
use super::verdict::{Applied, Rejection};
use super::world::World;
use crate::condition::{Condition, Outcome, Piece, Trace, Verdict, pieces};
use crate::facts::Missing;
use crate::pack::{Expression, Pack, Requirement};

/// The most rounds of repairs; a circle is found earlier, by its repeated state.
const ROUNDS: usize = 64;

/// How many writes tell what repairs do that never settle.
const SHOWN: usize = 6;

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
    let view = View::new(pack, state, world);
    pack.requirements.iter().map(|it| check_in(&view, it)).collect()
}

/// Judges every requirement of a pack as [`check_requirements`] does, and keeps nothing of how.
pub fn requirement_verdicts(pack: &Pack, state: &State, world: &World) -> Vec<Verdict> {
    let view = View::new(pack, state, world);
    pack.requirements.iter().map(|it| verdict_on(&view, it)).collect()
}

/// Tells whether a requirement is broken, as [`check_in`] does.
pub(super) fn breaks(view: &View<'_>, requirement: &Requirement) -> bool {
    verdict_on(view, requirement) == Verdict::False
}

/// Judges one requirement as [`check_in`] does, and keeps nothing of how.
fn verdict_on(view: &View<'_>, requirement: &Requirement) -> Verdict {
    let says = |it: &Expression| verdict_in(view, &it.condition);
    let spared = requirement.when.as_ref().and_then(|when| spared(says(when)));
    spared.unwrap_or_else(|| says(&requirement.holds))
}

/// Tells what becomes of a requirement whose guard comes to this; nothing where it has to hold.
fn spared(guard: Verdict) -> Option<Verdict> {
    match guard {
        Verdict::True => None,
        Verdict::False | Verdict::Absent(_) => Some(Verdict::True),
        undecided => Some(undecided),
    }
}

/// Judges one requirement on a state.
pub fn check_one(
    requirement: &Requirement,
    pack: &Pack,
    state: &State,
    world: &World,
) -> RequirementState {
    check_in(&View::new(pack, state, world), requirement)
}

/// Judges one requirement in a view that serves several.
pub(super) fn check_in(view: &View<'_>, requirement: &Requirement) -> RequirementState {
    let made = |verdict: Verdict, guarded: bool, trace: Trace| {
        let broken = verdict == Verdict::False;
        let message =
            if broken { render(&requirement.breach.message, view) } else { String::new() };
        RequirementState { id: requirement.id.clone(), verdict, guarded, message, trace }
    };
    if let Some(when) = &requirement.when {
        let guard = judge_in(view, &when.condition);
        if let Some(verdict) = spared(guard.verdict) {
            let guarded = verdict == Verdict::True;
            return made(verdict, guarded, guard.trace);
        }
    }
    let holds = judge_in(view, &requirement.holds.condition);
    made(holds.verdict, false, holds.trace)
}

/// Fills `{key}` and `{$name}`; what is unknown is shown as such and changes no verdict.
pub fn render(message: &str, view: &View<'_>) -> String {
    let rendered = pieces(message).into_iter().map(|piece| match piece {
        Piece::Text(text) => text.to_owned(),
        Piece::Expression(expression, _) => render_one(expression, view),
        Piece::Open(_) => "{".to_owned(),
    });
    rendered.collect()
}

fn render_one(expression: &str, view: &View<'_>) -> String {
    let Ok(condition) = Condition::parse(expression) else { return format!("{{{expression}}}") };
    match condition.outcome(view) {
        Outcome::Known(value) => value.to_string(),
        Outcome::Absent { name } => format!("‹absent: {name}›"),
        Outcome::Unknown(missing) => {
            let name = missing.first().map_or(expression, |missing| &missing.name);
            format!("‹unknown: {name}›")
        }
        Outcome::Failed(fault) => format!("‹{}›", fault.message),
    }
}

/// A state, and what is broken on it.
pub type Standing<'a> = (&'a State, &'a Broken);

/// Applies an option's writes, then the repairs of every requirement that they broke, round by
/// round: all repairs of a round see the same state. What is broken before may stay so.
///
/// # Errors
/// [`Settled::Rejected`] when a requirement that held stays broken, when two repairs want
/// different values, or when a state comes back.
pub fn settle(
    wanted: &[Write],
    rule: &str,
    pack: &Pack,
    before: Standing<'_>,
    world: &World,
) -> Result<Applied, Settled> {
    let mender = Mender { pack, world, before, mends: &|_| false, old: Vec::new() };
    mender.settle(apply(wanted, before.0, rule)).map(|(applied, _)| applied)
}

/// Mends the requirements that are broken on a state and that `mends` names, in the way of
/// [`settle`]; one that cannot be mended stays as it is, and what its repair wrote in vain is not
/// written. Says as well what each repair wanted.
///
/// # Errors
/// As for [`settle`].
pub fn mend(
    pack: &Pack,
    before: Standing<'_>,
    world: &World,
    mends: &dyn Fn(&str) -> bool,
) -> Result<(Applied, Vec<Want>), Settled> {
    let old: Vec<usize> = before.1.places().collect();
    let mut vain: BTreeSet<String> = BTreeSet::new();
    loop {
        let worth = |id: &str| mends(id) && !vain.contains(id);
        let mender = Mender { pack, world, before, mends: &worth, old: old.clone() };
        let (applied, wants) = mender.settle(apply(&[], before.0, ""))?;
        let view = View::new(pack, &applied.state, world);
        let rules = old.iter().filter_map(|at| pack.requirements.get(*at));
        let tried = rules.filter(|it| applied.repaired_by.contains(&it.id));
        let still: Vec<String> =
            tried.filter(|it| breaks(&view, it)).map(|it| it.id.clone()).collect();
        if still.is_empty() {
            return Ok((applied, wants));
        }
        vain.extend(still);
    }
}

/// Why a candidate did not settle.
#[derive(Debug, Clone)]
pub enum Settled {
    /// It is rejected.
    Rejected(Rejection),
    /// A repair needs a value that nothing tells.
    Unknown(Vec<Missing>),
}

/// Repairs a state until no requirement asks for more.
struct Mender<'a> {
    pack: &'a Pack,
    world: &'a World,
    /// What everything started from, and what is broken there.
    before: Standing<'a>,
    /// Which of the requirements that were broken before are mended as well.
    mends: &'a dyn Fn(&str) -> bool,
    /// The requirements that were broken before, by place, where any of them is to be mended.
    old: Vec<usize>,
}

/// A requirement to mend.
struct ToMend<'a> {
    rule: &'a Requirement,
    /// Whether it was broken from the start, so that it may stay so.
    old: bool,
}

impl<'a> Mender<'a> {
    fn settle(&self, mut applied: Applied) -> Result<(Applied, Vec<Want>), Settled> {
        let mut seen: Vec<(u64, usize)> = Vec::new();
        let mut wants: Vec<Want> = Vec::new();
        for _ in 0..ROUNDS {
            let round = self.round(&applied.state)?;
            if round.is_empty() {
                self.takes_no_more(&applied.state)?;
                applied.changes = self.before.0.changes_to(&applied.state);
                applied.directives = self.before.0.directive_changes_to(&applied.state);
                return Ok((applied, wants));
            }
            seen.push((applied.state.fingerprint(), wants.len()));
            applied = repaired(applied, &round);
            wants.extend(round.into_iter().map(|(want, _)| want));
            let fingerprint = applied.state.fingerprint();
            if let Some((_, start)) = seen.iter().find(|(known, _)| *known == fingerprint) {
                return Err(unsettled(Discord::Cycle, wants.split_off(*start)));
            }
        }
        let last = wants.split_off(wants.len().saturating_sub(SHOWN));
        Err(unsettled(Discord::Endless, last))
    }

    /// Lists the requirements to mend. Those that held, and read nothing of what differs, are as
    /// they were.
    fn broken(&self, now: &State) -> Vec<ToMend<'a>> {
        let (before, broken_before) = self.before;
        let changes = before.changes_to(now);
        let directives = before.directive_changes_to(now);
        // What a launch or a base configuration interpolates is not among what a pack knows to be
        // read.
        let linked = self.world.base.is_some()
            || at_work(self.pack, now, self.world)
            || now.entries.any_interpolates();
        let mut concerned: BTreeSet<usize> = BTreeSet::new();
        if linked {
            concerned.extend(0..self.pack.requirements.len());
        }
        for change in &changes {
            concerned.extend(self.pack.readers(&change.key));
        }
        for (name, ..) in &directives {
            concerned.extend(self.pack.readers(&format!("$sbatch.{name}")));
        }
        concerned.extend(self.old.iter().copied());
        let view = View::new(self.pack, now, self.world);
        let mut broken = Vec::new();
        for at in concerned {
            let Some(rule) = self.pack.requirements.get(at) else { continue };
            let old = broken_before.contains(at);
            if (!old || (self.mends)(&rule.id)) && breaks(&view, rule) {
                broken.push(ToMend { rule, old });
            }
        }
        broken
    }

    /// Refuses a state that takes even more of what is over a limit already.
    fn takes_no_more(&self, now: &State) -> Result<(), Settled> {
        let (before, broken) = self.before;
        let quantity = |state: &State, limited: &Expression| {
            limited.condition.outcome(&View::new(self.pack, state, self.world))
        };
        let rules = broken.rules(self.pack);
        for (rule, limited) in rules.filter_map(|rule| Some((rule, rule.limits.as_ref()?))) {
            let more = match (quantity(before, limited), quantity(now, limited)) {
                (Outcome::Known(old), Outcome::Known(new)) => {
                    order(&new, &old).is_ok_and(|it| it == Ordering::Greater)
                }
                _ => false,
            };
            if more {
                let message = render(&rule.breach.message, &View::new(self.pack, now, self.world));
                let requirement = rule.id.clone();
                return Err(Settled::Rejected(Rejection::Worsens { requirement, message }));
            }
        }
        Ok(())
    }

    /// Collects what the repairs of one round want; nothing where nothing is left to mend.
    fn round(&self, state: &State) -> Result<Vec<(Want, Write)>, Settled> {
        let mut round: Vec<(Want, Write)> = Vec::new();
        for broken in self.broken(state) {
            let stays_broken = || {
                Settled::Rejected(Rejection::Breaks {
                    requirement: broken.rule.id.clone(),
                    message: render(
                        &broken.rule.breach.message,
                        &View::new(self.pack, state, self.world),
                    ),
                })
            };
            let repairs = match writes(&broken.rule.breach.repair, self.pack, state, self.world) {
                Ok(repairs) if !repairs.is_empty() => repairs,
                _ if broken.old => continue,
                Err(NotApplied::Unknown(missing)) => return Err(Settled::Unknown(missing)),
                _ => return Err(stays_broken()),
            };
            round.extend(repairs.into_iter().map(|write| (Want::new(broken.rule, &write), write)));
        }
        let disputed = |(want, write): &&(Want, Write)| {
            round.iter().any(|(other, it)| other.target == want.target && it != write)
        };
        let disputed: Vec<Want> =
            round.iter().filter(disputed).map(|(want, _)| want.clone()).collect();
        if disputed.is_empty() { Ok(round) } else { Err(unsettled(Discord::Conflict, disputed)) }
    }
}

/// Writes what the repairs of one round want.
fn repaired(before: Applied, round: &[(Want, Write)]) -> Applied {
    let mut applied = before;
    for (want, write) in round {
        let after = apply(std::slice::from_ref(write), &applied.state, &want.rule);
        applied.state = after.state;
        applied.skipped.extend(after.skipped);
        if !applied.repaired_by.contains(&want.rule) {
            applied.repaired_by.push(want.rule.clone());
        }
    }
    applied
}

fn unsettled(discord: Discord, wants: Vec<Want>) -> Settled {
    Settled::Rejected(Rejection::Unsettled(Unsettled { discord, wants }))
}
