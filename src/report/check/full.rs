use super::Report;
use super::fix::fix_text;
use crate::report::fault::FindingDrawer;
use crate::report::paint::{Look, Paint, side_by_side};
use crate::text::Level;

/// Draws findings one below the other, heaviest ones in full, notes in a line each.
pub fn check_full(report: &Report<'_>, look: Look) -> String {
    let (findings, paint) = (report.findings, Paint::new(look));
    let mut out = String::new();
    let mut drawer = FindingDrawer::new(look);
    for finding in findings.iter().filter(|it| it.level > Level::Note) {
        out.push_str(&drawer.draw(finding));
        if let Some(fix) = &finding.fix {
            out.push_str(&fix_text(finding, fix, paint));
        }
        out.push('\n');
    }
    for finding in findings.iter().filter(|it| it.level == Level::Note) {
        let at = finding.source.at(finding.fault.span);
        let text = format!("note {at}: {} ({})", finding.fault.message, finding.rule);
        let text = side_by_side(0, 5, &[(&text, &str::to_owned)], look);
        out.push_str(&format!("{}\n", paint.faint(&text)));
    }
    out
}
