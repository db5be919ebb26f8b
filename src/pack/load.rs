use std::fs;
use std::path::{Path, PathBuf};

use super::check::check;
use super::embedded::{EMBEDDED, EmbeddedPack};
use super::manifest::Manifest;
use super::rule::Pack;
use crate::text::{Faults, Source, nearest};

/// Why a pack could not be had.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// Nothing has this name.
    #[error("there is no pack `{name}`")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What to do instead.
        help: String,
    },
    /// A file of the pack cannot be read.
    #[error("cannot read `{}`: {why}", .path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// The pack's text has faults.
    #[error("the pack has faults")]
    Faulty(Vec<Faults>),
}

/// Loads a pack by name or from a folder: a path wins where a folder of that name exists and the
/// argument looks like a path.
///
/// # Errors
/// See [`PackError`]; every fault of the pack is reported at once.
pub fn load(name: &str) -> Result<Pack, PackError> {
    let (sources, trusted) = match EMBEDDED.iter().find(|pack| pack.name == name) {
        Some(pack) => (embedded_sources(pack), true),
        None => (folder_sources(name)?, false),
    };
    check(&Manifest::read(&sources), &sources, trusted).map_err(PackError::Faulty)
}

fn embedded_sources(pack: &EmbeddedPack) -> Vec<Source> {
    pack.files.iter().map(|(path, text)| Source::new(*path, *text)).collect()
}

fn folder_sources(name: &str) -> Result<Vec<Source>, PackError> {
    let folder = Path::new(name);
    if !folder.exists() {
        return Err(unknown(name));
    }
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |error: std::io::Error| PackError::Unreadable { path, why: error.to_string() }
    };
    let mut files: Vec<PathBuf> = if folder.is_file() {
        vec![folder.to_owned()]
    } else {
        let entries = fs::read_dir(folder).map_err(unreadable(folder))?;
        let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
        paths.filter(|path| path.extension().is_some_and(|ending| ending == "toml")).collect()
    };
    // Alphabetical order would put constraints first; the header belongs first in messages.
    files.sort_by_key(|path| {
        (path.file_name().is_none_or(|name| name != "pack.toml"), path.clone())
    });
    if files.is_empty() {
        let why = "the folder holds no .toml file".to_owned();
        return Err(PackError::Unreadable { path: folder.to_owned(), why });
    }
    files
        .iter()
        .map(|path| {
            let text = fs::read_to_string(path).map_err(unreadable(path))?;
            Ok(Source::new(path.display().to_string(), text))
        })
        .collect()
}

fn unknown(name: &str) -> PackError {
    let known: Vec<&str> = EMBEDDED.iter().map(|pack| pack.name).collect();
    let near = nearest(name, known.iter().copied(), 1);
    let help = match near.first() {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("give a folder, or one of: {}", known.join(", ")),
    };
    PackError::Unknown { name: name.to_owned(), help }
}
