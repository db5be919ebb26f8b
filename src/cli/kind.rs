use std::path::{Path, PathBuf};

use super::error::CliError;
use crate::surface::hosted::Host;

/// What a file is, as far as its name tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A configuration in YAML.
    Yaml,
    /// A run folder of Hydra.
    Folder,
    /// Commands inside another language.
    Hosted(Host),
    /// A launch script; everything that is nothing else.
    Script,
}

/// Tells what a file is.
pub fn kind_of(path: &Path) -> Kind {
    if path.is_dir() {
        return Kind::Folder;
    }
    if let Some(host) = host_of(path) {
        return Kind::Hosted(host);
    }
    let ending = path.extension().map(|it| it.to_string_lossy().to_ascii_lowercase());
    match ending.as_deref() {
        Some("yaml" | "yml") => Kind::Yaml,
        _ => Kind::Script,
    }
}

/// Tells whether a file holds commands inside a language of its own that can be read where they are
/// simple.
pub fn host_of(path: &Path) -> Option<Host> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    if matches!(name.as_str(), "makefile" | "gnumakefile") || name.ends_with(".mk") {
        return Some(Host::Makefile);
    }
    let workflow = path.parent().is_some_and(|it| it.ends_with(".github/workflows"));
    workflow.then_some(Host::Workflow)
}

/// Refuses files that hold overrides inside a language of their own, where reading them as anything
/// else would be wrong.
pub fn refuse_foreign(path: &Path) -> Result<(), CliError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let shown = path.display();
    let (what, why) = if host_of(path) == Some(Host::Makefile) {
        ("a Makefile", "make expands `$` before the shell sees a recipe")
    } else if host_of(path) == Some(Host::Workflow) {
        ("a GitHub workflow", "its `run:` texts are filled in by GitHub before a shell sees them")
    } else if name == "dockerfile"
        || name.starts_with("dockerfile.")
        || name.ends_with(".dockerfile")
    {
        ("a Dockerfile", "its words are Docker's, not bash's")
    } else if name.ends_with(".py") || name.ends_with(".ipynb") {
        ("a Python program", "what it passes on is known only when it runs")
    } else {
        return Ok(());
    };
    Err(CliError::plain(format!("`{shown}` is {what}, which is not read: {why}"))
        .helped("move the command into a script that it runs, or give the overrides after `--`"))
}

/// The files of one job, by what they are.
#[derive(Debug, Default)]
pub struct Files {
    /// Launch scripts and Slurm scripts.
    pub scripts: Vec<PathBuf>,
    /// The configuration whose text is changed.
    pub yaml: Option<PathBuf>,
    /// The run folder.
    pub folder: Option<PathBuf>,
}

impl Files {
    /// Sorts the files that were given.
    pub fn sort(paths: &[PathBuf]) -> Result<Self, CliError> {
        let mut files = Self::default();
        for path in paths {
            refuse_foreign(path)?;
            let old = match kind_of(path) {
                Kind::Script | Kind::Hosted(_) => {
                    files.scripts.push(path.clone());
                    None
                }
                Kind::Yaml => files.yaml.replace(path.clone()),
                Kind::Folder => files.folder.replace(path.clone()),
            };
            if let Some(old) = old {
                let (old, new) = (old.display(), path.display());
                let message =
                    format!("`{old}` and `{new}` are of one kind, and a job has one of it");
                return Err(CliError::plain(message));
            }
        }
        if files.folder.is_some() && paths.len() > 1 {
            return Err(CliError::plain("a run folder holds all of its job; give it alone"));
        }
        Ok(files)
    }
}
