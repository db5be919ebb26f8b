//! The configuration that a job starts from.

use super::Job;
use crate::cli::error::CliError;
use crate::cli::found_base::BaseFinder;
use crate::config::{Config, Note, argument_value};
use crate::engine::{Base, Entries, Entry, KeyChange, Plan, State};
use crate::facts::{Found, Lookup};
use crate::path::KeyPath;
use crate::surface::bash::Launch;
use crate::text::{Faults, Source};

impl Job {
    /// Finds the base configuration: the one that was given, the file that is changed, what the run
    /// composed, or what the launch is sure to start from.
    pub(super) fn read_bases(
        &mut self,
        given: Option<&Source>,
        finder: Option<&BaseFinder>,
    ) -> Result<(), CliError> {
        match (given, &self.yaml, &self.folder) {
            (Some(given), Some(yaml), _) => {
                let message = format!(
                    "`{}` and `{}` are both the base configuration",
                    given.name(),
                    yaml.name()
                );
                Err(CliError::plain(message)
                    .helped("--config only reads a file; a file of the job is also changed"))
            }
            (Some(given), None, _) => {
                let config = Config::read(given)?;
                self.read_base(Base::read_with(config, self.state.language))
            }
            (None, Some(yaml), _) => {
                let config = Config::read(yaml)?;
                let base = match self.named_file() {
                    Some((key, _)) => Base::named_by(config, &key),
                    None => Base::read_with(config, self.state.language),
                };
                self.read_base(base.partial())
            }
            (None, None, Some(folder)) => {
                let Some(config) = folder.config.clone() else { return Ok(()) };
                let applied = self.state.entries.iter().filter_map(|it| it.value.clone().ok());
                self.read_base(Base::of_run(config, applied.collect()))
            }
            (None, None, None) => {
                let named = self.named_file().map(|(_, shown)| shown);
                self.remarks.extend(named.iter().map(|shown| {
                    format!(
                        "The launch reads a configuration, `{shown}`: give that file as well, and what it \
                         holds is read and changed there."
                    )
                }));
                self.world.unread = named;
                let finder = finder.filter(|_| self.world.unread.is_none());
                finder.map_or(Ok(()), |it| self.look_for_base(it))
            }
        }
    }

    /// Takes the base configuration that is found, if the overrides fit it.
    fn look_for_base(&mut self, finder: &BaseFinder) -> Result<(), CliError> {
        let chosen = self.chosen.and_then(|(input, launch)| self.launch(input, launch));
        let State { entries, language, .. } = &self.state;
        let found = chosen.and_then(|it| finder.find(Some(&self.pack), it, entries, *language));
        let Some(found) = found else { return Ok(()) };
        self.remarks.push(found.remark());
        match found.made.misfits.is_empty() {
            true => self.read_base(found.base),
            false => Ok(()),
        }
    }

    fn named_file(&self) -> Option<(String, String)> {
        let launch = self.chosen.and_then(|(input, launch)| self.launch(input, launch));
        named_file(launch, &self.state.entries)
    }

    /// Takes the base configuration, and checks that the overrides fit it.
    fn read_base(&mut self, base: Base) -> Result<(), CliError> {
        let made = base.made(&self.state.entries);
        let entry = |index: usize| self.state.entries.get(index);
        if !made.misfits.is_empty() {
            let placed = made.misfits.iter().map(|it| match entry(it.index) {
                Some(entry) => self.at_entry(entry, it.fault.clone()),
                None => Faults::one(Source::new("override", ""), it.fault.clone()),
            });
            return Err(CliError::Faults(merged(placed.collect())));
        }
        let note = |note: &Note| {
            let read = entry(note.index).and_then(|it| it.value.as_ref().ok());
            format!("{}: {}", read.map_or("", |it| it.text.as_str()), note.message)
        };
        let notes: Vec<String> = made.notes.iter().map(note).collect();
        self.remarks.extend(notes);
        self.world.base = Some(base);
        Ok(())
    }

    /// Tells whether a change of the key belongs in the configuration: the launch does not set it,
    /// and the file has the key or the section around it.
    pub fn is_in_yaml(&self, key: &str) -> bool {
        let (Some(_), Some(base)) = (&self.yaml, &self.world.base) else { return false };
        let Some((input, launch)) = self.chosen else { return true };
        let given = self.launch(input, launch);
        let given = given.is_some_and(|it| it.arguments.iter().any(|it| it.key() == key));
        let key = KeyPath::new(key);
        let near = key.parent().is_none_or(|parent| base.config().node(&parent).is_some());
        !given && (near || base.config().node(&key).is_some())
    }

    /// Tells a plan what the base configuration had where no override set a key.
    pub fn tell_base(&self, plan: &mut Plan) {
        let Some(base) = self.world.base.as_ref() else { return };
        let mut told: Vec<(String, Found)> = Vec::new();
        let variable = |_: &str| Lookup::Absent;
        let mut tell = |change: &mut KeyChange| {
            if change.before.is_some() {
                return;
            }
            if !told.iter().any(|(key, _)| *key == change.key) {
                let found = base.config().lookup(&KeyPath::new(change.key.as_str()), &variable);
                let Ok(Lookup::Set(found)) = found else { return };
                told.push((change.key.clone(), found));
            }
            if let Some((key, found)) = told.iter().find(|(key, _)| *key == change.key) {
                let value = argument_value(self.state.language, &found.value);
                change.before = Some(format!("{key}={value}"));
                change.before_from = Some(found.from.clone());
            }
        };
        plan.decision.changes.iter_mut().for_each(&mut tell);
        plan.decision.steps.iter_mut().flat_map(|it| &mut it.applied.changes).for_each(tell);
    }
}

/// Finds what names a configuration file that the program reads itself, as in
/// `config=examples/config.yaml` or `--config base.yaml`: the key or flag, and how to show it.
pub fn named_file(launch: Option<&Launch>, entries: &Entries) -> Option<(String, String)> {
    let is_yaml = |text: &str| text.ends_with(".yaml") || text.ends_with(".yml");
    let named = |entry: &Entry| match &entry.value {
        Ok(parsed) => is_yaml(&parsed.text).then(|| parsed.text.clone()),
        Err(_) => Some("config=…".to_owned()),
    };
    let key = entries.iter().filter(|it| it.key == "config").find_map(named);
    if let Some(shown) = key {
        return Some(("config".to_owned(), shown));
    }
    let flag = launch?.flag("--config", "--config")?;
    let shown = flag.known().map_or("--config …".to_owned(), |file| format!("--config {file}"));
    Some(("--config".to_owned(), shown))
}

/// Joins the faults of one source.
fn merged(all: Vec<Faults>) -> Vec<Faults> {
    let mut out: Vec<Faults> = Vec::new();
    for faults in all {
        match out.iter_mut().find(|old| old.source == faults.source) {
            Some(old) => old.faults.extend(faults.faults),
            None => out.push(faults),
        }
    }
    out
}
