//! Goals: the plan is the cheapest one that any sequence of options makes, and its certificate says
//! so.

mod brute_force;
mod random;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use hydrule::engine::{Certificate, Goal, Plan, Pursued, Request, State, World, certify, plan};
use hydrule::pack::{Dimension, Pack, load};
use serde_json::{Value as Json, json};

use crate::support::{Run, Workspace, snapshot};
use brute_force::{Naive, name};
use random::{Dice, entry, goal_text, input, pack_text, request};

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
