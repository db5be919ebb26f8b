//! Python's rules for numbers, where Hydra leans on them.

use std::cmp::Ordering;

use num_bigint::{BigInt, Sign};

use super::ast::Number;
use crate::value::float_text;

/// Python refuses to read or write integers of more decimal digits than this.
pub const MOST_DIGITS: usize = 4300;

/// First digits of the runs of ten decimal digits in Unicode 14, as Python 3.11 knows them.
const ZEROS: [u32; 66] = [
    0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66,
    0xde6, 0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90,
    0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10,
    0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650,
    0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0, 0x16a60, 0x16ac0, 0x16b50,
    0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
];

/// Reads an integer as Python's `int(text)` does: any decimal digits, single underscores between
/// them, blanks around.
pub fn int_from_text(text: &str) -> Option<BigInt> {
    let text = ascii_digits(text.trim());
    let (sign, digits) = match text.strip_prefix(['+', '-']) {
        Some(digits) => (if text.starts_with('-') { Sign::Minus } else { Sign::Plus }, digits),
        None => (Sign::Plus, text.as_str()),
    };
    let plain = without_underscores(digits)?;
    let well_formed = !plain.is_empty() && plain.bytes().all(|byte| byte.is_ascii_digit());
    if !well_formed || plain.len() > MOST_DIGITS {
        return None;
    }
    let number = BigInt::parse_bytes(plain.as_bytes(), 10)?;
    Some(if sign == Sign::Minus { -number } else { number })
}

/// Reads a float as Python's `float(text)` does.
pub fn float_from_text(text: &str) -> Option<f64> {
    let text = without_underscores(&ascii_digits(text.trim()))?;
    let body = text.strip_prefix(['+', '-']).unwrap_or(&text);
    let named = ["inf", "infinity", "nan"].iter().any(|name| body.eq_ignore_ascii_case(name));
    let starts = body.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let plain = body.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte));
    let number = named || starts && plain;
    number.then(|| text.parse().ok())?
}

fn ascii_digits(text: &str) -> String {
    text.chars()
        .map(|c| {
            let code = u32::from(c);
            let zero = ZEROS.iter().find(|zero| (**zero..**zero + 10).contains(&code));
            zero.and_then(|zero| char::from_digit(code - zero, 10)).unwrap_or(c)
        })
        .collect()
}

/// Removes underscores that stand alone between two digits; nothing if one stands elsewhere.
fn without_underscores(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut previous = ' ';
    for (at, c) in text.char_indices() {
        if c == '_' {
            let next = text.get(at + 1..)?.chars().next()?;
            if !previous.is_ascii_digit() || !next.is_ascii_digit() {
                return None;
            }
        } else {
            out.push(c);
        }
        previous = c;
    }
    Some(out)
}

/// Cuts a float's fraction off; nothing for what is no number.
pub fn int_from_float(float: f64) -> Option<BigInt> {
    if !float.is_finite() {
        return None;
    }
    let bits = float.trunc().to_bits();
    let exponent = i64::try_from(bits >> 52 & 0x7ff).ok()?;
    if exponent == 0 {
        return Some(BigInt::ZERO);
    }
    let mantissa = BigInt::from(bits & ((1 << 52) - 1) | 1 << 52);
    let shift = exponent - 1075;
    let magnitude = if shift >= 0 { mantissa << shift } else { mantissa >> -shift };
    Some(if float < 0.0 { -magnitude } else { magnitude })
}

/// Converts an integer to the nearest float, ties to even; nothing where Python overflows.
pub fn float_from_int(int: &BigInt) -> Option<f64> {
    let float: f64 = int.to_string().parse().ok()?;
    float.is_finite().then_some(float)
}

impl Number {
    /// Makes an integer.
    pub(super) fn int(int: i64) -> Self {
        Self::Int(BigInt::from(int))
    }

    /// Returns the value as an integer where the type is one; booleans are.
    pub(super) fn as_int(&self) -> Option<BigInt> {
        match self {
            Self::Bool(truth) => Some(BigInt::from(u8::from(*truth))),
            Self::Int(int) => Some(int.clone()),
            Self::Float(_) => None,
        }
    }

    /// Python's `float(number)`.
    pub(super) fn to_float(&self) -> Option<f64> {
        match self {
            Self::Float(float) => Some(*float),
            other => float_from_int(&other.as_int()?),
        }
    }

    /// Python's `int(number)`.
    pub(super) fn to_int(&self) -> Option<BigInt> {
        match self {
            Self::Float(float) => int_from_float(*float),
            other => other.as_int(),
        }
    }

    /// Compares exactly, as Python does across kinds; nothing where a NaN is involved.
    pub(super) fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Float(left), Self::Float(right)) => left.partial_cmp(right),
            (Self::Float(left), right) => {
                compare_int(&right.as_int()?, *left).map(Ordering::reverse)
            }
            (left, Self::Float(right)) => compare_int(&left.as_int()?, *right),
            (left, right) => Some(left.as_int()?.cmp(&right.as_int()?)),
        }
    }

    /// Python's `str(number)`.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Bool(true) => "True".to_owned(),
            Self::Bool(false) => "False".to_owned(),
            Self::Int(int) => int.to_string(),
            Self::Float(float) => float_text(*float),
        }
    }

    /// Adds as Python does: floats win.
    pub(super) fn plus(&self, other: &Self) -> Option<Self> {
        match (self.as_int(), other.as_int()) {
            (Some(left), Some(right)) => Some(Self::Int(left + right)),
            _ => Some(Self::Float(self.to_float()? + other.to_float()?)),
        }
    }

    /// Python's `-`, which keeps the sign of a zero that adding the negated number would lose.
    pub(super) fn minus(&self, other: &Self) -> Option<Self> {
        match (self.as_int(), other.as_int()) {
            (Some(left), Some(right)) => Some(Self::Int(left - right)),
            _ => Some(Self::Float(self.to_float()? - other.to_float()?)),
        }
    }

    /// Python's unary minus.
    pub(super) fn negated(&self) -> Self {
        match self {
            Self::Float(float) => Self::Float(-float),
            other => Self::Int(-other.as_int().unwrap_or_default()),
        }
    }

    /// Python's `abs`.
    pub(super) fn magnitude(&self) -> Self {
        match self {
            Self::Float(float) => Self::Float(float.abs()),
            other => {
                let int = other.as_int().unwrap_or_default();
                Self::Int(BigInt::from(int.magnitude().clone()))
            }
        }
    }
}

fn compare_int(int: &BigInt, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    if float.is_infinite() {
        return Some(if float > 0.0 { Ordering::Less } else { Ordering::Greater });
    }
    let whole = int_from_float(float)?;
    let fraction = float - float.trunc();
    Some(int.cmp(&whole).then(0.0_f64.partial_cmp(&fraction)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_integers_as_in_python() {
        for (text, int) in [(" 7 ", Some(7)), ("٢", Some(2)), ("1_0", Some(10)), ("-0", Some(0))] {
            assert_eq!(int_from_text(text), int.map(BigInt::from), "{text}");
        }
        for text in ["1__0", "0x1", "", "_1", "1_", "1.0"] {
            assert_eq!(int_from_text(text), None, "{text}");
        }
    }

    #[test]
    fn floats_lose_their_fraction_exactly() {
        assert_eq!(int_from_float(-1.9), Some(BigInt::from(-1)));
        assert_eq!(int_from_float(1e23).unwrap().to_string(), "99999999999999991611392");
        assert_eq!(int_from_float(f64::NAN), None);
    }
}
