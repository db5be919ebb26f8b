//! Values at which a condition may turn: what a name is compared with, and what lies beside it.

use super::ast::{BinaryOp, Condition, Expr, ExprKind, NameUse};
use super::eval::Scope;
use super::outcome::Outcome;
use crate::value::Value;

impl Condition {
    /// Lists values at which the condition may turn around, each with the name that would hold it:
    /// what a name is compared with and what lies directly beside that; for a name that stands in
    /// arithmetic or alone, values near its own.
    pub fn boundaries(&self, scope: &dyn Scope) -> Vec<(NameUse, Value)> {
        let mut found = Vec::new();
        self.collect(&self.root, scope, &mut found);
        found
    }

    fn collect(&self, expr: &Expr, scope: &dyn Scope, found: &mut Vec<(NameUse, Value)>) {
        if let ExprKind::Binary(op, left, right) = &expr.kind {
            for (name, other) in [(left, right), (right, left)] {
                if let Some(name) = self.name_at(name) {
                    let values = self.compared(*op, other, scope);
                    found.extend(values.into_iter().map(|value| (name.clone(), value)));
                }
            }
        }
        if let Some(name) = self.name_at(expr) {
            let own = self.value_of(expr, scope);
            found.extend(beside(own.as_ref()).into_iter().map(|value| (name.clone(), value)));
        }
        for child in expr.children() {
            self.collect(child, scope, found);
        }
    }

    fn name_at(&self, expr: &Expr) -> Option<NameUse> {
        let named = matches!(expr.kind, ExprKind::Key(_) | ExprKind::Fact(_));
        named.then(|| self.names().into_iter().find(|name| name.span == expr.span)).flatten()
    }

    /// The values that matter to a name that is compared with `other`.
    fn compared(&self, op: BinaryOp, other: &Expr, scope: &dyn Scope) -> Vec<Value> {
        match self.value_of(other, scope) {
            Some(Value::List(items)) if op == BinaryOp::In => items,
            Some(value) => {
                let mut values = beside(Some(&value));
                values.insert(0, value);
                values
            }
            None => Vec::new(),
        }
    }

    fn value_of(&self, expr: &Expr, scope: &dyn Scope) -> Option<Value> {
        let text = self.text().get(expr.span.start..expr.span.end)?;
        match Self::parse(text).ok()?.evaluate(scope).outcome {
            Outcome::Known(value) => Some(value),
            _ => None,
        }
    }
}

/// Values next to one: neighbours and doubles of integers, the other truth, a hundredth more or
/// less of a float, a MiB more or less of bytes.
fn beside(value: Option<&Value>) -> Vec<Value> {
    const MIB: i64 = 1 << 20;
    match value {
        Some(Value::Bool(truth)) => vec![Value::Bool(!truth)],
        Some(Value::Int(int)) => {
            let near = [int.checked_add(1), int.checked_sub(1), int.checked_mul(2), Some(int / 2)];
            near.into_iter().flatten().map(Value::Int).collect()
        }
        Some(Value::Float(float)) => {
            // Rounded, since 0.5 + 0.01 must not print as 0.51000000000001.
            let near = [float + 0.01, float - 0.01].map(|near| (near * 1e6).round() / 1e6);
            near.into_iter().map(Value::Float).collect()
        }
        Some(Value::Bytes(bytes)) => {
            let near = [bytes.checked_add(MIB), bytes.checked_sub(MIB)];
            near.into_iter().flatten().map(Value::Bytes).collect()
        }
        Some(Value::Null) => vec![Value::Int(1), Value::Bool(true), Value::Str("set".to_owned())],
        Some(Value::Str(_)) => vec![Value::Str("other".to_owned()), Value::Null],
        _ => Vec::new(),
    }
}
