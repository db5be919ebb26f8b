//! A case, read once and planned on many packs that differ in one place.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use super::run;
use crate::cases::Case;
use crate::condition::{Condition, Verdict};
use crate::engine::{Plan, Request, State, World, judge, plan};
use crate::pack::{Change, Field, Mutant, Pack, PackOption};
use crate::text::Faults;

/// What a case asks of a pack, and what comes of it without any mistake.
pub struct Prepared {
    state: State,
    world: World,
    request: Request,
    digest: u64,
    /// The input and the states that options are judged on, without repetition.
    stands: Vec<State>,
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
        Ok(Self { digest: digest(&plan), state, world, request, stands, mentioned })
    }

    /// Tells whether planning comes to the same in every respect, and so all that follows from it.
    pub fn plans_the_same(&self, pack: &Pack) -> bool {
        digest(&plan(pack, &self.state, &self.world, &self.request)) == self.digest
    }

    /// Tells whether a mutant may change what comes of the case, so that it is worth planning anew: the
    /// changed expression comes to something else on a state of the ladder, the changed rule acts there,
    /// or the plan speaks of it. A search for a goal sees more states than those.
    pub fn may_notice(&self, pack: &Pack, mutant: &Mutant) -> bool {
        if self.request.goal.is_some() {
            return true;
        }
        let speaks = self.mentioned.contains(&format!("{:?}", mutant.rule));
        match (mutant.field, &mutant.change) {
            (Field::Rewrite(at) | Field::Relieves(at), _) => {
                pack.options.get(at).is_none_or(|option| self.may_take(pack, option))
            }
            (Field::Repair(at), _) => {
                speaks
                    || pack.requirements.get(at).is_none_or(|rule| {
                        let holds = &rule.holds.condition;
                        self.stands
                            .iter()
                            .any(|it| judge(holds, pack, it, &self.world).verdict != Verdict::True)
                    })
            }
            (field, Change::Condition(new)) => {
                let requires = matches!(field, Field::Guard(_) | Field::Holds(_));
                let old = pack.expression(field);
                (requires && speaks) || old.is_none_or(|old| self.differ(pack, &old.condition, new))
            }
            _ => true,
        }
    }

    fn differ(&self, pack: &Pack, old: &Condition, new: &Condition) -> bool {
        let comes_to = |condition: &Condition, stand: &State| {
            let judgement = judge(condition, pack, stand, &self.world);
            format!("{:?} {:?}", judgement.verdict, judgement.trace.outcome)
        };
        self.stands.iter().any(|stand| comes_to(old, stand) != comes_to(new, stand))
    }

    fn may_take(&self, pack: &Pack, option: &PackOption) -> bool {
        let when = &option.when.condition;
        self.stands
            .iter()
            .any(|stand| judge(when, pack, stand, &self.world).verdict != Verdict::False)
    }

    /// Counts the states of the ladder, as a measure of how long planning takes.
    pub fn length(&self) -> usize {
        self.stands.len()
    }
}

/// Identifies all that a case can show of a plan.
fn digest(plan: &Plan) -> u64 {
    let mut hasher = DefaultHasher::new();
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
