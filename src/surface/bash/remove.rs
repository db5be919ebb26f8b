//! Overrides taken out as if they had never been there.

use super::launch::{Argument, Script};
use super::piece::Origin;
use crate::text::{Edit, Fault, Span, line_start};

/// Takes an argument out, with its whole line where it stands alone.
///
/// # Errors
/// An argument that is no word of its own.
pub(super) fn remove(script: &Script, argument: &Argument) -> Result<Edit, Fault> {
    let text = script.source.text();
    let pieces = &argument.text.pieces;
    let inside = pieces.iter().all(|piece| argument.word.contains(piece.origin.span()));
    let own = pieces.iter().any(|piece| argument.word.contains(piece.origin.span()));
    let part = if inside || own { None } else { in_string(argument) };
    let place = part.unwrap_or(argument.word);
    if !script.holds(place) {
        let message = format!("`{}` stands in {}", argument.target(), script.at(place));
        return Err(Fault::new("hydrule::edit::place", Span::at(0), message));
    }
    if part.is_none() && (!own || argument.word.is_empty()) {
        let message = format!("`{}` is no word of its own", argument.target());
        return Err(Fault::new("hydrule::edit::place", argument.word, message));
    }
    Ok(Edit::new(line_of(text, place), ""))
}

/// Returns the place of an argument that is written out in a string.
pub(super) fn in_string(argument: &Argument) -> Option<Span> {
    let mut whole: Option<Span> = None;
    for piece in &argument.text.pieces {
        let Origin::Literal(span, _) = piece.origin else { return None };
        let joined = whole.is_none_or(|old| old.end == span.start);
        whole = joined.then(|| whole.map_or(span, |old| old.cover(span)));
        whole?;
    }
    whole
}

/// Adds the blanks before a word, or else those behind it.
fn with_blanks(text: &str, word: Span) -> Span {
    let blank = [' ', '\t'];
    let before = text.get(..word.start).unwrap_or_default();
    let after = text.get(word.end..).unwrap_or_default();
    let before = before.len() - before.trim_end_matches(blank).len();
    let after = after.len() - after.trim_start_matches(blank).len();
    match before {
        0 => Span::new(word.start, word.end + after),
        _ => Span::new(word.start - before, word.end),
    }
}

/// Returns a word with its line, if nothing else stands there; a line before it that went on into
/// this one goes on into the next, or ends.
fn line_of(text: &str, word: Span) -> Span {
    let before = text.get(..word.start).unwrap_or_default();
    let after = text.get(word.end..).unwrap_or_default();
    let line_start = line_start(text, word.start);
    let indent = before.get(line_start..).unwrap_or_default();
    if line_start == 0 || !indent.trim().is_empty() {
        return with_blanks(text, word);
    }
    let rest = after.find('\n').map_or(after, |end| after.get(..=end).unwrap_or(after));
    match rest.trim() {
        "\\" => Span::new(line_start, word.end + rest.len()),
        "" => {
            let earlier = before.get(..line_start).unwrap_or_default();
            let earlier = earlier.trim_end_matches(['\n', '\r']);
            match earlier.strip_suffix('\\') {
                Some(kept) => Span::new(kept.trim_end_matches([' ', '\t']).len(), word.end),
                None => Span::new(line_start, word.end + rest.len()),
            }
        }
        // Something else goes on from here: the indentation stays.
        _ => Span::new(
            word.start,
            word.end + rest.len() - rest.trim_start_matches([' ', '\t']).len(),
        ),
    }
}
