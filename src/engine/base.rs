//! The base configuration under a launch's overrides.

use std::sync::{Arc, Mutex, PoisonError};

use indexmap::IndexMap;

use super::entries::Entries;
use crate::config::{Composed, Config, Misfit, Note, compose};
use crate::overrides::{Language, Override, OverrideKind};
use crate::path::KeyPath;

/// How many compositions are remembered: a plan looks at few states many times.
const REMEMBERED: usize = 64;

/// What overrides make of a base configuration, by their fingerprint.
type Compositions = IndexMap<u64, Arc<Made>>;

/// What overrides make of a base configuration. Places are counted among those overrides, from 0.
#[derive(Debug, Default)]
pub struct Made {
    /// The configuration; none where Hydra would refuse an override.
    pub config: Option<Arc<Config>>,
    /// What was not applied or is not certain.
    pub notes: Vec<Note>,
    /// The overrides that Hydra would refuse.
    pub misfits: Vec<Misfit>,
}

/// How overrides meet a base configuration.
#[derive(Debug, Clone)]
enum Style {
    /// As Hydra composes them.
    Hydra,
    /// The same, but choices of config groups, written so, have led to it.
    Chosen(Vec<String>),
    /// The configuration holds these already: it was written by the run that they were given to.
    Applied(Vec<Override>),
    /// As a program merges its arguments that reads the file with OmegaConf alone: keys may be new,
    /// and the one that names the file is none.
    Merged {
        /// The key that names the file, where one does.
        named_by: Option<String>,
    },
}

/// A base configuration, and what the overrides that were looked at make of it.
#[derive(Debug, Clone)]
pub struct Base {
    config: Arc<Config>,
    style: Style,
    partial: bool,
    composed: Arc<Mutex<Compositions>>,
}

impl Base {
    /// Takes a base configuration.
    pub fn new(config: impl Into<Arc<Config>>) -> Self {
        Self {
            config: config.into(),
            style: Style::Hydra,
            partial: false,
            composed: Arc::default(),
        }
    }

    /// Takes a base configuration that meets arguments of this language.
    pub fn read_with(config: impl Into<Arc<Config>>, language: Language) -> Self {
        match language {
            Language::Hydra => Self::new(config),
            Language::OmegaConf => {
                Self { style: Style::Merged { named_by: None }, ..Self::new(config) }
            }
        }
    }

    /// Takes what Hydra composes where these choices of config groups are made.
    pub fn chosen_by(config: impl Into<Arc<Config>>, groups: Vec<String>) -> Self {
        Self { style: Style::Chosen(groups), ..Self::new(config) }
    }

    /// Takes the configuration of a run, which its overrides have made already.
    pub fn of_run(config: impl Into<Arc<Config>>, applied: Vec<Override>) -> Self {
        Self { style: Style::Applied(applied), ..Self::new(config) }
    }

    /// Takes the configuration that an argument of the program names, as in `config=base.yaml`.
    pub fn named_by(config: impl Into<Arc<Config>>, key: &str) -> Self {
        Self { style: Style::Merged { named_by: Some(key.to_owned()) }, ..Self::new(config) }
    }

    /// Says that the file holds only what differs from the program's defaults.
    #[must_use]
    pub fn partial(self) -> Self {
        Self { partial: true, ..self }
    }

    /// Tells whether the program has defaults for what the file lacks.
    pub fn is_partial(&self) -> bool {
        self.partial
    }

    /// Returns the configuration as it was read.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Composes the overrides that can be read.
    pub fn made(&self, entries: &Entries) -> Arc<Made> {
        let key = entries.fingerprint();
        let cache = || self.composed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = cache().get(&key) {
            return Arc::clone(known);
        }
        let made = Arc::new(self.make(entries));
        let mut composed = cache();
        if composed.len() >= REMEMBERED {
            composed.clear();
        }
        composed.insert(key, Arc::clone(&made));
        made
    }

    fn make(&self, entries: &Entries) -> Made {
        let (mut numbers, mut from, mut overrides) = (Vec::new(), Vec::new(), Vec::new());
        for (number, entry) in entries.iter().enumerate() {
            let read = entry.value.as_ref().ok().and_then(|it| self.fitted(it));
            if let Some(it) = read {
                numbers.push(number);
                from.push(entry.from.clone());
                overrides.push(it);
            }
        }
        let number = |index: usize| numbers.get(index).copied().unwrap_or(index);
        match compose(&self.without_gone(entries), &overrides) {
            Ok(Composed { config, notes }) => {
                let notes = notes.into_iter();
                Made {
                    config: Some(Arc::new(config.with_places(from))),
                    notes: notes.map(|it| Note { index: number(it.index), ..it }).collect(),
                    misfits: Vec::new(),
                }
            }
            Err(misfits) => {
                let misfits = misfits.into_iter();
                let misfits = misfits.map(|it| Misfit { index: number(it.index), ..it });
                Made { misfits: misfits.collect(), ..Made::default() }
            }
        }
    }

    /// Makes unknown what the run's own overrides have set, where these lack them.
    fn without_gone(&self, entries: &Entries) -> Arc<Config> {
        let why = "the run set it, and nothing tells what stood there before";
        let gone = self.applied().iter().filter(|it| entries.winning(&it.key).is_none());
        gone.fold(Arc::clone(&self.config), |config, it| {
            Arc::new(Arc::unwrap_or_clone(config).without(&KeyPath::new(it.key.as_str()), why))
        })
    }

    fn applied(&self) -> &[Override] {
        match &self.style {
            Style::Applied(applied) => applied,
            _ => &[],
        }
    }

    /// Gives an override the form in which Hydra's rules make of it what the program does; nothing
    /// where the configuration has it for good.
    pub fn fitted(&self, it: &Override) -> Option<Override> {
        let forced = |it: &Override| {
            let mut forced = it.clone();
            forced.kind = OverrideKind::ForceAdd;
            forced
        };
        match &self.style {
            // Rules may ask for the choice.
            Style::Chosen(groups) if groups.contains(&it.text) => Some(forced(it)),
            Style::Hydra | Style::Chosen(_) => Some(it.clone()),
            Style::Merged { named_by } if named_by.as_ref() == Some(&it.key) => None,
            Style::Merged { .. } if it.kind == OverrideKind::Change => Some(forced(it)),
            Style::Merged { .. } => Some(it.clone()),
            Style::Applied(applied) => {
                let lasts = it.kind == OverrideKind::Delete
                    || it.key.contains('/')
                    || self.config.has_group(&it.key);
                let known = applied.iter().any(|old| old.key == it.key);
                match (lasts, known) {
                    (true, _) if applied.iter().any(|old| old.text == it.text) => None,
                    (false, true) => Some(forced(it)),
                    _ => Some(it.clone()),
                }
            }
        }
    }
}
