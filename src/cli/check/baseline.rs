//! What was found before and is let be: counted by file, rule, key and launch, so that it moves with its
//! lines.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::cli::error::CliError;
use crate::cli::files::{read_if_there, write_text};
use crate::text::{Fault, Faults, Finding, Identity, Level, Span};

/// What the file holds.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    format: u32,
    findings: Vec<Counted>,
}

/// Findings that are one to the baseline, and how many there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Counted {
    file: String,
    rule: String,
    key: Option<String>,
    launch: Option<String>,
    count: usize,
}

/// A baseline.
pub struct Baseline {
    path: PathBuf,
    known: IndexMap<Identity, usize>,
}

impl Baseline {
    /// Reads a baseline; one that is to be written may be missing.
    ///
    /// # Errors
    /// A file that is missing or holds something else.
    pub fn read(path: &Path, may_be_missing: bool) -> Result<Self, CliError> {
        let mut known = IndexMap::new();
        match read_if_there(path)? {
            Some(source) => {
                let kept: Kept = serde_json::from_str(source.text()).map_err(|error| {
                    let fault =
                        Fault::new("hydrule::check::baseline", Span::at(0), error.to_string());
                    let help = "--accept-new writes it; it is not meant to be written by hand";
                    CliError::from(Faults::one(source.clone(), fault.helped(help)))
                })?;
                if kept.format != 1 {
                    let message = format!("`{}` is a baseline of another version", path.display());
                    return Err(CliError::plain(message).helped("--accept-new writes it anew"));
                }
                for it in kept.findings {
                    *known.entry((it.file, it.rule, it.key, it.launch)).or_default() += it.count;
                }
            }
            None if may_be_missing => {}
            None => {
                let message = format!("there is no baseline `{}`", path.display());
                return Err(CliError::plain(message).helped("--accept-new writes one"));
            }
        }
        Ok(Self { path: path.to_owned(), known })
    }

    /// Takes out what is known; returns what is new, how much is not, and what is known and no longer
    /// found, of the files that were checked.
    pub fn apply(
        &self,
        findings: Vec<Finding>,
        files: &[String],
    ) -> (Vec<Finding>, usize, Vec<String>) {
        let mut left = self.known.clone();
        let all = findings.len();
        let new: Vec<Finding> = findings
            .into_iter()
            .filter(|finding| {
                let known = left.get_mut(&self.known_as(finding)).filter(|it| **it > 0);
                known.map(|count| *count -= 1).is_none()
            })
            .collect();
        let checked: HashSet<String> = files.iter().map(|file| self.name(file)).collect();
        let gone = left.iter().filter(|((file, ..), count)| **count > 0 && checked.contains(file));
        let gone = gone.map(|((file, rule, key, _), count)| {
            let of = key.as_ref().map_or(String::new(), |key| format!(" of `{key}`"));
            let times = if *count == 1 { String::new() } else { format!(", {count} times") };
            format!("{file}: {rule}{of}{times}")
        });
        let known = all - new.len();
        (new, known, gone.collect())
    }

    /// Writes everything that is found as known; what is said of files that were not checked stays.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn accept(&self, findings: &[Finding], files: &[String]) -> Result<(), CliError> {
        let checked: HashSet<String> = files.iter().map(|file| self.name(file)).collect();
        let mut known = self.known.clone();
        known.retain(|(file, ..), _| !checked.contains(file));
        for finding in findings.iter().filter(|it| it.level > Level::Note) {
            *known.entry(self.known_as(finding)).or_default() += 1;
        }
        known.sort_keys();
        let findings = known.into_iter().map(|((file, rule, key, launch), count)| Counted {
            file,
            rule,
            key,
            launch,
            count,
        });
        let kept = Kept { format: 1, findings: findings.collect() };
        let text = serde_json::to_string_pretty(&kept).unwrap_or_default();
        write_text(&self.path, &format!("{text}\n"))
    }

    fn known_as(&self, finding: &Finding) -> Identity {
        let (file, rule, key, launch) = finding.identity();
        (self.name(&file), rule, key, launch)
    }

    /// Names a file as seen from the baseline's folder.
    fn name(&self, file: &str) -> String {
        let folder = self.path.parent().filter(|it| !it.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).canonicalize();
        let real = Path::new(file).canonicalize().unwrap_or_else(|_| PathBuf::from(file));
        let inside = folder.ok().and_then(|it| real.strip_prefix(it).ok().map(Path::to_owned));
        inside.unwrap_or(real).to_string_lossy().replace('\\', "/")
    }
}
