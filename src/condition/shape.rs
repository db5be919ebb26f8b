//! Taking an expression apart, for those who reason about rules instead of evaluating them.

use super::ast::{BinaryOp, Condition, Expr, ExprKind, NameUse};
use super::builtins::Function;
use crate::value::Value;

impl Condition {
    /// Returns the text of this expression alone, where it is a part of a larger one.
    pub fn fragment(&self) -> &str {
        let (start, end) = (self.root().span.start, self.root().span.end);
        self.text.get(start..end).unwrap_or(&self.text)
    }

    /// Splits `a && b && c` into its parts; every other expression is its own only part.
    pub fn conjuncts(&self) -> Vec<Self> {
        let mut open = vec![self.root()];
        let mut parts = Vec::new();
        while let Some(next) = open.pop() {
            match &next.kind {
                ExprKind::Binary(BinaryOp::And, left, right) => open.extend([&**right, &**left]),
                _ => parts.push(self.part(next)),
            }
        }
        parts
    }

    /// Lists what `&&`, `||` and `!` connect: for each comparison its operands, the items of a list
    /// one by one; for anything else the expression itself.
    pub fn terms(&self) -> Vec<Vec<Self>> {
        let mut terms = Vec::new();
        self.collect_terms(self.root(), &mut terms);
        terms
    }

    fn collect_terms(&self, expr: &Expr, terms: &mut Vec<Vec<Self>>) {
        match &expr.kind {
            ExprKind::Binary(BinaryOp::And | BinaryOp::Or, left, right) => {
                self.collect_terms(left, terms);
                self.collect_terms(right, terms);
            }
            ExprKind::Not(inner) => self.collect_terms(inner, terms),
            ExprKind::Binary(op, left, right) if splits(*op, right) => {
                terms.push([&**left, &**right].into_iter().flat_map(|it| self.items(it)).collect());
            }
            _ => terms.push(vec![self.part(expr)]),
        }
    }

    fn items(&self, expr: &Expr) -> Vec<Self> {
        match &expr.kind {
            ExprKind::List(items) => items.iter().map(|item| self.part(item)).collect(),
            _ => vec![self.part(expr)],
        }
    }

    /// Returns the name, if the expression is nothing but one.
    pub fn as_name(&self) -> Option<NameUse> {
        match &self.root().kind {
            ExprKind::Key(_) | ExprKind::Fact(_) => self.names().into_iter().next(),
            _ => None,
        }
    }

    /// Returns the name and the number of `name % number`, the number being above 0.
    pub fn as_remainder(&self) -> Option<(NameUse, i64)> {
        match &self.root().kind {
            ExprKind::Binary(BinaryOp::Remainder, name, by) => match self.part(by).as_literal()? {
                Value::Int(by) if by > 0 => Some((self.part(name).as_name()?, by)),
                _ => None,
            },
            _ => None,
        }
    }

    /// Returns the value and the name of `value in name`.
    pub fn as_membership(&self) -> Option<(Value, NameUse)> {
        match &self.root().kind {
            ExprKind::Binary(BinaryOp::In, value, name) => {
                Some((self.part(value).as_literal()?, self.part(name).as_name()?))
            }
            _ => None,
        }
    }

    /// Returns the value, if the expression is nothing but one, with or without a minus.
    pub fn as_literal(&self) -> Option<Value> {
        match &self.root().kind {
            ExprKind::Literal(value) => Some(value.clone()),
            ExprKind::Negate(inner) => match &inner.kind {
                ExprKind::Literal(Value::Int(int)) => int.checked_neg().map(Value::Int),
                ExprKind::Literal(Value::Float(float)) => Some(Value::Float(-float)),
                _ => None,
            },
            _ => None,
        }
    }

    /// Tells whether the expression reads `it`, the value that is about to change.
    pub fn reads_it(&self) -> bool {
        let mut open = vec![self.root()];
        while let Some(next) = open.pop() {
            if matches!(next.kind, ExprKind::It) {
                return true;
            }
            open.extend(next.children());
        }
        false
    }

    /// Returns the part that says where a rewrite leads: below the calls that only hold its value,
    /// such as `max(it / 2, 1)`.
    pub fn movement(&self) -> Self {
        let mut at = self.root();
        while let ExprKind::Call(builtin, arguments, _) = &at.kind {
            let holds = [Function::Max, Function::Min, Function::LargestDivisor];
            let mut moving = arguments.iter().filter(|it| self.part(it).reads_it());
            match (moving.next(), moving.next()) {
                (Some(inner), None) if holds.contains(&builtin.function) => at = inner,
                _ => break,
            }
        }
        self.part(at)
    }

    /// Makes a part of this expression one of its own.
    pub(super) fn part(&self, expr: &Expr) -> Self {
        Self::new(self.text.clone(), expr.clone())
    }
}

/// Only `in` over a list that is written out says no more than comparisons do.
fn splits(op: BinaryOp, right: &Expr) -> bool {
    match op {
        BinaryOp::In => matches!(right.kind, ExprKind::List(_)),
        BinaryOp::Equal | BinaryOp::NotEqual => true,
        _ => op.compares(),
    }
}
