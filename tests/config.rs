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

fn config(text: &str) -> Config {
    Config::read(&Source::new("base.yaml", text)).unwrap()
}

fn overrides(texts: &[&str]) -> Vec<Override> {
    texts.iter().map(|text| parse(text).unwrap()).collect()
}

fn nothing(_: &str) -> Lookup {
    Lookup::Absent
}

fn answer(config: &Config, key: &str) -> Lookup {
    config.lookup(&KeyPath::new(key), &nothing).unwrap()
}

const SECTIONS: &str = "lr: 1\nopt:\n  kind: adam\n  eps: 1e-8\nuse: ${opt.eps}\n";

#[test]
fn a_groups_choice_makes_its_section_unknown_until_values_are_set() {
    let list = overrides(&["opt.eps=0.1", "opt=sgd", "hydra.run.dir=x"]);
    let composed = compose(&config(SECTIONS), &list).unwrap();
    let config = &composed.config;
    assert!(
        matches!(answer(config, "opt.kind"), Lookup::Unknown(missing) if missing.why.contains("opt=sgd"))
    );
    assert!(matches!(answer(config, "opt"), Lookup::Unknown(_)));
    assert!(
        matches!(answer(config, "use"), Lookup::Set(found) if found.value == Value::Float(0.1))
    );
    assert!(matches!(answer(config, "lr"), Lookup::Set(_)));
    assert_eq!(answer(config, "nope"), Lookup::Absent);
    assert_eq!(composed.notes.iter().map(|note| note.index).collect::<Vec<_>>(), [1]);
}

#[test]
fn a_group_at_an_unknown_place_makes_the_base_doubtful() {
    let composed = compose(&config(SECTIONS), &overrides(&["+server/site=x", "lr=2", "new=1"]));
    let config = composed.unwrap().config;
    assert!(matches!(answer(&config, "opt.kind"), Lookup::Unknown(_)));
    assert!(matches!(answer(&config, "server.site.port"), Lookup::Unknown(_)));
    assert!(matches!(answer(&config, "lr"), Lookup::Set(found) if found.value == Value::Int(2)));
}

#[test]
fn known_groups_decide_instead_of_guesses() {
    let base = config(SECTIONS).with_groups([]);
    let composed = compose(&base, &overrides(&["opt=sgd"])).unwrap();
    assert_eq!(composed.notes, []);
    assert!(
        matches!(answer(&composed.config, "opt"), Lookup::Set(found) if found.value == Value::Str("sgd".into()))
    );
}

#[test]
fn a_primary_configuration_is_known_only_in_part() {
    let base = config("defaults:\n  - opt: adam\n  - _self_\nlr: 1\nhydra:\n  x: 1\n");
    assert!(matches!(answer(&base, "lr"), Lookup::Set(_)));
    assert!(matches!(answer(&base, "opt.kind"), Lookup::Unknown(_)));
    assert!(base.node(&KeyPath::new("hydra")).is_none());
    assert!(compose(&base, &overrides(&["opt.kind=x"])).is_ok());
    let early = config("defaults:\n  - _self_\n  - opt: adam\nlr: 1\n");
    assert!(matches!(answer(&early, "lr"), Lookup::Unknown(_)));
}

#[test]
fn every_misfit_is_reported_at_its_place_with_advice() {
    let list = overrides(&["opt.knid=1", "lr=2", "+lr=3", "zzz=1", "~opt.x", "~lr=9", "opt={q:1}"]);
    let misfits = compose(&config(SECTIONS), &list).unwrap_err();
    let seen: Vec<String> = misfits
        .iter()
        .map(|misfit| {
            let Override { text, .. } = &list[misfit.index];
            let part = text.get(misfit.fault.span.start..misfit.fault.span.end).unwrap();
            let help = misfit.fault.help.as_deref().unwrap_or_default();
            format!("{} {part} | {help}", misfit.fault.code.rsplit_once(':').unwrap().1)
        })
        .collect();
    assert_eq!(
        seen,
        [
            "missing_key knid | did you mean `opt.kind`?",
            "exists lr | write `lr=3` to change it, `++lr=3` to add or change it",
            "missing_key zzz | write `+zzz=1` to add it",
            "nothing_to_delete opt.x | ",
            "value_differs 9 | write `~lr` to delete it whatever its value",
            "missing_key {q:1} | write `++opt={q:1}` to add it",
        ]
    );
}

#[test]
fn swept_values_are_unknown_and_noted() {
    let composed = compose(&config(SECTIONS), &overrides(&["lr=1,2", "opt.eps=0.5"])).unwrap();
    assert!(
        matches!(answer(&composed.config, "lr"), Lookup::Unknown(missing) if missing.why.contains("swept"))
    );
    assert_eq!(composed.notes.len(), 1);
}

#[test]
fn provenance_names_the_line_or_the_override() {
    let composed = compose(&config(SECTIONS), &overrides(&["lr=2"])).unwrap().config;
    let place = |config: &Config, key: &str| match answer(config, key) {
        Lookup::Set(found) => found.from.to_string(),
        other => format!("{other:?}"),
    };
    assert_eq!(place(&composed, "opt.eps"), "base.yaml:4");
    assert_eq!(place(&composed, "lr"), "lr:1");
    let placed = composed.with_places(vec![Provenance::Parameter]);
    assert_eq!(place(&placed, "lr"), "pack parameter");
}

#[test]
fn cycles_are_faults_with_their_path() {
    let base = config("a: 1\nb:\n  c: ${d}\nd: ${b.c}\n");
    let faults = base.lookup(&KeyPath::new("b.c"), &nothing).unwrap_err();
    assert_eq!(
        faults.to_string(),
        "base.yaml:3:6: `b.c` cannot be resolved: it is defined by itself: b.c → d → b.c"
    );
}

#[test]
fn unknown_resolvers_and_mandatory_values_are_unknown() {
    let base = config("a: ${mine:1}\nb: ???\nc: 'x${b}'\nd: ${oc.env:HOME}\n");
    for key in ["a", "b", "c"] {
        assert!(matches!(answer(&base, key), Lookup::Unknown(_)), "{key}");
    }
    assert!(base.lookup(&KeyPath::new("d"), &nothing).is_err());
}

#[test]
fn bombs_and_depth_end_in_faults() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let items = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    let mut merges = "m0: &m0 {k0: 1}\n".to_owned();
    for level in 1..40 {
        let below = level - 1;
        merges.push_str(&format!(
            "m{level}: &m{level} {{<<: [*m{below}, *m{below}], k{level}: 1}}\n"
        ));
    }
    let deep = format!("a: {}{}", "[".repeat(100_000), "]".repeat(100_000));
    let chain: String = (0..5000).map(|at| format!("k{at}: ${{k{}}}\n", at + 1)).collect();
    let faults = Config::read(&Source::new("b", bomb.as_str())).unwrap_err();
    assert_eq!(faults.faults[0].code, "hydrule::config::too_large");
    assert!(Config::read(&Source::new("b", deep)).is_err());
    assert!(Config::read(&Source::new("b", merges.as_str())).is_ok());
    assert!(config(&chain).lookup(&KeyPath::new("k0"), &nothing).is_err());
    let costly: String = (0..200)
        .map(|at| {
            format!("k{at}: {}${{k{}}}{}\n", "${oc.create:[".repeat(20), at + 1, "]}".repeat(20))
        })
        .collect();
    assert!(config(&costly).lookup(&KeyPath::new("k0"), &nothing).is_err());
    let value = format!("+a={}{}", "[".repeat(490), "]".repeat(490));
    let key = format!("++{}=1", vec!["a"; 5000].join("."));
    assert_eq!(compose(&config("{}"), &overrides(&[&value, &key])).unwrap_err().len(), 2);
    let value = format!("+a={}{}", "[".repeat(120), "]".repeat(120));
    let composed = compose(&config("{}"), &overrides(&[&value])).unwrap().config;
    assert!(to_yaml(&composed).len() > 120);
    assert!(matches!(answer(&composed, "a"), Lookup::Set(_)));
    let nested = format!("a: '{}x{}'\n", "${".repeat(5000), "}".repeat(5000));
    assert!(Config::read(&Source::new("b", nested)).is_err());
}

proptest::proptest! {
    #[test]
    fn no_text_panics(text in "([a-c:\\-\\[\\]{}\\n ,&*<|>'\"!?#${}.0-9é~%]|\\$\\{|\n  )*") {
        if let Ok(config) = Config::read(&Source::new("base.yaml", text)) {
            for key in config.keys() {
                let _ = config.lookup(&KeyPath::new(key.as_str()), &nothing);
            }
            let printed = to_yaml(&config);
            let again = Config::read_plain(&Source::new("again.yaml", printed.as_str()));
            // What is printed reads back as the same tree.
            proptest::prop_assert_eq!(again.map(|it| dict(it.root())).ok(), Some(dict(config.root())), "{}", printed);
        }
    }
}
