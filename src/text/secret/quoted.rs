//! How far a value goes: words, quotes in quotes, and the pieces that a shell makes one word of.

use std::ops::Range;

/// A value or a part of one.
pub(super) struct Piece {
    /// Its bytes, without quotes.
    pub range: Range<usize>,
    pub quoted: bool,
    /// Where it ends, its quotes and all.
    pub end: usize,
}

impl Piece {
    pub fn moved(self, by: usize) -> Self {
        let range = self.range.start + by..self.range.end + by;
        Self { range, end: self.end + by, ..self }
    }
}

/// Reads the value at the front of a text.
pub(super) fn extent(text: &str) -> Piece {
    let open = quote_at(text);
    if open.is_empty() {
        let end = bare_length(text);
        return Piece { range: 0..end, quoted: false, end };
    }
    let inside = text.get(open.len()..).unwrap_or_default();
    let length = closing_quote(inside, open);
    let length = length.or_else(|| inside.find('\n')).unwrap_or(inside.len());
    // Quotes inside of quotes, as a shell's around Hydra's, belong to neither value.
    let (outer, inner) = (open.len(), inside.get(..length).unwrap_or_default());
    let lead = inner.len() - inner.trim_start_matches(['"', '\'']).len();
    let trail = inner.len() - inner.trim_end_matches(['"', '\'']).len();
    let end = (outer + length).saturating_sub(trail).max(outer + lead);
    let closes = inside.get(length..).is_some_and(|it| it.starts_with(open));
    let whole = outer + length + if closes { open.len() } else { 0 };
    Piece { range: outer + lead..end, quoted: true, end: whole }
}

/// Reads the pieces of a shell's word, as in `"a"'b'`; what stands in front of its name opened `outer`.
pub(super) fn word(text: &str, outer: &str) -> Vec<Piece> {
    let in_word = |piece: &Piece| {
        let text = text.get(piece.range.clone()).unwrap_or_default();
        let fits = |c: char| c.is_alphanumeric() || "_-.+/=~!@#%^*?".contains(c);
        text.chars().all(fits) && text.contains(char::is_alphanumeric)
    };
    let first = extent(text);
    let mut end = first.end;
    let mut goes_on = first.quoted || in_word(&first);
    let mut pieces = vec![first];
    while goes_on {
        let rest = text.get(end..).unwrap_or_default();
        let open = quote_at(rest);
        let next = extent(rest).moved(end);
        goes_on = (open.is_empty() || open != outer) && next.end > end && in_word(&next);
        if goes_on {
            end = next.end;
            pieces.push(next);
        }
    }
    pieces
}

/// How many characters of a word in front of a name are looked at, so that long words cost no more than short ones.
const LOOKED_AT: usize = 1_000;

/// Returns the quote that was opened in the word that a text ends with.
pub(super) fn open_before(text: &str) -> &str {
    let mut near = text.char_indices().rev().take(LOOKED_AT);
    let Some((at, _)) = near.find(|(_, c)| c.is_whitespace() || "\"'".contains(*c)) else {
        return "";
    };
    let slashes = text.get(..at).unwrap_or_default().bytes().rev().take_while(|it| *it == b'\\');
    quote_at(text.get(at - slashes.count()..).unwrap_or_default())
}

/// Returns the quote that a text begins with, with the backslashes in front of it.
pub(super) fn quote_at(text: &str) -> &str {
    let slashes = text.bytes().take_while(|it| *it == b'\\').count();
    let quote = text.as_bytes().get(slashes).filter(|it| matches!(it, b'"' | b'\''));
    quote.and_then(|_| text.get(..=slashes)).unwrap_or_default()
}

/// Tells how long a value without quotes is.
fn bare_length(text: &str) -> usize {
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        let escapes = c == '\\' && next.is_some_and(|it| !"nrt\"'\\\n".contains(it));
        if escapes {
            chars.next();
        } else if c.is_whitespace() || "\"'`,;&|)}]<>\\\u{1b}".contains(c) {
            return at;
        }
    }
    text.len()
}

/// Finds where the text ends that `open` opened: a quote in it has more backslashes.
fn closing_quote(text: &str, open: &str) -> Option<usize> {
    let quote = open.bytes().last()?;
    let own = open.len() - 1;
    let mut slashes = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte == quote && closes(quote, own, slashes) {
            return Some(at - slashes.min(own));
        }
        slashes = if byte == b'\\' { slashes + 1 } else { 0 };
    }
    None
}

/// Tells whether a quote with so many backslashes closes one that was opened with `own`: as JSON writes
/// them, each writing once more makes `2n + 1` of `n`.
fn closes(quote: u8, own: usize, slashes: usize) -> bool {
    if own > 0 {
        return slashes.is_multiple_of(2) || closes(quote, (own - 1) / 2, (slashes - 1) / 2);
    }
    // Hydra escapes single quotes too.
    if quote == b'"' { slashes.is_multiple_of(2) } else { slashes == 0 }
}
