//! One override as a record, in the encoding that agreement with Hydra is checked in.

use serde_json::{Map, Value as Json, json};

use super::ast::{Element, Number, Override, OverrideKind};
use super::depth::{check_size, with_room};
use super::parse::parse;
use super::print::element_text;
use super::range::RangeIter;
use crate::text::Fault;

/// The most elements of a sweep that a record lists.
const MOST: usize = 1000;

/// Reads one override and tells everything about it.
pub fn record(text: &str) -> Json {
    let told = check_size(text)
        .and_then(|depth| with_room(depth, || parse(text).map(|parsed| accepted(text, &parsed))));
    told.unwrap_or_else(|fault| refused(text, &fault))
}

fn refused(text: &str, fault: &Fault) -> Json {
    let at = text.get(..fault.span.start).map(|before| before.chars().count());
    let error = json!({
        "code": fault.code,
        "at": at,
        "message": fault.message,
        "help": fault.help,
    });
    json!({ "input": text, "ok": false, "error": error })
}

fn accepted(text: &str, parsed: &Override) -> Json {
    let (sweep, truncated) = sweep(parsed);
    let mut notes = Vec::new();
    if truncated {
        notes.push("sweep: truncated");
    }
    json!({
        "input": text,
        "ok": true,
        "error": null,
        "type": kind_name(parsed.kind),
        "key": parsed.key,
        "package": parsed.package,
        "value_type": parsed.value.as_ref().map(value_type),
        "value": parsed.value.as_ref().map(|value| encode(value, &parsed.interpolations)),
        "element_string": parsed.element_string(),
        "key_element": parsed.key_element(),
        "is_sweep": parsed.is_sweep(),
        "is_hydra": parsed.is_hydra(),
        "sweep": sweep,
        "notes": notes,
    })
}

fn kind_name(kind: OverrideKind) -> &'static str {
    match kind {
        OverrideKind::Change => "CHANGE",
        OverrideKind::Add => "ADD",
        OverrideKind::ForceAdd => "FORCE_ADD",
        OverrideKind::Delete => "DEL",
    }
}

/// Names the kind of a value as Hydra's `ValueType` does.
pub(super) fn value_type(value: &Element) -> &'static str {
    match value {
        Element::Choice(choice) if choice.simple => "SIMPLE_CHOICE_SWEEP",
        Element::Choice(_) => "CHOICE_SWEEP",
        Element::Glob(_) => "GLOB_CHOICE_SWEEP",
        Element::Range(_) => "RANGE_SWEEP",
        Element::Interval(_) => "INTERVAL_SWEEP",
        _ => "ELEMENT",
    }
}

/// Lists a sweep's elements as texts; the flag tells whether there are more.
fn sweep(parsed: &Override) -> (Option<Vec<String>>, bool) {
    let texts: Option<Vec<String>> = match &parsed.value {
        Some(Element::Choice(choice)) => {
            choice.items.iter().take(MOST + 1).map(element_text).collect()
        }
        Some(Element::Range(range)) => {
            RangeIter::new(range).map(|it| it.take(MOST + 1).map(|number| number.text()).collect())
        }
        _ => None,
    };
    let Some(mut texts) = texts else { return (None, false) };
    let truncated = texts.len() > MOST;
    texts.truncate(MOST);
    (Some(texts), truncated)
}

pub(super) fn encode(element: &Element, interpolations: &[String]) -> Json {
    let list = |items: &[Element]| -> Json {
        items.iter().map(|item| encode(item, interpolations)).collect()
    };
    match element {
        Element::Null => json!({ "t": "null" }),
        Element::Number(number) => encode_number(number),
        Element::Str(text) => {
            let mut object = Map::new();
            object.insert("t".to_owned(), "str".into());
            object.insert("v".to_owned(), text.clone().into());
            if interpolations.iter().any(|it| text.contains(it.as_str())) {
                object.insert("interp".to_owned(), true.into());
            }
            Json::Object(object)
        }
        Element::Quoted(quote, text) => {
            let quote = if quote.sign() == '"' { "double" } else { "single" };
            json!({ "t": "quoted", "q": quote, "v": text })
        }
        Element::List(items) => json!({ "t": "list", "v": list(items) }),
        Element::Dict(pairs) => {
            let pairs: Vec<Json> = pairs
                .iter()
                .map(|(key, value)| {
                    json!([encode(key, interpolations), encode(value, interpolations)])
                })
                .collect();
            json!({ "t": "dict", "v": pairs })
        }
        Element::Choice(it) => json!({
            "t": "choice", "simple": it.simple, "shuffle": it.shuffle,
            "tags": it.tags, "v": list(&it.items),
        }),
        Element::Range(it) => json!({
            "t": "range", "start": encode_number(&it.start), "stop": encode_number(&it.stop),
            "step": encode_number(&it.step), "shuffle": it.shuffle, "tags": it.tags,
        }),
        Element::Interval(it) => json!({
            "t": "interval", "start": encode_number(&it.start), "end": encode_number(&it.end),
            "tags": it.tags,
        }),
        Element::Glob(it) => json!({
            "t": "glob",
            "include": { "t": "list", "v": list(&it.include) },
            "exclude": { "t": "list", "v": list(&it.exclude) },
        }),
    }
}

fn encode_number(number: &Number) -> Json {
    match number {
        Number::Bool(truth) => json!({ "t": "bool", "v": truth }),
        Number::Int(int) => json!({ "t": "int", "v": int.to_string() }),
        Number::Float(float) => {
            let bits = if float.is_nan() { 0x7ff8_0000_0000_0000 } else { float.to_bits() };
            json!({ "t": "float", "v": number.text(), "bits": format!("{bits:016x}") })
        }
    }
}
