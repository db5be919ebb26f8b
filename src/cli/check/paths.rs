//! Which files are checked: those that are named, and in folders those that git would not ignore.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;
use ignore::overrides::{Override, OverrideBuilder};

use crate::cli::args::PathArgs;
use crate::cli::error::CliError;

/// Folders that hold no scripts of the project.
const NEVER: [&str; 4] = [".git", ".hg", ".hydrule", ".jj"];

/// A file to look into.
#[derive(Debug)]
pub struct Candidate {
    /// Its path, as short as it was given.
    pub path: PathBuf,
    /// Whether it was named, and not found in a folder.
    pub named: bool,
}

/// What the paths hold.
#[derive(Debug, Default)]
pub struct Candidates {
    /// The files, in the order of the paths; in a folder by name.
    pub files: Vec<Candidate>,
    /// Folders that cannot be read.
    pub errors: Vec<(PathBuf, CliError)>,
}

/// Lists the files of some paths; each once.
///
/// # Errors
/// A glob that cannot be read.
pub fn collect(args: &PathArgs) -> Result<Candidates, CliError> {
    let mut found = Candidates::default();
    for path in &args.paths {
        let excluded = excluded(args, path)?;
        if path.is_dir() {
            walk(path, args, excluded, &mut found);
        } else if !(args.force_exclude && excluded.matched(path, false).is_ignore()) {
            found.files.push(Candidate { path: path.clone(), named: true });
        }
    }
    if args.paths.len() > 1 {
        let mut seen = HashSet::new();
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        found.files.retain(|it| seen.insert(real(&it.path)));
    }
    Ok(found)
}

/// The globs of `--exclude`, as seen from a folder or a file that was named.
fn excluded(args: &PathArgs, path: &Path) -> Result<Override, CliError> {
    let root = if path.is_dir() { path } else { Path::new("") };
    let mut globs = OverrideBuilder::new(root);
    for glob in &args.exclude {
        globs.add(&format!("!{glob}")).map_err(|error| {
            CliError::plain(format!("`{glob}` is no glob: {error}"))
                .helped("write it as in a .gitignore: old/, *.bak.sh, jobs/**/test_*.sh")
        })?;
    }
    globs.build().map_err(|error| CliError::plain(error.to_string()))
}

fn walk(root: &Path, args: &PathArgs, excluded: Override, found: &mut Candidates) {
    let heed = !args.no_respect_gitignore;
    let walk = WalkBuilder::new(root)
        .hidden(false)
        .parents(heed)
        .ignore(heed)
        .git_ignore(heed)
        .git_global(heed)
        .git_exclude(heed)
        .require_git(false)
        .overrides(excluded)
        .filter_entry(|entry| {
            let folder = entry.file_type().is_some_and(|it| it.is_dir());
            !(folder && NEVER.iter().any(|name| entry.file_name() == *name))
        })
        .sort_by_file_path(Path::cmp)
        .build();
    for entry in walk {
        match entry {
            Ok(entry) if entry.file_type().is_some_and(|it| it.is_file()) => {
                let path = entry.path();
                let path = path.strip_prefix(".").unwrap_or(path).to_owned();
                found.files.push(Candidate { path, named: false });
            }
            Ok(_) => {}
            Err(error) => {
                let told = CliError::plain(format!("cannot read {error}"));
                found.errors.push((root.to_owned(), told));
            }
        }
    }
}
