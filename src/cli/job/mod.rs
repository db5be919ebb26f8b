//! One job: its scripts, its log, its overrides, and the pack that knows them.

mod base;
mod choice;
mod entries;
mod world;

use std::path::PathBuf;
use std::sync::Arc;

use super::args::{JobArgs, OutsideArgs};
use super::chain::{Input, inputs_of};
use super::choose::{Chosen, signs_of_inputs};
use super::error::CliError;
use super::files::{read_script, read_taken_in, scan_log};
use super::found_base::BaseFinder;
use super::goal;
use super::kind::Files;
use super::progress::Progress;
use super::project::Project;
use super::run_folder::{Folder, read_folder};
use super::told::{Known, check_ids, check_invariants, check_repairs, pairs};
use super::tried;
use crate::engine::{Entries, Entry, Request, State, World, two_names};
use crate::pack::Pack;
use crate::signal::Scan;
use crate::surface::bash::{self, Launch, Outside, Script};
use crate::text::{Fault, Faults, Level, Source, count};
pub use base::named_file;
use choice::choose_for;
pub use choice::knows;
pub use entries::{entries_of, entry_of, in_source, plain_entries};
pub use world::tell_launch;

/// What a job is made of, read and not yet understood.
#[derive(Default)]
pub struct Parts {
    /// The scripts.
    pub inputs: Vec<Input>,
    /// The configuration whose own text is changed.
    pub yaml: Option<Source>,
    /// The base configuration, which is only read.
    pub config: Option<Source>,
    /// What finds a base configuration where none is given.
    pub finder: Option<BaseFinder>,
    /// The run folder.
    pub folder: Option<Folder>,
    /// What the log tells.
    pub log: Option<Scan>,
    /// Why the log was not read to its end.
    pub damage: Option<String>,
    /// Plain overrides, instead of files.
    pub overrides: Vec<String>,
    /// Which launch is meant, counted from 1.
    pub launch: Option<usize>,
}

/// Everything that a command about a job needs.
pub struct Job {
    /// The rules.
    pub pack: Arc<Pack>,
    /// The scripts.
    pub inputs: Vec<Input>,
    /// The launch meant: index of the script, index of the launch; none for plain overrides.
    pub chosen: Option<(usize, usize)>,
    /// What rules may change.
    pub state: State,
    /// What they may not.
    pub world: World,
    /// The launch in words.
    pub title: String,
    /// What the user should know about the input.
    pub remarks: Vec<String>,
    /// What the scripts take from outside.
    pub outside: Outside,
    /// The configuration whose own text is changed.
    pub yaml: Option<Source>,
    /// The run folder that was read.
    pub folder: Option<Folder>,
}

impl Job {
    /// Reads a job.
    ///
    /// # Errors
    /// Unreadable files, and every mistake in the pack, the scripts and the overrides.
    pub fn load(args: &JobArgs) -> Result<Self, CliError> {
        Self::load_with(args, None)
    }

    /// Reads a job whose log was read already.
    ///
    /// # Errors
    /// As [`Job::load`].
    pub fn load_with(args: &JobArgs, scan: Option<Scan>) -> Result<Self, CliError> {
        check_usage(args.files.is_empty(), args.overrides.is_empty())?;
        let files = Files::sort(&args.files)?;
        let outside = outside(&args.outside)?;
        let project =
            Project::of(&args.start.rules.project, args.files.first().map(PathBuf::as_path))?;
        let scripts = files.scripts.iter().map(|path| Ok((path.clone(), read_script(path)?)));
        let scripts = scripts.collect::<Result<Vec<_>, CliError>>()?;
        let yaml = files.yaml.as_deref().map(read_script).transpose()?;
        let launched = || inputs_of(scripts.clone(), &outside);
        let mut inputs = None;
        let (pack, remarks) = if args.start.rules.pack.is_some() || project.packs().is_some() {
            (
                project.pack(args.start.rules.pack.as_deref(), &|| {
                    Ok(signs_of_inputs(&launched()?, args.launch))
                })?,
                Vec::new(),
            )
        } else {
            let read = inputs.insert(launched()?);
            let Chosen { name, remarks } =
                choose_for(args, &project, &files, (read, yaml.as_ref()))?;
            (project.named(&name)?, remarks)
        };
        let mut world = Known::of(args, &project).world(&pack)?;
        check_ids(&pack, &args.only)?;
        check_invariants(&pack, &args.preserve)?;
        check_repairs(&pack, args.repair.as_deref().unwrap_or_default())?;
        for path in &args.tried {
            world.tried.extend(tried::read(&pack, &read_script(path)?)?);
        }
        let folder = files.folder.as_ref();
        let folder = folder.map(|it| read_folder(it, args.launch, Some(&pack))).transpose()?;
        let log = args.log.as_deref().or(folder.as_ref().and_then(|it| it.log.as_deref()));
        let (log, damage) = match (scan, log) {
            (None, Some(log)) => {
                let (scan, damage) = scan_log(log, pack.signals(), &mut Progress::new())?;
                (Some(scan), damage)
            }
            (scan, _) => (scan, None),
        };
        let config = match (&args.start.config, files.scripts.first()) {
            (Some(path), _) => Some(read_script(path)?),
            (None, Some(script)) if yaml.is_none() => project.base_of(script)?,
            _ => None,
        };
        let parts = Parts {
            inputs: inputs.map_or_else(launched, Ok)?,
            yaml,
            config,
            finder: project.finder(args.start.no_base),
            overrides: args.overrides.clone(),
            launch: args.launch,
            folder,
            log,
            damage,
        };
        let mut job = Self::assemble(Arc::new(pack), world, parts, outside)?;
        job.remarks.splice(0..0, remarks);
        Ok(job)
    }

    /// Makes a job of what was read.
    ///
    /// # Errors
    /// Every mistake in the scripts and the overrides.
    pub fn assemble(
        pack: Arc<Pack>,
        world: World,
        parts: Parts,
        outside: Outside,
    ) -> Result<Self, CliError> {
        let scan = parts.log;
        let mut job = Self {
            pack,
            inputs: parts.inputs,
            chosen: None,
            state: State::default(),
            world,
            title: String::new(),
            remarks: Vec::new(),
            outside,
            yaml: parts.yaml,
            folder: parts.folder,
        };
        job.remarks.extend(parts.damage);
        job.read_overrides(&parts.overrides, parts.launch, scan.as_ref())?;
        job.world.target = std::mem::take(&mut job.world.target).narrowed(&job.pack, &job.state);
        job.read_bases(parts.config.as_ref(), parts.finder.as_ref())?;
        job.read_directives();
        job.read_pins();
        if let Some(scan) = &scan {
            job.read_scan(scan);
        }
        job.world.take_told_failure();
        job.remarks.extend(two_names(&job.pack, &job.state).into_iter().map(|(old, new)| {
            format!("The launch sets `{old}` and `{new}`, two names of one setting; {new} is read.")
        }));
        Ok(job)
    }

    fn read_overrides(
        &mut self,
        overrides: &[String],
        launch: Option<usize>,
        scan: Option<&Scan>,
    ) -> Result<(), CliError> {
        let no_files = self.inputs.is_empty() && self.yaml.is_none() && self.folder.is_none();
        check_usage(no_files, overrides.is_empty())?;
        if no_files {
            self.state.language = self.pack.arguments.language;
            self.state.entries = plain_entries(overrides, self.state.language)?;
            self.title = format!("{} on the command line", count(overrides.len(), "override"));
            return Ok(());
        }
        if let Some(folder) = &self.folder {
            self.state.entries = folder.entries()?;
            self.title = folder.title();
            self.remarks.extend(folder.remarks(scan.is_some()));
            return Ok(());
        }
        if let (Some(yaml), true) = (&self.yaml, self.inputs.is_empty()) {
            self.title = yaml.name().to_owned();
            return Ok(());
        }
        let (input, launch) = self.choose(launch, scan)?;
        let Some(found) = self.launch(input, launch) else {
            return Err(CliError::plain("there is no such launch"));
        };
        let language = self.pack.arguments.of(&found.program);
        let entries =
            self.script(input).map_or(Ok(Entries::default()), |it| entries_of(it, found, language));
        let found = found.clone();
        self.title = describe(&found);
        tell_launch(&mut self.world, &found);
        let entries = entries.map_err(|faults| {
            CliError::Faults(vec![Faults { source: self.source(input), faults }])
        })?;
        self.state.entries = entries;
        self.state.language = language;
        self.chosen = Some((input, launch));
        for input in &self.inputs {
            self.remarks.extend(input.gets(&self.outside));
            for note in &input.script.notes {
                let at = input.script.at(note.span);
                self.remarks.push(format!("{at}: {}", note.message));
            }
            for finding in bash::findings(&input.script) {
                if finding.level == Level::Error {
                    let at = input.script.source.at(finding.fault.span);
                    self.remarks.push(format!("{at}: {}", finding.fault.message));
                }
            }
        }
        Ok(())
    }

    /// Moves a fault in an override's text to where that was read.
    fn at_entry(&self, entry: &Entry, fault: Fault) -> Faults {
        let launch =
            self.chosen.and_then(|(input, launch)| Some((input, self.launch(input, launch)?)));
        let found = launch.and_then(|(input, launch)| {
            let argument = launch.arguments.iter().rev().find(|it| it.key() == entry.key)?;
            Some(Faults::one(self.source(input), in_source(argument, fault.clone())))
        });
        found.unwrap_or_else(|| {
            let text = entry.value.as_ref().map_or(entry.key.as_str(), |it| it.text.as_str());
            Faults::one(Source::new("override", text), fault)
        })
    }

    fn source(&self, input: usize) -> Source {
        self.inputs.get(input).map_or(Source::new("", ""), |input| input.script.source.clone())
    }

    fn script(&self, input: usize) -> Option<&Script> {
        self.inputs.get(input).map(|input| &input.script)
    }

    fn launch(&self, input: usize, launch: usize) -> Option<&Launch> {
        self.inputs.get(input)?.script.launches.get(launch)
    }

    /// Tells whether the result is a list of arguments, since no file gives the overrides.
    pub fn gives_arguments(&self) -> bool {
        self.chosen.is_none() && self.yaml.is_none()
    }
}

/// A job is told by files or by plain overrides.
fn check_usage(no_files: bool, no_overrides: bool) -> Result<(), CliError> {
    let (message, help) = match (no_files, no_overrides) {
        (true, true) => (
            "nothing to read: give the job's files, or overrides after `--`",
            "hydrule rewrite run.sh submit.slurm --log slurm-4242.err",
        ),
        (false, false) => (
            "give files, or plain overrides after `--`, not both",
            "hydrule set FILE KEY=VALUE changes a file",
        ),
        _ => return Ok(()),
    };
    Err(CliError::plain(message).helped(help))
}

/// What the arguments ask of a plan.
///
/// # Errors
/// Mistakes in the goal and its weights.
pub fn request(args: &JobArgs, pack: &Pack, allow_unsafe: bool) -> Result<Request, CliError> {
    Ok(Request {
        steps: args.steps,
        only: args.only.clone(),
        allow_unsafe,
        strict: args.strict,
        preserve: args.preserve.clone(),
        repair: args
            .repair
            .as_ref()
            .map(|ids| ids.iter().filter(|id| !id.is_empty()).cloned().collect()),
        goal: goal::read(pack, args.goal.as_deref(), args.steps, &args.weight)?,
    })
}

fn describe(launch: &Launch) -> String {
    let condition = match &launch.condition {
        Some(condition) => format!(", {condition}"),
        None => String::new(),
    };
    let overrides = count(launch.arguments.len(), "override");
    format!("{}: {} with {overrides}{condition}", launch.location, launch.program)
}

/// What the scripts take from outside.
pub fn outside(args: &OutsideArgs) -> Result<Outside, CliError> {
    let environment = pairs(&args.env)?.into_iter().collect();
    let arguments = args.args.clone();
    let load = Some(bash::Load::new(read_taken_in));
    Ok(Outside { environment, arguments, load, ..Outside::default() })
}
