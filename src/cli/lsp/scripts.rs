//! What is wrong with a script, and what can be done about it.

use super::kept_from;
use super::suppress::ignoring;
use crate::cli::check::Buffers;
use crate::lsp::{Action, Document};
use crate::text::Finding;

/// Finds what `hydrule check` finds.
pub fn look(buffers: &Buffers<'_>, document: &Document) -> Vec<Finding> {
    let source = document.source();
    let found = buffers.check(&document.path, &source);
    found.unwrap_or_else(|error| kept_from(&error, &source))
}

/// Lists what mends findings, and then what lets them be.
pub fn actions(
    buffers: &Buffers<'_>,
    document: &Document,
    findings: &[Finding],
) -> Vec<(usize, Action)> {
    let source = document.source();
    let mends = buffers.mends(&document.path, &source, findings).unwrap_or_default();
    let mends = mends.into_iter().enumerate();
    let mends = mends.filter_map(|(at, mend)| Some((at, Action { mend: mend?, mends: true })));
    let found = look(buffers, document);
    let ignores = findings.iter().enumerate().filter_map(|(at, finding)| {
        let mend = ignoring(buffers, document, finding, &found)?;
        Some((at, Action { mend, mends: false }))
    });
    mends.chain(ignores).collect()
}
