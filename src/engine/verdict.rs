use std::ops::Deref;

use super::broken::Broken;
use super::estimate::EstimateState;
use super::invariant::{InvariantEffect, InvariantState};
use super::judge::Judgement;
use super::require::RequirementState;
use super::search::Pursuit;
use super::state::{KeyChange, State};
use super::tried::Bisected;
use super::unsettled::{Unsettled, Want};
use crate::condition::Trace;
use crate::facts::{Found, Missing};
use crate::text::{Fault, Location};

/// What was decided about one option, and why.
#[derive(Debug, Clone)]
pub enum Status {
    /// It is part of the plan, as these steps, counted from 1.
    Chosen {
        /// The steps.
        steps: Vec<usize>,
    },
    /// It would help as well, but comes later in the pack.
    Later,
    /// It would help, and changes more than memory and speed: it is taken only when asked for, or
    /// where no safe option is left.
    NeedsUnsafe,
    /// It would help, and is only ever shown.
    Shown,
    /// It could be applied; the plan for the goal does without it.
    LeftOut,
    /// Its condition is false, or reads a key that does not exist.
    NotApplicable,
    /// Its condition or rewrite needs something that nothing tells.
    Unknown(Vec<Missing>),
    /// Its condition is true, yet it is no candidate.
    Rejected(Rejection),
    /// The user asked for other options.
    NotSelected,
    /// Its condition or rewrite failed to compute.
    Failed(Fault),
}

/// Why an option whose condition is true is not taken.
#[derive(Debug, Clone, PartialEq)]
pub enum Rejection {
    /// It does not lower the peak of what failed.
    DoesNotRelieve {
        /// The phase that failed, or `host`.
        place: String,
    },
    /// It raises the peak of what failed.
    Loads {
        /// The phase that failed, or `host`.
        place: String,
    },
    /// No failure is known, so nothing needs relief.
    NoFailure,
    /// The log does not tell what failed, so nothing tells whether it would help.
    PlaceUnknown,
    /// Everything it would set is so already.
    ChangesNothing,
    /// A bound keeps a value from going further.
    Held {
        /// What would change.
        key: String,
        /// Which bound, as in `at its floor of 1`.
        bound: String,
    },
    /// A requirement that held would break.
    Breaks {
        /// The requirement's id.
        requirement: String,
        /// Its message for the values that would result.
        message: String,
    },
    /// A limit is broken already, and it would take even more.
    Worsens {
        /// The requirement's id.
        requirement: String,
        /// Its message for the values that would result.
        message: String,
    },
    /// It leads to a configuration at least as heavy as one that failed.
    TriedBefore {
        /// The phase in which that failed.
        phase: Option<String>,
        /// How much memory it asked for.
        bytes: Option<i64>,
        /// Where this is recorded.
        from: Location,
    },
    /// It changes a value that is pinned.
    Pinned {
        /// The key, or `$sbatch.` and a directive.
        key: String,
        /// What pins it: a place, or a flag.
        by: String,
    },
    /// It changes an invariant that the user wants preserved.
    ChangesInvariant {
        /// The invariant's id.
        id: String,
        /// What would become of it.
        effect: InvariantEffect,
    },
    /// It makes a requirement unknown, and the user wants none to become so.
    LeavesUnknown {
        /// The requirement's id.
        requirement: String,
        /// What is missing.
        missing: Vec<Missing>,
    },
    /// A repair that it calls for needs something that nothing tells.
    NeedsUnknown(Vec<Missing>),
    /// Repairs contradict one another or go in a circle.
    Unsettled(Unsettled),
}

/// One option's verdict with the evaluation behind it.
#[derive(Debug, Clone)]
pub struct RuleVerdict {
    /// The option's id.
    pub id: String,
    /// What was decided.
    pub status: Status,
    /// How its condition came out.
    pub trace: Trace,
}

/// One change of a plan, taken from one option.
#[derive(Debug, Clone)]
pub struct Step {
    /// The option's id.
    pub option: String,
    /// What it changes, repairs included.
    pub applied: Applied,
    /// The failing place, when the user insisted on an option that does not relieve it.
    pub forced: Option<String>,
}

/// What applying rewrites to a state did.
#[derive(Debug, Clone)]
pub struct Applied {
    /// The state afterwards.
    pub state: State,
    /// The overrides that differ.
    pub changes: Vec<KeyChange>,
    /// The directives that differ: name, before, after.
    pub directives: Vec<(String, Found, Found)>,
    /// The requirements whose repairs took part.
    pub repaired_by: Vec<String>,
    /// Rewrites that had nowhere to go, such as a directive without a Slurm script.
    pub skipped: Vec<String>,
    /// Between which tried values the new one lies, where it is not the option's own.
    pub bisected: Option<Bisected>,
}

/// The repairs of requirements that are broken on the input.
#[derive(Debug, Clone)]
pub struct Repair {
    /// What they change, or why they cannot be made.
    pub outcome: Result<Applied, Rejection>,
    /// What each of them wants, round by round.
    pub wants: Vec<Want>,
    /// Whether the user asked for them, so that they are part of the plan where they settle.
    pub asked: bool,
}

/// What to do for one launch.
#[derive(Debug, Clone)]
pub struct Decision {
    /// The steps in order; empty where nothing is proposed.
    pub steps: Vec<Step>,
    /// The requirements that are broken on the input.
    pub broken: Broken,
    /// The requirements that are broken on the result.
    pub left: Broken,
    /// The repairs of what is broken on the input; none where nothing is that has a repair.
    pub repair: Option<Repair>,
    /// The overrides that differ between input and result.
    pub changes: Vec<KeyChange>,
    /// The directives that differ: name, before, after.
    pub directives: Vec<(String, Found, Found)>,
    /// The state that options were judged on: the input, mended where that was asked.
    pub start: State,
    /// The state that the steps lead to.
    pub result: State,
    /// The goal and what came of it, where there is one.
    pub pursuit: Option<Pursuit>,
}

impl Decision {
    /// Tells whether anything is changed.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.directives.is_empty()
    }

    /// Tells whether the start is mended.
    pub(super) fn is_mended(&self) -> bool {
        self.repair.as_ref().is_some_and(|repair| repair.asked && repair.outcome.is_ok())
    }
}

/// A decision with its reasons.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What to do.
    pub decision: Decision,
    /// Every requirement on the input, in pack order.
    pub requirements: Vec<RequirementState>,
    /// Every requirement on the result, in the same order.
    pub after: Vec<RequirementState>,
    /// Every option's verdict, in pack order.
    pub verdicts: Vec<RuleVerdict>,
    /// Every invariant, over the whole plan.
    pub invariants: Vec<InvariantState>,
    /// The predicted peaks, over the whole plan; empty where none is known.
    pub estimates: Vec<EstimateState>,
}

/// Most that is asked of a plan is what it decides.
impl Deref for Plan {
    type Target = Decision;

    fn deref(&self) -> &Decision {
        &self.decision
    }
}

impl RuleVerdict {
    /// With a goal, what could be applied is not compared with what comes first in the pack.
    pub(super) fn leave_out(&mut self) {
        if matches!(self.status, Status::Later | Status::NeedsUnsafe) {
            self.status = Status::LeftOut;
        }
    }

    /// Makes a verdict from a judgement.
    pub(super) fn new(id: &str, status: Status, judgement: Judgement) -> Self {
        Self { id: id.to_owned(), status, trace: judgement.trace }
    }
}
