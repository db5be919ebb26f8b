use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::clock::rfc3339;
use super::disk::{Disk, Kind};
use super::journal::{Entry, FileRecord, History, PathName, Record};
use super::problem::Problem;
use super::settle::{Pending, Recovered, changed_meanwhile, json};
use super::store::{Store, hash, root_of, steadily};

/// A file's text before, as it was read, and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEdit {
    /// The file; a link stands for what it leads to.
    pub path: PathBuf,
    /// The text that was read.
    pub before: Vec<u8>,
    /// The text to write.
    pub after: Vec<u8>,
}

/// A transaction that was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// Its line in the journal.
    pub entry: Entry,
    /// The folder whose journal it is in.
    pub root: PathBuf,
    /// An earlier one that was brought to its end before.
    pub recovered: Option<Recovered>,
    /// What the user should know besides.
    pub remarks: Vec<String>,
}

/// Writes all files, or none, and records it.
pub fn write(
    disk: &dyn Disk,
    edits: &[FileEdit],
    record: Record,
    now: SystemTime,
) -> Result<Written, Problem> {
    let paths = edits.iter().map(|edit| target(disk, edit)).collect::<Result<Vec<_>, _>>()?;
    check_distinct(edits, &paths)?;
    let root = root_of(disk, &paths).ok_or_else(|| Problem::new("there is nothing to write"))?;
    let store = Store::open(disk, root, &record.command, now)?;
    let recovered = store.recover()?;
    for (edit, path) in edits.iter().zip(&paths) {
        check_unchanged(disk, edit, path)?;
    }
    let pending = store.intend(edits, &paths, record, now)?;
    if let Err(problem) = store.carry_out(&pending, edits) {
        return Err(store.take_back(&pending, problem));
    }
    Ok(Written {
        entry: pending.entry,
        root: store.root.clone(),
        recovered,
        remarks: store.remarks,
    })
}

/// Refuses what is there but is no regular file.
pub fn check_regular(disk: &dyn Disk, path: &Path) -> Result<(), Problem> {
    let why = match steadily(|| disk.inode(path, true)).map(|inode| inode.kind) {
        Ok(Kind::Folder) => "it is a folder",
        Ok(Kind::Link | Kind::Other) => "it is not a regular file",
        Ok(Kind::File) | Err(_) => return Ok(()),
    };
    Err(Problem::io("write", path, &io::Error::other(why)))
}

/// Finds the file that an edit is for and refuses what cannot be replaced without loss.
fn target(disk: &dyn Disk, edit: &FileEdit) -> Result<PathBuf, Problem> {
    let fail = |error: io::Error| Problem::io("write", &edit.path, &error);
    let path = steadily(|| disk.resolve(&edit.path)).map_err(fail)?;
    check_regular(disk, &path)?;
    let inode = steadily(|| disk.inode(&path, true)).map_err(fail)?;
    if inode.names > 1 {
        let names = inode.names;
        let why =
            format!("it has {names} names (hard links), and the others would keep the old text");
        return Err(fail(io::Error::other(why)).helped(
            "no file was changed; `cp FILE NEW && mv NEW FILE` makes it a file of its own",
        ));
    }
    steadily(|| disk.check_writable(&path)).map_err(fail)?;
    Ok(path)
}

fn check_distinct(edits: &[FileEdit], paths: &[PathBuf]) -> Result<(), Problem> {
    for (index, path) in paths.iter().enumerate() {
        let Some(first) = paths.iter().position(|it| it == path).filter(|it| *it < index) else {
            continue;
        };
        let names = [first, index].map(|at| edits.get(at).map(|it| it.path.display().to_string()));
        let [Some(one), Some(other)] = names else { continue };
        return Err(Problem::new(format!("`{one}` and `{other}` are the same file")));
    }
    Ok(())
}

fn check_unchanged(disk: &dyn Disk, edit: &FileEdit, path: &Path) -> Result<(), Problem> {
    let fail = |error: io::Error| Problem::io("write", &edit.path, &error);
    if steadily(|| disk.read(path)).map_err(fail)? == edit.before {
        return Ok(());
    }
    Err(fail(changed_meanwhile()).helped("no file was changed; run it again on the new text"))
}

impl Store<'_> {
    /// Keeps both texts of each file, and says what the transaction will be.
    fn intend(
        &self,
        edits: &[FileEdit],
        paths: &[PathBuf],
        record: Record,
        now: SystemTime,
    ) -> Result<Pending, Problem> {
        let of = |(edit, path)| {
            let FileEdit { before, after, .. }: &FileEdit = edit;
            let path: &PathBuf = path;
            [(before.as_slice(), path.as_path()), (after.as_slice(), path.as_path())]
        };
        self.keep(edits.iter().zip(paths).flat_map(of))?;
        let files = edits.iter().zip(paths).map(|(edit, path)| FileRecord {
            path: PathName::new(path.strip_prefix(&self.root).unwrap_or(path)),
            before: hash(&edit.before),
            after: hash(&edit.after),
        });
        let journal = self.journal()?;
        let id = History::read(&journal).next_id();
        let process = std::process::id();
        Ok(Pending {
            entry: Entry::new(id, rfc3339(now), record, files.collect()),
            temporaries: (0..edits.len())
                .map(|it| format!(".hydrule-{id}-{it}-{process}"))
                .collect(),
            journal_length: journal.len() as u64,
        })
    }

    /// Makes the transaction. Everything that may need room on the disk comes before the first
    /// file is touched.
    fn carry_out(&self, pending: &Pending, edits: &[FileEdit]) -> Result<(), Problem> {
        let targets = self.targets(pending)?;
        self.put(&self.path("pending.json"), &json(pending)?, &self.folder())?;
        for (target, edit) in targets.iter().zip(edits) {
            self.create(&target.temporary, &edit.after, Some(&target.path))?;
        }
        self.sync_folders(&targets)?;
        self.write_line(pending)?;
        for target in &targets {
            self.replace(target)?;
        }
        self.close(&targets)
    }

    /// Makes every file old again after a failure, and says so.
    fn take_back(&self, pending: &Pending, problem: Problem) -> Problem {
        match self.settle(pending, true) {
            Ok(_) => problem,
            Err(second) => Problem {
                help: format!(
                    "taking it back failed too: {}; the next hydrule that writes here, or `hydrule \
                     log`, brings it to its end",
                    second.message
                ),
                ..problem
            },
        }
    }
}

/// Returns whether a transaction in the tree of these files waits to be brought to its end.
pub fn is_unfinished(disk: &dyn Disk, root: &Path) -> bool {
    let path = root.join(super::store::FOLDER).join("pending.json");
    steadily(|| disk.inode(&path, false)).is_ok()
}
