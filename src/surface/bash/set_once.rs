//! Overrides taken out that a later one of the same launch replaces.

use super::edit::Wanted;
use super::halved::halved;
use super::launch::{Argument, Script};
use super::remove::remove;
use super::state::Outside;
use super::verify::{Moved, verify};
use crate::overrides::{Override, OverrideKind, parse};
use crate::text::{Edit, Finding, Mend, apply_edits};

/// An override that may go.
struct Earlier {
    /// The finding that it mends, by index.
    finding: usize,
    key: String,
    edit: Edit,
    /// Whether the later override surely makes it as if it were not there.
    replaced: bool,
}

/// Gives the findings of repeated keys their fixes, where every launch that has the earlier override
/// has the later one as well.
pub(super) fn set_once(script: &Script, outside: &Outside, findings: &mut [&mut Finding]) {
    let repeated = findings.iter().enumerate().filter(|(_, it)| it.rule == "repeated-key");
    let all: Vec<Earlier> = repeated.filter_map(|(at, it)| earlier(script, at, it)).collect();
    // Keeps those whose going leaves all values that win.
    for earlier in halved(&all, 1, &|some| leaves_all(script, outside, some)) {
        let edits = vec![earlier.edit.clone()];
        let mend = Mend::safe("remove the earlier override", &script.source, edits);
        if let Some(finding) = findings.get_mut(earlier.finding) {
            finding.fix = Some(mend.only_if(earlier.replaced));
        }
    }
}

fn earlier(script: &Script, at: usize, finding: &Finding) -> Option<Earlier> {
    let own = |argument: &&Argument| {
        argument.word == finding.fault.span && Some(&*argument.key()) == finding.key.as_deref()
    };
    let launch =
        script.launches.iter().find(|launch| launch.arguments.iter().any(|it| own(&it)))?;
    let old = launch.arguments.iter().find(own)?;
    let key = old.target().into_owned();
    let last = launch.arguments.iter().rev().find(|it| it.target() == key)?;
    let edit = remove(script, old).ok()?;
    let replaced = match (parse(&old.text.known()?), parse(&last.text.known()?)) {
        (Ok(old), Ok(last)) => replaces(&last, &old),
        _ => false,
    };
    Some(Earlier { finding: at, key, edit, replaced })
}

/// Tells whether an override surely makes an earlier one of the same key as if it were not there:
/// dictionaries would be merged, and `+` may be there for the key that it adds.
fn replaces(last: &Override, old: &Override) -> bool {
    let plain = |it: &Override| {
        let value = it.text.split_once('=').map_or("", |(_, value)| value.trim_start());
        !value.starts_with('{') && matches!(it.kind, OverrideKind::Change | OverrideKind::ForceAdd)
    };
    plain(last) && plain(old) && last.kind == old.kind && old.key.contains('.')
}

fn leaves_all(script: &Script, outside: &Outside, gone: &[Earlier]) -> bool {
    let edits: Vec<Edit> = gone.iter().map(|it| it.edit.clone()).collect();
    let keys: Vec<String> = gone.iter().map(|it| it.key.clone()).collect();
    let wanted = Wanted { launches: &[], changes: &[], also: &keys };
    let Ok(text) = apply_edits(script.source.text(), &edits) else { return false };
    let Ok(moved) = verify(script, outside, &wanted, &text) else { return false };
    moved.iter().all(|it| match it {
        Moved::Key { before, after, .. } => before.last() == after.last(),
        Moved::Command { tells, .. } => *tells,
    })
}
