//! New overrides that look as if they had always been there.

use super::launch::{Argument, Launch, Script};
use crate::text::{Edit, Span, shell_word};

/// Adds an override behind all others that the script gives, in front of what it passes on;
/// `last` where that was not far enough behind.
pub(super) fn behind(script: &Script, launch: &Launch, after: &str, last: bool) -> Edit {
    let word = shell_word(after);
    let text = script.source.text();
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let forwards = launch.forwards.filter(|at| {
        let key = Argument::key_of(after);
        let mut others = launch.arguments.iter().filter(|it| it.key() == key || it.may_set(&key));
        others.all(|it| it.array.is_some() && !last || it.word.start < at.start)
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

/// Adds an override to the array that holds those of its kind; none where the closest ones stand in
/// the command itself.
pub(super) fn beside_siblings(script: &Script, launch: &Launch, after: &str) -> Option<Edit> {
    let key = Argument::key_of(after);
    let mut best: Option<(usize, &Argument)> = None;
    for argument in &launch.arguments {
        let score = common(&key, &argument.key());
        let direct = argument.array.is_none();
        let better = best.is_none_or(|(most, old)| {
            score > most || score == most && (direct || old.array.is_some())
        });
        if score > 0 && better {
            best = Some((score, argument));
        }
    }
    let (_, sibling) = best.filter(|(_, it)| it.array.is_some() && !it.word.is_empty())?;
    Some(behind_element(script.source.text(), sibling.word, &shell_word(after)))
}

/// Counts the parts that two keys share at the front; the last part of a key is its own.
fn common(left: &str, right: &str) -> usize {
    let parent = |key: &str| key.rsplit_once('.').map(|(parent, _)| parent.to_owned());
    let (Some(left), Some(right)) = (parent(left), parent(right)) else { return 0 };
    left.split('.').zip(right.split('.')).take_while(|(a, b)| a == b).count()
}

/// Adds a word behind an element of an array: on a line of its own where that has one.
fn behind_element(text: &str, element: Span, word: &str) -> Edit {
    let inline = Edit::new(Span::at(element.end), format!(" {word}"));
    let before = text.get(..element.start).unwrap_or_default();
    let Some((_, indent)) = before.rsplit_once('\n') else { return inline };
    let rest = text.get(element.end..).unwrap_or_default();
    let line = rest.split_once('\n').map(|(line, _)| line);
    let Some(line) = line.filter(|_| indent.trim().is_empty()) else { return inline };
    let kept = line.trim_end_matches('\r');
    // A comment stays with the element it stands behind.
    if !(kept.trim().is_empty()
        || kept.trim_start().starts_with('#') && kept.starts_with([' ', '\t']))
    {
        return inline;
    }
    let line_end = if kept.len() < line.len() { "\r\n" } else { "\n" };
    Edit::new(Span::at(element.end + kept.len()), format!("{line_end}{indent}{word}"))
}
