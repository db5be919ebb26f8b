//! Findings about scripts: for people, a line each, and as data. One module a format.

mod concise;
mod fingerprint;
mod fix;
mod full;
mod github;
mod gitlab;
mod json;
mod junit;
mod sarif;
mod statistics;
mod summary;

pub use concise::check_concise;
pub use full::check_full;
pub use github::check_github;
pub use gitlab::check_gitlab;
pub use json::{check_json, check_lines};
pub use junit::check_junit;
pub use sarif::check_sarif;
pub use statistics::{check_statistics, check_statistics_json};
pub use summary::check_summary;

use std::collections::BTreeMap;

use crate::text::Finding;

/// What becomes of the edits that mend findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fixes {
    /// They are offered.
    Offered,
    /// They are made.
    Made,
    /// They are shown as a diff.
    Shown,
}

/// What a check found.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// The findings, in the order of the files.
    pub findings: &'a [Finding],
    /// Those that were mended, each as it stood in the text of its time.
    pub fixed: &'a [Finding],
    /// What becomes of fixes.
    pub fixes: Fixes,
    /// Whether those count that somebody should look at.
    pub unsafe_fixes: bool,
    /// The files that were checked.
    pub files: &'a [String],
    /// The files that were named and not checked, each with the reason.
    pub skipped: &'a [(String, String)],
    /// What could not be read, each with the reason.
    pub errors: &'a [(String, String)],
    /// The base configurations that were found without being named.
    pub bases: &'a [String],
    /// How many findings comments have taken out.
    pub suppressed: usize,
    /// How many findings the baseline knows.
    pub known: usize,
    /// What the baseline knows and is found no more.
    pub stale: &'a [String],
    /// What each rule finds that found something, by its id.
    pub rules: &'a BTreeMap<String, String>,
}

impl Report<'_> {
    /// Tells whether a finding has a fix that counts.
    fn is_fixable(&self, finding: &Finding) -> bool {
        finding.fix.as_ref().is_some_and(|fix| fix.safe || self.unsafe_fixes)
    }
}

/// Says where a finding is: the file, the line and the column.
fn place(finding: &Finding) -> String {
    let at = finding.source.line_column(finding.fault.span.start);
    format!("{}:{}:{}", finding.source.name(), at.line, at.column)
}
