//! A dict's pairs, with Python's idea of equal keys.

use std::collections::{HashMap, HashSet};

use super::ast::{Element, Number};
use super::python::int_from_float;

/// Collapses equal keys as Python's dict does: the first key stays, the last value wins.
pub fn collapse<T>(pairs: Vec<(Element, T)>) -> Vec<(Element, T)> {
    if are_distinct(&pairs) {
        return pairs;
    }
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut out: Vec<(Element, T)> = Vec::with_capacity(pairs.len());
    for (key, value) in pairs {
        let place = identity(&key).map(|id| *places.entry(id).or_insert(out.len()));
        match place.and_then(|place| out.get_mut(place)) {
            Some(old) => old.1 = value,
            None => out.push((key, value)),
        }
    }
    out
}

/// Tells whether all keys are texts, of which no two are the same: nearly always.
fn are_distinct<T>(pairs: &[(Element, T)]) -> bool {
    let mut seen = HashSet::with_capacity(pairs.len());
    pairs.iter().all(|(key, _)| matches!(key, Element::Str(text) if seen.insert(text)))
}

/// Returns what equal keys share; nothing for NaN, which equals nothing.
fn identity(key: &Element) -> Option<String> {
    Some(match key {
        Element::Str(text) => format!("s{text}"),
        Element::Number(number) => match number {
            Number::Float(float) if float.is_nan() => return None,
            Number::Float(float) => match int_from_float(*float) {
                Some(int) if float.fract() == 0.0 => format!("i{int}"),
                _ => format!("f{:x}", float.to_bits()),
            },
            other => format!("i{}", other.as_int()?),
        },
        _ => "n".to_owned(),
    })
}
