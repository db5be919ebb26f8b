//! Changes to the overrides of one launch, made where the values live.

use indexmap::IndexMap;

use super::launch::{Argument, Launch, Script};
use super::piece::{Origin, Quoting};
use super::place::Placed;
use super::state::Outside;
use super::walk::read;
use crate::text::{Edit, Fault, Source, Span, apply_edits, shell_word};

/// A wanted change of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The key, without sigil.
    pub key: String,
    /// The whole override afterwards; none to remove it.
    pub after: Option<String>,
}

/// A script's changed text.
#[derive(Debug, Clone)]
pub struct Edited {
    /// The replacements in the old text.
    pub edits: Vec<Edit>,
    /// The new text.
    pub text: String,
    /// What was done for each change, in the same order.
    pub sites: Vec<Site>,
}

/// Where a change was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The key.
    pub key: String,
    /// What was changed.
    pub how: How,
    /// Where, in the old text.
    pub span: Span,
}

/// The ways to make a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// The characters at the override.
    Literal,
    /// The assignment of a variable.
    Variable(String),
    /// The default of a variable that the environment may set.
    Default(String),
    /// A new override; with the reason, where the key has one already.
    Inserted(Option<String>),
    /// The override was taken out.
    Removed,
    /// The script says so already.
    Nothing,
}

/// Why a change is not made, and what to write by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The reason and the place.
    pub fault: Fault,
    /// The words to paste, quoted for the shell.
    pub paste: Vec<String>,
}

/// Makes changes to the launch of this index; the result is read again and compared.
///
/// # Errors
/// [`Refusal`] where the changes and nothing else cannot be made.
pub fn edit(
    script: &Script,
    outside: &Outside,
    launch: usize,
    changes: &[Change],
) -> Result<Edited, Refusal> {
    let Some(target) = script.launches.get(launch) else {
        let fault = Fault::new("hydrule::edit::no_launch", Span::at(0), "there is no such launch");
        return Err(Refusal { fault, paste: Vec::new() });
    };
    if let Some(change) =
        changes.iter().find(|it| it.after.as_ref().is_some_and(|it| it.contains('\0')))
    {
        let message = format!("the value of `{}` holds a NUL, which no argument can", change.key);
        let fault = Fault::new("hydrule::edit::nul", target.location.span, message);
        return Err(Refusal { fault, paste: Vec::new() });
    }
    let mut insert: IndexMap<String, String> = IndexMap::new();
    let mut last = None;
    // Every round moves at least one change from a shared place to an override of its own.
    for _ in 0..=changes.len() {
        let drafted = draft(script, target, changes, &insert)?;
        let wrong = match verify(script, outside, launch, changes, &drafted) {
            Ok(()) => return Ok(drafted),
            Err(wrong) => wrong,
        };
        let before = insert.len();
        for site in &drafted.sites {
            if let How::Variable(name) | How::Default(name) = &site.how {
                let reason = format!("{name} also feeds {}", wrong.what);
                insert.entry(site.key.clone()).or_insert(reason);
                if wrong.drops_one {
                    break;
                }
            }
        }
        last = Some(wrong);
        if insert.len() == before {
            break;
        }
    }
    let what = last.map_or("something else".to_owned(), |wrong| wrong.what);
    let message = format!("this change would also move {what}");
    Err(refusal(
        target,
        changes,
        Fault::new("hydrule::edit::not_exact", target.location.span, message),
    ))
}

fn refusal(launch: &Launch, changes: &[Change], fault: Fault) -> Refusal {
    let paste: Vec<String> =
        changes.iter().filter_map(|change| change.after.as_deref().map(shell_word)).collect();
    let fault = Fault {
        span: if fault.span.is_empty() { launch.location.span } else { fault.span },
        ..fault
    };
    let fault = fault.helped(format!("add by hand: {}", paste.join(" ")));
    Refusal { fault, paste }
}

/// What an edit would change that it must not.
struct Wrong {
    what: String,
    /// Whether taking back a single shared edit may be enough.
    drops_one: bool,
}

fn draft(
    script: &Script,
    launch: &Launch,
    changes: &[Change],
    insert: &IndexMap<String, String>,
) -> Result<Edited, Refusal> {
    let mut edits: Vec<Edit> = Vec::new();
    let mut sites = Vec::new();
    for change in changes {
        let (made, site) = one(script, launch, change, insert.get(&change.key))
            .map_err(|fault| refusal(launch, changes, fault))?;
        let clashes = made.as_ref().is_some_and(|made| {
            edits.iter().any(|old| !made.span.is_empty() && old.span == made.span && old != made)
        });
        if clashes {
            // Two keys share one place and want different values.
            let reason = "its value comes from a place that another change uses".to_owned();
            let (made, site) = one(script, launch, change, Some(&reason))
                .map_err(|fault| refusal(launch, changes, fault))?;
            edits.extend(made);
            sites.push(site);
            continue;
        }
        if let Some(made) = made.filter(|made| made.span.is_empty() || !edits.contains(made)) {
            edits.push(made);
        }
        sites.push(site);
    }
    let text = apply_edits(script.source.text(), &edits).map_err(|overlap| {
        let fault =
            Fault::new("hydrule::edit::overlap", overlap.0, "two changes meet in one place");
        refusal(launch, changes, fault)
    })?;
    Ok(Edited { edits, text, sites })
}

type Made = (Option<Edit>, Site);

fn one(
    script: &Script,
    launch: &Launch,
    change: &Change,
    must_insert: Option<&String>,
) -> Result<Made, Fault> {
    let site = |how, span| Site { key: change.key.clone(), how, span };
    let winning = launch.arguments.iter().rev().find(|argument| argument.key() == change.key);
    let Some(after) = &change.after else {
        return match winning {
            Some(argument) => {
                remove(script, argument).map(|edit| (Some(edit), site(How::Removed, argument.word)))
            }
            None => Ok((None, site(How::Nothing, launch.location.span))),
        };
    };
    let Some(argument) = winning else {
        let edit = insertion(script, launch, after);
        let span = edit.span;
        return Ok((Some(edit), site(How::Inserted(None), span)));
    };
    if argument.text.known().as_ref() == Some(after) {
        return Ok((None, site(How::Nothing, argument.word)));
    }
    let in_place = if must_insert.is_some() { None } else { in_place(argument, after) };
    if let Some((edit, how)) = in_place {
        let span = edit.span;
        return Ok((Some(edit), site(how, span)));
    }
    if is_swallowed(launch, argument) {
        let message = format!("`{}` is passed to another program", change.key);
        return Err(Fault::new("hydrule::edit::place", argument.word, message));
    }
    let reason = must_insert.cloned().unwrap_or_else(|| reason(&argument.placed()));
    // A second `+key` would be an error, so the later one replaces.
    let after = match (after.strip_prefix('+'), after.starts_with("++")) {
        (Some(_), false) => format!("+{after}"),
        _ => after.clone(),
    };
    let edit = insertion(script, launch, &after);
    let span = edit.span;
    Ok((Some(edit), site(How::Inserted(Some(reason)), span)))
}

/// An argument whose word does not stand in the command or an array known to be passed.
fn is_swallowed(launch: &Launch, argument: &Argument) -> bool {
    launch.last_word.is_empty() && argument.word.is_empty()
}

fn reason(placed: &Placed) -> String {
    match placed {
        Placed::Unknown(why, _) => why.clone(),
        Placed::Computed(names, _) if !names.is_empty() => {
            format!("its value is computed from {}", names.join(", "))
        }
        _ => "its value has no single place".to_owned(),
    }
}

/// Replaces the value where it stands, or the whole word.
fn in_place(argument: &Argument, after: &str) -> Option<(Edit, How)> {
    let (key, value) = after.split_once('=').unwrap_or((after, ""));
    let pieces = argument.value_pieces();
    let same_key = argument.key_element() == key && after.contains('=');
    if let ([piece], true) = (pieces.as_slice(), same_key) {
        if let Origin::Literal(span, quoting) = piece.origin {
            let how = match argument.placed() {
                Placed::Default(name, _) => How::Default(name),
                Placed::Variable(name, _) => How::Variable(name),
                _ => How::Literal,
            };
            return Some((Edit::new(span, encoded(value, quoting)), how));
        }
    }
    let own = argument.text.pieces.iter().all(|piece| piece.via.is_empty() && piece.text.is_ok());
    let inside =
        argument.text.pieces.iter().all(|piece| argument.word.contains(piece.origin.span()));
    (own && inside && !argument.word.is_empty())
        .then(|| (Edit::new(argument.word, shell_word(after)), How::Literal))
}

/// Writes a value so that it reads back inside such quotes.
fn encoded(value: &str, quoting: Quoting) -> String {
    match quoting {
        Quoting::Bare => shell_word(value),
        Quoting::Single => value.replace('\'', r"'\''"),
        Quoting::Double => {
            let mut out = String::with_capacity(value.len());
            for c in value.chars() {
                if matches!(c, '"' | '\\' | '$' | '`') {
                    out.push('\\');
                }
                out.push(c);
            }
            out
        }
    }
}

/// Adds an override behind all others that the script gives, in front of what it passes on.
fn insertion(script: &Script, launch: &Launch, after: &str) -> Edit {
    let word = shell_word(after);
    let text = script.source.text();
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let forwards = launch.forwards.filter(|at| {
        let key = Argument::key_of(after);
        let winning = launch.arguments.iter().rev().find(|it| it.key() == key);
        winning.is_none_or(|it| it.array.is_some() || it.word.start < at.start)
    });
    let (anchor, before) = match forwards {
        Some(at) => (at, true),
        None => (launch.last_word, false),
    };
    let indent = indent_of(text, anchor.start);
    match (before, indent) {
        (true, Some(indent)) => {
            Edit::new(Span::at(anchor.start), format!("{word} \\{line_end}{indent}"))
        }
        (true, None) => Edit::new(Span::at(anchor.start), format!("{word} ")),
        (false, Some(indent)) => {
            Edit::new(Span::at(anchor.end), format!(" \\{line_end}{indent}{word}"))
        }
        (false, None) => Edit::new(Span::at(anchor.end), format!(" {word}")),
    }
}

/// Returns the blanks before a word that is the first of a continuation line.
fn indent_of(text: &str, at: usize) -> Option<&str> {
    let before = text.get(..at)?;
    let line_start = before.rfind('\n')? + 1;
    let indent = before.get(line_start..)?;
    let earlier = before.get(..line_start)?.trim_end_matches(['\n', '\r']);
    (indent.chars().all(|c| c == ' ' || c == '\t') && earlier.ends_with('\\')).then_some(indent)
}

/// Takes a word out, with its whole line where it stands alone.
fn remove(script: &Script, argument: &Argument) -> Result<Edit, Fault> {
    let text = script.source.text();
    let span = argument.word;
    let own = argument
        .text
        .pieces
        .iter()
        .all(|piece| span.contains(piece.origin.span()) || !piece.via.is_empty());
    if span.is_empty() || !own {
        let message = format!("`{}` is no word of its own", argument.key());
        return Err(Fault::new("hydrule::edit::place", span, message));
    }
    let before = text.get(..span.start).unwrap_or_default();
    let after = text.get(span.end..).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let first = before.get(line_start..).is_some_and(|it| it.trim().is_empty());
    let rest = after.find('\n').and_then(|end| after.get(..end + 1));
    let alone = rest.filter(|rest| matches!(rest.trim(), "\\" | ""));
    if let (true, Some(rest)) = (first && line_start > 0, alone) {
        return Ok(Edit::new(Span::new(line_start, span.end + rest.len()), ""));
    }
    let blanks = before.len() - before.trim_end_matches([' ', '\t']).len();
    Ok(Edit::new(Span::new(span.start - blanks, span.end), ""))
}

impl Argument {
    /// Returns the key of an override's text, without sigil and package.
    fn key_of(text: &str) -> String {
        let element = text.split_once('=').map_or(text, |(key, _)| key);
        let bare = element.trim_start_matches(['+', '~']);
        bare.split_once('@').map_or(bare, |(key, _)| key).to_owned()
    }
}

/// Reads the result again: the wanted keys have the wanted values and nothing else changed.
fn verify(
    script: &Script,
    outside: &Outside,
    launch: usize,
    changes: &[Change],
    edited: &Edited,
) -> Result<(), Wrong> {
    let wrong = |what: String| Wrong { what, drops_one: false };
    let source = Source::new(script.source.name(), edited.text.as_str());
    let again = read(&source, outside).map_err(|_| wrong("what bash can parse".to_owned()))?;
    if again.launches.len() != script.launches.len()
        || again.commands.len() != script.commands.len()
    {
        return Err(wrong("which commands run".to_owned()));
    }
    for (index, (old, new)) in script.launches.iter().zip(&again.launches).enumerate() {
        let (old_values, new_values) = (effective(old), effective(new));
        let wanted = if index == launch { changes } else { &[] };
        let keys = old_values.keys().chain(new_values.keys());
        for key in keys {
            let (before, now) = (old_values.get(key), new_values.get(key));
            let expected = match wanted.iter().find(|change| change.key == *key) {
                Some(change) => change.after.as_deref().map(value_of),
                None => before.cloned(),
            };
            if now != expected.as_ref() {
                let shown =
                    if index == launch { key.clone() } else { format!("{key} of another launch") };
                return Err(wrong(shown));
            }
        }
        if old.rest != new.rest || old.program != new.program {
            return Err(wrong("the command's own flags".to_owned()));
        }
    }
    for ((span, old), (_, new)) in script.commands.iter().zip(&again.commands) {
        let silent = matches!(old.first(), Some(name) if name == "echo" || name == "printf");
        if old != new && !silent {
            let line = script.source.line_column(span.start).line;
            return Err(wrong(format!("the command at line {line}")));
        }
    }
    Ok(())
}

/// The value that wins for every key: its text, or none where nothing tells.
fn effective(launch: &Launch) -> IndexMap<String, Option<String>> {
    let pairs = launch.arguments.iter().map(|argument| {
        let value = argument.text.known().and_then(|text| value_of(&text));
        (argument.key(), Some(value.unwrap_or_else(|| argument.text.sketch())))
    });
    pairs.collect()
}

fn value_of(text: &str) -> Option<String> {
    let deleted = text.starts_with('~') && !text.contains('=');
    let value = text.split_once('=').map_or("", |(_, value)| value);
    Some(if deleted { "~".to_owned() } else { value.to_owned() })
}
