use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::base::Base;
use super::pin::Pin;
use super::target::Target;
use super::tried::Tried;
use crate::facts::Facts;
use crate::pack::{DefaultAnswer, Pack};
use crate::signal::{Event, Kind};
use crate::text::{Location, Source, Span};
use crate::value::Value;

/// What a plan cannot change: the log, the environment, the pack's parameters.
#[derive(Debug, Clone, Default)]
pub struct World {
    /// Facts by name, such as `oom.tried`; those given by the user win.
    pub facts: Facts,
    /// Groups of facts that were read from a file, such as `model`, each with the file's name: optional
    /// facts that it lacks are absent.
    pub told_groups: BTreeMap<String, String>,
    /// Environment variables the user told of, without `env.`.
    pub environment: IndexMap<String, String>,
    /// Facts of the launch that are there and whose values nothing tells, such as `launch.config`.
    pub untold: BTreeSet<String>,
    /// Parameters the user set, by name; the pack's defaults stand behind them.
    pub parameters: IndexMap<String, Value>,
    /// Whether a log was read.
    pub has_log: bool,
    /// Whether a Slurm script was read.
    pub has_directives: bool,
    /// The failure to answer, if the log shows one.
    pub failure: Option<Failure>,
    /// Configurations that were tried before, and what came of them.
    pub tried: Vec<Tried>,
    /// Which versions of the target the launch may be for.
    pub target: Target,
    /// What no rule may change.
    pub pins: Vec<Pin>,
    /// The base configuration, where one was given.
    pub base: Option<Base>,
    /// The configuration that the launch reads, where it was not given: its values are unknown.
    pub unread: Option<String>,
}

/// The first cause of a failure, as the engine uses it.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The event in the log.
    pub event: Event,
    /// Where relief is needed: the phase's name, `host` for host memory, none if nothing tells.
    pub place: Option<String>,
    /// Where the phase was read, for a device failure.
    pub place_from: Option<Location>,
}

impl Failure {
    /// Takes an event as the failure to answer.
    pub fn of(event: Event) -> Self {
        let (place, place_from) = match (event.kind, &event.phase) {
            (Kind::Host, _) => (Some("host".to_owned()), None),
            (_, Some(phase)) => (Some(phase.name.clone()), phase.location.clone()),
            (_, None) => (None, None),
        };
        Self { event, place, place_from }
    }
}

impl World {
    /// Returns a key's default and whose it is, where all versions that the launch may be for have
    /// the same.
    pub fn default_of<'a>(&self, pack: &'a Pack, key: &str) -> Option<(&'a Value, &'a str)> {
        match pack.default_in(key, &self.target.versions) {
            DefaultAnswer::Is(value, of) => Some((value, of)),
            DefaultAnswer::Differs(_) | DefaultAnswer::None => None,
        }
    }

    /// Takes a failure. Facts that are there already were told by the user and stay; so does a
    /// phase that the user told.
    pub fn set_failure(&mut self, event: Event) {
        let told = self.facts.get(&format!("{}.phase", event.event)).cloned();
        for (name, found) in event.to_facts().iter() {
            if self.facts.get(name).is_none() {
                self.facts.insert(name, found.value.clone(), found.from.clone());
            }
        }
        let mut failure = Failure::of(event);
        if let Some(phase) = told {
            failure.place = Some(phase.value.to_string());
            failure.place_from = None;
        }
        self.failure = Some(failure);
    }

    /// Without a failure from a log, takes the one that the user told with `oom.phase`.
    pub fn take_told_failure(&mut self) {
        let told = self.facts.get("oom.phase").map(|found| found.value.to_string());
        let Some(phase) = told.filter(|_| self.failure.is_none()) else { return };
        let kind = if phase == "host" { Kind::Host } else { Kind::Device };
        let location = Source::new("--fact", format!("oom.phase={phase}")).at(Span::at(0));
        self.set_failure(Event::told("oom", "told", kind, &phase, location));
    }

    /// Returns a parameter's value.
    pub fn parameter<'a>(&'a self, pack: &'a Pack, name: &str) -> Option<&'a Value> {
        let default = || pack.parameters.get(name).map(|parameter| &parameter.value);
        self.parameters.get(name).or_else(default)
    }
}
