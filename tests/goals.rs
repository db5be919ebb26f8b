//! Goals: the plan is the cheapest one that any sequence of options makes, and its certificate says
//! so. The brute force here knows nothing of how the search goes about it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use hydrule::condition::{Outcome, Verdict};
use hydrule::engine::{
    Broken, Certificate, Entry, Goal, Plan, Pursued, Request, RequirementState, State, View,
    Weights, World, certify, check_requirements, judge, plan, settle, writes,
};
use hydrule::facts::{Found, Provenance};
use hydrule::overrides::parse;
use hydrule::pack::{Dimension, Pack, PackOption, Safety, load};
use hydrule::value::Value;
use indexmap::IndexMap;
use serde_json::{Value as Json, json};

use crate::support::{Run, Workspace, snapshot};

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
        repair: dice.chance(15).then(Vec::new),
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

    fn step(
        &self,
        option: &PackOption,
        (state, held): (&State, &[RequirementState]),
    ) -> Option<State> {
        let (pack, world) = (self.pack, self.world);
        if judge(&option.when.condition, pack, state, world).verdict != Verdict::True {
            return None;
        }
        let wanted = writes(&option.rewrite, pack, state, world).ok()?;
        let broken = Broken::of(held.iter().map(|it| &it.verdict));
        let after = settle(&wanted, &option.id, pack, (state, &broken), world).ok()?;
        if after.changes.is_empty() && after.directives.is_empty() {
            return None;
        }
        let now = check_requirements(pack, &after.state, world);
        let broken = now.iter().zip(held).any(|(now, held)| now.is_broken() && !held.is_broken());
        assert!(!broken, "settled, but broken");
        let value = |state: &State, id: &str| {
            let invariant = pack.invariants.iter().find(|it| it.id == id).unwrap();
            invariant.value.condition.outcome(&View::new(pack, state, world))
        };
        let kept = self.request.preserve.iter().all(|id| {
            match (value(state, id), value(&after.state, id)) {
                (Outcome::Known(from), Outcome::Known(to)) => from.same_as(&to),
                _ => false,
            }
        });
        let held = check_requirements(pack, state, world);
        let is_unknown = |it: &RequirementState| matches!(it.verdict, Verdict::Unknown(_));
        let unknown = now.iter().zip(&held).any(|(now, held)| is_unknown(now) && !is_unknown(held));
        (kept && !(self.request.strict && unknown)).then_some(after.state)
    }

    /// Finds every state that some options lead to, and every step between two.
    fn reach(&self, input: &State, allowed: &dyn Fn(&PackOption) -> bool) -> Reach {
        let weights = &self.request.goal.as_ref().unwrap().weights;
        let mut states: IndexMap<String, State> = IndexMap::new();
        states.insert(name(input), input.clone());
        let mut steps = Vec::new();
        let mut from = 0;
        while let Some((_, state)) = states.get_index(from) {
            let state = state.clone();
            let held = check_requirements(self.pack, &state, self.world);
            for (place, option) in self.pack.options.iter().enumerate() {
                if !allowed(option) {
                    continue;
                }
                if let Some(next) = self.step(option, (&state, &held)) {
                    let to = states.insert_full(name(&next), next).0;
                    steps.push((from, place, to, step_cost(option, weights)));
                }
            }
            from += 1;
            assert!(from < 5000, "too many states for a small pack");
        }
        let goal: Vec<bool> = states.values().map(|state| self.holds(state)).collect();
        Reach { goal, steps }
    }

    fn best(&self, input: &State) -> Option<Way> {
        let request = self.request;
        let selected =
            |option: &PackOption| request.only.is_empty() || request.only.contains(&option.id);
        let all = |option: &PackOption| selected(option) && option.safety != Safety::Display;
        let safe = |option: &PackOption| selected(option) && option.safety == Safety::Safe;
        let reach = self.reach(input, &all);
        let best = |allowed: &dyn Fn(&PackOption) -> bool| {
            reach.best(&|place| allowed(&self.pack.options[place]))
        };
        if request.allow_unsafe || !request.only.is_empty() {
            return best(&all);
        }
        best(&safe).or_else(|| best(&all))
    }
}

/// All that can be reached.
struct Reach {
    /// Whether the goal is true, for each state.
    goal: Vec<bool>,
    /// From which state, by which option, to which state, at which cost.
    steps: Vec<(usize, usize, usize, u64)>,
}

impl Reach {
    /// Relaxes the steps of some options until nothing gets better.
    fn best(&self, allowed: &dyn Fn(usize) -> bool) -> Option<Way> {
        let mut known: Vec<Option<Way>> = vec![None; self.goal.len()];
        known[0] = Some((0, 0, Vec::new()));
        let mut changed = true;
        while changed {
            changed = false;
            for (from, place, to, step) in self.steps.iter().filter(|it| allowed(it.1)) {
                let Some((cost, length, path)) = &known[*from] else { continue };
                let path: Vec<usize> = path.iter().chain([place]).copied().collect();
                let way = Some((cost + step, length + 1, path));
                if known[*to].is_none() || way < known[*to] {
                    known[*to] = way;
                    changed = true;
                }
            }
        }
        let ways = self.goal.iter().zip(known).filter(|(goal, _)| **goal);
        ways.filter_map(|(_, way)| way).min()
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
        // A file system may wait for the disk where a file is written over.
        drop(fs::remove_file(self.path()));
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
        let mut goals = (0..10).map(|_| goal_text(dice));
        let Some(goal) = goals.find(|goal| pack.condition(goal).is_ok()) else { continue };
        let (state, world) = input(dice);
        let request = request(dice, &pack, &goal);
        return Case { text, pack, state, world, request };
    }
}

impl Case {
    fn plan(&self) -> Plan {
        plan(&self.pack, &self.state, &self.world, &self.request)
    }

    fn certify(&self, certificate: &Certificate, start: &State) -> Result<(), String> {
        certify(certificate, &self.pack, start, &self.world, &self.request)
            .map_err(|refused| refused.0)
    }

    fn shown(&self) -> String {
        let goal = self.request.goal.as_ref().unwrap();
        format!(
            "{}\ngoal {}\n{:?}\nunsafe {} strict {} preserve {:?} only {:?} repair {:?}\ninput:\n{}",
            self.text,
            goal.condition.text(),
            goal.weights,
            self.request.allow_unsafe,
            self.request.strict,
            self.request.preserve,
            self.request.only,
            self.request.repair,
            name(&self.state)
        )
    }

    /// Compares the plan with the brute force's; returns a word for what came of it.
    fn check(&self) -> &'static str {
        let naive = Naive { pack: &self.pack, world: &self.world, request: &self.request };
        let made = self.plan();
        let start = &made.start;
        let Some(pursuit) = &made.pursuit else {
            let repair = made.repair.as_ref().unwrap();
            assert!(repair.asked && repair.outcome.is_err(), "{}", self.shown());
            return "refused";
        };
        if naive.holds(start) {
            assert!(matches!(pursuit.outcome, Pursued::True), "{}", self.shown());
            assert!(made.steps.is_empty());
            return "true";
        }
        let best = naive.best(start);
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
        let checked = self.certify(certificate, start);
        assert!(checked.is_ok(), "{checked:?}\n{certificate:#?}\n{}", self.shown());
        word
    }
}

/// How many random packs are compared, and by how many threads.
const NUMBER: usize = 10_000;
const THREADS: u64 = 8;

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
    let number = NUMBER / usize::try_from(THREADS).unwrap();
    let mut words: BTreeMap<&str, usize> = BTreeMap::new();
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..THREADS).map(|seed| scope.spawn(move || compared(seed, number))).collect();
        for (word, times) in threads.into_iter().flat_map(|it| it.join().unwrap()) {
            *words.entry(word).or_default() += times;
        }
    });
    // Every kind of answer is frequent, or the test would show little.
    for word in ["true", "reached", "unreachable", "unknown"] {
        assert!(words.get(word).is_some_and(|it| it * 25 > NUMBER), "{words:?}");
    }
}

/// Changes one leaf or list of a document at a time, in every way that keeps its type.
fn tampered(whole: &Json) -> Vec<(String, Json)> {
    let mut changed = Vec::new();
    walk(whole, "", &mut |path, instead| {
        let mut other = whole.clone();
        *other.pointer_mut(path).unwrap() = instead;
        changed.push((path.to_owned(), other));
    });
    changed
}

fn walk(node: &Json, path: &str, change: &mut dyn FnMut(&str, Json)) {
    match node {
        Json::Null => change(path, json!(0)),
        Json::Bool(bool) => change(path, json!(!bool)),
        Json::Number(number) => {
            change(path, json!(number.as_u64().unwrap() + 1));
            change(path, Json::Null);
            if number.as_u64() > Some(0) {
                change(path, json!(number.as_u64().unwrap() - 1));
            }
        }
        Json::String(text) => change(path, json!(format!("{text}x"))),
        Json::Array(items) => {
            if let Some(last) = items.last() {
                change(path, json!(items[..items.len() - 1]));
                change(path, json!([items.as_slice(), std::slice::from_ref(last)].concat()));
            }
            for (at, item) in items.iter().enumerate() {
                walk(item, &format!("{path}/{at}"), change);
            }
        }
        Json::Object(fields) => {
            for (name, field) in fields {
                let mut fewer = fields.clone();
                fewer.shift_remove(name);
                change(path, Json::Object(fewer));
                walk(field, &format!("{path}/{name}"), change);
            }
        }
    }
}

/// A certificate with any field changed proves nothing, or cannot even be read.
#[test]
fn changed_certificates_are_refused() {
    let (packs, mut dice) = (Packs::new(), Dice(11));
    let (mut reached, mut unreachable, mut refused, mut other_way) = (0, 0, 0, 0);
    while reached < 25 || unreachable < 10 {
        let case = case(&mut dice, &packs);
        let made = case.plan();
        let Some(pursuit) = &made.pursuit else { continue };
        let certificate = match &pursuit.outcome {
            Pursued::Reached(it) if reached < 25 => {
                reached += 1;
                it
            }
            Pursued::Unreachable(it) if unreachable < 10 => {
                unreachable += 1;
                it
            }
            _ => continue,
        };
        let whole = serde_json::to_value(certificate).unwrap();
        if whole.to_string().len() > 12_000 {
            continue;
        }
        assert_eq!(serde_json::from_value::<Certificate>(whole.clone()).unwrap(), *certificate);
        for (path, changed) in tampered(&whole) {
            let Ok(changed) = serde_json::from_value::<Certificate>(changed) else {
                refused += 1;
                continue;
            };
            if changed == *certificate {
                continue;
            }
            match case.certify(&changed, &made.start) {
                Err(_) => refused += 1,
                // Where all options bear on all of the goal, it needs no frame to be a proof.
                Ok(()) if frameless(&changed) && !frameless(certificate) => {}
                // Two ways to a state may be equally cheap.
                Ok(()) if path.contains("/by") => other_way += 1,
                Ok(()) => panic!("{path}\n{changed:#?}\n{}", case.shown()),
            }
        }
    }
    assert!(refused > 2000 && other_way * 100 < refused, "{refused} and {other_way}");
}

fn frameless(certificate: &Certificate) -> bool {
    certificate.searches.iter().flat_map(|it| &it.parts).any(|part| part.frame.is_none())
}

/// A certificate of another pack, another input, another wish or other weights is refused as well.
#[test]
fn certificates_belong_to_their_question() {
    let packs = Packs::new();
    let text = small("when='true'", "a == 2 && b == 0");
    let (pack, state) = (packs.load(&text).unwrap(), given(&["a=0", "b=1"]));
    let world = World::default();
    let request = |goal: &str| Request {
        goal: Some(Goal::new(pack.condition(goal).unwrap())),
        ..Request::default()
    };
    let asked = request("a == 2 && b == 0");
    let made = plan(&pack, &state, &world, &asked);
    let ids: Vec<&str> = made.steps.iter().map(|step| step.option.as_str()).collect();
    assert_eq!(ids, ["more", "more", "less"]);
    let Pursued::Reached(certificate) = made.decision.pursuit.unwrap().outcome else { panic!() };
    assert_eq!(certificate.searches[0].parts.len(), 2, "nothing joins the two");
    assert_eq!(certify(&certificate, &pack, &state, &world, &asked), Ok(()));
    let refused = |state: &State, request: &Request| {
        assert!(certify(&certificate, &pack, state, &world, request).is_err());
    };
    refused(&given(&["a=1", "b=1"]), &asked);
    refused(&state, &request("a == 2"));
    refused(&state, &request("a == 1 && b == 0"));
    refused(&state, &Request { preserve: vec!["sum".to_owned()], ..request("a == 2 && b == 0") });
    refused(&state, &Request { only: vec!["more".to_owned()], ..request("a == 2 && b == 0") });
    let mut dear = request("a == 2 && b == 0");
    dear.goal.as_mut().unwrap().weights.set(Dimension::Quality, 2.0).unwrap();
    refused(&state, &dear);
}

fn given(overrides: &[&str]) -> State {
    State { entries: overrides.iter().map(|text| entry(text)).collect(), ..State::default() }
}

/// A pack that raises `a` and lowers `b`, each by one a step.
fn small(when: &str, goal: &str) -> String {
    let option = |id: &str, rewrite: &str, quality: u8| {
        format!(
            "[[option]]\nid='{id}'\ntitle='The option {id}'\n{when}\nrewrite=['{rewrite}']\nrelieves=[]\n\
             loads=[]\nchanges='speed'\ncost={{quality={quality}, time=1.1}}\nsafety='safe'\nwhy='It helps.'\n\
             source='none'\n"
        )
    };
    format!(
        "name='p'\nversion='1'\ndescription='d'\nlaunches=[]\ngoal='{goal}'\n\
         [fact.told]\nlimit='int'\n[[invariant]]\nid='sum'\ntitle='sum'\nvalue='a + b'\n\
         [[require]]\nid='low'\nholds='a < 3'\nfails_at='start-up'\nmessage='a is {{a}}'\n{}{}",
        option("more", "a := it + 1", 1),
        option("less", "b := it - 1", 2)
    )
}

fn shown(packs: &Packs, text: &str, line: &str) -> String {
    fs::write(packs.path(), text).unwrap();
    Run::hydrule(&format!("rewrite --pack ./pack.toml {line}")).at(packs.0.path()).run().shown()
}

#[test]
fn reports_are_as_reviewed() {
    let packs = Packs::new();
    let text = small("when='true'", "a == 2 && b == 0");
    let mut all = String::new();
    for line in [
        "-- a=0 b=1",
        "--weight quality=0 -- a=0 b=1",
        "-- a=2 b=0",
        "--steps 1 -- a=2 b=0",
        "--goal a>2 -- a=0 b=1",
        "--goal a>b*3 -- a=0 b=1",
        "--goal c==1 -- a=0 b=1",
        "--goal a>$told.limit -- a=0 b=1",
        "--goal b<-100000 -- a=0 b=1",
        "--goal a>$told.limits&&b -- a=0 b=1",
        "--weight tiem=2 -- a=0 b=1",
        "--weight time=-2 -- a=0 b=1",
        "--weight time -- a=0 b=1",
    ] {
        all.push_str(&format!(
            "$ hydrule rewrite --pack pack.toml {line}\n{}\n",
            shown(&packs, &text, line)
        ));
    }
    snapshot("goals", "reports", &all);
    let unsafe_only = text.replace("safety='safe'", "safety='unsafe'");
    snapshot("goals", "unsafe", &shown(&packs, &unsafe_only, "-- a=1 b=0"));
    let wrong = text.replace("quality=2", "qualty=2").replace("time=1.1", "time=0");
    snapshot(
        "goals",
        "wrong-pack",
        &shown(&packs, &wrong.replace("a == 2 &&", "a =="), "-- a=1 b=0"),
    );
}

#[test]
fn the_example_reaches_a_goal() {
    let workspace = Workspace::example();
    let files = "run_grpo.sh submit_grpo.slurm --log slurm-4242.err --facts model=model.json";
    let run = workspace.hydrule(&format!("rewrite {files} --goal")).arg("$peak < 50GiB").run();
    assert_eq!(run.code, 1);
    snapshot("goals", "example", &run.shown());
    let run = workspace.hydrule(&format!("rewrite {files} --output-format json --goal"));
    let json: Json = serde_json::from_str(&run.arg("$peak < 50GiB").run().out).unwrap();
    assert_eq!(json["goal"]["status"], "reached");
    let certificate: Certificate =
        serde_json::from_value(json["goal"]["certificate"].clone()).unwrap();
    let cost = certificate.cost.unwrap();
    assert!(certificate.searches[0].parts[0].states.iter().all(|state| state.cost < cost));
}

/// Twenty-four switches, each wanted by a part of the goal, and one that nobody wants.
#[test]
fn many_options_are_found_at_once() {
    let packs = Packs::new();
    let mut text = String::from("name='p'\nversion='1'\ndescription='d'\nlaunches=[]\n");
    let mut goal = Vec::new();
    for at in 0..24 {
        writeln!(
            text,
            "[[option]]\nid='o{at}'\ntitle='t'\nwhen='k{at} > 0'\nrewrite=['k{at} := it / 2']\nrelieves=[]\n\
             loads=[]\nchanges='speed'\ncost={{quality={at}}}\nsafety='safe'\nwhy='w'\nsource='s'",
        )
        .unwrap();
        goal.push(format!("k{at} < 3"));
    }
    let pack = packs.load(&text).unwrap();
    let state = State {
        entries: (0..24).map(|at| entry(&format!("k{at}=9"))).collect(),
        ..State::default()
    };
    let goal = Goal::new(pack.condition(&goal[..23].join(" && ")).unwrap());
    let request = Request { goal: Some(goal), ..Request::default() };
    let made = plan(&pack, &state, &World::default(), &request);
    assert_eq!(made.steps.len(), 46);
    let Pursued::Reached(certificate) = &made.decision.pursuit.unwrap().outcome else { panic!() };
    assert_eq!(certify(certificate, &pack, &state, &World::default(), &request), Ok(()));
    assert_eq!(certificate.cost, Some(2 * (0..23).sum::<u64>() * 1_000_000));
}
