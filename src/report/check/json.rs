use serde_json::{Value as Json, json};

use super::Report;
use super::fix::fix_json;
use crate::report::json::location;
use crate::text::{Finding, Span};

/// Gives everything as data.
pub fn check_json(report: &Report<'_>) -> Json {
    let findings: Vec<Json> = report.findings.iter().map(finding_json).collect();
    let fixed: Vec<Json> = report.fixed.iter().map(finding_json).collect();
    let skipped = report.skipped.iter();
    let skipped: Vec<Json> =
        skipped.map(|(path, why)| json!({ "path": path, "reason": why })).collect();
    let errors = report.errors.iter();
    let errors: Vec<Json> =
        errors.map(|(path, message)| json!({ "path": path, "message": message })).collect();
    json!({
        "format": 1,
        "files": report.files,
        "findings": findings,
        "fixed": fixed,
        "skipped": skipped,
        "errors": errors,
        "bases": report.bases,
        "suppressed": report.suppressed,
        "known": report.known,
        "stale": report.stale,
    })
}

/// Gives each finding as an object in a line of its own.
pub fn check_lines(report: &Report<'_>) -> String {
    report.findings.iter().map(|it| format!("{}\n", finding_json(it))).collect()
}

/// Gives a finding as data.
fn finding_json(finding: &Finding) -> Json {
    let Finding { rule, level, key, launch, source, fault, .. } = finding;
    let labelled = |(span, label): &(Span, String)| json!({ "location": location(&source.at(*span)), "label": label });
    let also: Vec<Json> = fault.also.iter().map(labelled).collect();
    let flow: Vec<Json> = finding.flow.iter().map(labelled).collect();
    json!({
        "rule": rule,
        "level": level.word(),
        "key": key,
        "launch": launch,
        "message": fault.message,
        "label": fault.label,
        "help": fault.help,
        "code": fault.code,
        "location": location(&source.at(fault.span)),
        "also": also,
        "flow": flow,
        "fix": finding.fix.as_ref().map(fix_json),
        "page": finding.page,
    })
}
