//! What is looked at before the grammar: length, nesting, quotes and brackets. The grammar recurses
//! into brackets, so it must not see more of them than the stack can take.

use crate::text::{Fault, Span};

/// The longest expression, in bytes, and the deepest nesting that is read.
const LONGEST: usize = 64 * 1024;
const DEEPEST: usize = 100;

/// Refuses what the grammar should not see.
///
/// # Errors
/// A text without end, a bracket without its partner, nesting or a length beyond the limits.
pub(super) fn scan(text: &str) -> Result<(), Fault> {
    if text.len() > LONGEST {
        let message = format!("the expression is longer than {LONGEST} bytes");
        return Err(Fault::new("hydrule::condition::too_long", Span::at(0), message));
    }
    let mut open: Vec<(usize, char)> = Vec::new();
    let mut choices = 0_usize;
    let mut rest = text.char_indices().peekable();
    while let Some((at, next)) = rest.next() {
        let after = rest.peek().map(|(_, after)| *after);
        match next {
            '"' | '\'' => {
                let raw = is_raw(text, at);
                if !skip_text(&mut rest, next, raw) {
                    return Err(unclosed_text(text, at, next));
                }
            }
            '(' | '[' => open.push((at, next)),
            ')' | ']' => close(&mut open, at, next)?,
            // Two of them are an operator that does not nest.
            '?' if after == Some('?') => {
                rest.next();
            }
            '?' => choices += 1,
            _ => {}
        }
        if open.len() + choices > DEEPEST {
            let message = format!("nested deeper than {DEEPEST} levels");
            let span = Span::new(at, at + next.len_utf8());
            return Err(Fault::new("hydrule::condition::too_deep", span, message));
        }
    }
    match open.pop() {
        None => Ok(()),
        Some((at, bracket)) => {
            let message = format!("`{bracket}` is never closed");
            Err(Fault::new("hydrule::condition::syntax", Span::new(at, at + 1), message))
        }
    }
}

/// Tells whether the quote at `at` opens a raw text: `r'…'`.
fn is_raw(text: &str, at: usize) -> bool {
    let mut before = text.get(..at).unwrap_or_default().chars().rev();
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '$');
    matches!(before.next(), Some('r' | 'R')) && !before.next().is_some_and(word)
}

/// Goes behind the closing quote; tells whether there is one.
fn skip_text(rest: &mut impl Iterator<Item = (usize, char)>, quote: char, raw: bool) -> bool {
    while let Some((_, next)) = rest.next() {
        match next {
            '\\' if !raw => {
                rest.next();
            }
            _ if next == quote => return true,
            _ => {}
        }
    }
    false
}

fn unclosed_text(text: &str, at: usize, quote: char) -> Fault {
    let span = Span::new(at, text.len());
    let fault = Fault::new("hydrule::condition::syntax", span, "this text is never closed");
    fault.helped(format!("write {quote} at its end"))
}

fn close(open: &mut Vec<(usize, char)>, at: usize, bracket: char) -> Result<(), Fault> {
    let partner = if bracket == ')' { '(' } else { '[' };
    let message = match open.pop() {
        Some((_, found)) if found == partner => return Ok(()),
        Some((_, found)) => format!("`{bracket}` does not close `{found}`"),
        None => format!("`{bracket}` closes nothing"),
    };
    Err(Fault::new("hydrule::condition::syntax", Span::new(at, at + 1), message))
}
