//! Findings about scripts, for people and as data.

use serde_json::{Value as Json, json};

use super::fault::render_finding;
use super::json::location;
use super::paint::{Look, Paint};
use crate::text::{Finding, Level, count};

/// Draws findings one below the other, heaviest ones in full, notes in a line each.
pub fn findings_text(findings: &[Finding], look: Look) -> String {
    let paint = Paint::new(look);
    let mut out = String::new();
    for finding in findings.iter().filter(|it| it.level > Level::Note) {
        out.push_str(&render_finding(finding, look));
        out.push('\n');
    }
    for finding in findings.iter().filter(|it| it.level == Level::Note) {
        let at = finding.source.at(finding.fault.span);
        let text = format!("note {at}: {} ({})\n", finding.fault.message, finding.rule);
        out.push_str(&paint.faint(&text));
    }
    out
}

/// Counts findings in a line.
pub fn findings_summary(findings: &[Finding], files: usize, look: Look) -> String {
    let paint = Paint::new(look);
    let files = count(files, "file");
    let of = |level| findings.iter().filter(|it| it.level == level).count();
    let parts: Vec<String> =
        [(Level::Error, "error"), (Level::Warning, "warning"), (Level::Note, "note")]
            .into_iter()
            .filter(|(level, _)| of(*level) > 0)
            .map(|(level, word)| count(of(level), word))
            .collect();
    match (of(Level::Error) + of(Level::Warning), parts.is_empty()) {
        (0, true) => format!("{} in {files}.\n", paint.good("Nothing found")),
        (0, false) => {
            format!("{} in {files}; {}.\n", paint.good("Nothing wrong"), parts.join(", "))
        }
        _ => format!("{} in {files}.\n", paint.bad(&parts.join(", "))),
    }
}

/// Gives a finding as data.
pub fn finding_json(finding: &Finding) -> Json {
    let Finding { rule, level, key, source, fault } = finding;
    let also = fault
        .also
        .iter()
        .map(|(span, label)| json!({ "location": location(&source.at(*span)), "label": label }));
    let also: Vec<Json> = also.collect();
    json!({
        "rule": rule,
        "level": level.word(),
        "key": key,
        "message": fault.message,
        "label": fault.label,
        "help": fault.help,
        "code": fault.code,
        "location": location(&source.at(fault.span)),
        "also": also,
    })
}
