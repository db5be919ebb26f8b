//! The packs of the current folder: itself, and those in `rules/`.

use std::path::{Path, PathBuf};

use super::error::CliError;
use super::files::entries_in;
use crate::text::{Fault, Span, nearest};

/// The file that makes a folder a pack.
const HEADER: &str = "pack.toml";

/// Tells whether a folder is a pack.
pub fn is_pack(folder: &Path) -> bool {
    folder.join(HEADER).is_file()
}

/// The folder that holds the packs of a repository.
pub const RULES: &str = "rules";

/// Finds the folders of packs: those that are named, else those in and under the current folder.
///
/// # Errors
/// Names that are no folder of a pack, and nothing found at all.
pub fn folders(names: &[String]) -> Result<Vec<PathBuf>, CliError> {
    if !names.is_empty() {
        return names.iter().map(|name| named(name)).collect();
    }
    if is_pack(Path::new(".")) {
        return Ok(vec![PathBuf::from(".")]);
    }
    let found = in_rules()?;
    if found.is_empty() {
        return Err(CliError::plain(
            "there is no pack here: no pack.toml, no rules/NAME/pack.toml",
        )
        .helped("give the folder of a pack"));
    }
    Ok(found)
}

/// Lists the folders of packs in `rules/`.
///
/// # Errors
/// A folder that cannot be read.
pub fn in_rules() -> Result<Vec<PathBuf>, CliError> {
    let folders = entries_in(Path::new(RULES))?.into_iter();
    Ok(folders.filter(|folder| is_pack(folder)).collect())
}

fn named(name: &str) -> Result<PathBuf, CliError> {
    let here = Path::new(name);
    let under = Path::new(RULES).join(name);
    if let Some(folder) = [here, &under].into_iter().find(|it| is_pack(it)) {
        return Ok(folder.to_owned());
    }
    let message = match here.is_dir() {
        true => format!("`{name}` is no pack: it has no pack.toml"),
        false => format!("there is no pack `{name}` here"),
    };
    let fault = Fault::new("hydrule::test::no_pack", Span::at(0), message);
    let known: Vec<String> = in_rules()?
        .iter()
        .filter_map(|it| Some(it.file_name()?.to_string_lossy().into_owned()))
        .collect();
    let fault = match nearest(name, known.iter().map(String::as_str), 1).first() {
        Some(near) => fault.helped(format!("did you mean `{near}`?")),
        None => fault.helped("give the folder of a pack, or the name of a folder in rules/"),
    };
    Err(CliError::at_word(name, fault.labelled("no pack")))
}
