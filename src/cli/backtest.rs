//! What a pack advises on failures whose working fix is known.

use std::path::{Path, PathBuf};

use super::Done;
use super::args::{BacktestArgs, JobArgs, OutputFormat, PackRules, StartArgs};
use super::console::Console;
use super::error::CliError;
use super::files::{entries_in, read_script};
use super::job::Job;
use super::packs_here::is_pack;
use crate::engine::State;
use crate::facts::{Found, Provenance};
use crate::pack::{self, Changed, Fix, PackError, Sets, Text};
use crate::path::KeyPath;
use crate::report::{backtest_json, backtest_text};
use crate::surface::slurm;
use crate::text::{Fault, Faults, Source, Span};
use crate::verify::{Ladder, Move, Scored, Subject};

/// The file that makes a folder a triple.
const FIX: &str = "fix.toml";
/// The log of the failed job.
const LOG: &str = "job.log";
/// The files of a job.
const FILES: [&str; 3] = ["run.sh", "job.slurm", "config.yaml"];
/// Plain overrides, one a line, instead of files.
const OVERRIDES: &str = "overrides.txt";

/// A folder with a job, its log, and what a person did.
struct Triple {
    name: String,
    folder: PathBuf,
    source: Source,
    fix: Fix,
}

/// `hydrule backtest`.
pub fn run(args: &BacktestArgs, console: &mut Console) -> Result<Done, CliError> {
    let mut triples = Vec::new();
    for folder in &args.folders {
        triples.extend(read(folder)?);
    }
    let mut scored = Vec::new();
    for triple in &triples {
        scored.push(triple.score(args)?);
    }
    match args.output_format {
        OutputFormat::Json => console.print(&format!("{:#}\n", backtest_json(&scored)))?,
        OutputFormat::Full => console.page(&backtest_text(&scored, console.out))?,
    }
    Ok(Done::Clean)
}

/// Reads all triples in and under a folder, so that their faults are reported together.
fn read(folder: &Path) -> Result<Vec<Triple>, CliError> {
    let shown = folder.display().to_string();
    let refuse = |code: &'static str, message: String, help: &str| {
        CliError::at_word(&shown, Fault::new(code, Span::at(0), message).helped(help))
    };
    let help = "a triple is a folder with fix.toml, job.log and run.sh";
    if !folder.is_dir() {
        let message = format!("there is no folder `{shown}`");
        return Err(refuse("hydrule::backtest::no_folder", message, help));
    }
    let mut found = Vec::new();
    find(folder, &mut found)?;
    if found.is_empty() {
        let message = format!("`{shown}` holds no triple, so there is nothing to score");
        return Err(refuse("hydrule::backtest::empty", message, help));
    }
    let mut triples = Vec::new();
    let mut faults = Vec::new();
    for path in found {
        let source = read_script(&path.join(FIX))?;
        let name = path.strip_prefix(folder).unwrap_or(&path);
        let name = if name.as_os_str().is_empty() { &path } else { name };
        let name = name.display().to_string();
        match Fix::read(&source) {
            Ok(fix) => triples.push(Triple { name, folder: path, source, fix }),
            Err(found) => faults.push(found),
        }
    }
    if faults.is_empty() { Ok(triples) } else { Err(CliError::Faults(faults)) }
}

fn find(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), CliError> {
    if folder.join(FIX).is_file() {
        found.push(folder.to_owned());
        return Ok(());
    }
    for entry in entries_in(folder)? {
        if entry.is_dir() && !entry.is_symlink() {
            find(&entry, found)?;
        }
    }
    Ok(())
}

impl Triple {
    /// Finds where the pack's ladder holds what the person did.
    fn score(&self, args: &BacktestArgs) -> Result<Scored, CliError> {
        let told = self.fix.pack.as_ref().filter(|_| args.pack.is_none());
        let pack = told.map(|text| self.pack_near(text)).or(args.pack.clone());
        let rules = PackRules { pack, project: args.project.clone(), target: None };
        let job = self.job(rules).and_then(|it| Job::load(&it).map_err(|error| self.blame(error)));
        let job = job.map_err(|error| told.and_then(|it| self.misnamed(it)).unwrap_or(error))?;
        let moves = self.fix.changed.iter().map(|changed| self.moved(changed, &job));
        let moves = moves.collect::<Result<Vec<_>, CliError>>()?;
        let ladder = Ladder::climb(&job.pack, &job.state, &job.world);
        let hold = |moved: Move| {
            let hold = ladder.holds(&moved, &job.pack, &job.world);
            (moved, hold)
        };
        let failure = job.world.failure.as_ref();
        Ok(Scored {
            name: self.name.clone(),
            pack: job.pack.name.clone(),
            reference: self.fix.reference.clone(),
            note: self.fix.note.clone(),
            worked: self.fix.worked,
            signal: failure.map(|it| it.event.signal.clone()),
            place: failure.and_then(|it| it.place.clone()),
            moves: moves.into_iter().map(hold).collect(),
            options: ladder.options().map(str::to_owned).collect(),
        })
    }

    /// Finds the pack that `fix.toml` names: a folder as seen from that file, else as `--pack` does.
    fn pack_near(&self, text: &Text) -> String {
        let beside = self.folder.join(text.as_str());
        match is_pack(&beside) {
            true => beside.display().to_string(),
            false => text.value.to_string(),
        }
    }

    /// Says why there is no pack as `fix.toml` names it; nothing where there is.
    fn misnamed(&self, text: &Text) -> Option<CliError> {
        match pack::load(&self.pack_near(text)) {
            // Mistakes inside the pack have places of their own.
            Ok(_) | Err(PackError::Faulty(_)) => None,
            Err(error) => Some(CliError::pack(text.as_str(), error).moved_to(text)),
        }
    }

    /// Says of an error without a place which triple it is about.
    fn blame(&self, error: CliError) -> CliError {
        match error {
            CliError::Plain { message, help } => {
                CliError::Plain { message: format!("{}: {message}", self.folder.display()), help }
            }
            other => other,
        }
    }

    /// Lists what `hydrule rewrite` would be given for this job.
    fn job(&self, rules: PackRules) -> Result<JobArgs, CliError> {
        let files: Vec<PathBuf> =
            FILES.iter().map(|name| self.folder.join(name)).filter(|path| path.is_file()).collect();
        let plain = self.folder.join(OVERRIDES);
        let overrides = if plain.is_file() { lines(&read_script(&plain)?) } else { Vec::new() };
        if files.is_empty() && overrides.is_empty() {
            let shown = self.folder.display();
            let message =
                format!("`{shown}` holds no job: no {} and no {OVERRIDES}", FILES.join(", "));
            return Err(CliError::plain(message));
        }
        let log = self.folder.join(LOG);
        if !log.is_file() {
            let shown = self.folder.display();
            return Err(CliError::plain(format!("`{shown}` holds no {LOG}")));
        }
        let start = StartArgs { config: None, no_base: true, rules };
        Ok(JobArgs { files, overrides, log: Some(log), start, ..JobArgs::default() })
    }

    /// Finds out what one value of the fix changes about the job.
    fn moved(&self, changed: &Changed, job: &Job) -> Result<Move, CliError> {
        let blame = |fault: Fault| CliError::from(Faults::one(self.source.clone(), fault));
        let mut state = job.state.clone();
        let from = Provenance::Text(changed.text.location.clone());
        let subject = match &changed.sets {
            Sets::Override(wanted) => {
                state.put(wanted.as_ref().clone(), from);
                Subject::Key(KeyPath::new(wanted.key.as_str()))
            }
            Sets::Directive(name, text) => {
                let value = slurm::directive_value(name, text)
                    .map_err(|fault| blame(Fault { span: changed.text.location.span, ..fault }))?;
                state.directives.insert(name.clone(), Found { value, from });
                Subject::Directive(name.clone())
            }
        };
        let states: (&State, &State) = (&job.state, &state);
        Move::between(&subject, &job.pack, &job.world, states).ok_or_else(|| {
            let message = format!("the job has `{}` already", changed.text.as_str());
            let span = changed.text.location.span;
            blame(
                Fault::new("hydrule::backtest::no_move", span, message)
                    .labelled("this changes nothing")
                    .helped("give the value that was set after the failure"),
            )
        })
    }
}

/// Splits a list of overrides; empty lines and comments are left out.
fn lines(source: &Source) -> Vec<String> {
    let lines = source.text().lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
}
