use std::io;
use std::path::Path;

use super::disk::Disk;
use super::journal::{Entry, History, Record, RecordedChange};
use super::problem::Problem;
use super::store::{object, steadily};
use super::write::FileEdit;

/// What takes a transaction back.
#[derive(Debug, Clone, PartialEq)]
pub struct Undoing {
    /// The edits.
    pub edits: Vec<FileEdit>,
    /// What the journal says of them.
    pub record: Record,
}

/// Works out what takes a transaction back. Where a file was changed since, that is refused with
/// the place, unless `force` gives up those changes.
pub fn undoing(
    disk: &dyn Disk,
    root: &Path,
    history: &History,
    entry: &Entry,
    force: bool,
) -> Result<Undoing, Problem> {
    let mut edits = Vec::new();
    for file in &entry.files {
        let path = file.path.inside().ok_or_else(|| {
            Problem::new(format!("the journal names a file elsewhere: `{}`", file.path))
        })?;
        let path = root.join(path);
        let fail = |error: io::Error| Problem::io("undo", &path, &error);
        let real = steadily(|| disk.resolve(&path)).map_err(fail)?;
        if real != path {
            return Err(leads_elsewhere(&path, &real));
        }
        let found = steadily(|| disk.read(&path)).map_err(fail)?;
        let old = object(disk, root, &file.before)?;
        if !force {
            let new = object(disk, root, &file.after)?;
            check_same(history, entry, &path, (&found, &new))?;
        }
        if found != old {
            edits.push(FileEdit { path, before: found, after: old });
        }
    }
    let changes = entry.record.changes.iter().map(|change| RecordedChange {
        key: change.key.clone(),
        before: change.after.clone(),
        after: change.before.clone(),
    });
    let record = Record {
        command: "undo".to_owned(),
        changes: changes.collect(),
        undoes: Some(entry.id),
        ..Record::default()
    };
    Ok(Undoing { edits, record })
}

/// No transaction names a link: what it led to was written, and is named. One that is there now was put there
/// since, or the journal was made by hand to change what the diff does not name.
fn leads_elsewhere(path: &Path, real: &Path) -> Problem {
    let (path, real) = (path.display(), real.display());
    Problem::new(format!("`{path}` leads to `{real}`, which the journal does not name"))
        .helped("no file was changed; the journal holds no links, so one was made since")
}

fn check_same(
    history: &History,
    entry: &Entry,
    path: &Path,
    (found, new): (&[u8], &[u8]),
) -> Result<(), Problem> {
    if found == new {
        return Ok(());
    }
    let lines =
        |text: &'_ [u8]| text.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
    let (found, new) = (lines(found), lines(new));
    let same = found.iter().zip(&new).take_while(|(one, other)| one == other).count();
    let message = format!(
        "{}:{}: changed since transaction {}, so it cannot be undone",
        path.display(),
        same + 1,
        entry.id
    );
    let undone = history.undone();
    let later = history.entries.iter().rev().find(|later| {
        let shared = later.files.iter().any(|it| entry.files.iter().any(|own| own.path == it.path));
        later.id > entry.id
            && shared
            && later.record.undoes.is_none()
            && !undone.contains(&later.id)
    });
    let help = match later {
        Some(later) => format!("transaction {} changed it: undo that first", later.id),
        None => "--force gives up what was changed since; look at the diff first".to_owned(),
    };
    Err(Problem::new(message).helped(help))
}
