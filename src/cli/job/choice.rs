//! Which launch of a job is meant, and which pack knows it.

use super::{Job, describe, entries_of, plain_entries};
use crate::cli::args::JobArgs;
use crate::cli::chain::Input;
use crate::cli::choose::{
    Chosen, Languages, choose_pack, signs_of, signs_of_inputs, signs_of_texts,
};
use crate::cli::error::CliError;
use crate::cli::kind::Files;
use crate::cli::launched;
use crate::cli::project::Project;
use crate::cli::run_folder::signs_of_folder;
use crate::config::Config;
use crate::overrides::Language;
use crate::pack::Pack;
use crate::signal::Scan;
use crate::surface::bash::Launch;
use crate::text::{Fault, Faults, Source};

impl Job {
    /// Chooses the launch: by number, else the only one the pack knows, else the one the log ran.
    pub(super) fn choose(
        &self,
        wanted: Option<usize>,
        scan: Option<&Scan>,
    ) -> Result<(usize, usize), CliError> {
        let all: Vec<(usize, usize)> = (0..self.inputs.len())
            .flat_map(|input| {
                let launches = self.inputs.get(input).map_or(0, |it| it.script.launches.len());
                (0..launches).map(move |launch| (input, launch))
            })
            .collect();
        if all.is_empty() {
            return Err(no_launch(&self.inputs));
        }
        if let Some(number) = wanted {
            let chosen = number.checked_sub(1).and_then(|index| all.get(index));
            return chosen.copied().ok_or_else(|| self.which(&all, "there is no such launch"));
        }
        let known: Vec<(usize, usize)> = all
            .iter()
            .copied()
            .filter(|(input, launch)| {
                self.launch(*input, *launch).is_some_and(|it| knows(&self.pack, it))
            })
            .collect();
        match (known.as_slice(), all.as_slice()) {
            ([one], _) | ([], [one]) => Ok(*one),
            (known, all) => {
                let candidates = if known.is_empty() { all } else { known };
                self.by_log(candidates, scan)
                    .ok_or_else(|| self.which(candidates, "the files hold several launches"))
            }
        }
    }

    fn by_log(&self, candidates: &[(usize, usize)], scan: Option<&Scan>) -> Option<(usize, usize)> {
        let launched = launched::of(scan?)?;
        let score = |(input, launch): &(usize, usize)| {
            let found = self.launch(*input, *launch)?;
            let language = self.pack.arguments.of(&found.program);
            let entries = entries_of(self.script(*input)?, found, language).ok()?;
            Some(launched::agreement(launched, &entries))
        };
        let best = candidates.iter().filter_map(score).max()?;
        let mut winners = candidates.iter().filter(|it| score(it) == Some(best));
        let first = winners.next()?;
        winners.next().is_none().then_some(*first)
    }

    fn which(&self, candidates: &[(usize, usize)], message: &str) -> CliError {
        let mut help = "choose one with --launch N:".to_owned();
        for (number, (input, launch)) in candidates.iter().enumerate() {
            if let Some(found) = self.launch(*input, *launch) {
                help.push_str(&format!("\n    {}  {}", number + 1, describe(found)));
            }
        }
        CliError::plain(message).helped(help)
    }
}

/// Tells whether a launch is one of the pack's target.
pub fn knows(pack: &Pack, launch: &Launch) -> bool {
    signs_of(launch).known_to(pack)
}

/// Chooses the pack by what the job's files and overrides show.
pub(super) fn choose_for(
    args: &JobArgs,
    project: &Project,
    files: &Files,
    (inputs, yaml): (&[Input], Option<&Source>),
) -> Result<Chosen, CliError> {
    let headers = project.headers();
    if let Some(folder) = &files.folder {
        return choose_pack(&headers, &[signs_of_folder(folder)?]);
    }
    let mut launches = signs_of_inputs(inputs, args.launch);
    if launches.is_empty() {
        if yaml.is_none() && !inputs.is_empty() {
            return Err(no_launch(inputs));
        }
        launches.push(signs_of_texts(&args.overrides));
    }
    if let Some(yaml) = yaml {
        let keys = Config::read(yaml)?.keys();
        launches.iter_mut().for_each(|it| it.keys.extend(keys.iter().cloned()));
    }
    let refused = |error| {
        let plain = || plain_entries(&args.overrides, Language::Hydra).err();
        let languages = match Languages::of(project) {
            Ok(languages) => languages,
            Err(error) => return error,
        };
        mistakes(&languages, inputs).or_else(plain).unwrap_or(error)
    };
    choose_pack(&headers, &launches).map_err(refused)
}

/// Lists what is no argument in the launches: that matters more than who knows them.
fn mistakes(languages: &Languages, inputs: &[Input]) -> Option<CliError> {
    let mut all = Vec::new();
    for script in inputs.iter().map(|it| &it.script) {
        let faults = script.launches.iter();
        let faults = faults.filter_map(|it| entries_of(script, it, languages.of_launch(it)).err());
        let faults = faults.flatten();
        let faults: Vec<Fault> = faults.collect();
        if !faults.is_empty() {
            all.push(Faults { source: script.source.clone(), faults });
        }
    }
    (!all.is_empty()).then_some(CliError::Faults(all))
}

fn no_launch(inputs: &[Input]) -> CliError {
    let names: Vec<&str> = inputs.iter().map(|it| it.script.source.name()).collect();
    let message = format!("no command with overrides was found in {}", names.join(" or "));
    let start = inputs.iter().flat_map(|it| &it.script.starts).next();
    let error = CliError::plain(message);
    let cut = inputs.iter().find(|it| it.script.source.text().contains("\\\r\n"));
    match start {
        _ if cut.is_some() => error.helped(
            "the lines end as on Windows, so bash does not join them at `\\`; convert the file first",
        ),
        Some(start) => error.helped(format!("it starts `{}`; give that file as well", start.path)),
        None => error.helped("a launch is a `python -m MODULE key=value …` or a like command"),
    }
}
