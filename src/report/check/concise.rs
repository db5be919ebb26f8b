use super::{Report, place};
use crate::report::paint::{Look, Paint};
use crate::text::Level;

/// Writes a line for each finding, as compilers do and editors read it.
pub fn check_concise(report: &Report<'_>, look: Look) -> String {
    let paint = Paint::new(look);
    let line = |it: &crate::text::Finding| {
        let word = match it.level {
            Level::Error => paint.bad(it.level.word()),
            Level::Warning => paint.warn(it.level.word()),
            Level::Note => paint.faint(it.level.word()),
        };
        let (at, rule) = (paint.strong(&place(it)), paint.name(&it.rule));
        let fix = if report.is_fixable(it) { paint.good("[*] ") } else { String::new() };
        format!("{at}: {word}[{rule}] {fix}{}\n", one_line(&it.fault.message))
    };
    report.findings.iter().map(line).collect()
}

/// Keeps a message in one line.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
