//! A comment that lets a finding be.

use crate::cli::check::Buffers;
use crate::lsp::Document;
use crate::text::{Edit, Finding, Mend, Source, Span, apply_edits, line_start};

/// Makes the comment that lets a finding be, where one does: on a line of its own, above the first line
/// of the command. It is tried on the text, in which `found` is all that is found.
pub fn ignoring(
    buffers: &Buffers<'_>,
    document: &Document,
    finding: &Finding,
    found: &[Finding],
) -> Option<Mend> {
    let source = document.source();
    let start = command_start(buffers, document, finding).unwrap_or(finding.fault.span.start);
    let start = line_above(source.text(), start)?;
    let line = source.text().get(start..)?;
    let indent = line.get(..line.len() - line.trim_start_matches([' ', '\t']).len())?;
    let end = if source.text().contains("\r\n") { "\r\n" } else { "\n" };
    let rule = &finding.rule;
    let comment = format!("{indent}# hydrule: ignore[{rule}] TODO: say why{end}");
    let edit = Edit::new(Span::at(start), comment);
    let after = apply_edits(source.text(), std::slice::from_ref(&edit)).ok()?;
    let after = Source::new(source.name(), after);
    let left = buffers.check(&document.path, &after).ok()?;
    let same =
        |all: &[Finding]| all.iter().filter(|it| it.rule == *rule && it.key == finding.key).count();
    let lets_be = same(&left) < same(found) && left.len() < found.len();
    lets_be.then(|| Mend::safe(format!("ignore {rule} here"), &source, vec![edit]))
}

/// Finds where the command begins that a finding is about.
fn command_start(buffers: &Buffers<'_>, document: &Document, finding: &Finding) -> Option<usize> {
    let buffer = buffers.read(&document.path, document.source()).ok()?;
    let launches = &buffer.script()?.launches;
    let own = launches.iter().filter(|it| it.location.source.name() == document.name());
    let around = own.map(|it| it.location.span).find(|it| it.contains(finding.fault.span));
    around.map(|it| it.start)
}

/// Finds the start of the line that a byte stands on, or of the one that goes on there.
fn line_above(text: &str, offset: usize) -> Option<usize> {
    let start = line_start(text, offset);
    let above = text.get(..start)?.strip_suffix('\n')?.trim_end_matches('\r');
    if above.ends_with('\\') { line_above(text, above.len()) } else { Some(start) }
}
