//! What the world of a job holds beside its overrides: directives, pins, and what the log tells.

use std::borrow::Cow;

use super::Job;
use crate::cli::launched;
use crate::engine::{Pin, World};
use crate::facts::Provenance;
use crate::signal::Scan;
use crate::surface::bash::Launch;
use crate::surface::pins::{idle_pins, pinned_directives, pinned_in_yaml};
use crate::surface::slurm;
use crate::value::Value;

impl Job {
    pub(super) fn read_directives(&mut self) {
        for input in self.inputs.iter().filter(|input| input.has_directives) {
            let source = &input.script.source;
            let directives = slurm::read_directives(source);
            let facts = slurm::directive_facts(&directives, source);
            for (name, found) in facts {
                self.state.directives.entry(name).or_insert(found);
            }
            self.world.has_directives = true;
        }
    }

    /// Reads what comments pin, and tells pins that hold nothing.
    pub(super) fn read_pins(&mut self) {
        let mut pins: Vec<Pin> = Vec::new();
        if let Some(((input, _), launch)) =
            self.chosen.and_then(|at| Some((at, self.launch(at.0, at.1)?)))
        {
            let keys = self.inputs.get(input).map(|it| it.pinned_keys(launch)).unwrap_or_default();
            pins.extend(keys.into_iter().map(Pin::said));
        }
        for input in &self.inputs {
            pins.extend(pinned_directives(&input.script.source).into_iter().map(Pin::said));
            for (span, message) in idle_pins(&input.script) {
                self.remarks.push(format!("{}: {message}.", input.script.source.at(span)));
            }
        }
        if let (Some(yaml), Some(base)) = (&self.yaml, &self.world.base) {
            let (keys, idle) = pinned_in_yaml(yaml, base.config());
            pins.extend(keys.into_iter().map(Pin::said));
            for span in idle {
                let at = yaml.at(span);
                self.remarks.push(format!("{at}: this pins no value of the configuration."));
            }
        }
        let base = self.world.base.as_ref();
        let mut told: Vec<String> = self.state.told().map(Cow::into_owned).collect();
        told.extend(base.map(|it| it.config().value_keys()).unwrap_or_default());
        let own = self.world.pins.iter().filter(|pin| pin.by == "--pin");
        let idle = own.filter(|pin| !told.iter().any(|name| pin.holds(name)));
        let nothing = match base {
            Some(_) => "neither the job nor its base configuration sets it",
            None => "nothing of the job sets it",
        };
        self.remarks.extend(idle.map(|pin| format!("--pin {}: {nothing}.", pin.name)));
        self.world.pins.extend(pins);
    }

    pub(super) fn read_scan(&mut self, scan: &Scan) {
        self.world.has_log = true;
        if let Some(launched) = launched::of(scan) {
            let chosen = self.chosen.and_then(|(input, launch)| self.launch(input, launch));
            let forwards = chosen.is_some_and(|it| it.forwards.is_some());
            let remarks = launched::complete(&mut self.state, launched, forwards);
            self.remarks.extend(remarks);
        }
        for note in &scan.notes {
            for (name, found) in note.to_facts().iter() {
                if self.world.facts.get(name).is_none() {
                    self.world.facts.insert(name, found.value.clone(), found.from.clone());
                }
            }
        }
        match scan.first_cause() {
            Some(event) => self.world.set_failure(event.clone()),
            None => self.remarks.push("The log shows no failure that the pack knows.".to_owned()),
        }
    }
}

/// Tells the world what a launch shows beside its overrides, unless the user told otherwise.
pub fn tell_launch(world: &mut World, launch: &Launch) {
    let program = Some(launch.program.clone()).filter(|it| !it.is_empty());
    let config = launch.flag("--config-name", "-cn").map(|it| it.known());
    for (name, told) in [("launch.program", Some(program)), ("launch.config", config)] {
        match told {
            _ if world.facts.get(name).is_some() => {}
            Some(Some(text)) => {
                let from = Provenance::Text(launch.location.clone());
                world.facts.insert(name, Value::Str(text), from);
            }
            Some(None) => {
                world.untold.insert(name.to_owned());
            }
            None => {}
        }
    }
}
