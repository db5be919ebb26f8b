//! Rules that are left out of a decision since nothing tells what they read: none of them could act.

use std::fmt::Write as _;
use std::sync::Arc;

use hydrule::condition::Verdict;
use hydrule::engine::{
    Entry, Judged, Request, State, World, check_requirements, decide, decide_after, judge, plan,
    relevant_options,
};
use hydrule::facts::Provenance;
use hydrule::overrides::parse;
use hydrule::pack::{Pack, load};
use hydrule::value::Value;
use proptest::prelude::*;

/// A condition over keys of which some are set, some have defaults and some nothing tells.
fn condition() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        prop::sample::select(vec![
            "set.a",
            "set.b",
            "told.c",
            "told.h",
            "no.d",
            "no.e",
            "deep.x.y",
            "$known.f",
            "$free.g",
            "$let",
            "$sbatch.mem / 1GiB",
            "(no.d ?? 3)",
            "size($env.NAME)",
            "$param.p",
            "max(set.a, no.d)",
        ])
        .prop_map(str::to_owned),
        (0..9_i64).prop_map(|it| it.to_string()),
    ];
    let leaf = prop_oneof![
        (number.clone(), prop::sample::select(vec!["<", "==", ">=", "!="]), number)
            .prop_map(|(left, op, right)| format!("{left} {op} {right}")),
        prop::sample::select(vec![
            "exists(no.d)",
            "!switched(no.e)",
            "switched(set.a)",
            "true",
            "$flag"
        ])
        .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} && {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} || {b})")),
            inner.clone().prop_map(|it| format!("!({it})")),
            (inner.clone(), inner.clone(), inner)
                .prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
        ]
    })
}

/// Makes a pack of the conditions; those that it is refused for are left out.
fn pack_of(conditions: &[String]) -> Pack {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pack.toml");
    let mut kept: Vec<&String> = conditions.iter().collect();
    loop {
        std::fs::write(&path, text_of(&kept)).unwrap();
        match load(path.to_str().unwrap()) {
            Ok(pack) => return pack,
            Err(_) if kept.is_empty() => panic!("{}", text_of(&kept)),
            Err(_) => {
                // One at a time, so that what is sound stays.
                let sound = |one: &&String| {
                    std::fs::write(&path, text_of(&[one])).unwrap();
                    load(path.to_str().unwrap()).is_ok()
                };
                let before = kept.len();
                kept.retain(sound);
                assert!(kept.len() < before, "{}", text_of(&kept));
            }
        }
    }
}

fn text_of(conditions: &[&String]) -> String {
    let mut text = String::from(
        r#"
name = "p"
version = "1"
description = "d"
[param]
p = { default = 2, help = "h" }
[let]
let = 'no.d + set.a'
flag = 'set.a > 0 || no.d > 0'
[fact.known]
f = "int"
[fact.free]
g = "int"
[[default]]
of = "app"
source = "s"
values = { "told.c" = 4, "told.h" = "${.c}" }
"#,
    );
    for (at, condition) in conditions.iter().enumerate() {
        write!(
            text,
            "[[option]]\nid = 'o{at}'\ntitle = 't'\nwhen = '''{condition}'''\nrewrite = ['no.d := {at}']\n\
             relieves = []\nloads = []\nchanges = 'speed'\ncost = {{}}\nsafety = 'safe'\nwhy = 'w'\nsource = 's'\n\
             [[require]]\nid = 'r{at}'\nholds = '''{condition}'''\nfails_at = 's'\nmessage = 'm'\nsource = 's'\n\
             [[require]]\nid = 'g{at}'\nwhen = '''{condition}'''\nholds = 'no.e < 3'\nfails_at = 's'\nmessage = 'm'\nsource = 's'\n"
        )
        .unwrap();
    }
    text
}

fn input(overrides: &[&str]) -> (State, World) {
    let entries = overrides.iter().map(|text| {
        let parsed = parse(text).unwrap();
        Entry { key: parsed.key.clone(), value: Ok(parsed), from: Provenance::Computed }
    });
    let state = State { entries: entries.collect(), ..State::default() };
    let mut world = World::default();
    world.facts.insert("known.f", Value::Int(3), Provenance::Computed);
    (state, world)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_left_out_could_not_act(conditions in prop::collection::vec(condition(), 6..14), more in 0..4_usize) {
        let pack = pack_of(&conditions);
        let overrides = ["set.a=1", "set.b=7", "deep={x:{y:2}}", "no.e=5"];
        let (state, world) = input(&overrides[..overrides.len().saturating_sub(more)]);
        let decided = decide(&pack, &state, &world, &Request::default());
        let decided = [decided, decide(&pack, &state, &world, &Request::default())];
        let relevant = relevant_options(&pack, &state, &world);
        for (at, option) in pack.options.iter().enumerate() {
            let verdict = judge(&option.when.condition, &pack, &state, &world).verdict;
            prop_assert!(relevant.contains(&at) || verdict != Verdict::True, "{}", option.when.condition.text());
        }
        let full = check_requirements(&pack, &state, &world);
        for (at, full) in full.iter().enumerate() {
            for decided in &decided {
                prop_assert_eq!(decided.broken.contains(at), full.is_broken(), "{}", full.id);
            }
        }
        let whole = plan(&pack, &state, &world, &Request::default());
        prop_assert_eq!(whole.verdicts.len(), pack.options.len());
        for (one, option) in whole.verdicts.iter().zip(pack.options.iter()) {
            prop_assert_eq!(&one.id, &option.id);
        }
        for (one, full) in whole.requirements.iter().zip(&full) {
            prop_assert_eq!(&one.verdict, &full.verdict);
        }
    }
}

/// Overrides of which launches have some: in sweeps, sections, interpolated, taken out and given twice.
const POOL: [&str; 12] = [
    "set.a=1",
    "set.a=3",
    "set.a=1,2",
    "set.b=7",
    "set.b=${set.a}",
    "told.c=5",
    "told={c: 6}",
    "deep={x:{y:2}}",
    "deep.x.y=3",
    "~no.e",
    "no.e=5",
    "no.d=2",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_judged_before_decides_the_same(
        conditions in prop::collection::vec(condition(), 4..10),
        launches in prop::collection::vec(prop::collection::vec(0..POOL.len(), 0..6), 20..40),
    ) {
        let pack = pack_of(&conditions);
        let (pool, world) = input(&POOL);
        let pool: Vec<Arc<Entry>> = pool.entries.iter().cloned().map(Arc::new).collect();
        let only = pack.options.iter().map(|it| it.id.clone()).collect();
        let request = Request { only, steps: Some(2), ..Request::default() };
        let mut judged = Judged::default();
        for launch in launches {
            let entries: Vec<Arc<Entry>> = launch.iter().map(|at| Arc::clone(&pool[*at])).collect();
            let state = State { entries: entries.into(), ..State::default() };
            let anew = decide(&pack, &state, &world, &request);
            let after = decide_after(&mut judged, &pack, &state, &world, &request);
            prop_assert_eq!(format!("{after:?}"), format!("{anew:?}"));
        }
    }
}

/// A rule that nothing wakes is left out, or the index would be of no use.
#[test]
fn rules_about_other_things_are_left_out() {
    let conditions = ["set.a > 0", "no.d > 0 && set.a > 0", "$free.g > 1", "no.d > 0 || set.a > 0"];
    let pack = pack_of(&conditions.map(str::to_owned));
    let (state, world) = input(&["set.a=1"]);
    assert_eq!(relevant_options(&pack, &state, &world).len(), 4, "who asks once gets all");
    assert_eq!(relevant_options(&pack, &state, &world), [0, 3]);
}
