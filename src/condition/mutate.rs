//! Small changes of an expression, each of which a good test would notice.

use super::ast::{BinaryOp, Condition, Expr, ExprKind};
use super::builtins::Function;
use super::check::Type;
use crate::text::{Edit, Span, apply_edits};
use crate::value::Value;

impl Condition {
    /// Lists changes of the text, each of one operator, value or part: comparisons are moved and
    /// turned around, bounds shifted, parts of `&&`, `||` and `??` dropped, truths negated.
    pub fn mutations(&self) -> Vec<Edit> {
        let mut edits = Vec::new();
        self.mutate(self.root(), false, &mut edits);
        edits
    }

    /// Returns the expression after a change of its text, where that is one.
    pub fn mutated(&self, edit: &Edit) -> Option<Self> {
        let text = apply_edits(&self.text, std::slice::from_ref(edit)).ok()?;
        Self::parse(&text).ok()
    }

    /// Tells whether two expressions say the same, however they are written.
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.root().same_as(other.root())
    }

    /// `computes` tells whether the expression is a part of a comparison, and no truth by itself.
    fn mutate(&self, expr: &Expr, computes: bool, out: &mut Vec<Edit>) {
        match &expr.kind {
            ExprKind::Binary(BinaryOp::And | BinaryOp::Or, ..) => {
                self.mutate_chain(expr, out);
                return;
            }
            ExprKind::Binary(op, left, right) => {
                self.mutate_operator(*op, left, right, out);
                if *op == BinaryOp::In {
                    out.push(self.negated(expr));
                }
                for side in [left, right] {
                    self.mutate(side, true, out);
                }
                return;
            }
            ExprKind::Not(inner) => {
                out.push(Edit::new(expr.span, self.text_of(inner)));
                // `!x` and `x` are all that a name can say.
                if !matches!(inner.kind, ExprKind::Key(_) | ExprKind::Fact(_)) {
                    self.mutate_inside(inner, out);
                }
                return;
            }
            ExprKind::Conditional(test, yes, no) => {
                self.mutate(test, false, out);
                self.mutate(yes, computes, out);
                self.mutate(no, computes, out);
                return;
            }
            ExprKind::Literal(value) => out.extend(self.shifted(expr, value)),
            ExprKind::Key(_) | ExprKind::Fact(_) if !computes => out.push(self.negated(expr)),
            ExprKind::Call(builtin, arguments, _) => {
                let other = match builtin.function {
                    Function::Max => Some("min"),
                    Function::Min => Some("max"),
                    Function::Floor => Some("ceil"),
                    Function::Ceil => Some("floor"),
                    _ => None,
                };
                if let Some(other) = other {
                    let start = expr.span.start;
                    out.push(Edit::new(Span::new(start, start + builtin.name.len()), other));
                }
                if builtin.result == Type::Bool {
                    out.push(self.negated(expr));
                    return;
                }
                arguments.iter().for_each(|argument| self.mutate(argument, true, out));
                return;
            }
            _ => {}
        }
        expr.children().into_iter().for_each(|child| self.mutate(child, true, out));
    }

    /// Goes on below a negation, whose own truth is turned around already.
    fn mutate_inside(&self, inner: &Expr, out: &mut Vec<Edit>) {
        let mut found = Vec::new();
        self.mutate(inner, false, &mut found);
        let whole = self.negated(inner);
        out.extend(found.into_iter().filter(|edit| *edit != whole));
    }

    /// Drops each part of `a && b && c`, and goes on inside them.
    fn mutate_chain(&self, expr: &Expr, out: &mut Vec<Edit>) {
        let mut parts = Vec::new();
        chain(expr, &mut parts);
        for (index, part) in parts.iter().enumerate() {
            let before = index.checked_sub(1).and_then(|before| parts.get(before));
            let gone = match (before, parts.get(index + 1)) {
                (Some(before), _) => Span::new(before.span.end, part.span.end),
                (None, Some(after)) => Span::new(part.span.start, after.span.start),
                (None, None) => continue,
            };
            out.push(Edit::new(gone, ""));
        }
        if let ExprKind::Binary(op, left, right) = &expr.kind {
            let other = if *op == BinaryOp::And { BinaryOp::Or } else { BinaryOp::And };
            out.extend(self.operator(*op, left, right, other));
        }
        parts.into_iter().for_each(|part| self.mutate(part, false, out));
    }

    fn mutate_operator(&self, op: BinaryOp, left: &Expr, right: &Expr, out: &mut Vec<Edit>) {
        use BinaryOp as Op;
        let others: &[Op] = match op {
            Op::Equal => &[Op::NotEqual],
            Op::NotEqual => &[Op::Equal],
            Op::Less => &[Op::LessEqual, Op::GreaterEqual],
            Op::LessEqual => &[Op::Less, Op::Greater],
            Op::Greater => &[Op::GreaterEqual, Op::LessEqual],
            Op::GreaterEqual => &[Op::Greater, Op::Less],
            Op::Add => &[Op::Subtract],
            Op::Subtract => &[Op::Add],
            Op::Multiply => &[Op::Divide],
            Op::Divide | Op::Remainder => &[Op::Multiply],
            Op::Default => {
                out.push(Edit::new(Span::new(left.span.end, right.span.end), ""));
                return;
            }
            Op::And | Op::Or | Op::In => &[],
        };
        out.extend(others.iter().filter_map(|other| self.operator(op, left, right, *other)));
    }

    /// Writes another operator between two operands.
    fn operator(&self, op: BinaryOp, left: &Expr, right: &Expr, other: BinaryOp) -> Option<Edit> {
        let between = self.text.get(left.span.end..right.span.start)?;
        let start = left.span.end + between.find(op.sign())?;
        Some(Edit::new(Span::new(start, start + op.sign().len()), other.sign()))
    }

    /// Shifts a number by the smallest step that people would write, and turns a truth around.
    fn shifted(&self, expr: &Expr, value: &Value) -> Vec<Edit> {
        let text = self.text_of(expr);
        let plain = text.trim_start_matches('(').trim_end_matches(')').trim();
        let digits = plain.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%');
        let unit = plain.strip_prefix(digits).unwrap_or_default();
        let shown: Vec<String> = match value {
            Value::Bool(truth) => vec![(!truth).to_string()],
            Value::Int(int) => [int.checked_add(1), int.checked_sub(1)]
                .into_iter()
                .flatten()
                .map(wrapped)
                .collect(),
            Value::Bytes(_) | Value::Float(_) => match (digits.parse::<i64>(), unit) {
                (Ok(int), unit) => {
                    let near = [int.saturating_add(1), int.saturating_sub(1)];
                    near.map(|it| format!("{it}{unit}")).to_vec()
                }
                (Err(_), unit) => match digits.parse::<f64>() {
                    Ok(float) if float != 0.0 => vec![format!("{:?}{unit}", float * 2.0)],
                    _ => Vec::new(),
                },
            },
            _ => Vec::new(),
        };
        shown.into_iter().map(|new| Edit::new(expr.span, new)).collect()
    }

    fn negated(&self, expr: &Expr) -> Edit {
        let text = self.text_of(expr);
        let bare = !matches!(expr.kind, ExprKind::Binary(..) | ExprKind::Conditional(..));
        let text = if bare || text.starts_with('(') { text } else { format!("({text})") };
        Edit::new(expr.span, format!("!{text}"))
    }

    fn text_of(&self, expr: &Expr) -> String {
        self.text.get(expr.span.start..expr.span.end).unwrap_or_default().to_owned()
    }
}

/// A negative number after an operator stands in parentheses.
fn wrapped(int: i64) -> String {
    if int < 0 { format!("({int})") } else { int.to_string() }
}

/// Lists the parts that one operator connects without parentheses between them.
fn chain<'a>(expr: &'a Expr, parts: &mut Vec<&'a Expr>) {
    let ExprKind::Binary(op, left, right) = &expr.kind else { return };
    let same = |side: &Expr| match &side.kind {
        ExprKind::Binary(inner, first, last) => {
            inner == op && side.span == first.span.cover(last.span)
        }
        _ => false,
    };
    for side in [left, right] {
        if same(side) { chain(side, parts) } else { parts.push(side) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mutants(text: &str) -> Vec<String> {
        let condition = Condition::parse(text).unwrap();
        let edits = condition.mutations();
        edits.iter().filter_map(|it| Some(condition.mutated(it)?.text().to_owned())).collect()
    }

    #[test]
    fn comparisons_are_moved_and_turned_around() {
        assert_eq!(mutants("a < 2"), ["a <= 2", "a >= 2", "a < 3", "a < 1"]);
        assert_eq!(mutants("a == b"), ["a != b"]);
        assert_eq!(mutants("a in [1]"), ["!(a in [1])", "a in [2]", "a in [0]"]);
        assert_eq!(mutants("a > 2GiB"), ["a >= 2GiB", "a <= 2GiB", "a > 3GiB", "a > 1GiB"]);
        assert_eq!(mutants("a > 0.2"), ["a >= 0.2", "a <= 0.2", "a > 0.4"]);
    }

    #[test]
    fn parts_are_dropped_where_they_stand() {
        assert_eq!(mutants("a && b"), ["b", "a", "a || b", "!a && b", "a && !b"]);
        let three = mutants("$x &&\n  (a || b) && c");
        assert_eq!(three.first().unwrap(), "(a || b) && c");
        assert!(three.contains(&"$x && c".to_owned()), "{three:?}");
        assert!(three.contains(&"$x &&\n  (a || b)".to_owned()), "{three:?}");
        assert!(three.contains(&"$x &&\n  (b) && c".to_owned()), "{three:?}");
        assert_eq!(mutants("!a"), ["a"]);
        assert_eq!(mutants("a ?? 1"), ["a", "a ?? 2", "a ?? 0"]);
    }

    #[test]
    fn what_is_computed_is_computed_otherwise() {
        assert_eq!(mutants("it / 2"), ["it * 2", "it / 3", "it / 1"]);
        assert_eq!(mutants("max(a, true)"), ["min(a, true)", "max(a, false)"]);
        assert_eq!(mutants("exists(a)"), ["!exists(a)"]);
        assert_eq!(mutants("a ? 1 : b"), ["!a ? 1 : b", "a ? 2 : b", "a ? 0 : b", "a ? 1 : !b"]);
    }
}
