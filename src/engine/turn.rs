//! Counterfactuals: the smallest change of one value that would turn a condition around.

use super::judge::{judge, verdict};
use super::reach::{Nearest, Range, Reach, nearest_number};
use super::scope::View;
use super::state::State;
use super::world::World;
use crate::condition::{
    Condition, NameUse, Outcome, Reading, ReadingRole, Scope, Trace, Verdict, deciding_leaves,
};
use crate::config::{argument_value, read_argument};
use crate::facts::{Found, Lookup, Missing, Provenance};
use crate::overrides::Language;
use crate::pack::Pack;
use crate::path::KeyPath;
use crate::text::Said;
use crate::value::Value;

/// One value that would turn a verdict around.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// The key, or the fact with its `$`.
    pub name: String,
    /// What it is; none where it does not exist, or nothing sets it.
    pub now: Option<Found>,
    /// What it would have to be.
    pub change: Change,
    /// The nearest value that does it; none where the override would have to go.
    pub to: Option<Value>,
}

/// The values that turn a verdict around.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// One of these, as far as was tried.
    OneOf(Vec<Value>),
    /// Anything but these.
    NoneOf(Vec<Value>),
    /// Every number in here.
    Within(Range),
    /// Any override of the launch that sets the key.
    Set,
    /// No override of the launch may set the key.
    Unset,
}

/// Finds the smallest change of one value that turns a decided verdict around. Keys and directives
/// come before parameters, and these before what the log tells; among them, numbers count by their
/// relative difference, and everything else as a whole. Nothing where no single value was found
/// to do it, or where a sweep or an unknown is involved.
pub fn turn(condition: &Condition, pack: &Pack, state: &State, world: &World) -> Option<Turn> {
    let now = truth(&verdict(condition, pack, state, world))?;
    let search = Search { condition, pack, state, world, wanted: !now };
    let mut found: Vec<(u8, f64, Turn)> = search
        .subjects()
        .into_iter()
        .filter(|subject| !search.is_idle(subject))
        .filter_map(|subject| {
            let turn = search.turn_of(&subject)?;
            Some((subject.name.class(), distance(&turn), turn))
        })
        .collect();
    found.sort_by(|a, b| (a.0).cmp(&b.0).then(a.1.total_cmp(&b.1)));
    found.into_iter().map(|(.., turn)| turn).find(|turn| search.confirmed(turn))
}

/// Shows the parts of a false conjunction that are false, where there are several: no single one
/// of them decides. For everything else, nothing.
pub fn blockers(condition: &Condition, pack: &Pack, state: &State, world: &World) -> Vec<Trace> {
    let parts = condition.conjuncts();
    let judged = parts.iter().map(|part| judge(part, pack, state, world));
    let failing: Vec<Trace> = judged
        .filter(|it| matches!(it.verdict, Verdict::False | Verdict::Absent(_)))
        .flat_map(|it| deciding_leaves(&it.trace).into_iter().cloned().collect::<Vec<_>>())
        .collect();
    if parts.len() > 1 && failing.len() > 1 { failing } else { Vec::new() }
}

/// Puts a value in, as a user would.
pub fn suppose(turn: &Turn, state: &State, world: &World) -> Option<(State, World)> {
    let (mut state, mut world) = (state.clone(), world.clone());
    let name = turn.name.as_str();
    match (name.strip_prefix('$'), &turn.to) {
        (Some(fact), Some(to)) => world.facts.insert(fact, to.clone(), Provenance::Computed),
        (None, Some(to)) => {
            let adds = turn.now.is_none() && world.base.is_some();
            let sigil = if adds && state.language == Language::Hydra { "++" } else { "" };
            let value = argument_value(state.language, to);
            let wanted = read_argument(state.language, &format!("{sigil}{name}={value}")).ok()?;
            state.put(wanted, Provenance::Computed);
        }
        (None, None) => state.entries.edit().retain(|entry| entry.key != name),
        (Some(_), None) => return None,
    }
    Some((state, world))
}

/// Lists the names that expressions read and what they are, through named expressions.
pub(super) fn read_names(
    expressions: &[&Condition],
    pack: &Pack,
    state: &State,
    world: &World,
) -> Vec<(String, Found)> {
    let mut names: Vec<(String, Found)> = Vec::new();
    for condition in expressions {
        let search = Search { condition, pack, state, world, wanted: false };
        for subject in search.subjects() {
            let name = subject.name.shown();
            if let Some(now) = subject.now.filter(|_| names.iter().all(|(it, _)| *it != name)) {
                names.push((name, now));
            }
        }
    }
    names
}

/// A verdict as a truth; what reads something absent does not apply, as what is false.
fn truth(verdict: &Verdict) -> Option<bool> {
    match verdict {
        Verdict::True => Some(true),
        Verdict::False | Verdict::Absent(_) => Some(false),
        _ => None,
    }
}

/// What a counterfactual is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Name {
    Key(KeyPath),
    Fact(String),
}

impl Name {
    fn of(used: &NameUse) -> Option<Self> {
        let key = used.key().map(|key| Self::Key(key.clone()));
        key.or_else(|| used.fact().map(|fact| Self::Fact(fact.to_owned())))
    }

    /// What people change first.
    fn class(&self) -> u8 {
        match self {
            Self::Key(_) => 0,
            Self::Fact(name) if name.starts_with("sbatch.") => 0,
            Self::Fact(name) if name.starts_with("param.") => 1,
            Self::Fact(_) => 2,
        }
    }

    fn shown(&self) -> String {
        match self {
            Self::Key(key) => key.to_string(),
            Self::Fact(name) => format!("${name}"),
        }
    }
}

/// A name and everything a condition does with it.
struct Subject {
    name: Name,
    now: Option<Found>,
    roles: Vec<ReadingRole>,
}

struct Search<'a> {
    condition: &'a Condition,
    pack: &'a Pack,
    state: &'a State,
    world: &'a World,
    wanted: bool,
}

impl Search<'_> {
    /// Collects the names that could decide, from the condition and the named expressions it reads.
    fn subjects(&self) -> Vec<Subject> {
        let view = View::new(self.pack, self.state, self.world);
        let mut subjects: Vec<Subject> = Vec::new();
        for reading in self.readings(self.condition, false, &view, &mut Vec::new()) {
            let Some(name) = Name::of(&reading.name) else { continue };
            if let Some(known) = subjects.iter_mut().find(|it| it.name == name) {
                known.roles.push(reading.role);
                continue;
            }
            let answer = match &name {
                Name::Key(key) => view.config(key),
                Name::Fact(fact) => match view.named(fact) {
                    Some(Outcome::Known(value)) => {
                        Lookup::Set(Found { value, from: Provenance::Computed })
                    }
                    Some(Outcome::Absent { .. }) => Lookup::Absent,
                    Some(_) => continue,
                    None => view.name(fact),
                },
            };
            let now = match answer {
                Lookup::Set(found) => Some(found),
                Lookup::Absent => None,
                // Whether an override is there can be told where its value cannot.
                Lookup::Unknown(_) if reading.role == ReadingRole::Presence => None,
                Lookup::Unknown(_) => continue,
            };
            subjects.push(Subject { name, now, roles: vec![reading.role] });
        }
        subjects
    }

    fn readings(
        &self,
        condition: &Condition,
        stepwise: bool,
        view: &View<'_>,
        open: &mut Vec<Said>,
    ) -> Vec<Reading> {
        let mut all = Vec::new();
        for reading in condition.readings(view, stepwise) {
            let named = reading.name.fact().and_then(|name| self.pack.lets.get_key_value(name));
            let Some((name, expression)) = named else {
                all.push(reading);
                continue;
            };
            if !open.contains(name) {
                open.push(name.clone());
                let stepwise = matches!(reading.role, ReadingRole::Computed { stepwise: true });
                all.extend(self.readings(&expression.condition, stepwise, view, open));
                open.pop();
            }
        }
        all
    }

    /// Tells whether no value of a name can matter: the verdict stands where it is unknown.
    fn is_idle(&self, subject: &Subject) -> bool {
        let missing =
            Missing { name: subject.name.shown(), why: String::new(), supply: String::new() };
        !subject.roles.contains(&ReadingRole::Presence)
            && matches!(self.outcome(&subject.name, Lookup::Unknown(missing)), Outcome::Known(_))
    }

    fn turn_of(&self, subject: &Subject) -> Option<Turn> {
        let made = |change: Change, to: Option<Value>| {
            let (name, now) = (subject.name.shown(), subject.now.clone());
            Some(Turn { name, now, change, to })
        };
        let turned = |value: &Value| self.turned(&subject.name, value);
        let now = subject.now.as_ref().map(|found| &found.value);
        let compared = compared(&subject.roles);
        if let Some(Value::Bool(truth)) = now {
            let to = Value::Bool(!truth);
            return turned(&to).then(|| made(Change::OneOf(vec![to.clone()]), Some(to)))?;
        }
        if let Some(found) = self.number(subject, &compared, &turned) {
            let change = match found.reach {
                Reach::Only => Change::OneOf(vec![found.to.clone()]),
                Reach::Not(value) => Change::NoneOf(vec![value]),
                Reach::Within(range) => Change::Within(range),
            };
            return made(change, Some(found.to));
        }
        let fits: Vec<Value> = compared.iter().filter(|it| turned(it)).cloned().collect();
        if let Some(to) = fits.first().cloned() {
            return made(Change::OneOf(fits), Some(to));
        }
        if let Some(to) = now.and_then(|now| away_from(now, &compared, &turned)) {
            // Where more is made of the value than comparisons, others may fail it.
            let only = subject.roles.iter().all(|it| matches!(it, ReadingRole::Compared(_)));
            let change =
                if only { Change::NoneOf(compared) } else { Change::OneOf(vec![to.clone()]) };
            return made(change, Some(to));
        }
        if let Some(to) = searched(now, &subject.roles).into_iter().find(|it| turned(it)) {
            return made(Change::OneOf(vec![to.clone()]), Some(to));
        }
        let Name::Key(key) = &subject.name else { return None };
        if !subject.roles.contains(&ReadingRole::Presence) {
            return None;
        }
        match self.state.winning(key.as_str()) {
            Some(_) => made(Change::Unset, None),
            None => {
                let default = self.world.default_of(self.pack, key.as_str());
                let default = default.map(|(value, _)| value.clone());
                made(Change::Set, Some(default.or(now.cloned()).unwrap_or(Value::Int(1))))
            }
        }
    }

    fn number(
        &self,
        subject: &Subject,
        compared: &[Value],
        turned: &dyn Fn(&Value) -> bool,
    ) -> Option<Nearest> {
        let computed = subject.roles.iter().any(|it| matches!(it, ReadingRole::Computed { .. }));
        let stepwise = subject.roles.contains(&ReadingRole::Computed { stepwise: true });
        let truth = subject.roles.contains(&ReadingRole::Truth);
        let now = subject.now.as_ref().map(|found| &found.value);
        let found = nearest_number(now, compared, (computed || truth, stepwise), turned)?;
        // What jumps may turn back anywhere.
        Some(if stepwise { Nearest { reach: Reach::Only, ..found } } else { found })
    }

    /// Tells whether a value in the place of what a name has now gives the wanted verdict.
    fn turned(&self, name: &Name, value: &Value) -> bool {
        let found = Found { value: value.clone(), from: Provenance::Computed };
        self.outcome(name, Lookup::Set(found)) == Outcome::Known(Value::Bool(self.wanted))
    }

    fn outcome(&self, name: &Name, answer: Lookup) -> Outcome {
        let view = View::new(self.pack, self.state, self.world);
        self.condition.outcome(&view.with_supposed(name.shown(), answer))
    }

    /// Makes the change for good, which other keys may follow, and looks.
    fn confirmed(&self, turn: &Turn) -> bool {
        suppose(turn, self.state, self.world).is_some_and(|(state, world)| {
            truth(&verdict(self.condition, self.pack, &state, &world)) == Some(self.wanted)
        })
    }
}

/// Lists what a name is compared with, each value once.
fn compared(roles: &[ReadingRole]) -> Vec<Value> {
    let mut values: Vec<Value> = Vec::new();
    for role in roles {
        let ReadingRole::Compared(more) = role else { continue };
        for value in more {
            if !values.iter().any(|known| known.same_as(value)) {
                values.push(value.clone());
            }
        }
    }
    values
}

/// Finds a value of any other kind or text, where only the one it has now is asked for.
fn away_from(now: &Value, compared: &[Value], turned: &dyn Fn(&Value) -> bool) -> Option<Value> {
    if !compared.iter().any(|it| it.same_as(now)) {
        return None;
    }
    let others = match now {
        Value::Str(text) => vec![Value::Str(format!("other-{text}")), Value::Null],
        Value::Null => vec![Value::Int(1), Value::Bool(true), Value::Str("set".to_owned())],
        _ => Vec::new(),
    };
    others.into_iter().find(|value| turned(value))
}

/// Lists what a list would be with and without the items it is searched for.
fn searched(now: Option<&Value>, roles: &[ReadingRole]) -> Vec<Value> {
    let Some(Value::List(items)) = now else { return Vec::new() };
    let wanted = roles.iter().filter_map(|role| match role {
        ReadingRole::Searched(item) => Some(item),
        _ => None,
    });
    let changed = wanted.map(|item| {
        let mut changed: Vec<Value> =
            items.iter().filter(|it| !it.same_as(item)).cloned().collect();
        if changed.len() == items.len() {
            changed.push(item.clone());
        }
        Value::List(changed)
    });
    changed.collect()
}

/// How far a change goes: the relative difference of numbers, which is below 1 for those of one
/// sign; 1 for anything else.
fn distance(turn: &Turn) -> f64 {
    let number = |value: Option<&Value>| match value {
        #[expect(clippy::cast_precision_loss, reason = "only the order of distances counts")]
        Some(Value::Bytes(bytes)) => Some(*bytes as f64),
        Some(other) => other.as_number(),
        None => None,
    };
    match (number(turn.now.as_ref().map(|it| &it.value)), number(turn.to.as_ref())) {
        (Some(from), Some(to)) => {
            (to - from).abs() / from.abs().max(to.abs()).max(f64::MIN_POSITIVE)
        }
        _ => 1.0,
    }
}
