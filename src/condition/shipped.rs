//! The expressions of packs that ship, as `build.rs` has read them.

use super::syntax::{Node, Rule};

/// An expression: where its text starts and ends in [`TEXTS`], and where its nodes do in [`NODES`].
type Known = [u32; 4];

include!(concat!(env!("OUT_DIR"), "/conditions.rs"));

/// Returns what the grammar finds in an expression that ships with the program; nothing for most others.
pub(super) fn shipped(text: &str) -> Option<&'static [Node]> {
    let at =
        KNOWN.binary_search_by(|[start, end, ..]| within(TEXTS, *start, *end).cmp(text)).ok()?;
    let [.., first, last] = KNOWN.get(at)?;
    NODES.get(*first as usize..*last as usize)
}

fn within(texts: &'static str, start: u32, end: u32) -> &'static str {
    texts.get(start as usize..end as usize).unwrap_or_default()
}

/// Makes a node, in few letters.
const fn n(rule: Rule, start: u32, end: u32, inside: u32) -> Node {
    Node { rule, start, end, inside }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::syntax::read;

    #[test]
    fn what_was_read_at_build_time_is_what_the_grammar_finds() {
        assert!(!KNOWN.is_empty());
        for [start, end, ..] in &KNOWN {
            let text = within(TEXTS, *start, *end);
            assert_eq!(shipped(text), read(text).ok().as_deref(), "{text}");
        }
        assert_eq!(shipped("$nobody.says + this"), None);
    }
}
