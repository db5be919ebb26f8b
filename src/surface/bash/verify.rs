//! Reading a changed script again: is it what was wanted, and what else moved?

use indexmap::IndexMap;

use super::edit::{Change, Reason, Site, Wanted};
use super::launch::{Argument, Launch, Script};
use super::state::Outside;
use super::walk::read;
use crate::text::{Source, Span};

/// Something that changes along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moved {
    /// A key of a launch.
    Key {
        /// The launch, by index.
        launch: usize,
        /// The key.
        key: String,
        /// The values before, those that nothing tells left out.
        before: Vec<String>,
        /// The values afterwards.
        after: Vec<String>,
    },
    /// The words of another command.
    Command {
        /// Where, in the old text.
        span: Span,
        /// Its first word.
        name: String,
        /// Whether it only tells people, and so may always change.
        tells: bool,
    },
}

/// What would change and must not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wrong {
    /// It is no script any more.
    Unreadable,
    /// Which commands run.
    Commands,
    /// The wanted key does not get the wanted value.
    Value(String),
    /// Another key, of a launch by index.
    Key(usize, String),
    /// What else a launch is made of, by index.
    Rest(usize),
    /// Another command.
    Command(Span),
    /// A test that nothing decides.
    Test,
}

impl Wrong {
    /// Names it.
    pub(super) fn in_words(&self, script: &Script) -> String {
        let of = |launch: &usize| match script.launches.len() {
            1 => String::new(),
            _ => format!(" of launch {}", launch + 1),
        };
        match self {
            Self::Unreadable => "what bash can parse".to_owned(),
            Self::Commands => "which commands run".to_owned(),
            Self::Value(key) => key.clone(),
            Self::Key(launch, key) => format!("{key}{}", of(launch)),
            Self::Rest(launch) => format!("the rest of the command{}", of(launch)),
            Self::Command(span) => {
                format!("the command at line {}", script.source.line_column(span.start).line)
            }
            Self::Test => "a test that is not decided".to_owned(),
        }
    }

    /// Says why a change is refused.
    pub(super) fn message(&self, script: &Script) -> String {
        match self {
            Self::Value(key) => format!("no change of one place gives `{key}` this value"),
            _ => format!("this change would also move {}", self.in_words(script)),
        }
    }

    /// Says why a place does not do.
    pub(super) fn reason(&self, script: &Script, site: &Site, variable: Option<&str>) -> Reason {
        let cannot_hold = match self {
            Self::Unreadable | Self::Commands => true,
            Self::Value(key) => *key == site.key,
            _ => false,
        };
        let feeds = self.in_words(script);
        match variable {
            _ if cannot_hold => Reason::new("its place cannot hold this value"),
            None => Reason::new(format!("its place also feeds {feeds}")),
            Some(name) => {
                let accepted = matches!(self, Self::Key(..) | Self::Command(_));
                let shared = accepted.then(|| name.to_owned());
                Reason { text: format!("{name} also feeds {feeds}"), shared }
            }
        }
    }
}

/// Reads the changed text and compares; tells what else changes that may.
///
/// # Errors
/// What else would change and must not.
pub(super) fn verify(
    script: &Script,
    outside: &Outside,
    wanted: &Wanted<'_>,
    text: &str,
) -> Result<Vec<Moved>, Wrong> {
    verify_all(script, outside, std::slice::from_ref(wanted), text)
}

/// The same of a text in which the changes of several launches are made, each wanted for itself.
///
/// # Errors
/// What else would change and must not.
pub(super) fn verify_all(
    script: &Script,
    outside: &Outside,
    wanted: &[Wanted<'_>],
    text: &str,
) -> Result<Vec<Moved>, Wrong> {
    let source = Source::new(script.source.name(), text);
    let again = read(&source, outside).map_err(|_| Wrong::Unreadable)?;
    let emptied = emptied(script, wanted);
    let again = without_emptied(again, script, &emptied)?;
    let same_count = again.launches.len() == script.launches.len()
        && again.commands.len() == script.commands.len()
        && again.starts.len() == script.starts.len();
    if !same_count {
        return Err(Wrong::Commands);
    }
    let mut moved = Vec::new();
    for (index, (old, new)) in script.launches.iter().zip(&again.launches).enumerate() {
        compare(index, (old, new), wanted, &mut moved)?;
    }
    for ((span, old), (_, new)) in script.commands.iter().zip(&again.commands) {
        if old == new {
            continue;
        }
        let name = old.first().cloned().unwrap_or_default();
        let tells = name == "echo" || name == "printf";
        if !tells && !accepts(wanted, &name) {
            return Err(Wrong::Command(*span));
        }
        moved.push(Moved::Command { span: *span, name, tells });
    }
    if script.unread == again.unread { Ok(moved) } else { Err(Wrong::Test) }
}

/// Lists the launches that lose all their overrides.
fn emptied(script: &Script, wanted: &[Wanted<'_>]) -> Vec<usize> {
    let loses_all = |wanted: &Wanted<'_>, launch: &Launch| {
        let removed =
            |key: &str| wanted.changes.iter().any(|it| it.key == key && it.after.is_none());
        launch.forwards.is_none() && launch.arguments.iter().all(|it| removed(&it.target()))
    };
    let meant = wanted.iter().flat_map(|it| it.launches.iter().map(move |at| (it, *at)));
    let emptied =
        meant.filter(|(it, at)| script.launches.get(*at).is_some_and(|own| loses_all(it, own)));
    emptied.map(|(_, at)| at).collect()
}

/// A launch without overrides reads as any other command: takes it as the launch that it was.
fn without_emptied(mut again: Script, script: &Script, emptied: &[usize]) -> Result<Script, Wrong> {
    for index in emptied {
        let Some(launch) = script.launches.get(*index) else { continue };
        let command = again.commands.iter().position(|(_, words)| *words == launch.rest);
        again.commands.remove(command.ok_or(Wrong::Commands)?);
        let left = Launch { arguments: Vec::new(), ..launch.clone() };
        again.launches.insert((*index).min(again.launches.len()), left);
    }
    Ok(again)
}

fn compare(
    index: usize,
    (old, new): (&Launch, &Launch),
    wanted: &[Wanted<'_>],
    moved: &mut Vec<Moved>,
) -> Result<(), Wrong> {
    let changes = wanted.iter().find(|it| it.launches.contains(&index)).map(|it| it.changes);
    let changes = changes.unwrap_or_default();
    let (before, after) = (values(old), values(new));
    let missing = |it: &&Change| it.after.is_some() && !after.contains_key(&it.key);
    if let Some(change) = changes.iter().find(missing) {
        return Err(Wrong::Value(change.key.clone()));
    }
    for key in before.keys().chain(after.keys().filter(|key| !before.contains_key(*key))) {
        let (was, is) = (before.get(key), after.get(key));
        let change = changes.iter().find(|change| change.key == *key);
        if let Some(change) = change {
            // What wins must be what is wanted.
            let value = change.after.as_deref().map(value_of);
            if is.and_then(|values| values.last()) != value.as_ref() || hidden(new, key) {
                return Err(Wrong::Value(key.clone()));
            }
        } else if was != is {
            if !accepts(wanted, key) {
                return Err(Wrong::Key(index, key.clone()));
            }
            let (before, after) = (told(old, key), told(new, key));
            moved.push(Moved::Key { launch: index, key: key.clone(), before, after });
        }
    }
    let same = old.rest == new.rest
        && old.program == new.program
        && old.forwards.is_some() == new.forwards.is_some();
    if same { Ok(()) } else { Err(Wrong::Rest(index)) }
}

/// Tells whether a name is one of those that may change; a `*` stands for any text.
fn accepts(wanted: &[Wanted<'_>], name: &str) -> bool {
    wanted.iter().flat_map(|it| it.also).any(|pattern| fits(pattern, name))
}

fn fits(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(name) = name.strip_prefix(start) else { return false };
    let mut ends = name.char_indices().map(|(at, _)| at).chain([name.len()]);
    ends.any(|at| name.get(at..).is_some_and(|name| fits(rest, name)))
}

/// Tells whether something that is not known may win over what is.
fn hidden(launch: &Launch, key: &str) -> bool {
    let mut behind = launch.arguments.iter().rev().take_while(|argument| argument.target() != key);
    behind.any(|argument| argument.may_set(key))
}

/// The values of every key in order; where nothing tells one, what it depends on.
fn values(launch: &Launch) -> IndexMap<String, Vec<String>> {
    let mut values: IndexMap<String, Vec<String>> = IndexMap::new();
    for argument in &launch.arguments {
        let value = argument.text.known().map(|text| value_of(&text));
        let value = value.unwrap_or_else(|| argument.text.sketch());
        values.entry(argument.target().into_owned()).or_default().push(value);
    }
    values
}

/// The values of one key as far as they are told.
fn told(launch: &Launch, key: &str) -> Vec<String> {
    let own = launch.arguments.iter().filter(|argument: &&Argument| argument.target() == key);
    own.filter_map(|argument| argument.text.known()).map(|text| value_of(&text)).collect()
}

fn value_of(text: &str) -> String {
    let deleted = text.starts_with('~') && !text.contains('=');
    let value = text.split_once('=').map_or("", |(_, value)| value);
    if deleted { "~".to_owned() } else { value.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, name, fit) in [
            ("*", "a.b", true),
            ("a.*", "a.b.c", true),
            ("*.c", "a.b.c", true),
            ("a.b", "a.bc", false),
            ("a*c", "a.b", false),
        ] {
            assert_eq!(fits(pattern, name), fit, "{pattern} {name}");
        }
    }
}
