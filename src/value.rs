//! The values that configurations hold, conditions compute and facts carry.

use std::cmp::Ordering;
use std::fmt;

use crate::text::quantity;

/// A plain value: what an override sets, a condition computes, or a log tells.
///
/// Absent and unknown are not values: what looking a name up answers has cases of its own for them.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Hydra's `null`; a set value.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A binary64 number.
    Float(f64),
    /// A number of bytes, which never mixes with plain numbers.
    Bytes(i64),
    /// Text.
    Str(String),
    /// A list.
    List(Vec<Value>),
    /// Pairs in insertion order, keys unique.
    Dict(Vec<(Value, Value)>),
}

impl Value {
    /// Names the kind of value, with its article, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Int(_) => "an integer",
            Self::Float(_) => "a float",
            Self::Bytes(_) => "a number of bytes",
            Self::Str(_) => "a string",
            Self::List(_) => "a list",
            Self::Dict(_) => "a dict",
        }
    }

    /// Returns the number, when it is a plain one.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            #[expect(
                clippy::cast_precision_loss,
                reason = "conditions mix ints and floats as CEL's users expect"
            )]
            Self::Int(int) => Some(*int as f64),
            Self::Float(float) => Some(*float),
            _ => None,
        }
    }

    /// Compares as conditions do: ints and floats mix, everything else needs the same kind, and
    /// the order of a dict's keys does not matter.
    pub fn same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Int(_) | Self::Float(_), Self::Int(_) | Self::Float(_)) => {
                self.compare_numbers(other) == Some(Ordering::Equal)
            }
            (Self::List(left), Self::List(right)) => {
                left.len() == right.len() && left.iter().zip(right).all(|(a, b)| a.same_as(b))
            }
            (Self::Dict(left), Self::Dict(right)) => {
                let held = |(key, value): &(Self, Self)| {
                    let other = right.iter().find(|(other, _)| other.same_as(key));
                    other.is_some_and(|(_, other)| other.same_as(value))
                };
                left.len() == right.len() && left.iter().all(held)
            }
            _ => self == other,
        }
    }

    /// Orders two plain numbers exactly, also where a float cannot hold the int; nothing for NaN
    /// and for what is no plain number.
    pub fn compare_numbers(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(left), Self::Int(right)) => Some(left.cmp(right)),
            (Self::Float(left), Self::Float(right)) => left.partial_cmp(right),
            (Self::Int(int), Self::Float(float)) => compare_mixed(*int, *float),
            (Self::Float(float), Self::Int(int)) => {
                compare_mixed(*int, *float).map(Ordering::reverse)
            }
            _ => None,
        }
    }

    /// Converts to JSON; bytes become a plain number, floats JSON cannot hold become text.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Bool(bool) => (*bool).into(),
            Self::Int(int) | Self::Bytes(int) => (*int).into(),
            Self::Float(float) => serde_json::Number::from_f64(*float)
                .map_or_else(|| float_text(*float).into(), Into::into),
            Self::Str(text) => text.clone().into(),
            Self::List(items) => items.iter().map(Self::to_json).collect(),
            Self::Dict(pairs) => serde_json::Value::Object(
                pairs.iter().map(|(key, value)| (key.to_string(), value.to_json())).collect(),
            ),
        }
    }
}

fn compare_mixed(int: i64, float: f64) -> Option<Ordering> {
    /// 2^63, the first float above every int.
    const ABOVE: f64 = 9_223_372_036_854_775_808.0;
    if float.is_nan() {
        return None;
    }
    if float >= ABOVE {
        return Some(Ordering::Less);
    }
    if float < -ABOVE {
        return Some(Ordering::Greater);
    }
    #[expect(clippy::cast_possible_truncation, reason = "a whole number within 64 bits")]
    let whole = float.trunc() as i64;
    let fraction = float.fract();
    Some(int.cmp(&whole).then(0.0.partial_cmp(&fraction)?))
}

impl fmt::Display for Value {
    /// Prints the value as Hydra's users write it: `True`, `null`, `[1,2]`, `{a:1}`; text bare.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(true) => f.write_str("True"),
            Self::Bool(false) => f.write_str("False"),
            Self::Int(int) => write!(f, "{int}"),
            Self::Float(float) => f.write_str(&float_text(*float)),
            Self::Bytes(bytes) => f.write_str(&quantity(*bytes)),
            Self::Str(text) => f.write_str(text),
            Self::List(items) => {
                let items: Vec<String> = items.iter().map(ToString::to_string).collect();
                write!(f, "[{}]", items.join(","))
            }
            Self::Dict(pairs) => {
                let pairs: Vec<String> =
                    pairs.iter().map(|(key, value)| format!("{key}:{value}")).collect();
                write!(f, "{{{}}}", pairs.join(","))
            }
        }
    }
}

/// Writes a float as Python's `repr` does: shortest digits that read back, an exponent below 1e-4
/// and from 1e16 on.
pub fn float_text(float: f64) -> String {
    if float.is_nan() {
        return "nan".to_owned();
    }
    if float.is_infinite() {
        return if float > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let text = shortest(float);
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if float != 0.0 && !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.unsigned_abs());
    }
    let after_point = digits.trim_start_matches('-').len().saturating_sub(2);
    let after_point = i32::try_from(after_point).unwrap_or(0) - exponent;
    let text = format!("{float:.*}", usize::try_from(after_point).unwrap_or(0));
    if text.contains('.') { text } else { format!("{text}.0") }
}

/// Writes the fewest digits that read back, as `d.ddde-x`. Where two such texts are equally near,
/// Python takes the even one and Rust the upper one.
fn shortest(float: f64) -> String {
    let text = format!("{float:e}");
    let digits = text.bytes().take_while(|byte| *byte != b'e').filter(u8::is_ascii_digit).count();
    let even = format!("{float:.*e}", digits.saturating_sub(1));
    if even.parse() == Ok(float) { even } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_print_as_python_prints_them() {
        let cases =
            [(1e-6, "1e-06"), (1e15, "1000000000000000.0"), (1e16, "1e+16"), (-0.0, "-0.0")];
        for (float, text) in cases {
            assert_eq!(float_text(float), text);
        }
        assert_eq!(float_text(0.0001), "0.0001");
        assert_eq!(float_text(-1_844_674_407_370_955.2), "-1844674407370955.2");
        assert_eq!(float_text(123.0), "123.0");
        assert_eq!(float_text(0.3), "0.3");
        assert_eq!(float_text(9_999_999_999_999_998.0), "9999999999999998.0");
        assert_eq!(float_text(1.5e-7), "1.5e-07");
        assert_eq!(float_text(1e300), "1e+300");
    }

    #[test]
    fn numbers_compare_across_kinds_and_bytes_do_not() {
        assert!(Value::Int(1).same_as(&Value::Float(1.0)));
        assert!(!Value::Int(1).same_as(&Value::Bytes(1)));
        assert!(!Value::Int(1).same_as(&Value::Bool(true)));
    }
}
