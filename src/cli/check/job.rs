//! Files looked into by several threads, and put together where one starts another.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::baseline::Baseline;
use super::examine::{Checker, Examined};
use super::fix::{Asks, Fixer};
use super::paths::Candidate;
use super::recognise::{foreign, is_hydras, is_meant, other_shell, read_candidate};
use super::scope::Scopes;
use super::select::Selection;
use crate::cli::args::CheckArgs;
use crate::cli::chain::{Input, inputs_of};
use crate::cli::error::CliError;
use crate::cli::files::{read_script, script_of};
use crate::cli::job::outside;
use crate::cli::progress::Progress;
use crate::facts::Missing;
use crate::pack::Signs;
use crate::report::FileChange;
use crate::surface::bash::Outside;
use crate::text::{Finding, Source};
use crate::threads::{self, in_order};

/// A file that was checked.
pub struct CheckedFile {
    /// Its path, for people.
    pub name: String,
    /// Its text with the fixes, and the text that was read.
    pub change: FileChange,
    /// What the fixes mended.
    pub fixed: Vec<Finding>,
    /// What was found.
    pub findings: Vec<Finding>,
    /// How many findings comments have taken out.
    pub suppressed: usize,
    launches: usize,
    strangers: Vec<Signs>,
    others: Vec<String>,
    bases: Vec<String>,
    unjudged: Vec<Missing>,
}

/// What became of all files.
#[derive(Default)]
pub struct Looked {
    /// Those that were checked.
    pub files: Vec<CheckedFile>,
    /// Those that were named and are no launch scripts, each with the reason.
    pub skipped: Vec<(String, String)>,
    /// What could not be read.
    pub errors: Vec<(PathBuf, CliError)>,
    /// Scripts that are started and were not looked into, each with the one that starts it.
    pub started: BTreeSet<(String, String)>,
}

impl Looked {
    /// Names the files that were checked.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| file.name.as_str())
    }

    /// Counts the launches.
    pub fn launches(&self) -> usize {
        self.files.iter().map(|file| file.launches).sum()
    }

    /// Lists the launches that no pack knows.
    pub fn strangers(&self) -> impl Iterator<Item = &Signs> {
        self.files.iter().flat_map(|file| &file.strangers)
    }

    /// Lists the base configurations that were found.
    pub fn bases(&self) -> Vec<String> {
        let all = self.files.iter().flat_map(|file| &file.bases);
        all.collect::<BTreeSet<&String>>().into_iter().cloned().collect()
    }

    /// Lists what keeps requirements from being judged, for each of them.
    pub fn unjudged(&self) -> impl Iterator<Item = &Missing> {
        self.files.iter().flat_map(|file| &file.unjudged)
    }

    /// Tells once what else the launches may be of.
    pub fn others(&self) -> BTreeSet<&String> {
        self.files.iter().flat_map(|file| &file.others).collect()
    }
}

/// A script that was read.
pub struct Read {
    source: Source,
    /// The text with the fixes.
    after: Source,
    fixed: Vec<Finding>,
    /// The scripts that it starts.
    starts: Vec<String>,
    /// Whether it is worth a look by itself.
    pub counts: bool,
    /// What was found.
    pub examined: Examined,
}

/// What became of one file.
pub enum Became {
    /// It is none that counts.
    Passed,
    /// It was named, and is none that can be checked.
    Skipped(String),
    /// It was looked into.
    Read(Box<Read>),
}

/// Looks into every file; what is found does not depend on the number of threads.
///
/// # Errors
/// Arguments that cannot be read.
pub fn look_all(
    args: &CheckArgs,
    scopes: &Scopes<'_>,
    selection: &Selection<'_>,
    baseline: Option<&Baseline>,
    files: &[Candidate],
) -> Result<Looked, CliError> {
    let threads =
        args.threads.unwrap_or_else(|| if files.len() > 1 { threads::usual() } else { 1 });
    let outside = outside(&args.outside)?;
    let looker = Looker { scopes, selection, outside };
    let (done, progress) = (AtomicUsize::new(0), Mutex::new(Progress::new()));
    let became = in_order(files, threads, |file| {
        let became = looker.look(file);
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        let mut progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
        progress.show("of the files", done, Some(files.len() as u64));
        became
    });
    progress.lock().unwrap_or_else(PoisonError::into_inner).clear();
    let mut looked = Looked::default();
    let mut read: BTreeMap<usize, Box<Read>> = BTreeMap::new();
    for (at, (file, became)) in files.iter().zip(became).enumerate() {
        match became {
            Err(error) => looked.errors.push((file.path.clone(), error)),
            Ok(Became::Passed) => {}
            Ok(Became::Skipped(why)) => {
                looked.skipped.push((file.path.display().to_string(), why));
            }
            Ok(Became::Read(one)) => {
                read.insert(at, one);
            }
        }
    }
    looked.started = started_elsewhere(files, &read);
    let asks = Asks::of(args);
    let fixer = Fixer { looker: &looker, baseline, asks, within: None };
    put_together(&fixer, files, &mut read, threads)?;
    for one in read.into_values().filter(|it| it.counts) {
        let Examined { findings, launches, strangers, others, bases, suppressed, unjudged, .. } =
            one.examined;
        let change = FileChange::new(&one.source, one.after.text().to_owned());
        let (name, fixed) = (one.source.name().to_owned(), one.fixed);
        looked.files.push(CheckedFile {
            name,
            change,
            fixed,
            findings,
            suppressed,
            launches,
            strangers,
            others,
            bases,
            unjudged,
        });
    }
    Ok(looked)
}

/// Checks scripts again that start one another, and makes the fixes.
fn put_together(
    fixer: &Fixer<'_, '_, '_>,
    files: &[Candidate],
    read: &mut BTreeMap<usize, Box<Read>>,
    threads: usize,
) -> Result<(), CliError> {
    let groups = Groups::of(files, read);
    let again = in_order(&groups.jobs, threads, |job| {
        fixer.looker.together(&scripts(files, read, job), true)
    });
    for (job, examined) in groups.jobs.iter().zip(again) {
        for (at, examined) in job.iter().zip(examined?) {
            if let Some(one) = read.get_mut(at) {
                (one.counts, one.examined) = (true, examined);
            }
        }
    }
    let jobs = with_fixes(groups, read);
    let settled = in_order(&jobs, threads, |job| {
        let examined = job.iter().filter_map(|at| read.get(at)).map(|it| it.examined.clone());
        fixer.settle(scripts(files, read, job), examined.collect())
    });
    for (job, settled) in jobs.iter().zip(settled) {
        for (at, settled) in job.iter().zip(settled) {
            if let Some(one) = read.get_mut(at) {
                (one.after, one.examined, one.fixed) =
                    (settled.source, settled.examined, settled.fixed);
            }
        }
    }
    Ok(())
}

/// The scripts of a job, with their paths.
fn scripts(
    files: &[Candidate],
    read: &BTreeMap<usize, Box<Read>>,
    job: &[usize],
) -> Vec<(PathBuf, Source)> {
    let script = |at: &usize| Some((files.get(*at)?.path.clone(), read.get(at)?.source.clone()));
    job.iter().filter_map(script).collect()
}

/// Lists the jobs in which something may be mended, those of a single script too.
fn with_fixes(groups: Groups, read: &BTreeMap<usize, Box<Read>>) -> Vec<Vec<usize>> {
    let grouped: HashSet<usize> = groups.jobs.iter().flatten().copied().collect();
    let single = read.iter().filter(|(at, one)| one.counts && !grouped.contains(*at));
    let single: Vec<Vec<usize>> = single.map(|(at, _)| vec![*at]).collect();
    let mends = |at: &usize| {
        read.get(at).is_some_and(|one| one.examined.findings.iter().any(|it| it.fix.is_some()))
    };
    groups.jobs.into_iter().chain(single).filter(|job| job.iter().any(mends)).collect()
}

/// Looks into the scripts of one job.
pub struct Looker<'a, 'b> {
    /// The projects of the files.
    pub scopes: &'a Scopes<'b>,
    /// The rules that count.
    pub selection: &'a Selection<'a>,
    /// What the scripts take from outside.
    pub outside: Outside,
}

impl Looker<'_, '_> {
    fn look(&self, file: &Candidate) -> Result<Became, CliError> {
        let path = &file.path;
        if let Some(why) = foreign(path).filter(|_| file.named) {
            return Ok(Became::Skipped(why));
        }
        let source = match (&file.given, file.named) {
            (Some(bytes), _) => script_of(path, bytes.clone())?,
            (None, true) => read_script(path)?,
            (None, false) => match read_candidate(path)? {
                Some(source) => source,
                None => return Ok(Became::Passed),
            },
        };
        self.text(path, source, (file.named, true))
    }

    /// Looks into the text of a file, wherever it was read: whether the file is `named`, and whether to
    /// look for what `mends` the findings.
    ///
    /// # Errors
    /// What bash cannot read, and packs that cannot be used.
    pub fn text(
        &self,
        path: &Path,
        source: Source,
        (named, mends): (bool, bool),
    ) -> Result<Became, CliError> {
        let inputs = match inputs_of(vec![(path.to_owned(), source.clone())], &self.outside) {
            Ok(inputs) => inputs,
            Err(_) if other_shell(source.text()).is_some() => {
                let shell = other_shell(source.text()).unwrap_or_default();
                return Ok(match named {
                    true => Became::Skipped(format!("it is written for {shell}, not for bash")),
                    false => Became::Passed,
                });
            }
            Err(error) if named || is_meant(source.text()) => return Err(error),
            Err(_) => return Ok(Became::Passed),
        };
        let Some(input) = inputs.first() else { return Ok(Became::Passed) };
        let script = &input.script;
        let examined = self.examine(path, input, &inputs, mends)?;
        let hydras = script.launches.iter().any(is_hydras) || !script.orphans.is_empty();
        let known = examined.launches > examined.strangers.len();
        let has_any = named && (!script.launches.is_empty() || input.has_directives);
        let starts: Vec<String> = script.starts.iter().map(|start| start.path.clone()).collect();
        let counts = hydras || known || has_any;
        match counts || !starts.is_empty() {
            true => {
                let (after, fixed) = (source.clone(), Vec::new());
                Ok(Became::Read(Box::new(Read { source, after, fixed, starts, counts, examined })))
            }
            false if named => Ok(Became::Skipped("no command in it takes overrides".to_owned())),
            false => Ok(Became::Passed),
        }
    }

    /// Finds among scripts the job of the first one, itself first.
    pub fn job_of(&self, scripts: Vec<(PathBuf, Source)>) -> Vec<(PathBuf, Source)> {
        let mut read = BTreeMap::new();
        for (at, (path, source)) in scripts.iter().enumerate() {
            if let Ok(Became::Read(one)) = self.text(path, source.clone(), (true, false)) {
                read.insert(at, one);
            }
        }
        let file = |(path, _): &(PathBuf, Source)| Candidate {
            path: path.clone(),
            named: false,
            given: None,
        };
        let files: Vec<Candidate> = scripts.iter().map(file).collect();
        let own = Groups::of(&files, &read).jobs.into_iter().find(|job| job.contains(&0));
        let own = own.unwrap_or_else(|| vec![0]);
        own.into_iter().filter_map(|at| scripts.get(at).cloned()).collect()
    }

    /// Checks scripts of which some may start others, in their order.
    ///
    /// # Errors
    /// What bash cannot read, and packs that cannot be used.
    pub fn together(
        &self,
        scripts: &[(PathBuf, Source)],
        mends: bool,
    ) -> Result<Vec<Examined>, CliError> {
        let inputs = inputs_of(scripts.to_vec(), &self.outside)?;
        let all = scripts.iter().zip(&inputs);
        all.map(|((path, _), input)| self.examine(path, input, &inputs, mends)).collect()
    }

    /// Checks one script of a job.
    fn examine(
        &self,
        path: &Path,
        input: &Input,
        inputs: &[Input],
        mends: bool,
    ) -> Result<Examined, CliError> {
        let scope = self.scopes.of(path)?;
        let config = self.scopes.base(&scope, path)?;
        let (finder, selection) = (self.scopes.finder(&scope), self.selection);
        Checker { scope: &scope, config, finder, inputs, selection, mends }.file(input)
    }
}

/// Scripts that belong together, by their place among the files.
struct Groups {
    jobs: Vec<Vec<usize>>,
}

impl Groups {
    /// Puts the scripts together that start one another; those that start none that counts, and that
    /// none starts, are in no group.
    fn of(files: &[Candidate], read: &BTreeMap<usize, Box<Read>>) -> Self {
        let mut group: HashMap<usize, usize> = HashMap::new();
        let root = |group: &HashMap<usize, usize>, mut at: usize| {
            while let Some(next) = group.get(&at).filter(|next| **next != at) {
                at = *next;
            }
            at
        };
        for (at, _, other) in starts(files, read) {
            let Some(other) = other else { continue };
            let (a, b) = (root(&group, at), root(&group, other));
            group.insert(a.max(b), a.min(b));
            group.entry(a.min(b)).or_insert(a.min(b));
        }
        let mut jobs: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for at in read.keys().filter(|at| group.contains_key(*at)) {
            jobs.entry(root(&group, *at)).or_default().push(*at);
        }
        let counts =
            |job: &Vec<usize>| job.iter().any(|at| read.get(at).is_some_and(|it| it.counts));
        Self { jobs: jobs.into_values().filter(counts).collect() }
    }
}

/// Lists the scripts that are there, started by one of the files, and none of them.
fn started_elsewhere(
    files: &[Candidate],
    read: &BTreeMap<usize, Box<Read>>,
) -> BTreeSet<(String, String)> {
    let is_there = |at: usize, start: &str| {
        let own = files.get(at).and_then(|it| it.path.parent()).unwrap_or(Path::new(""));
        own.join(start).is_file() || Path::new(start).is_file()
    };
    let name = |at: usize| read.get(&at).map(|it| it.source.name().to_owned());
    let elsewhere = |(at, start, other): (usize, &str, Option<usize>)| {
        let found = other.is_none() && is_there(at, start);
        Some((name(at).filter(|_| found)?, start.to_owned()))
    };
    starts(files, read).filter_map(elsewhere).collect()
}

/// Lists what each script starts: the path as it is written, and the file that it is, if it is one of these.
fn starts<'a>(
    files: &'a [Candidate],
    read: &'a BTreeMap<usize, Box<Read>>,
) -> impl Iterator<Item = (usize, &'a str, Option<usize>)> {
    let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, one) in read {
        by_name.entry(base_name(one.source.name())).or_default().push(*at);
    }
    let all = read.iter().flat_map(|(at, one)| one.starts.iter().map(|start| (*at, start)));
    all.map(move |(at, start)| {
        let named = by_name.get(base_name(start)).map(Vec::as_slice).unwrap_or_default();
        (at, start.as_str(), started(files, at, start, named))
    })
}

/// Finds the file that a script starts, among those of its name: the one where the path leads from the
/// script's folder, else the only one that the path may mean.
fn started(files: &[Candidate], at: usize, written: &str, named: &[usize]) -> Option<usize> {
    let own = files.get(at)?;
    let beside = plain(&own.path.parent().unwrap_or(Path::new("")).join(written));
    let place = |other: &usize| files.get(*other).map(|it| plain(&it.path));
    let others = || named.iter().copied().filter(|other| *other != at);
    if let Some(exact) = others().find(|other| place(other).as_ref() == Some(&beside)) {
        return Some(exact);
    }
    let suffix = plain(Path::new(written));
    let has_folder = suffix.components().count() > 1;
    let may_be = |other: &usize| {
        let both = own.named && files.get(*other).is_some_and(|it| it.named);
        both || has_folder && place(other).is_some_and(|it| it.ends_with(&suffix))
    };
    let mut found = others().filter(may_be);
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// A path without `.` and, as far as that can be, without `..`.
fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
