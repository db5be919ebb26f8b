//! The names that secrets have.

use std::ops::Range;

/// What is part of every name that [`is_secret_name`] knows, in small letters.
const STEMS: [&[u8]; 7] =
    [b"token", b"secret", b"passw", b"passphrase", b"pwd", b"credential", b"key"];

/// Finds the parts of such names, in letters of any size.
pub(super) fn stems(text: &str) -> impl Iterator<Item = Range<usize>> {
    let bytes = text.as_bytes();
    let with = |stems: &[u8; 256], letter: u8| stems.get(usize::from(letter)).map_or(0, |it| *it);
    // Few other words have the first two letters of a stem.
    let begins = move |(_, two): &(usize, &[u8])| match two {
        [one, two] => with(&FIRST, *one) & with(&SECOND, *two) != 0,
        _ => false,
    };
    bytes.windows(2).enumerate().filter(begins).filter_map(move |(at, _)| {
        let stands = |stem: &&&[u8]| {
            let there = bytes.get(at..at + stem.len());
            there.is_some_and(|there| there.eq_ignore_ascii_case(stem))
        };
        STEMS.iter().find(stands).map(|stem| at..at + stem.len())
    })
}

/// Which stems each letter is the first of, small or not: a bit for each.
const FIRST: [u8; 256] = stems_with(0);
/// The same for the second.
const SECOND: [u8; 256] = stems_with(1);

#[expect(clippy::indexing_slicing, reason = "the compiler runs it, and stops where it fails")]
const fn stems_with(place: usize) -> [u8; 256] {
    let mut stems = [0; 256];
    let mut at = 0;
    while at < STEMS.len() {
        let letter = STEMS[at][place];
        stems[letter as usize] |= 1 << at;
        stems[letter.to_ascii_uppercase() as usize] |= 1 << at;
        at += 1;
    }
    stems
}

fn in_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_.-".contains(&byte)
}

/// Widens a part of a name to the whole name, with the keys above it and the dashes of a flag.
pub(super) fn name_around(text: &str, part: Range<usize>) -> Range<usize> {
    let (before, after) = (text.get(..part.start), text.get(part.end..));
    let left = before.unwrap_or_default().bytes().rev().take_while(|it| in_name(*it)).count();
    let right = after.unwrap_or_default().bytes().take_while(|it| in_name(*it)).count();
    part.start - left..part.end + right
}

/// Names that end with these hold a secret.
const ENDS: [&str; 20] = [
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "secrets",
    "credential",
    "credentials",
    "apikey",
    "accesskey",
    "secretkey",
    "privatekey",
    "authkey",
    "signingkey",
    "encryptionkey",
    "licensekey",
    "wandbkey",
    "openaikey",
    "sshkey",
    "accountkey",
];

/// A name with one of these as its last word tells of a secret, but holds none.
const ABOUT: [&str; 24] = [
    "file", "path", "dir", "folder", "name", "id", "ids", "ref", "url", "uri", "env", "var",
    "type", "len", "length", "size", "count", "ttl", "manager", "store", "provider", "backend",
    "version", "enabled",
];

/// What stands in front of `token` in the names of parts of a text.
const TEXT_TOKENS: [&str; 44] = [
    "pad",
    "eos",
    "bos",
    "unk",
    "sep",
    "cls",
    "mask",
    "special",
    "image",
    "img",
    "video",
    "audio",
    "vision",
    "stop",
    "start",
    "end",
    "begin",
    "think",
    "tool",
    "next",
    "last",
    "first",
    "per",
    "new",
    "dummy",
    "prefix",
    "suffix",
    "sink",
    "blank",
    "boi",
    "eoi",
    "bor",
    "eor",
    "newline",
    "space",
    "prompt",
    "answer",
    "response",
    "action",
    "reward",
    "draft",
    "each",
    "fim",
    "separator",
];

/// Tells whether what has this name is a secret, and whether the name says so for certain.
pub(super) fn is_secret_name(name: &str) -> Option<Certain> {
    let last = name.trim_matches(['.', '-']).rsplit('.').next().unwrap_or_default();
    let last = last.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
    if matches!(last, "PWD" | "OLDPWD") {
        return None;
    }
    let lower = last.to_ascii_lowercase();
    let words: Vec<&str> = lower.split(['_', '-']).collect();
    let end = words.last().copied().unwrap_or_default();
    let joined: String = words.concat();
    let one = joined.strip_suffix('s').unwrap_or(&joined);
    if ENDS.iter().any(|it| joined.ends_with(it) || one.ends_with(it)) {
        return Some(Certain::Yes);
    }
    let tells = ["secret", "password", "passwd"].iter().any(|it| words.contains(it));
    if tells && !ABOUT.contains(&end) {
        return Some(Certain::Yes);
    }
    let prefix = joined.strip_suffix("token")?;
    let text_token = TEXT_TOKENS.iter().any(|it| prefix.ends_with(it));
    (!text_token).then_some(Certain::No)
}

/// How sure a name makes that its value is a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Certain {
    Yes,
    /// `token` is a word of language models as well.
    No,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_a_name_is_found_in_letters_of_any_size() {
        for stem in STEMS {
            let small = str::from_utf8(stem).unwrap();
            for text in [small.to_owned(), small.to_uppercase()] {
                assert_eq!(stems(&text).next(), Some(0..stem.len()), "{text}");
            }
        }
    }
}
