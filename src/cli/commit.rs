//! Writing what a command decided, as a transaction.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::console::Console;
use super::error::CliError;
use super::job::Job;
use crate::engine::{Plan, tried_record};
use crate::report::{FileChange, Paint};
use crate::text::{count, shell_word};
use crate::transaction::{
    Disk, Ending, FileEdit, LocalDisk, Problem, Record, RecordedChange, RecordedStep, Recovered,
    Store, check_regular, find_root, is_unfinished, root_of, write,
};

impl From<Problem> for CliError {
    fn from(problem: Problem) -> Self {
        Self::plain(problem.message).helped(problem.help)
    }
}

/// Deals with a transaction that an earlier run left unfinished in the tree of these files, before
/// they are read: a run that writes brings it to its end, any other says that it is there. What
/// can never be written is refused before it is read: a pipe might never end.
pub fn begin(files: &[PathBuf], writes: bool, console: &mut Console) -> Result<(), CliError> {
    for file in files.iter().filter(|file| writes && !file.is_dir()) {
        check_regular(&LocalDisk, file)?;
    }
    let real: Vec<PathBuf> = files.iter().filter_map(|it| LocalDisk.resolve(it).ok()).collect();
    let Some(root) = root_of(&LocalDisk, &real) else { return Ok(()) };
    recover(&root, writes, console)
}

/// Does the same for a tree.
pub fn recover(root: &Path, writes: bool, console: &mut Console) -> Result<(), CliError> {
    if !is_unfinished(&LocalDisk, root) {
        return Ok(());
    }
    if !writes {
        let paint = Paint::new(console.err);
        let text = "a hydrule is writing here, or was interrupted; `hydrule log` brings what it left \
                    to its end";
        console.say(&format!("{} {text}\n", paint.warn("!")));
        return Ok(());
    }
    let store = Store::open(&LocalDisk, root.to_owned(), "recovery", SystemTime::now())?;
    if let Some(recovered) = store.recover()? {
        say_recovered(&recovered, console);
    }
    Ok(())
}

fn say_recovered(recovered: &Recovered, console: &mut Console) {
    let entry = &recovered.entry;
    let ending = match recovered.ending {
        Ending::Completed => "it is completed now",
        Ending::TakenBack => "every file is as it was before it",
    };
    let names: Vec<String> = entry.files.iter().map(|file| file.path.to_string()).collect();
    let paint = Paint::new(console.err);
    console.tell(&format!(
        "{} Transaction {} ({}, {}, on {}) was interrupted; {ending}.\n",
        paint.warn("!"),
        entry.id,
        entry.record.command,
        entry.time,
        names.join(", ")
    ));
}

/// Writes all changes or none, and says what was done and how to undo it.
pub fn commit(
    files: &[PathBuf],
    changes: &[FileChange],
    record: Record,
    console: &mut Console,
) -> Result<(), CliError> {
    let edits = changes.iter().map(|change| edit(files, change)).collect::<Result<Vec<_>, _>>()?;
    commit_edits(&edits, record, console)
}

/// Writes all edits or none, and says what was done and how to undo it.
pub fn commit_edits(
    edits: &[FileEdit],
    record: Record,
    console: &mut Console,
) -> Result<(), CliError> {
    let written = write(&LocalDisk, edits, record, SystemTime::now())?;
    let paint = Paint::new(console.err);
    if let Some(recovered) = &written.recovered {
        say_recovered(recovered, console);
    }
    for remark in &written.remarks {
        console.say(&format!("{} {remark}\n", paint.warn("!")));
    }
    let names: Vec<String> = edits.iter().map(|edit| edit.path.display().to_string()).collect();
    let done = format!("Wrote {}: {}.", count(names.len(), "file"), names.join(", "));
    let mut undo = format!("hydrule undo {}", written.entry.id);
    let here = std::env::current_dir().and_then(|here| LocalDisk.resolve(&here));
    // A repository inside of another one has a journal of its own.
    let root = here.ok().and_then(|here| find_root(&LocalDisk, &here));
    if root.as_ref() != Some(&written.root) {
        undo.push_str(&format!(" --folder {}", shell_word(&written.root.to_string_lossy())));
    }
    let hint = format!("`{undo}` shows what takes it back.");
    console.tell(&format!("{} {}\n", paint.good(&done), paint.faint(&hint)));
    Ok(())
}

/// Finds the file that a change is for: what is shown of a name that is not UTF-8 is not its name.
fn edit(files: &[PathBuf], change: &FileChange) -> Result<FileEdit, CliError> {
    let mut found = files.iter().filter(|file| file.display().to_string() == change.path);
    let path = found.next().cloned().unwrap_or_else(|| PathBuf::from(&change.path));
    if found.any(|other| *other != path) {
        let message = format!("several files look like `{}`", change.path);
        return Err(CliError::plain(message).helped("no file was changed; rename them"));
    }
    let (before, after) = (change.before.clone().into_bytes(), change.after.clone().into_bytes());
    Ok(FileEdit { path, before, after })
}

/// Says for the journal what a plan does, and after which failed run.
pub fn planned(job: &Job, plan: &Plan) -> Record {
    let pack = &job.pack;
    let record = |id: &str, why: Option<&str>| RecordedStep {
        rule: format!("{}/{id}", pack.name),
        why: why.unwrap_or_default().to_owned(),
    };
    let repaired = |id: &String| {
        let broken = plan.requirements.iter().find(|requirement| requirement.id == *id);
        record(id, broken.map(|it| it.message.as_str()))
    };
    let repair = plan.repair.as_ref().filter(|repair| repair.asked);
    let repair = repair.and_then(|repair| repair.outcome.as_ref().ok());
    let mut steps: Vec<RecordedStep> =
        repair.into_iter().flat_map(|it| it.repaired_by.iter().map(repaired)).collect();
    for step in &plan.steps {
        let option = pack.options.iter().find(|option| option.id == step.option);
        steps.push(record(&step.option, option.map(|option| option.why.as_ref())));
        steps.extend(step.applied.repaired_by.iter().map(repaired));
    }
    let keys = plan.changes.iter().map(|change| RecordedChange {
        key: change.key.clone(),
        before: change.before.clone(),
        after: change.after.clone(),
    });
    let directives = plan.directives.iter().map(|(name, before, after)| RecordedChange {
        key: format!("$sbatch.{name}"),
        before: Some(before.value.to_string()),
        after: Some(after.value.to_string()),
    });
    Record {
        command: "rewrite".to_owned(),
        steps,
        changes: keys.chain(directives).collect(),
        tried: tried_record(&job.state, &job.world),
        ..Record::default()
    }
}
