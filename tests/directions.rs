//! What the options of the verl pack claim about memory, against the pack's own formulas: on a grid
//! of launches every option is applied, and the peak of every phase compared.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use hydrule::condition::{Outcome, Scope, Verdict};
use hydrule::engine::{
    Broken, Entry, Peak, State, Target, View, World, check_broken, compare_estimates, judge,
    settle, writes,
};
use hydrule::facts::{Found, Provenance};
use hydrule::overrides;
use hydrule::pack::{Pack, PackOption, load};
use hydrule::value::Value;
use serde_json::Value as Json;

use crate::support::root;

/// The state that stays in host memory; the estimates are about GPUs.
const HOST: &str = "host";

/// Phases without a formula.
const NO_FORMULA: &[(&str, &str)] = &[
    ("engine_init", "fails for a share that is too large as well as for one that is too small"),
    ("model_init", "how a model is loaded depends on its files"),
    ("checkpoint", "what is gathered for a save is not counted"),
    ("host_side", "what processes need by themselves is not counted"),
];

/// Claims that no formula can confirm, with the reason. `*` stands for every phase.
const NOT_MODELLED: &[(&str, &str, &str)] = &[
    ("chunk-prefill", "generation", INSIDE),
    ("fewer-batched-tokens", "generation", INSIDE),
    ("fewer-sequences", "generation", INSIDE),
    ("trim-rollout-memory", "weight_sync", BACK_LAST),
    ("less-memory-for-rollout", "weight_sync", BACK_LAST),
    ("layered-weight-sync", "*", "formulas hold without LoRA"),
    ("train-lora", "*", "formulas hold without LoRA"),
    ("use-liger", "*", "no count of what its kernels keep"),
    ("use-fsdp2", "log_prob", FSDP2),
    ("use-fsdp2", "ref_log_prob", FSDP2),
    ("use-fsdp2", "actor_update", FSDP2),
    ("use-fsdp2", "optimizer_step", FSDP2),
    ("offload-megatron-optimizer", "*", MEGATRON),
    ("offload-megatron-params", "*", MEGATRON),
    ("offload-megatron-ref", "*", MEGATRON),
    ("step-megatron-optimizer-on-cpu", "*", MEGATRON),
    ("keep-megatron-params-on-gpu", "*", MEGATRON),
    ("keep-megatron-optimizer-on-gpu", "*", MEGATRON),
    ("drop-hf-checkpoint", "host", "what is gathered for a save is not counted"),
    ("save-in-the-foreground", "host", "what is gathered for a save is not counted"),
    ("fewer-dataloader-workers", "host", PROCESSES),
    ("fewer-agent-workers", "host", PROCESSES),
    ("fewer-reward-workers", "host", PROCESSES),
    ("more-host-memory", "*", "raises what is granted, not what is needed"),
    ("whole-node-memory", "*", "raises what is granted, not what is needed"),
    ("raise-ray-threshold", "*", "raises what is granted, not what is needed"),
    ("expandable-segments", "*", "fragmentation is not counted"),
    (
        "one-micro-batch",
        "*",
        "only shown: whether gradients or activations weigh more is for the reader",
    ),
];
const BACK_LAST: &str = "the cache is meant to come back last, and yet a smaller share has helped";
const INSIDE: &str = "the engine fits what it computes with into its share";
const FSDP2: &str = "about 7 % were measured, for no reason that could be counted";
const MEGATRON: &str = "formulas hold for FSDP";
const PROCESSES: &str = "what processes need by themselves is not counted";

/// Phases that an option lowers or raises on some launches beside what it claims; `nothing` where it
/// applies and lowers nothing.
const BESIDE: &[(&str, &str, &str)] = &[
    ("fit-rollout-memory-to-free", "*", START),
    ("lower-share-at-start-up", "*", START),
    ("more-memory-for-rollout", "*", "an engine that never sleeps keeps its share in every phase"),
    ("use-fsdp2", "nothing", FSDP2),
    (
        "offload-ref",
        "optimizer_step",
        "little, and nothing where verl offloads the reference by itself",
    ),
    (
        "keep-ref-on-gpu",
        "optimizer_step",
        "little, and nothing where verl offloads the reference by itself",
    ),
    ("halve-critic-micro-batch", "critic_values", FOLLOWS),
    ("lower-update-token-limit", "log_prob", FOLLOWS),
    ("lower-update-token-limit", "ref_log_prob", FOLLOWS),
    ("lowest-update-token-limit", "log_prob", FOLLOWS),
    ("lowest-update-token-limit", "ref_log_prob", FOLLOWS),
    ("checkpoint-activations", "host", OFFLOADED),
    ("halve-micro-batch", "host", OFFLOADED),
    ("halve-global-micro-batch", "host", OFFLOADED),
    ("lower-update-token-limit", "host", OFFLOADED),
    ("lowest-update-token-limit", "host", OFFLOADED),
    ("remove-padding", "host", OFFLOADED),
    ("batch-by-tokens", "host", OFFLOADED),
    ("batch-by-tokens-with-critic", "host", OFFLOADED),
    ("split-sequences", "host", OFFLOADED),
    ("split-sequences-of-dynamic-batches", "host", OFFLOADED),
    ("more-gpus", "host", OFFLOADED),
    ("split-rollout-model", "nothing", "an engine that never sleeps fills its share"),
    ("remove-padding", "nothing", "saves as much as responses are shorter than the longest one"),
    (
        "halve-mini-batch",
        "actor_update",
        "one micro batch that is left needs no unsharded gradients",
    ),
    ("halve-mini-batch", "critic", REPAIRED),
    ("halve-mini-batch", "critic_values", REPAIRED),
    ("halve-mini-batch", "host", REPAIRED),
    ("halve-train-batch", "log_prob", REPAIRED),
    ("halve-train-batch", "ref_log_prob", REPAIRED),
    ("halve-train-batch", "actor_update", REPAIRED),
    ("halve-train-batch", "critic", REPAIRED),
    ("halve-train-batch", "critic_values", REPAIRED),
    ("halve-all-batches", "log_prob", REPAIRED),
    ("halve-all-batches", "ref_log_prob", REPAIRED),
    ("halve-all-batches", "critic", REPAIRED),
    ("halve-all-batches", "critic_values", REPAIRED),
    ("fewer-responses-per-prompt", "log_prob", REPAIRED),
    ("fewer-responses-per-prompt", "ref_log_prob", REPAIRED),
    ("fewer-responses-per-prompt", "actor_update", REPAIRED),
    ("fewer-responses-per-prompt", "critic", REPAIRED),
    ("fewer-responses-per-prompt", "critic_values", REPAIRED),
];
const START: &str = "meant for an engine that does not start; others are there for later phases";
const FOLLOWS: &str = "what is not set for passes without gradients follows the update";
const OFFLOADED: &str = "offloaded activations follow the tokens of a micro batch";
const REPAIRED: &str = "micro batches that no longer divide what is left are repaired";

struct Point {
    state: State,
    world: World,
    broken: Broken,
}

fn models() -> BTreeMap<String, Json> {
    let text = fs::read_to_string(root().join("tests/estimates/grid.jsonl")).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
    lines.map(|it| (it["name"].as_str().unwrap().to_owned(), it["model"].clone())).collect()
}

fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(bool) => Value::Bool(*bool),
        Json::Number(number) => Value::Int(number.as_i64().unwrap()),
        Json::String(text) => Value::Str(text.clone()),
        other => panic!("{other}"),
    }
}

fn bytes(json: &Json) -> Value {
    json.as_i64().map_or_else(|| value(json), Value::Bytes)
}

fn state(line: &Json) -> State {
    let entry = |word: &str| {
        let word = match word.strip_prefix('.') {
            Some(rest) => format!("actor_rollout_ref.{rest}"),
            None => word.to_owned(),
        };
        let parsed = overrides::parse(&word).unwrap();
        Entry { key: parsed.key.clone(), value: Ok(parsed), from: Provenance::Computed }
    };
    let entries = line["overrides"].as_str().unwrap().split(' ').map(entry).collect();
    let mut state = State { entries, ..State::default() };
    for (name, json) in line["sbatch"].as_object().unwrap() {
        let value = if name == "mem" { bytes(json) } else { value(json) };
        state.directives.insert(name.clone(), Found { value, from: Provenance::Computed });
    }
    state
}

fn world(line: &Json, models: &BTreeMap<String, Json>) -> World {
    let mut world = World::default();
    for (name, fact) in models[line["model"].as_str().unwrap()].as_object().unwrap() {
        world.facts.insert(format!("model.{name}"), value(fact), Provenance::Computed);
    }
    world.told_groups.insert("model".to_owned(), "model.json".to_owned());
    let oom = line["oom"].as_object().unwrap();
    for (name, json) in oom {
        world.facts.insert(format!("oom.{name}"), bytes(json), Provenance::Computed);
    }
    for (name, size) in [("capacity", 85_018_000_000), ("tried", 18_962_000_000)] {
        world.facts.insert(format!("oom.{name}"), Value::Bytes(size), Provenance::Computed);
    }
    world.parameters.insert("mean_sequence".to_owned(), value(&line["mean_sequence"]));
    world.parameters.insert("nodes_limit".to_owned(), Value::Int(4));
    world.has_directives = !state(line).directives.is_empty();
    world
}

fn grid(pack: &Pack) -> Vec<Point> {
    let models = models();
    let text = fs::read_to_string(root().join("tests/verl/grid.jsonl")).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
    let point = |line: Json| {
        let state = state(&line);
        let target = Target::default().narrowed(pack, &state);
        let world = World { target, ..world(&line, &models) };
        let broken = check_broken(pack, &state, &world);
        Point { state, world, broken }
    };
    lines.map(point).collect()
}

/// The peaks of all phases that have one before and after, and the state in host memory.
fn peaks(pack: &Pack, point: &Point, result: &State) -> BTreeMap<String, (i64, i64)> {
    let known = |peak: &Peak| match peak {
        Peak::Bytes(bytes) => Some(*bytes),
        _ => None,
    };
    let estimates = compare_estimates(pack, &point.state, result, &point.world);
    // A phase that is left out needs nothing.
    let after = |peak: &Peak| if *peak == Peak::None { Some(0) } else { known(peak) };
    let mut found: BTreeMap<String, (i64, i64)> = estimates
        .iter()
        .filter_map(|it| Some((it.phase.clone(), (known(&it.before)?, after(&it.after)?))))
        .collect();
    let host = |state: &State| match View::new(pack, state, &point.world).named("host_state") {
        Some(Outcome::Known(Value::Bytes(bytes))) => Some(bytes),
        _ => None,
    };
    if !found.is_empty()
        && let (Some(before), Some(now)) = (host(&point.state), host(result))
    {
        found.insert(HOST.to_owned(), (before, now));
    }
    found
}

/// Applies an option to a launch; none where it does not apply or would break something.
fn applied(pack: &Pack, option: &PackOption, point: &Point) -> Option<State> {
    let Point { state, world, broken } = point;
    // A log tells the phase that the option is meant for.
    let mut world = world.clone();
    if let Some(phase) = option.relieves.first() {
        world.facts.insert("oom.phase", Value::Str(phase.clone()), Provenance::Computed);
    }
    let world = &world;
    let judged = judge(&option.when.condition, pack, state, world);
    if judged.verdict != Verdict::True {
        return None;
    }
    let wanted = writes(&option.rewrite, pack, state, world).ok()?;
    let applied = settle(&wanted, &option.id, pack, (state, broken), world).ok()?;
    (applied.state != *state).then_some(applied.state)
}

fn listed(list: &[(&str, &str, &str)], option: &str, phase: &str) -> bool {
    list.iter().any(|(id, of, _)| *id == option && (*of == phase || *of == "*"))
}

/// Whether so many bytes are more than the rounding of whole ones.
fn differs((before, after): (i64, i64)) -> bool {
    (before - after).abs() > 4096
}

#[derive(Default)]
struct Account {
    applied: usize,
    lowered: BTreeSet<String>,
    raised: BTreeSet<String>,
    seen: BTreeSet<String>,
    wrong: BTreeSet<String>,
}

impl Account {
    fn add(&mut self, option: &PackOption, found: &BTreeMap<String, (i64, i64)>) {
        self.applied += 1;
        if listed(NOT_MODELLED, &option.id, "*") {
            return;
        }
        let mut helps = false;
        let mut claimed = 0;
        for (phase, &peak) in found {
            self.seen.insert(phase.clone());
            let (relieves, loads) = (option.relieves.contains(phase), option.loads.contains(phase));
            claimed += usize::from(relieves && !listed(NOT_MODELLED, &option.id, phase));
            if !differs(peak) {
                continue;
            }
            let lower = peak.1 < peak.0;
            helps |= lower && relieves;
            if lower { &mut self.lowered } else { &mut self.raised }.insert(phase.clone());
            let right = if lower { relieves } else { loads };
            if !right && !listed(BESIDE, &option.id, phase) {
                let way = if lower { "lowers" } else { "raises" };
                self.wrong.insert(format!("{way} {phase}, which it does not say"));
            }
        }
        if claimed > 0 && !helps && !listed(BESIDE, &option.id, "nothing") {
            self.wrong.insert("applies where it lowers nothing".to_owned());
        }
    }

    /// Claims that no launch of the grid confirms, although there is a formula for their phase.
    fn unconfirmed(&self, option: &PackOption) -> Vec<String> {
        let all =
            [("relieves", &option.relieves, &self.lowered), ("loads", &option.loads, &self.raised)];
        let mut found = Vec::new();
        for (word, claims, seen) in all {
            for phase in claims {
                let open = !self.seen.contains(phase) || !seen.contains(phase);
                let exempt = listed(NOT_MODELLED, &option.id, phase)
                    || NO_FORMULA.iter().any(|(name, _)| name == phase);
                if open && !exempt {
                    found.push(format!("{word} {phase}: no launch of the grid confirms it"));
                }
            }
        }
        found
    }
}

/// All launches of the grid where `HYDRULE_GRID=all` asks for them, else some for each option.
fn most() -> usize {
    match std::env::var("HYDRULE_GRID") {
        Ok(word) if word == "all" => usize::MAX,
        _ => 20,
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "the figures are for people to read")]
fn options_do_to_memory_what_they_say() {
    let pack = load(root().join("rules/verl").to_str().unwrap()).unwrap();
    let points = grid(&pack);
    assert!(points.len() >= 500);
    let (mut wrong, mut modelled, mut never) = (Vec::new(), 0, Vec::new());
    for (index, option) in pack.options.iter().enumerate() {
        let mut account = Account::default();
        let (start, end) = points.split_at(index * 31 % points.len());
        for point in end.iter().chain(start) {
            if let Some(after) = applied(&pack, option, point) {
                account.add(option, &peaks(&pack, point, &after));
            }
            if account.applied >= most() {
                break;
            }
        }
        let displayed =
            ["raise-ray-threshold", "expandable-segments"].contains(&option.id.as_str());
        if account.applied == 0 && !displayed {
            never.push(option.id.clone());
        }
        modelled += usize::from(!account.lowered.is_empty() || !account.raised.is_empty());
        let mine = account.wrong.iter().cloned().chain(account.unconfirmed(option));
        wrong.extend(mine.map(|text| format!("{}: {text}", option.id)));
    }
    let unmodelled: BTreeSet<&str> = NOT_MODELLED.iter().map(|(option, ..)| *option).collect();
    println!(
        "{modelled} of {} options change a modelled peak, {} claim something beyond the formulas",
        pack.options.len(),
        unmodelled.len()
    );
    assert!(wrong.is_empty(), "{}\nnever: {never:?}", wrong.join("\n"));
    assert!(never.is_empty(), "{never:?}");
}

/// The lists above name options and phases that are there, and no longer than needed.
#[test]
fn exemptions_are_about_real_claims() {
    let pack = load("verl").unwrap();
    for (id, phase, why) in NOT_MODELLED {
        let option = pack.options.iter().find(|option| option.id == *id).expect(id);
        let claimed = option.relieves.iter().chain(&option.loads).any(|it| it == phase);
        assert!((claimed || *phase == "*") && !why.is_empty(), "{id} claims nothing about {phase}");
    }
    for (id, phase, _) in BESIDE {
        let option = pack.options.iter().find(|option| option.id == *id).expect(id);
        assert!(!option.relieves.iter().any(|it| it == phase), "{id} claims {phase} itself");
    }
}
