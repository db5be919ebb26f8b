//! What is wrong with a condition before anything runs: names, types, hopeless comparisons.

use super::ast::{BinaryOp, Condition, Expr, ExprKind};
use super::builtins::{Builtin, Function};
use super::vain;
use crate::path::KeyPath;
use crate::text::{Fault, Span, nearest};
use crate::value::Value;

/// The kinds of values as far as they can be told from the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// True or false.
    Bool,
    /// An integer.
    Int,
    /// A float.
    Float,
    /// An integer or a float.
    Number,
    /// A number of bytes.
    Bytes,
    /// A number or a number of bytes.
    Quantity,
    /// A text.
    Str,
    /// A list.
    List,
    /// Null.
    Null,
    /// Anything.
    Any,
}

/// What is known of a configuration key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKnown {
    /// It exists and holds values of this type, or null.
    Yes(Type),
    /// It may exist.
    Open,
}

/// What a pack knows of names.
pub trait Names {
    /// Returns the type of a `$name`, or nothing if there is no such name.
    fn name_type(&self, name: &str) -> Option<Type>;
    /// Lists the names, for suggestions.
    fn names(&self) -> Vec<String>;
    /// Lists the words that a `$name` can be, where they are known.
    fn values(&self, name: &str) -> Option<Vec<String>>;
    /// Says what is known of a key.
    fn key_known(&self, key: &KeyPath) -> KeyKnown;
}

/// Finds every fault of a condition whose value must be of type `wanted`.
pub fn check(condition: &Condition, wanted: Type, names: &dyn Names) -> Vec<Fault> {
    let mut checker = Checker { names, faults: Vec::new() };
    let found = checker.infer(condition.root());
    if !may_be(found, wanted) && checker.faults.is_empty() {
        let message = format!("{} is wanted, this is {}", noun(wanted), noun(found));
        checker.blame("hydrule::condition::wrong_type", condition.root().span, message);
    }
    // A part that is wrong by its types is no news in another way.
    let vain = vain::find(condition, names);
    let typed = checker.faults;
    let news = |fault: &Fault| !typed.iter().any(|other| other.span == fault.span);
    let vain: Vec<Fault> = vain.into_iter().filter(news).collect();
    typed.into_iter().chain(vain).collect()
}

struct Checker<'a> {
    names: &'a dyn Names,
    faults: Vec<Fault>,
}

impl Checker<'_> {
    fn blame(&mut self, code: &'static str, span: Span, message: String) {
        self.faults.push(Fault::new(code, span, message));
    }

    fn infer(&mut self, expr: &Expr) -> Type {
        match &expr.kind {
            ExprKind::Literal(value) => type_of(value),
            ExprKind::Key(key) => match self.names.key_known(key) {
                KeyKnown::Yes(kind) => kind,
                KeyKnown::Open => Type::Any,
            },
            ExprKind::Fact(name) => self.fact(name, expr.span),
            ExprKind::It => Type::Any,
            ExprKind::List(items) => {
                for item in items {
                    self.infer(item);
                }
                Type::List
            }
            ExprKind::Not(inner) => {
                self.expect(inner, Type::Bool, "`!`");
                Type::Bool
            }
            ExprKind::Negate(inner) => self.expect(inner, Type::Quantity, "`-`"),
            ExprKind::Binary(op, left, right) => self.binary(*op, left, right, expr.span),
            ExprKind::Conditional(test, yes, no) => {
                self.expect(test, Type::Bool, "`?`");
                let (yes, no) = (self.infer(yes), self.infer(no));
                if yes == no { yes } else { Type::Any }
            }
            ExprKind::Call(builtin, arguments, _) => self.call(builtin, arguments),
        }
    }

    fn fact(&mut self, name: &str, span: Span) -> Type {
        if let Some(kind) = self.names.name_type(name) {
            return kind;
        }
        let fault =
            Fault::new("hydrule::condition::unknown_name", span, format!("there is no `${name}`"));
        let known = self.names.names();
        let near = nearest(name, known.iter().map(String::as_str), 1);
        self.faults.push(match near.first() {
            Some(near) => fault.labelled(format!("did you mean `${near}`?")),
            None if name == "peak" => fault
                .labelled("this pack predicts no memory")
                .helped("`$peak` is what a pack's `[[estimate]]`s predict; of those that ship, `verl` has some"),
            None => fault.helped("names with `$` are facts, `$param.…`, `$sbatch.…`, `$env.…` and the pack's `let` names"),
        });
        Type::Any
    }

    fn expect(&mut self, expr: &Expr, wanted: Type, by: &str) -> Type {
        let found = self.infer(expr);
        if !may_be(found, wanted) {
            let message = format!("{by} needs {}, this is {}", noun(wanted), noun(found));
            self.blame("hydrule::condition::wrong_type", expr.span, message);
        }
        found
    }

    fn call(&mut self, builtin: &Builtin, arguments: &[Expr]) -> Type {
        let mut found = Vec::new();
        let asks_key = matches!(builtin.function, Function::Exists | Function::Switched);
        for (index, argument) in arguments.iter().enumerate() {
            if asks_key {
                self.key_argument(builtin, argument);
                continue;
            }
            let parameter = builtin.parameters.get(index).or(builtin.parameters.last());
            let wanted = parameter.map_or(Type::Any, |(_, kind)| *kind);
            found.push(self.expect(argument, wanted, &format!("`{}`", builtin.name)));
        }
        // Numbers that are compared with one another must have one unit.
        for (argument, pair) in arguments.iter().skip(1).zip(found.windows(2)) {
            if let (true, [before, this]) = (builtin.variadic, pair) {
                self.comparable(*before, *this, argument.span);
            }
        }
        builtin.result
    }

    fn key_argument(&mut self, builtin: &Builtin, argument: &Expr) {
        self.infer(argument);
        let is_name = match &argument.kind {
            ExprKind::Key(_) | ExprKind::It => true,
            ExprKind::Fact(_) => builtin.function == Function::Exists,
            _ => false,
        };
        if !is_name {
            let message = format!("`{}` asks about a key, this is a value", builtin.name);
            self.blame("hydrule::condition::not_a_key", argument.span, message);
        }
    }

    fn binary(&mut self, op: BinaryOp, left: &Expr, right: &Expr, span: Span) -> Type {
        let sign = format!("`{}`", op.sign());
        match op {
            BinaryOp::And | BinaryOp::Or => {
                self.expect(left, Type::Bool, &sign);
                self.expect(right, Type::Bool, &sign);
                Type::Bool
            }
            BinaryOp::Default => {
                let (left, right) = (self.infer(left), self.infer(right));
                if left == right { left } else { Type::Any }
            }
            BinaryOp::In => {
                let item = self.infer(left);
                self.expect(right, Type::List, &sign);
                if let ExprKind::List(items) = &right.kind {
                    for other in items {
                        let found = self.infer(other);
                        self.comparable(item, found, other.span);
                    }
                }
                Type::Bool
            }
            BinaryOp::Equal | BinaryOp::NotEqual => {
                let (left, right) = (self.infer(left), self.infer(right));
                self.comparable(left, right, span);
                Type::Bool
            }
            _ if op.compares() => {
                let (left, right) = (self.infer(left), self.infer(right));
                self.comparable(left, right, span);
                let unordered = |side: &Type| matches!(side, Type::Null | Type::List);
                if let Some(side) = [left, right].into_iter().find(unordered) {
                    let message = format!("{sign} cannot order {}", noun(side));
                    self.blame("hydrule::condition::wrong_type", span, message);
                }
                Type::Bool
            }
            _ => self.arithmetic(op, left, right, span),
        }
    }

    fn comparable(&mut self, left: Type, right: Type, span: Span) {
        if units_clash(left, right) {
            let message = "a number of bytes never equals a plain number".to_owned();
            let fault = Fault::new("hydrule::condition::unit_mismatch", span, message);
            self.faults.push(fault.helped("write the unit, as in `8GiB`"));
        } else if left != Type::Null && right != Type::Null && !overlap(left, right) {
            let message = format!("{} never compares with {}", noun(left), noun(right));
            self.blame("hydrule::condition::never_true", span, message);
        }
    }

    fn arithmetic(&mut self, op: BinaryOp, left: &Expr, right: &Expr, span: Span) -> Type {
        let (left, right) = (self.infer(left), self.infer(right));
        let clash = units_clash(left, right);
        let never = match (op, left, right) {
            (BinaryOp::Multiply, Type::Bytes, Type::Bytes) => {
                Some("two numbers of bytes cannot be multiplied")
            }
            (BinaryOp::Divide, _, Type::Bytes) if clash => {
                Some("a plain number cannot be divided by bytes")
            }
            (BinaryOp::Remainder, Type::Float, _) | (BinaryOp::Remainder, _, Type::Float) => {
                Some("`%` needs two integers")
            }
            (BinaryOp::Remainder, ..) if clash => {
                Some("`%` needs two integers, or two numbers of bytes")
            }
            _ => None,
        };
        if let Some(why) = never {
            self.blame("hydrule::condition::wrong_type", span, why.to_owned());
            return Type::Quantity;
        }
        match (op, left, right) {
            (BinaryOp::Add | BinaryOp::Subtract, ..) if clash => {
                let message = "a number of bytes and a plain number cannot be added".to_owned();
                let fault = Fault::new("hydrule::condition::unit_mismatch", span, message);
                self.faults.push(fault.helped("write the unit, as in `8GiB`"));
                Type::Bytes
            }
            (BinaryOp::Add, Type::Str, Type::Str) => Type::Str,
            (BinaryOp::Add, Type::List, Type::List) => Type::List,
            _ => {
                for side in [left, right] {
                    if !may_be(side, Type::Quantity) {
                        let sign = op.sign();
                        let message = format!("`{sign}` needs numbers, this has {}", noun(side));
                        self.blame("hydrule::condition::wrong_type", span, message);
                        return Type::Any;
                    }
                }
                result(op, left, right)
            }
        }
    }
}

fn result(op: BinaryOp, left: Type, right: Type) -> Type {
    match (op, left, right) {
        (BinaryOp::Divide, Type::Bytes, Type::Bytes) => Type::Float,
        (_, Type::Bytes, _) | (_, _, Type::Bytes) => Type::Bytes,
        (_, Type::Int, Type::Int) => Type::Int,
        (_, Type::Float, _) | (_, _, Type::Float) => Type::Float,
        (_, Type::Int | Type::Number, Type::Int | Type::Number) => Type::Number,
        _ => Type::Quantity,
    }
}

fn units_clash(left: Type, right: Type) -> bool {
    let plain = |kind| matches!(kind, Type::Int | Type::Float | Type::Number);
    left == Type::Bytes && plain(right) || plain(left) && right == Type::Bytes
}

/// The elementary kinds that a type covers, as bits.
fn bits(kind: Type) -> u8 {
    match kind {
        Type::Bool => 1,
        Type::Int | Type::Float | Type::Number => 2,
        Type::Bytes => 4,
        Type::Quantity => 2 | 4,
        Type::Str => 8,
        Type::List => 16,
        Type::Null => 32,
        Type::Any => 63,
    }
}

fn overlap(left: Type, right: Type) -> bool {
    bits(left) & bits(right) != 0
}

fn may_be(found: Type, wanted: Type) -> bool {
    overlap(found, wanted)
}

fn type_of(value: &Value) -> Type {
    match value {
        Value::Null => Type::Null,
        Value::Bool(_) => Type::Bool,
        Value::Int(_) => Type::Int,
        Value::Float(_) => Type::Float,
        Value::Bytes(_) => Type::Bytes,
        Value::Str(_) => Type::Str,
        Value::List(_) => Type::List,
        Value::Dict(_) => Type::Any,
    }
}

/// Names a type with its article.
pub fn noun(kind: Type) -> &'static str {
    match kind {
        Type::Bool => "true or false",
        Type::Int => "an integer",
        Type::Float => "a float",
        Type::Number => "a number",
        Type::Bytes => "a number of bytes",
        Type::Quantity => "a number",
        Type::Str => "a text",
        Type::List => "a list",
        Type::Null => "null",
        Type::Any => "any value",
    }
}
