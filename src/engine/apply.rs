//! Applying rewrites to a copy of the state.

use super::bound::bounded;
use super::scope::View;
use super::state::State;
use super::verdict::Applied;
use super::world::World;
use crate::condition::{Assignment, Condition, Outcome, Scope, Target};
use crate::config::{argument_value, read_argument, translated};
use crate::facts::{Found, Lookup, Missing, Provenance};
use crate::overrides::{Language, Override, OverrideKind};
use crate::pack::{Pack, Rewrite};
use crate::path::KeyPath;
use crate::text::Fault;
use crate::value::Value;

/// Why rewrites could not be applied.
#[derive(Debug, Clone)]
pub enum NotApplied {
    /// A value they need is unknown.
    Unknown(Vec<Missing>),
    /// An expression failed, or gives a value that cannot be written.
    Failed(Fault),
    /// A bound keeps a value where it is.
    Held {
        /// What would change: a key, or `sbatch:` and a directive.
        key: String,
        /// Which bound, as in `at its floor of 1`.
        bound: String,
    },
}

/// One value that a rewrite wants somewhere.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// A whole override.
    Override(Box<Override>),
    /// A directive's value.
    Directive(String, Value),
    /// A rewrite without a place to go, in words.
    Nowhere(String),
}

impl Write {
    /// Returns what is written: two writes to one target with different contents conflict.
    pub fn target(&self) -> String {
        match self {
            Self::Override(wanted) => wanted.key.clone(),
            Self::Directive(name, _) => format!("sbatch:{name}"),
            Self::Nowhere(what) => what.clone(),
        }
    }
}

/// Works out what the rewrites of one rule want; all of them see the same state.
pub fn writes(
    rewrites: &[Rewrite],
    pack: &Pack,
    state: &State,
    world: &World,
) -> Result<Vec<Write>, NotApplied> {
    let mut wanted = Vec::new();
    for rewrite in rewrites {
        let write = match rewrite {
            Rewrite::Plain(parsed, _) => plain(parsed, &View::new(pack, state, world))?,
            Rewrite::Assign(assignment, _) => assigned(assignment, pack, state, world)?,
        };
        wanted.extend(write);
    }
    Ok(wanted)
}

/// Puts the writes into a copy of the state, in the name of a rule. What differs is for the caller to
/// find, when all is written.
pub fn apply(writes: &[Write], before: &State, rule: &str) -> Applied {
    let mut state = before.clone();
    let mut skipped = Vec::new();
    let from = Provenance::Rule { id: rule.to_owned() };
    for write in writes {
        match write {
            Write::Override(wanted) => state.put(wanted.as_ref().clone(), from.clone()),
            Write::Directive(name, value) => {
                let found = Found { value: value.clone(), from: from.clone() };
                state.directives.insert(name.clone(), found);
            }
            Write::Nowhere(what) => skipped.push(what.clone()),
        }
    }
    Applied {
        state,
        changes: Vec::new(),
        directives: Vec::new(),
        repaired_by: Vec::new(),
        skipped,
        bisected: None,
    }
}

fn plain(parsed: &Override, view: &View<'_>) -> Result<Option<Write>, NotApplied> {
    let state = view.state;
    let old = view.written_as(&KeyPath::new(parsed.key.as_str()));
    if let Some((old, value)) = old.zip(parsed.value()) {
        let value = old.value(value, view)?;
        let winning = state.winning(old.key.as_str()).and_then(|it| it.value.as_ref().ok());
        let same = winning.and_then(Override::value).is_some_and(|now| now.same_as(&value));
        return if same {
            Ok(None)
        } else {
            override_of(state.language, &old.key, &value, winning).map(Some)
        };
    }
    let Some(wanted) = translated(state.language, parsed) else {
        let what = format!("{} (OmegaConf's arguments cannot say that)", parsed.text);
        return Ok(Some(Write::Nowhere(what)));
    };
    let same = state.winning(&wanted.key).and_then(|entry| entry.value.as_ref().ok());
    let same = same.is_some_and(|old| old.kind == wanted.kind && old.value == wanted.value);
    Ok((!same).then(|| Write::Override(Box::new(wanted))))
}

fn assigned(
    assignment: &Assignment,
    pack: &Pack,
    state: &State,
    world: &World,
) -> Result<Option<Write>, NotApplied> {
    match &assignment.target {
        Target::Key(key) => assign_key(key, assignment, pack, state, world),
        Target::Directive(name) => {
            let Some(current) = state.directives.get(name) else {
                let what = if world.has_directives {
                    "no such directive"
                } else {
                    "no Slurm script given"
                };
                return Ok(Some(Write::Nowhere(format!("sbatch:{name} ({what})"))));
            };
            let view = View::new(pack, state, world);
            let value = bounded(assignment, Some(&current.value), &view)?;
            Ok((!value.same_as(&current.value)).then(|| Write::Directive(name.clone(), value)))
        }
        Target::Environment(name) => {
            Ok(Some(Write::Nowhere(format!("env:{name} (set it where the job is started)"))))
        }
    }
}

fn assign_key(
    key: &KeyPath,
    assignment: &Assignment,
    pack: &Pack,
    state: &State,
    world: &World,
) -> Result<Option<Write>, NotApplied> {
    let view = View::new(pack, state, world).with_it(key.clone());
    let old = view.written_as(key);
    let place = old.as_ref().map_or(key, |it| &it.key);
    let winning = state.winning(place.as_str()).and_then(|entry| entry.value.as_ref().ok());
    let swept = winning.filter(|old| old.value.as_ref().is_some_and(|value| value.is_sweep()));
    if let Some(old) = swept.filter(|_| old.as_ref().is_none_or(|it| !it.converts())) {
        return assign_sweep(key, assignment, old, pack, state, world);
    }
    let now = match view.config(key) {
        Lookup::Set(found) => Some(found.value),
        _ => None,
    };
    let new = bounded(assignment, now.as_ref(), &view)?;
    if now.is_some_and(|now| now.same_as(&new)) {
        return Ok(None);
    }
    let language = state.language;
    let adds = assignment.adds && language == Language::Hydra;
    match &old {
        Some(old) => override_of(language, &old.key, &old.value(new, &view)?, winning).map(Some),
        None if adds && winning.is_none() && !in_base(key, world) => {
            parsed(language, &format!("++{key}={}", argument_value(language, &new))).map(Some)
        }
        None => override_of(language, key, &new, winning).map(Some),
    }
}

/// Tells whether a base configuration was given that has the key.
fn in_base(key: &KeyPath, world: &World) -> bool {
    world.base.as_ref().is_some_and(|base| base.config().node(key).is_some())
}

/// Writes a value in the place and style of the override that holds it now.
pub(super) fn override_of(
    language: Language,
    key: &KeyPath,
    new: &Value,
    winning: Option<&Override>,
) -> Result<Write, NotApplied> {
    let text = in_style_of(language, winning, new);
    let whole = match winning.filter(|old| old.kind != OverrideKind::Delete) {
        Some(old) => old.rewritten(&text),
        None => format!("{key}={text}"),
    };
    parsed(language, &whole)
}

/// Maps the elements of a sweep. One that a bound holds stays as it is; where all are held, nothing
/// changes.
fn assign_sweep(
    key: &KeyPath,
    assignment: &Assignment,
    old: &Override,
    pack: &Pack,
    state: &State,
    world: &World,
) -> Result<Option<Write>, NotApplied> {
    let (mut failure, mut held) = (None, None);
    let mapped = old.map_elements(&mut |element| {
        let elements = vec![(key.clone(), element.clone())];
        let view = View::new(pack, state, world).with_it(key.clone()).with_elements(elements);
        match bounded(assignment, Some(element), &view) {
            Err(bound @ NotApplied::Held { .. }) => {
                held.get_or_insert(bound);
                Some(element.clone())
            }
            other => other.map_err(|error| failure = Some(error)).ok(),
        }
    });
    match (mapped, failure) {
        (Some(text), None) => {
            let whole = old.rewritten(&text);
            match held.filter(|_| whole == old.text) {
                Some(bound) => Err(bound),
                None if whole == old.text => Ok(None),
                None => parsed(state.language, &whole).map(Some),
            }
        }
        (_, Some(error)) => Err(error),
        (None, None) => Err(NotApplied::Unknown(vec![Missing {
            name: key.to_string(),
            why: format!("the sweep `{}` cannot be rewritten element by element", old.text),
            supply: "split the sweep".to_owned(),
        }])),
    }
}

pub(super) fn computed(value: &Condition, view: &View<'_>) -> Result<Value, NotApplied> {
    match value.outcome(view) {
        Outcome::Known(value) => Ok(value),
        Outcome::Unknown(missing) => Err(NotApplied::Unknown(missing)),
        Outcome::Failed(fault) => Err(NotApplied::Failed(*fault)),
        Outcome::Absent { name } => Err(NotApplied::Unknown(vec![Missing {
            why: "it does not exist".to_owned(),
            supply: format!("set `{name}` in the launch"),
            name,
        }])),
    }
}

fn parsed(language: Language, text: &str) -> Result<Write, NotApplied> {
    read_argument(language, text)
        .map(|parsed| Write::Override(Box::new(parsed)))
        .map_err(NotApplied::Failed)
}

/// Writes a value as the program reads it; booleans keep the case that the script uses.
fn in_style_of(language: Language, old: Option<&Override>, new: &Value) -> String {
    let text = argument_value(language, new);
    let old = old.and_then(|old| old.text.split_once('=')).map(|(_, value)| value.trim());
    match (new, old) {
        (Value::Bool(_), Some("true" | "false")) => text.to_lowercase(),
        _ => text,
    }
}
