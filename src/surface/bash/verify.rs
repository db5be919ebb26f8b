//! Reading a changed script again: is it what was wanted, and nothing else?

use indexmap::IndexMap;

use super::edit::Change;
use super::launch::{Launch, Script};
use super::state::Outside;
use super::walk::read;
use crate::text::Source;

/// Reads the changed text and compares.
///
/// # Errors
/// What else would change, in words.
pub(super) fn verify(
    script: &Script,
    outside: &Outside,
    launch: usize,
    changes: &[Change],
    text: &str,
) -> Result<(), String> {
    let source = Source::new(script.source.name(), text);
    let again = read(&source, outside).map_err(|_| "what bash can parse".to_owned())?;
    let same_count = again.launches.len() == script.launches.len()
        && again.commands.len() == script.commands.len()
        && again.starts.len() == script.starts.len();
    if !same_count {
        return Err("which commands run".to_owned());
    }
    for (index, (old, new)) in script.launches.iter().zip(&again.launches).enumerate() {
        let wanted = if index == launch { changes } else { &[] };
        compare(old, new, wanted).map_err(|what| {
            if index == launch { what } else { format!("{what} of another launch") }
        })?;
    }
    for ((span, old), (_, new)) in script.commands.iter().zip(&again.commands) {
        let silent = matches!(old.first(), Some(name) if name == "echo" || name == "printf");
        if old != new && !silent {
            let line = script.source.line_column(span.start).line;
            return Err(format!("the command at line {line}"));
        }
    }
    if script.unread != again.unread {
        return Err("a test that is not decided".to_owned());
    }
    Ok(())
}

fn compare(old: &Launch, new: &Launch, wanted: &[Change]) -> Result<(), String> {
    let (before, after) = (values(old), values(new));
    for key in before.keys().chain(after.keys()) {
        let same = match wanted.iter().find(|change| change.key == *key) {
            // What wins must be what is wanted.
            Some(change) => {
                let value = change.after.as_deref().map(value_of);
                let wins = after.get(key).and_then(|values| values.last()) == value.as_ref();
                wins && !hidden(new, key)
            }
            None => before.get(key) == after.get(key),
        };
        if !same {
            return Err(key.clone());
        }
    }
    if old.rest != new.rest
        || old.program != new.program
        || old.forwards.is_some() != new.forwards.is_some()
    {
        return Err("the rest of the command".to_owned());
    }
    Ok(())
}

/// Tells whether something that is not known may win over what is.
fn hidden(launch: &Launch, key: &str) -> bool {
    let mut behind = launch.arguments.iter().rev().take_while(|argument| argument.key() != key);
    behind.any(|argument| argument.may_set(key))
}

/// The values of every key in order; where nothing tells one, what it depends on.
fn values(launch: &Launch) -> IndexMap<String, Vec<String>> {
    let mut values: IndexMap<String, Vec<String>> = IndexMap::new();
    for argument in &launch.arguments {
        let value = argument.text.known().map(|text| value_of(&text));
        let value = value.unwrap_or_else(|| argument.text.sketch());
        values.entry(argument.key()).or_default().push(value);
    }
    values
}

fn value_of(text: &str) -> String {
    let deleted = text.starts_with('~') && !text.contains('=');
    let value = text.split_once('=').map_or("", |(_, value)| value);
    if deleted { "~".to_owned() } else { value.to_owned() }
}
