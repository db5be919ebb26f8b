//! Goals: the plan is the cheapest one that any sequence of options makes, and its certificate says
//! so. The brute force here knows nothing of how the search goes about it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use hydrule::condition::{Outcome, Verdict};
use hydrule::engine::{
    Certificate, Entry, Goal, Plan, Pursued, Request, State, View, Weights, World, certify,
    check_requirements, judge, plan, settle, writes,
};
use hydrule::facts::{Found, Provenance};
use hydrule::overrides::parse;
use hydrule::pack::{Dimension, Pack, PackOption, Safety, load};
use hydrule::value::Value;
use indexmap::IndexMap;

/// Small numbers in an order that a seed fixes (SplitMix64).
struct Dice(u64);

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
        0 => dice.roll(4).to_string(),
        1 => format!("{} + {}", key(dice), key(dice)),
        2 => "$total".to_owned(),
        3 => format!("min({}, {})", key(dice), key(dice)),
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
        0 => format!("{{set='{} := it - 1', floor='{}'}}", key(dice), term(dice)),
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

fn pack_text(dice: &mut Dice) -> String {
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
fn goal_text(dice: &mut Dice) -> String {
    let number = 1 + dice.roll(5) / 3;
    let part = |dice: &mut Dice| match dice.roll(3) {
        0 => condition(dice),
        _ => format!("{} == {}", key(dice), dice.roll(3)),
    };
    let parts: Vec<String> = (0..number).map(|_| format!("({})", part(dice))).collect();
    parts.join(" && ")
}

fn entry(text: &str) -> Entry {
    let parsed = parse(text).unwrap();
    Entry { key: parsed.key.clone(), value: Ok(parsed), from: Provenance::Computed }
}

fn input(dice: &mut Dice) -> (State, World) {
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

fn request(dice: &mut Dice, pack: &Pack, goal: &str) -> Request {
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
        ..Request::default()
    }
}

/// The formula of docs/plans.md.
fn step_cost(option: &PackOption, weights: &Weights) -> u64 {
    let mut sum = 0.0;
    for (dimension, weight) in weights.iter() {
        if let Some(amount) = option.cost.get(dimension.name()) {
            let factor = ["time", "hardware"].contains(&dimension.name());
            let plain = if factor { amount.ln() } else { *amount };
            sum += (plain * weight * 1_000_000.0).round();
        }
    }
    if sum < 0.0 { 0 } else { format!("{sum}").parse().unwrap() }
}

/// What a brute force works with.
struct Naive<'a> {
    pack: &'a Pack,
    world: &'a World,
    request: &'a Request,
}

/// A way to a state: its cost, its length, and its options by their places in the pack.
type Way = (u64, usize, Vec<usize>);

impl Naive<'_> {
    fn holds(&self, state: &State) -> bool {
        let goal = &self.request.goal.as_ref().unwrap().condition;
        let parts = goal.conjuncts();
        parts.iter().all(|it| judge(it, self.pack, state, self.world).verdict == Verdict::True)
    }

    fn step(&self, option: &PackOption, state: &State) -> Option<State> {
        let (pack, world) = (self.pack, self.world);
        if judge(&option.when.condition, pack, state, world).verdict != Verdict::True {
            return None;
        }
        let held = check_requirements(pack, state, world);
        let wanted = writes(&option.rewrite, pack, state, world).ok()?;
        let after = settle(&wanted, &option.id, pack, (state, &held), world).ok()?;
        if after.changes.is_empty() && after.directives.is_empty() {
            return None;
        }
        let now = check_requirements(pack, &after.state, world);
        let broken = now.iter().zip(&held).any(|(now, held)| now.is_broken() && !held.is_broken());
        assert!(!broken, "settled, but broken");
        let value = |state: &State, id: &str| {
            let invariant = pack.invariants.iter().find(|it| it.id == id).unwrap();
            invariant.value.condition.evaluate(&View::new(pack, state, world)).outcome
        };
        let kept = self.request.preserve.iter().all(|id| {
            match (value(state, id), value(&after.state, id)) {
                (Outcome::Known(from), Outcome::Known(to)) => from.same_as(&to),
                _ => false,
            }
        });
        let unknown = now.iter().any(|it| matches!(it.verdict, Verdict::Unknown(_)));
        (kept && !(self.request.strict && unknown)).then_some(after.state)
    }

    /// Finds every state and every step between two, then relaxes the steps until nothing gets
    /// better.
    fn best_with(&self, input: &State, allowed: &dyn Fn(&PackOption) -> bool) -> Option<Way> {
        let weights = &self.request.goal.as_ref().unwrap().weights;
        let mut states: IndexMap<String, State> = IndexMap::new();
        states.insert(name(input), input.clone());
        let mut steps: Vec<(usize, usize, usize, u64)> = Vec::new();
        let mut from = 0;
        while let Some((_, state)) = states.get_index(from) {
            let state = state.clone();
            for (place, option) in self.pack.options.iter().enumerate() {
                if let Some(next) = self.step(option, &state).filter(|_| allowed(option)) {
                    let to = states.insert_full(name(&next), next).0;
                    steps.push((from, place, to, step_cost(option, weights)));
                }
            }
            from += 1;
            assert!(from < 5000, "too many states for a small pack");
        }
        let mut known: Vec<Option<Way>> = vec![None; states.len()];
        known[0] = Some((0, 0, Vec::new()));
        let mut changed = true;
        while changed {
            changed = false;
            for (from, place, to, step) in &steps {
                let Some((cost, length, path)) = &known[*from] else { continue };
                let path: Vec<usize> = path.iter().chain([place]).copied().collect();
                let way = Some((cost + step, length + 1, path));
                if known[*to].is_none() || way < known[*to] {
                    known[*to] = way;
                    changed = true;
                }
            }
        }
        let ways = states.values().zip(known);
        ways.filter(|(state, _)| self.holds(state)).filter_map(|(_, way)| way).min()
    }

    fn best(&self, input: &State) -> Option<Way> {
        let request = self.request;
        let selected =
            |option: &PackOption| request.only.is_empty() || request.only.contains(&option.id);
        let all = |option: &PackOption| selected(option) && option.safety != Safety::Display;
        let safe = |option: &PackOption| selected(option) && option.safety == Safety::Safe;
        if request.allow_unsafe || !request.only.is_empty() {
            return self.best_with(input, &all);
        }
        self.best_with(input, &safe).or_else(|| self.best_with(input, &all))
    }
}

fn name(state: &State) -> String {
    let mut name = String::new();
    for entry in &state.entries {
        let text = entry.value.as_ref().map_or(entry.key.as_str(), |it| it.text.as_str());
        name.push_str(text);
        name.push('\n');
    }
    for (directive, found) in &state.directives {
        write!(name, "{directive}:{}", found.value).unwrap();
    }
    name
}

/// A folder for the packs of one test.
struct Packs(tempfile::TempDir);

impl Packs {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("pack.toml")
    }

    fn load(&self, text: &str) -> Option<Pack> {
        fs::write(self.path(), text).unwrap();
        load(self.path().to_str().unwrap()).ok()
    }
}

/// Everything about one random pack.
struct Case {
    text: String,
    pack: Pack,
    state: State,
    world: World,
    request: Request,
}

/// Makes the packs of a seed; what does not load, such as a type error, is rolled again.
fn case(dice: &mut Dice, packs: &Packs) -> Case {
    loop {
        let text = pack_text(dice);
        let Some(pack) = packs.load(&text) else { continue };
        let goal = goal_text(dice);
        if pack.condition(&goal).is_err() {
            continue;
        }
        let (state, world) = input(dice);
        let request = request(dice, &pack, &goal);
        return Case { text, pack, state, world, request };
    }
}

impl Case {
    fn plan(&self) -> Plan {
        plan(&self.pack, &self.state, &self.world, &self.request)
    }

    fn certify(&self, certificate: &Certificate) -> Result<(), String> {
        certify(certificate, &self.pack, &self.state, &self.world, &self.request)
            .map_err(|refused| refused.0)
    }

    fn shown(&self) -> String {
        let goal = self.request.goal.as_ref().unwrap();
        format!(
            "{}\ngoal {}\n{:?}\nunsafe {} strict {} preserve {:?} only {:?}\ninput:\n{}",
            self.text,
            goal.condition.text(),
            goal.weights,
            self.request.allow_unsafe,
            self.request.strict,
            self.request.preserve,
            self.request.only,
            name(&self.state)
        )
    }

    /// Compares the plan with the brute force's; returns a word for what came of it.
    fn check(&self) -> &'static str {
        let naive = Naive { pack: &self.pack, world: &self.world, request: &self.request };
        let made = self.plan();
        let pursuit = made.pursuit.as_ref().unwrap();
        if naive.holds(&self.state) {
            assert!(matches!(pursuit.outcome, Pursued::True), "{}", self.shown());
            assert!(made.steps.is_empty());
            return "true";
        }
        let best = naive.best(&self.state);
        let (word, certificate) = match (&pursuit.outcome, &best) {
            (Pursued::Reached(certificate), Some((cost, _, path))) => {
                let ids: Vec<&str> = made.steps.iter().map(|step| step.option.as_str()).collect();
                let wanted: Vec<&str> =
                    path.iter().map(|at| self.pack.options[*at].id.as_str()).collect();
                assert_eq!(ids, wanted, "{}", self.shown());
                assert_eq!(certificate.cost, Some(*cost), "{}", self.shown());
                assert!(naive.holds(&made.result), "{}", self.shown());
                ("reached", certificate)
            }
            (Pursued::Unreachable(certificate), None) => ("unreachable", certificate),
            (Pursued::Unknown(missing), None) => {
                assert!(!missing.is_empty());
                return "unknown";
            }
            (outcome, best) => panic!("{outcome:?}\nagainst {best:?}\n{}", self.shown()),
        };
        let checked = self.certify(certificate);
        assert!(checked.is_ok(), "{checked:?}\n{certificate:#?}\n{}", self.shown());
        word
    }
}

/// How many random packs are compared: 1000, and as many more as the variable says; CI asks for
/// ten thousand.
fn number() -> usize {
    std::env::var("HYDRULE_GOALS").map_or(1000, |it| it.parse().unwrap())
}

fn compared(seed: u64, number: usize) -> BTreeMap<&'static str, usize> {
    let (packs, mut dice) = (Packs::new(), Dice(seed));
    let mut words = BTreeMap::new();
    for _ in 0..number {
        *words.entry(case(&mut dice, &packs).check()).or_default() += 1;
    }
    words
}

#[test]
fn plans_are_as_cheap_as_brute_force_finds() {
    let number = number();
    let mut words: BTreeMap<&str, usize> = BTreeMap::new();
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..4).map(|seed| scope.spawn(move || compared(seed, number / 4))).collect();
        for (word, times) in threads.into_iter().flat_map(|it| it.join().unwrap()) {
            *words.entry(word).or_default() += times;
        }
    });
    // Every kind of answer is frequent, or the test would show little.
    for word in ["true", "reached", "unreachable", "unknown"] {
        assert!(words.get(word).is_some_and(|it| it * 25 > number), "{words:?}");
    }
}
