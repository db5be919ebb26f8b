//! The packs to test, with their cases and the place of their snapshots.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cases::{Case, FolderFile, check_rules, read_cases, read_folder, repeated};
use crate::cli::error::CliError;
use crate::cli::files::{entries_in, read_taken_in, read_text};
use crate::cli::packs_here::RULES;
use crate::pack::{self, Pack, lies_in};
use crate::text::{Faults, Source};

/// A pack and all of its cases.
pub struct TestPack {
    /// The folder's name, which also names the folder of the snapshots.
    pub name: String,
    /// The rules.
    pub pack: Arc<Pack>,
    /// The cases, in order of their files.
    pub cases: Vec<Case>,
    /// Where the snapshots are.
    pub snapshots: PathBuf,
    /// The folder of the pack.
    pub folder: PathBuf,
}

impl TestPack {
    /// Tells whether there is anything that a case could show to fire.
    pub fn has_rules(&self) -> bool {
        !self.pack.options.is_empty() || !self.pack.requirements.is_empty()
    }
}

/// The file in `cases/` that says which mutants need not be noticed.
pub const SURVIVORS: &str = "survivors.toml";

/// Loads a pack and reads its cases.
///
/// # Errors
/// Every fault of the pack; or else every fault of its cases.
pub fn load(folder: &Path) -> Result<TestPack, CliError> {
    let shown = folder.display().to_string();
    let pack = pack::load(&shown).map_err(|error| CliError::pack(&shown, error))?;
    let (mut cases, mut faulty) = (Vec::new(), Vec::new());
    for path in entries_in(&folder.join("cases"))? {
        let hidden = path.file_name().is_none_or(|it| it.to_string_lossy().starts_with('.'));
        let read = match (hidden, path.is_dir()) {
            (true, _) => continue,
            (false, true) => case_folder(folder, &path)?,
            (false, false) if path.ends_with(SURVIVORS) => continue,
            (false, false) => match path.extension().is_some_and(|ending| ending == "toml") {
                true => case_file(folder, &path)?,
                false => continue,
            },
        };
        match read {
            Ok(read) => cases.extend(read),
            Err(faults) => faulty.push(faults),
        }
    }
    faulty.extend(repeated(&cases));
    for case in &cases {
        let faults = check_rules(case, &pack);
        if !faults.is_empty() {
            faulty.push(Faults { source: case.at.source.clone(), faults });
        }
    }
    if !faulty.is_empty() {
        return Err(CliError::Faults(faulty));
    }
    let (name, snapshots) = place_of(folder);
    check_snapshots(&snapshots)?;
    let (pack, folder) = (Arc::new(pack), folder.to_owned());
    Ok(TestPack { name, pack, cases, snapshots, folder })
}

/// What became of reading one file.
type ReadCases = Result<Vec<Case>, Faults>;

fn case_file(pack: &Path, path: &Path) -> Result<ReadCases, CliError> {
    let source = text(pack, path)?;
    let beside = path.parent().unwrap_or(Path::new("."));
    Ok(read_cases(&source, &|wanted| beside_case(pack, beside, wanted)))
}

fn case_folder(pack: &Path, path: &Path) -> Result<ReadCases, CliError> {
    let files = entries_in(path)?.into_iter().filter(|it| it.is_file());
    let files = files.map(|file| {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok((name, text(pack, &file)?))
    });
    let mut files: Vec<FolderFile> = files.collect::<Result<_, CliError>>()?;
    below(pack, path, "", &mut files)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(read_folder(&name, &files, &|wanted| beside_case(pack, path, wanted)).map(|case| vec![case]))
}

/// Reads what lies in the folders of a case, for its scripts to take in; what is no text is left out.
fn below(
    pack: &Path,
    folder: &Path,
    inside: &str,
    out: &mut Vec<FolderFile>,
) -> Result<(), CliError> {
    for path in entries_in(folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = format!("{inside}{name}");
        if path.is_dir() && !path.is_symlink() {
            below(pack, &path, &format!("{name}/"), out)?;
        } else if !inside.is_empty() && check_inside(pack, &path).is_ok() {
            out.extend(read_taken_in(&path).map(|file| (name, file)));
        }
    }
    Ok(())
}

/// Reads a file that a case names, under the name that it has in the case.
fn beside_case(pack: &Path, folder: &Path, wanted: &str) -> Result<Source, String> {
    text_inside(pack, &folder.join(wanted))
}

fn text(pack: &Path, path: &Path) -> Result<Source, CliError> {
    text_inside(pack, path)
        .map_err(|why| CliError::plain(format!("cannot read `{}`: {why}", path.display())))
}

fn text_inside(pack: &Path, path: &Path) -> Result<Source, String> {
    check_inside(pack, path)?;
    read_text(path, is_log(path))
}

/// Refuses what lies outside of a pack: whoever wrote it chooses paths and links.
///
/// # Errors
/// Why it is refused.
pub fn check_inside(pack: &Path, path: &Path) -> Result<(), String> {
    // What is not there is told when it is read.
    match lies_in(path, pack) {
        Ok(false) => Err("it lies outside of the pack".to_owned()),
        _ => Ok(()),
    }
}

fn is_log(path: &Path) -> bool {
    path.extension().is_some_and(|it| it == "log" || it == "err" || it == "out")
}

/// Refuses a folder of snapshots that is a link: whoever brought it along would choose where files are read, written
/// and deleted.
fn check_snapshots(folder: &Path) -> Result<(), CliError> {
    let above = folder.parent().filter(|it| it.ends_with(SNAPSHOTS));
    let Some(link) = [Some(folder), above].into_iter().flatten().find(|it| it.is_symlink()) else {
        return Ok(());
    };
    let message = format!("snapshots are not kept in `{}`: it is a link", link.display());
    Err(CliError::plain(message).helped("put a folder in its place"))
}

/// The folder of snapshots.
const SNAPSHOTS: &str = "snapshots";

/// Returns the name of a pack's folder and the place of its snapshots: `snapshots/NAME` beside
/// `rules` for a pack in `rules/NAME`, else `snapshots` inside the pack.
pub fn place_of(folder: &Path) -> (String, PathBuf) {
    let full = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let name = full.file_name().map_or("pack".to_owned(), |it| it.to_string_lossy().into_owned());
    let above = full.parent().filter(|it| it.file_name().is_some_and(|it| it == RULES));
    match above {
        Some(_) => {
            let shown = folder.parent().and_then(Path::parent).filter(|_| folder.ends_with(&name));
            let root = shown.map_or_else(|| folder.join("../.."), Path::to_owned);
            (name.clone(), root.join(SNAPSHOTS).join(name))
        }
        None => (name, folder.join(SNAPSHOTS)),
    }
}
