//! The files of the packs that ship, as `build.rs` has read them.

use std::borrow::Cow;
use std::ptr;

use super::embedded::EMBEDDED;
use super::tree::Tree;
use crate::text::Source;

include!(concat!(env!("OUT_DIR"), "/shipped.rs"));

/// Returns what a file says that ships with the program; nothing for any other, whatever it says.
pub(super) fn shipped(source: &Source) -> Option<&'static Tree> {
    let mut files = EMBEDDED.iter().flat_map(|pack| pack.files);
    let ours = |(_, text): &&(&str, &str)| ptr::eq(*text, source.text());
    let (path, _) = files.find(ours)?;
    SHIPPED.iter().find(|(known, _)| known == path).map(|(_, tree)| tree)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_at_build_time_is_what_the_files_say() {
        for (path, text) in EMBEDDED.iter().flat_map(|pack| pack.files) {
            let known = shipped(&Source::fixed(path, text));
            assert_eq!(known, Some(&Tree::read(text).unwrap()), "{path}");
        }
        assert_eq!(shipped(&Source::new("rules/base/pack.toml", "name = 'x'")), None);
    }
}
