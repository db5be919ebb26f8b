//! The journal: a line for each transaction, which says what it did and what undoes it.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::text::secret;

/// The version of a line; it counts up when a field goes or changes its meaning.
const FORMAT: u32 = 1;

/// What a transaction is for: everything of a journal line that does not concern files.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The command that wrote: `rewrite`, `set`, `undo`.
    pub command: String,
    /// The rules that were followed, with their reasons.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<RecordedStep>,
    /// The keys that changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<RecordedChange>,
    /// The transaction that this one takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<u64>,
    /// The run that failed before: its overrides, and how it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tried: Option<serde_json::Value>,
}

/// A rule that was followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedStep {
    /// Its id, with the pack's name before it: `verl/halve-micro-batch`.
    pub rule: String,
    /// Why it helps.
    pub why: String,
}

/// A key or directive that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedChange {
    /// The key.
    pub key: String,
    /// The text that set it before, if any did.
    pub before: Option<String>,
    /// The text that sets it now, if any does.
    pub after: Option<String>,
}

impl RecordedChange {
    /// A key names its value a secret even where the value stands alone, as a directive's does.
    fn hide_secrets(&mut self) {
        for text in [&mut self.before, &mut self.after].into_iter().flatten() {
            *text = secret::masked_for(&self.key, text);
        }
    }
}

/// A line of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The version of the line.
    pub format: u32,
    /// The transaction's number; later ones have higher numbers.
    pub id: u64,
    /// When it was made: RFC 3339, UTC.
    pub time: String,
    /// What it was for.
    #[serde(flatten)]
    pub record: Record,
    /// The files it changed.
    pub files: Vec<FileRecord>,
}

/// A file of a transaction. Its texts lie in `objects/` under their hashes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// The path from the journal's root, links resolved.
    pub path: PathName,
    /// The SHA-256 of the text before.
    pub before: String,
    /// The SHA-256 of the text after.
    pub after: String,
}

/// A path as JSON: a string, or its bytes where it is not UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PathName {
    /// What nearly every path is.
    Text(String),
    /// Bytes that are no text.
    Raw {
        /// The bytes.
        bytes: Vec<u8>,
    },
}

impl PathName {
    /// Keeps a path.
    pub fn new(path: &Path) -> Self {
        match path.to_str() {
            Some(text) => Self::Text(text.to_owned()),
            None => Self::Raw { bytes: path.as_os_str().as_bytes().to_vec() },
        }
    }

    /// Returns the path, unless it leads out of the folder it is relative to.
    pub fn inside(&self) -> Option<PathBuf> {
        let path = match self {
            Self::Text(text) => PathBuf::from(text),
            Self::Raw { bytes } => PathBuf::from(OsString::from_vec(bytes.clone())),
        };
        let plain = path.components().all(|part| matches!(part, Component::Normal(_)));
        (plain && path.file_name().is_some()).then_some(path)
    }
}

impl std::fmt::Display for PathName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Raw { bytes } => f.write_str(&String::from_utf8_lossy(bytes)),
        }
    }
}

impl Entry {
    /// Makes an entry of the current format, without secrets.
    pub fn new(id: u64, time: String, mut record: Record, files: Vec<FileRecord>) -> Self {
        record.changes.iter_mut().for_each(RecordedChange::hide_secrets);
        record.tried.iter_mut().for_each(secret::mask_json);
        Self { format: FORMAT, id, time, record, files }
    }
}

/// What the journal tells.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    /// The transactions, oldest first.
    pub entries: Vec<Entry>,
    /// The lines that cannot be read, counted from 1, with the reason.
    pub damaged: Vec<(usize, String)>,
}

impl History {
    /// Reads a journal; a line that cannot be read hides no other.
    pub fn read(bytes: &[u8]) -> Self {
        let mut history = Self::default();
        for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            if line.is_empty() {
                continue;
            }
            match serde_json::from_slice::<Entry>(line) {
                Ok(entry) if entry.format == FORMAT => history.entries.push(entry),
                Ok(entry) => {
                    let why = format!("its format is {}, from another hydrule", entry.format);
                    history.damaged.push((index + 1, why));
                }
                Err(error) => history.damaged.push((index + 1, error.to_string())),
            }
        }
        history
    }

    /// Returns a transaction.
    pub fn get(&self, id: u64) -> Option<&Entry> {
        self.entries.iter().rev().find(|entry| entry.id == id)
    }

    /// Returns the number that the next transaction gets.
    pub fn next_id(&self) -> u64 {
        self.entries.iter().map(|entry| entry.id).max().unwrap_or(0).saturating_add(1)
    }

    /// Returns the transactions whose effect is taken back: undoing an undo makes it count again.
    pub fn undone(&self) -> BTreeSet<u64> {
        let mut undone = BTreeSet::new();
        for entry in self.entries.iter().rev() {
            if let Some(id) = entry.record.undoes.filter(|_| !undone.contains(&entry.id)) {
                undone.insert(id);
            }
        }
        undone
    }

    /// Returns the latest transaction that is neither undone nor itself an undo.
    pub fn latest(&self) -> Option<&Entry> {
        let undone = self.undone();
        let mut entries = self.entries.iter().rev();
        entries.find(|entry| entry.record.undoes.is_none() && !undone.contains(&entry.id))
    }
}
