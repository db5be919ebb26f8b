//! Values that are texts where numbers or bools are meant.

use super::warning::warning;
use crate::engine::{Entries, Entry};
use crate::pack::Pack;
use crate::surface::bash::{Argument, Launch, Script};
use crate::text::{Fault, Finding, Span, nearest};
use crate::value::Value;

/// Finds the overrides of a launch that set a text where each default that the pack knows is a number or a
/// bool.
pub fn other_type(
    pack: &Pack,
    script: &Script,
    launch: &Launch,
    entries: &Entries,
) -> Vec<Finding> {
    let finding = |(argument, entry): (&Argument, &Entry)| {
        let Value::Str(text) = entry.value.as_ref().ok()?.value()? else { return None };
        // What is interpolated may become anything.
        if text.contains("${") {
            return None;
        }
        let default = usual(pack, &entry.key)?;
        let fault = fault(&entry.key, &text, default, argument)?;
        warning("other-type", script, launch, (argument, &entry.key), fault)
    };
    launch.arguments.iter().zip(entries.iter()).filter_map(finding).collect()
}

/// Returns a default of a key whose defaults are all numbers, or all bools.
fn usual<'a>(pack: &'a Pack, key: &str) -> Option<&'a Value> {
    let mut all = pack.defaults_of(key);
    let is_plain = |it: &Value| matches!(it, Value::Bool(_) | Value::Int(_) | Value::Float(_));
    let first = all.next().filter(|it| is_plain(it))?;
    all.all(is_plain).then_some(first)
}

fn fault(key: &str, value: &str, default: &Value, argument: &Argument) -> Option<Fault> {
    let written = argument.text.known()?;
    let start = written.find('=')? + 1;
    let kind = if matches!(default, Value::Bool(_)) { "True or False" } else { "a number" };
    let message = match value {
        "" => format!("`{key}` is {kind} by default, and empty here"),
        _ => format!("`{key}` is {kind} by default, and `{value}` is a text"),
    };
    let span = Span::new(start, written.len());
    let fault = Fault::new("hydrule::check::other_type", span, message).labelled("a text");
    let meant = match default {
        Value::Bool(_) => nearest(value, ["True", "False"], 1),
        _ => Vec::new(),
    };
    Some(match meant.first() {
        Some(meant) => fault.helped(format!("did you mean `{meant}`?")),
        None => fault,
    })
}
