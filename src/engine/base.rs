//! The base configuration under a launch's overrides.

use std::sync::{Arc, Mutex, PoisonError};

use indexmap::IndexMap;

use super::entries::Entries;
use super::state::State;
use crate::config::{Config, Misfit, compose};
use crate::facts::Provenance;
use crate::overrides::{Language, Override, OverrideKind};
use crate::path::KeyPath;

/// How many compositions are remembered: a plan looks at few states many times.
const REMEMBERED: usize = 64;

/// What states make of a base configuration, by fingerprint.
type Compositions = IndexMap<u64, Option<Arc<Config>>>;

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

/// A base configuration, and what the states that were looked at make of it.
#[derive(Debug, Clone)]
pub struct Base {
    config: Config,
    style: Style,
    partial: bool,
    composed: Arc<Mutex<Compositions>>,
}

impl Base {
    /// Takes a base configuration.
    pub fn new(config: Config) -> Self {
        Self { config, style: Style::Hydra, partial: false, composed: Arc::default() }
    }

    /// Takes a base configuration that meets arguments of this language.
    pub fn read_with(config: Config, language: Language) -> Self {
        match language {
            Language::Hydra => Self::new(config),
            Language::OmegaConf => {
                Self { style: Style::Merged { named_by: None }, ..Self::new(config) }
            }
        }
    }

    /// Takes what Hydra composes where these choices of config groups are made.
    pub fn chosen_by(config: Config, groups: Vec<String>) -> Self {
        Self { style: Style::Chosen(groups), ..Self::new(config) }
    }

    /// Takes the configuration of a run, which its overrides have made already.
    pub fn of_run(config: Config, applied: Vec<Override>) -> Self {
        Self { style: Style::Applied(applied), ..Self::new(config) }
    }

    /// Takes the configuration that an argument of the program names, as in `config=base.yaml`.
    pub fn named_by(config: Config, key: &str) -> Self {
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

    /// Composes the overrides of a state that can be read; nothing where Hydra would refuse one.
    pub fn composed(&self, state: &State) -> Option<Arc<Config>> {
        let key = state.fingerprint();
        let cache = || self.composed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = cache().get(&key) {
            return known.clone();
        }
        let read =
            state.entries.iter().filter_map(|entry| Some((entry.value.as_ref().ok()?, entry)));
        let read =
            read.filter_map(|(parsed, entry)| Some((self.fitted(parsed)?, entry.from.clone())));
        let (overrides, places): (Vec<Override>, Vec<Provenance>) = read.unzip();
        let gone = self.applied().iter().filter(|it| state.winning(&it.key).is_none());
        let why = "the run set it, and nothing tells what stood there before";
        let config = gone.fold(self.config.clone(), |config, it| {
            config.without(&KeyPath::new(it.key.as_str()), why)
        });
        let base = config.with_places(places);
        let made = compose(&base, &overrides).ok().map(|composed| Arc::new(composed.config));
        let mut composed = cache();
        if composed.len() >= REMEMBERED {
            composed.clear();
        }
        composed.insert(key, made.clone());
        made
    }

    /// Lists the overrides that Hydra would refuse, each by its place among these.
    pub fn misfits(&self, entries: &Entries) -> Vec<Misfit> {
        let read = entries.iter().enumerate();
        let read = read.filter_map(|(at, it)| Some((at, self.fitted(it.value.as_ref().ok()?)?)));
        let (places, overrides): (Vec<usize>, Vec<Override>) = read.unzip();
        let misfits = compose(&self.config, &overrides).err().unwrap_or_default().into_iter();
        let placed = |it: Misfit| Some(Misfit { index: *places.get(it.index)?, ..it });
        misfits.filter_map(placed).collect()
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
