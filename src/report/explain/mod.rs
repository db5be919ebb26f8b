//! The report of `hydrule explain`: every rule, its verdict, the values that decide it, and the
//! smallest change that would turn it around.

mod data;
mod page;
mod tree;

pub use data::{explain_json, trace_json};
pub use page::explain;
pub use tree::rows;

use indexmap::IndexMap;

use super::words;

use crate::condition::{Condition, Trace, Verdict};
use crate::engine::{
    Plan, Rejection, Request, RequirementState, RuleVerdict, State, Status, Turn, View, World,
    blockers, lift, turn, unfold,
};
use crate::facts::Missing;
use crate::pack::{Expression, Invariant, Pack, PackOption, Requirement, SwitchedOff};

/// Everything that an explanation is made of.
pub struct Explained<'a> {
    /// The rules.
    pub pack: &'a Pack,
    /// What was decided.
    pub plan: &'a Plan,
    /// What rules may change, as it was read.
    pub state: &'a State,
    /// What they may not.
    pub world: &'a World,
    /// What the user asked for.
    pub request: &'a Request,
    /// The launch in words.
    pub launch: &'a str,
    /// What the user should know about the input.
    pub remarks: &'a [String],
    /// The only rules to show; all if empty.
    pub only: &'a [String],
    /// Whether rules that read something unknown are shown.
    pub shows_unknown: bool,
    /// What shows more, for the last line.
    pub hint: Option<&'a str>,
}

/// The five verdicts on a rule, and what is none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// A requirement that is broken, or an option that applies and helps.
    Fired,
    /// Something that decides it is not known.
    Unknown,
    /// The user excluded it, or the pack only ever shows it.
    Suppressed,
    /// Its condition holds, and yet it is no candidate.
    Rejected,
    /// It cannot be computed.
    Failed,
    /// Its condition is false.
    NotApplicable,
    /// A requirement that holds.
    Holds,
}

impl Standing {
    /// Names the verdict as JSON and people see it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Fired => "fired",
            Self::Unknown => "unknown",
            Self::Suppressed => "suppressed",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
            Self::NotApplicable => "not applicable",
            Self::Holds => "holds",
        }
    }

    fn of_option(status: &Status) -> Self {
        match status {
            Status::Chosen { .. } | Status::Later | Status::NeedsUnsafe | Status::LeftOut => {
                Self::Fired
            }
            Status::Unknown(_) => Self::Unknown,
            Status::Shown
            | Status::NotSelected
            | Status::Rejected(
                Rejection::Pinned { .. }
                | Rejection::ChangesInvariant { .. }
                | Rejection::LeavesUnknown { .. },
            ) => Self::Suppressed,
            Status::Rejected(_) => Self::Rejected,
            Status::Failed(_) => Self::Failed,
            Status::NotApplicable => Self::NotApplicable,
        }
    }

    fn of_requirement(state: &RequirementState) -> Self {
        match (&state.verdict, state.guarded) {
            (_, true) | (Verdict::Absent(_), _) => Self::NotApplicable,
            (Verdict::False, _) => Self::Fired,
            (Verdict::True, _) => Self::Holds,
            (Verdict::Unknown(_), _) => Self::Unknown,
            (Verdict::Failed(_), _) => Self::Failed,
        }
    }
}

/// One rule with everything that justifies its verdict.
pub struct Ruling<'a> {
    /// The rule.
    pub rule: RuleRef<'a>,
    /// Its verdict.
    pub standing: Standing,
    /// What decides it, leaf by leaf, with named expressions unfolded.
    pub trace: Trace,
    /// What is missing, where it is unknown.
    pub missing: &'a [Missing],
    /// The change of one value that would turn its condition around.
    pub turn: Option<Turn>,
    /// The false parts of its condition, where no single value decides.
    pub blockers: Vec<Trace>,
    /// The change of one value under which an option that is rejected would be taken.
    pub lift: Option<Turn>,
}

/// An option or a requirement, with what was decided.
pub enum RuleRef<'a> {
    /// An option.
    Option(&'a PackOption, &'a RuleVerdict),
    /// A requirement.
    Requirement(&'a Requirement, &'a RequirementState),
}

impl Ruling<'_> {
    /// Returns the rule's id.
    pub fn id(&self) -> &str {
        match &self.rule {
            RuleRef::Option(option, _) => &option.id,
            RuleRef::Requirement(rule, _) => &rule.id,
        }
    }

    /// Tells whether it is an option.
    pub fn is_option(&self) -> bool {
        matches!(self.rule, RuleRef::Option(..))
    }

    /// Says what would turn the verdict around, or that no single value would.
    pub fn flip(&self) -> Option<String> {
        let would = match (&self.rule, self.standing) {
            (RuleRef::Option(..), Standing::NotApplicable) => "fire",
            (RuleRef::Option(..), _) => "not fire",
            (_, Standing::NotApplicable) => "apply",
            (_, Standing::Fired) => "hold",
            _ => "break",
        };
        if let Some(turn) = &self.turn {
            return Some(words::turn(turn, would));
        }
        if self.blockers.is_empty() {
            return None;
        }
        let leaves: Vec<String> = self.blockers.iter().map(words::because).collect();
        Some(format!("no single value would make it {would}: {}", leaves.join("; ")))
    }
}

impl<'a> Explained<'a> {
    fn shows(&self, id: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|it| it == id)
    }

    /// Judges every rule that is shown: options first, each kind in the order of the pack.
    pub fn rulings(&self) -> Vec<Ruling<'a>> {
        let options = self.pack.options.iter().zip(&self.plan.verdicts);
        let options = options.filter(|(option, _)| self.shows(&option.id));
        let requirements = self.pack.requirements.iter().zip(&self.plan.requirements);
        let requirements = requirements.filter(|(rule, _)| self.shows(&rule.id));
        let all = options
            .map(|(option, verdict)| self.option(option, verdict))
            .chain(requirements.map(|(rule, state)| self.requirement(rule, state)));
        all.filter(|it| self.shows_unknown || it.standing != Standing::Unknown).collect()
    }

    /// Returns the invariants that are shown, with how each is computed on the input.
    pub fn invariants(&self) -> Vec<(&'a Invariant, Trace)> {
        let shown = self.pack.invariants.iter().filter(|it| self.shows(&it.id));
        let view = View::new(self.pack, self.state, self.world);
        let traced = shown.map(|it| {
            let trace = it.value.condition.evaluate(&view).trace;
            (it, unfold(&trace, self.pack, self.state, self.world))
        });
        traced.collect()
    }

    /// Lists what is switched off and shown.
    pub fn switched_off(&self) -> impl Iterator<Item = &'a SwitchedOff> {
        self.pack.off.iter().filter(|it| self.shows(&it.id))
    }

    fn option(&self, option: &'a PackOption, verdict: &'a RuleVerdict) -> Ruling<'a> {
        let state = &self.plan.start;
        let lift = match &verdict.status {
            Status::Rejected(rejection) => {
                lift(option, rejection, self.pack, (state, self.world), self.request)
            }
            _ => None,
        };
        let missing = match &verdict.status {
            Status::Unknown(missing)
            | Status::Rejected(Rejection::LeavesUnknown { missing, .. }) => missing.as_slice(),
            _ => &[],
        };
        let standing = Standing::of_option(&verdict.status);
        let rule = RuleRef::Option(option, verdict);
        Ruling { lift, ..self.ruling(rule, standing, &option.when.condition, state, missing) }
    }

    fn requirement(&self, rule: &'a Requirement, found: &'a RequirementState) -> Ruling<'a> {
        let condition = match &rule.when {
            Some(when) if judged_by_guard(rule, found) => &when.condition,
            _ => &rule.holds.condition,
        };
        let missing = match &found.verdict {
            Verdict::Unknown(missing) => missing.as_slice(),
            _ => &[],
        };
        let standing = Standing::of_requirement(found);
        let rule = RuleRef::Requirement(rule, found);
        self.ruling(rule, standing, condition, self.state, missing)
    }

    fn ruling(
        &self,
        rule: RuleRef<'a>,
        standing: Standing,
        condition: &Condition,
        state: &State,
        missing: &'a [Missing],
    ) -> Ruling<'a> {
        let (pack, world) = (self.pack, self.world);
        let trace = match &rule {
            RuleRef::Option(_, verdict) => &verdict.trace,
            RuleRef::Requirement(_, found) => &found.trace,
        };
        let turn = turn(condition, pack, state, world);
        let blockers = match turn {
            Some(_) => Vec::new(),
            None => blockers(condition, pack, state, world),
        };
        let unfolded = |it: &Trace| unfold(it, pack, state, world);
        Ruling {
            standing,
            trace: unfolded(trace),
            blockers: blockers.iter().map(unfolded).collect(),
            rule,
            missing,
            turn,
            lift: None,
        }
    }
}

/// Tells whether a requirement's verdict is that of its guard, which is false or undecided.
pub fn judged_by_guard(rule: &Requirement, found: &RequirementState) -> bool {
    let is_guard = |when: &Expression| when.condition.fragment() == found.trace.text;
    found.guarded || rule.when.as_ref().is_some_and(is_guard) && found.verdict != Verdict::True
}

/// Counts rulings by verdict, the most telling first.
pub fn counts<'a>(rulings: impl Iterator<Item = &'a Ruling<'a>>) -> IndexMap<Standing, usize> {
    let mut counts: IndexMap<Standing, usize> = IndexMap::new();
    for ruling in rulings {
        *counts.entry(ruling.standing).or_default() += 1;
    }
    counts.sort_keys();
    counts
}

/// Names a requirement's state in a word.
pub fn verdict_word(state: &RequirementState) -> &'static str {
    match Standing::of_requirement(state) {
        Standing::Fired => "broken",
        other => other.word(),
    }
}
