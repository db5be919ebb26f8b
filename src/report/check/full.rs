use super::Report;
use crate::report::fault::render_finding;
use crate::report::paint::{Look, Paint};
use crate::text::{Level, count};

/// Draws findings one below the other, heaviest ones in full, notes in a line each.
pub fn check_full(report: &Report<'_>, look: Look) -> String {
    let (findings, paint) = (report.findings, Paint::new(look));
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

/// Counts findings in a line, and says what was not checked.
pub fn check_summary(report: &Report<'_>, remark: &Option<String>, look: Look) -> String {
    let (findings, paint) = (report.findings, Paint::new(look));
    let files = count(report.files.len(), "file");
    let remark = remark.iter().map(|it| format!("{} {it}\n", paint.warn("!")));
    let of = |level| findings.iter().filter(|it| it.level == level).count();
    let parts: Vec<String> =
        [(Level::Error, "error"), (Level::Warning, "warning"), (Level::Note, "note")]
            .into_iter()
            .filter(|(level, _)| of(*level) > 0)
            .map(|(level, word)| count(of(level), word))
            .collect();
    let mut less = Vec::new();
    if report.suppressed > 0 {
        less.push(format!("{} suppressed", report.suppressed));
    }
    if report.known > 0 {
        less.push(format!("{} in the baseline", report.known));
    }
    let less = if less.is_empty() { String::new() } else { format!(" ({})", less.join(", ")) };
    let files = format!("{files}{less}");
    let line = match (of(Level::Error) + of(Level::Warning), parts.is_empty()) {
        (0, true) if remark.len() > 0 => format!("Nothing wrong with {files} as such.\n"),
        (0, true) => format!("{} in {files}.\n", paint.good("Nothing found")),
        (0, false) => {
            format!("{} in {files}; {}.\n", paint.good("Nothing wrong"), parts.join(", "))
        }
        _ => format!("{} in {files}.\n", paint.bad(&parts.join(", "))),
    };
    std::iter::once(line).chain(remark).collect()
}
