//! `hydrule log` and `hydrule undo`.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::Done;
use super::args::{LogArgs, OutputFormat, UndoArgs};
use super::chain::learn_secrets;
use super::commit::{commit_edits, recover};
use super::console::Console;
use super::error::CliError;
use crate::report::{FileChange, Paint, unified_diff};
use crate::text::{Fault, Span};
use crate::transaction::{
    Disk, Entry, FOLDER, FileEdit, History, LocalDisk, RecordedChange, find_root, history, undoing,
};

/// `hydrule log`.
pub fn log(args: &LogArgs, console: &mut Console) -> Result<Done, CliError> {
    let (root, history) = read(&args.folder, console)?;
    let undone = history.undone();
    let newest_first = history.entries.iter().rev();
    match args.output_format {
        OutputFormat::Json => {
            let entries = newest_first.map(|entry| {
                let mut line = json!(entry);
                if let Some(fields) = line.as_object_mut() {
                    fields.insert("undone".to_owned(), undone.contains(&entry.id).into());
                }
                line
            });
            let damaged =
                history.damaged.iter().map(|(line, why)| json!({"line": line, "why": why}));
            let log = json!({
                "format": 1,
                "root": root.to_string_lossy(),
                "transactions": entries.collect::<Vec<_>>(),
                "damaged": damaged.collect::<Vec<_>>(),
            });
            console.print(&format!("{log:#}\n"))?;
        }
        OutputFormat::Full => {
            let paint = Paint::new(console.out);
            let all: String =
                newest_first.map(|entry| shown(entry, undone.contains(&entry.id), paint)).collect();
            console.page(&all)?;
            if history.entries.is_empty() {
                console.say("Nothing has been written here.\n");
            }
        }
    }
    Ok(Done::Clean)
}

/// Shows a transaction: a line about it, then the keys it changed.
fn shown(entry: &Entry, undone: bool, paint: Paint) -> String {
    let what = match entry.record.undoes {
        Some(id) => format!("undo of {id}"),
        None => entry.record.command.clone(),
    };
    let time = entry.time.replace('T', " ").replace('Z', " UTC");
    let names: Vec<String> = entry.files.iter().map(|file| file.path.to_string()).collect();
    let mut text = format!(
        "{}  {}  {}  {}{}\n",
        paint.strong(&format!("{:>3}", entry.id)),
        paint.faint(&time),
        paint.name(&what),
        names.join(", "),
        if undone { paint.warn("  undone") } else { String::new() }
    );
    for step in &entry.record.steps {
        text.push_str(&format!("       {}\n", paint.faint(&step.rule)));
    }
    for RecordedChange { key, before, after } in &entry.record.changes {
        let value = |text: &Option<String>| match text {
            Some(text) => text.split_once('=').map_or(text.as_str(), |(_, value)| value).to_owned(),
            None => "(not set)".to_owned(),
        };
        let (before, after) = (paint.gone(&value(before)), paint.good(&value(after)));
        text.push_str(&format!("       {key}  {before} → {after}\n"));
    }
    text
}

/// `hydrule undo`.
pub fn undo(args: &UndoArgs, console: &mut Console) -> Result<Done, CliError> {
    let (root, history) = read(&args.folder, console)?;
    let Some(entry) = chosen(args, &history)? else {
        console.say("Nothing to undo.\n");
        return Ok(Done::Clean);
    };
    let undoing = undoing(&LocalDisk, &root, &history, entry, args.force)?;
    let paint = Paint::new(console.err);
    let title = format!("Undo of {} ({}, {})", entry.id, entry.record.command, entry.time);
    console.say(&format!("{}\n", paint.strong(&title)));
    if undoing.edits.is_empty() {
        console.say("Nothing to do: the files are so already.\n");
        return Ok(Done::Clean);
    }
    let edits: Vec<FileEdit> = undoing.edits.into_iter().map(near).collect();
    for edit in &edits {
        let change = change(edit);
        learn_secrets(&change.path, &change.before);
        learn_secrets(&change.path, &change.after);
        console.print(&unified_diff(&change, Paint::new(console.out)))?;
    }
    if !args.write {
        console.say(&paint.faint("Nothing was written; --write makes the change.\n"));
        return Ok(Done::Proposed);
    }
    commit_edits(&edits, undoing.record, console)?;
    Ok(Done::Clean)
}

/// Finds and reads the journal; what was interrupted is brought to its end first.
fn read(folder: &Path, console: &mut Console) -> Result<(PathBuf, History), CliError> {
    let at_folder = |why: String| {
        let shown = folder.display().to_string();
        let fault = Fault::new("hydrule::journal::folder", Span::at(0), why);
        CliError::at_word(&shown, fault.labelled("not the folder of a tree"))
    };
    let real = LocalDisk
        .resolve(folder)
        .map_err(|error| at_folder(format!("cannot read `{}`: {error}", folder.display())))?;
    let Some(root) = find_root(&LocalDisk, &real) else {
        let message = format!("no `{FOLDER}` in `{}` or a folder around it", real.display());
        return Err(CliError::plain(message).helped(
            "nothing was written there; --folder names a folder of the tree that was written",
        ));
    };
    recover(&root, true, console)?;
    let history = history(&LocalDisk, &root)?;
    let paint = Paint::new(console.err);
    for (line, why) in &history.damaged {
        let path = root.join(FOLDER).join("journal.jsonl");
        console.say(&format!(
            "{} {}:{line}: this line of the journal cannot be read and is left out: {why}\n",
            paint.warn("!"),
            path.display()
        ));
    }
    Ok((root, history))
}

fn chosen<'a>(args: &UndoArgs, history: &'a History) -> Result<Option<&'a Entry>, CliError> {
    let Some(id) = args.id else { return Ok(history.latest()) };
    let fault = |message: String| Fault::new("hydrule::journal::id", Span::at(0), message);
    let Some(entry) = history.get(id) else {
        let fault = fault(format!("there is no transaction {id}"));
        let fault = fault.labelled("no such transaction").helped("`hydrule log` lists them");
        return Err(CliError::at_word(&id.to_string(), fault));
    };
    if history.undone().contains(&id) {
        let fault = fault(format!("transaction {id} is undone already"));
        let by = history.entries.iter().rev().find(|it| it.record.undoes == Some(id));
        let fault = match by {
            Some(by) => fault.helped(format!("`hydrule undo {}` makes it again", by.id)),
            None => fault,
        };
        return Err(CliError::at_word(&id.to_string(), fault.labelled("undone")));
    }
    Ok(Some(entry))
}

/// Names a file from the working directory, where it lies below that.
fn near(edit: FileEdit) -> FileEdit {
    let here = std::env::current_dir().and_then(|here| LocalDisk.resolve(&here));
    let path = here.ok().and_then(|here| edit.path.strip_prefix(here).ok().map(Path::to_owned));
    FileEdit { path: path.unwrap_or_else(|| edit.path.clone()), ..edit }
}

fn change(edit: &FileEdit) -> FileChange {
    FileChange {
        path: edit.path.display().to_string(),
        before: String::from_utf8_lossy(&edit.before).into_owned(),
        after: String::from_utf8_lossy(&edit.after).into_owned(),
    }
}
