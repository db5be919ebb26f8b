//! Looking for an input on which given conditions come out as wanted.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use super::input::{Input, Site, Var};
use super::proof::{Wanted, places};
use super::values::{Values, around, push, variables};
use crate::condition::{Condition, Outcome, Verdict};
use crate::engine::{
    Applied, NotApplied, Plan, Rejection, Request, Settled, State, View, World, check_broken,
    check_one, plan, settle, verdict, writes,
};
use crate::pack::{Pack, PackOption, Rewrite};
use crate::value::Value;

/// How many inputs one search may look at.
const BUDGET: usize = 300;

/// How many inputs are looked at for one on which rewrites want different things.
const TRIES: usize = 4000;

/// How many inputs are kept for one option.
const SAMPLES: usize = 40;

/// Numbers that are worth trying whatever the rules say.
const SMALL: [Value; 5] =
    [Value::Int(1), Value::Int(2), Value::Int(3), Value::Int(5), Value::Int(7)];

/// A pack and what is tried on it.
pub struct Search<'a> {
    /// The pack.
    pub pack: &'a Pack,
    /// The values to try.
    pub values: Values,
    /// An input that no requirement objects to, if one was found, else the empty one.
    pub base: Input,
    sampled: RefCell<BTreeMap<String, Vec<Input>>>,
}

/// What an option does on an input, apart from the question whether it helps there.
#[derive(Debug)]
pub enum Attempt {
    /// Its condition is not true, or something is not known or cannot be computed.
    Idle,
    /// A bound of its rewrite keeps a value where it is.
    Held,
    /// It would change nothing, or its repairs take everything back; these repairs took part.
    Nothing(Vec<String>),
    /// It would do this.
    Does(Box<Applied>),
    /// It is refused.
    Refused(Rejection),
}

/// A search's open input: how much is wrong, when it was found, and the input.
type Open = (Reverse<(usize, usize)>, usize);

impl<'a> Search<'a> {
    /// Prepares the search, and finds an input to start from.
    pub fn new(pack: &'a Pack) -> Self {
        let values = Values::of(pack);
        let mut search = Self { pack, values, base: Input::default(), sampled: RefCell::default() };
        if let Some(base) = search.solve(&Input::default(), &[], true) {
            search.base = base;
        }
        search
    }

    /// Lists the failures that an option may answer: every phase as told by the user, and the
    /// signals that its condition names.
    pub fn sites(&self, condition: &Condition) -> Vec<Site> {
        let mut sites: Vec<Site> =
            places(self.pack).iter().map(|place| self.site_of(place)).collect();
        for def in self.pack.signal_defs.iter() {
            if condition.text().contains(&format!("\"{}\"", def.name)) {
                let host = (def.kind.name() == "host").then(|| "host".to_owned());
                let fixed = host.or(def.phase.clone());
                let of = fixed.map_or_else(|| places(self.pack), |place| vec![place]);
                sites.extend(of.into_iter().map(|place| Site {
                    event: def.event.clone(),
                    signal: def.name.clone(),
                    kind: def.kind,
                    place,
                }));
            }
        }
        sites
    }

    /// Makes the failure of a phase as the user tells it.
    pub fn site_of(&self, place: &str) -> Site {
        let event = self.pack.signal_defs.iter().find(|def| def.kind.name() != "note");
        Site::told(event.map_or("oom", |def| def.event.as_str()), place)
    }

    /// Finds an input near `start` on which the conditions come out as wanted and, if it is to be
    /// `sound`, no requirement is broken.
    pub fn solve(&self, start: &Input, wanted: &[Wanted], sound: bool) -> Option<Input> {
        let parts: Vec<Wanted> = wanted.iter().flat_map(split).collect();
        let mut seen = BTreeSet::from([start.id()]);
        let mut found = vec![start.clone()];
        let mut heap: BinaryHeap<Open> = BinaryHeap::new();
        let (count, _) = self.wrong(start, &parts, sound);
        if count == 0 {
            return Some(start.clone());
        }
        heap.push((Reverse((count, 0)), 0));
        while let Some((_, index)) = heap.pop() {
            let from = found.get(index)?.clone();
            let (_, wrong) = self.wrong(&from, &parts, sound);
            for next in wrong.map(|it| self.mutants(&from, &it)).unwrap_or_default() {
                if !seen.insert(next.id()) {
                    continue;
                }
                let (count, _) = self.wrong(&next, &parts, sound);
                if count == 0 {
                    return Some(next);
                }
                if found.len() >= BUDGET {
                    return None;
                }
                heap.push((Reverse((count, found.len())), found.len()));
                found.push(next);
            }
        }
        None
    }

    /// Counts what does not come out as wanted, and returns the first of it. Requirements count
    /// only where all conditions are as wanted; before that, as many as there are.
    fn wrong(&self, input: &Input, parts: &[Wanted], sound: bool) -> (usize, Option<Condition>) {
        let (state, world) = input.build(self.pack);
        let mut open =
            parts.iter().filter(|(it, truth)| !self.comes_out(it, *truth, &state, &world));
        if let Some((first, _)) = open.next() {
            return (1 + open.count() + self.pack.requirements.len(), Some(first.clone()));
        }
        let mut broken = self
            .pack
            .requirements
            .iter()
            .filter(|it| sound && check_one(it, self.pack, &state, &world).is_broken());
        match broken.next() {
            Some(first) => (1 + broken.count(), Some(first.holds.condition.clone())),
            None => (0, None),
        }
    }

    /// Tells whether everything is as wanted.
    pub fn satisfies(&self, input: &Input, wanted: &[Wanted], sound: bool) -> bool {
        let parts: Vec<Wanted> = wanted.iter().flat_map(split).collect();
        self.wrong(input, &parts, sound).0 == 0
    }

    /// Says how a condition comes out, if it does.
    pub fn decides(&self, condition: &Condition, input: &Input) -> Option<bool> {
        let (state, world) = input.build(self.pack);
        match verdict(condition, self.pack, &state, &world) {
            Verdict::True => Some(true),
            Verdict::False => Some(false),
            _ => None,
        }
    }

    fn comes_out(&self, condition: &Condition, truth: bool, state: &State, world: &World) -> bool {
        match verdict(condition, self.pack, state, world) {
            Verdict::True => truth,
            Verdict::False => !truth,
            _ => false,
        }
    }

    /// Changes one variable of the condition at a time.
    fn mutants(&self, from: &Input, condition: &Condition) -> Vec<Input> {
        let hints = self.hints(from, condition);
        let mut all = Vec::new();
        for var in variables(self.pack, condition) {
            let mut values = self.values.get(&var).to_vec();
            for hint in &hints {
                push(&mut values, hint.clone());
            }
            if let (Var::Name(name), Some(site)) = (&var, &from.site)
                && is_told(name, site)
            {
                continue;
            }
            let fits = |value: &&Value| same_sort(value, self.values.get(&var));
            all.extend(values.iter().filter(fits).map(|value| from.with(&var, value)));
        }
        all
    }

    /// Computes what the sides of comparisons come to, for the names on the other sides.
    fn hints(&self, from: &Input, condition: &Condition) -> Vec<Value> {
        let (state, world) = from.build(self.pack);
        let mut hints = Vec::new();
        for operand in condition.terms().iter().filter(|term| term.len() > 1).flatten() {
            let view = View::new(self.pack, &state, &world);
            if let Outcome::Known(value @ (Value::Int(_) | Value::Float(_) | Value::Bytes(_))) =
                operand.outcome(&view)
            {
                for near in around(&value) {
                    push(&mut hints, near);
                }
            }
        }
        hints
    }

    /// Finds at most so many sound inputs on which an option's condition is true: one, and its
    /// neighbours in every variable that the option reads or writes.
    pub fn samples(&self, option: &PackOption, site: &Site, most: usize) -> Vec<Input> {
        let asks = |var: &Var| matches!(var, Var::Name(name) if is_told(name, site));
        let asks = variables(self.pack, &option.when.condition).iter().any(asks);
        let of = if asks { format!("{site:?}") } else { String::new() };
        let id = format!("{} {of}", option.id);
        let known = self.sampled.borrow().get(&id).cloned();
        let all = known.unwrap_or_else(|| self.new_samples(option, site));
        self.sampled.borrow_mut().insert(id, all.clone());
        all.iter().take(most).map(|input| input.at(site)).collect()
    }

    /// Finds samples at the first failure of a place, or of any, at which there are some.
    pub fn samples_at(
        &self,
        option: &PackOption,
        fits: impl Fn(&str) -> bool,
        most: usize,
    ) -> Vec<Input> {
        let sites = self.sites(&option.when.condition).into_iter();
        let samples = sites.filter(|site| fits(&site.place));
        let mut samples = samples.map(|site| self.samples(option, &site, most));
        samples.find(|found| !found.is_empty()).unwrap_or_default()
    }

    fn new_samples(&self, option: &PackOption, site: &Site) -> Vec<Input> {
        let wanted = [(option.when.condition.clone(), true)];
        let Some(first) = self.solve(&self.base.at(site), &wanted, true) else { return Vec::new() };
        let mut all = vec![first.clone()];
        let own = written(option);
        let mut vars = variables(self.pack, &option.when.condition);
        for var in &own {
            push_var(&mut vars, var);
        }
        vars.sort_by_key(|var| !own.contains(var));
        let hints = self.hints(&first, &option.when.condition);
        for var in vars.iter().filter(|var| !matches!(var, Var::Name(name) if is_told(name, site)))
        {
            let mut values = self.values.get(var).to_vec();
            for value in hints.iter().chain(&SMALL) {
                push(&mut values, value.clone());
            }
            for value in values.iter().filter(|value| same_sort(value, self.values.get(var))) {
                let next = first.with(var, value);
                if all.len() < SAMPLES && next != first && self.stays(&next, var, &wanted) {
                    all.push(next);
                }
            }
        }
        all
    }

    /// Tells whether a change of one variable keeps the conditions true and every requirement whole.
    fn stays(&self, input: &Input, changed: &Var, wanted: &[Wanted]) -> bool {
        if !self.satisfies(input, wanted, false) {
            return false;
        }
        let (state, world) = input.build(self.pack);
        let reads = |it: &&crate::pack::Requirement| match changed {
            Var::Key(key) => self.pack.reads(it).may_depend_on(key),
            Var::Name(_) => true,
        };
        let mut concerned = self.pack.requirements.iter().filter(reads);
        !concerned.any(|it| check_one(it, self.pack, &state, &world).is_broken())
    }

    /// Finds at most so many inputs near others on which two lists of rewrites want different things and
    /// that `keeps` takes: with no variable changed, with one, and with two.
    pub fn otherwise(
        &self,
        starts: &[Input],
        (old, new): (&[Rewrite], &[Rewrite]),
        keeps: &dyn Fn(&Input) -> bool,
        most: usize,
    ) -> Vec<Input> {
        let mut vars = Vec::new();
        for rewrite in old.iter().chain(new) {
            target(rewrite).iter().for_each(|var| push_var(&mut vars, var));
            if let Rewrite::Assign(it, _) = rewrite {
                let read = it.bounds.iter().chain([&it.value]);
                let read = read.flat_map(|it| variables(self.pack, it));
                read.for_each(|var| push_var(&mut vars, &var));
            }
        }
        let near = |from: &Input| -> Vec<Input> {
            let values = |var| self.values.get(var).iter().chain(&SMALL);
            let fits = |value: &&Value, var| same_sort(value, self.values.get(var));
            let each = vars.iter().flat_map(|var| {
                values(var).filter(move |it| fits(it, var)).map(move |it| from.with(var, it))
            });
            each.collect()
        };
        let wants = |all, state: &State, world: &World| writes(all, self.pack, state, world).ok();
        let tells = |input: &Input| {
            let (state, world) = input.build(self.pack);
            wants(old, &state, &world) != wants(new, &state, &world) && keeps(input)
        };
        let one = starts.iter().flat_map(near);
        let two = starts.first().into_iter().flat_map(near).flat_map(|it| near(&it));
        let all = starts.iter().cloned().chain(one).chain(two).take(TRIES);
        all.filter(tells).take(most).collect()
    }

    /// Tries an option on an input as the engine does.
    pub fn attempt(&self, option: &PackOption, input: &Input) -> Attempt {
        let (state, world) = input.build(self.pack);
        if !self.comes_out(&option.when.condition, true, &state, &world) {
            return Attempt::Idle;
        }
        let wanted = match writes(&option.rewrite, self.pack, &state, &world) {
            Ok(wanted) => wanted,
            Err(NotApplied::Unknown(_) | NotApplied::Failed(_)) => return Attempt::Idle,
            Err(NotApplied::Held { .. }) => return Attempt::Held,
        };
        let broken = check_broken(self.pack, &state, &world);
        match settle(&wanted, &option.id, self.pack, (&state, &broken), &world) {
            Ok(done) if done.changes.is_empty() && done.directives.is_empty() => {
                Attempt::Nothing(done.repaired_by)
            }
            Ok(done) => Attempt::Does(Box::new(done)),
            Err(Settled::Rejected(rejection)) => Attempt::Refused(rejection),
            Err(Settled::Unknown(_)) => Attempt::Idle,
        }
    }

    /// Lets the engine plan on an input.
    pub fn plan(&self, input: &Input, request: &Request) -> Plan {
        let (state, world) = input.build(self.pack);
        plan(self.pack, &state, &world, request)
    }
}

fn push_var(list: &mut Vec<Var>, var: &Var) {
    if !list.contains(var) {
        list.push(var.clone());
    }
}

/// Tells whether the failure itself tells the fact.
fn is_told(name: &str, site: &Site) -> bool {
    let fact = name.strip_prefix(&site.event).and_then(|rest| rest.strip_prefix('.'));
    fact.is_some_and(|fact| ["phase", "signal", "kind"].contains(&fact))
}

/// Lists the keys that an option writes.
pub fn written(option: &PackOption) -> Vec<Var> {
    option.rewrite.iter().filter_map(target).collect()
}

/// Returns the key that a rewrite sets.
pub fn target(rewrite: &Rewrite) -> Option<Var> {
    use crate::condition::Target;
    match rewrite {
        Rewrite::Plain(parsed, _) => Some(Var::Key(parsed.key.clone())),
        Rewrite::Assign(assignment, _) => match &assignment.target {
            Target::Key(key) => Some(Var::Key(key.as_str().to_owned())),
            Target::Directive(name) => Some(Var::Name(format!("sbatch.{name}"))),
            Target::Environment(_) => None,
        },
    }
}

/// A conjunction that is wanted true falls into parts that are.
fn split(wanted: &Wanted) -> Vec<Wanted> {
    match wanted {
        (condition, true) => condition.conjuncts().into_iter().map(|it| (it, true)).collect(),
        other => vec![other.clone()],
    }
}

/// Tells whether a value is of a sort that the variable takes, as far as its known values tell.
fn same_sort(value: &Value, known: &[Value]) -> bool {
    let sort = |value: &Value| match value {
        Value::Int(_) => 1,
        Value::Float(_) => 2,
        Value::Bytes(_) => 3,
        Value::Bool(_) => 4,
        _ => 0,
    };
    known.contains(value) || known.is_empty() || known.iter().any(|it| sort(it) == sort(value))
}
