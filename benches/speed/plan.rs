//! How a plan's time grows with the rules of a pack: ratios of runs side by side.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use hydrule::engine::{Entry, Goal, Request, State, World, decide, plan};
use hydrule::facts::Provenance;
use hydrule::overrides::parse;
use hydrule::pack::{Pack, load};
use hydrule::value::Value;

use crate::pairs::fastest;

/// How often each side runs; the fastest run of each counts.
const ROUNDS: usize = 30;

/// A pack of which the first `relevant` rules read keys that the launch sets.
fn pack_of(rules: usize, relevant: usize) -> (Pack, Duration) {
    let mut text = String::from(
        "name='p'\nversion='1'\ndescription='d'\n[[phase]]\nname='f'\ntitle='f'\nframes=['f']\n",
    );
    text.push_str("[[signal]]\nname='s'\nevent='oom'\nkind='device'\npattern='x'\ntypes={}\n");
    for at in 0..rules {
        let key = if at < relevant { format!("app.k{}", at % 40) } else { format!("other.k{at}") };
        if at % 2 == 0 {
            write!(
                text,
                "[[option]]\nid='o{at}'\ntitle='t'\nwhen='{key} > {} && {key} < 100'\nrewrite=['{key} := it - 1']\n\
                 relieves=['f']\nloads=[]\nchanges='speed'\ncost={{}}\nsafety='safe'\nwhy='w'\nsource='s'\n",
                at % 7
            )
            .unwrap();
        } else {
            write!(
                text,
                "[[require]]\nid='r{at}'\nwhen='{key} > 1'\nholds='{key} < {}'\nfails_at='s'\nmessage='m'\nsource='s'\n",
                50 + at
            )
            .unwrap();
        }
    }
    loaded(&text)
}

fn loaded(text: &str) -> (Pack, Duration) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pack.toml");
    std::fs::write(&path, text).unwrap();
    let start = Instant::now();
    let pack = load(path.to_str().unwrap()).unwrap();
    (pack, start.elapsed())
}

fn entry(text: &str) -> Entry {
    let parsed = parse(text).unwrap();
    Entry { key: parsed.key.clone(), value: Ok(parsed), from: Provenance::Computed }
}

fn launch() -> (State, World) {
    let entries = (0..40).map(|at| entry(&format!("app.k{at}={}", 10 + at)));
    let state = State { entries: entries.collect(), ..State::default() };
    let mut world = World::default();
    world.facts.insert("oom.phase", Value::Str("f".to_owned()), Provenance::Computed);
    world.take_told_failure();
    (state, world)
}

/// How many options the goal is searched with.
const OPTIONS: usize = 24;

/// Returns how long the cheapest plan takes that makes a goal true, with a certificate: each option halves a
/// number, and the goal wants all but one of them small.
fn pursued() -> Duration {
    let mut text = String::from("name='p'\nversion='1'\ndescription='d'\nlaunches=[]\n");
    for at in 0..OPTIONS {
        writeln!(
            text,
            "[[option]]\nid='o{at}'\ntitle='t'\nwhen='k{at} > 0'\nrewrite=['k{at} := it / 2']\nrelieves=[]\n\
             loads=[]\nchanges='speed'\ncost={{quality={at}}}\nsafety='safe'\nwhy='w'\nsource='s'",
        )
        .unwrap();
    }
    let (pack, _) = loaded(&text);
    let entries = (0..OPTIONS).map(|at| entry(&format!("k{at}=9")));
    let state = State { entries: entries.collect(), ..State::default() };
    let wanted: Vec<String> = (1..OPTIONS).map(|at| format!("k{at} < 3")).collect();
    let goal = Goal::new(pack.condition(&wanted.join(" && ")).unwrap());
    let request = Request { goal: Some(goal), ..Request::default() };
    let world = World::default();
    assert_eq!(decide(&pack, &state, &world, &request).steps.len(), 2 * (OPTIONS - 1));
    fastest(ROUNDS, || decide(&pack, &state, &world, &request))
}

/// Prints the table.
pub fn run() {
    let (state, world) = launch();
    let request = Request::default();
    let (small, loading_small) = pack_of(100, 100);
    let (large, loading_large) = pack_of(10_000, 100);
    assert_eq!(decide(&small, &state, &world, &request).steps.len(), 1);
    println!("{:<36}{:>12}{:>12}{:>8}", "", "100 rules", "10,000", "ratio");
    let row = |what: &str, one: Duration, other: Duration| {
        let ratio = other.as_secs_f64() / one.as_secs_f64();
        println!("{what:<36}{:>9} us{:>9} us{ratio:>8.2}", one.as_micros(), other.as_micros());
    };
    let decided = |pack: &Pack| fastest(ROUNDS, || decide(pack, &state, &world, &request));
    row("decide: 100 rules matter", decided(&small), decided(&large));
    let planned = |pack: &Pack| fastest(ROUNDS, || plan(pack, &state, &world, &request));
    row("plan: a verdict for every rule", planned(&small), planned(&large));
    row("load", loading_small, loading_large);
    println!("the cheapest plan over {OPTIONS} options: {} us", pursued().as_micros());
}
