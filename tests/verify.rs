//! The pack verifier finds what is wrong, shows it on an input, and says nothing of sound packs.

use std::fs;

use hydrule::engine::{Entry, Rejection, Request, State, Status, World, check_requirements, plan};
use hydrule::facts::{Found, Provenance};
use hydrule::overrides::{Override, parse};
use hydrule::pack::{Pack, load};
use hydrule::value::Value;
use hydrule::verify::{Finding, Witness, check};

use crate::support::{Run, root, snapshot};

/// Each faulty pack of `tests/verify` with the only findings it may have.
const SEEDED: [(&str, &[(&str, &str)]); 24] = [
    ("bounds-exclude", &[("bounds_exclude", "halve")]),
    ("conflict-options", &[("conflict", "more"), ("cycle", "more")]),
    ("conflict-repairs", &[("conflict", "small")]),
    ("contradiction", &[("contradiction", "small")]),
    ("cycle-ladder", &[("cycle", "turn-off")]),
    ("cycle-repairs", &[("cycle", "above")]),
    ("dead-option", &[("dead_option", "never")]),
    ("dead-requirement", &[("dead_requirement", "unreached"), ("dead_requirement", "idle")]),
    ("empty-ladder", &[("empty_ladder", "update")]),
    ("floor-parameter", &[("floor_crossed", "halve")]),
    ("floor-refused", &[("floor_refused", "halve")]),
    ("floor-zero", &[("floor_crossed", "halve")]),
    ("held-always", &[("no_effect", "halve")]),
    ("impossible", &[("contradiction", "both")]),
    ("ladder-gap", &[("ladder_gap", "halve")]),
    ("loads-too", &[("wrong_phase", "turn-on")]),
    ("no-effect", &[("no_effect", "turn-on")]),
    ("shadowed", &[("shadowed", "quarter")]),
    ("shadowed-by-two", &[("shadowed", "turn-on")]),
    ("undone", &[("cycle", "shrink")]),
    (
        "unexplained",
        &[("unexplained", "halve"), ("unexplained", "turn-on"), ("unexplained", "positive")],
    ),
    (
        "unread",
        &[
            ("unread", "$param.ceiling"),
            ("unread", "$param.stop"),
            ("unread", "$rows"),
            ("unread", "$stopped"),
        ],
    ),
    ("wrong-kind", &[("wrong_phase", "turn-on")]),
    ("wrong-phase", &[("wrong_phase", "turn-on")]),
];

fn seeded(name: &str) -> Pack {
    let path = format!("tests/verify/{name}.toml");
    load(root().join(path).to_str().unwrap()).unwrap()
}

fn short(finding: &Finding) -> (String, String) {
    (finding.code.replace("hydrule::verify::", ""), finding.rules[0].clone())
}

#[test]
fn every_seeded_fault_is_found_and_nothing_else() {
    for (name, wanted) in SEEDED {
        let found: Vec<_> = check(&seeded(name)).iter().map(short).collect();
        let wanted: Vec<_> =
            wanted.iter().map(|(code, rule)| ((*code).to_owned(), (*rule).to_owned())).collect();
        assert_eq!(found, wanted, "{name}");
    }
}

#[test]
fn every_seeded_pack_is_tested() {
    let mut files: Vec<String> = fs::read_dir(root().join("tests/verify"))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(|name| name != "clean")
        .collect();
    files.sort();
    let mut tested: Vec<&str> = SEEDED.iter().map(|(name, _)| *name).collect();
    tested.sort_unstable();
    assert_eq!(files, tested);
}

/// The packs that ship are checked by CI with the release build, which takes seconds instead of
/// minutes.
#[test]
fn a_sound_pack_has_no_findings() {
    let clean = check(&seeded("clean"));
    assert!(clean.is_empty(), "{clean:#?}");
}

/// Reads a witness back as the command line would.
fn replay(witness: &Witness) -> (State, World) {
    let (mut state, mut world) = (State::default(), World::default());
    let value = |text: &str| parse(text).ok().as_ref().and_then(Override::value).unwrap();
    for text in &witness.overrides {
        let parsed = parse(text).unwrap();
        let (key, from) = (parsed.key.clone(), Provenance::Computed);
        state.entries.push(Entry { key, value: Ok(parsed), from });
    }
    for text in &witness.facts {
        let name = text.split('=').next().unwrap();
        world.facts.insert(name, value(text), Provenance::Computed);
    }
    for text in &witness.parameters {
        world.parameters.insert(text.split('=').next().unwrap().to_owned(), value(text));
    }
    for text in &witness.directives {
        let found = Found { value: value(text), from: Provenance::Computed };
        state.directives.insert(text.split('=').next().unwrap().to_owned(), found);
        world.has_directives = true;
    }
    world.take_told_failure();
    (state, world)
}

/// Runs the engine on every witness: it does there what the finding says.
#[test]
fn witnesses_show_what_is_said() {
    for (name, _) in SEEDED {
        let pack = seeded(name);
        for finding in check(&pack) {
            let shown = shows(&pack, &finding);
            assert!(shown, "{name}: {finding:#?}");
        }
    }
}

fn shows(pack: &Pack, finding: &Finding) -> bool {
    let (state, world) = replay(&finding.witness);
    let rule = &finding.rules[0];
    let planned = plan(pack, &state, &world, &Request::default());
    let status = |id: &str| planned.verdicts.iter().find(|it| it.id == id).map(|it| &it.status);
    let requirements = check_requirements(pack, &state, &world);
    let broken = |id: &str| requirements.iter().any(|it| it.id == id && it.is_broken());
    let open = |id: &str| matches!(status(id), Some(Status::Chosen { .. } | Status::Later));
    match short(finding).0.as_str() {
        "unexplained" | "unread" => finding.witness.overrides.is_empty(),
        "dead_option" => matches!(status(rule), Some(Status::NotApplicable)),
        "dead_requirement" => !broken(rule),
        "contradiction" => finding.rules.iter().any(|id| broken(id)),
        "empty_ladder" | "ladder_gap" => planned.steps.is_empty(),
        "floor_refused" => {
            matches!(status(rule), Some(Status::Rejected(Rejection::Breaks { .. })))
        }
        "floor_crossed" => planned.changes.iter().any(|change| {
            let after = parse(change.after.as_ref().unwrap()).unwrap().value().unwrap();
            after.as_number().unwrap() <= 0.0
        }),
        "no_effect" => matches!(
            status(rule),
            Some(Status::Rejected(Rejection::ChangesNothing | Rejection::Held { .. }))
        ),
        // The floor of 8 wins over the cap of 4.
        "bounds_exclude" => planned.changes.iter().any(|change| {
            let after = parse(change.after.as_ref().unwrap()).unwrap().value().unwrap();
            after.as_number().unwrap() > 4.0
        }),
        "wrong_phase" => matches!(
            status(rule),
            Some(Status::Rejected(Rejection::DoesNotRelieve { .. } | Rejection::Loads { .. }))
        ),
        "shadowed" => {
            let request = Request { steps: Some(20), ..Request::default() };
            let ladder = plan(pack, &state, &world, &request);
            open(rule) && ladder.steps.iter().all(|step| step.option != *rule)
        }
        "conflict" if status(rule).is_some() => finding.rules.iter().all(|id| open(id)),
        "conflict" => finding.rules.iter().all(|id| broken(id)),
        "cycle" if status(rule).is_none() => broken(rule),
        "cycle" if finding.rules.iter().all(|id| status(id).is_some()) => {
            let request = Request { steps: Some(finding.rules.len()), ..Request::default() };
            let back = plan(pack, &state, &world, &request);
            back.steps.len() == finding.rules.len() && same(pack, &back.result, &state)
        }
        "cycle" => matches!(status(rule), Some(Status::Rejected(Rejection::ChangesNothing))),
        _ => false,
    }
}

/// Tells whether two states set the same values, the defaults being set or not.
fn same(pack: &Pack, one: &State, other: &State) -> bool {
    let value = |state: &State, key: &str| -> Option<Value> {
        let set = state.winning(key).and_then(|it| it.value.as_ref().ok()?.value());
        set.or(World::default().default_of(pack, key).map(|(value, _)| value.clone()))
    };
    one.entries.iter().chain(&other.entries).all(|it| value(one, &it.key) == value(other, &it.key))
}

#[test]
fn reports_are_as_reviewed() {
    for (name, _) in SEEDED {
        let run = Run::hydrule(&format!("pack check tests/verify/{name}.toml")).run();
        assert_eq!(run.code, 1);
        snapshot("verify", name, &run.shown());
    }
    let run = Run::hydrule("pack check tests/verify/clean.toml").run();
    assert_eq!(run.code, 0);
    snapshot("verify", "clean", &run.shown());
}

#[test]
fn findings_are_data_as_well() {
    let run = Run::hydrule(
        "pack check tests/verify/floor-zero.toml tests/verify/clean.toml --output-format json",
    );
    let run = run.run();
    assert_eq!(run.code, 1);
    let json: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(json["packs"][0]["findings"][0]["code"], "hydrule::verify::floor_crossed");
    assert_eq!(json["packs"][1]["findings"], serde_json::json!([]));
    snapshot("verify", "json", &run.out);
    assert_eq!(Run::hydrule("pack check no-such-pack").run().code, 2);
}
