//! The numbers of a `range(…)`.

use std::cmp::Ordering;

use num_bigint::BigInt;

use super::ast::{Number, Range};
use super::decimal::Decimal;

/// Yields a range's numbers, one after the other; a range may be endless.
#[derive(Debug, Clone)]
pub enum RangeIter {
    /// All ends are integers.
    Ints {
        /// The next number.
        next: BigInt,
        /// The end, not reached.
        stop: BigInt,
        /// The distance, not zero.
        step: BigInt,
    },
    /// Some end is a float: Hydra adds the step in decimal.
    Floats {
        /// The next number; none when it left the finite ones.
        next: Option<Decimal>,
        /// What is yielded where `next` is infinite.
        limit: f64,
        /// The end; none for an infinite one in the direction of the step, never reached.
        stop: Option<Decimal>,
        /// The distance; none for an infinite one.
        step: Option<Decimal>,
        /// Whether the step goes up.
        up: bool,
    },
    /// There are none.
    Empty,
}

impl RangeIter {
    /// Starts at the beginning; nothing where listing the range is an error: a step of zero, NaN,
    /// or a sum of opposite infinities.
    pub fn new(range: &Range) -> Option<Self> {
        let ints = [&range.start, &range.stop, &range.step].map(Number::as_int);
        if let [Some(next), Some(stop), Some(step)] = ints {
            return (step != BigInt::ZERO).then_some(Self::Ints { next, stop, step });
        }
        let zero = Number::int(0);
        let up = match range.step.compare(&zero)? {
            Ordering::Greater => true,
            Ordering::Less => false,
            Ordering::Equal => return None,
        };
        let wanted = if up { Ordering::Less } else { Ordering::Greater };
        if range.start.compare(&range.stop)? != wanted {
            return Some(Self::Empty);
        }
        let infinite = |number: &Number| matches!(number, Number::Float(it) if it.is_infinite());
        if infinite(&range.start) && infinite(&range.step) {
            // Only opposite signs get here with a non-empty range, and their sum is no number.
            let same = range.start.compare(&zero)? == range.step.compare(&zero)?;
            if !same {
                return None;
            }
        }
        Some(Self::Floats {
            next: Decimal::exact(&range.start),
            limit: match &range.start {
                Number::Float(float) if float.is_infinite() => *float,
                _ => {
                    if up {
                        f64::INFINITY
                    } else {
                        f64::NEG_INFINITY
                    }
                }
            },
            stop: Decimal::exact(&range.stop),
            step: Decimal::exact(&range.step),
            up,
        })
    }

    /// Counts the numbers of an integer range, or of an empty one; nothing where only listing
    /// would tell.
    pub fn count_known(&self) -> Option<BigInt> {
        match self {
            Self::Empty => Some(BigInt::ZERO),
            Self::Ints { next, stop, step } => {
                let one = BigInt::from(1);
                let (distance, step) = if *step > BigInt::ZERO {
                    (stop - next, step.clone())
                } else {
                    (next - stop, -step)
                };
                let count = (distance + &step - one) / step;
                Some(count.max(BigInt::ZERO))
            }
            Self::Floats { .. } => None,
        }
    }
}

impl Iterator for RangeIter {
    type Item = Number;

    fn next(&mut self) -> Option<Number> {
        match self {
            Self::Empty => None,
            Self::Ints { next, stop, step } => {
                let inside = if *step > BigInt::ZERO { next < stop } else { next > stop };
                if !inside {
                    return None;
                }
                let now = next.clone();
                *next += &*step;
                Some(Number::Int(now))
            }
            Self::Floats { next, limit, stop, step, up } => {
                let Some(now) = next else {
                    // An infinite start stays where it is for ever; a step into infinity ends
                    // the range, since nothing lies beyond the stop.
                    let stays = (*limit > 0.0) != *up;
                    return stays.then_some(Number::Float(*limit));
                };
                if let Some(stop) = stop {
                    let wanted = if *up { Ordering::Less } else { Ordering::Greater };
                    if now.compare(stop) != wanted {
                        return None;
                    }
                }
                let value = Number::Float(now.to_float());
                *next = step.as_ref().map(|step| now.plus(step));
                Some(value)
            }
        }
    }
}
