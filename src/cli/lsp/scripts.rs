//! What is wrong with a script, and what can be done about it.

use super::kept_from;
use super::suppress::ignoring;
use crate::cli::check::Buffers;
use crate::lsp::{Action, Document};
use crate::text::{Edit, Finding, Mend, Span};

/// Finds what `hydrule check` finds.
pub fn look(buffers: &Buffers<'_>, document: &Document) -> Vec<Finding> {
    let source = document.source();
    let found = buffers.check(&document.path, &source);
    found.unwrap_or_else(|error| kept_from(&error, &source))
}

/// Makes of one text another one: what is between their common beginning and end changes.
fn difference(old: &str, new: &str) -> Option<Edit> {
    let same = |(a, b): &(char, char)| a == b;
    let length = |(it, _): (char, char)| it.len_utf8();
    let start: usize = old.chars().zip(new.chars()).take_while(same).map(length).sum();
    let (old_rest, new_rest) = (old.get(start..)?, new.get(start..)?);
    let ends = old_rest.chars().rev().zip(new_rest.chars().rev());
    let end: usize = ends.take_while(same).map(length).sum();
    let changed = new_rest.get(..new_rest.len() - end)?;
    Some(Edit::new(Span::new(start, old.len() - end), changed))
}

/// Makes all that surely mends.
pub fn mend_all(buffers: &Buffers<'_>, document: &Document) -> Option<Mend> {
    let source = document.source();
    let fixed = buffers.fixed(&document.path, &source).ok()??;
    let edit = difference(source.text(), fixed.text())?;
    Some(Mend::safe("fix all that is safe", &source, vec![edit]))
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
