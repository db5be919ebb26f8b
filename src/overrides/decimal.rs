//! As much of Python's `decimal` as Hydra's float ranges need: exact conversion from floats, and
//! addition rounded to 28 digits, half to even.

use std::cmp::Ordering;

use num_bigint::BigInt;

use super::ast::Number;

/// The digits that Python's default context keeps.
const PRECISION: usize = 28;

/// A finite number: `digits × 10^exponent`.
#[derive(Debug, Clone)]
pub struct Decimal {
    digits: BigInt,
    exponent: i64,
    /// Only a converted number can be -0: a sum of 0 is positive.
    negative_zero: bool,
}

impl Decimal {
    fn new(digits: BigInt, exponent: i64) -> Self {
        Self { digits, exponent, negative_zero: false }
    }

    /// Converts exactly; nothing for infinities and NaN.
    pub fn exact(number: &Number) -> Option<Self> {
        let float = match number {
            Number::Float(float) => *float,
            other => return Some(Self::new(other.as_int()?, 0)),
        };
        if !float.is_finite() {
            return None;
        }
        let bits = float.to_bits();
        let raw = i64::try_from(bits >> 52 & 0x7ff).ok()?;
        let fraction = bits & ((1 << 52) - 1);
        let mantissa = if raw == 0 { fraction } else { fraction | 1 << 52 };
        let power = raw.max(1) - 1075;
        let signed = BigInt::from(mantissa) * if float < 0.0 { -1 } else { 1 };
        let exact = if power >= 0 {
            Self::new(signed << power, 0)
        } else {
            // m / 2^k is m × 5^k / 10^k.
            let five = BigInt::from(5).pow(u32::try_from(-power).ok()?);
            Self::new(signed * five, power)
        };
        let negative_zero = float == 0.0 && float.is_sign_negative();
        Some(Self { negative_zero, ..exact })
    }

    /// Adds, rounded to the context's precision.
    pub fn plus(&self, other: &Self) -> Self {
        let (left, right, exponent) = aligned(self, other);
        Self::new(left + right, exponent).rounded()
    }

    /// Compares exactly.
    pub fn compare(&self, other: &Self) -> Ordering {
        let (left, right, _) = aligned(self, other);
        left.cmp(&right)
    }

    /// Returns the nearest float.
    pub fn to_float(&self) -> f64 {
        if self.negative_zero {
            return -0.0;
        }
        format!("{}e{}", self.digits, self.exponent).parse().unwrap_or(f64::NAN)
    }

    fn rounded(self) -> Self {
        let length = self.digits.magnitude().to_string().len();
        let Some(surplus) = length.checked_sub(PRECISION).filter(|surplus| *surplus > 0) else {
            return self;
        };
        let cut = BigInt::from(10).pow(u32::try_from(surplus).unwrap_or(u32::MAX));
        let (mut kept, rest) = (&self.digits / &cut, &self.digits % &cut);
        let twice: BigInt = rest.magnitude().clone().into();
        let twice: BigInt = twice * 2;
        let odd = &kept % 2 != BigInt::ZERO;
        let up = match twice.cmp(&cut) {
            Ordering::Greater => true,
            Ordering::Equal => odd,
            Ordering::Less => false,
        };
        if up {
            kept += if self.digits < BigInt::ZERO { -1 } else { 1 };
        }
        Self::new(kept, self.exponent + i64::try_from(surplus).unwrap_or(0))
    }
}

fn aligned(left: &Decimal, right: &Decimal) -> (BigInt, BigInt, i64) {
    let exponent = left.exponent.min(right.exponent);
    let scaled = |number: &Decimal| {
        let by = u32::try_from(number.exponent - exponent).unwrap_or(0);
        &number.digits * BigInt::from(10).pow(by)
    };
    (scaled(left), scaled(right), exponent)
}
