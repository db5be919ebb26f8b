//! Arguments that OmegaConf reads: its recorded answers, what is written for it, and what commands
//! make of launches whose pack says so.
//!
//! `tests/config/arguments.py` compares the record with an OmegaConf that is installed.

use std::fs;
use std::path::Path;

use hydrule::config::{argument_value, read_argument};
use hydrule::overrides::{Element, Language, Number};
use hydrule::value::{Value, float_text};
use serde_json::{Value as Json, json};

use crate::support::{SMALL, Workspace};

fn records() -> Vec<Json> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config/arguments.jsonl");
    let text = fs::read_to_string(file).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn shown(element: &Element) -> Json {
    match element {
        Element::Null => Json::Null,
        Element::Number(Number::Bool(truth)) => json!(truth),
        Element::Number(Number::Int(int)) => match i64::try_from(int) {
            Ok(int) => json!(int),
            Err(_) => json!({ "int": int.to_string() }),
        },
        Element::Number(Number::Float(float)) => json!({ "float": float_text(*float) }),
        Element::Str(text) => json!(text),
        Element::List(items) => items.iter().map(shown).collect(),
        Element::Dict(pairs) => {
            let pairs: Vec<Json> =
                pairs.iter().map(|(key, it)| json!([shown(key), shown(it)])).collect();
            json!({ "dict": pairs })
        }
        other => panic!("{other:?} is nothing of OmegaConf's"),
    }
}

#[test]
fn arguments_are_read_as_omegaconf_reads_them() {
    /// What the reader of YAML takes otherwise than PyYAML, as in files.
    const OTHERWISE: [&str; 3] = ["k=[-]", "k=...", "k=\t1"];
    let mut wrong = Vec::new();
    let recorded = records();
    assert!(recorded.len() > 150);
    for record in recorded {
        let text = record["text"].as_str().unwrap();
        if OTHERWISE.contains(&text) {
            continue;
        }
        let ours = read_argument(Language::OmegaConf, text);
        // OmegaConf makes keys with a sigil, which no program has.
        let sigil = text.starts_with(['+', '~']);
        let refused = record.get("refused").is_some() || sigil;
        match ours {
            Err(fault) => {
                assert!(fault.span.end <= text.len(), "{text:?}: {fault:?}");
                if !refused {
                    wrong.push(format!("{text:?} is refused: {}", fault.message));
                }
            }
            Ok(it) if refused => wrong.push(format!("{text:?} is read: {:?}", it.value)),
            Ok(it) => {
                let value = shown(it.value.as_ref().unwrap());
                if json!(it.key) != record["key"] || value != record["value"] {
                    wrong.push(format!("{text:?} is {} = {value}", it.key));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_written_is_in_the_record_with_its_value() {
    let text = |text: &str| Value::Str(text.to_owned());
    let dict = |key: &str, value: Value| Value::Dict(vec![(text(key), value)]);
    let values = [
        Value::Null,
        Value::Bool(true),
        Value::Bool(false),
        Value::Int(-1),
        Value::Bytes(1024),
        Value::Float(1e-6),
        Value::Float(0.5),
        Value::Float(1e16),
        Value::Float(f64::INFINITY),
        Value::Float(f64::NAN),
        text(""),
        text("fsdp2"),
        text("two words"),
        text("1"),
        text("1e-6"),
        text("true"),
        text("null"),
        text("~"),
        text("a: b"),
        text("a #b"),
        text("it's"),
        text("- x"),
        text("[1,2]"),
        text("1,2"),
        text("say \"a: b\""),
        text("a\nb"),
        text("2020-01-01"),
        text("${a.b}/c"),
        text("back\\slash"),
        text("@a"),
        text(" padded "),
        Value::List(vec![Value::Int(1), text("a, b"), Value::Null, text("x")]),
        Value::List(Vec::new()),
        dict("a", Value::List(vec![Value::Bool(true), text("no")])),
        dict("rope_type", text("yarn")),
        Value::Dict(Vec::new()),
    ];
    let records = records();
    let mut missing = Vec::new();
    for value in values {
        let argument = format!("k={}", argument_value(Language::OmegaConf, &value));
        let read = read_argument(Language::OmegaConf, &argument).unwrap().value.unwrap();
        let back = read.to_value().unwrap();
        let nan = matches!(value, Value::Float(float) if float.is_nan());
        let bytes = matches!(value, Value::Bytes(_));
        assert!(nan || bytes || back == value, "{argument}: {back:?} for {value:?}");
        match records.iter().find(|it| it["text"] == json!(argument)) {
            Some(record) => assert_eq!(record["value"], shown(&read), "{argument}"),
            None => missing.push(json!({ "text": argument }).to_string()),
        }
    }
    assert!(missing.is_empty(), "record these:\n{}", missing.join("\n"));
}

fn refused(script: &str) -> Vec<String> {
    let workspace = Workspace::new();
    workspace.write("run.sh", script);
    let run = workspace.hydrule("check run.sh --output-format json").run();
    let json: Json = serde_json::from_str(&run.out).unwrap();
    let found = json["findings"].as_array().unwrap().iter();
    let found = found.filter(|it| it["rule"] == "refused-override");
    found.map(|it| it["message"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn check_reads_each_launch_in_the_language_of_its_program() {
    let braces = r#"'generator.chat_template_kwargs={"enable_thinking": false}'"#;
    let new = "python -m skyrl.train.entrypoints.main_base trainer.seed=1";
    let old = "python -m skyrl_train.entrypoints.main_base trainer.seed=1";
    let easy = "python3 -m verl.trainer.main config=examples/config.yaml worker.rollout.n=5";
    for known in [new, easy] {
        assert_eq!(refused(&format!("{known} {braces}\n")), [""; 0], "{known}");
        let sigil = refused(&format!("{known} +trainer.seed=2\n"));
        assert!(sigil.len() == 1 && sigil[0].starts_with("`+` is Hydra's"), "{sigil:?}");
        let deleted = refused(&format!("{known} '~trainer.seed'\n"));
        assert!(deleted.len() == 1 && deleted[0].starts_with("`~` is Hydra's"), "{deleted:?}");
        let open = refused(&format!("{known} 'trainer.seed=[1,2'\n"));
        assert!(open.len() == 1 && open[0].starts_with("no valid YAML"), "{open:?}");
    }
    assert_eq!(refused(&format!("{old} +trainer.seed=2\n")), [""; 0]);
    assert_eq!(refused(&format!("{old} {braces}\n")).len(), 1);
}

#[test]
fn rewrites_are_written_so_that_omegaconf_reads_them() {
    let workspace = Workspace::new();
    let rules = r#"
launches = ["app.main"]
arguments = "omegaconf"

[[option]]
id = "all"
title = "Set values of every kind"
when = 'app.on == false'
rewrite = [
    'app.on := true',
    '++app.text := "1: a"',
    '++app.digits := "1e-6"',
    '++app.quote := "it\u0027s: so"',
    '++app.rate := 0.000001',
    '++app.none := null',
    '++app.list := ["a, b", "c"]',
    '++app.plain="1"',
]
relieves = ["update"]
changes = "nothing"
cost = {}
safety = "safe"
why = "It tries the writer."
source = "a test"
"#;
    let (header, tables) = SMALL.split_once("\n\n").unwrap_or((SMALL, ""));
    workspace.write("pack/pack.toml", format!("{header}{rules}{tables}"));
    workspace.write("run.sh", "python -m app.main 'app.map={\"a\": 1}' app.on=False\n");
    let line = "rewrite run.sh --pack pack --fact oom.phase=update --write";
    let run = workspace.hydrule(line).run();
    assert!(run.code == 0 || run.code == 1, "{}", run.shown());
    let launches = workspace.launches("run.sh", &[]);
    let value = |key: &str| {
        let start = format!("{key}=");
        let text = launches[0].iter().find(|it| it.starts_with(&start));
        let text = text.unwrap_or_else(|| panic!("{key} in {launches:?}"));
        read_argument(Language::OmegaConf, text).unwrap().value().unwrap()
    };
    let text = |text: &str| Value::Str(text.to_owned());
    assert_eq!(value("app.on"), Value::Bool(true));
    assert_eq!(value("app.text"), text("1: a"));
    assert_eq!(value("app.digits"), text("1e-6"));
    assert_eq!(value("app.quote"), text("it's: so"));
    assert_eq!(value("app.rate"), Value::Float(1e-6));
    assert_eq!(value("app.none"), Value::Null);
    assert_eq!(value("app.list"), Value::List(vec![text("a, b"), text("c")]));
    assert_eq!(value("app.plain"), text("1"));
    assert_eq!(value("app.map"), Value::Dict(vec![(text("a"), Value::Int(1))]));
    assert!(workspace.read("run.sh").contains("app.on=True"), "the script's own case");
}

#[test]
fn set_reads_arguments_as_the_launch_does() {
    let workspace = Workspace::new();
    workspace.write("run.sh", "python -m skyrl.train.entrypoints.main_base trainer.epochs=1\n");
    let set = |argument: &str| workspace.hydrule(&format!("set run.sh {argument} --write")).run();
    let sigil = set("+trainer.seed=2");
    assert!(sigil.code == 2 && sigil.err.contains("OmegaConf"), "{}", sigil.shown());
    let open = set("trainer.list=[1,2");
    assert!(open.code == 2 && open.err.contains("no valid YAML"), "{}", open.shown());
    // Hydra's grammar wants quotes here.
    assert_eq!(set("trainer.note=a(b").code, 0);
    let overrides = || workspace.launches("run.sh", &[])[0][2..].join(" ");
    assert_eq!(overrides(), "trainer.epochs=1 trainer.note=a(b");
    assert_eq!(set("~trainer.note").code, 0);
    assert_eq!(overrides(), "trainer.epochs=1");
}
