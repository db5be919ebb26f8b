//! What a pack has from the packs that it extends.

use foldhash::HashMap;

use super::manifest::{FramesEntry, Manifest, ParameterEntry};
use super::names::type_of;
use super::rule::SwitchedOff;
use super::text::Text;
use crate::condition::{Type, noun};
use crate::text::{Fault, Location, nearest};

/// What an estimate is called among what is switched off.
pub(super) const ESTIMATE: &str = "estimate";

impl Manifest {
    /// Lays a pack over one that it extends: what both define is this one's, in the other's place;
    /// what only this one defines comes first. Then takes out what this one switches off.
    pub(super) fn over(mut self, base: Self) -> Self {
        self.open.extend(base.open);
        self.faults.extend(base.faults);
        self.target = self.target.or(base.target);
        self.goal = self.goal.or(base.goal);
        self.launches = joined(self.launches, base.launches, |it| &it.value);
        self.claims.extend(base.claims);
        self.keys = joined(self.keys, base.keys, |it| &it.value);
        self.language = self.language.or(base.language);
        self.hydra_launches = joined(self.hydra_launches, base.hydra_launches, |it| &it.value);
        self.inherit_help(&base.parameters);
        self.parameters = joined(self.parameters, base.parameters, |it| &it.name.value);
        self.lets = joined(self.lets, base.lets, |(name, _)| &name.value);
        self.outside = joined(self.outside, base.outside, |it| &it.name);
        self.invariants = joined(self.invariants, base.invariants, |it| &it.id.value);
        self.estimates = joined(self.estimates, base.estimates, |it| &it.phase.value);
        self.phases = joined(self.phases, base.phases, |it| &it.name);
        self.signals = joined(self.signals, base.signals, |it| &it.name.value);
        self.options = joined(self.options, base.options, |it| &it.id.value);
        self.requirements = joined(self.requirements, base.requirements, |it| &it.id.value);
        self.versions = joined(self.versions, base.versions, |it| &it.number.value);
        self.aliases = joined(self.aliases, base.aliases, |it| &it.old.value);
        // Defaults have no names of their own: the first set that tells a key tells it.
        self.defaults.extend(base.defaults);
        self.bases.extend(base.bases);
        self.silent.extend(base.silent);
        self.switched_off.extend(base.switched_off);
        self.add_frames();
        self.switch_off();
        self
    }

    fn blame(&mut self, text: &Text, fault: Fault) {
        self.faults.push((text.location.source.clone(), fault));
    }

    /// Lets parameters keep the help, and the kind of value, that they have in the extended pack.
    fn inherit_help(&mut self, base: &[ParameterEntry]) {
        let mut parameters = std::mem::take(&mut self.parameters);
        for own in &mut parameters {
            let inherited = base.iter().find(|it| it.name.value == own.name.value);
            if let Some(inherited) = inherited {
                own.help = own.help.take().or(inherited.help.clone());
                self.check_kind(own, inherited);
            }
            if own.help.is_none() && !self.is_open() {
                let message = format!("the parameter `{}` has no `help`", own.name.value);
                let span = own.location.span;
                let fault = Fault::new("hydrule::pack::missing_field", span, message);
                let fault = fault.labelled("add `help = …`");
                let help = "only a parameter of an extended pack can go without";
                self.blame(&own.name, fault.helped(help));
            }
        }
        self.parameters = parameters;
    }

    /// A default of another kind is told here, not wherever the parameter is read.
    fn check_kind(&mut self, own: &mut ParameterEntry, inherited: &ParameterEntry) {
        let kind = |it: &ParameterEntry| it.default.as_ref().map_or(Type::Any, type_of);
        let (new, old) = (kind(own), kind(inherited));
        if new == old || new == Type::Any || old == Type::Any {
            return;
        }
        own.default.clone_from(&inherited.default);
        let (name, span) = (&own.name, own.name.location.span);
        let (old, new) = (noun(old), noun(new));
        let message = format!("the parameter `{}` is {old}, and {new} here", name.value);
        let fault = Fault::new("hydrule::pack::parameter_kind", span, message);
        let help = format!("{} defines it", inherited.name.location);
        self.blame(name, fault.labelled(format!("its default must be {old}")).helped(help));
    }

    /// Gives the phases of extended packs the frames that this one knows besides.
    fn add_frames(&mut self) {
        for FramesEntry { phase: name, frames } in std::mem::take(&mut self.frames) {
            if let Some(phase) = self.phases.iter_mut().find(|it| it.name == name.value) {
                phase.frames.extend(frames);
            } else if !name.stands_in() && !self.is_open() {
                let message = format!("there is no phase `{}` to add frames to", name.value);
                let code = "hydrule::pack::unknown_phase";
                let fault = Fault::new(code, name.location.span, message);
                let phases = self.phases.iter().map(|it| it.name.as_str());
                let fault = match nearest(&name.value, phases, 1).first() {
                    Some(near) => fault.labelled(format!("did you mean `{near}`?")),
                    None => fault.helped("a new phase has a `title` and `frames`"),
                };
                self.blame(&name, fault);
            }
        }
    }

    fn switch_off(&mut self) {
        // What is defined anew is on again.
        let mut off = std::mem::take(&mut self.switched_off);
        off.retain(|it| !self.ids().contains(&it.id.as_str()));
        self.switched_off = off;
        for (id, reason) in std::mem::take(&mut self.off) {
            let mut found = self.take_out(&id, &reason);
            for again in self.switched_off.iter_mut().filter(|it| it.id == id.value) {
                (again.reason, again.by) = (reason.value.to_string(), id.location.clone());
                found = true;
            }
            if !found && !self.is_open() {
                self.blame_unknown(&id);
            }
            if reason.value.trim().is_empty() && !reason.stands_in() {
                let message = format!("nothing says why `{}` is switched off", id.value);
                let span = reason.location.span;
                let fault = Fault::new("hydrule::pack::no_reason", span, message);
                self.blame(&reason, fault.labelled("write the reason; explain shows it"));
            }
        }
    }

    /// Lists the ids of everything that can be switched off.
    pub(super) fn ids(&self) -> Vec<&str> {
        let options = self.options.iter().map(|it| &it.id);
        let requirements = self.requirements.iter().map(|it| &it.id);
        let invariants = self.invariants.iter().map(|it| &it.id);
        let estimates = self.estimates.iter().map(|it| &it.phase);
        let signals = self.signals.iter().map(|it| &it.name);
        let all = options.chain(requirements).chain(signals).chain(invariants).chain(estimates);
        all.map(Text::as_str).collect()
    }

    /// Takes out everything with an id; tells whether there is something.
    fn take_out(&mut self, id: &Text, reason: &Text) -> bool {
        let mut gone: Vec<(&'static str, Location)> = Vec::new();
        let is = |text: &Text| text.value == id.value;
        let options = self.options.extract_if(.., |it| is(&it.id));
        gone.extend(options.map(|it| ("option", it.location)));
        let requirements = self.requirements.extract_if(.., |it| is(&it.id));
        gone.extend(requirements.map(|it| ("requirement", it.location)));
        let invariants = self.invariants.extract_if(.., |it| is(&it.id));
        gone.extend(invariants.map(|it| ("invariant", it.id.location)));
        let estimates = self.estimates.extract_if(.., |it| is(&it.phase));
        gone.extend(estimates.map(|it| (ESTIMATE, it.phase.location)));
        let signals: Vec<_> = self.signals.extract_if(.., |it| is(&it.name)).collect();
        gone.extend(signals.iter().map(|it| ("signal", it.name.location.clone())));
        self.silent.extend(signals);
        // The name of a phase means its estimate first.
        if gone.is_empty() {
            let phases = self.phases.extract_if(.., |it| it.name == id.value);
            gone.extend(phases.map(|it| ("phase", it.location)));
        }
        let found = !gone.is_empty();
        self.switched_off.extend(gone.into_iter().map(|(kind, defined)| SwitchedOff {
            id: id.value.to_string(),
            kind,
            reason: reason.value.to_string(),
            by: id.location.clone(),
            defined,
        }));
        found
    }

    fn blame_unknown(&mut self, id: &Text) {
        let message = format!("there is nothing called `{}` to switch off", id.value);
        let fault = Fault::new("hydrule::pack::unknown_rule", id.location.span, message);
        let fault = match nearest(&id.value, self.ids(), 1).first() {
            Some(near) => fault.labelled(format!("did you mean `{near}`?")),
            None => fault.labelled("no such rule").helped(
                "an option, a requirement, a signal, an invariant, a phase, or the phase of an estimate",
            ),
        };
        self.blame(id, fault);
    }
}

/// Joins the entries of two packs: those of `base`, each replaced by the one of `own` with its id,
/// behind the others of `own`.
fn joined<T>(own: Vec<T>, mut base: Vec<T>, id: impl Fn(&T) -> &str) -> Vec<T> {
    if own.is_empty() {
        return base;
    }
    if base.is_empty() {
        return own;
    }
    let places = base.iter().enumerate().map(|(at, entry)| (id(entry).to_owned(), at));
    let mut places: HashMap<String, usize> = places.collect();
    let mut all = Vec::with_capacity(own.len() + base.len());
    for entry in own {
        let place = Some(id(&entry)).filter(|id| !id.is_empty()).and_then(|id| places.remove(id));
        match place.and_then(|at| base.get_mut(at)) {
            Some(replaced) => *replaced = entry,
            None => all.push(entry),
        }
    }
    all.append(&mut base);
    all
}
