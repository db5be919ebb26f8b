//! Bringing a transaction to an end, whoever began it and however far it came.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::journal::Entry;
use super::problem::Problem;
use super::store::{Store, hash, object, steadily};

/// A transaction that has begun. It lies in `.hydrule/pending.json` from before the first file is
/// touched until after the last: its removal is what makes the transaction final.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pending {
    /// The line that the journal gets.
    pub(super) entry: Entry,
    /// For each file, the name of its new text beside it.
    pub(super) temporaries: Vec<String>,
    /// The length of the journal before the line.
    pub(super) journal_length: u64,
}

/// How a transaction that was interrupted has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Every file has its new text.
    Completed,
    /// Every file has its old text.
    TakenBack,
}

/// A transaction that was interrupted, and how it was brought to an end.
#[derive(Debug, Clone, PartialEq)]
pub struct Recovered {
    /// What it was.
    pub entry: Entry,
    /// How it ended.
    pub ending: Ending,
}

/// How far one file came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It has its old text.
    Old,
    /// It has its new text.
    New,
    /// It has another text, from someone who found the old one.
    Taken,
    /// It has another text, and what lay ready for it is gone: it was written after the new one,
    /// or else the new one was never laid beside it.
    Passed,
}

/// A file of a transaction, with its paths.
pub(super) struct Target<'a> {
    pub(super) path: PathBuf,
    pub(super) temporary: PathBuf,
    pub(super) before: &'a str,
    pub(super) after: &'a str,
}

impl Store<'_> {
    /// Brings the transaction that an earlier hydrule left unfinished to its end, if there is one.
    pub fn recover(&self) -> Result<Option<Recovered>, Problem> {
        let path = self.path("pending.json");
        let bytes = match steadily(|| self.disk.read(&path)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Problem::io("read", &path, &error)),
        };
        let pending: Pending = serde_json::from_slice(&bytes).map_err(|error| {
            Problem::new(format!("`{}` is damaged: {error}", path.display()))
                .helped("a transaction was interrupted; compare its files, then remove this one")
        })?;
        let ending = self.settle(&pending, false)?;
        Ok(Some(Recovered { entry: pending.entry, ending }))
    }

    /// Returns the files of a transaction, none of which may lie outside of the tree.
    pub(super) fn targets<'a>(&self, pending: &'a Pending) -> Result<Vec<Target<'a>>, Problem> {
        let strange = || {
            let message =
                format!("`{}` names files elsewhere", self.path("pending.json").display());
            Problem::new(message).helped("no hydrule has written that; remove it")
        };
        let pairs = pending.entry.files.iter().zip(&pending.temporaries);
        let mut targets = Vec::new();
        for (file, temporary) in pairs {
            let path = self.root.join(file.path.inside().ok_or_else(strange)?);
            let folder = path.parent().ok_or_else(strange)?;
            let real = steadily(|| self.disk.resolve(folder))
                .map_err(|error| Problem::io("read", folder, &error))?;
            if !real.starts_with(&self.root)
                || !temporary.starts_with(".hydrule-")
                || temporary.contains('/')
            {
                return Err(strange());
            }
            targets.push(Target {
                temporary: folder.join(temporary),
                path,
                before: &file.before,
                after: &file.after,
            });
        }
        Ok(targets)
    }

    /// Completes a transaction that has changed a file already, where it can; takes back every
    /// other, and also this one when `back` asks for it. What someone else wrote since stays.
    pub(super) fn settle(&self, pending: &Pending, back: bool) -> Result<Ending, Problem> {
        let targets = self.targets(pending)?;
        let stages = targets.iter().map(|it| self.stage(it)).collect::<Result<Vec<_>, _>>()?;
        let at = |wanted: Stage| {
            let pairs = targets.iter().zip(&stages).filter(move |(_, stage)| **stage == wanted);
            pairs.map(|(target, _)| target)
        };
        let ready = at(Stage::Old)
            .all(|it| self.hash_of(&it.temporary).is_ok_and(|found| found == it.after));
        // The journal's line comes before any file changes, and the files change in their order.
        let begun = matches!(stages.first(), Some(Stage::New | Stage::Passed))
            && self.line(pending)?.holds(&pending.entry);
        if begun && ready && !back && !stages.contains(&Stage::Taken) {
            at(Stage::Old).try_for_each(|target| self.replace(target))?;
            self.close(&targets)?;
            return Ok(Ending::Completed);
        }
        at(Stage::New).try_for_each(|target| self.restore(target))?;
        targets.iter().try_for_each(|target| self.remove(&target.temporary))?;
        self.remove_line(pending)?;
        self.close(&targets)?;
        Ok(Ending::TakenBack)
    }

    fn stage(&self, target: &Target<'_>) -> Result<Stage, Problem> {
        match self.hash_of(&target.path).as_deref() {
            Ok(found) if found == target.after => Ok(Stage::New),
            Ok(found) if found == target.before => Ok(Stage::Old),
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Problem::io("read", &target.path, error))
            }
            _ if steadily(|| self.disk.inode(&target.temporary, false)).is_ok() => Ok(Stage::Taken),
            _ => Ok(Stage::Passed),
        }
    }

    fn hash_of(&self, path: &Path) -> io::Result<String> {
        steadily(|| self.disk.read(path)).map(|bytes| hash(&bytes))
    }

    /// Gives a file its new text, which lies ready beside it, unless it was changed meanwhile.
    pub(super) fn replace(&self, target: &Target<'_>) -> Result<(), Problem> {
        let fail = |error: io::Error| Problem::io("write", &target.path, &error);
        if self.hash_of(&target.path).map_err(fail)? != target.before {
            return Err(Problem::io("write", &target.path, &changed_meanwhile()));
        }
        steadily(|| self.disk.rename(&target.temporary, &target.path)).map_err(fail)
    }

    /// Gives a file its old text back.
    fn restore(&self, target: &Target<'_>) -> Result<(), Problem> {
        let text = object(self.disk, &self.root, target.before)?;
        self.remove(&target.temporary)?;
        self.create(&target.temporary, &text, Some(&target.path))?;
        steadily(|| self.disk.rename(&target.temporary, &target.path))
            .map_err(|error| Problem::io("write", &target.path, &error))
    }

    /// Compares the journal with the transaction's line.
    fn line(&self, pending: &Pending) -> Result<Line, Problem> {
        let mut journal = self.journal()?;
        let length = usize::try_from(pending.journal_length).unwrap_or(usize::MAX);
        let found = journal.split_off(length.min(journal.len()));
        // A line that a crash has torn stays, and is reported, but spoils no other.
        let torn = !journal.is_empty() && !journal.ends_with(b"\n");
        let mut wanted = if torn { b"\n".to_vec() } else { Vec::new() };
        wanted.extend(json(&pending.entry)?);
        wanted.push(b'\n');
        Ok(Line { wanted, found })
    }

    /// Writes the transaction's line.
    pub(super) fn write_line(&self, pending: &Pending) -> Result<(), Problem> {
        let line = self.line(pending)?;
        self.append(&self.path("journal.jsonl"), &line.wanted)?;
        self.sync_folder(&self.folder())
    }

    /// Removes the transaction's line, or what there is of it.
    fn remove_line(&self, pending: &Pending) -> Result<(), Problem> {
        if self.line(pending)?.found.is_empty() {
            return Ok(());
        }
        let path = self.path("journal.jsonl");
        steadily(|| self.disk.truncate(&path, pending.journal_length))
            .map_err(|error| Problem::io("write", &path, &error))
    }

    /// Makes the end of a transaction final.
    pub(super) fn close(&self, targets: &[Target<'_>]) -> Result<(), Problem> {
        self.sync_folders(targets)?;
        self.remove(&self.path("pending.json"))?;
        // Should this be lost, the next start finds everything done, and removes it again.
        let _ = self.sync_folder(&self.folder());
        Ok(())
    }

    pub(super) fn sync_folders(&self, targets: &[Target<'_>]) -> Result<(), Problem> {
        let mut folders: Vec<&Path> = targets.iter().filter_map(|it| it.path.parent()).collect();
        folders.sort();
        folders.dedup();
        folders.into_iter().try_for_each(|folder| self.sync_folder(folder))
    }
}

/// The end of the journal, where a transaction's line stands or will stand.
struct Line {
    wanted: Vec<u8>,
    found: Vec<u8>,
}

impl Line {
    /// Compares what the lines say: numbers may be written in other ways.
    fn holds(&self, entry: &Entry) -> bool {
        self.found.ends_with(b"\n")
            && serde_json::from_slice::<Entry>(&self.found).is_ok_and(|found| found == *entry)
    }
}

/// Writes something as one line of JSON.
pub(super) fn json(value: &impl Serialize) -> Result<Vec<u8>, Problem> {
    serde_json::to_vec(value)
        .map_err(|error| Problem::new(format!("cannot write the journal: {error}")))
}

pub(super) fn changed_meanwhile() -> io::Error {
    io::Error::other("it was changed after it was read")
}
