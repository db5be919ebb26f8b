use std::path::{Path, PathBuf};

use super::error::CliError;

/// What a file is, as far as its name tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A configuration in YAML.
    Yaml,
    /// A run folder of Hydra.
    Folder,
    /// A launch script; everything that is nothing else.
    Script,
}

/// Tells what a file is.
pub fn kind_of(path: &Path) -> Kind {
    if path.is_dir() {
        return Kind::Folder;
    }
    let ending = path.extension().map(|it| it.to_string_lossy().to_ascii_lowercase());
    match ending.as_deref() {
        Some("yaml" | "yml") => Kind::Yaml,
        _ => Kind::Script,
    }
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
            let old = match kind_of(path) {
                Kind::Script => {
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
