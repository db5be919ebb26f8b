//! What failed before is never proposed again, and what worked is approached by halves.

use std::collections::BTreeMap;

use hydrule::engine::{Rejection, Request, State, Status, Tried, World, plan, tried_record};
use hydrule::overrides::Language;
use hydrule::pack::Pack;
use hydrule::text::{Source, Span};
use hydrule::value::Value;
use proptest::prelude::{Strategy, prop, prop_assert, proptest};
use serde_json::{Value as Json, json};

use crate::support::{Workspace, failed_in, small_pack, small_state, snapshot};

/// An option that moves one key against failures of a phase.
fn option(id: &str, rewrite: &str, relieves: &str, loads: &str) -> String {
    format!(
        r#"
[[option]]
id = "{id}"
title = "Do {id}"
when = 'm.on'
rewrite = [{rewrite}]
relieves = [{relieves}]
loads = [{loads}]
changes = "speed"
cost = {{ time = 1.1 }}
safety = "safe"
why = "It holds less."
source = "the manual"
"#
    )
}

fn tried(line: usize, json: &Json) -> Tried {
    let source = Source::new(format!("tried-{line}"), json.to_string());
    Tried::read(json.as_object().unwrap(), source.at(Span::at(0)), Language::Hydra).unwrap()
}

fn record(overrides: &[&str], outcome: &str, phase: &str) -> Json {
    json!({ "overrides": overrides, "outcome": outcome, "phase": phase })
}

/// Returns what the first step makes of one override.
fn next(pack: &Pack, overrides: &[&str], records: &[Json]) -> Option<String> {
    let mut world = failed_in("update");
    world.tried = records.iter().enumerate().map(|(line, json)| tried(line, json)).collect();
    let planned = plan(pack, &small_state(overrides), &world, &Request::default());
    let changes: Vec<String> = planned.changes.iter().map(|it| it.after.clone().unwrap()).collect();
    (!changes.is_empty()).then(|| changes.join(" "))
}

#[test]
fn a_value_between_failure_and_success_is_halved() {
    let pack = small_pack(&option("quarter", "'m.k := it / 4'", "\"update\"", ""));
    let worked = record(&["m.k=64"], "worked", "update");
    let mut records = vec![worked];
    let mut way = vec![128];
    // Everything above 70 fails.
    while let Some(found) = next(&pack, &[&format!("m.k={}", way.last().unwrap())], &records) {
        let value: i64 = found.strip_prefix("m.k=").unwrap().parse().unwrap();
        let failed = way.last().unwrap();
        records.push(record(&[&format!("m.k={failed}")], "failed", "update"));
        way.push(value);
        if value <= 70 {
            break;
        }
    }
    assert_eq!(way, [128, 96, 80, 72, 68]);
    // From above, with a better value known to work, down to the last whole number.
    records.push(record(&["m.k=68"], "worked", "update"));
    for (failed, wanted) in [(72, 70), (70, 69), (69, 68)] {
        let found = next(&pack, &[&format!("m.k={failed}")], &records);
        assert_eq!(found, Some(format!("m.k={wanted}")));
        records.push(record(&[&format!("m.k={failed}")], "failed", "update"));
    }
}

#[test]
fn halving_obeys_bounds_and_requirements() {
    let rewrite = "{ set = 'm.k := it / 4', largest_divisor = '640', floor = '8' }";
    let pack = small_pack(&option("quarter", rewrite, "\"update\"", ""));
    let worked = [record(&["m.k=32"], "worked", "update")];
    // 80 is the middle of 32 and 128, and divides 640.
    assert_eq!(next(&pack, &["m.k=128"], &worked), Some("m.k=80".to_owned()));
    assert_eq!(next(&pack, &["m.k=40"], &worked), Some("m.k=32".to_owned()));
    let requires = r#"
[[require]]
id = "odd"
holds = 'm.k % 7 == 0'
fails_at = "start-up"
message = "no multiple of 7"
"#;
    let option = option("quarter", "'m.k := it / 2'", "\"update\"", "");
    let pack = small_pack(&format!("{option}{requires}"));
    // 77 is the multiple of 7 that is nearest to 80.
    let worked = [record(&["m.k=49"], "worked", "update")];
    assert_eq!(next(&pack, &["m.k=112"], &worked), Some("m.k=77".to_owned()));
}

#[test]
fn floats_are_halved_in_hundredths() {
    let pack = small_pack(&option("less", "'m.s := it - 0.2'", "\"update\"", ""));
    let worked = [record(&["m.s=0.5"], "worked", "update")];
    assert_eq!(next(&pack, &["m.s=0.9"], &worked), Some("m.s=0.7".to_owned()));
    assert_eq!(next(&pack, &["m.s=0.51"], &worked), Some("m.s=0.5".to_owned()));
}

#[test]
fn only_what_is_comparable_counts() {
    let options = [
        option("halve", "'m.k := it / 2'", "\"update\"", "\"score\""),
        option("on", "'m.flag := true'", "\"update\"", ""),
    ];
    let pack = small_pack(&options.concat());
    let start = ["m.k=64", "m.x=1", "m.flag=false"];
    let after =
        |overrides: &[&str], phase| next(&pack, &start, &[record(overrides, "failed", phase)]);
    // 32 failed already with everything else lighter or alike: the next option's turn.
    let on = Some("m.flag=true".to_owned());
    assert_eq!(after(&["m.k=32", "m.x=1", "m.flag=false"], "update"), on);
    assert_eq!(after(&["m.k=16", "m.x=1", "m.flag=true"], "update"), None);
    // Nothing is known of `m.x`, and for scoring the option goes the other way.
    let halved = Some("m.k=32".to_owned());
    assert_eq!(after(&["m.k=32", "m.x=2", "m.flag=false"], "update"), halved);
    assert_eq!(after(&["m.k=64", "m.x=1", "m.flag=false"], "score"), on);
    assert_eq!(after(&["m.k=16", "m.x=1", "m.flag=false"], "score"), halved);
}

#[test]
fn the_rejection_names_the_line() {
    let pack = small_pack(&option("halve", "'m.k := it / 2'", "\"update\"", ""));
    let mut world = failed_in("update");
    let line = json!({"overrides": ["m.k=8"], "outcome": "failed", "phase": "update", "bytes": 7});
    world.tried.push(tried(3, &line));
    let planned = plan(&pack, &small_state(&["m.k=64"]), &world, &Request::default());
    let Status::Rejected(Rejection::TriedBefore { phase, bytes, from }) =
        &planned.verdicts[0].status
    else {
        panic!("{:?}", planned.verdicts);
    };
    assert_eq!(
        (phase.as_deref(), *bytes, from.source.name()),
        (Some("update"), Some(7), "tried-3")
    );
}

#[test]
fn a_failure_is_recorded_as_it_is_read() {
    let (mut state, world) = (small_state(&["m.k=64", "~m.x", "m.l=[1,2]"]), failed_in("update"));
    std::sync::Arc::make_mut(&mut state.entries.edit()[1]).value = Err("a variable".to_owned());
    let json = tried_record(&state, &world).unwrap();
    let wanted = json!({
        "overrides": ["m.k=64", "m.l=[1,2]"],
        "outcome": "failed",
        "phase": "update",
        "untold": ["m.x"],
    });
    assert_eq!(json, wanted);
    assert_eq!(tried_record(&tried(1, &json).state, &world).unwrap(), wanted);
    assert_eq!(tried_record(&state, &World::default()), None);
}

#[test]
fn broken_lines_are_underlined() {
    let workspace = Workspace::new();
    let lines = [
        r#"{"overrides": ["a.b=1"], "outcome": "worked"}"#,
        r#"{"format": 1, "command": "set", "id": 3}"#,
        "",
        r#"{"overrides": ["a.b=1"], "outcome": "failed", "phase": "log_prop"}"#,
        r#"{"overrides": ["a.b=1", "a.c=[1"], "outcome": "failed"}"#,
        r#"{"overrides": ["a.b=1"], "outcome": "died"}"#,
        r#"{"overrides": "a.b=1", "outcome": "failed"}"#,
        r#"{"overrides": [], "outcome": "failed", "phases": "log_prob"}"#,
        r#"{"overrides": [], "outcome": "failed", "bytes": 1.5}"#,
        r#"{"format": 1, "command": "rewrite", "tried": {"outcome": "failed"}}"#,
        r#"{"overrides": ["#,
        "[1]",
    ];
    workspace.write("tried.jsonl", lines.join("\n"));
    let output = workspace.hydrule("rewrite --pack verl --tried tried.jsonl -- a.b=1").run();
    assert_eq!(output.code, 2);
    snapshot("broken", "tried", &output.shown());
}

/// Fails, writes and fails again until nothing is left to propose, as a user would.
#[test]
fn a_failing_job_comes_to_an_end() {
    let workspace = Workspace::new();
    let micro = "actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu";
    let script = format!(
        "python3 -m verl.trainer.main_ppo data.train_batch_size=1024 {micro}=128 \\\n    actor_rollout_ref.rollout.n=5\n"
    );
    workspace.write("run.sh", script).write("tried.jsonl", "");
    let line = "rewrite run.sh --fact oom.phase=log_prob --tried tried.jsonl --write --unsafe";
    let mut seen = std::collections::BTreeSet::new();
    let mut steps = 0;
    loop {
        assert!(seen.insert(workspace.read("run.sh")), "a configuration came back");
        let output = workspace.hydrule(line).args(["--output-format", "json"]).run();
        assert_ne!(output.code, 2, "{}", output.shown());
        let json: Json = serde_json::from_str(&output.out).unwrap();
        let lines = format!("{}{}\n", workspace.read("tried.jsonl"), json["tried"]);
        workspace.write("tried.jsonl", lines);
        if json["steps"].as_array().unwrap().is_empty() {
            break;
        }
        steps += 1;
        assert!(steps < 60);
    }
    assert!(steps > 10, "{steps}");
    // Started over, every configuration on the way is known to fail.
    let mut first: Vec<String> = workspace.read("tried.jsonl").lines().map(str::to_owned).collect();
    let last: Json = serde_json::from_str(&first.pop().unwrap()).unwrap();
    assert!(last["overrides"].as_array().unwrap().len() > 3);
}

#[test]
fn a_halved_value_says_so() {
    let workspace = Workspace::new();
    let micro = "actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu";
    let other =
        "data.train_batch_size=1024 actor_rollout_ref.rollout.n=6 trainer.n_gpus_per_node=8";
    workspace.write("run.sh", format!("python3 -m verl.trainer.main_ppo {other} {micro}=128\n"));
    let overrides: Vec<String> = other.split(' ').map(str::to_owned).collect();
    let line = |value: i64, outcome: &str| {
        let mut overrides = overrides.clone();
        overrides.push(format!("{micro}={value}"));
        json!({ "overrides": overrides, "outcome": outcome, "phase": "log_prob" }).to_string()
    };
    let lines = [line(64, "worked"), line(112, "failed")].join("\n");
    workspace.write("tried.jsonl", lines);
    let run = workspace.hydrule("rewrite run.sh --fact oom.phase=log_prob --tried tried.jsonl");
    let out = run.run().out;
    let step = out.split("\n\n").find(|part| part.starts_with('→')).unwrap();
    snapshot("tried", "between", step);
}

/// The keys of random packs, and the factor of each option's step.
const KEYS: [&str; 3] = ["m.a", "m.b", "m.c"];

fn configuration() -> impl Strategy<Value = Vec<i64>> {
    prop::collection::vec(1_i64..40, KEYS.len())
}

fn overrides(values: &[i64]) -> Vec<String> {
    KEYS.iter().zip(values).map(|(key, value)| format!("{key}={value}")).collect()
}

/// What an option of a random pack does: key, factor up or down, and the phase it relieves.
type Move = (usize, bool, bool);

fn values(state: &State) -> BTreeMap<String, f64> {
    let value = |entry: &hydrule::engine::Entry| {
        let value = entry.value.as_ref().unwrap().value();
        (entry.key.clone(), value.as_ref().and_then(Value::as_number).unwrap())
    };
    state.entries.iter().map(value).collect()
}

/// Decides by the moves alone whether one configuration is at least as heavy as another.
fn as_heavy(moves: &[Move], phase: &str, heavy: &BTreeMap<String, f64>, light: &[i64]) -> bool {
    KEYS.iter().zip(light).enumerate().all(|(index, (key, light))| {
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let (heavy, light) = (heavy[*key], *light as f64);
        let own =
            moves.iter().filter(|(at, _, update)| *at == index && *update == (phase == "update"));
        let ways: Vec<bool> = own.map(|(_, up, _)| *up).collect();
        let lower = ways.iter().all(|up| !up) && heavy > light;
        let higher = ways.iter().all(|up| *up) && heavy < light;
        heavy == light || !ways.is_empty() && (lower || higher)
    })
}

proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    #[test]
    fn no_plan_proposes_what_is_known_to_fail(
        start in configuration(),
        moves in prop::collection::vec((0..KEYS.len(), proptest::bool::ANY, proptest::bool::ANY), 1..6),
        failed in prop::collection::vec((configuration(), proptest::bool::ANY), 0..6),
        worked in prop::collection::vec(configuration(), 0..3),
        steps in 1_usize..4,
    ) {
        let phase = |update: bool| if update { "update" } else { "score" };
        let options: Vec<String> = moves
            .iter()
            .enumerate()
            .map(|(index, (key, up, update))| {
                let (sign, bound) = if *up { ('*', "cap = '60'") } else { ('/', "floor = '1'") };
                let rewrite = format!("{{ set = '{} := it {sign} 2', {bound} }}", KEYS[*key]);
                option(&format!("move-{index}"), &rewrite, &format!("\"{}\"", phase(*update)), "")
            })
            .collect();
        let pack = small_pack(&options.concat());
        let mut world = failed_in("update");
        let of = |values: &[i64], outcome: &str, phase: &str| {
            json!({ "overrides": overrides(values), "outcome": outcome, "phase": phase })
        };
        let failures = failed.iter().map(|(it, update)| of(it, "failed", phase(*update)));
        let successes = worked.iter().map(|it| of(it, "worked", "update"));
        world.tried =
            failures.chain(successes).enumerate().map(|(at, json)| tried(at, &json)).collect();
        let request = Request { steps: Some(steps), ..Request::default() };
        let planned = plan(&pack, &small_state(&overrides(&start)), &world, &request);
        for step in &planned.steps {
            let state = values(&step.applied.state);
            for (light, update) in &failed {
                prop_assert!(
                    !as_heavy(&moves, phase(*update), &state, light),
                    "{:?} after {light:?} failed in {}", state, phase(*update)
                );
            }
        }
    }
}
