//! Expression and world to outcome. Total: every input gives an outcome, nothing panics.

use std::cmp::Ordering;

use super::ast::{BinaryOp, Condition, Expr, ExprKind};
use super::builtins::{Builtin, Function};
use super::outcome::{Evaluation, Outcome, Verdict};
use super::trace::{Role, Trace};
use crate::facts::{Lookup, Missing, Provenance};
use crate::path::KeyPath;
use crate::text::{Fault, Span, compile_pattern};
use crate::value::Value;

/// How a condition sees the world.
pub trait Scope {
    /// Looks up a configuration key.
    fn config(&self, key: &KeyPath) -> Lookup;
    /// Looks up a name that is written with a `$`, given without it.
    fn name(&self, name: &str) -> Lookup;
    /// Computes the expression that a `$name` stands for, given without the `$`; nothing where it
    /// stands for none. What an outcome is about may be several names, or a failure.
    fn named(&self, _name: &str) -> Option<Outcome> {
        None
    }
    /// Looks up the value that a rewrite is about to change.
    fn it(&self) -> Lookup;
    /// Tells whether an override of the launch sets the key.
    fn switched(&self, key: &KeyPath) -> Lookup;
}

/// A world without keys, in which every `$name` is unknown.
pub(super) struct Nothing;

impl Scope for Nothing {
    fn config(&self, _: &KeyPath) -> Lookup {
        Lookup::Absent
    }

    fn name(&self, name: &str) -> Lookup {
        let (why, supply) = (String::new(), String::new());
        Lookup::Unknown(Missing { name: name.to_owned(), why, supply })
    }

    fn it(&self) -> Lookup {
        Lookup::Absent
    }

    fn switched(&self, _: &KeyPath) -> Lookup {
        Lookup::Absent
    }
}

impl Condition {
    /// Computes the expression in a world.
    pub fn evaluate(&self, scope: &dyn Scope) -> Evaluation {
        let trace = Tracer { text: &self.text, scope }.node(self.root());
        Evaluation { outcome: trace.outcome.clone(), trace }
    }

    /// Computes what the expression says as a condition, without the trace.
    pub fn verdict(&self, scope: &dyn Scope) -> Verdict {
        self.outcome(scope).verdict(self.root().span)
    }

    /// Computes the same without the trace, and so without the parts that decide nothing.
    pub fn outcome(&self, scope: &dyn Scope) -> Outcome {
        outcome(self.root(), scope)
    }
}

/// Computes a node, and of its parts those that decide it.
fn outcome(expr: &Expr, scope: &dyn Scope) -> Outcome {
    if let Some((outcome, _)) = look_up(expr, scope) {
        return outcome;
    }
    match &expr.kind {
        ExprKind::Literal(value) => Outcome::Known(value.clone()),
        ExprKind::Binary(op, left, right) => {
            let first = outcome(left, scope);
            let decides = match op {
                BinaryOp::And => first.as_truth() == Some(false),
                BinaryOp::Or => first.as_truth() == Some(true),
                BinaryOp::Default => !matches!(first, Outcome::Absent { .. }),
                _ => false,
            };
            if decides {
                return first;
            }
            let second = outcome(right, scope);
            joined(expr, *op, [&first, &second])
        }
        ExprKind::Conditional(test, yes, no) => {
            match truth_needed(test, &outcome(test, scope), "?") {
                Outcome::Known(truth) => {
                    outcome(if truth == Value::Bool(true) { yes } else { no }, scope)
                }
                undecided => undecided,
            }
        }
        ExprKind::Not(inner) | ExprKind::Negate(inner) => {
            strict(&expr.kind, &[&outcome(inner, scope)], expr.span)
        }
        kind => {
            let operands: Vec<Outcome> =
                expr.children().into_iter().map(|it| outcome(it, scope)).collect();
            strict(kind, &operands.iter().collect::<Vec<_>>(), expr.span)
        }
    }
}

/// Computes a node with all its parts, and keeps how.
struct Tracer<'a> {
    text: &'a str,
    scope: &'a dyn Scope,
}

impl Tracer<'_> {
    fn node(&self, expr: &Expr) -> Trace {
        let made = |outcome, from, role, children| {
            let text = self.text.get(expr.span.start..expr.span.end).unwrap_or_default();
            Trace { span: expr.span, text: text.to_owned(), outcome, from, children, role }
        };
        if let Some((outcome, from)) = look_up(expr, self.scope) {
            return made(outcome, from, Role::Name, Vec::new());
        }
        let children: Vec<Trace> = expr.children().into_iter().map(|it| self.node(it)).collect();
        let outcomes: Vec<&Outcome> = children.iter().map(|it| &it.outcome).collect();
        let role = match &expr.kind {
            ExprKind::Binary(BinaryOp::And, ..) => Role::And,
            ExprKind::Binary(BinaryOp::Or, ..) => Role::Or,
            ExprKind::Not(_) => Role::Not,
            _ => Role::Other,
        };
        let outcome = match (&expr.kind, outcomes.as_slice()) {
            (ExprKind::Literal(value), _) => Outcome::Known(value.clone()),
            (ExprKind::Binary(op, ..), [left, right]) => joined(expr, *op, [left, right]),
            (ExprKind::Conditional(test, ..), [truth, yes, no]) => {
                match truth_needed(test, truth, "?") {
                    Outcome::Known(Value::Bool(true)) => (*yes).clone(),
                    Outcome::Known(_) => (*no).clone(),
                    undecided => undecided,
                }
            }
            (kind, operands) => strict(kind, operands, expr.span),
        };
        made(outcome, None, role, children)
    }
}

/// What a name comes to, and where its value is from.
type Named = (Outcome, Option<Provenance>);

/// Looks up what a node names, or what it asks about a name; nothing for other nodes.
fn look_up(expr: &Expr, scope: &dyn Scope) -> Option<Named> {
    Some(match &expr.kind {
        ExprKind::Key(key) => answered(scope.config(key), || key.to_string()),
        ExprKind::Fact(name) => match scope.named(name) {
            Some(outcome) => named(expr, name, outcome),
            None => answered(scope.name(name), || format!("${name}")),
        },
        ExprKind::It => answered(scope.it(), || "it".to_owned()),
        ExprKind::Call(builtin, arguments, _)
            if matches!(builtin.function, Function::Exists | Function::Switched) =>
        {
            about_key(expr, builtin, arguments, scope)
        }
        _ => return None,
    })
}

fn answered(answer: Lookup, name: impl Fn() -> String) -> Named {
    match answer {
        Lookup::Set(found) => (Outcome::Known(found.value), Some(found.from)),
        Lookup::Absent => (Outcome::Absent { name: name() }, None),
        Lookup::Unknown(missing) => (Outcome::Unknown(vec![missing]), None),
    }
}

/// What stands for an expression comes to what that comes to. To whom reads it, a failure is
/// where the name is, and what does not exist is the name.
fn named(expr: &Expr, name: &str, outcome: Outcome) -> Named {
    let computed = matches!(outcome, Outcome::Known(_)).then_some(Provenance::Computed);
    let outcome = match outcome {
        Outcome::Absent { .. } => Outcome::Absent { name: format!("${name}") },
        Outcome::Failed(mut fault) => {
            fault.span = expr.span;
            Outcome::Failed(fault)
        }
        other => other,
    };
    (outcome, computed)
}

/// `exists` and `switched` ask about the key itself, so an absent one is an answer.
fn about_key(expr: &Expr, builtin: &Builtin, arguments: &[Expr], scope: &dyn Scope) -> Named {
    let key = arguments.first().map(|argument| &argument.kind);
    if let (Function::Exists, Some(ExprKind::Fact(name))) = (builtin.function, key)
        && let Some(outcome) = scope.named(name)
    {
        let outcome = match outcome {
            Outcome::Known(_) => Outcome::truth(true),
            Outcome::Absent { .. } => Outcome::truth(false),
            undecided => undecided,
        };
        return (named(expr, name, outcome).0, None);
    }
    let answer = match (builtin.function, key) {
        (Function::Switched, Some(ExprKind::Key(key))) => scope.switched(key),
        (_, Some(ExprKind::Key(key))) => scope.config(key),
        (_, Some(ExprKind::Fact(name))) => scope.name(name),
        (_, Some(ExprKind::It)) => scope.it(),
        _ => {
            let message = format!("`{}` asks about a key", builtin.name);
            let fault = Fault::new("hydrule::condition::not_a_key", expr.span, message);
            return (Outcome::Failed(Box::new(fault)), None);
        }
    };
    let (outcome, from) = match (builtin.function, answer) {
        (Function::Switched, Lookup::Set(found)) => (Outcome::Known(found.value), Some(found.from)),
        (_, Lookup::Set(found)) => (Outcome::truth(true), Some(found.from)),
        (_, Lookup::Absent) => (Outcome::truth(false), None),
        (_, Lookup::Unknown(missing)) => (Outcome::Unknown(vec![missing]), None),
    };
    // A computed provenance would only say that nothing sets the key.
    (outcome, from.filter(|from| *from != Provenance::Computed))
}

/// Joins two operands by their operator.
fn joined(expr: &Expr, op: BinaryOp, [left, right]: [&Outcome; 2]) -> Outcome {
    match (op, &expr.kind) {
        (BinaryOp::And, ExprKind::Binary(_, one, other)) => {
            logical(false, [(one, left), (other, right)])
        }
        (BinaryOp::Or, ExprKind::Binary(_, one, other)) => {
            logical(true, [(one, left), (other, right)])
        }
        (BinaryOp::Default, _) => match left {
            Outcome::Absent { .. } => right.clone(),
            _ => left.clone(),
        },
        _ => strict(&expr.kind, &[left, right], expr.span),
    }
}

/// Kleene's `&&` (`dominant` false) and `||` (`dominant` true): one dominant operand decides,
/// whatever the other is. An unknown one may turn out to be dominant, so it outweighs an absent or
/// failed one; those only count where everything is told.
fn logical(dominant: bool, operands: [(&Expr, &Outcome); 2]) -> Outcome {
    if operands.iter().any(|(_, outcome)| outcome.as_truth() == Some(dominant)) {
        return Outcome::truth(dominant);
    }
    let sign = if dominant { "||" } else { "&&" };
    let truths = operands.map(|(operand, outcome)| truth_needed(operand, outcome, sign));
    Outcome::unknown(&truths)
        .or_else(|| Outcome::undecided(&truths))
        .unwrap_or(Outcome::truth(!dominant))
}

/// Returns what a node came to; a value that is no truth is a failure.
fn truth_needed(node: &Expr, outcome: &Outcome, sign: &str) -> Outcome {
    match outcome {
        Outcome::Known(value) if outcome.as_truth().is_none() => {
            type_error(node.span, format!("`{sign}` needs true or false, not {}", value.kind()))
        }
        outcome => outcome.clone(),
    }
}

/// Computes what needs all its operands.
fn strict(kind: &ExprKind, operands: &[&Outcome], span: Span) -> Outcome {
    let all_known = operands.iter().all(|it| matches!(it, Outcome::Known(_)));
    if !all_known && let Some(undecided) = Outcome::undecided(operands.iter().copied()) {
        return undecided;
    }
    let result = match (kind, operands) {
        (ExprKind::Binary(op, ..), [Outcome::Known(left), Outcome::Known(right)]) => {
            binary(*op, left, right)
        }
        (ExprKind::List(_), items) => {
            Ok(Value::List(items.iter().copied().filter_map(known).cloned().collect()))
        }
        (ExprKind::Not(_), [Outcome::Known(Value::Bool(truth))]) => Ok(Value::Bool(!truth)),
        (ExprKind::Not(_), [Outcome::Known(other)]) => {
            Err(format!("`!` needs true or false, not {}", other.kind()))
        }
        (ExprKind::Negate(_), [Outcome::Known(value)]) => negate(value),
        (ExprKind::Call(builtin, _, pattern), arguments) => {
            let arguments: Vec<&Value> = arguments.iter().copied().filter_map(known).collect();
            call(builtin, &arguments, pattern.as_ref())
        }
        _ => Err("this cannot be computed".to_owned()),
    };
    result.map_or_else(|why| type_error(span, why), Outcome::Known)
}

fn known(outcome: &Outcome) -> Option<&Value> {
    match outcome {
        Outcome::Known(value) => Some(value),
        _ => None,
    }
}

fn type_error(span: Span, why: String) -> Outcome {
    Outcome::Failed(Box::new(Fault::new("hydrule::condition::evaluation", span, why)))
}

fn negate(value: &Value) -> Result<Value, String> {
    match value {
        Value::Int(int) => int.checked_neg().map(Value::Int).ok_or_else(overflow),
        Value::Bytes(bytes) => bytes.checked_neg().map(Value::Bytes).ok_or_else(overflow),
        Value::Float(float) => Ok(Value::Float(-float)),
        other => Err(format!("`-` needs a number, not {}", other.kind())),
    }
}

fn overflow() -> String {
    "the result does not fit 64 bits".to_owned()
}

fn binary(op: BinaryOp, left: &Value, right: &Value) -> Result<Value, String> {
    match op {
        BinaryOp::Equal => equal(left, right).map(Value::Bool),
        BinaryOp::NotEqual => equal(left, right).map(|same| Value::Bool(!same)),
        BinaryOp::In => contains(left, right).map(Value::Bool),
        _ if op.compares() => compare(op, left, right).map(Value::Bool),
        _ => arithmetic(op, left, right),
    }
}

fn mixes_units(left: &Value, right: &Value) -> bool {
    let number = |value: &Value| matches!(value, Value::Int(_) | Value::Float(_));
    let bytes = |value: &Value| matches!(value, Value::Bytes(_));
    number(left) && bytes(right) || bytes(left) && number(right)
}

fn equal(left: &Value, right: &Value) -> Result<bool, String> {
    if mixes_units(left, right) {
        return Err("a number of bytes and a plain number do not compare".to_owned());
    }
    Ok(left.same_as(right))
}

fn contains(item: &Value, within: &Value) -> Result<bool, String> {
    match within {
        Value::List(items) => Ok(items.iter().any(|other| other.same_as(item))),
        Value::Dict(pairs) => Ok(pairs.iter().any(|(key, _)| key.same_as(item))),
        other => Err(format!("`in` looks into a list or dict, not {}", other.kind())),
    }
}

fn compare(op: BinaryOp, left: &Value, right: &Value) -> Result<bool, String> {
    if mixes_units(left, right) {
        return Err("a number of bytes and a plain number do not compare".to_owned());
    }
    let ordering = match (left, right) {
        (Value::Bytes(left), Value::Bytes(right)) => Some(left.cmp(right)),
        (Value::Str(left), Value::Str(right)) => Some(left.cmp(right)),
        (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
        (Value::Int(_) | Value::Float(_), Value::Int(_) | Value::Float(_)) => {
            left.compare_numbers(right)
        }
        _ => {
            let (sign, left, right) = (op.sign(), left.kind(), right.kind());
            return Err(format!("`{sign}` cannot compare {left} with {right}"));
        }
    };
    // NaN compares as false with everything.
    Ok(ordering.is_some_and(|ordering| match op {
        BinaryOp::Less => ordering == Ordering::Less,
        BinaryOp::LessEqual => ordering != Ordering::Greater,
        BinaryOp::Greater => ordering == Ordering::Greater,
        _ => ordering != Ordering::Less,
    }))
}

fn arithmetic(op: BinaryOp, left: &Value, right: &Value) -> Result<Value, String> {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => integer(op, *left, *right).map(Value::Int),
        (Value::Str(left), Value::Str(right)) if op == BinaryOp::Add => {
            Ok(Value::Str(format!("{left}{right}")))
        }
        (Value::List(left), Value::List(right)) if op == BinaryOp::Add => {
            Ok(Value::List(left.iter().chain(right).cloned().collect()))
        }
        (Value::Bytes(left), Value::Bytes(right)) => of_bytes(op, *left, *right),
        (Value::Bytes(bytes), Value::Int(by)) | (Value::Int(by), Value::Bytes(bytes))
            if op == BinaryOp::Multiply =>
        {
            bytes.checked_mul(*by).map(Value::Bytes).ok_or_else(overflow)
        }
        (Value::Bytes(bytes), Value::Float(by)) | (Value::Float(by), Value::Bytes(bytes))
            if op == BinaryOp::Multiply =>
        {
            scaled(*bytes, |bytes| bytes * by)
        }
        (Value::Bytes(_), by) if op == BinaryOp::Divide && by.as_number() == Some(0.0) => {
            Err("division by zero".to_owned())
        }
        (Value::Bytes(bytes), Value::Int(by)) if op == BinaryOp::Divide => {
            bytes.checked_div(*by).map(Value::Bytes).ok_or_else(overflow)
        }
        (Value::Bytes(bytes), Value::Float(by)) if op == BinaryOp::Divide => {
            scaled(*bytes, |bytes| bytes / by)
        }
        _ => match (left.as_number(), right.as_number()) {
            (Some(left), Some(right)) => floating(op, left, right).map(Value::Float),
            _ => Err(format!("`{}` cannot join {} and {}", op.sign(), left.kind(), right.kind())),
        },
    }
}

fn integer(op: BinaryOp, left: i64, right: i64) -> Result<i64, String> {
    if right == 0 && matches!(op, BinaryOp::Divide | BinaryOp::Remainder) {
        return Err("division by zero".to_owned());
    }
    match op {
        BinaryOp::Add => left.checked_add(right),
        BinaryOp::Subtract => left.checked_sub(right),
        BinaryOp::Multiply => left.checked_mul(right),
        BinaryOp::Divide => left.checked_div(right),
        _ => left.checked_rem(right),
    }
    .ok_or_else(overflow)
}

fn floating(op: BinaryOp, left: f64, right: f64) -> Result<f64, String> {
    Ok(match op {
        BinaryOp::Add => left + right,
        BinaryOp::Subtract => left - right,
        BinaryOp::Multiply => left * right,
        BinaryOp::Divide => left / right,
        _ => return Err("`%` needs two integers".to_owned()),
    })
}

fn of_bytes(op: BinaryOp, left: i64, right: i64) -> Result<Value, String> {
    match op {
        BinaryOp::Add | BinaryOp::Subtract => integer(op, left, right).map(Value::Bytes),
        BinaryOp::Divide if right == 0 => Err("division by zero".to_owned()),
        #[expect(clippy::cast_precision_loss, reason = "a ratio of sizes needs no more digits")]
        BinaryOp::Divide => Ok(Value::Float(left as f64 / right as f64)),
        BinaryOp::Remainder => integer(op, left, right).map(Value::Bytes),
        _ => Err("two numbers of bytes cannot be multiplied".to_owned()),
    }
}

/// Computes with a number of bytes as a float; the result is the nearest whole number.
fn scaled(bytes: i64, by: impl Fn(f64) -> f64) -> Result<Value, String> {
    #[expect(clippy::cast_precision_loss, reason = "sizes in bytes are far below 2^53")]
    let exact = by(bytes as f64).round();
    if !exact.is_finite() || exact.abs() >= 9e18 {
        return Err(overflow());
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked above")]
    Ok(Value::Bytes(exact as i64))
}

fn call(
    builtin: &Builtin,
    arguments: &[&Value],
    pattern: Option<&regex_lite::Regex>,
) -> Result<Value, String> {
    match (builtin.function, arguments) {
        (Function::Abs, [Value::Int(int)]) => {
            int.checked_abs().map(Value::Int).ok_or_else(overflow)
        }
        (Function::Abs, [Value::Bytes(bytes)]) => {
            bytes.checked_abs().map(Value::Bytes).ok_or_else(overflow)
        }
        (Function::Abs, [Value::Float(float)]) => Ok(Value::Float(float.abs())),
        (Function::Floor, [value]) => rounded(value, f64::floor),
        (Function::Ceil, [value]) => rounded(value, f64::ceil),
        (Function::Min, numbers) => extreme(BinaryOp::Less, numbers),
        (Function::Max, numbers) => extreme(BinaryOp::Greater, numbers),
        (Function::Size, [Value::List(items)]) => whole(items.len()),
        (Function::Size, [Value::Dict(pairs)]) => whole(pairs.len()),
        (Function::Size, [Value::Str(text)]) => whole(text.chars().count()),
        (Function::Matches, [Value::Str(text), Value::Str(source)]) => {
            let found = match pattern {
                Some(pattern) => pattern.is_match(text),
                None => compile_pattern(source).map_err(|(_, why)| why)?.is_match(text),
            };
            Ok(Value::Bool(found))
        }
        (Function::LargestDivisor, [Value::Int(n), Value::Int(most)]) => largest_divisor(*n, *most),
        (_, [other, ..]) => Err(format!("`{}` cannot take {}", builtin.name, other.kind())),
        (_, []) => Err(format!("`{}` needs an argument", builtin.name)),
    }
}

fn whole(size: usize) -> Result<Value, String> {
    i64::try_from(size).map(Value::Int).map_err(|_| overflow())
}

fn rounded(value: &Value, round: fn(f64) -> f64) -> Result<Value, String> {
    match value {
        Value::Int(int) => Ok(Value::Int(*int)),
        Value::Float(float) => {
            let round = round(*float);
            #[expect(clippy::cast_possible_truncation, reason = "the range is checked first")]
            if round.abs() < 9e18 { Ok(Value::Int(round as i64)) } else { Err(overflow()) }
        }
        other => Err(format!("a number is needed, not {}", other.kind())),
    }
}

fn extreme(op: BinaryOp, numbers: &[&Value]) -> Result<Value, String> {
    let mut best: Option<&Value> = None;
    for number in numbers {
        if number.as_number().is_none() && !matches!(number, Value::Bytes(_)) {
            return Err(format!("a number is needed, not {}", number.kind()));
        }
        best = match best {
            Some(best) if !compare(op, number, best)? => Some(best),
            _ => Some(number),
        };
    }
    best.cloned().ok_or_else(|| "a number is needed".to_owned())
}

/// Finds the largest divisor of `n` that is at most `most`.
///
/// # Errors
/// Numbers below 1, and an `n` too large to be tried.
pub fn largest_divisor(n: i64, most: i64) -> Result<Value, String> {
    if n < 1 || most < 1 {
        return Err("`largest_divisor` needs numbers from 1 on".to_owned());
    }
    if n > 1 << 40 {
        return Err("`largest_divisor` takes numbers up to 2^40".to_owned());
    }
    let mut best = 1;
    let mut low = 1;
    while low * low <= n {
        if n % low == 0 {
            for divisor in [low, n / low] {
                if divisor <= most {
                    best = best.max(divisor);
                }
            }
        }
        low += 1;
    }
    Ok(Value::Int(best))
}
