//! One job: its scripts, its log, its overrides, and the pack that knows them.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;

use super::args::{JobArgs, OutsideArgs};
use super::chain::{Input, inputs_of};
use super::choose::{Chosen, Languages, choose_pack, signs_of, signs_of_inputs, signs_of_texts};
use super::error::CliError;
use super::files::{read_script, read_taken_in, scan_log};
use super::found_base::BaseFinder;
use super::goal;
use super::kind::Files;
use super::launched;
use super::progress::Progress;
use super::project::Project;
use super::run_folder::{Folder, read_folder, signs_of_folder};
use super::told::{Known, check_ids, check_invariants, check_repairs, pairs};
use super::tried;
use crate::config::{Config, Note, argument_value, read_argument};
use crate::engine::{Base, Entries, Entry, KeyChange, Pin, Plan, Request, State, World, two_names};
use crate::facts::{Found, Lookup, Provenance};
use crate::overrides::{Language, single};
use crate::pack::Pack;
use crate::path::KeyPath;
use crate::signal::Scan;
use crate::surface::bash::{self, Argument, Launch, Origin, Outside, Script};
use crate::surface::pins::{idle_pins, pinned_directives, pinned_in_yaml, pinned_keys};
use crate::surface::slurm;
use crate::text::{Fault, Faults, Level, Source, Span, count};
use crate::value::Value;

/// What a job is made of, read and not yet understood.
#[derive(Default)]
pub struct Parts {
    /// The scripts, each by the path that tells what it is.
    pub scripts: Vec<(PathBuf, Source)>,
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
        let project = Project::of(&args.rules.project, args.files.first().map(PathBuf::as_path))?;
        let scripts = files.scripts.iter().map(|path| Ok((path.clone(), read_script(path)?)));
        let scripts = scripts.collect::<Result<Vec<_>, CliError>>()?;
        let yaml = files.yaml.as_deref().map(read_script).transpose()?;
        let launched = || inputs_of(scripts.clone(), &outside);
        let (pack, remarks) = if args.rules.pack.is_some() || project.packs().is_some() {
            (
                project.pack(args.rules.pack.as_deref(), &|| {
                    Ok(signs_of_inputs(&launched()?, args.launch))
                })?,
                Vec::new(),
            )
        } else {
            let Chosen { name, remarks } =
                choose(args, &project, &files, (&launched()?, yaml.as_ref()))?;
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
        let mut damage = None;
        let scan = match (scan, log) {
            (Some(scan), _) => Some(scan),
            (None, Some(log)) => {
                let (scan, why) = scan_log(log, &pack.signals, &mut Progress::new())?;
                damage = why;
                Some(scan)
            }
            (None, None) => None,
        };
        let config = match (&args.config, files.scripts.first()) {
            (Some(path), _) => Some(read_script(path)?),
            (None, Some(script)) if yaml.is_none() => project.base_of(script)?,
            _ => None,
        };
        let parts = Parts {
            scripts,
            yaml,
            config,
            finder: project.finder(args.no_base),
            overrides: args.overrides.clone(),
            launch: args.launch,
            folder,
            log: scan,
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
        let inputs = inputs_of(parts.scripts, &outside)?;
        let mut job = Self {
            pack,
            inputs,
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

    /// Finds the base configuration: the one that was given, the file that is changed, what the run
    /// composed, or what the launch is sure to start from.
    fn read_bases(
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
        let found = chosen.and_then(|it| finder.find(&self.pack, it, entries, *language));
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

    /// Chooses the launch: by number, else the only one the pack knows, else the one the log ran.
    fn choose(
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

    /// Tells whether the result is a list of arguments, since no file gives the overrides.
    pub fn gives_arguments(&self) -> bool {
        self.chosen.is_none() && self.yaml.is_none()
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

    fn read_directives(&mut self) {
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
    fn read_pins(&mut self) {
        let mut pins: Vec<Pin> = Vec::new();
        if let Some(((input, _), launch)) =
            self.chosen.and_then(|at| Some((at, self.launch(at.0, at.1)?)))
        {
            let script = self.script(input);
            let keys = script.map(|it| pinned_keys(it, launch)).unwrap_or_default();
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

    fn read_scan(&mut self, scan: &Scan) {
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

/// Tells whether a launch is one of the pack's target.
pub fn knows(pack: &Pack, launch: &Launch) -> bool {
    signs_of(launch).known_to(pack)
}

/// Chooses the pack by what the job's files and overrides show.
fn choose(
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

/// Turns a launch's arguments into overrides; what nothing tells keeps its reason.
pub fn entries_of(
    script: &Script,
    launch: &Launch,
    language: Language,
) -> Result<Entries, Vec<Fault>> {
    let mut entries = Vec::new();
    let mut faults = Vec::new();
    for argument in &launch.arguments {
        match entry_of(script, launch, argument, language) {
            Ok(entry) => entries.push(entry),
            Err(fault) => faults.push(fault),
        }
    }
    faults.sort_by_key(|fault| fault.span);
    if faults.is_empty() { Ok(entries.into()) } else { Err(faults) }
}

/// Turns one of a launch's arguments into an override.
pub fn entry_of(
    script: &Script,
    launch: &Launch,
    argument: &Argument,
    language: Language,
) -> Result<Entry, Fault> {
    // What is given to the script has no place in it but its launch.
    let from = match argument.is_given() {
        true => launch.location.clone(),
        false => script.at(argument.placed().span()),
    };
    let from = Provenance::Text(from);
    let Some(text) = argument.text.known() else {
        let why = argument.text.why_unknown().unwrap_or("nothing tells its value").to_owned();
        return Ok(Entry { key: argument.key(), value: Err(why), from });
    };
    let swept = is_multirun(launch);
    let read = read_argument(language, &text)
        .and_then(|it| if swept { Ok(it) } else { single(&it).map(|()| it) });
    match read {
        Ok(parsed) => Ok(Entry { key: parsed.key.clone(), value: Ok(parsed), from }),
        Err(fault) => Err(in_source(argument, fault)),
    }
}

/// Tells whether Hydra runs a job for every value of a sweep; without, a sweep is a mistake.
fn is_multirun(launch: &Launch) -> bool {
    let flag = |flag: &String| flag == "-m" || flag.starts_with("--mult");
    let mode = |argument: &Argument| {
        argument.key() == "hydra.mode"
            && argument.text.known().is_none_or(|text| text.ends_with("MULTIRUN"))
    };
    launch.flags.iter().any(flag) || launch.arguments.iter().any(mode) || launch.forwards.is_some()
}

/// Moves a fault in an argument's text to the place in the script that wrote it.
pub fn in_source(argument: &Argument, fault: Fault) -> Fault {
    let Span { start, end } = fault.span;
    let from = written_at(argument, start, false).or(written_at(argument, start, true));
    let to = if start == end { from } else { written_at(argument, end, true) };
    let span = match (from, to) {
        (Some(from), Some(to)) if from <= to => Span::new(from, to),
        _ => argument.word,
    };
    Fault { span, ..fault }
}

/// Where a byte of an argument's text is written. Where two pieces meet, an end belongs to the
/// earlier one and a start to the later.
fn written_at(argument: &Argument, offset: usize, ends: bool) -> Option<usize> {
    let mut at = 0;
    for piece in &argument.text.pieces {
        let length = piece.text.as_ref().map_or(0, String::len);
        let here = if ends { at + 1..at + length + 1 } else { at..at + length };
        if here.contains(&offset) {
            let Origin::Literal(span, _) = piece.origin else { return None };
            return Some(span.start + offset - at);
        }
        at += length;
    }
    None
}

/// Reads a list of arguments without a launch.
///
/// # Errors
/// Every one that cannot be read.
pub fn plain_entries(texts: &[impl AsRef<str>], language: Language) -> Result<Entries, CliError> {
    let mut entries = Vec::new();
    let mut faulty = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let text = text.as_ref();
        let source = Source::new(format!("override {}", index + 1), text);
        match read_argument(language, text) {
            Ok(parsed) => {
                let span = parsed.value_span.unwrap_or(parsed.key_span);
                let from = Provenance::Text(source.at(span));
                entries.push(Entry { key: parsed.key.clone(), value: Ok(parsed), from });
            }
            Err(fault) => faulty.push(Faults::one(source, fault)),
        }
    }
    if faulty.is_empty() { Ok(entries.into()) } else { Err(CliError::Faults(faulty)) }
}
