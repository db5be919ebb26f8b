use serde_json::{Value as Json, json};

use super::Report;
use super::fingerprint::fingerprints;
use crate::text::{Finding, Level};

/// Gives findings as GitLab's report of code quality, which it shows in merge requests.
pub fn check_gitlab(report: &Report<'_>) -> Json {
    let prints = fingerprints(report.findings);
    report.findings.iter().zip(&prints).map(|(finding, print)| issue(finding, print)).collect()
}

fn issue(finding: &Finding, fingerprint: &str) -> Json {
    let Finding { source, fault, .. } = finding;
    let path = source.name();
    json!({
        "description": fault.message,
        "check_name": finding.rule,
        "fingerprint": fingerprint,
        "severity": match finding.level {
            Level::Error => "major",
            Level::Warning => "minor",
            Level::Note => "info",
        },
        "location": {
            "path": path.strip_prefix("./").unwrap_or(path),
            "lines": {
                "begin": source.line_column(fault.span.start).line,
                "end": source.line_column(fault.span.end).line,
            },
        },
    })
}
