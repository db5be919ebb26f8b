//! What the log says was launched, against what the script says.

use std::sync::Arc;

use crate::engine::{Entries, Entry, State};
use crate::facts::Provenance;
use crate::overrides::{Override, parse};
use crate::report::{Comparison, Difference};
use crate::signal::{Launched, LaunchedOverride, Scan};
use crate::text::{count, join_and};

/// Returns the list of overrides that Hydra printed, if the log has one.
pub fn of(scan: &Scan) -> Option<&Launched> {
    scan.launched.first()
}

/// Counts the overrides of a list that a launch has too.
pub fn agreement(launched: &Launched, entries: &Entries) -> usize {
    let has = |key: &str| entries.iter().any(|entry| entry.key == key);
    let keys = launched.overrides.iter().filter_map(|it| parse(&it.text).ok());
    keys.filter(|parsed| has(&parsed.key)).count()
}

/// Takes from the log what nothing in the script tells; says what differs. Overrides that the
/// launch lacks came with the arguments it `forwards`; where it forwards none they are not its own.
pub fn complete(state: &mut State, launched: &Launched, forwards: bool) -> Vec<String> {
    let mut remarks = Vec::new();
    let (mut filled, mut differing) = (Vec::new(), Vec::new());
    let mut passed: Vec<Entry> = Vec::new();
    for item in &launched.overrides {
        let Ok(parsed) = parse(&item.text) else { continue };
        let from = Provenance::Text(item.location.clone());
        let known = state.entries.edit().iter_mut().rev().find(|entry| entry.key == parsed.key);
        match known {
            None => passed.push(Entry { key: parsed.key.clone(), value: Ok(parsed), from }),
            Some(entry) => match &entry.value {
                Err(_) => {
                    filled.push(entry.key.clone());
                    *entry = Arc::new(Entry { key: parsed.key.clone(), value: Ok(parsed), from });
                }
                Ok(own) if own.value != parsed.value => differing.push(difference(own, &parsed)),
                Ok(_) => {}
            },
        }
    }
    if !differing.is_empty() {
        let more = differing.len().saturating_sub(3);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let shown: Vec<String> = differing.into_iter().take(3).collect();
        remarks.push(format!(
            "The log is of a run with other values: {}{more}. If the job has not run since, wait for \
             its new log.",
            shown.join("; ")
        ));
    }
    if !filled.is_empty() {
        remarks.push(format!(
            "{} known only when the script runs; taken from the log: {}.",
            if filled.len() == 1 {
                "One value is".to_owned()
            } else {
                format!("{} values are", filled.len())
            },
            join_and(&filled)
        ));
    }
    if !passed.is_empty() {
        let keys: Vec<&str> = passed.iter().map(|entry| entry.key.as_str()).collect();
        let verb = if passed.len() == 1 { "is" } else { "are" };
        let from = if forwards { "so the script got it as an argument" } else { "and left alone" };
        remarks.push(format!(
            "{} {verb} only in the log, {from}: {}.",
            count(passed.len(), "override"),
            join_and(&keys)
        ));
    }
    if forwards {
        state.entries.edit().extend(passed.into_iter().map(Arc::new));
    }
    remarks
}

/// Compares what ran with what a launch says, key by key; the last override of a key counts. What the
/// launch `forwards` may be given to it, and what only the shell knows is no difference.
pub fn compare(
    launch: String,
    entries: &Entries,
    launched: &Launched,
    forwards: bool,
) -> Comparison {
    let mut differences = Vec::new();
    let (mut same, mut given) = (0, Vec::new());
    let ran: Vec<(Override, &LaunchedOverride)> =
        launched.overrides.iter().filter_map(|it| Some((parse(&it.text).ok()?, it))).collect();
    let last = |key: &str| ran.iter().rev().find(|(parsed, _)| parsed.key == key);
    let mut seen: Vec<&str> = Vec::new();
    for (parsed, item) in &ran {
        let key = parsed.key.as_str();
        if seen.contains(&key) {
            continue;
        }
        seen.push(key);
        let (parsed, item) = last(key).map_or((parsed, *item), |(parsed, item)| (parsed, *item));
        let ran = Some((item.text.clone(), item.location.clone()));
        match entries.iter().rev().find(|entry| entry.key == key) {
            Some(Entry { value: Ok(own), from, .. }) if own.value != parsed.value => {
                let script = Some((own.text.clone(), from.clone()));
                differences.push(Difference { key: key.to_owned(), ran, script });
            }
            Some(_) => same += 1,
            None if forwards => given.push(key.to_owned()),
            None => differences.push(Difference { key: key.to_owned(), ran, script: None }),
        }
    }
    for entry in entries.iter().filter(|entry| last(&entry.key).is_none()) {
        let Ok(own) = &entry.value else { continue };
        let script = Some((own.text.clone(), entry.from.clone()));
        differences.push(Difference { key: entry.key.clone(), ran: None, script });
    }
    Comparison { launch, same, given, differences }
}

fn difference(own: &Override, ran: &Override) -> String {
    let value = |it: &Override| {
        it.text.split_once('=').map_or("deleted".to_owned(), |(_, value)| value.to_owned())
    };
    format!("{} ran as {}, the script says {}", own.key, value(ran), value(own))
}
