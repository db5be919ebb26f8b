use std::io;
use std::path::Path;

/// Why a transaction was not made, in words for the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What happened.
    pub message: String,
    /// What became of the files, and what to do.
    pub help: String,
}

impl Problem {
    /// Makes a problem after which every file is as it was.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: "no file was changed".to_owned() }
    }

    /// Replaces the advice.
    #[must_use]
    pub fn helped(self, help: impl Into<String>) -> Self {
        Self { help: help.into(), ..self }
    }

    /// Says that something failed at a path: `cannot write `run.sh`: the disk is full`.
    pub fn io(what: &str, path: &Path, error: &io::Error) -> Self {
        Self::new(format!("cannot {what} `{}`: {}", path.display(), reason(error)))
    }
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        // Only ours have no number; they say more than their kind.
        _ if error.raw_os_error().is_none() => error.to_string(),
        io::ErrorKind::StorageFull => "the disk is full".to_owned(),
        io::ErrorKind::QuotaExceeded => "the quota is used up".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        _ => error.to_string(),
    }
}
