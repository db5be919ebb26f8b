//! A dict's pairs, with Python's idea of equal keys.

use std::collections::HashMap;

use super::ast::{Element, Number};
use super::python::int_from_float;

/// Collapses equal keys as Python's dict does: the first key stays, the last value wins.
pub fn collapse(pairs: Vec<(Element, Element)>) -> Vec<(Element, Element)> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut out: Vec<(Element, Element)> = Vec::with_capacity(pairs.len());
    for (key, value) in pairs {
        let place = identity(&key).map(|id| *places.entry(id).or_insert(out.len()));
        match place.and_then(|place| out.get_mut(place)) {
            Some(old) => old.1 = value,
            None => out.push((key, value)),
        }
    }
    out
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
