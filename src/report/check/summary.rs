use super::{Fixes, Report};
use crate::report::paint::{Look, Paint};
use crate::text::{Finding, Level, count, join_and};

/// Counts findings in a line, says what fixes did and could, and what was not checked.
pub fn check_summary(report: &Report<'_>, remarks: &[String], look: Look) -> String {
    let paint = Paint::new(look);
    let line = match report.fixes {
        Fixes::Shown => would_fix(report, paint),
        Fixes::Made if !report.fixed.is_empty() => fixed(report, paint),
        Fixes::Made | Fixes::Offered => found(report, !remarks.is_empty(), paint),
    };
    let remarks = remarks.iter().map(|it| format!("{} {it}\n", paint.warn("!")));
    [line].into_iter().chain(offered(report, paint)).chain(remarks).collect()
}

/// Counts findings of one level and more; nothing where there is none.
fn counted<'a>(
    findings: impl Iterator<Item = &'a Finding> + Clone,
    least: Level,
) -> Option<Vec<String>> {
    let levels = [(Level::Error, "error"), (Level::Warning, "warning"), (Level::Note, "note")];
    let parts = levels.into_iter().filter(|(level, _)| *level >= least);
    let of = |level| findings.clone().filter(|it| it.level == level).count();
    let parts = parts.map(|(level, word)| (of(level), word)).filter(|(n, _)| *n > 0);
    let parts: Vec<String> = parts.map(|(n, word)| count(n, word)).collect();
    (!parts.is_empty()).then_some(parts)
}

/// Says in how many files, and what was left out.
fn place(report: &Report<'_>) -> String {
    let mut less = Vec::new();
    if report.suppressed > 0 {
        less.push(format!("{} suppressed", report.suppressed));
    }
    if report.known > 0 {
        less.push(format!("{} in the baseline", report.known));
    }
    let less = if less.is_empty() { String::new() } else { format!(" ({})", less.join(", ")) };
    format!("{}{less}", count(report.files.len(), "file"))
}

fn found(report: &Report<'_>, as_such: bool, paint: Paint) -> String {
    let files = place(report);
    let heavy = counted(report.findings.iter(), Level::Warning).is_some();
    match counted(report.findings.iter(), Level::Note) {
        None if as_such => format!("Nothing found in {files}.\n"),
        None => format!("{} in {files}.\n", paint.good("Nothing found")),
        Some(all) if heavy => format!("{} in {files}.\n", paint.bad(&all.join(", "))),
        Some(notes) => {
            format!("{} in {files}; {}.\n", paint.good("Nothing wrong"), notes.join(", "))
        }
    }
}

fn fixed(report: &Report<'_>, paint: Paint) -> String {
    let left = report.findings.iter().filter(|it| it.level > Level::Note);
    let (done, left_over) = (report.fixed.len(), left.clone().count());
    let all = counted(report.fixed.iter().chain(left), Level::Warning).unwrap_or_default();
    let all = format!("Found {}", join_and(&all));
    let all = if left_over > 0 { paint.bad(&all) } else { paint.good(&all) };
    format!("{all} ({done} fixed, {left_over} remaining) in {}.\n", place(report))
}

fn would_fix(report: &Report<'_>, paint: Paint) -> String {
    match counted(report.fixed.iter(), Level::Note) {
        Some(all) => format!(
            "{} in {}.\n",
            paint.bad(&format!("Would fix {}", join_and(&all))),
            place(report)
        ),
        None => format!("{} in {}.\n", paint.good("Nothing to fix"), place(report)),
    }
}

/// Says what fixes there are for what is left.
fn offered(report: &Report<'_>, paint: Paint) -> Option<String> {
    let fixes = || report.findings.iter().filter_map(|it| it.fix.as_ref());
    let counts = fixes().filter(|it| it.safe || report.unsafe_fixes).count();
    let more = fixes().count() - counts;
    let all = if report.unsafe_fixes { "--fix --unsafe-fixes" } else { "--fix" };
    // What fixes were asked for and are left over met others, or do not mend.
    let counts = if report.fixes == Fixes::Offered { counts } else { 0 };
    let text = match (counts, more) {
        (0, 0) => return None,
        (0, more) if report.fixes == Fixes::Offered => {
            format!("{more} fixable with --fix --unsafe-fixes")
        }
        (0, more) => format!("{more} more fixable with --unsafe-fixes"),
        (n, 0) => format!("{} {n} fixable with {all}", paint.good("[*]")),
        (n, more) => {
            format!("{} {n} fixable with {all}, {more} more with --unsafe-fixes", paint.good("[*]"))
        }
    };
    Some(format!("{text}.\n"))
}
