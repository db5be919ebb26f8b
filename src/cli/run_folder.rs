//! Run folders on the disk: which files they have, and how the program was started.

use std::path::{Path, PathBuf};

use super::choose::{choose_pack, signs_of_texts};
use super::error::CliError;
use super::files::{folders_in, read_if_there, read_script, scan_log};
use super::progress::Progress;
use super::project::{Project, absolute};
use crate::config::Config;
use crate::engine::{Entries, Entry};
use crate::facts::Provenance;
use crate::overrides::parse;
use crate::pack::{Pack, Signs};
use crate::surface::run_folder::{self, Run};
use crate::text::{Fault, Faults, Source, count, shell_word};

/// How many jobs of a multirun are listed.
const MOST_LISTED: usize = 20;

/// A run folder that was read.
pub struct Folder {
    /// The folder as the user wrote it.
    pub path: PathBuf,
    /// The text of `overrides.yaml`.
    pub overrides: Source,
    /// What was read.
    pub run: Run,
    /// The composed configuration.
    pub config: Option<Config>,
    /// The job's log.
    pub log: Option<PathBuf>,
    /// What starts the program, and whether that is sure.
    pub program: (String, bool),
}

impl Folder {
    /// Reads the overrides.
    pub fn entries(&self) -> Result<Entries, Faults> {
        let mut entries = Vec::new();
        let mut faults = Vec::new();
        for (text, span) in &self.run.overrides {
            let from = Provenance::Text(self.overrides.at(*span));
            match parse(text) {
                Ok(parsed) => {
                    entries.push(Entry { key: parsed.key.clone(), value: Ok(parsed), from });
                }
                Err(fault) => faults.push(Fault { span: *span, ..fault }),
            }
        }
        if faults.is_empty() {
            return Ok(entries.into());
        }
        Err(Faults { source: self.overrides.clone(), faults })
    }

    /// Returns the overrides' texts.
    pub fn texts(&self) -> Vec<String> {
        self.run.overrides.iter().map(|(text, _)| text.clone()).collect()
    }

    /// Names the run in words.
    pub fn title(&self) -> String {
        let name = self.run.job.as_deref().unwrap_or("a run");
        let overrides = count(self.run.overrides.len(), "override");
        format!("{}: {name} with {overrides}", self.path.display())
    }

    /// Says what the user should know about the folder.
    pub fn remarks(&self, has_log: bool) -> Vec<String> {
        let mut remarks = Vec::new();
        if let (program, false) = &self.program {
            remarks.push(format!(
                "Hydra does not record how the program was started; `{program}` is a guess."
            ));
        }
        if self.config.is_none() {
            remarks.push(
                "The folder has no `.hydra/config.yaml`, so values are known from overrides \
                 and the pack alone."
                    .to_owned(),
            );
        }
        if !has_log {
            remarks.push("The folder has no log of the job; give one with --log FILE.".to_owned());
        }
        remarks
    }

    /// Writes the command line that starts the program with these overrides.
    pub fn command(&self, overrides: &[String]) -> String {
        run_folder::command_line(&self.program.0, &self.run, overrides)
    }
}

/// Lists the jobs of a multirun, in their order.
fn jobs_of(path: &Path) -> Vec<PathBuf> {
    let mut jobs = folders_in(path);
    jobs.retain(|job| job.join(".hydra/overrides.yaml").is_file());
    let number = |job: &Path| job.file_name()?.to_string_lossy().parse::<u64>().ok();
    jobs.sort_by_cached_key(|job| (number(job).unwrap_or(u64::MAX), job.clone()));
    jobs
}

/// Reads what a run folder shows of its program: its overrides and its configuration, or those of a
/// multirun's first job.
pub fn signs_of_folder(path: &Path) -> Result<Signs, CliError> {
    let path = if path.ends_with(".hydra") { path.parent().unwrap_or(path) } else { path };
    let first = jobs_of(path).into_iter().next();
    let is_run = path.join(".hydra/overrides.yaml").is_file();
    let job = if is_run { path.to_owned() } else { first.ok_or_else(|| no_run(path))? };
    let overrides = read_script(&job.join(".hydra/overrides.yaml"))?;
    let texts = run_folder::read(&overrides, None)?.overrides;
    let texts: Vec<String> = texts.into_iter().map(|(text, _)| text).collect();
    let mut signs = Signs { places: vec![absolute(path)], ..signs_of_texts(&texts) };
    if let Some(source) = read_if_there(&job.join(".hydra/config.yaml"))? {
        signs.keys.extend(Config::read_plain(&source)?.keys());
    }
    Ok(signs)
}

fn no_run(path: &Path) -> CliError {
    CliError::plain(format!("`{}` is no run folder of Hydra", path.display()))
        .helped("a run folder holds `.hydra/overrides.yaml`, or jobs that do")
}

/// Reads a run folder with the pack that knows its program, if one does.
pub fn read_any_folder(
    path: &Path,
    wanted: Option<usize>,
    project: &Project,
) -> Result<Folder, CliError> {
    let signs = [signs_of_folder(path)?];
    let pack = match project.packs() {
        Some(_) => Some(project.pack(None, &|| Ok(signs.to_vec()))?),
        None => {
            let chosen = choose_pack(&project.headers(), &signs).ok();
            chosen.map(|it| project.named(&it.name)).transpose()?
        }
    };
    read_folder(path, wanted, pack.as_ref())
}

/// Reads a run folder; of a multirun, the job that is wanted, the only one, or the only one whose log
/// shows a failure that the pack knows.
pub fn read_folder(
    path: &Path,
    wanted: Option<usize>,
    pack: Option<&Pack>,
) -> Result<Folder, CliError> {
    let path = if path.ends_with(".hydra") { path.parent().unwrap_or(path) } else { path };
    if path.join(".hydra/overrides.yaml").is_file() {
        return match wanted {
            None | Some(1) => one(path, pack),
            Some(_) => Err(CliError::plain("a run folder has one launch")),
        };
    }
    let jobs = jobs_of(path);
    let chosen = match (wanted, jobs.as_slice()) {
        (_, []) => return Err(no_run(path)),
        (None, [job]) => Some(job),
        (Some(number), jobs) => number.checked_sub(1).and_then(|at| jobs.get(at)),
        (None, jobs) => only_failed(jobs, pack),
    };
    match chosen {
        Some(job) => one(job, pack),
        None => Err(which(path, &jobs, wanted)),
    }
}

fn only_failed<'a>(jobs: &'a [PathBuf], pack: Option<&Pack>) -> Option<&'a PathBuf> {
    let failed = |job: &&PathBuf| {
        let log = one(job, pack).ok().and_then(|folder| folder.log);
        log.is_some_and(|log| failure(&log, pack))
    };
    let mut failed = jobs.iter().filter(failed);
    failed.next().filter(|_| failed.next().is_none())
}

fn failure(log: &Path, pack: Option<&Pack>) -> bool {
    let Some(pack) = pack else { return false };
    let read = scan_log(log, pack.signals(), &mut Progress::new());
    read.is_ok_and(|(scan, _)| scan.first_cause().is_some())
}

fn which(path: &Path, jobs: &[PathBuf], wanted: Option<usize>) -> CliError {
    let shown = path.display();
    let message = match wanted {
        Some(number) => format!("the multirun `{shown}` has no job {number}"),
        None => format!("the multirun `{shown}` has {} jobs", jobs.len()),
    };
    let mut help = "choose one with --launch N, or give its folder:".to_owned();
    for (at, job) in jobs.iter().take(MOST_LISTED).enumerate() {
        let texts = read_script(&job.join(".hydra/overrides.yaml"))
            .ok()
            .and_then(|source| run_folder::read(&source, None).ok());
        let texts = texts.map(|run| run.overrides).unwrap_or_default();
        let words: Vec<String> = texts.iter().map(|(text, _)| shell_word(text)).collect();
        let name = job.file_name().unwrap_or_default().to_string_lossy();
        help.push_str(&format!("\n    {}  {name}: {}", at + 1, words.join(" ")));
    }
    if jobs.len() > MOST_LISTED {
        help.push_str(&format!("\n    … and {} more", jobs.len() - MOST_LISTED));
    }
    CliError::plain(message).helped(help)
}

fn one(path: &Path, pack: Option<&Pack>) -> Result<Folder, CliError> {
    let overrides = read_script(&path.join(".hydra/overrides.yaml"))?;
    let hydra = read_if_there(&path.join(".hydra/hydra.yaml"))?;
    let run = run_folder::read(&overrides, hydra.as_ref())?;
    let config = match read_if_there(&path.join(".hydra/config.yaml"))? {
        Some(source) => Some(Config::read_plain(&source)?.with_groups(run.groups.clone())),
        None => None,
    };
    let log = log_of(path, &run);
    let program = program_of(&run, pack);
    Ok(Folder { path: path.to_owned(), overrides, run, config, log, program })
}

/// Finds the log of the job, which bears its name.
fn log_of(path: &Path, run: &Run) -> Option<PathBuf> {
    let file = path.join(format!("{}.log", run.job.as_ref()?));
    file.is_file().then_some(file)
}

/// Says what starts the program: a module that the pack knows, or a file that is there; else the name
/// that Hydra has of it, which is not sure.
fn program_of(run: &Run, pack: Option<&Pack>) -> (String, bool) {
    let Some(name) = run.job.as_ref().filter(|_| run.names_program) else {
        return ("python3 PROGRAM".to_owned(), false);
    };
    if let Some(module) = pack.and_then(|pack| known_module(run, name, pack)) {
        return (format!("python3 -m {module}"), true);
    }
    let beside = run.folders.iter().flat_map(|folder| Path::new(folder).ancestors().take(3));
    let folders = beside.chain(run.started_in.iter().map(Path::new));
    let file = folders.map(|it| it.join(format!("{name}.py"))).find(|file| file.is_file());
    match file {
        Some(file) => (started(&file, run), true),
        None => (format!("python3 {}", shell_word(&format!("{name}.py"))), false),
    }
}

/// Finds a module of the pack with the program's name whose package holds the configuration.
fn known_module(run: &Run, name: &str, pack: &Pack) -> Option<String> {
    let modules = pack.launches.iter().map(|glob| glob.trim_end_matches('*'));
    let fits = |module: &&str| {
        let (package, last) = module.rsplit_once('.').unwrap_or(("", module));
        let package = package.replace('.', "/");
        last == name && !module.contains('*') && run.folders.iter().any(|it| it.contains(&package))
    };
    modules.filter(|it| !it.is_empty()).find(fits).map(str::to_owned)
}

/// Writes how a file is started: as a module where it lies in a package.
fn started(file: &Path, run: &Run) -> String {
    let is_package = |folder: &Path| folder.join("__init__.py").is_file();
    let packages: Vec<&Path> = file.ancestors().skip(1).take_while(|it| is_package(it)).collect();
    let Some(root) = packages.last().and_then(|it| it.parent()) else {
        return format!("python3 {}", shell_word(&shown_from(file, run)));
    };
    let module = file.strip_prefix(root).unwrap_or(file).with_extension("");
    let parts = module.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>();
    format!("python3 -m {}", shell_word(&parts.join(".")))
}

/// Names a file as one would who stands where the program was started.
fn shown_from(file: &Path, run: &Run) -> String {
    let here = run.started_in.as_ref().and_then(|here| file.strip_prefix(here).ok());
    here.unwrap_or(file).display().to_string()
}
