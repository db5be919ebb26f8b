//! What can be told without any value: comparisons that never or always hold, operands that stand
//! twice, sums that always fail. Each is a mistake, since nobody writes it on purpose.

use super::ast::{BinaryOp, Condition, Expr, ExprKind};
use super::builtins::Function;
use super::check::Names;
use super::eval::Nothing;
use super::outcome::Outcome;
use super::range::{Range, Set};
use crate::text::{Fault, join_or, nearest};
use crate::value::Value;

/// Finds every part of a condition that says nothing.
pub(super) fn find(condition: &Condition, names: &dyn Names) -> Vec<Fault> {
    let mut finder = Finder { condition, names, faults: Vec::new() };
    finder.walk(condition.root());
    finder.faults
}

struct Finder<'a> {
    condition: &'a Condition,
    names: &'a dyn Names,
    faults: Vec<Fault>,
}

impl Finder<'_> {
    fn walk(&mut self, expr: &Expr) {
        if let Some(Outcome::Failed(fault)) = self.constant(expr) {
            self.faults.push(*fault);
            return;
        }
        match &expr.kind {
            ExprKind::Binary(op @ (BinaryOp::And | BinaryOp::Or), ..) => {
                let mut operands = Vec::new();
                chain(*op, expr, &mut operands);
                self.joined(*op, &operands);
                for operand in operands {
                    self.walk(operand);
                }
                return;
            }
            ExprKind::Binary(op, left, right) => self.binary(*op, left, right, expr),
            ExprKind::Conditional(_, yes, no) if yes.same_as(no) => {
                self.twice(no, "both branches of the choice are the same");
            }
            ExprKind::Call(builtin, arguments, _)
                if matches!(builtin.function, Function::Min | Function::Max) =>
            {
                self.repeated(arguments);
            }
            ExprKind::List(items) => self.repeated(items),
            _ => {}
        }
        for child in expr.children() {
            self.walk(child);
        }
    }

    fn text(&self, expr: &Expr) -> &str {
        self.condition.text.get(expr.span.start..expr.span.end).unwrap_or_default()
    }

    /// Computes an expression that reads no name.
    fn constant(&self, expr: &Expr) -> Option<Outcome> {
        let compound = !expr.children().is_empty();
        (compound && !expr.reads()).then(|| self.condition.part(expr).outcome(&Nothing))
    }

    fn value(&self, expr: &Expr) -> Option<Value> {
        match &expr.kind {
            ExprKind::Literal(value) => Some(value.clone()),
            _ => match self.constant(expr)? {
                Outcome::Known(value) => Some(value),
                _ => None,
            },
        }
    }

    fn twice(&mut self, expr: &Expr, message: &str) {
        self.faults.push(
            Fault::new("hydrule::condition::repeated", expr.span, message)
                .labelled("stands here again"),
        );
    }

    fn repeated(&mut self, items: &[Expr]) {
        for (index, item) in items.iter().enumerate() {
            if items.iter().take(index).any(|before| before.same_as(item)) {
                let message = format!("`{}` stands twice", self.text(item));
                self.twice(item, &message);
            }
        }
    }

    fn decided(&mut self, holds: bool, expr: &Expr, why: String) {
        let (code, message) = if holds {
            ("hydrule::condition::always_true", "this is always true")
        } else {
            ("hydrule::condition::never_true", "this can never be true")
        };
        self.faults.push(Fault::new(code, expr.span, message).labelled(why));
    }

    fn binary(&mut self, op: BinaryOp, left: &Expr, right: &Expr, whole: &Expr) {
        match op {
            BinaryOp::Divide | BinaryOp::Remainder if self.value(right) == Some(Value::Int(0)) => {
                let fault =
                    Fault::new("hydrule::condition::evaluation", whole.span, "division by zero");
                self.faults.push(fault);
            }
            BinaryOp::Default if left.same_as(right) => {
                self.twice(right, "the default is the value itself");
            }
            BinaryOp::In => self.membership(left, right, whole),
            _ if op.compares() || matches!(op, BinaryOp::Equal | BinaryOp::NotEqual) => {
                self.comparison(op, left, right, whole);
            }
            _ => {}
        }
    }

    fn membership(&mut self, left: &Expr, right: &Expr, whole: &Expr) {
        let ExprKind::List(items) = &right.kind else { return };
        if items.is_empty() {
            self.decided(false, whole, "the list is empty".to_owned());
        }
        for item in items {
            self.word(left, item, item, false);
        }
    }

    fn comparison(&mut self, op: BinaryOp, left: &Expr, right: &Expr, whole: &Expr) {
        if left.same_as(right) {
            let holds =
                matches!(op, BinaryOp::Equal | BinaryOp::LessEqual | BinaryOp::GreaterEqual);
            self.decided(holds, whole, "both sides are the same".to_owned());
            return;
        }
        if let (Some(_), Some(_)) = (self.value(left), self.value(right)) {
            let holds = self.value(whole) == Some(Value::Bool(true));
            self.decided(holds, whole, "both sides are constants".to_owned());
            return;
        }
        let (low, high) = (self.range(left), self.range(right));
        if let Some(holds) = low.compare(op, high) {
            let bounded = if low.is_point() { right } else { left };
            let range = if low.is_point() { high } else { low };
            self.decided(holds, whole, format!("`{}` is {range}", self.text(bounded)));
            return;
        }
        if matches!(op, BinaryOp::Equal | BinaryOp::NotEqual) {
            self.word(left, right, whole, op == BinaryOp::NotEqual);
            self.word(right, left, whole, op == BinaryOp::NotEqual);
        }
    }

    /// Blames a word that a fact never is.
    fn word(&mut self, fact: &Expr, word: &Expr, whole: &Expr, holds: bool) {
        let (ExprKind::Fact(name), ExprKind::Literal(Value::Str(text))) = (&fact.kind, &word.kind)
        else {
            return;
        };
        let Some(values) = self.names.values(name) else { return };
        if values.contains(text) {
            return;
        }
        let near = nearest(text, values.iter().map(String::as_str), 1);
        let why = match near.first() {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("`${name}` is never `{text}`"),
        };
        self.decided(holds, whole, why);
        if let (true, Some(fault)) = (near.is_empty(), self.faults.last_mut()) {
            fault.help = Some(format!("`${name}` is {}", join_or(&values)));
        }
    }

    /// The numbers that an expression may come to.
    fn range(&self, expr: &Expr) -> Range {
        if let Some(value) = self.value(expr) {
            return Range::point(&value);
        }
        match &expr.kind {
            ExprKind::Negate(inner) => self.range(inner).negated(),
            ExprKind::Binary(BinaryOp::Remainder, _, by) => {
                self.value(by).map_or(Range::ALL, |by| Range::remainder(&by))
            }
            ExprKind::Call(builtin, arguments, _) => {
                let ranges = arguments.iter().map(|argument| self.range(argument));
                match builtin.function {
                    Function::Size | Function::Abs => Range::from(0.0),
                    Function::LargestDivisor => Range::from(1.0),
                    Function::Min => ranges.reduce(Range::lesser).unwrap_or(Range::ALL),
                    Function::Max => ranges.reduce(Range::greater).unwrap_or(Range::ALL),
                    _ => Range::ALL,
                }
            }
            _ => Range::ALL,
        }
    }

    /// Compares the operands of a chain of `&&` or `||` with one another.
    fn joined(&mut self, op: BinaryOp, operands: &[&Expr]) {
        let sets: Vec<Option<(&Expr, Set)>> = operands.iter().map(|it| self.set(it)).collect();
        for (index, (operand, set)) in operands.iter().zip(&sets).enumerate() {
            for (before, earlier) in operands.iter().zip(&sets).take(index) {
                let shown = format!("beside `{}`", self.text(before));
                if operand.same_as(before) {
                    let message = format!("`{}` stands twice", self.text(operand));
                    self.twice(operand, &message);
                    break;
                }
                let same = set.as_ref().zip(earlier.as_ref());
                let same = same.filter(|((subject, _), (other, _))| subject.same_as(other));
                let Some(((_, set), (_, earlier))) = same else { continue };
                let and = op == BinaryOp::And;
                if and && set.excludes(earlier)
                    || !and && set.inverse().excludes(&earlier.inverse())
                {
                    self.decided(!and, operand, shown);
                    break;
                }
            }
        }
    }

    /// Reads a comparison with a constant as what it is about and the values that it lets through.
    fn set<'e>(&self, expr: &'e Expr) -> Option<(&'e Expr, Set)> {
        match &expr.kind {
            ExprKind::Not(inner) => self.set(inner).map(|(subject, set)| (subject, set.inverse())),
            ExprKind::Key(_) | ExprKind::Fact(_) => Some((expr, Set::Truth(true))),
            ExprKind::Binary(BinaryOp::In, subject, list) => match self.value(list)? {
                Value::List(items) => Some((subject, Set::OneOf(items))),
                _ => None,
            },
            ExprKind::Binary(op, left, right) => match (self.value(left), self.value(right)) {
                (None, Some(value)) => Some((left, Set::compared(*op, value)?)),
                (Some(value), None) => Some((right, Set::compared(op.mirrored(), value)?)),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Lists the operands of `a && b && c`.
fn chain<'e>(op: BinaryOp, expr: &'e Expr, operands: &mut Vec<&'e Expr>) {
    match &expr.kind {
        ExprKind::Binary(inner, left, right) if *inner == op => {
            chain(op, left, operands);
            chain(op, right, operands);
        }
        _ => operands.push(expr),
    }
}
