//! The planner: which option, and why not the others.

use super::apply::{NotApplied, Write, writes};
use super::broken::{Broken, check_broken};
use super::estimate::compare_estimates;
use super::invariant::{InvariantEffect, InvariantState, compare_invariants};
use super::judge::{Judgement, judge, judge_in, verdict_in};
use super::judged::{Judged, Sight};
use super::pin::pinned;
use super::relevance;
use super::require::{Settled, Standing, check_one, check_requirements, mend, settle};
use super::scope::View;
use super::search::{Goal, pursue};
use super::state::State;
use super::tried::{between, tried_before};
use super::verdict::{Applied, Decision, Plan, Rejection, Repair, RuleVerdict, Status, Step};
use super::world::World;
use crate::condition::Verdict;
use crate::pack::{Pack, PackOption, Safety};
use crate::text::Fault;

/// What the user asks of a plan.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// How many steps to take; one, or one for each id of `only`, where not given.
    pub steps: Option<usize>,
    /// The only options to consider, forced past the question whether they help; all if empty.
    pub only: Vec<String>,
    /// Whether unsafe options are as good as safe ones; otherwise they come after them.
    pub allow_unsafe: bool,
    /// Whether no step may make a requirement unknown.
    pub strict: bool,
    /// Ids of invariants that no plan may change.
    pub preserve: Vec<String>,
    /// The broken requirements whose repairs come before any step; all if empty, none if not given.
    pub repair: Option<Vec<String>>,
    /// What the plan must make true, in the cheapest way; then nobody asks what an option relieves.
    pub goal: Option<Goal>,
}

/// What trying one option on a state gave.
pub(super) enum Trial {
    Viable(Box<Applied>),
    No(Status),
}

/// Plans for one launch, with the verdict for every rule.
pub fn plan(pack: &Pack, state: &State, world: &World, request: &Request) -> Plan {
    let decision = decide(pack, state, world, request);
    let requirements = check_requirements(pack, state, world);
    let after = match decision.steps.is_empty() && !decision.is_mended() {
        true => requirements.clone(),
        false => check_requirements(pack, &decision.result, world),
    };
    let planner = Planner { pack, world, request };
    let mended = decision.is_mended().then(|| decision.broken.still(pack, &decision.start, world));
    let standing = mended.as_ref().unwrap_or(&decision.broken);
    let view = View::new(pack, &decision.start, world);
    let judged = |option| planner.verdict(option, &view, standing);
    let mut verdicts: Vec<RuleVerdict> = pack.options.iter().map(judged).collect();
    if decision.pursuit.is_some() {
        verdicts.iter_mut().for_each(RuleVerdict::leave_out);
    }
    for (index, step) in decision.steps.iter().enumerate() {
        mark_chosen(&mut verdicts, &step.option, index + 1);
    }
    Plan {
        requirements,
        after,
        verdicts,
        invariants: compare_invariants(pack, state, &decision.result, world),
        estimates: compare_estimates(pack, state, &decision.result, world),
        decision,
    }
}

/// Decides for one launch what to do, without the reasons: no option has a verdict, and of the
/// requirements only those are evaluated that are broken.
pub fn decide(pack: &Pack, state: &State, world: &World, request: &Request) -> Decision {
    decide_from(Sight::of(pack, state, world), pack, state, world, request)
}

/// Decides as [`decide`] does, and judges only what was not judged before.
pub fn decide_after(
    judged: &mut Judged,
    pack: &Pack,
    state: &State,
    world: &World,
    request: &Request,
) -> Decision {
    decide_from(judged.sight(pack, state, world), pack, state, world, request)
}

fn decide_from(
    Sight { broken, options }: Sight,
    pack: &Pack,
    state: &State,
    world: &World,
    request: &Request,
) -> Decision {
    let planner = Planner { pack, world, request };
    let repair = planner.repair((state, &broken));
    let asked = repair.as_ref().filter(|repair| repair.asked);
    // A repair that was asked for comes first, or nothing comes at all.
    let mended = asked.and_then(|repair| repair.outcome.as_ref().ok()).map(|it| &it.state);
    let refused = asked.is_some() && mended.is_none();
    let start = mended.unwrap_or(state).clone();
    let standing = match mended {
        Some(_) => broken.still(pack, &start, world),
        None => broken.clone(),
    };
    let (pursuit, steps) = match &request.goal {
        _ if refused => (None, Vec::new()),
        None => {
            let relevant = match mended {
                Some(_) => relevance::options(pack, &start, world),
                None => options,
            };
            (None, planner.steps((&start, &standing), relevant))
        }
        Some(goal) => {
            let (pursuit, steps) = pursue(&planner, goal, &start);
            (Some(pursuit), steps)
        }
    };
    let (result, left) = match steps.last() {
        Some(step) => {
            let result = step.applied.state.clone();
            let left = standing.still(pack, &result, world);
            (result, left)
        }
        None => (start.clone(), standing),
    };
    Decision {
        changes: state.changes_to(&result),
        directives: state.directive_changes_to(&result),
        broken,
        left,
        repair,
        steps,
        start,
        result,
        pursuit,
    }
}

/// Judges one option on a state, apart from what is chosen.
pub fn judge_option(
    option: &PackOption,
    pack: &Pack,
    state: &State,
    world: &World,
    request: &Request,
) -> Status {
    let planner = Planner { pack, world, request };
    let view = View::new(pack, state, world);
    planner.verdict(option, &view, &check_broken(pack, state, world)).status
}

fn mark_chosen(verdicts: &mut [RuleVerdict], id: &str, step: usize) {
    for verdict in verdicts.iter_mut().filter(|verdict| verdict.id == id) {
        match &mut verdict.status {
            Status::Chosen { steps } => steps.push(step),
            other => *other = Status::Chosen { steps: vec![step] },
        }
    }
}

/// Tries options under what the user asks.
pub(super) struct Planner<'a> {
    pub pack: &'a Pack,
    pub world: &'a World,
    pub request: &'a Request,
}

impl Planner<'_> {
    pub fn selected(&self, option: &PackOption) -> bool {
        self.request.only.is_empty() || self.request.only.contains(&option.id)
    }

    /// Works out the repairs of what is broken on the input: those that the user asked for, or all.
    fn repair(&self, input: Standing<'_>) -> Option<Repair> {
        let named = self.request.repair.as_deref().unwrap_or_default();
        let mends = |id: &str| named.is_empty() || named.iter().any(|it| it == id);
        let mut rules = input.1.rules(self.pack);
        rules.find(|rule| !rule.breach.repair.is_empty() && mends(&rule.id))?;
        let asked = self.request.repair.is_some();
        let (outcome, wants) = match mend(self.pack, input, self.world, &mends) {
            Ok((applied, wants)) => match self.forbidden(input.0, &applied) {
                Some(rejection) => (Err(rejection), wants),
                None => (Ok(applied), wants),
            },
            Err(Settled::Rejected(rejection)) => (Err(rejection), Vec::new()),
            Err(Settled::Unknown(missing)) => (Err(Rejection::NeedsUnknown(missing)), Vec::new()),
        };
        Some(Repair { outcome, wants, asked })
    }

    fn verdict(&self, option: &PackOption, view: &View<'_>, broken: &Broken) -> RuleVerdict {
        let judgement = judge_in(view, &option.when.condition);
        let status = if self.selected(option) {
            match self.attempt(option, &judgement.verdict, (view.state, broken)) {
                Trial::Viable(_) => self.open(option),
                Trial::No(status) => status,
            }
        } else {
            Status::NotSelected
        };
        RuleVerdict::new(&option.id, status, judgement)
    }

    fn open(&self, option: &PackOption) -> Status {
        match option.safety {
            Safety::Safe => Status::Later,
            Safety::Unsafe if self.ignores_safety() => Status::Later,
            Safety::Unsafe => Status::NeedsUnsafe,
            Safety::Display => Status::Shown,
        }
    }

    pub fn ignores_safety(&self) -> bool {
        self.request.allow_unsafe || !self.request.only.is_empty()
    }

    fn asks_relief(&self) -> bool {
        self.request.only.is_empty() && self.request.goal.is_none()
    }

    /// Lists the options in the order they are tried: as in the pack, the unsafe ones last unless
    /// they are asked for; those that cannot act are left out.
    fn ladder<'b>(&'b self, relevant: &'b [usize]) -> impl Iterator<Item = &'b PackOption> {
        let of = move |first: bool| {
            let options = relevant.iter().filter_map(|at| self.pack.options.get(*at));
            options.filter(move |option| match option.safety {
                Safety::Safe => first,
                Safety::Unsafe => first == self.ignores_safety(),
                Safety::Display => false,
            })
        };
        of(true).chain(of(false)).filter(|option| self.selected(option))
    }

    /// Takes the first viable option, again and again; named options are each taken once unless
    /// a number of steps is given. `relevant` are the options that may act on the start.
    fn steps(&self, (start, standing): Standing<'_>, mut relevant: Vec<usize>) -> Vec<Step> {
        let once = !self.request.only.is_empty() && self.request.steps.is_none();
        let wanted = self.request.steps.unwrap_or(if once { self.request.only.len() } else { 1 });
        let mut steps: Vec<Step> = Vec::new();
        let (mut current, mut broken) = (start.clone(), standing.clone());
        while steps.len() < wanted {
            let taken =
                |option: &PackOption| once && steps.iter().any(|step| step.option == option.id);
            let view = View::new(self.pack, &current, self.world);
            let step = |option: &PackOption| self.step(option, &view, &broken);
            let next = self.ladder(&relevant).filter(|it| !taken(it)).find_map(step);
            let Some(step) = next else { break };
            current = step.applied.state.clone();
            steps.push(step);
            if steps.len() < wanted {
                broken = broken.still(self.pack, &current, self.world);
                relevant = relevance::options(self.pack, &current, self.world);
            }
        }
        steps
    }

    pub fn judge(&self, option: &PackOption, state: &State) -> Judgement {
        judge(&option.when.condition, self.pack, state, self.world)
    }

    pub fn step(&self, option: &PackOption, view: &View<'_>, broken: &Broken) -> Option<Step> {
        let verdict = verdict_in(view, &option.when.condition);
        match self.attempt(option, &verdict, (view.state, broken)) {
            Trial::No(_) => None,
            Trial::Viable(applied) => {
                let forced = match self.relief(option).filter(|_| self.request.goal.is_none()) {
                    Some(Rejection::DoesNotRelieve { place } | Rejection::Loads { place }) => {
                        Some(place)
                    }
                    _ => None,
                };
                Some(Step { option: option.id.clone(), applied: *applied, forced })
            }
        }
    }

    /// Judges one option on a state: whether it is a step, and where it leads.
    pub fn attempt(&self, option: &PackOption, verdict: &Verdict, now: Standing<'_>) -> Trial {
        match verdict {
            Verdict::True => {}
            Verdict::False | Verdict::Absent(_) => return Trial::No(Status::NotApplicable),
            Verdict::Unknown(missing) => return Trial::No(Status::Unknown(missing.clone())),
            Verdict::Failed(fault) => return Trial::No(Status::Failed(Fault::clone(fault))),
        }
        if let Some(rejection) = self.relief(option).filter(|_| self.asks_relief()) {
            return Trial::No(Status::Rejected(rejection));
        }
        let wanted = match writes(&option.rewrite, self.pack, now.0, self.world) {
            Ok(wanted) => wanted,
            Err(NotApplied::Unknown(missing)) => return Trial::No(Status::Unknown(missing)),
            Err(NotApplied::Failed(fault)) => return Trial::No(Status::Failed(fault)),
            Err(NotApplied::Held { key, bound }) => {
                return Trial::No(Status::Rejected(Rejection::Held { key, bound }));
            }
        };
        let own = self.settled(option, &wanted, now);
        let failed_own = matches!(own, Trial::No(Status::Rejected(Rejection::ChangesNothing)));
        if self.world.tried.is_empty() || failed_own {
            return own;
        }
        for (write, bisected) in between(option, &wanted, self.pack, now.0, self.world) {
            // A value that a repair would replace is none that the requirements allow.
            let stays = |applied: &Applied| match &write {
                Write::Override(wanted) => applied
                    .state
                    .winning(&wanted.key)
                    .is_some_and(|entry| entry.value.as_ref().ok() == Some(wanted.as_ref())),
                _ => true,
            };
            let trial = self.settled(option, std::slice::from_ref(&write), now);
            if let Trial::Viable(mut applied) = trial
                && stays(&applied)
            {
                applied.bisected = Some(bisected);
                return Trial::Viable(applied);
            }
        }
        own
    }

    /// Makes the writes and the repairs that follow, unless something stands against the result.
    fn settled(&self, option: &PackOption, wanted: &[Write], now: Standing<'_>) -> Trial {
        match settle(wanted, &option.id, self.pack, now, self.world) {
            // What is only shown may well be about what no file here says, as the environment of the job.
            Ok(applied)
                if applied.changes.is_empty()
                    && applied.directives.is_empty()
                    && (option.safety != Safety::Display || applied.skipped.is_empty()) =>
            {
                Trial::No(Status::Rejected(Rejection::ChangesNothing))
            }
            Ok(applied) => match self.forbidden(now.0, &applied) {
                Some(rejection) => Trial::No(Status::Rejected(rejection)),
                None => Trial::Viable(Box::new(applied)),
            },
            Err(Settled::Rejected(rejection)) => Trial::No(Status::Rejected(rejection)),
            Err(Settled::Unknown(missing)) => Trial::No(Status::Unknown(missing)),
        }
    }

    /// Says which wish of the user, or which failure of the past, a result goes against.
    fn forbidden(&self, before: &State, applied: &Applied) -> Option<Rejection> {
        if let Some((key, pin)) = pinned(&self.world.pins, applied) {
            return Some(Rejection::Pinned { key, by: pin.by.clone() });
        }
        if let Some(tried) = tried_before(self.pack, &applied.state, self.world) {
            let (phase, bytes, from) = (tried.phase.clone(), tried.bytes, tried.from.clone());
            return Some(Rejection::TriedBefore { phase, bytes, from });
        }
        let invariants = compare_invariants(self.pack, before, &applied.state, self.world);
        let changed = invariants.into_iter().find(|it| {
            self.request.preserve.contains(&it.id)
                && !matches!(it.effect, InvariantEffect::Preserved(_))
        });
        if let Some(InvariantState { id, effect, .. }) = changed {
            return Some(Rejection::ChangesInvariant { id, effect });
        }
        if !self.request.strict {
            return None;
        }
        self.newly_unknown(before, &applied.state)
    }

    /// Finds a requirement that is unknown on a state and was not before.
    fn newly_unknown(&self, before: &State, after: &State) -> Option<Rejection> {
        self.pack.requirements.iter().find_map(|rule| {
            let verdict = |state| check_one(rule, self.pack, state, self.world).verdict;
            let Verdict::Unknown(missing) = verdict(after) else { return None };
            let known = !matches!(verdict(before), Verdict::Unknown(_));
            known.then(|| Rejection::LeavesUnknown { requirement: rule.id.clone(), missing })
        })
    }

    /// Says why an option would not help against the failure; nothing where it would.
    fn relief(&self, option: &PackOption) -> Option<Rejection> {
        let Some(failure) = &self.world.failure else { return Some(Rejection::NoFailure) };
        let Some(place) = &failure.place else { return Some(Rejection::PlaceUnknown) };
        let place = place.clone();
        if option.loads.contains(&place) {
            return Some(Rejection::Loads { place });
        }
        (!option.relieves.contains(&place)).then_some(Rejection::DoesNotRelieve { place })
    }
}
