//! Conditions against CEL: the record of two implementations, and where conditions differ.

use std::fs;

use hydrule::condition::{Condition, Outcome, Scope, reference};
use hydrule::facts::{Found, Lookup, Provenance};
use hydrule::path::KeyPath;
use hydrule::value::{Value, float_text};
use serde_json::{Value as Json, json};

use crate::support::root;

/// The names of `tests/conditions/record.py`.
struct World;

impl Scope for World {
    fn config(&self, key: &KeyPath) -> Lookup {
        let text = |text: &str| Value::Str(text.to_owned());
        let value = match key.as_str() {
            "a" => Value::Int(3),
            "b" => Value::Int(-7),
            "zero" => Value::Int(0),
            "f" => Value::Float(2.5),
            "s" => text("Qwen2.5-7B"),
            "t" => Value::Bool(true),
            "u" => Value::Bool(false),
            "nothing" => Value::Null,
            "l" => Value::List([1, 2, 3].map(Value::Int).to_vec()),
            "names" => Value::List(["fsdp", "megatron"].map(text).to_vec()),
            "m" => Value::Dict(vec![(text("k"), Value::Int(1)), (text("n"), Value::Float(2.5))]),
            _ => return Lookup::Absent,
        };
        Lookup::Set(Found { value, from: Provenance::Computed })
    }

    fn name(&self, _: &str) -> Lookup {
        Lookup::Absent
    }

    fn it(&self) -> Lookup {
        Lookup::Absent
    }

    fn switched(&self, _: &KeyPath) -> Lookup {
        Lookup::Absent
    }
}

/// Writes a value with its type, as the record does.
fn tagged(value: &Value) -> Json {
    match value {
        Value::Null => json!({ "null": null }),
        Value::Bool(truth) => json!({ "bool": truth }),
        Value::Int(int) => json!({ "int": int }),
        Value::Float(float) => json!({ "double": float_text(*float) }),
        Value::Bytes(bytes) => json!({ "bytes": bytes }),
        Value::Str(text) => json!({ "string": text }),
        Value::List(items) => json!({ "list": items.iter().map(tagged).collect::<Vec<_>>() }),
        Value::Dict(pairs) => {
            let pairs: Vec<Json> =
                pairs.iter().map(|(key, value)| json!([tagged(key), tagged(value)])).collect();
            json!({ "map": pairs })
        }
    }
}

/// What conditions make of an expression; nothing where they give no value.
fn ours(text: &str) -> Option<Json> {
    match Condition::parse(text).ok()?.outcome(&World) {
        Outcome::Known(value) => Some(tagged(&value)),
        Outcome::Absent { .. } | Outcome::Failed(_) => None,
        Outcome::Unknown(missing) => panic!("{text}: {missing:?}"),
    }
}

fn given(answer: &Json) -> Option<Json> {
    answer.get("error").is_none().then(|| answer.clone())
}

/// The answers that are right for a line of the record. Where nothing says which of the two is right,
/// as among random expressions, either is.
fn right(record: &Json) -> Vec<Option<Json>> {
    match record.get("ours").or(record.get("right")) {
        Some(answer) => vec![given(answer)],
        None => vec![given(&record["celpy"]), given(&record["cel"])],
    }
}

fn compare(file: &str) -> (usize, usize, Vec<String>) {
    let text = fs::read_to_string(root().join(file)).unwrap();
    let records: Vec<Json> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut wrong = Vec::new();
    let mut values = 0;
    for record in &records {
        let text = record["text"].as_str().unwrap();
        let found = ours(text);
        values += usize::from(found.is_some());
        if !right(record).contains(&found) {
            wrong.push(format!("{text}: {found:?}, but {record}"));
        }
    }
    (records.len(), values, wrong)
}

#[test]
fn where_cel_gives_a_value_conditions_give_the_same() {
    let (count, values, wrong) = compare("tests/conditions/cel.jsonl");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 400 && values > 300, "{count} expressions, {values} with a value");
}

#[test]
fn every_difference_from_cel_stands_in_the_reference() {
    let reference = reference();
    let text = fs::read_to_string(root().join("tests/conditions/cel.jsonl")).unwrap();
    let mut differences: Vec<String> = text
        .lines()
        .filter_map(|line| {
            let record: Json = serde_json::from_str(line).unwrap();
            let differs = record.get("differs")?.as_str()?.to_owned();
            assert_ne!(given(&record["ours"]), given(&record["cel"]), "{record}");
            Some(differs)
        })
        .collect();
    differences.dedup();
    assert!(differences.len() > 3);
    for title in differences {
        assert!(reference.contains(&format!("- **{title}")), "{title}");
    }
}

/// Run by `.ci/run` on random expressions, which it lets the two implementations compute.
#[test]
#[ignore = "needs HYDRULE_CEL, a record of random expressions"]
fn random_expressions_agree_with_cel() {
    let file = std::env::var("HYDRULE_CEL").unwrap();
    let (count, values, wrong) = compare(&file);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 0 && values > count / 4, "{count} expressions, {values} with a value");
}
