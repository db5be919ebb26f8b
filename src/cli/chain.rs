//! Scripts of one job: what one passes on to another that it starts.

use std::cell::OnceCell;
use std::path::PathBuf;

use super::error::CliError;
use super::files::read_script;
use super::kind::host_of;
use crate::surface::bash::{self, Launch, Outside, Script, Start};
use crate::surface::hosted::shell_text;
use crate::surface::marks::Marks;
use crate::surface::pins::{marks_of, pinned_keys};
use crate::text::{Faults, Location, Source, count, join_and, secret};

/// A script of the job.
pub struct Input {
    /// The launches and commands.
    pub script: Script,
    /// Whether it has `#SBATCH` lines.
    pub has_directives: bool,
    /// What the script takes from outside: from the user, or from the script that starts it.
    pub outside: Outside,
    /// Where another script of the job starts it.
    pub started: Option<Location>,
    /// What its comments say, once somebody asked: a script may have any number of launches.
    marks: OnceCell<Vec<Marks>>,
}

/// Reads scripts; one that another of them starts gets what that one passes on. The mistakes of
/// all are told at once.
///
/// # Errors
/// Files that cannot be read, and what bash cannot parse.
pub fn read_inputs(paths: &[PathBuf], outside: &Outside) -> Result<Vec<Input>, CliError> {
    let scripts = paths.iter().map(|path| Ok((path.clone(), read_script(path)?)));
    inputs_of(scripts.collect::<Result<_, CliError>>()?, outside)
}

/// Does the same with texts that are read already.
///
/// # Errors
/// What bash cannot parse.
pub fn inputs_of(
    scripts: Vec<(PathBuf, Source)>,
    outside: &Outside,
) -> Result<Vec<Input>, CliError> {
    let mut inputs = Vec::new();
    let mut faulty = Vec::new();
    for (path, source) in scripts {
        let source = host_of(&path).map_or(source.clone(), |host| shell_text(&source, host));
        match Input::read(source, outside.clone()) {
            Ok(input) => inputs.push(input),
            Err(faults) => faulty.push(faults),
        }
    }
    if !faulty.is_empty() {
        return Err(CliError::Faults(faulty));
    }
    // What a script passes on may depend on what it gets itself.
    for _ in 0..inputs.len() {
        if !pass_on(&mut inputs, outside)? {
            break;
        }
    }
    Ok(inputs)
}

/// Reads every script that another one starts again, where it gets something else than was thought;
/// tells whether there was one.
fn pass_on(inputs: &mut [Input], user: &Outside) -> Result<bool, CliError> {
    let mut changed = false;
    for index in 0..inputs.len() {
        let Some((outside, place)) = inputs.get(index).and_then(|it| it.passed(inputs, user))
        else {
            continue;
        };
        let Some(input) = inputs.get_mut(index) else { continue };
        if !input.outside.same_as(&outside) {
            *input = Input::read(input.script.source.clone(), outside)?;
            changed = true;
        }
        input.started = Some(place);
    }
    Ok(changed)
}

/// Reads a script. Secrets whose names stand elsewhere are remembered: behind `key=$1`, or in a variable that
/// is read or printed into.
///
/// # Errors
/// What bash cannot parse.
pub fn read_bash(source: &Source, outside: &Outside) -> Result<Script, Faults> {
    let script = bash::read(source, outside)?;
    for argument in script.launches.iter().flat_map(|launch| &launch.arguments) {
        secret::learn(&argument.text.known().unwrap_or_default());
        for piece in &argument.text.pieces {
            let Ok(text) = &piece.text else { continue };
            for step in &piece.via {
                secret::learn(&format!("{}=\"{text}\"", step.variable));
            }
        }
    }
    Ok(script)
}

/// Remembers the secrets of a text that is shown without having been read from a file of the user's. Nothing is
/// told of what is no script.
pub fn learn_secrets(name: &str, text: &str) {
    secret::learn(text);
    let _ = read_bash(&Source::new(name, text), &Outside::default());
}

impl Input {
    fn read(source: Source, outside: Outside) -> Result<Self, Faults> {
        let has_directives = source.text().contains("#SBATCH");
        let script = read_bash(&source, &outside)?;
        Ok(Self { script, has_directives, outside, started: None, marks: OnceCell::new() })
    }

    /// Lists the keys of a launch that comments pin, each with the comment's place.
    pub fn pinned_keys(&self, launch: &Launch) -> Vec<(String, Location)> {
        let marks = self.marks.get_or_init(|| marks_of(&self.script));
        pinned_keys(&self.script, marks, launch)
    }

    /// Tells whether a script starts this one.
    pub fn is_started_by(&self, other: &Script) -> bool {
        self.starts_in(other).next().is_some()
    }

    fn starts_in<'a>(&'a self, other: &'a Script) -> impl Iterator<Item = &'a Start> {
        let name = base_name(self.script.source.name());
        let own = self.script.source == other.source;
        other.starts.iter().filter(move |start| !own && base_name(&start.path) == name)
    }

    /// What the one script that starts this one passes on; nothing where none or several do.
    fn passed(&self, inputs: &[Self], user: &Outside) -> Option<(Outside, Location)> {
        let mut starts = inputs
            .iter()
            .flat_map(|outer| self.starts_in(&outer.script).map(move |start| (outer, start)));
        let (outer, start) = starts.next()?;
        if starts.next().is_some() {
            return None;
        }
        let mut outside =
            Outside { environment: outer.outside.environment.clone(), ..user.clone() };
        for (name, text) in &start.environment {
            match text.known() {
                Some(text) => {
                    outside.environment.insert(name.clone(), text);
                }
                None => {
                    outside.environment.shift_remove(name);
                    outside.untold.insert(name.clone());
                }
            }
        }
        let told: Option<Vec<String>> = start.arguments.iter().map(bash::Text::known).collect();
        let open = start.forwards && user.arguments.is_none();
        outside.arguments = told.filter(|told| !(open && told.is_empty()));
        outside.more_arguments = open;
        Some((outside, outer.script.at(start.span)))
    }

    /// Says what the script gets from the one that starts it, if it gets anything.
    pub fn gets(&self, user: &Outside) -> Option<String> {
        let place = self.started.as_ref()?;
        let own = |name: &&String| !user.environment.contains_key(*name);
        let used = |name: &&String| self.script.source.text().contains(name.as_str());
        let variables = self.outside.environment.keys().filter(own).filter(used);
        let variables: Vec<String> = variables
            .filter_map(|name| Some(format!("{name}={}", self.outside.environment.get(name)?)))
            .collect();
        let arguments = self.outside.arguments.as_ref().map_or(0, Vec::len);
        let mut parts = Vec::new();
        if !variables.is_empty() {
            parts.push(join_and(&variables));
        }
        if arguments > 0 {
            parts.push(count(arguments, "argument"));
        }
        let name = self.script.source.name();
        (!parts.is_empty()).then(|| format!("{place} starts {name} with {}.", parts.join(", and ")))
    }
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
