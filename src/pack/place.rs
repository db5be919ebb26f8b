//! Where a pack in a folder may be: a path, an installed Python package, or a crate's sources.
//!
//! Folders are only looked at. No Python is run, and nothing is fetched.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::version::{Version, Versions};
use crate::text::read_file;

/// Starts of names that would have to be fetched.
const REMOTE: [&str; 7] = ["git+", "git@", "git:", "ssh:", "http:", "https:", "github:"];

/// Finds the folder (or file) that a name means, paths as seen from `folder`.
///
/// # Errors
/// What to do instead, where that is more than to correct the name.
pub(super) fn place(name: &str, folder: &Path) -> Result<PathBuf, Option<String>> {
    if REMOTE.iter().any(|start| name.starts_with(start)) {
        let help = "hydrule fetches nothing: clone the repository yourself, and name the pack's folder in it";
        return Err(Some(help.to_owned()));
    }
    if let Some(inside) = name.strip_prefix("python:") {
        return in_python(inside);
    }
    if let Some(inside) = name.strip_prefix("crate:") {
        return in_crates(inside);
    }
    let path = folder.join(name);
    if path.exists() { Ok(path) } else { Err(None) }
}

fn in_python(inside: &str) -> Result<PathBuf, Option<String>> {
    let Some(prefix) = python_prefix() else {
        let help = "no Python environment was found: neither VIRTUAL_ENV nor CONDA_PREFIX is set, and no python3 is on the PATH";
        return Err(Some(help.to_owned()));
    };
    let roots = site_folders(&prefix);
    let found = roots.iter().map(|root| root.join(inside)).find(|path| path.exists());
    found.ok_or_else(|| {
        let mut help = format!("it was looked for in {}:", prefix.display());
        for root in &roots {
            help.push_str(&format!("\n    {}", root.join(inside).display()));
        }
        if roots.is_empty() {
            help = format!("{} has no lib/python*/site-packages", prefix.display());
        }
        Some(help)
    })
}

/// Tells whether a file, links followed, lies in a folder: a pack that somebody else wrote reads nothing but
/// what came with it.
///
/// # Errors
/// One of them is not there.
pub fn lies_in(path: &Path, folder: &Path) -> io::Result<bool> {
    Ok(path.canonicalize()?.starts_with(folder.canonicalize()?))
}

/// Lists the folders that hold the packages of the active Python environment.
pub fn active_packages() -> Vec<PathBuf> {
    active_prefix().map(|it| site_folders(&it)).unwrap_or_default()
}

fn active_prefix() -> Option<PathBuf> {
    ["VIRTUAL_ENV", "CONDA_PREFIX"].into_iter().find_map(named_folder)
}

/// Finds the environment that `python3` would use: the active one, else that of the PATH.
fn python_prefix() -> Option<PathBuf> {
    active_prefix().or_else(|| {
        let path = env::var_os("PATH")?;
        let bin = env::split_paths(&path).find(|bin| bin.join("python3").exists())?;
        bin.parent().map(Path::to_owned)
    })
}

fn named_folder(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// Lists the folders that an environment's packages are in, and those that its `.pth` files add, as
/// for packages that were installed in place.
fn site_folders(prefix: &Path) -> Vec<PathBuf> {
    let versions = folders_in(&prefix.join("lib")).into_iter().filter(|it| named(it, "python"));
    let windows = prefix.join("Lib");
    let versions: Vec<PathBuf> = versions.chain([windows]).collect();
    let sites = |it: &PathBuf| [it.join("site-packages"), it.join("dist-packages")];
    let mut roots: Vec<PathBuf> =
        versions.iter().flat_map(sites).filter(|root| root.is_dir()).collect();
    let added: Vec<PathBuf> = roots.iter().flat_map(|root| added_by_paths(root)).collect();
    roots.extend(added);
    roots
}

/// The longest `.pth` file, in MiB.
const LONGEST: u64 = 1;

/// Reads the lines of `.pth` files that are folders; other lines are for Python to run.
fn added_by_paths(root: &Path) -> Vec<PathBuf> {
    let files = entries_in(root).into_iter();
    let files = files.filter(|file| file.extension().is_some_and(|ending| ending == "pth"));
    let texts = files.filter_map(|file| String::from_utf8(read_file(&file, LONGEST).ok()?).ok());
    let lines: Vec<PathBuf> = texts
        .flat_map(|text| text.lines().map(|line| root.join(line.trim())).collect::<Vec<_>>())
        .collect();
    lines.into_iter().filter(|path| path.is_dir() && path != root).collect()
}

/// Finds `NAME/FOLDER` or `NAME@VERSION/FOLDER` among the sources that cargo has unpacked; without a
/// version, the newest.
fn in_crates(inside: &str) -> Result<PathBuf, Option<String>> {
    let (which, rest) = inside.split_once('/').unwrap_or((inside, ""));
    let (name, wanted) = match which.split_once('@') {
        Some((name, wanted)) => (name, Some(wanted)),
        None => (which, None),
    };
    let matcher = wanted.map(|it| Versions::read(it).ok_or(it)).transpose();
    let matcher = matcher.map_err(|it| Some(format!("`{it}` tells no version")))?;
    let home = named_folder("CARGO_HOME")
        .or_else(|| named_folder("HOME").map(|home| home.join(".cargo")))
        .ok_or_else(|| Some("neither CARGO_HOME nor HOME is set".to_owned()))?;
    let registry = home.join("registry/src");
    let crates = folders_in(&registry).into_iter().flat_map(|index| folders_in(&index));
    let version_of = |path: &PathBuf| {
        let file = path.file_name()?.to_str()?;
        Version::read(file.strip_prefix(name)?.strip_prefix('-')?)
    };
    let mut found: Vec<(Version, PathBuf)> =
        crates.filter_map(|path| Some((version_of(&path)?, path))).collect();
    found.sort();
    let known: Vec<String> = found.iter().map(|(version, _)| version.to_string()).collect();
    let fits = |it: &&(Version, PathBuf)| matcher.as_ref().is_none_or(|wanted| wanted.hold(&it.0));
    let Some((_, newest)) = found.iter().rev().find(fits) else {
        return Err(Some(match known.as_slice() {
            [] => {
                format!("{} holds no crate `{name}`: `cargo fetch` unpacks it", registry.display())
            }
            known => format!("of the crate `{name}` there is {}", known.join(", ")),
        }));
    };
    let path = newest.join(rest);
    if path.exists() { Ok(path) } else { Err(Some(format!("there is no {}", path.display()))) }
}

fn named(path: &Path, start: &str) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(start))
}

fn entries_in(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

fn folders_in(path: &Path) -> Vec<PathBuf> {
    entries_in(path).into_iter().filter(|path| path.is_dir()).collect()
}
