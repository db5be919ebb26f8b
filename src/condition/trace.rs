use std::mem::discriminant;

use super::outcome::Outcome;
use crate::facts::Provenance;
use crate::text::Span;

/// One node of an evaluation: what it says, what it came to, and why.
#[derive(Debug, Clone)]
pub struct Trace {
    /// Where the node stands in the expression.
    pub span: Span,
    /// Its text.
    pub text: String,
    /// What it came to.
    pub outcome: Outcome,
    /// For a name: where its value comes from.
    pub from: Option<Provenance>,
    /// The parts, in order of the text.
    pub children: Vec<Trace>,
    pub(super) role: Role,
}

/// How a node's parts decide it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    And,
    Or,
    Not,
    Name,
    Other,
}

impl Trace {
    /// Returns the parts that `&&` or `||` connect, chains of the same operator flattened, and
    /// whether all of them are wanted; nothing for other nodes.
    pub fn joined(&self) -> Option<(bool, Vec<&Self>)> {
        if !matches!(self.role, Role::And | Role::Or) {
            return None;
        }
        let mut parts = Vec::new();
        for child in &self.children {
            match child.joined().filter(|_| child.role == self.role) {
                Some((_, inner)) => parts.extend(inner),
                None => parts.push(child),
            }
        }
        Some((self.role == Role::And, parts))
    }

    /// Tells whether the node is a name: a key, a fact, or `it`.
    pub fn is_name(&self) -> bool {
        self.role == Role::Name
    }
}

/// Returns the nodes that decide the verdict: for a false conjunction its first false part, for a
/// true disjunction its first true one, for an undecided one its first undecided part.
pub fn deciding_leaves(trace: &Trace) -> Vec<&Trace> {
    let mut leaves = Vec::new();
    collect(trace, &mut leaves);
    leaves
}

fn collect<'a>(trace: &'a Trace, out: &mut Vec<&'a Trace>) {
    let truth = trace.outcome.as_truth();
    let decisive = match (trace.role, truth) {
        (Role::And, Some(false)) => trace.children.iter().find(|it| it.outcome.as_truth() == truth),
        (Role::Or, Some(true)) => trace.children.iter().find(|it| it.outcome.as_truth() == truth),
        // An unknown operand outweighs an absent one, so the first undecided one may not decide.
        (Role::And | Role::Or, None) => {
            let state = discriminant(&trace.outcome);
            let mut undecided = trace.children.iter().filter(|it| it.outcome.as_truth().is_none());
            undecided.clone().find(|it| discriminant(&it.outcome) == state).or(undecided.next())
        }
        (Role::And | Role::Or | Role::Not, _) => {
            for child in &trace.children {
                collect(child, out);
            }
            return;
        }
        _ => None,
    };
    match decisive {
        Some(child) => collect(child, out),
        None => out.push(trace),
    }
}
