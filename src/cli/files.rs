//! Files: read whole, written all or none.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::error::CliError;
use crate::report::FileChange;
use crate::text::{Fault, Source, Span, nearest};

/// Reads a script, which must be UTF-8 so that edits keep every other byte.
pub fn read_script(path: &Path) -> Result<Source, CliError> {
    let bytes = fs::read(path).map_err(|error| unreadable(path, &error))?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source::new(path.display().to_string(), text)),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let before = error.as_bytes().get(..at).unwrap_or_default();
            let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
            let message = format!("`{}` is not UTF-8 at line {line}, byte {at}", path.display());
            let fault = Fault::new("hydrule::file::not_utf8", Span::at(0), message);
            Err(CliError::at_word(&path.display().to_string(), fault.labelled("not a text file")))
        }
    }
}

/// Reads a file that may be missing.
pub fn read_if_there(path: &Path) -> Result<Option<Source>, CliError> {
    if path.is_file() { read_script(path).map(Some) } else { Ok(None) }
}

/// Lists the folders in a folder; none where it cannot be read.
pub fn folders_in(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
}

/// The longest file that a script takes in and that is read.
const LONGEST: u64 = 1 << 20;

/// Reads a file that a script takes in; none where it is no text.
pub fn read_taken_in(path: &Path) -> Option<Source> {
    let about = fs::metadata(path).ok()?;
    let text =
        (about.is_file() && about.len() <= LONGEST).then(|| fs::read_to_string(path).ok())??;
    Some(Source::new(path.display().to_string(), text))
}

/// Reads a log; bytes that are not UTF-8 become replacement characters. `-` is standard input.
pub fn read_log(path: &Path) -> Result<Source, CliError> {
    let mut bytes = Vec::new();
    let (name, read) = if path == Path::new("-") {
        ("standard input".to_owned(), io::stdin().lock().read_to_end(&mut bytes).map(drop))
    } else {
        let whole = fs::read(path).map(|read| bytes = read);
        (path.display().to_string(), whole)
    };
    read.map_err(|error| unreadable(path, &error))?;
    Ok(Source::new(name, String::from_utf8_lossy(&bytes).into_owned()))
}

fn unreadable(path: &Path, error: &io::Error) -> CliError {
    let why = match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    };
    let shown = path.display().to_string();
    let message = format!("cannot read `{shown}`: {why}");
    let fault = Fault::new("hydrule::file::unreadable", Span::at(0), message).labelled(why);
    let fault = match neighbour(path) {
        Some(near) => fault.helped(format!("did you mean `{}`?", near.display())),
        None => fault,
    };
    CliError::at_word(&shown, fault)
}

/// Finds a file beside the wanted one with nearly its name.
fn neighbour(path: &Path) -> Option<PathBuf> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let entries = fs::read_dir(folder.unwrap_or(Path::new("."))).ok()?;
    let names: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    let wanted = path.file_name()?.to_string_lossy().into_owned();
    let near = nearest(&wanted, names.iter().map(String::as_str), 1);
    near.first().filter(|near| **near != wanted).map(|near| path.with_file_name(near))
}

/// Writes all files, or none: each new text goes to a temporary file in the same folder first,
/// and only when all are on the disk do they take the old ones' places.
pub fn write_all(changes: &[FileChange]) -> Result<(), CliError> {
    let mut ready: Vec<(PathBuf, PathBuf)> = Vec::new();
    let mut failed = None;
    for change in changes {
        // A link keeps pointing where it did: its target is replaced.
        let written = fs::canonicalize(&change.path).and_then(|target| {
            unchanged(&target, &change.before)?;
            Ok((prepare(&target, &change.after)?, target))
        });
        match written {
            Ok(pair) => ready.push(pair),
            Err(error) => {
                failed = Some((change.path.clone(), error));
                break;
            }
        }
    }
    if failed.is_none() {
        let mut done: Vec<(&Path, &str)> = Vec::new();
        for ((temporary, target), change) in ready.iter().zip(changes) {
            if let Err(error) = fs::rename(temporary, target) {
                // Give back what was replaced already.
                for (path, before) in done {
                    let _ = fs::write(path, before);
                }
                failed = Some((change.path.clone(), error));
                break;
            }
            done.push((target, &change.before));
        }
    }
    let Some((path, error)) = failed else { return Ok(()) };
    for (temporary, _) in &ready {
        let _ = fs::remove_file(temporary);
    }
    let message = format!("cannot write `{path}`: {error}");
    Err(CliError::plain(message).helped("no file was changed"))
}

fn unchanged(target: &Path, before: &str) -> io::Result<()> {
    if fs::read(target)? == before.as_bytes() {
        return Ok(());
    }
    Err(io::Error::other("it changed while it was being read"))
}

fn prepare(target: &Path, text: &str) -> io::Result<PathBuf> {
    let name =
        target.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let temporary = target.with_file_name(format!(".{name}.hydrule-{}", std::process::id()));
    let write = || {
        let mut file = fs::OpenOptions::new().write(true).create_new(true).open(&temporary)?;
        file.write_all(text.as_bytes())?;
        file.set_permissions(fs::metadata(target)?.permissions())?;
        file.sync_all()
    };
    match write() {
        Ok(()) => Ok(temporary),
        Err(error) => {
            let _ = fs::remove_file(&temporary);
            Err(error)
        }
    }
}
