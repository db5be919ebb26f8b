//! Why no cheaper plan makes the goal true: everything that is cheaper, and what it violates.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// The proof that a plan is the cheapest, or that there is none. Costs are whole units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// The goal.
    pub goal: String,
    /// What the plan costs; none where no plan makes the goal true.
    pub cost: Option<u64>,
    /// The options of the plan, in order.
    pub plan: Vec<String>,
    /// What was searched: safe options first, then all of them if that was in vain.
    pub searches: Vec<Search>,
}

/// One search among some of the options.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// Whether unsafe options were among them.
    pub with_unsafe: bool,
    /// What the cheapest plan costs; none where there is none.
    pub cost: Option<u64>,
    /// Parts that share nothing, so that their costs add; one that fails stands alone.
    pub parts: Vec<Part>,
}

/// A part of the goal, with everything that bears on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The conjuncts of the goal.
    pub goal: Vec<String>,
    /// The keys and directives that options can write and that decide this part; none where
    /// anything may bear on anything.
    pub frame: Option<Vec<String>>,
    /// The options that write one of them, with the cost of a step.
    pub options: IndexMap<String, u64>,
    /// The cheapest sequence for this part.
    pub plan: Vec<String>,
    /// What it costs; none where there is none.
    pub cost: Option<u64>,
    /// Every state that costs less than that, the input first, cheapest first.
    pub states: Vec<Examined>,
}

/// A state that is too cheap to be wanted, or one of all that can be reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Examined {
    /// What the cheapest way to it costs.
    pub cost: u64,
    /// The last step of that way; none for the input.
    pub by: Option<Arrival>,
    /// The overrides that differ from the input.
    pub overrides: Vec<String>,
    /// The directives that differ from the input, with their values.
    pub directives: IndexMap<String, String>,
    /// What the goal says of it: `false`, `absent`, `unknown` or `failed`.
    pub goal: String,
    /// What decides that.
    pub because: String,
    /// What each option of the part does to it.
    pub options: Vec<Move>,
}

/// One step to a state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arrival {
    /// The state before, as its place in the list.
    pub state: usize,
    /// The option.
    pub option: String,
}

/// What an option does to a state: it leads to a state of the list, or to one that is not cheaper
/// than the plan, or it is no step at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Move {
    /// The option.
    pub option: String,
    /// What the way over it costs, step included.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cost: Option<u64>,
    /// The state it leads to, as its place in the list.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub to: Option<usize>,
    /// Why it is no step.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub why_not: Option<Reason>,
}

/// Why an option is no step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// What kind of reason: `condition`, `unknown`, `failed`, `changes nothing`, `bound`,
    /// `requirement`, `invariant`, `strict` or `unsettled`.
    pub kind: String,
    /// The requirement or invariant that is in the way.
    pub rule: Option<String>,
    /// The reason in words.
    pub text: String,
}
