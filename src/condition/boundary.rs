//! How a condition reads its names: where another value could turn it around.

use super::ast::{BinaryOp, Condition, Expr, ExprKind, NameUse};
use super::builtins::Function;
use super::eval::Scope;
use super::outcome::Outcome;
use crate::value::Value;

/// One reading of a name, and what decides there.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The name.
    pub name: NameUse,
    /// What becomes of its value.
    pub role: ReadingRole,
}

/// What an expression does with the value of a name.
#[derive(Debug, Clone, PartialEq)]
pub enum ReadingRole {
    /// It is a truth by itself.
    Truth,
    /// It is compared with these values, as far as they are known.
    Compared(Vec<Value>),
    /// It is a list that is searched for this item.
    Searched(Value),
    /// Something is computed from it; `stepwise` where that jumps from number to number, as
    /// remainders do.
    Computed {
        /// Whether neighbouring numbers may differ.
        stepwise: bool,
    },
    /// Only whether it is there is asked.
    Presence,
}

/// Where in an expression the walk is.
#[derive(Debug, Clone, Copy)]
enum Place {
    Logic,
    Arithmetic { stepwise: bool },
}

impl Condition {
    /// Lists every reading of a name. `stepwise` says that the whole expression stands inside
    /// something that jumps, as the definition of a name that is divided by.
    pub fn readings(&self, scope: &dyn Scope, stepwise: bool) -> Vec<Reading> {
        let mut found = Vec::new();
        let place = if stepwise { Place::Arithmetic { stepwise } } else { Place::Logic };
        self.read(self.root(), place, scope, &mut found);
        found
    }

    fn read(&self, expr: &Expr, place: Place, scope: &dyn Scope, found: &mut Vec<Reading>) {
        if let Some(name) = self.name_at(expr) {
            let role = match place {
                Place::Logic => ReadingRole::Truth,
                Place::Arithmetic { stepwise } => ReadingRole::Computed { stepwise },
            };
            found.push(Reading { name, role });
            return;
        }
        let inside = match (&expr.kind, place) {
            (ExprKind::Binary(BinaryOp::And | BinaryOp::Or, ..) | ExprKind::Not(_), _) => {
                Place::Logic
            }
            (ExprKind::Binary(op, left, right), _) if op.relates() => {
                self.read_relation(*op, (left, right), scope, found);
                return;
            }
            (ExprKind::Call(builtin, arguments, _), _) => match (builtin.function, place) {
                (Function::Exists | Function::Switched, _) => {
                    let names = arguments.iter().filter_map(|argument| self.name_at(argument));
                    let role = ReadingRole::Presence;
                    found.extend(names.map(|name| Reading { name, role: role.clone() }));
                    return;
                }
                (Function::LargestDivisor, _) => Place::Arithmetic { stepwise: true },
                (_, Place::Logic) => Place::Arithmetic { stepwise: false },
                _ => place,
            },
            (ExprKind::Binary(BinaryOp::Remainder, ..), _) => Place::Arithmetic { stepwise: true },
            (ExprKind::Conditional(test, yes, no), _) => {
                self.read(test, Place::Logic, scope, found);
                self.read(yes, place, scope, found);
                self.read(no, place, scope, found);
                return;
            }
            (ExprKind::Binary(..) | ExprKind::Negate(_) | ExprKind::List(_), Place::Logic) => {
                Place::Arithmetic { stepwise: false }
            }
            _ => place,
        };
        for child in expr.children() {
            self.read(child, inside, scope, found);
        }
    }

    /// Reads both sides of a comparison or of `in`.
    fn read_relation(
        &self,
        op: BinaryOp,
        (left, right): (&Expr, &Expr),
        scope: &dyn Scope,
        found: &mut Vec<Reading>,
    ) {
        for (side, other, is_left) in [(left, right, true), (right, left, false)] {
            let Some(name) = self.name_at(side) else {
                self.read(side, Place::Arithmetic { stepwise: false }, scope, found);
                continue;
            };
            let role = match (self.value_of(other, scope), op) {
                (Some(item), BinaryOp::In) if !is_left => ReadingRole::Searched(item),
                (Some(Value::List(items)), BinaryOp::In) => ReadingRole::Compared(items),
                (value, _) => ReadingRole::Compared(value.into_iter().collect()),
            };
            found.push(Reading { name, role });
        }
    }

    fn name_at(&self, expr: &Expr) -> Option<NameUse> {
        let named = matches!(expr.kind, ExprKind::Key(_) | ExprKind::Fact(_));
        named.then(|| self.names().into_iter().find(|name| name.span == expr.span)).flatten()
    }

    fn value_of(&self, expr: &Expr, scope: &dyn Scope) -> Option<Value> {
        let part = self.part(expr);
        match part.outcome(scope) {
            Outcome::Known(value) => Some(value),
            _ => None,
        }
    }
}

impl BinaryOp {
    /// Tells whether the operator relates two values to a truth.
    fn relates(self) -> bool {
        self.compares() || matches!(self, Self::Equal | Self::NotEqual | Self::In)
    }
}
