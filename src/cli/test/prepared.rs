//! A case, read once and planned on many packs that differ in one place.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use super::run;
use crate::cases::{Case, Expected};
use crate::condition::{Condition, Verdict};
use crate::engine::{Plan, Request, State, World, judge, plan, verdict, writes};
use crate::pack::{Change, Field, Mutant, Pack, PackOption, Rewrite};
use crate::text::Faults;

/// What a case asks of a pack, and what comes of it without any mistake.
pub struct Prepared {
    state: State,
    world: World,
    request: Request,
    digest: u64,
    /// What the log says.
    log: Option<String>,
    /// The input and the states that options are judged on, without repetition.
    stands: Vec<State>,
    /// What the case expects to hold.
    holds: Vec<Condition>,
    /// The rules that the case names in what it expects.
    named: Vec<String>,
    /// The options that the plan takes.
    taken: Vec<String>,
    /// All that the plan says of rules: why options are rejected, and what repairs do.
    mentioned: String,
}

impl Prepared {
    /// Reads a case and plans it.
    ///
    /// # Errors
    /// Inputs that cannot be read.
    pub fn new(pack: &Arc<Pack>, case: &Case) -> Result<Self, Vec<Faults>> {
        let (state, world, request) = run::inputs(pack, case)?;
        let plan = plan(pack, &state, &world, &request);
        let steps = plan.steps.iter().map(|step| &step.applied.state);
        let mut stands: Vec<State> = Vec::new();
        for stand in [&state, &plan.start].into_iter().chain(steps) {
            if !stands.iter().any(|old| old.fingerprint() == stand.fingerprint()) {
                stands.push(stand.clone());
            }
        }
        let statuses: Vec<_> = plan.verdicts.iter().map(|it| &it.status).collect();
        let mentioned = format!("{statuses:?} {:?} {:?}", plan.steps, plan.repair);
        let holds = run::conditions(pack, case).map_err(|faults| vec![faults])?;
        let (digest, log) = (digest(pack, &plan), read_log(pack, case));
        let taken = taken(&plan).cloned().collect();
        let named = case.expected.iter().flat_map(Expected::named);
        let named = named.map(|it| it.as_str().to_owned()).collect();
        Ok(Self { holds, named, taken, digest, log, state, world, request, stands, mentioned })
    }

    /// Tells whether a mutant reads the log as before, or plans the same in every respect; and so
    /// whether all that follows from it is the same.
    pub fn is_the_same(&self, pack: &Pack, case: &Case, field: Field) -> bool {
        if field.reads_logs() {
            return read_log(pack, case) == self.log;
        }
        let holds = |it| verdict(it, pack, &self.state, &self.world) == Verdict::True;
        self.holds.iter().all(holds)
            && digest(pack, &plan(pack, &self.state, &self.world, &self.request)) == self.digest
    }

    /// Tells whether a mutant may change what comes of the case, so that it is worth planning anew: on a
    /// state of the ladder the changed expression comes to something else, or the changed rule wants
    /// other values; or the plan speaks of the rule. A search for a goal sees more states than those.
    pub fn may_notice(&self, pack: &Pack, mutant: &Mutant) -> bool {
        if self.request.goal.is_some() {
            return true;
        }
        let speaks = || self.mentioned.contains(&format!("{:?}", mutant.rule));
        match (mutant.field, &mutant.change) {
            (Field::Rewrite(at), Change::Rewrites(new)) => pack.options.get(at).is_none_or(|it| {
                self.may_relieve(it)
                    && self.want_differs(pack, &it.when.condition, &it.rewrite, new)
            }),
            (Field::Loads(at), Change::Phases(new)) => pack.options.get(at).is_none_or(|it| {
                self.taken.contains(&it.id) || self.moves(pack, it, &it.loads, new)
            }),
            (Field::Relieves(at), Change::Phases(new)) => {
                let it = pack.options.get(at);
                it.is_none_or(|it| self.moves(pack, it, &it.relieves, new))
            }
            (Field::Frames(_) | Field::Signal(_), _) => self.log.is_some(),
            (Field::Repair(at), Change::Rewrites(_)) => {
                let rule = pack.requirements.get(at).map(|it| &it.holds.condition);
                let broken = |holds| self.stand_where(pack, holds, Verdict::True).next().is_some();
                rule.is_none_or(broken) || speaks()
            }
            // An option that helps nothing here is not told of, unless something is unknown.
            (Field::When(at), Change::Condition(new)) => pack.options.get(at).is_none_or(|it| {
                let shown = self.may_relieve(it) || self.names(&it.id);
                self.differ(pack, &it.when.condition, new, shown)
            }),
            (field, Change::Condition(new)) => {
                let requires = matches!(field, Field::Guard(_) | Field::Holds(_));
                let old = pack.expression(field);
                old.is_none_or(|old| self.differ(pack, &old.condition, new, true))
                    || (requires && speaks())
            }
            _ => true,
        }
    }

    /// Tells whether other phases make a difference to an option: the failure is in one of them, and the
    /// option may apply.
    fn moves(&self, pack: &Pack, option: &PackOption, old: &[String], new: &[String]) -> bool {
        let place = self.world.failure.as_ref().and_then(|it| it.place.as_ref());
        place.is_some_and(|place| old.contains(place) != new.contains(place))
            && self.stand_where(pack, &option.when.condition, Verdict::False).next().is_some()
    }

    /// Tells whether somebody asks for an option, or whether the failure is where it helps.
    fn may_relieve(&self, option: &PackOption) -> bool {
        let place = self.world.failure.as_ref().and_then(|it| it.place.as_ref());
        match self.request.only.as_slice() {
            [] => place.is_some_and(|it| option.relieves.contains(it)),
            only => only.contains(&option.id),
        }
    }

    /// Lists the states on which a condition comes to something else than a verdict.
    fn stand_where<'a>(
        &'a self,
        pack: &'a Pack,
        condition: &'a Condition,
        other: Verdict,
    ) -> impl Iterator<Item = &'a State> {
        self.stands.iter().filter(move |it| verdict(condition, pack, it, &self.world) != other)
    }

    /// Tells whether two lists of rewrites want different values on a state where they may be made.
    fn want_differs(
        &self,
        pack: &Pack,
        when: &Condition,
        old: &[Rewrite],
        new: &[Rewrite],
    ) -> bool {
        // What was tried before is compared with the expressions themselves.
        let wants = |all, stand| format!("{:?}", writes(all, pack, stand, &self.world));
        !self.world.tried.is_empty()
            || self
                .stand_where(pack, when, Verdict::False)
                .any(|stand| wants(old, stand) != wants(new, stand))
    }

    /// Tells whether a condition comes to something else on a state; whether it holds counts only where
    /// that is shown.
    fn differ(&self, pack: &Pack, old: &Condition, new: &Condition, shown: bool) -> bool {
        let comes_to = |condition: &Condition, stand: &State| {
            let judgement = judge(condition, pack, stand, &self.world);
            match judgement.verdict {
                Verdict::True | Verdict::False | Verdict::Absent(_) if !shown => String::new(),
                verdict => format!("{verdict:?} {:?}", judgement.trace.outcome),
            }
        };
        self.stands.iter().any(|stand| comes_to(old, stand) != comes_to(new, stand))
    }

    /// Tells whether what the case expects speaks of a rule.
    pub fn names(&self, rule: &str) -> bool {
        self.named.iter().any(|it| it == rule)
    }

    /// Counts the states of the ladder, as a measure of how long planning takes.
    pub fn length(&self) -> usize {
        self.stands.len()
    }
}

/// Says all that is read in the log of a case; nothing where it has none.
fn read_log(pack: &Pack, case: &Case) -> Option<String> {
    let log = case.inputs.log.as_ref()?;
    Some(format!("{:?}", pack.signals().scan(&log.source)))
}

/// Lists the options that a plan takes.
fn taken(plan: &Plan) -> impl Iterator<Item = &String> {
    plan.steps.iter().map(|step| &step.option)
}

/// Identifies all that a case can show of a plan.
fn digest(pack: &Pack, plan: &Plan) -> u64 {
    let mut hasher = DefaultHasher::new();
    for option in pack.options.iter().filter(|it| taken(plan).any(|id| *id == it.id)) {
        option.loads.hash(&mut hasher);
    }
    for verdict in &plan.verdicts {
        (&verdict.id, format!("{:?}", verdict.status)).hash(&mut hasher);
    }
    for rule in plan.requirements.iter().chain(&plan.after) {
        (&rule.id, &rule.message, format!("{:?}", rule.verdict)).hash(&mut hasher);
    }
    let repaired = plan.repair.as_ref().map(|it| {
        it.outcome.as_ref().map(|it| it.state.fingerprint()).map_err(|it| format!("{it:?}"))
    });
    (repaired, plan.start.fingerprint(), plan.result.fingerprint()).hash(&mut hasher);
    format!("{:?}", (&plan.invariants, &plan.estimates)).hash(&mut hasher);
    hasher.finish()
}
