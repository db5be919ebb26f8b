//! Counterfactuals: each is made true, and the verdict turns around.

use std::fs;

use hydrule::condition::{Condition, Type, Verdict};
use hydrule::engine::{
    Change, Entry, Request, State, Status, Target, Turn, World, judge, judge_option, lift, plan,
    turn,
};
use hydrule::facts::Provenance;
use hydrule::overrides::{parse, value_text};
use hydrule::pack::{OutsideFact, Pack, load};
use hydrule::surface::bash::{self, Outside};
use hydrule::surface::slurm::{directive_facts, read_directives};
use hydrule::text::Source;
use hydrule::value::Value;

use crate::support::root;

/// The example as the engine sees it, with overrides put over its own.
fn example(pack: &Pack, overrides: &[&str]) -> (State, World) {
    let folder = root().join("examples/verl-oom");
    let source = |name: &str| Source::new(name, fs::read_to_string(folder.join(name)).unwrap());
    let script = bash::read(&source("run_grpo.sh"), &Outside::default()).unwrap();
    let texts = script.launches[0].arguments.iter().filter_map(|it| it.text.known());
    let entries = texts.map(|text| {
        let parsed = parse(&text).unwrap();
        Entry { key: parsed.key.clone(), value: Ok(parsed), from: Provenance::Computed }
    });
    let mut state = State { entries: entries.collect(), ..State::default() };
    for text in overrides {
        state.put(parse(text).unwrap(), Provenance::Computed);
    }
    let slurm = source("submit_grpo.slurm");
    let directives = directive_facts(&read_directives(&slurm), &slurm);
    state.directives = directives.into_iter().collect();
    let target = Target::default().narrowed(pack, &state);
    let mut world = World { has_log: true, has_directives: true, target, ..World::default() };
    let scan = pack.signals().scan(&source("slurm-4242.err"));
    world.set_failure(scan.first_cause().unwrap().clone());
    (state, world)
}

/// Launches in which other rules apply and other requirements break.
fn inputs(pack: &Pack) -> Vec<(State, World)> {
    let variants: [&[&str]; 7] = [
        &[],
        &["actor_rollout_ref.actor.strategy=megatron", "data.train_batch_size=1000"],
        &["actor_rollout_ref.actor.use_dynamic_bsz=True", "data.max_response_length=20000"],
        &["algorithm.adv_estimator=gae", "critic.ppo_micro_batch_size_per_gpu=12"],
        &["trainer.n_gpus_per_node=6", "actor_rollout_ref.rollout.tensor_model_parallel_size=4"],
        &[
            "actor_rollout_ref.rollout.gpu_memory_utilization=1.5",
            "actor_rollout_ref.actor.strategy=ddp",
            "actor_rollout_ref.actor.ppo_mini_batch_size=48",
        ],
        &[
            "actor_rollout_ref.model.lora_rank=1024",
            "actor_rollout_ref.rollout.n=1",
            "reward_model.overlong_buffer.len=4096",
            "actor_rollout_ref.actor.ppo_micro_batch_size=8",
        ],
    ];
    variants.iter().map(|overrides| example(pack, overrides)).collect()
}

fn truth(condition: &Condition, pack: &Pack, state: &State, world: &World) -> Option<bool> {
    match judge(condition, pack, state, world).verdict {
        Verdict::True => Some(true),
        Verdict::False | Verdict::Absent(_) => Some(false),
        _ => None,
    }
}

/// Makes the change that a counterfactual speaks of, in the way a user would.
fn made(name: &str, to: Option<&Value>, state: &State, world: &World) -> (State, World) {
    let (mut state, mut world) = (state.clone(), world.clone());
    match (name.strip_prefix('$'), to) {
        (Some(fact), Some(to)) => world.facts.insert(fact, to.clone(), Provenance::Computed),
        (_, Some(to)) => {
            let text = format!("{name}={}", value_text(to));
            state.put(parse(&text).unwrap(), Provenance::Computed);
        }
        (_, None) => state.entries.edit().retain(|entry| entry.key != name),
    }
    (state, world)
}

fn conditions(pack: &Pack) -> Vec<(&str, &Condition)> {
    let options = pack.options.iter().map(|it| (it.id.as_str(), &it.when.condition));
    let requirements = pack.requirements.iter().flat_map(|it| {
        let both = it.when.iter().chain([&it.holds]);
        both.map(|expression| (it.id.as_str(), &expression.condition))
    });
    options.chain(requirements).collect()
}

#[test]
fn every_counterfactual_turns_its_verdict() {
    let pack = load("verl").unwrap();
    let (mut decided, mut turned) = (0, 0);
    // Every other input is enough of this, which takes its time.
    for (state, world) in inputs(&pack).into_iter().step_by(2) {
        for (id, condition) in conditions(&pack) {
            let Some(before) = truth(condition, &pack, &state, &world) else { continue };
            decided += 1;
            let Some(found) = turn(condition, &pack, &state, &world) else { continue };
            let turns = |to: Option<&Value>| {
                let (state, world) = made(&found.name, to, &state, &world);
                truth(condition, &pack, &state, &world) == Some(!before)
            };
            assert!(turns(found.to.as_ref()), "{id}: {found:?}");
            check_claims(&found, &turns, id);
            check_nearest(&found, &turns, id);
            turned += 1;
        }
    }
    // The others need two changes at once.
    assert!(turned * 10 > decided * 8, "{turned} of {decided}");
}

/// Everything that a counterfactual says of other values is true.
fn check_claims(found: &Turn, turns: &dyn Fn(Option<&Value>) -> bool, id: &str) {
    match &found.change {
        Change::OneOf(values) => {
            assert!(values.iter().all(|it| turns(Some(it))), "{id}: {found:?}")
        }
        Change::NoneOf(values) => {
            assert!(!values.iter().any(|it| turns(Some(it))), "{id}: {found:?}");
        }
        Change::Within(range) => {
            for bound in range.low.iter().chain(&range.high) {
                let at_bound = turns(Some(&bound.value));
                assert_eq!(at_bound, bound.inclusive, "{id}: {found:?}");
            }
            let (low, high) = (whole(range.low.as_ref()), whole(range.high.as_ref()));
            if let (Some(low), Some(high)) = (low, high) {
                let inside = (low + 1..high).step_by(((high - low) / 20).max(1) as usize);
                for value in inside {
                    assert!(turns(Some(&Value::Int(value))), "{id}: {found:?} at {value}");
                }
            }
        }
        Change::Set | Change::Unset => {}
    }
}

fn whole(bound: Option<&hydrule::engine::Bound>) -> Option<i64> {
    match bound.map(|it| &it.value) {
        Some(Value::Int(int)) => Some(*int),
        _ => None,
    }
}

/// No value nearer to what it is now turns the verdict.
fn check_nearest(found: &Turn, turns: &dyn Fn(Option<&Value>) -> bool, id: &str) {
    let nearer: Vec<Value> = match (found.now.as_ref().map(|it| &it.value), &found.to) {
        (Some(Value::Int(now)), Some(Value::Int(to))) => {
            let distance = (to - now).abs();
            let step = (distance / 60).max(1);
            let by = (1..distance).step_by(step as usize);
            by.flat_map(|by| [Value::Int(now + by), Value::Int(now - by)]).collect()
        }
        (Some(now @ (Value::Int(_) | Value::Float(_))), Some(to)) => {
            let (now, Some(to)) = (now.as_number().unwrap(), to.as_number()) else { return };
            // The nearest decimal beyond a bound stands for it.
            let way = (to - now) * 0.99;
            (1..20).map(|part| Value::Float(now + way * f64::from(part) / 20.0)).collect()
        }
        _ => Vec::new(),
    };
    for value in nearer {
        assert!(!turns(Some(&value)), "{id}: {found:?}, but {value} is nearer");
    }
}

#[test]
fn what_lifts_a_rejection_does() {
    let pack = load("verl").unwrap();
    let request = Request::default();
    let (mut rejected, mut lifted) = (0, 0);
    for (state, world) in inputs(&pack) {
        let plan = plan(&pack, &state, &world, &request);
        for (option, verdict) in pack.options.iter().zip(&plan.verdicts) {
            let Status::Rejected(rejection) = &verdict.status else { continue };
            rejected += 1;
            let found = lift(option, rejection, &pack, (&state, &world), &request);
            let Some(found) = found else { continue };
            let (state, mut world) = made(&found.name, found.to.as_ref(), &state, &world);
            if found.name.ends_with(".phase") {
                let event = world.failure.take().unwrap().event;
                world.set_failure(event);
            }
            let status = judge_option(option, &pack, &state, &world, &request);
            let taken = matches!(status, Status::Later | Status::NeedsUnsafe | Status::Shown);
            assert!(taken, "{}: {found:?} gives {status:?}", option.id);
            lifted += 1;
        }
    }
    assert!(lifted * 10 > rejected * 8, "{lifted} of {rejected}");
}

/// What is missing is named with what supplies it, and supplying it tells more, until the verdict
/// is decided.
#[test]
fn what_an_unknown_asks_for_decides_it() {
    let pack = load("verl").unwrap();
    let state = State::default();
    const SIZES: [&str; 3] = ["$oom.tried", "$oom.free", "$oom.reserved_unallocated"];
    let mut unknown = 0;
    for (id, condition) in conditions(&pack) {
        let target = Target::default().narrowed(&pack, &state);
        let (mut state, mut world) = (state.clone(), World { target, ..World::default() });
        let mut named: Vec<String> = Vec::new();
        while let Verdict::Unknown(missing) = judge(condition, &pack, &state, &world).verdict {
            unknown += 1;
            let first = missing.first().unwrap();
            let name = first.name.clone();
            assert!(!first.why.is_empty(), "{id}: {name}");
            let flag = match name.strip_prefix('$') {
                Some(variable) if variable.starts_with("env.") => "--env ".to_owned(),
                Some(fact) => format!("--fact {fact}="),
                None => "add the override".to_owned(),
            };
            assert!(first.supply.contains(&flag), "{id}: {name}: {}", first.supply);
            assert!(!named.contains(&name), "{id}: {name} is asked for again");
            named.push(name.clone());
            let values = match name.strip_prefix('$').and_then(|fact| pack.outside.get(fact)) {
                Some(OutsideFact { kind: Type::Bool, .. }) => vec![Value::Bool(true)],
                _ if SIZES.contains(&name.as_str()) => vec![Value::Bytes(1 << 30)],
                _ => vec![Value::Int(1), Value::Bytes(1 << 30), Value::Str("1".to_owned())],
            };
            let supplied = values.iter().map(|it| made(&name, Some(it), &state, &world));
            let fits = |(state, world): &(State, World)| {
                !matches!(judge(condition, &pack, state, world).verdict, Verdict::Failed(_))
            };
            (state, world) =
                supplied.into_iter().find(fits).unwrap_or_else(|| panic!("{id}: {named:?}"));
        }
    }
    assert!(unknown > 10, "{unknown}");
}

/// A number is not said to do merely because it is no null.
#[test]
fn a_counterfactual_claims_no_more_than_is_true() {
    let folder = tempfile::tempdir().unwrap();
    let header = "name = \"t\"\nversion = \"1\"\ndescription = \"d\"\n";
    let rule = "[[require]]\nid = \"r\"\nholds = 'a.x != null && a.x * a.y <= 100'\nfails_at = \"s\"\nmessage = \"m\"\n";
    let path = folder.path().join("pack.toml");
    fs::write(&path, format!("{header}{rule}")).unwrap();
    let pack = load(path.to_str().unwrap()).unwrap();
    let mut state = State::default();
    for text in ["a.x=null", "a.y=50"] {
        state.put(parse(text).unwrap(), Provenance::Computed);
    }
    let condition = &pack.requirements[0].holds.condition;
    let found = turn(condition, &pack, &state, &World::default()).unwrap();
    assert_eq!(found.change, Change::OneOf(vec![Value::Int(1)]));
}
