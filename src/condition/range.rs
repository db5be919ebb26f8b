//! Sets of values that a comparison lets through.

use std::fmt;

use super::ast::BinaryOp;
use crate::value::Value;

/// Numbers between two bounds, both included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Range {
    low: f64,
    high: f64,
}

impl Range {
    /// Every number, and what is none.
    pub const ALL: Self = Self { low: f64::NEG_INFINITY, high: f64::INFINITY };

    /// One number; everything for what is no number.
    pub fn point(value: &Value) -> Self {
        number(value).map_or(Self::ALL, |at| Self { low: at, high: at })
    }

    /// The numbers from `low` on.
    pub fn from(low: f64) -> Self {
        Self { low, ..Self::ALL }
    }

    /// What remains of a division by `value`.
    pub fn remainder(value: &Value) -> Self {
        match value {
            Value::Int(_) => {
                let most = number(value).map_or(f64::INFINITY, |by| by.abs() - 1.0);
                Self { low: -most, high: most }
            }
            _ => Self::ALL,
        }
    }

    /// The numbers with the other sign.
    pub fn negated(self) -> Self {
        Self { low: -self.high, high: -self.low }
    }

    /// The smaller of two numbers.
    pub fn lesser(self, other: Self) -> Self {
        Self { low: self.low.min(other.low), high: self.high.min(other.high) }
    }

    /// The larger of two numbers.
    pub fn greater(self, other: Self) -> Self {
        Self { low: self.low.max(other.low), high: self.high.max(other.high) }
    }

    /// Tells whether it holds one number alone.
    pub fn is_point(self) -> bool {
        self.low >= self.high
    }

    /// Compares any number of this range with any of the other; nothing where it depends.
    pub fn compare(self, op: BinaryOp, other: Self) -> Option<bool> {
        let apart = self.high < other.low || self.low > other.high;
        match op {
            BinaryOp::Equal => apart.then_some(false),
            BinaryOp::NotEqual => apart.then_some(true),
            BinaryOp::Less if self.high < other.low => Some(true),
            BinaryOp::Less => (self.low >= other.high).then_some(false),
            BinaryOp::LessEqual if self.high <= other.low => Some(true),
            BinaryOp::LessEqual => (self.low > other.high).then_some(false),
            _ => other.compare(op.mirrored(), self),
        }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.low.is_finite(), self.high.is_finite()) {
            (true, true) => write!(f, "between {} and {}", self.low, self.high),
            (true, false) => write!(f, "never below {}", self.low),
            _ => write!(f, "never above {}", self.high),
        }
    }
}

/// The values of one expression that a condition lets through.
#[derive(Debug, Clone)]
pub(super) enum Set {
    /// Numbers on one side of a bound; the operator compares them with it.
    Beyond(BinaryOp, Value),
    /// The truth that a name alone is asked for; it cannot be anything but true or false.
    Truth(bool),
    /// These.
    OneOf(Vec<Value>),
    /// All but these.
    NoneOf(Vec<Value>),
}

impl Set {
    /// What stands in a relation to a value.
    pub fn compared(op: BinaryOp, value: Value) -> Option<Self> {
        match op {
            BinaryOp::Equal => Some(Self::OneOf(vec![value])),
            BinaryOp::NotEqual => Some(Self::NoneOf(vec![value])),
            _ if op.compares() && number(&value).is_some() => Some(Self::Beyond(op, value)),
            _ => None,
        }
    }

    /// What it does not let through.
    pub fn inverse(&self) -> Self {
        match self {
            Self::Beyond(op, value) => Self::Beyond(op.inverse(), value.clone()),
            Self::Truth(truth) => Self::Truth(!truth),
            Self::OneOf(values) => Self::NoneOf(values.clone()),
            Self::NoneOf(values) => Self::OneOf(values.clone()),
        }
    }

    /// Tells whether no value is in both.
    pub fn excludes(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Truth(truth), other) | (other, Self::Truth(truth)) => {
                !other.holds(&Value::Bool(*truth))
            }
            (Self::OneOf(values), other) | (other, Self::OneOf(values)) => {
                values.iter().all(|value| !other.holds(value))
            }
            (Self::Beyond(op, bound), Self::Beyond(other, limit)) => {
                let (Some(bound), Some(limit)) = (number(bound), number(limit)) else {
                    return false;
                };
                let up = |op: BinaryOp| matches!(op, BinaryOp::Greater | BinaryOp::GreaterEqual);
                let open = |op: BinaryOp| matches!(op, BinaryOp::Greater | BinaryOp::Less);
                let (low, high) = match (up(*op), up(*other)) {
                    (true, false) => (bound, limit),
                    (false, true) => (limit, bound),
                    _ => return false,
                };
                low > high || low >= high && (open(*op) || open(*other))
            }
            _ => false,
        }
    }

    fn holds(&self, value: &Value) -> bool {
        match self {
            Self::Truth(truth) => *value == Value::Bool(*truth),
            Self::OneOf(values) => values.iter().any(|other| other.same_as(value)),
            Self::NoneOf(values) => !values.iter().any(|other| other.same_as(value)),
            Self::Beyond(op, bound) => {
                let range = Range::point(value);
                // What cannot be ordered fails, so it does not get through either.
                number(value).is_some() && range.compare(*op, Range::point(bound)) == Some(true)
            }
        }
    }
}

/// A number, or a number of bytes; the two are never compared with each other.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Bytes(bytes) => Value::Int(*bytes).as_number(),
        value => value.as_number().filter(|number| !number.is_nan()),
    }
}
