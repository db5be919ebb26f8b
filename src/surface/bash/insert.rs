//! New overrides that look as if they had always been there.

use super::launch::{Argument, Launch, Script};
use super::remove::in_string;
use crate::text::{Edit, Span, line_end, line_start, shell_word};

/// Adds an override behind all others that the script gives, in front of what it passes on;
/// `last` where that was not far enough behind.
pub(super) fn behind(script: &Script, launch: &Launch, after: &str, last: bool) -> Edit {
    let text = script.source.text();
    let target = Argument::target_of(after);
    let forwards = launch.forwards.filter(|at| {
        let mut others =
            launch.arguments.iter().filter(|it| it.target() == target || it.may_set(target));
        others.all(|it| it.array.is_some() && !last || it.word.start < at.start)
    });
    match forwards {
        Some(at) => before_word(text, at, &shell_word(after)),
        None => behind_word(text, launch.last_word, &shell_word(after)),
    }
}

/// Adds an override to the call of the function that holds the command; none where the call gives
/// nothing that could be a neighbour.
pub(super) fn at_call(script: &Script, launch: &Launch, after: &str) -> Option<Edit> {
    // What an unquoted `$@` cuts into words stands at the call all the same.
    let given = |it: &Argument| {
        let words = [Some(it.word), in_string(it)].into_iter().flatten();
        let mut words = words.filter(|word| script.holds(*word) && !word.is_empty());
        words.find(|word| in_command(it) && !launch.location.span.contains(*word))
    };
    let neighbour = launch.arguments.iter().rev().find_map(given)?;
    Some(behind_word(script.source.text(), neighbour, &shell_word(after)))
}

/// Adds a word before another: on a line of its own where the neighbours have one.
fn before_word(text: &str, anchor: Span, word: &str) -> Edit {
    let line_end = end_around(text, anchor.start);
    if let Some(indent) = indent_of(text, anchor.start) {
        return Edit::new(Span::at(anchor.start), format!("{word} \\{line_end}{indent}"));
    }
    // The last override of a list often shares its line with `$@`.
    let earlier = text.get(..anchor.start).unwrap_or_default().trim_end_matches([' ', '\t']);
    let start = earlier.rfind([' ', '\t', '\n']).map_or(0, |at| at + 1);
    match indent_of(text, start).filter(|_| earlier.len() < anchor.start && start < earlier.len()) {
        Some(indent) => Edit::new(Span::at(earlier.len()), format!(" \\{line_end}{indent}{word}")),
        None => Edit::new(Span::at(anchor.start), format!("{word} ")),
    }
}

/// Adds a word behind another: on a line of its own where that has one.
fn behind_word(text: &str, anchor: Span, word: &str) -> Edit {
    let line_end = end_around(text, anchor.start);
    match indent_of(text, anchor.start) {
        Some(indent) => Edit::new(Span::at(anchor.end), format!(" \\{line_end}{indent}{word}")),
        None => Edit::new(Span::at(anchor.end), format!(" {word}")),
    }
}

/// Returns how lines end around a place.
fn end_around(text: &str, at: usize) -> &'static str {
    let end = line_end(text, at);
    // The last line has none: the one before tells.
    let end = if end < text.len() { end } else { line_start(text, at).saturating_sub(1) };
    let windows = text.get(..end).is_some_and(|it| it.ends_with('\r'));
    if windows { "\r\n" } else { "\n" }
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
    let key = Argument::target_of(after);
    let mut best: Option<(usize, &Argument)> = None;
    for argument in &launch.arguments {
        let score = common(key, &argument.target());
        let direct = argument.array.is_none();
        let better = best.is_none_or(|(most, old)| {
            score > most || score == most && (direct || old.array.is_some())
        });
        if score > 0 && better {
            best = Some((score, argument));
        }
    }
    let own = |it: &Argument| it.array.is_some() && !it.word.is_empty() && script.holds(it.word);
    let (_, sibling) = best.filter(|(_, it)| own(it))?;
    let (text, word) = (script.source.text(), shell_word(after));
    Some(match in_command(sibling) {
        true => behind_word(text, sibling.word, &word),
        false => behind_element(text, sibling.word, &word),
    })
}

/// Tells whether an argument is a word of a command: of the launch, or of what calls its function.
fn in_command(argument: &Argument) -> bool {
    argument.array.as_ref().is_none_or(|it| matches!(&*it.variable, "@" | "*"))
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
    let line_end = if kept.len() < line.len() { "\r\n" } else { "\n" };
    // In an array a `\` at the end of a line is idle, but some write it.
    if kept.trim() == "\\" {
        return Edit::new(Span::at(element.end), format!(" \\{line_end}{indent}{word}"));
    }
    // A comment stays with the element it stands behind.
    if !(kept.trim().is_empty()
        || kept.trim_start().starts_with('#') && kept.starts_with([' ', '\t']))
    {
        return inline;
    }
    Edit::new(Span::at(element.end + kept.len()), format!("{line_end}{indent}{word}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_added_ends_as_those_around_it() {
        let text = "a\r\nb\r\nc\nd";
        let at = |word: &str| end_around(text, text.find(word).unwrap());
        assert_eq!([at("a"), at("b"), at("c"), at("d")], ["\r\n", "\r\n", "\n", "\n"]);
        assert_eq!(end_around("a\r\nb", 3), "\r\n");
        assert_eq!(end_around("a", 0), "\n");
    }
}
