//! The names that conditions of a pack may use, with their types.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use indexmap::IndexMap;

use super::inherit::ESTIMATE;
use super::manifest::{Manifest, SignalEntry};
use super::rule::{ByName, PEAK};
use super::text::Text;
use crate::condition::{KeyKnown, Names, Type};
use crate::facts::{DIRECTIVES, DirectiveKind};
use crate::path::KeyPath;
use crate::signal::{FactType, Kind};
use crate::value::Value;

/// Facts that every event has, beside the captures of its pattern.
const EVENT_FACTS: [(&str, Type); 8] = [
    ("kind", Type::Str),
    ("phase", Type::Str),
    ("signal", Type::Str),
    ("pid", Type::Int),
    ("actor", Type::Str),
    ("rank", Type::Int),
    ("line", Type::Int),
    ("fragmented", Type::Bool),
];

/// What is known of a launch beside its overrides.
const LAUNCH_FACTS: [&str; 2] = ["launch.config", "launch.program"];

/// Every `$name` of a pack and its type, and what is known of keys: collected when first asked for, since
/// what ships was checked before.
#[derive(Debug, Clone)]
pub struct PackNames {
    manifest: Arc<Manifest>,
    collected: OnceLock<Collected>,
}

#[derive(Debug, Clone)]
struct Collected {
    names: IndexMap<String, Type>,
    keys: ByName<Type>,
    /// The words that a fact can be.
    words: IndexMap<String, Vec<String>>,
    /// How the names begin of which nothing is known, since a part of the pack cannot be read.
    open: BTreeSet<String>,
}

impl PackNames {
    /// Takes the names that a manifest defines.
    pub fn of(manifest: Arc<Manifest>) -> Self {
        Self { manifest, collected: OnceLock::new() }
    }

    fn collected(&self) -> &Collected {
        self.collected.get_or_init(|| Collected::of(&self.manifest))
    }
}

impl Collected {
    fn of(manifest: &Manifest) -> Self {
        let mut names = IndexMap::new();
        for (name, _, kind) in DIRECTIVES {
            names.insert(format!("sbatch.{name}"), directive_type(kind));
        }
        names.extend(LAUNCH_FACTS.map(|name| (name.to_owned(), Type::Str)));
        for parameter in &manifest.parameters {
            let kind = parameter.default.as_ref().map_or(Type::Any, type_of);
            names.insert(format!("param.{}", parameter.name.value), kind);
        }
        for entry in &manifest.outside {
            names.insert(entry.name.clone(), entry.fact.kind);
        }
        let estimated = manifest.switched_off.iter().any(|it| it.kind == ESTIMATE);
        if estimated || !manifest.estimates.is_empty() {
            names.insert(PEAK.to_owned(), Type::Bytes);
        }
        for (name, _) in &manifest.lets {
            names.insert(name.value.to_string(), Type::Any);
        }
        for signal in signals(manifest) {
            for (fact, kind) in EVENT_FACTS {
                names.insert(format!("{}.{fact}", signal.event.value), kind);
            }
            for (capture, kind) in &signal.says.types {
                let kind = kind.map_or(Type::Any, fact_type);
                names.insert(format!("{}.{}", signal.event.value, capture.value), kind);
            }
        }
        let mut keys = ByName::default();
        for set in &manifest.defaults {
            for (key, value) in &set.values {
                let kind = type_of(value);
                let known = keys.entry(key.value.clone()).or_insert(kind);
                // The first one is the default, unless it is that of other versions.
                if set.versions.is_some() && *known != kind {
                    *known = Type::Any;
                }
            }
        }
        Self { names, keys, words: event_words(manifest), open: manifest.open.clone() }
    }

    fn is_open(&self, name: &str) -> bool {
        self.open.iter().any(|start| name.starts_with(start))
    }
}

/// Lists the signals, and those that are switched off: what is said of them stays sound.
fn signals(manifest: &Manifest) -> impl Iterator<Item = &SignalEntry> {
    manifest.signals.iter().chain(&manifest.silent)
}

fn directive_type(kind: DirectiveKind) -> Type {
    match kind {
        DirectiveKind::Memory => Type::Bytes,
        DirectiveKind::Text => Type::Str,
        _ => Type::Int,
    }
}

/// What the `kind`, `phase` and `signal` of each event can be.
fn event_words(manifest: &Manifest) -> IndexMap<String, Vec<String>> {
    let mut words: IndexMap<String, Vec<String>> = IndexMap::new();
    let phases: Vec<String> = manifest.phases.iter().map(|phase| phase.name.clone()).collect();
    for signal in signals(manifest) {
        let event = &signal.event.value;
        let mut add = |fact: &str, word: &str| {
            let known = words.entry(format!("{event}.{fact}")).or_default();
            if !known.iter().any(|known| known == word) {
                known.push(word.to_owned());
            }
        };
        add("signal", &signal.name.value);
        // A kind that no signal has may still be given with `--fact`; `pack check` judges that.
        for (kind, _) in Kind::WORDS {
            add("kind", kind);
        }
        for phase in
            phases.iter().map(String::as_str).chain(signal.says.phase.as_ref().map(Text::as_str))
        {
            add("phase", phase);
        }
    }
    words
}

fn fact_type(kind: FactType) -> Type {
    match kind {
        FactType::Bytes | FactType::Gib => Type::Bytes,
        FactType::Int => Type::Int,
        FactType::Float => Type::Float,
        FactType::Text => Type::Str,
    }
}

/// A default tells little about other values of its key, so only what never changes counts.
pub(super) fn type_of(value: &Value) -> Type {
    match value {
        Value::Bool(_) => Type::Bool,
        Value::Int(_) | Value::Float(_) => Type::Number,
        Value::Bytes(_) => Type::Bytes,
        Value::Str(text) if !text.contains("${") => Type::Str,
        Value::List(_) => Type::List,
        _ => Type::Any,
    }
}

impl Names for PackNames {
    fn name_type(&self, name: &str) -> Option<Type> {
        if name.starts_with("env.") {
            return Some(Type::Str);
        }
        let collected = self.collected();
        let known = collected.names.get(name).copied();
        known.or_else(|| collected.is_open(name).then_some(Type::Any))
    }

    fn names(&self) -> Vec<String> {
        self.collected().names.keys().cloned().collect()
    }

    fn values(&self, name: &str) -> Option<Vec<String>> {
        let collected = self.collected();
        collected.words.get(name).filter(|_| !collected.is_open(name)).cloned()
    }

    fn key_known(&self, key: &KeyPath) -> KeyKnown {
        self.collected().keys.get(key.as_str()).map_or(KeyKnown::Open, |kind| KeyKnown::Yes(*kind))
    }
}
