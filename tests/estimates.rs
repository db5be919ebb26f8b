//! Predicted peaks of memory: against recorded answers, in reports, and in conditions.

use std::fs;

use hydrule::condition::{Condition, Outcome, Scope};
use hydrule::engine::{Entry, Peak, State, Target, View, World, compare_estimates};
use hydrule::facts::Provenance;
use hydrule::overrides;
use hydrule::pack::{Pack, load};
use hydrule::value::Value;
use serde_json::Value as Json;

use crate::support::{Workspace, root, snapshot};

const FILES: &str = "rewrite run_grpo.sh submit_grpo.slurm --log slurm-4242.err";
const MODEL: &str = "--facts model=model.json";

fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(bool) => Value::Bool(*bool),
        Json::Number(number) => Value::Int(number.as_i64().unwrap()),
        other => panic!("{other}"),
    }
}

fn state(overrides: &Json) -> State {
    let entry = |(key, json): (&String, &Json)| {
        let text = match json {
            Json::String(text) => format!("{key}={text}"),
            other => format!("{key}={other}"),
        };
        let value = Ok(overrides::parse(&text).unwrap());
        Entry { key: key.clone(), value, from: Provenance::Computed }
    };
    State {
        entries: overrides.as_object().unwrap().iter().map(entry).collect(),
        ..State::default()
    }
}

fn world(line: &Json) -> World {
    let mut world = World::default();
    for (name, fact) in line["model"].as_object().unwrap() {
        world.facts.insert(format!("model.{name}"), value(fact), Provenance::Computed);
    }
    world.told_groups.insert("model".to_owned(), "model.json".to_owned());
    let capacity = Value::Bytes(line["capacity"].as_i64().unwrap());
    world.facts.insert("oom.capacity", capacity, Provenance::Computed);
    world.parameters.insert("mean_sequence".to_owned(), value(&line["mean_sequence"]));
    world
}

fn grid() -> Vec<Json> {
    let text = fs::read_to_string(root().join("tests/estimates/grid.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Within a ten-thousandth of a percent: whole bytes are rounded term by term.
fn close(found: i64, wanted: i64) -> bool {
    (found - wanted).abs() <= wanted / 1_000_000
}

#[test]
fn formulas_give_the_recorded_peaks() {
    let pack = load("verl").unwrap();
    let lines = grid();
    assert!(lines.len() >= 100);
    let mut wrong = Vec::new();
    for line in &lines {
        let state = state(&line["overrides"]);
        let target = Target::default().narrowed(&pack, &state);
        let world = World { target, ..world(line) };
        let view = View::new(&pack, &state, &world);
        let weights = Outcome::Known(Value::Int(line["weights"].as_i64().unwrap()));
        assert_eq!(view.named("weights"), Some(weights), "{}", line["name"]);
        let found = compare_estimates(&pack, &state, &state, &world);
        for (phase, wanted) in line["peaks"].as_object().unwrap() {
            let peak = found.iter().find(|it| it.phase == *phase).map(|it| &it.after);
            let right = match (peak, wanted.as_i64()) {
                (None, None) => true,
                (Some(Peak::Bytes(found)), Some(wanted)) => close(*found, wanted),
                _ => false,
            };
            if !right {
                wrong.push(format!("{phase}: {peak:?}, not {wanted}\n  {line}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Counted from the published models, in billions: small terms are left out.
#[test]
fn models_have_as_many_weights_as_published() {
    let published = [
        ("qwen2.5-7b", 7.615_616_512),
        ("qwen2.5-0.5b", 0.494_032_768),
        ("qwen3-8b", 8.190_735_360),
        ("llama-3.1-8b", 8.030_261_248),
    ];
    let lines = grid();
    for (name, wanted) in published {
        let line = lines.iter().find(|line| line["name"] == name).unwrap();
        let found = line["weights"].as_f64().unwrap() / 1e9;
        assert!((found / wanted - 1.0).abs() < 2e-4, "{name}: {found}");
    }
}

/// The job of the example, as it was worked out by hand: in GiB, sequences of 974 tokens.
#[test]
fn the_known_failure_is_predicted() {
    let pack = load("verl").unwrap();
    let lines = grid();
    let of = |index: usize| {
        let line = &lines[index];
        let state = state(&line["overrides"]);
        let target = Target::default().narrowed(&pack, &state);
        let world = World { target, ..world(line) };
        compare_estimates(&pack, &state, &state, &world)
            .into_iter()
            .map(|it| match it.after {
                #[expect(clippy::cast_precision_loss, reason = "one decimal is compared")]
                Peak::Bytes(bytes) => format!("{:.1}", bytes as f64 / f64::from(1 << 30)),
                other => panic!("{other:?}"),
            })
            .collect::<Vec<_>>()
    };
    // Mean and longest sequences of the job, then with half the micro batches. The update holds the
    // reference model as well, 3.5 GiB, which the job of the example offloads.
    assert_eq!(of(1)[0], "83.3");
    assert_eq!(of(0)[0], "113.8");
    assert_eq!(of(5)[0], "56.8");
    assert_eq!(of(4)[0], "72.1");
    assert_eq!(of(3)[..3], ["65.5", "30.2", "66.1"]);
    assert_eq!(of(2)[2], "84.8");
}

#[test]
fn the_report_shows_the_peaks() {
    let output = Workspace::example().hydrule(&format!("{FILES} {MODEL}")).run();
    assert_eq!(output.code, 1);
    let (before, _) = output.out.split_once("Not chosen").unwrap();
    let (_, table) = before.split_once("Predicted peak").unwrap();
    snapshot("estimates", "report", &format!("Predicted peak{table}"));
    let json = format!("{FILES} {MODEL} --param mean_sequence=974 --output-format json");
    let json: Json = serde_json::from_str(&Workspace::example().hydrule(&json).run().out).unwrap();
    snapshot("estimates", "json", &format!("{:#}", json["estimates"]));
}

#[test]
fn nothing_depends_on_the_model() {
    let workspace = Workspace::example();
    let without = workspace.hydrule(FILES).run();
    let with = workspace.hydrule(&format!("{FILES} {MODEL}")).run();
    assert!(!without.out.contains("Predicted peak"));
    let (before, rest) = with.out.split_once("Predicted peak").unwrap();
    let (_, after) = rest.split_once("Not chosen").unwrap();
    // Requirements about the model are unknown without it, and the report says so.
    let (head, rest) = without.out.split_once("! 5 requirements read something unknown").unwrap();
    let (_, tail) = rest.split_once("\n\n").unwrap();
    assert_eq!(format!("{before}Not chosen{after}"), format!("{head}\n{tail}"));
}

#[test]
fn a_fact_that_the_file_lacks_is_named() {
    let workspace = Workspace::example();
    let whole = workspace.read("model.json");
    workspace.write("model.json", whole.replace("num_hidden_layers", "layers"));
    let out = workspace.hydrule(&format!("{FILES} {MODEL}")).run().out;
    let (_, peaks) = out.split_once("Predicted peak per GPU, which has 79.18 GiB\n").unwrap();
    let (peaks, _) = peaks.split_once("\n\n").unwrap();
    let why = "unknown: $model.num_hidden_layers, model.json lacks it; --fact";
    assert_eq!(
        peaks.split_whitespace().collect::<Vec<_>>().join(" "),
        format!("{why} model.num_hidden_layers=VALUE")
    );
}

#[test]
fn every_kind_of_file_tells_the_same() {
    let workspace = Workspace::example();
    let json: Json = serde_json::from_str(&workspace.read("model.json")).unwrap();
    let pairs = json.as_object().unwrap();
    let lines = |sign: &str| -> String {
        pairs.iter().map(|(key, value)| format!("{key}{sign}{value}\n")).collect()
    };
    workspace.write("model.yaml", lines(": ")).write("model.toml", lines(" = "));
    let wanted = workspace.hydrule(&format!("{FILES} {MODEL}")).run().out;
    for name in ["model.yaml", "model.toml"] {
        let output = workspace.hydrule(&format!("{FILES} --facts model={name}")).run();
        assert_eq!(output.out, wanted, "{name}: {}", output.err);
    }
    let facts = [
        "hidden_size=3584",
        "num_hidden_layers=28",
        "intermediate_size=18944",
        "num_attention_heads=28",
        "num_key_value_heads=4",
        "vocab_size=152064",
        "tie_word_embeddings=False",
    ];
    let facts = facts.map(|fact| format!("--fact model.{fact}")).join(" ");
    assert_eq!(workspace.hydrule(&format!("{FILES} {facts}")).run().out, wanted);
}

#[test]
fn single_facts_win_over_files() {
    let output = Workspace::example()
        .hydrule(&format!("{FILES} {MODEL} --fact model.vocab_size=1000 --output-format json"))
        .run();
    let json: Json = serde_json::from_str(&output.out).unwrap();
    assert!(json["estimates"][0]["before"].as_i64().unwrap() < 40 << 30);
}

#[test]
fn wrong_files_are_refused() {
    let workspace = Workspace::example();
    workspace
        .write("types.json", "{\n  \"hidden_size\": \"3584\",\n  \"tie_word_embeddings\": 1\n}\n")
        .write("broken.json", "{\n  \"hidden_size\": 3584,,\n}\n")
        .write("list.json", "[1]\n")
        .write("broken.toml", "hidden_size = \n")
        .write("config.ini", "");
    let mut shown = String::new();
    let facts = [
        "model=types.json",
        "model=broken.json",
        "model=list.json",
        "model=broken.toml",
        "model=config.ini",
        "modle=model.json",
        "model=modell.json",
        "model.json",
    ];
    for facts in facts {
        let output = workspace.hydrule(&format!("{FILES} --facts {facts}")).run();
        assert_eq!(output.code, 2);
        assert_eq!(output.out, "");
        shown.push_str(&format!("--facts {facts}\n{}\n", output.err));
    }
    snapshot("estimates", "wrong-files", &shown);
}

/// A pack with one estimate, and an option that asks for it.
fn small_pack(more: &str) -> Result<Pack, String> {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("{SMALL}{more}");
    fs::write(folder.path().join("pack.toml"), text).unwrap();
    load(folder.path().to_str().unwrap()).map_err(|error| format!("{error:?}"))
}

const SMALL: &str = r#"
name = "small"
version = "1"
description = "One estimate"
launches = []
[fact.model]
hidden_size = "int"
layers = "int?"
[let]
size = '$model.hidden_size * ($model.layers ?? 10) * 1KiB'
[[phase]]
name = "update"
title = "the update"
frames = []
[[estimate]]
phase = "update"
title = "update"
when = 'rows > 0'
bytes = 'rows * $size'
error = '20%'
source = "none"
[[default]]
of = "small"
source = "none"
values = { rows = 4 }
[[require]]
id = "fits"
holds = '$peak < 1GiB'
fails_at = "the first step"
message = "{$peak} is too much"
"#;

fn small_world(facts: &[(&str, i64)], phase: &str) -> World {
    let mut world = World::default();
    for (name, value) in facts {
        world.facts.insert(*name, Value::Int(*value), Provenance::Computed);
    }
    world.facts.insert("oom.phase", Value::Str(phase.to_owned()), Provenance::Computed);
    world.take_told_failure();
    world
}

fn ask(world: &World, overrides: &str, expression: &str) -> Outcome {
    let pack = small_pack("").unwrap();
    let state = state(&serde_json::from_str(overrides).unwrap());
    Condition::parse(expression).unwrap().outcome(&View::new(&pack, &state, world))
}

#[test]
fn conditions_can_ask_for_the_peak() {
    let told = small_world(&[("model.hidden_size", 100)], "update");
    assert_eq!(ask(&told, "{}", "$peak"), Outcome::Known(Value::Bytes(4 * 100 * 10 * 1024)));
    assert_eq!(
        ask(&told, r#"{"rows": 8}"#, "$peak > 8000KiB - 1KiB"),
        Outcome::Known(Value::Bool(true))
    );
    let layers = small_world(&[("model.hidden_size", 100), ("model.layers", 1)], "update");
    assert_eq!(ask(&layers, "{}", "$peak == 400KiB"), Outcome::Known(Value::Bool(true)));
    // Nothing is predicted for the phase, or its formula does not apply.
    let elsewhere = small_world(&[("model.hidden_size", 100)], "host");
    assert!(matches!(ask(&elsewhere, "{}", "$peak"), Outcome::Absent { .. }));
    assert!(matches!(ask(&told, r#"{"rows": 0}"#, "$peak"), Outcome::Absent { .. }));
}

#[test]
fn what_nothing_tells_stays_unknown() {
    let untold = small_world(&[], "update");
    let Outcome::Unknown(missing) = ask(&untold, "{}", "$peak > 1GiB") else { panic!() };
    assert_eq!(missing[0].name, "$model.hidden_size");
    assert_eq!(missing[0].supply, "--facts model=FILE or --fact model.hidden_size=VALUE");
    assert_eq!(ask(&untold, "{}", "$peak > 1GiB && rows > 4"), Outcome::Known(Value::Bool(false)));
    let Outcome::Unknown(missing) = ask(&World::default(), "{}", "$peak > 1GiB") else { panic!() };
    assert_eq!(missing[0].why, "nothing tells which phase failed");
    // What may be missing is absent where a file lacks it.
    let mut file = World::default();
    assert!(matches!(ask(&file, "{}", "$model.layers"), Outcome::Unknown(_)));
    file.told_groups.insert("model".to_owned(), "model.json".to_owned());
    assert!(matches!(ask(&file, "{}", "$model.layers"), Outcome::Absent { .. }));
    let Outcome::Unknown(missing) = ask(&file, "{}", "$model.hidden_size") else { panic!() };
    assert_eq!(missing[0].why, "model.json lacks it");
    let pack = small_pack("").unwrap();
    let state = State::default();
    assert!(compare_estimates(&pack, &state, &state, &untold).is_empty());
}

/// What reads `$peak` depends on all that the estimates read.
#[test]
fn requirements_over_the_peak_are_checked_again() {
    let pack = small_pack("").unwrap();
    assert!(pack.reads(&pack.requirements[0]).may_depend_on("rows"));
}

#[test]
fn names_and_types_of_estimates_are_checked() {
    let cases = [
        (
            "[[invariant]]\nid = 'a'\ntitle = 'a'\nvalue = '$model.hiden_size'\n",
            "model.hidden_size",
        ),
        (
            "[[estimate]]\nphase='x'\ntitle=''\nbytes='1GiB'\nerror='1%'\nsource=''\n",
            "no phase `x`",
        ),
        ("[[estimate]]\nphase='host'\ntitle=''\nbytes='12'\nerror='1%'\nsource=''\n", "bytes"),
        ("[[estimate]]\nphase='host'\ntitle=''\nbytes='1GiB'\nerror='1'\nsource=''\n", "error bar"),
        ("[[estimate]]\nphase='update'\ntitle=''\nbytes='1GiB'\nerror='1%'\nsource=''\n", "two"),
        ("[fact.other]\na = 'integer'\n", "no type of a fact"),
    ];
    for (more, wanted) in cases {
        let error = small_pack(more).map(drop).unwrap_err();
        assert!(error.contains(wanted), "{more}: {error}");
    }
    let peak = SMALL.replace("size = '$model", "peak = '1GiB'\nsize = '$model");
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("pack.toml"), peak).unwrap();
    let error = format!("{:?}", load(folder.path().to_str().unwrap()).unwrap_err());
    assert!(error.contains("reserved_name"), "{error}");
}

/// Every key that a formula reads has a known default, or nothing would be predicted without it.
#[test]
fn formulas_read_known_keys() {
    let pack = load("verl").unwrap();
    let mut open: Vec<&Condition> = Vec::new();
    for estimate in &pack.estimates {
        open.extend(estimate.when.iter().chain([&estimate.bytes]).map(|it| &it.condition));
    }
    let mut seen: Vec<String> = Vec::new();
    while let Some(condition) = open.pop() {
        for name in condition.names() {
            if let Some(key) = name.key() {
                // Whether a launch sets a key of a free dictionary is always known.
                let free = key.as_str().contains("override_optimizer_config.");
                assert!(free || pack.has_default(key.as_str()), "{key}");
            }
            let Some(fact) = name.fact().map(str::to_owned) else { continue };
            if seen.contains(&fact) {
                continue;
            }
            open.extend(pack.lets.get(fact.as_str()).map(|it| &it.condition));
            seen.push(fact);
        }
    }
}
