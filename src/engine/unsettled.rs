//! Repairs that contradict one another, and where the pack says so.

use indexmap::{IndexMap, IndexSet};

use super::apply::Write;
use crate::condition::Target;
use crate::pack::{Requirement, Rewrite};
use crate::text::{Fault, Faults, Location, join_and};

/// What one requirement's repair wants to write.
#[derive(Debug, Clone, PartialEq)]
pub struct Want {
    /// The requirement's id.
    pub rule: String,
    /// The key, or the directive as `sbatch:NAME`.
    pub target: String,
    /// The value, as it would be written.
    pub value: String,
    /// Where the pack says so.
    pub place: Location,
}

/// How repairs fail to settle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Discord {
    /// In one round, two rules want different values for one key.
    Conflict,
    /// A state came back: the repairs undo one another.
    Cycle,
    /// No state came back within the rounds that are tried.
    Endless,
}

/// Repairs that do not settle, so that nothing may be written.
#[derive(Debug, Clone, PartialEq)]
pub struct Unsettled {
    /// How they fail.
    pub discord: Discord,
    /// What is wanted, by whom, in the order of the rounds.
    pub wants: Vec<Want>,
}

impl Want {
    /// Says what a write of a requirement's repair wants.
    pub(super) fn new(requirement: &Requirement, write: &Write) -> Self {
        let target = write.target();
        let place = requirement.breach.repair.iter().find(|it| target_of(it) == target);
        let place = place.map_or(&requirement.location, |it| match it {
            Rewrite::Assign(_, text) | Rewrite::Plain(_, text) => &text.location,
        });
        let value = match write {
            Write::Override(wanted) => match wanted.text.split_once('=') {
                Some((_, value)) => value.to_owned(),
                None => wanted.text.clone(),
            },
            Write::Directive(_, value) => value.to_string(),
            Write::Nowhere(what) => what.clone(),
        };
        Self { rule: requirement.id.clone(), target, value, place: place.clone() }
    }
}

impl Unsettled {
    /// Lists the ids of the rules, each once.
    pub fn rules(&self) -> Vec<String> {
        let ids: IndexSet<&str> = self.wants.iter().map(|want| want.rule.as_str()).collect();
        ids.into_iter().map(str::to_owned).collect()
    }

    /// Says in a sentence who wants what.
    pub fn why(&self) -> String {
        let rules: Vec<String> = self.rules().iter().map(|id| format!("`{id}`")).collect();
        let rules = join_and(&rules);
        match self.discord {
            Discord::Conflict => {
                let mut keys: IndexMap<&str, Vec<String>> = IndexMap::new();
                for want in &self.wants {
                    keys.entry(&want.target).or_default().push(want.value.clone());
                }
                let keys = keys.iter().map(|(key, values)| format!("{key}: {}", join_and(values)));
                let keys: Vec<String> = keys.collect();
                format!("{rules} want different values for {}", keys.join("; "))
            }
            Discord::Cycle | Discord::Endless => {
                let writes = self
                    .wants
                    .iter()
                    .map(|want| format!("`{}` sets {} to {}", want.rule, want.target, want.value));
                let writes: Vec<String> = writes.collect();
                let what = match (self.discord, self.rules().len()) {
                    (Discord::Endless, _) => "the repairs never settle",
                    (_, 1) => "the repair undoes itself",
                    _ => "the repairs undo one another",
                };
                format!("{what}: {}", writes.join(", "))
            }
        }
    }

    /// Makes the findings that underline every place in the pack that takes part: one for each
    /// file.
    pub fn faults(&self) -> Vec<Faults> {
        let code = match self.discord {
            Discord::Conflict => "hydrule::repair::conflict",
            Discord::Cycle => "hydrule::repair::cycle",
            Discord::Endless => "hydrule::repair::endless",
        };
        let mut files: Vec<Faults> = Vec::new();
        let mut shown: Vec<(&Location, &str)> = Vec::new();
        for want in &self.wants {
            if shown.contains(&(&want.place, want.value.as_str())) {
                continue;
            }
            shown.push((&want.place, &want.value));
            let label = format!("`{}` wants {}", want.rule, want.value);
            let known = files.iter_mut().find(|it| it.source == want.place.source);
            match known.and_then(|it| it.faults.first_mut()) {
                Some(fault) => fault.also.push((want.place.span, label)),
                None => {
                    let fault = Fault::new(code, want.place.span, self.why()).labelled(label);
                    let help = "nothing was written; let one repair give way to the other, or \
                                choose among them with --repair=ID";
                    let fault = fault.helped(help);
                    files.push(Faults::one(want.place.source.clone(), fault));
                }
            }
        }
        files
    }
}

/// Names what a rewrite writes, as [`Write::target`] does.
fn target_of(rewrite: &Rewrite) -> String {
    match rewrite {
        Rewrite::Plain(parsed, _) => parsed.key.clone(),
        Rewrite::Assign(assignment, _) => match &assignment.target {
            Target::Key(key) => key.to_string(),
            Target::Directive(name) => format!("sbatch:{name}"),
            Target::Environment(name) => format!("env:{name}"),
        },
    }
}
