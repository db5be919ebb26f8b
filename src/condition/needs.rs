//! The names without which an expression can be nothing, so that rules need not be tried in vain.

use std::collections::BTreeSet;

use super::ast::{BinaryOp, Condition, Expr, ExprKind};
use super::builtins::Function;

impl Condition {
    /// Lists the names, facts with their `$`, of which each must be told for the condition to be
    /// true.
    pub fn needed_to_hold(&self) -> BTreeSet<String> {
        to_hold(self.root())
    }

    /// Lists the names of which each must be told for the expression to have a value.
    pub fn needed_to_know(&self) -> BTreeSet<String> {
        to_know(self.root())
    }
}

fn to_hold(expr: &Expr) -> BTreeSet<String> {
    match &expr.kind {
        ExprKind::Binary(BinaryOp::And, left, right) => &to_hold(left) | &to_hold(right),
        ExprKind::Binary(BinaryOp::Or, left, right) => &to_hold(left) & &to_hold(right),
        _ => to_know(expr),
    }
}

fn to_know(expr: &Expr) -> BTreeSet<String> {
    match &expr.kind {
        ExprKind::Key(key) => BTreeSet::from([key.to_string()]),
        ExprKind::Fact(name) => BTreeSet::from([format!("${name}")]),
        // One side may decide alone.
        ExprKind::Binary(BinaryOp::And | BinaryOp::Or, left, right) => {
            &to_know(left) & &to_know(right)
        }
        // An absent left side has a value all the same.
        ExprKind::Binary(BinaryOp::Default, ..) => BTreeSet::new(),
        ExprKind::Conditional(test, ..) => to_know(test),
        // These ask about a name, not for its value.
        ExprKind::Call(builtin, ..)
            if matches!(builtin.function, Function::Exists | Function::Switched) =>
        {
            BTreeSet::new()
        }
        _ => expr.children().into_iter().map(to_know).fold(BTreeSet::new(), |all, one| &all | &one),
    }
}
