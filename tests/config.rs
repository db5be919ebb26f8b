//! Base configurations, composition, lookups and printing against recorded answers of OmegaConf
//! 2.3.1 and hydra-core 1.3.8 (`tests/config/record.py` makes the records).

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic as tests do"
)]

use hydrule::config::tree::{Content, Dict, Leaf};
use hydrule::config::{Config, compose, to_yaml};
use hydrule::facts::{Found, Lookup, Provenance};
use hydrule::overrides::{Override, parse};
use hydrule::path::KeyPath;
use hydrule::text::Source;
use hydrule::value::{Value, float_text};
use serde_json::{Value as Json, json};

fn leaf(leaf: &Leaf) -> Json {
    match leaf {
        Leaf::Null => json!(["n"]),
        Leaf::Bool(truth) => json!(["b", truth]),
        Leaf::Int(int) => json!(["i", int.to_string()]),
        Leaf::Float(float) => json!(["f", float_text(*float)]),
        Leaf::Str(text) => json!(["s", text]),
    }
}

fn content(it: &Content) -> Json {
    match it {
        Content::Leaf(it) => leaf(it),
        Content::List(items) => {
            json!(["l", items.iter().map(|item| content(&item.content)).collect::<Vec<_>>()])
        }
        Content::Dict(it) => dict(it),
        Content::Unknown(_) => json!(["?"]),
    }
}

fn dict(it: &Dict) -> Json {
    let pairs = it.entries.iter().map(|(key, node)| json!([leaf(&key.0), content(&node.content)]));
    json!(["d", pairs.collect::<Vec<_>>()])
}

fn value(it: &Value) -> Json {
    match it {
        Value::Null => json!(["n"]),
        Value::Bool(truth) => json!(["b", truth]),
        Value::Int(int) | Value::Bytes(int) => json!(["i", int.to_string()]),
        Value::Float(float) => json!(["f", float_text(*float)]),
        Value::Str(text) => json!(["s", text]),
        Value::List(items) => json!(["l", items.iter().map(value).collect::<Vec<_>>()]),
        Value::Dict(pairs) => json!([
            "d",
            pairs.iter().map(|(key, it)| json!([value(key), value(it)])).collect::<Vec<_>>()
        ]),
    }
}

/// Returns what differs from a record; nothing where all agrees.
fn difference(case: &Json) -> Option<String> {
    let text = case["yaml"].as_str().unwrap();
    let source = Source::new("base.yaml", text);
    match case["do"].as_str().unwrap() {
        "load" => {
            let config = Config::read_plain(&source);
            let tree = config.as_ref().map_or(Json::Null, |it| dict(it.root()));
            let printed = config.as_ref().map_or(Json::Null, |it| to_yaml(it).into());
            let wrong = config.err().map(|it| it.to_string());
            // The parser takes YAML 1.2, which allows more; Hydra itself tells about such files.
            let error = case["error"].as_str().unwrap_or_default();
            if error.starts_with("ScannerError") || error.starts_with("ParserError") {
                return None;
            }
            (tree != case["tree"])
                .then(|| format!("tree {tree} {wrong:?}"))
                .or_else(|| (printed != case["printed"]).then(|| format!("printed {printed}")))
        }
        "compose" => {
            let texts = case["overrides"].as_array().unwrap();
            let parsed: Result<Vec<Override>, _> =
                texts.iter().map(|text| parse(text.as_str().unwrap())).collect();
            let (Ok(config), Ok(parsed)) = (Config::read(&source), parsed) else {
                return (!case["tree"].is_null()).then(|| "not read".to_owned());
            };
            match compose(&config.with_groups([]), &parsed) {
                Ok(composed) => {
                    let tree = dict(composed.config.root());
                    (tree != case["tree"]).then(|| format!("tree {tree}")).or_else(|| {
                        let printed = Json::from(to_yaml(&composed.config));
                        (printed != case["printed"]).then(|| format!("printed {printed}"))
                    })
                }
                Err(misfits) => {
                    let first = json!(misfits[0].index);
                    (first != case["first_bad"])
                        .then(|| format!("first bad {first}: {}", misfits[0].fault.message))
                }
            }
        }
        _ => look(case, &source),
    }
}

fn look(case: &Json, source: &Source) -> Option<String> {
    let Ok(config) = Config::read_plain(source) else {
        return (!case["value"].is_null()).then(|| "not read".to_owned());
    };
    let environment = |name: &str| match case["env"][name].as_str() {
        Some(text) => {
            Lookup::Set(Found { value: Value::Str(text.into()), from: Provenance::Computed })
        }
        None => Lookup::Absent,
    };
    let key = KeyPath::new(case["key"].as_str().unwrap());
    let answer = config.lookup(&key, &environment);
    // OmegaConf answers null for an absent key, and raises where we say unknown or find a fault.
    let seen = match &answer {
        Ok(Lookup::Set(found)) => value(&found.value),
        Ok(Lookup::Absent) => json!(["n"]),
        Ok(Lookup::Unknown(_)) | Err(_) => Json::Null,
    };
    let raises = case["value"].is_null() && matches!(answer, Ok(Lookup::Absent));
    (seen != case["value"] && !raises).then(|| format!("{seen}: {answer:?}"))
}

fn check(records: &str, allowed: usize) {
    let mut wrong = Vec::new();
    for line in records.lines() {
        let case: Json = serde_json::from_str(line).unwrap();
        if let Some(what) = difference(&case) {
            let names = [
                "do",
                "yaml",
                "key",
                "overrides",
                "error",
                "tree",
                "value",
                "first_bad",
                "printed",
            ];
            let shown = names.iter().filter(|name| !case[**name].is_null());
            let lines: Vec<String> =
                shown.map(|name| format!("  {name}: {}", case[*name])).collect();
            wrong.push(format!("{}\n  HERE {what}\n", lines.join("\n")));
        }
    }
    assert!(wrong.len() <= allowed, "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn scalars_are_what_omegaconf_reads() {
    check(include_str!("config/scalars.jsonl"), 0);
}

#[test]
fn documents_are_what_omegaconf_reads_and_prints() {
    check(include_str!("config/documents.jsonl"), 0);
}

#[test]
fn lookups_are_what_omegaconf_answers() {
    check(include_str!("config/looks.jsonl"), 0);
}

#[test]
fn compositions_are_what_hydra_makes() {
    check(include_str!("config/composes.jsonl"), 0);
}

/// Compares with records that are not kept: `HYDRULE_CONFIG_CASES` names the file.
#[test]
#[ignore = "needs records made by tests/config/record.py fuzz"]
fn random_cases_agree() {
    let path = std::env::var("HYDRULE_CONFIG_CASES").unwrap();
    check(&std::fs::read_to_string(path).unwrap(), 0);
}
