//! Small packs, and jobs for them, made by chance.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use hydrule::engine::{Entry, Goal, Request, State, World};
use hydrule::facts::{Found, Provenance};
use hydrule::overrides::parse;
use hydrule::pack::{Dimension, Pack};
use hydrule::value::Value;

/// Small numbers in an order that a seed fixes (SplitMix64).
pub struct Dice(pub u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % sides as u64).unwrap()
    }

    fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.roll(of.len())]
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.roll(100) < percent
    }
}

/// `d` has no default, and `s` is a section of which single keys are written as well.
const KEYS: [&str; 6] = ["a", "b", "c", "d", "s.x", "s.y"];

fn key(dice: &mut Dice) -> &'static str {
    // Mostly the same few keys, so that options interact.
    let most = if dice.chance(80) { 2 } else { KEYS.len() };
    KEYS[dice.roll(most)]
}

fn term(dice: &mut Dice) -> String {
    match dice.roll(8) {
        0 | 1 => format!("{} + {}", key(dice), key(dice)),
        2 => "$total".to_owned(),
        3 => format!("min({}, s.y + {})", key(dice), key(dice)),
        4 => "$sbatch.nodes".to_owned(),
        _ => key(dice).to_owned(),
    }
}

fn condition(dice: &mut Dice) -> String {
    let comparison = |dice: &mut Dice| {
        let sign = dice.pick(&["==", "!=", "<", "<=", ">", ">="]);
        format!("{} {sign} {}", term(dice), dice.roll(3))
    };
    match dice.roll(10) {
        0 => format!("{} && {}", comparison(dice), comparison(dice)),
        1 => format!("{} || {}", comparison(dice), comparison(dice)),
        2 => format!("!({})", comparison(dice)),
        3 => format!("{} > $told.limit", key(dice)),
        4 => format!("switched({}) || {}", key(dice), comparison(dice)),
        _ => comparison(dice),
    }
}

/// A rewrite whose values stay few.
fn rewrite(dice: &mut Dice) -> String {
    let key = key(dice);
    match dice.roll(14) {
        0 => format!("{key}={}", dice.roll(3)),
        1 => format!("++{key}={}", dice.roll(3)),
        2 => format!("~{key}"),
        3 => format!("{key} := {} % 3", self::key(dice)),
        4 => "s={x:1,y:2}".to_owned(),
        5 => "sbatch:nodes := min(it * 2, 2)".to_owned(),
        6 => format!("{key} := largest_divisor(6, it)"),
        7 => format!("{key}={},{}", dice.roll(3), dice.roll(3)),
        8 | 9 => format!("{key} := max(it - 1, 0)"),
        10 => format!("{key} := it / 2"),
        _ => format!("{key} := min(it + 1, 2)"),
    }
}

fn rewrites(dice: &mut Dice) -> String {
    let number = if dice.chance(25) { 2 } else { 1 };
    let one = |dice: &mut Dice| match dice.roll(12) {
        0 => format!("{{set='{} := it - 1', floor='{}'}}", key(dice), dice.roll(4)),
        3 => format!("{{set='{} := it - 1', floor='{}'}}", key(dice), term(dice)),
        1 => format!("{{set='{} := it + 1', cap='{}'}}", key(dice), dice.roll(3)),
        2 => format!("{{set='{} := it / 2', largest_divisor='{}'}}", key(dice), key(dice)),
        _ => format!("'{}'", rewrite(dice)),
    };
    let all: BTreeSet<String> = (0..number).map(|_| one(dice)).collect();
    all.into_iter().collect::<Vec<_>>().join(", ")
}

fn cost(dice: &mut Dice) -> String {
    let mut parts = Vec::new();
    for dimension in ["time", "hardware"] {
        if dice.chance(40) {
            parts.push(format!(
                "{dimension} = {}",
                dice.pick(&["1.0", "1.1", "1.21", "2.0", "0.9"])
            ));
        }
    }
    for dimension in ["quality", "algorithm", "host_memory"] {
        if dice.chance(25) {
            parts.push(format!("{dimension} = {}", dice.pick(&["0", "0.5", "1", "2"])));
        }
    }
    parts.join(", ")
}

pub fn pack_text(dice: &mut Dice) -> String {
    let mut text = String::from(
        "name='p'\nversion='1'\ndescription='d'\nlaunches=[]\n[let]\ntotal='a + b'\n[fact.told]\nlimit='int'\n\
         [[invariant]]\nid='sum'\ntitle='sum'\nvalue='a + b + c'\n\
         [[default]]\nof='p'\nsource='p'\nvalues={a=1,b=2,c=0,'s.x'=1,'s.y'=3}\n",
    );
    for index in 0..2 + dice.roll(3) {
        let safety = if dice.chance(15) { "unsafe" } else { "safe" };
        writeln!(
            text,
            "[[option]]\nid='o{index}'\ntitle='t'\nwhen='''{}'''\nrewrite=[{}]\nrelieves=[]\nloads=[]\n\
             changes='nothing'\ncost={{{}}}\nsafety='{safety}'\nwhy='w'\nsource='s'",
            if dice.chance(60) { "true".to_owned() } else { condition(dice) },
            rewrites(dice),
            cost(dice),
        )
        .unwrap();
    }
    for index in 0..dice.roll(5) / 2 {
        let guard = if dice.chance(30) {
            format!("when='''{}'''\n", condition(dice))
        } else {
            String::new()
        };
        let repair =
            if dice.chance(70) { format!("repair=[{}]\n", rewrites(dice)) } else { String::new() };
        writeln!(
            text,
            "[[require]]\nid='r{index}'\n{guard}holds='''{}'''\n{repair}fails_at='s'\nmessage='{{{}}} is bad'",
            condition(dice),
            key(dice),
        )
        .unwrap();
    }
    text
}

/// Mostly what steps can reach, and what is not true yet.
pub fn goal_text(dice: &mut Dice) -> String {
    let number = 1 + dice.roll(5) / 3;
    let part = |dice: &mut Dice| match dice.roll(3) {
        0 => condition(dice),
        _ => format!("{} == {}", key(dice), dice.roll(3)),
    };
    let parts: Vec<String> = (0..number).map(|_| format!("({})", part(dice))).collect();
    parts.join(" && ")
}

pub fn entry(text: &str) -> Entry {
    let parsed = parse(text).unwrap();
    Entry { key: parsed.key.clone(), value: Ok(parsed), from: Provenance::Computed }
}

pub fn input(dice: &mut Dice) -> (State, World) {
    let mut state = State::default();
    for key in KEYS {
        match dice.roll(12) {
            0..4 => state.entries.push(entry(&format!("{key}={}", dice.roll(4)))),
            4 => state.entries.push(entry(&format!("++{key}={}", dice.roll(4)))),
            5 => {
                let why = "a shell variable that nothing sets".to_owned();
                let from = Provenance::Computed;
                state.entries.push(Entry { key: key.to_owned(), value: Err(why), from });
            }
            6 if dice.chance(50) => state.entries.push(entry(&format!("{key}=1,3"))),
            7 if dice.chance(20) => state.entries.push(entry(&format!("{key}=${{b}}"))),
            _ => {}
        }
    }
    let mut world = World::default();
    if dice.chance(60) {
        let found = Found { value: Value::Int(1), from: Provenance::Computed };
        state.directives.insert("nodes".to_owned(), found);
        world.has_directives = true;
    }
    if dice.chance(60) {
        world.facts.insert("told.limit", Value::Int(1), Provenance::Computed);
    }
    (state, world)
}

pub fn request(dice: &mut Dice, pack: &Pack, goal: &str) -> Request {
    let mut goal = Goal::new(pack.condition(goal).unwrap());
    if dice.chance(40) {
        for dimension in Dimension::ALL {
            let weight = [0.0, 0.5, 1.0, 2.0][dice.roll(4)];
            goal.weights.set(dimension, weight).unwrap();
        }
    }
    Request {
        goal: Some(goal),
        allow_unsafe: dice.chance(20),
        strict: dice.chance(10),
        preserve: if dice.chance(15) { vec!["sum".to_owned()] } else { Vec::new() },
        only: if dice.chance(10) { vec!["o0".to_owned(), "o1".to_owned()] } else { Vec::new() },
        repair: dice.chance(15).then(Vec::new),
        ..Request::default()
    }
}
