//! The base configuration under a launch's overrides.

use std::cell::RefCell;
use std::rc::Rc;

use indexmap::IndexMap;

use super::state::State;
use crate::config::{Config, compose};
use crate::facts::Provenance;
use crate::overrides::Override;

/// How many compositions are remembered: a plan looks at few states many times.
const REMEMBERED: usize = 64;

/// A base configuration, and what the states that were looked at make of it.
#[derive(Debug, Clone)]
pub struct Base {
    config: Config,
    composed: RefCell<IndexMap<u64, Option<Rc<Config>>>>,
}

impl Base {
    /// Takes a base configuration.
    pub fn new(config: Config) -> Self {
        Self { config, composed: RefCell::default() }
    }

    /// Returns the configuration as it was read.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Composes the overrides of a state that can be read; nothing where Hydra would refuse one.
    pub fn composed(&self, state: &State) -> Option<Rc<Config>> {
        let key = state.fingerprint();
        if let Some(known) = self.composed.borrow().get(&key) {
            return known.clone();
        }
        let read =
            state.entries.iter().filter_map(|entry| Some((entry.value.as_ref().ok()?, entry)));
        let (overrides, places): (Vec<Override>, Vec<Provenance>) =
            read.map(|(parsed, entry)| (parsed.clone(), entry.from.clone())).unzip();
        let base = self.config.clone().with_places(places);
        let made = compose(&base, &overrides).ok().map(|composed| Rc::new(composed.config));
        let mut composed = self.composed.borrow_mut();
        if composed.len() >= REMEMBERED {
            composed.clear();
        }
        composed.insert(key, made.clone());
        made
    }
}
