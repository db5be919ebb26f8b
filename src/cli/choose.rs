//! The pack for a job where neither `--pack` nor the project names one: the one that knows its launch.

use std::path::{Path, PathBuf};
use std::slice;

use indexmap::IndexSet;

use super::chain::Input;
use super::error::CliError;
use super::packs_here;
use super::project::{Project, absolute};
use crate::overrides::{Language, parse};
use crate::pack::{self, Choice, Header, Pack, Signs, choose};
use crate::surface::bash::Launch;
use crate::text::join_and;

/// A pack, and why it is that one.
pub struct Chosen {
    /// What `--pack` would take.
    pub name: String,
    /// What the user should know about the choice.
    pub remarks: Vec<String>,
}

/// Reads what a launch shows of its target.
pub fn signs_of(launch: &Launch) -> Signs {
    Signs {
        programs: vec![launch.program.clone()],
        keys: launch.arguments.iter().map(|it| it.key().into_owned()).collect(),
        places: places_of(launch),
    }
}

/// Lists where a launch stands, and where its program may be.
fn places_of(launch: &Launch) -> Vec<PathBuf> {
    let script = absolute(Path::new(launch.location.source.name()));
    let program = match launch.module {
        true => PathBuf::from(launch.program.replace('.', "/")),
        false => PathBuf::from(&launch.program),
    };
    let beside = script.parent().map(|folder| absolute(&folder.join(&program)));
    [script.clone(), program].into_iter().chain(beside).collect()
}

/// Reads what plain overrides show of their target.
pub fn signs_of_texts(overrides: &[impl AsRef<str>]) -> Signs {
    // Whatever the language, the key stands before the first `=`.
    let key = |text: &str| match parse(text) {
        Ok(parsed) => Some(parsed.key),
        Err(_) => Some(text.split_once('=')?.0.to_owned()),
    };
    let keys = overrides.iter().filter_map(|it| key(it.as_ref())).collect();
    Signs { keys, ..Signs::default() }
}

/// Tells in which language launches have their arguments.
pub struct Languages {
    /// The packs that the project names.
    packs: Vec<Pack>,
    headers: Vec<Header>,
}

impl Languages {
    /// Reads what a project says of it, and the packs that ship.
    ///
    /// # Errors
    /// Packs of the project that cannot be used.
    pub fn of(project: &Project) -> Result<Self, CliError> {
        let named = project.packs().map(|_| project.all_packs()).transpose()?;
        Ok(Self { packs: named.unwrap_or_default(), headers: project.headers() })
    }

    /// Returns the language of a launch, as the pack that knows it says.
    pub fn of_launch(&self, launch: &Launch) -> Language {
        let signs = signs_of(launch);
        let named = Signs::knowing(slice::from_ref(&signs), &self.packs);
        let named = named.and_then(|at| self.packs.get(at)).map(|it| &it.arguments);
        let shipped = || {
            let name = choose(&self.headers, &signs).one();
            self.headers.iter().find(|it| Some(it.name) == name).map(|it| &it.arguments)
        };
        named.or_else(shipped).map_or(Language::Hydra, |it| it.of(&launch.program))
    }
}

/// Lists the signs of the launches of some scripts: of all of them, or of the one that is meant.
pub fn signs_of_inputs(inputs: &[Input], wanted: Option<usize>) -> Vec<Signs> {
    let all: Vec<&Launch> = inputs.iter().flat_map(|it| &it.script.launches).collect();
    let meant = wanted.and_then(|number| number.checked_sub(1)).and_then(|at| all.get(at));
    match meant {
        Some(launch) => vec![signs_of(launch)],
        None => all.into_iter().map(signs_of).collect(),
    }
}

/// Chooses the pack that knows one of some launches.
///
/// # Errors
/// No pack knows any of them, or different ones do.
pub fn choose_pack(headers: &[Header], launches: &[Signs]) -> Result<Chosen, CliError> {
    let mut found: Vec<(&'static str, Vec<String>)> = Vec::new();
    for signs in launches {
        match choose(headers, signs) {
            Choice::One(name, glob) => {
                if !found.iter().any(|(known, _)| *known == name) {
                    let remarks = remark(headers, name, &glob, signs).into_iter();
                    found.push((name, remarks.chain(others(headers, name, signs)).collect()));
                }
            }
            Choice::Several(names) => return Err(several(&names, "this launch")),
            Choice::None => {}
        }
    }
    match found.as_slice() {
        [(name, remarks)] => Ok(Chosen { name: (*name).to_owned(), remarks: remarks.clone() }),
        [] => Err(none(headers, launches)),
        many => {
            let names: Vec<&str> = many.iter().map(|(name, _)| *name).collect();
            Err(several(&names, "launches of this job"))
        }
    }
}

/// Says what told a pack where it was not the name of the program.
fn remark(headers: &[Header], name: &str, glob: &str, signs: &Signs) -> Option<String> {
    let by_keys = headers.iter().any(|it| it.name == name && it.keys.iter().any(|it| it == glob));
    let program = signs.programs.iter().find(|it| !it.is_empty()).filter(|_| by_keys)?;
    Some(format!(
        "`{program}` is taken for a launch of {name} by its keys ({glob}); --pack chooses another pack."
    ))
}

/// Names the packs beside the chosen one whose targets the launch may be of.
pub fn others(headers: &[Header], name: &str, signs: &Signs) -> Vec<String> {
    let others = headers.iter().filter(|it| it.name != name);
    let told = others.filter_map(|it| Some((it.name, it.perhaps(signs)?)));
    told.map(|(other, (key, what))| {
        format!("By {key} the launch may be of {what}: --pack {other} reads it so.")
    })
    .collect()
}

fn several(names: &[&str], what: &str) -> CliError {
    let message = format!("the packs {} know {what}", join_and(names));
    CliError::plain(message).helped("choose one with --pack NAME, or one launch with --launch N")
}

/// Finds a pack in `rules/` of the current folder that knows one of some launches.
pub fn here_knowing(launches: &[Signs]) -> Option<String> {
    let names = packs_here::in_rules().ok()?.into_iter().map(|it| it.display().to_string());
    let mut packs = names.filter_map(|name| pack::load(&name).ok().map(|pack| (name, pack)));
    packs.find(|(_, pack)| Signs::knowing(launches, [pack]).is_some()).map(|(name, _)| name)
}

/// Says which packs were tried, and what each looks for.
pub fn none(headers: &[Header], launches: &[Signs]) -> CliError {
    let programs = launches.iter().flat_map(|it| &it.programs).filter(|it| !it.is_empty());
    let programs: IndexSet<String> = programs.map(|it| format!("`{it}`")).collect();
    let programs: Vec<String> = programs.into_iter().collect();
    let message = match programs.as_slice() {
        [] => "no pack knows these keys".to_owned(),
        [one] => format!("no pack knows {one} or its keys"),
        many => format!("no pack knows {} or their keys", join_and(many)),
    };
    let told = headers.iter().filter(|it| !it.launches.is_empty() || !it.keys.is_empty());
    let told: Vec<&Header> = told.collect();
    let width = told.iter().map(|it| it.name.len()).max().unwrap_or(0);
    let mut help = match here_knowing(launches) {
        Some(folder) => format!(
            "{folder} knows it: give --pack {folder}, or write `packs = [\"{folder}\"]` into hydrule.toml; \
             these were tried:"
        ),
        None => "choose one with --pack NAME|PATH; these were tried:".to_owned(),
    };
    for header in told {
        let globs: Vec<&str> =
            header.launches.iter().chain(&header.keys).map(String::as_str).collect();
        help.push_str(&format!("\n    {:<width$}  {}", header.name, globs.join(", ")));
    }
    CliError::plain(message).helped(help)
}
