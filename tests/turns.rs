//! Counterfactuals: each is made true, and the verdict turns around.

use std::fs;

use hydrule::condition::{Condition, Verdict};
use hydrule::engine::{Entry, State, Turn, World, judge, turn};
use hydrule::facts::Provenance;
use hydrule::overrides::{parse, value_text};
use hydrule::pack::{Pack, load};
use hydrule::surface::bash::{self, Outside};
use hydrule::text::Source;

use crate::support::root;

/// The example as the engine sees it.
fn example(pack: &Pack) -> (State, World) {
    let folder = root().join("examples/verl-oom");
    let source = |name: &str| Source::new(name, fs::read_to_string(folder.join(name)).unwrap());
    let script = bash::read(&source("run_grpo.sh"), &Outside::default()).unwrap();
    let texts = script.launches[0].arguments.iter().filter_map(|it| it.text.known());
    let entries = texts.map(|text| {
        let parsed = parse(&text).unwrap();
        Entry { key: parsed.key.clone(), value: Ok(parsed), from: Provenance::Computed }
    });
    let state = State { entries: entries.collect(), ..State::default() };
    let mut world = World { has_log: true, ..World::default() };
    let scan = pack.signals.scan(&source("slurm-4242.err"));
    world.set_failure(scan.first_cause().unwrap().clone());
    (state, world)
}

fn truth(condition: &Condition, pack: &Pack, state: &State, world: &World) -> Option<bool> {
    match judge(condition, pack, state, world).verdict {
        Verdict::True => Some(true),
        Verdict::False => Some(false),
        _ => None,
    }
}

/// Makes the change that a counterfactual speaks of, in the way a user would.
fn made(turn: &Turn, state: &State, world: &World) -> (State, World) {
    let (mut state, mut world) = (state.clone(), world.clone());
    match turn.name.strip_prefix('$') {
        Some(fact) => world.facts.insert(fact, turn.to.clone(), Provenance::Computed),
        None => {
            let text = format!("{}={}", turn.name, value_text(&turn.to));
            state.put(parse(&text).unwrap(), Provenance::Computed);
        }
    }
    (state, world)
}

#[test]
fn every_counterfactual_turns_its_verdict() {
    let pack = load("verl").unwrap();
    let (state, world) = example(&pack);
    let options = pack.options.iter().map(|it| (&it.id, &it.when.condition));
    let requirements = pack.requirements.iter().flat_map(|it| {
        it.when.iter().chain([&it.holds]).map(|expression| (&it.id, &expression.condition))
    });
    let (mut decided, mut turned) = (0, 0);
    for (id, condition) in options.chain(requirements) {
        let Some(before) = truth(condition, &pack, &state, &world) else { continue };
        decided += 1;
        let Some(found) = turn(condition, &pack, &state, &world) else { continue };
        let (state, world) = made(&found, &state, &world);
        let after = truth(condition, &pack, &state, &world);
        assert_eq!(after, Some(!before), "{id}: {} = {}", found.name, found.to);
        turned += 1;
    }
    // Some conditions need two changes at once.
    assert!(turned * 10 > decided * 7, "{turned} of {decided}");
}
