//! A case that is a folder of real files.

use super::case::{Case, CaseFile, Inputs};
use super::names::bad_name;
use super::read::{Draft, Load, finished, read_settings};
use crate::text::{Fault, Faults, Source, Span};

/// A file of a case's folder: its name, which is its path in there, and its text under its own path.
pub type FolderFile = (String, Source);

/// What a file in a case's folder is, by its name.
enum Role {
    Settings,
    Log,
    Config,
    Tried,
    Job,
    /// For people, or for a field that names it.
    Other,
}

fn role_of(name: &str) -> Option<Role> {
    let lower = name.to_ascii_lowercase();
    let ending = lower.rsplit_once('.').map_or("", |(_, ending)| ending);
    Some(match (lower.as_str(), ending) {
        ("case.toml", _) => Role::Settings,
        ("config.yaml" | "config.yml", _) => Role::Config,
        ("tried.jsonl", _) => Role::Tried,
        ("makefile" | "gnumakefile", _) => Role::Job,
        (_, "log" | "err" | "out") => Role::Log,
        (_, "sh" | "bash" | "slurm" | "sbatch" | "sub" | "job" | "mk" | "yaml" | "yml") => {
            Role::Job
        }
        (_, "md" | "txt" | "json" | "toml") => Role::Other,
        _ => return None,
    })
}

/// Reads a case from a folder: scripts, a log, a base configuration, and `case.toml` with what files
/// cannot say. The folder's name is the case's.
///
/// # Errors
/// Every fault of the settings, and files that are no part of a case.
pub fn read_folder(name: &str, files: &[FolderFile], load: Load<'_>) -> Result<Case, Faults> {
    let settings = files.iter().find(|(name, _)| matches!(role_of(name), Some(Role::Settings)));
    let settings = settings.map(|(_, source)| source);
    let first = settings.or(files.first().map(|(_, source)| source));
    let Some(source) = first.cloned() else {
        let fault = Fault::new("hydrule::case::none", Span::at(0), "the folder holds no file");
        return Err(Faults::one(Source::new(name, ""), fault));
    };
    let mut draft = settings.map(|it| read_settings(it, load)).transpose()?.unwrap_or_default();
    draft.at = Some(source.at(Span::at(0)));
    draft.name = name.to_owned();
    draft.faults.extend(bad_name(name, Span::at(0)));
    let told = draft.inputs.clone();
    for (name, file) in files {
        if name.contains('/') {
            draft.inputs.beside.push(CaseFile::read(name, file.clone()));
        } else {
            sort(&mut draft, &told, name, file);
        }
    }
    draft.check_inputs(&source.at(Span::at(0)));
    finished(&source, vec![draft])?.pop().ok_or_else(|| Faults { source, faults: Vec::new() })
}

/// Gives a file its role. What `case.toml` tells counts, and the folder's files stand behind it.
fn sort(draft: &mut Draft, told: &Inputs, name: &str, file: &Source) {
    let read = || CaseFile::read(name, file.clone());
    let inputs = &mut draft.inputs;
    let (slot, told) = match role_of(name) {
        Some(Role::Settings) => return,
        Some(Role::Other) => return inputs.beside.push(read()),
        Some(Role::Job) => {
            if !inputs.files.iter().any(|old| old.source.name() == name) {
                inputs.files.push(read());
            }
            return;
        }
        Some(Role::Log) => (&mut inputs.log, &told.log),
        Some(Role::Config) => (&mut inputs.config, &told.config),
        Some(Role::Tried) => (&mut inputs.tried, &told.tried),
        None => {
            let message = format!("nothing tells what `{name}` is in a case");
            let fault = Fault::new("hydrule::case::file", Span::at(0), message);
            let help = "scripts end in .sh or .slurm, logs in .log, .err or .out";
            draft.faults.push(fault.helped(help));
            return;
        }
    };
    match slot {
        _ if told.is_some() => {}
        None => *slot = Some(read()),
        Some(old) => {
            let message = format!("`{}` and `{name}` are of one kind", old.source.name());
            let fault = Fault::new("hydrule::case::file", Span::at(0), message);
            draft.faults.push(fault.helped("say which one in case.toml: log = { file = \"…\" }"));
        }
    }
}
