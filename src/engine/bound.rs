//! Holding computed values within the bounds of their rewrite.

use std::cmp::Ordering;

use super::apply::{NotApplied, computed};
use super::scope::View;
use crate::condition::{Assignment, Condition, largest_divisor};
use crate::text::{Fault, Span};
use crate::value::Value;

/// Computes what an assignment wants, and holds it within its bounds: cap first, then floor, then
/// the rounding. `now` is the value that changes, where there is one.
///
/// # Errors
/// [`NotApplied::Held`] where a bound keeps the value from going the way that the expression goes.
pub fn bounded(
    assignment: &Assignment,
    now: Option<&Value>,
    view: &View<'_>,
) -> Result<Value, NotApplied> {
    let wanted = computed(&assignment.value, view)?;
    within(assignment, now, wanted, view)
}

/// Holds a value within the bounds of an assignment.
pub fn within(
    assignment: &Assignment,
    now: Option<&Value>,
    wanted: Value,
    view: &View<'_>,
) -> Result<Value, NotApplied> {
    let bounds = &assignment.bounds;
    let held = |bound: String| NotApplied::Held { key: assignment.target.to_string(), bound };
    let (mut value, mut why) = (wanted.clone(), String::new());
    if let Some(cap) = known(bounds.cap.as_ref(), view)?
        && order(&value, &cap)? == Ordering::Greater
    {
        why = format!("at its cap of {cap}");
        value = cap;
    }
    let floor = known(bounds.floor.as_ref(), view)?;
    if let Some(floor) = &floor
        && order(&value, floor)? == Ordering::Less
    {
        why = format!("at its floor of {floor}");
        value = floor.clone();
    }
    if let Some(n) = known(bounds.largest_divisor.as_ref(), view)? {
        let Some(rounded) = rounded(&n, &value)? else {
            return Err(held(format!("held: no divisor of {n} is as low as {value}")));
        };
        if let Some(floor) = &floor
            && order(&rounded, floor)? == Ordering::Less
        {
            let range = format!("from its floor of {floor} up to {value}");
            return Err(held(format!("held: {n} has no divisor {range}")));
        }
        if order(&rounded, &value)? != Ordering::Equal {
            why = format!("held: {rounded} is the largest divisor of {n} up to {value}");
        }
        value = rounded;
    }
    match now {
        Some(now) if !why.is_empty() && order(now, now).is_ok() => {
            let (meant, done) = (order(&wanted, now)?, order(&value, now)?);
            let against = meant != Ordering::Equal && done != meant;
            if against { Err(held(why)) } else { Ok(value) }
        }
        _ => Ok(value),
    }
}

fn known(bound: Option<&Condition>, view: &View<'_>) -> Result<Option<Value>, NotApplied> {
    bound.map(|bound| computed(bound, view)).transpose()
}

/// Finds the largest divisor of a number that is not above the value; none below 1.
fn rounded(n: &Value, value: &Value) -> Result<Option<Value>, NotApplied> {
    match (n, value) {
        (Value::Int(_), Value::Int(most)) if *most < 1 => Ok(None),
        (Value::Int(n), Value::Int(most)) => {
            largest_divisor(*n, *most).map(Some).map_err(|why| failed(&why))
        }
        (Value::Int(_), other) | (other, _) => {
            Err(failed(&format!("only integers have divisors, not {}", other.kind())))
        }
    }
}

/// Orders two numbers, or two numbers of bytes.
pub(super) fn order(left: &Value, right: &Value) -> Result<Ordering, NotApplied> {
    let ordering = match (left, right) {
        (Value::Bytes(left), Value::Bytes(right)) | (Value::Int(left), Value::Int(right)) => {
            Some(left.cmp(right))
        }
        _ => left.as_number().zip(right.as_number()).and_then(|(a, b)| a.partial_cmp(&b)),
    };
    let unlike = || failed(&format!("a bound cannot order {} and {}", left.kind(), right.kind()));
    ordering.ok_or_else(unlike)
}

fn failed(why: &str) -> NotApplied {
    NotApplied::Failed(Fault::new("hydrule::engine::bound", Span::at(0), why))
}
