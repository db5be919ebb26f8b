//! Files: read whole.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::error::CliError;
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

/// Lists what is in a folder, in order of the names; nothing where there is no such folder.
pub fn entries_in(path: &Path) -> Result<Vec<PathBuf>, CliError> {
    let told = |error| CliError::plain(format!("cannot read `{}`: {error}", path.display()));
    if !path.exists() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(path).map_err(told)?.map(|entry| entry.map(|it| it.path()));
    let mut paths: Vec<PathBuf> = entries.collect::<Result<_, _>>().map_err(told)?;
    paths.sort();
    Ok(paths)
}

/// Reads a text, or says why it cannot be read. A log may hold bytes that are no text.
pub fn read_text(path: &Path, log: bool) -> Result<Source, String> {
    let bytes = fs::read(path).map_err(|error| why_unreadable(&error))?;
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if log => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        Err(error) => {
            return Err(format!("it is not UTF-8 at byte {}", error.utf8_error().valid_up_to()));
        }
    };
    Ok(Source::new(path.display().to_string(), text))
}

/// Writes a file that hydrule keeps for itself, and the folders above it.
pub fn write_text(path: &Path, text: &str) -> Result<(), CliError> {
    let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
    folder
        .and_then(|()| fs::write(path, text))
        .map_err(|error| CliError::plain(format!("cannot write `{}`: {error}", path.display())))
}

/// Removes such a file, if it is there.
pub fn remove_file(path: &Path) -> Result<(), CliError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(CliError::plain(format!("cannot remove `{}`: {error}", path.display())))
        }
        _ => Ok(()),
    }
}

/// Tells when a file was changed last, if anything does.
pub fn changed_at(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).ok()?.modified().ok()
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
    let why = why_unreadable(error);
    let shown = path.display().to_string();
    let message = format!("cannot read `{shown}`: {why}");
    let fault = Fault::new("hydrule::file::unreadable", Span::at(0), message).labelled(why);
    let fault = match neighbour(path) {
        Some(near) => fault.helped(format!("did you mean `{}`?", near.display())),
        None => fault,
    };
    CliError::at_word(&shown, fault)
}

fn why_unreadable(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
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
