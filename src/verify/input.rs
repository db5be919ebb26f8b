//! One input of the engine, made variable by variable.

use std::collections::BTreeMap;

use super::finding::Witness;
use crate::condition::NameUse;
use crate::engine::{Entry, State, Target, World};
use crate::facts::{Found, Provenance};
use crate::overrides::{self, value_text};
use crate::pack::{Pack, VERSION, Version, Versions};
use crate::signal::{Event, Kind};
use crate::text::{Source, Span};
use crate::value::Value;

/// Something that an input may set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Var {
    /// A configuration key.
    Key(String),
    /// A name with a `$`, without it: a fact, a parameter, a directive, a variable.
    Name(String),
}

impl Var {
    /// Takes the name that a condition reads.
    pub fn of(used: &NameUse) -> Option<Self> {
        match (used.key(), used.fact()) {
            (Some(key), _) => Some(Self::Key(key.as_str().to_owned())),
            (_, Some(fact)) if fact.starts_with(VERSION) => Some(Self::target()),
            (_, Some(fact)) => Some(Self::Name(fact.to_owned())),
            _ => None,
        }
    }

    /// The version of the target; its values are told as `--target` takes them: `app=0.9`.
    pub fn target() -> Self {
        Self::Name(VERSION.to_owned())
    }

    /// Returns the name as conditions write it.
    pub fn shown(&self) -> String {
        match self {
            Self::Key(key) => key.clone(),
            Self::Name(name) if name == VERSION => "--target".to_owned(),
            Self::Name(name) => format!("${name}"),
        }
    }
}

/// The failure of an input: the signal that tells it, and the phase.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// The prefix of the facts.
    pub event: String,
    /// The signal's name.
    pub signal: String,
    /// Whose failure it is.
    pub kind: Kind,
    /// Where relief is needed.
    pub place: String,
}

impl Site {
    /// Makes the site of a phase that nothing but the user tells.
    pub fn told(event: &str, place: &str) -> Self {
        let kind = if place == "host" { Kind::Host } else { Kind::Device };
        let (event, signal) = (event.to_owned(), "told".to_owned());
        Self { event, signal, kind, place: place.to_owned() }
    }

    fn event(&self) -> Event {
        let location = Source::new("witness", self.place.as_str()).at(Span::at(0));
        Event::told(&self.event, &self.signal, self.kind, &self.place, location)
    }
}

/// Values for some variables, and the failure.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Input {
    /// What is set.
    pub values: BTreeMap<Var, Value>,
    /// What failed; nothing if none.
    pub site: Option<Site>,
}

impl Input {
    /// Returns a copy with one more value.
    pub fn with(&self, var: &Var, value: &Value) -> Self {
        let mut input = self.clone();
        input.values.insert(var.clone(), value.clone());
        input
    }

    /// Returns a copy that does not set a variable.
    pub fn without(&self, var: &Var) -> Self {
        let mut input = self.clone();
        input.values.remove(var);
        input
    }

    /// Returns a copy with this failure.
    pub fn at(&self, site: &Site) -> Self {
        Self { values: self.values.clone(), site: Some(site.clone()) }
    }

    /// Returns what identifies it.
    pub fn id(&self) -> String {
        let place = self.site.as_ref().map_or("", |site| site.place.as_str());
        format!("{place} {:?}", self.values)
    }

    /// Makes what the engine reads.
    pub fn build(&self, pack: &Pack) -> (State, World) {
        let mut state = State::default();
        let mut world = World { has_log: true, ..World::default() };
        for (var, value) in &self.values {
            match var {
                Var::Key(key) => {
                    let Ok(parsed) = overrides::parse(&format!("{key}={}", value_text(value)))
                    else {
                        continue;
                    };
                    let from = Provenance::Computed;
                    state.entries.push(Entry { key: key.clone(), value: Ok(parsed), from });
                }
                Var::Name(name) => set_name(name, value, &mut state, &mut world),
            }
        }
        if let Some(site) = &self.site {
            world.set_failure(site.event());
        }
        world.target = match self.values.get(&Var::target()).and_then(told_version) {
            Some(version) => Target::told(vec![version], "--target".to_owned()),
            None => Target::default().narrowed(pack, &state),
        };
        (state, world)
    }

    /// Tells the input in the words of the command line.
    pub fn witness(&self, shows: impl Into<String>) -> Witness {
        let mut witness = Witness { shows: shows.into(), ..Witness::default() };
        if let Some(site) = &self.site {
            witness.facts.push(format!("{}.phase={}", site.event, site.place));
            if site.signal != "told" {
                witness.facts.push(format!("{}.signal={}", site.event, site.signal));
            }
        }
        for (var, value) in &self.values {
            match var {
                Var::Key(key) => witness.overrides.push(format!("{key}={}", value_text(value))),
                Var::Name(name) if name == VERSION => witness.target = Some(value.to_string()),
                Var::Name(name) => {
                    let (list, name) = match name.split_once('.') {
                        Some(("param", name)) => (&mut witness.parameters, name),
                        Some(("env", name)) => (&mut witness.environment, name),
                        Some(("sbatch", name)) => (&mut witness.directives, name),
                        _ => (&mut witness.facts, name.as_str()),
                    };
                    list.push(format!("{name}={}", value_text(value)));
                }
            }
        }
        witness
    }

    /// Takes over a state that the engine made of this input.
    pub fn after(&self, state: &State, pack: &Pack) -> Self {
        let mut input = self.clone();
        for entry in &state.entries {
            if let Some(value) = entry.value.as_ref().ok().and_then(overrides::Override::value) {
                input.values.insert(Var::Key(entry.key.clone()), value);
            }
        }
        for (name, found) in &state.directives {
            input.values.insert(Var::Name(format!("sbatch.{name}")), found.value.clone());
        }
        let (_, world) = input.build(pack);
        input.values.retain(|var, value| match var {
            Var::Key(key) => world.default_of(pack, key).is_none_or(|(it, _)| it != value),
            Var::Name(_) => true,
        });
        input
    }
}

/// Lists what may be told of the version of a pack's target.
pub fn targets(pack: &Pack) -> Vec<Value> {
    let numbers = pack.versions.iter().map(|it| &it.number);
    numbers.map(|it| Value::Str(format!("{}={it}", pack.target))).collect()
}

fn told_version(value: &Value) -> Option<Version> {
    Version::read(value.to_string().rsplit('=').next()?)
}

/// Tells whether a told version is one of those that a fact of a condition names; nothing where the
/// fact names none.
pub fn is_version(fact: &str, told: &Value) -> Option<bool> {
    Some(Versions::read(fact.strip_prefix(VERSION)?)?.hold(&told_version(told)?))
}

fn set_name(name: &str, value: &Value, state: &mut State, world: &mut World) {
    let found = Found { value: value.clone(), from: Provenance::Computed };
    match name.split_once('.') {
        _ if name == VERSION => {}
        Some(("param", name)) => {
            world.parameters.insert(name.to_owned(), value.clone());
        }
        Some(("env", name)) => {
            world.environment.insert(name.to_owned(), value.to_string());
        }
        Some(("sbatch", name)) => {
            world.has_directives = true;
            state.directives.insert(name.to_owned(), found);
        }
        _ => world.facts.insert(name, found.value, found.from),
    }
}
