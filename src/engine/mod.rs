//! The engine: from what a job was launched with and how it died to a plan that explains itself.
//!
//! [`State`] is what can change (overrides and directives), [`World`] what cannot (the log, the
//! environment, parameters). [`View`] shows both to a condition. [`plan`] judges every rule,
//! tries each candidate on a copy of the state, and keeps the reason for every verdict.

mod alias;
mod apply;
mod base;
mod bound;
mod broken;
mod certificate;
mod certify;
mod entries;
mod estimate;
mod frames;
mod interpolate;
mod invariant;
mod judge;
mod judged;
mod lift;
mod pin;
mod plan;
mod reach;
mod relevance;
mod require;
mod scope;
mod search;
mod stand;
mod state;
mod target;
mod tried;
mod turn;
mod unfold;
mod unsettled;
mod verdict;
mod weight;
mod world;

pub use alias::two_names;
pub use apply::{NotApplied, Write, writes};
pub use base::{Base, Made};
pub use broken::{Broken, check_broken};
pub use certificate::{Arrival, Certificate, Examined, Move, Part, Reason, Search};
pub use certify::{Refused, certify};
pub use entries::Entries;
pub use estimate::{EstimateState, Peak, compare_estimates};
pub use invariant::{InvariantEffect, InvariantState, spares};
pub use judge::{Judgement, judge, verdict};
pub use judged::Judged;
pub use lift::lift;
pub use pin::{Pin, pinned};
pub use plan::{Request, decide, decide_after, judge_option, plan};
pub use reach::{Bound, Range};
pub use relevance::options as relevant_options;
pub use require::{
    RequirementState, Settled, Standing, check_one, check_requirements, mend, requirement_verdicts,
    settle,
};
pub use scope::View;
pub use search::{Goal, Pursued, Pursuit, Weights, totals};
pub use state::{Entry, KeyChange, State};
pub use target::Target;
pub use tried::{Bisected, Tried, tried_before, tried_record};
pub use turn::{Change, Turn, blockers, suppose, turn};
pub use unfold::unfold;
pub use unsettled::{Discord, Unsettled, Want};
pub use verdict::{Applied, Decision, Plan, Rejection, Repair, RuleVerdict, Status, Step};
pub use world::{Failure, World};
