//! Keys that nobody knows and that come near one that the pack knows.

use crate::cli::job::in_source;
use crate::engine::Entries;
use crate::overrides::OverrideKind;
use crate::pack::Pack;
use crate::surface::bash::{Argument, Launch, Script};
use crate::text::{Edit, Fault, Finding, Level, Mend, Span};

/// Finds the keys of a launch that are probably slips of the hand. Who knows the configuration that it
/// starts from knows better.
pub fn misspelt(pack: &Pack, script: &Script, launch: &Launch, entries: &Entries) -> Vec<Finding> {
    let mut found = Vec::new();
    let known = pack.known_keys();
    for (argument, entry) in launch.arguments.iter().zip(entries.iter()) {
        let Ok(set) = &entry.value else { continue };
        // What is added need not be known.
        if set.kind != OverrideKind::Change {
            continue;
        }
        if let Some(meant) = known.meant_by(&entry.key) {
            found.extend(finding(pack, script, launch, (argument, &entry.key), &meant));
        }
    }
    found
}

fn finding(
    pack: &Pack,
    script: &Script,
    launch: &Launch,
    (argument, key): (&Argument, &str),
    meant: &str,
) -> Option<Finding> {
    let text = argument.text.known()?;
    let at = text.find(key)?;
    let message = format!("the pack {} knows no `{key}`; did you mean `{meant}`?", pack.name);
    let fault = Fault::new("hydrule::check::misspelt_key", Span::new(at, at + key.len()), message)
        .labelled("this key")
        .helped("`++` in front of a key sets it whether or not the configuration has it");
    let fault = in_source(argument, fault);
    if !script.holds(fault.span) {
        return None;
    }
    let (span, source) = (fault.span, &script.source);
    let mut finding = Finding::new("misspelt-key", Level::Warning, source, fault);
    let edit = || vec![Edit::new(span, meant)];
    let mend = || Mend::safe(format!("write `{meant}`"), source, edit()).only_if(false);
    finding.fix = (source.slice(span) == key).then(mend);
    Some(finding.about(key).of(&launch.program))
}
