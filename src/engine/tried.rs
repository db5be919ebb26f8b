//! Configurations that were tried before, and what came of them.

use indexmap::IndexMap;
use serde_json::{Map, Value as Json, json};

use super::apply::{Write, override_of};
use super::bound::within;
use super::scope::View;
use super::state::{Entry, State};
use super::weight::{Weigher, number};
use super::world::World;
use crate::condition::{Assignment, Scope, Target};
use crate::config::read_argument;
use crate::facts::{Found, Lookup, Provenance};
use crate::overrides::Language;
use crate::pack::{Pack, PackOption, Rewrite};
use crate::path::KeyPath;
use crate::text::{Fault, Location, Span, nearest};
use crate::value::Value;

/// The fact of a failure that says how much memory was asked for.
const BYTES: &str = "tried";

/// How many values between a failed and a worked one are tried, the middle first.
const BETWEEN: usize = 64;

/// The fields of a record.
const FIELDS: [&str; 6] = ["overrides", "outcome", "phase", "bytes", "untold", "directives"];

/// One configuration that was tried.
#[derive(Debug, Clone)]
pub struct Tried {
    /// The overrides, and the directives where they are known.
    pub state: State,
    /// Whether directives were recorded.
    pub has_directives: bool,
    /// Whether the job got through.
    pub worked: bool,
    /// The phase in which it failed, `host` for host memory.
    pub phase: Option<String>,
    /// How much memory was asked for when it failed.
    pub bytes: Option<i64>,
    /// Where this was read.
    pub from: Location,
}

/// A value chosen between one that failed and one that worked.
#[derive(Debug, Clone, PartialEq)]
pub struct Bisected {
    /// The key.
    pub key: String,
    /// The value that failed, and where that is known from; nothing where it is this launch's.
    pub failed: (Value, Option<Location>),
    /// The value that worked, and where that is known from.
    pub worked: (Value, Location),
}

impl Tried {
    /// Takes a record.
    ///
    /// # Errors
    /// The first field that is not as it should be, by name (or the override), and what is wrong.
    pub fn read(
        record: &Map<String, Json>,
        from: Location,
        language: Language,
    ) -> Result<Self, Wrong> {
        check_fields(record)?;
        let worked = match record.get("outcome").and_then(Json::as_str) {
            Some("failed") => false,
            Some("worked") => true,
            _ => return Err(wrong("outcome", "`outcome` must be `failed` or `worked`")),
        };
        let phase = match record.get("phase") {
            None | Some(Json::Null) => None,
            Some(Json::String(phase)) => Some(phase.clone()),
            Some(_) => return Err(wrong("phase", "`phase` must be a string")),
        };
        let bytes = match record.get("bytes") {
            None | Some(Json::Null) => None,
            Some(json) => Some(
                json.as_i64().ok_or_else(|| wrong("bytes", "`bytes` must be a whole number"))?,
            ),
        };
        let mut state = State { language, ..State::default() };
        for text in texts(record, "overrides")? {
            let parsed = read_argument(language, &text).map_err(|fault| (text.clone(), fault))?;
            let (key, from) = (parsed.key.clone(), Provenance::Text(from.clone()));
            state.entries.push(Entry { key, value: Ok(parsed), from });
        }
        for key in texts(record, "untold")? {
            let value = Err("nothing tells its value".to_owned());
            state.entries.push(Entry { key, value, from: Provenance::Text(from.clone()) });
        }
        let has_directives = record.contains_key("directives");
        if has_directives {
            state.directives = directives(record, &from)?;
        }
        Ok(Self { state, has_directives, worked, phase, bytes, from })
    }
}

/// The field or override at fault, and what is wrong with it.
type Wrong = (String, Fault);

fn wrong(field: &str, message: impl Into<String>) -> Wrong {
    (field.to_owned(), Fault::new("hydrule::tried::record", Span::at(0), message))
}

fn check_fields(record: &Map<String, Json>) -> Result<(), Wrong> {
    if let Some(field) = record.keys().find(|field| !FIELDS.contains(&field.as_str())) {
        let (at, fault) = wrong(field, format!("a tried configuration has no field `{field}`"));
        let help = match nearest(field, FIELDS, 1).first() {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("its fields are {}", FIELDS.join(", ")),
        };
        return Err((at, fault.helped(help)));
    }
    let complete = record.contains_key("overrides");
    if complete { Ok(()) } else { Err(wrong("", "a tried configuration needs `overrides`")) }
}

fn texts(record: &Map<String, Json>, field: &str) -> Result<Vec<String>, Wrong> {
    let list = record.get(field).map_or(Some(Vec::new()), |json| {
        let items = json.as_array()?.iter();
        items.map(|item| item.as_str().map(str::to_owned)).collect()
    });
    list.ok_or_else(|| wrong(field, format!("`{field}` must be a list of strings")))
}

fn directives(
    record: &Map<String, Json>,
    from: &Location,
) -> Result<IndexMap<String, Found>, Wrong> {
    let pairs = record.get("directives").and_then(Json::as_object);
    let pairs = pairs.ok_or_else(|| wrong("directives", "`directives` must be an object"))?;
    let found = |(name, json): (&String, &Json)| {
        let text = json.as_str().map(|text| Value::Str(text.to_owned()));
        let Some(value) = json.as_i64().map(Value::Int).or(text) else {
            return Err(wrong(name, "a directive must be a number or a string"));
        };
        Ok((name.clone(), Found { value, from: Provenance::Text(from.clone()) }))
    };
    pairs.iter().map(found).collect()
}

/// Returns a configuration that failed, and than which a state is no lighter in the phase in which
/// it failed, so that the state would fail there as well.
pub fn tried_before<'a>(pack: &Pack, state: &State, world: &'a World) -> Option<&'a Tried> {
    world.tried.iter().find(|tried| {
        let weigher = Weigher { pack, world, phase: tried.phase.as_deref() };
        !tried.worked && weigher.as_heavy(state, tried)
    })
}

/// Proposes other values than an option's own, where one is known to have failed and a lighter one
/// to have worked: the middle first, then its neighbours, the one that worked last.
pub(super) fn between(
    option: &PackOption,
    wanted: &[Write],
    pack: &Pack,
    state: &State,
    world: &World,
) -> Vec<(Write, Bisected)> {
    let [Write::Override(write)] = wanted else { return Vec::new() };
    let assignment = option.rewrite.iter().find_map(|rewrite| match rewrite {
        Rewrite::Assign(it, _) if it.target == Target::Key(KeyPath::new(write.key.as_str())) => {
            Some(it)
        }
        _ => None,
    });
    let phase = world.failure.as_ref().and_then(|failure| failure.place.as_deref());
    let (Some(assignment), Some(phase)) = (assignment, phase) else { return Vec::new() };
    let weigher = Weigher { pack, world, phase: Some(phase) };
    let key = KeyPath::new(write.key.as_str());
    let found = Bisection { weigher, assignment, key, state };
    found.proposals(write.value().as_ref()).unwrap_or_default()
}

/// The search for a value of one key.
struct Bisection<'a> {
    weigher: Weigher<'a>,
    assignment: &'a Assignment,
    key: KeyPath,
    state: &'a State,
}

impl Bisection<'_> {
    /// `own` is the value that the option would take by itself.
    fn proposals(&self, own: Option<&Value>) -> Option<Vec<(Write, Bisected)>> {
        let now = self.value(self.state)?;
        let down = number(own?)? < number(&now)?;
        let lighter = |a: &Value, b: &Value| {
            let pair = number(a).zip(number(b));
            pair.is_some_and(|(a, b)| if down { a < b } else { a > b })
        };
        let worked = self.worked(&now, &lighter)?;
        let failed = self.failed(&now, &worked.0, &lighter);
        let view = View::new(self.weigher.pack, self.state, self.weigher.world);
        let view = view.with_it(self.key.clone());
        let held = |value: Value| within(self.assignment, Some(&now), value, &view).ok();
        let values = middle(&failed.0, &worked.0).into_iter().filter_map(held);
        let open = |value: &Value| lighter(value, &failed.0) && lighter(&worked.0, value);
        let mut values: Vec<Value> = values.filter(open).collect();
        values.extend(held(worked.0.clone()).filter(|it| it.same_as(&worked.0)));
        values.dedup();
        let bisected = Bisected { key: self.key.to_string(), failed, worked };
        let writes = values.iter().filter_map(|it| Some((self.with(it)?.0, bisected.clone())));
        Some(writes.collect())
    }

    /// Finds the heaviest lighter value that is known to work: with it, this configuration would be
    /// no heavier than one that did.
    fn worked(
        &self,
        now: &Value,
        lighter: &dyn Fn(&Value, &Value) -> bool,
    ) -> Option<(Value, Location)> {
        let mut best: Option<(Value, Location)> = None;
        for tried in self.weigher.world.tried.iter().filter(|it| it.worked) {
            let Some(value) = self.value(&tried.state).filter(|it| lighter(it, now)) else {
                continue;
            };
            let heaviest = best.as_ref().is_none_or(|(known, _)| lighter(known, &value));
            let holds = |(_, state): (Write, State)| self.weigher.no_lighter(&tried.state, &state);
            if heaviest && self.with(&value).is_some_and(holds) {
                best = Some((value, tried.from.clone()));
            }
        }
        best
    }

    /// Finds the lightest value above the worked one that is known to fail; the present one, where
    /// no other is.
    fn failed(
        &self,
        now: &Value,
        worked: &Value,
        lighter: &dyn Fn(&Value, &Value) -> bool,
    ) -> (Value, Option<Location>) {
        let mut best = (now.clone(), None);
        let here = |it: &&Tried| !it.worked && it.phase.as_deref() == self.weigher.phase;
        for tried in self.weigher.world.tried.iter().filter(here) {
            let between = |it: &Value| lighter(it, &best.0) && lighter(worked, it);
            let Some(value) = self.value(&tried.state).filter(between) else { continue };
            let fails = |(_, state): (Write, State)| self.weigher.as_heavy(&state, tried);
            if self.with(&value).is_some_and(fails) {
                best = (value, Some(tried.from.clone()));
            }
        }
        best
    }

    fn value(&self, state: &State) -> Option<Value> {
        let view = View::new(self.weigher.pack, state, self.weigher.world);
        match view.config(&self.key) {
            Lookup::Set(found) => number(&found.value).map(|_| found.value),
            _ => None,
        }
    }

    /// Writes a value; returns the write and the state it leads to.
    fn with(&self, value: &Value) -> Option<(Write, State)> {
        let winning = self.state.winning(self.key.as_str());
        let winning = winning.and_then(|entry| entry.value.as_ref().ok());
        let write = override_of(self.state.language, &self.key, value, winning).ok()?;
        let mut state = self.state.clone();
        if let Write::Override(wanted) = &write {
            state.put(wanted.as_ref().clone(), Provenance::Computed);
        }
        Some((write, state))
    }
}

/// Lists values between two, the middle first: whole numbers near it; of floats, which never end,
/// only the middle itself, in hundredths.
fn middle(one: &Value, other: &Value) -> Vec<Value> {
    match (one, other) {
        (Value::Int(one), Value::Int(other)) => {
            let (low, high) = (*one.min(other), *one.max(other));
            let middle = low + high.saturating_sub(low) / 2;
            let reach = i64::try_from(BETWEEN / 2).unwrap_or(i64::MAX);
            let near = (0..=reach).flat_map(|by| {
                [middle.checked_sub(by), middle.checked_add(by)].into_iter().flatten()
            });
            near.filter(|it| *it > low && *it < high).map(Value::Int).collect()
        }
        _ => {
            let middle = number(one).zip(number(other)).map(|(one, other)| (one + other) / 2.0);
            middle.into_iter().map(|it| Value::Float((it * 100.0).round() / 100.0)).collect()
        }
    }
}

/// Records a configuration that failed, in the form that `--tried` reads: one object, for one line.
/// Nothing where no failure is known.
pub fn tried_record(state: &State, world: &World) -> Option<Json> {
    let failure = world.failure.as_ref()?;
    let (mut overrides, mut untold) = (Vec::new(), Vec::new());
    for entry in &state.entries {
        match &entry.value {
            Ok(parsed) => overrides.push(parsed.text.clone()),
            Err(_) => untold.push(entry.key.clone()),
        }
    }
    let mut record = Map::new();
    record.insert("overrides".to_owned(), overrides.into());
    record.insert("outcome".to_owned(), "failed".into());
    if let Some(place) = &failure.place {
        record.insert("phase".to_owned(), place.clone().into());
    }
    let bytes = failure.event.facts.get(BYTES).map(|fact| &fact.value);
    if let Some(Value::Bytes(bytes)) = bytes {
        record.insert("bytes".to_owned(), json!(bytes));
    }
    if !untold.is_empty() {
        record.insert("untold".to_owned(), untold.into());
    }
    if !state.directives.is_empty() {
        let directives = state.directives.iter();
        let directives = directives.map(|(name, found)| (name.clone(), found.value.to_json()));
        record.insert("directives".to_owned(), Json::Object(directives.collect()));
    }
    Some(Json::Object(record))
}
