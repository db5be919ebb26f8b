//! Which files are checked: those that are named, and in folders those that git would not ignore.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use ignore::WalkBuilder;
use ignore::overrides::{Override, OverrideBuilder};

use crate::cli::args::PathArgs;
use crate::cli::error::CliError;
use crate::cli::files::read_stdin;
use crate::cli::packs_here::is_pack;

/// Folders that hold no scripts of the project.
const NEVER: [&str; 4] = [".git", ".hg", ".hydrule", ".jj"];

/// The files of a folder that say what is ignored in it.
const IGNORING: [&str; 3] = [".gitignore", ".ignore", ".git/info/exclude"];

/// A file to look into.
#[derive(Debug)]
pub struct Candidate {
    /// Its path, as short as it was given.
    pub path: PathBuf,
    /// Whether it was named, and not found in a folder.
    pub named: bool,
    /// What it holds, where that came from standard input.
    pub given: Option<Vec<u8>>,
}

/// What the paths hold.
#[derive(Debug, Default)]
pub struct Candidates {
    /// The files, in the order of the paths; in a folder by name.
    pub files: Vec<Candidate>,
    /// What came from standard input.
    pub given: Option<Vec<u8>>,
    /// Folders that cannot be read.
    pub errors: Vec<(PathBuf, CliError)>,
}

/// Lists the files of some paths; each once.
///
/// # Errors
/// A glob that cannot be read.
pub fn collect(args: &PathArgs) -> Result<Candidates, CliError> {
    let mut found = Candidates::default();
    if let Some(name) = stdin_name(args)? {
        let given = read_stdin()?;
        found.given = Some(given.clone());
        if !(args.force_exclude && is_left_out(&excluded(args, &name)?, &name)) {
            found.files.push(Candidate { path: name, named: true, given: Some(given) });
        }
        return Ok(found);
    }
    for path in &args.paths {
        let excluded = excluded(args, path)?;
        if path.is_dir() {
            walk(path, args, excluded, &mut found);
        } else if !(args.force_exclude && is_left_out(&excluded, path)) {
            found.files.push(Candidate { path: path.clone(), named: true, given: None });
        }
    }
    if args.paths.len() > 1 {
        let mut seen = HashSet::new();
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        found.files.retain(|it| seen.insert(real(&it.path)));
    }
    Ok(found)
}

/// Names what comes from standard input, where that is asked for.
fn stdin_name(args: &PathArgs) -> Result<Option<PathBuf>, CliError> {
    let asked = args.paths.iter().any(|path| path == Path::new("-"));
    match (asked, args.paths.len(), &args.stdin_filename) {
        (true, 1, name) => Ok(Some(name.clone().unwrap_or_else(|| PathBuf::from("-")))),
        (true, ..) => {
            Err(CliError::plain("`-` is one script from standard input; give no other path"))
        }
        (false, _, Some(_)) => Err(CliError::plain("--stdin-filename goes with the path `-`")),
        (false, _, None) => Ok(None),
    }
}

/// Tells whether a file is left out: by its own name, or by a folder that it lies in.
fn is_left_out(globs: &Override, path: &Path) -> bool {
    let mut names = path.ancestors().take_while(|it| !it.as_os_str().is_empty()).enumerate();
    names.any(|(up, name)| globs.matched(name, up > 0).is_ignore() || up > 0 && holds_cases(name))
}

/// Tells whether a folder holds the cases of a pack: jobs that are wrong on purpose.
fn holds_cases(folder: &Path) -> bool {
    folder.ends_with("cases") && folder.parent().is_some_and(is_pack)
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

/// Finds a pipe or device among the files that say what is ignored in a folder: it may never end.
fn endless(folder: &Path) -> Option<PathBuf> {
    let strange = |path: &PathBuf| path.metadata().is_ok_and(|it| !it.is_file() && !it.is_dir());
    IGNORING.iter().map(|name| folder.join(name)).find(strange)
}

/// Says that a folder is left out because of a file that says what is ignored in it.
fn left_out(strange: PathBuf) -> (PathBuf, CliError) {
    let shown = strange.display();
    let error = CliError::plain(format!("cannot read `{shown}`: it is not a regular file"));
    let help = "its folder was not looked into; `--no-respect-gitignore` reads no such file";
    (strange, error.helped(help))
}

fn walk(root: &Path, args: &PathArgs, excluded: Override, found: &mut Candidates) {
    let heed = !args.no_respect_gitignore;
    // Those of the folders around it are read before the first of its own.
    let around = root.canonicalize().ok().filter(|_| heed);
    if let Some(strange) = around.iter().flat_map(|it| it.ancestors()).find_map(endless) {
        found.errors.push(left_out(strange));
        return;
    }
    let (tell, told) = mpsc::channel();
    let is_read = move |folder: &Path| match endless(folder) {
        Some(strange) => tell.send(strange).is_err(),
        None => true,
    };
    let walk = WalkBuilder::new(root)
        .hidden(false)
        .parents(heed)
        .ignore(heed)
        .git_ignore(heed)
        .git_global(heed)
        .git_exclude(heed)
        .require_git(false)
        .overrides(excluded)
        .filter_entry(move |entry| {
            let folder = entry.file_type().is_some_and(|it| it.is_dir());
            let never = || NEVER.iter().any(|name| entry.file_name() == *name);
            // What was named itself is looked into.
            let cases = || entry.depth() > 0 && holds_cases(entry.path());
            !folder || !never() && !cases() && (!heed || is_read(entry.path()))
        })
        .sort_by_file_path(Path::cmp)
        .build();
    for entry in walk {
        match entry {
            Ok(entry) if entry.file_type().is_some_and(|it| it.is_file()) => {
                let path = entry.path();
                let path = path.strip_prefix(".").unwrap_or(path).to_owned();
                found.files.push(Candidate { path, named: false, given: None });
            }
            Ok(_) => {}
            Err(error) => {
                let shown = root.display();
                let told = CliError::plain(format!("cannot read all of `{shown}`: {error}"));
                found.errors.push((root.to_owned(), told));
            }
        }
    }
    found.errors.extend(told.try_iter().map(left_out));
}
