//! Keys that nobody knows and that come near one that the pack knows.

use super::warning::warning;
use crate::engine::{Entries, Entry};
use crate::overrides::OverrideKind;
use crate::pack::Pack;
use crate::surface::bash::{Argument, Launch, Script};
use crate::text::{Edit, Fault, Finding, Mend, Span};

/// Finds the keys of a launch that are probably slips of the hand. Who knows the configuration that it
/// starts from knows better.
pub fn misspelt(pack: &Pack, script: &Script, launch: &Launch, entries: &Entries) -> Vec<Finding> {
    let known = pack.known_keys();
    let finding = |(argument, Entry { key, value, .. }): (&Argument, &Entry)| {
        // What is added need not be known.
        if value.as_ref().ok()?.kind != OverrideKind::Change {
            return None;
        }
        let meant = known.meant_by(key)?;
        let fault = fault(pack, key, &meant, argument)?;
        let mut finding = warning("misspelt-key", script, launch, (argument, key), fault)?;
        finding.fix = fix(&finding, key, &meant);
        Some(finding)
    };
    launch.arguments.iter().zip(entries.iter()).filter_map(finding).collect()
}

fn fault(pack: &Pack, key: &str, meant: &str, argument: &Argument) -> Option<Fault> {
    let at = argument.text.known()?.find(key)?;
    let message = format!("the pack {} knows no `{key}`; did you mean `{meant}`?", pack.name);
    let fault = Fault::new("hydrule::check::misspelt_key", Span::new(at, at + key.len()), message)
        .labelled("this key")
        .helped("`++` in front of a key sets it whether or not the configuration has it");
    Some(fault)
}

/// Writes what was meant, where the key stands as it is.
fn fix(finding: &Finding, key: &str, meant: &str) -> Option<Mend> {
    let (source, span) = (&finding.source, finding.fault.span);
    let edit = || vec![Edit::new(span, meant)];
    let mend = || Mend::safe(format!("write `{meant}`"), source, edit()).only_if(false);
    (source.slice(span) == key).then(mend)
}
