//! What a goal and an option say of a state, in words that two evaluations of one state share.

use super::certificate::Reason;
use super::invariant::InvariantEffect;
use super::judge::judge;
use super::state::State;
use super::verdict::{Rejection, Status};
use super::world::World;
use crate::condition::{Condition, Outcome, Trace, Verdict, deciding_leaves};
use crate::facts::Missing;
use crate::pack::Pack;
use crate::text::join_and;

/// How a condition stands on a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stand {
    /// `true`, `false`, `absent`, `unknown` or `failed`.
    pub verdict: &'static str,
    /// What decides that; empty where it is true.
    pub because: String,
}

impl Default for Stand {
    fn default() -> Self {
        Self { verdict: "true", because: String::new() }
    }
}

impl Stand {
    pub fn is_true(&self) -> bool {
        self.verdict == "true"
    }
}

/// Judges a condition on a state.
pub(super) fn stand(condition: &Condition, pack: &Pack, state: &State, world: &World) -> Stand {
    let judgement = judge(condition, pack, state, world);
    let (verdict, because) = match &judgement.verdict {
        Verdict::True => return Stand::default(),
        Verdict::False => ("false", leaf(&judgement.trace)),
        Verdict::Absent(name) => ("absent", format!("{name} does not exist")),
        Verdict::Unknown(missing) => ("unknown", untold(missing)),
        Verdict::Failed(fault) => ("failed", fault.message.clone()),
    };
    Stand { verdict, because }
}

/// Says why an option is no step.
pub(super) fn reason(status: &Status, trace: &Trace) -> Reason {
    let made = |kind: &str, rule: Option<&String>, text: String| Reason {
        kind: kind.to_owned(),
        rule: rule.cloned(),
        text,
    };
    match status {
        Status::NotApplicable => made("condition", None, leaf(trace)),
        Status::Unknown(missing) => made("unknown", None, untold(missing)),
        Status::Failed(fault) => made("failed", None, fault.message.clone()),
        Status::Rejected(rejection) => match rejection {
            Rejection::Breaks { requirement, message }
            | Rejection::Worsens { requirement, message } => {
                made("requirement", Some(requirement), message.clone())
            }
            Rejection::Pinned { key, by } => {
                made("pinned", None, format!("{key} is pinned by {by}"))
            }
            Rejection::ChangesInvariant { id, effect } => {
                let text = match effect {
                    InvariantEffect::Changed(from, to) => format!("{from} → {to}"),
                    InvariantEffect::Preserved(value) => value.to_string(),
                    InvariantEffect::Unknown(missing) => untold(missing),
                };
                made("invariant", Some(id), text)
            }
            Rejection::LeavesUnknown { requirement, missing } => {
                made("strict", Some(requirement), untold(missing))
            }
            Rejection::NeedsUnknown(missing) => made("unknown", None, untold(missing)),
            Rejection::Unsettled(unsettled) => made("unsettled", None, unsettled.why()),
            Rejection::Held { key, bound } => made("bound", None, format!("{key} is {bound}")),
            Rejection::TriedBefore { from, .. } => made("tried", None, from.to_string()),
            Rejection::ChangesNothing => {
                made("changes nothing", None, "everything it sets is so already".to_owned())
            }
            // With a goal nobody asks what an option relieves.
            Rejection::DoesNotRelieve { place } | Rejection::Loads { place } => {
                made("relief", None, place.clone())
            }
            Rejection::NoFailure | Rejection::PlaceUnknown => made("relief", None, String::new()),
        },
        _ => made("", None, String::new()),
    }
}

fn untold(missing: &[Missing]) -> String {
    match missing.first() {
        Some(first) => format!("{}: {}", first.name, first.why),
        None => "nothing tells".to_owned(),
    }
}

/// Shows what decides a condition, with the values that it reads.
fn leaf(trace: &Trace) -> String {
    let Some(leaf) = deciding_leaves(trace).first().copied() else { return String::new() };
    let words: Vec<&str> = leaf.text.split_whitespace().collect();
    let text = words.join(" ");
    let mut read = Vec::new();
    collect(leaf, &mut read);
    let values: Vec<String> =
        read.iter().map(|(name, value)| format!("{name} is {value}")).collect();
    if values.is_empty() { text } else { format!("`{text}`, but {}", join_and(&values)) }
}

fn collect(trace: &Trace, out: &mut Vec<(String, String)>) {
    if trace.is_name() {
        let value = match &trace.outcome {
            Outcome::Known(value) => value.to_string(),
            Outcome::Absent { .. } => "absent".to_owned(),
            Outcome::Unknown(_) => "unknown".to_owned(),
            Outcome::Failed(fault) => fault.message.clone(),
        };
        let pair = (trace.text.clone(), value);
        if !out.contains(&pair) {
            out.push(pair);
        }
        return;
    }
    for child in &trace.children {
        collect(child, out);
    }
}
