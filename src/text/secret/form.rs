//! Secrets that are told by their form: tokens, and private keys.

use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

use regex::Regex;

use super::value::refers;

/// Tokens that their makers gave a form: what they begin with, and what follows.
const TOKENS: [(&str, &str); 28] = [
    ("hf_", "[A-Za-z0-9]{10,}"),
    ("sk-", "[A-Za-z0-9_-]{16,}"),
    ("gsk_", "[A-Za-z0-9]{16,}"),
    ("r8_", "[A-Za-z0-9]{16,}"),
    ("nvapi-", "[A-Za-z0-9_-]{16,}"),
    ("wandb_v1_", "[A-Za-z0-9_]{16,}"),
    ("dckr_pat_", "[A-Za-z0-9_-]{16,}"),
    ("ghp_", "[A-Za-z0-9]{16,}"),
    ("gho_", "[A-Za-z0-9]{16,}"),
    ("ghu_", "[A-Za-z0-9]{16,}"),
    ("ghs_", "[A-Za-z0-9]{16,}"),
    ("ghr_", "[A-Za-z0-9]{16,}"),
    ("github_pat_", "[A-Za-z0-9_]{16,}"),
    ("glpat-", "[A-Za-z0-9_-]{16,}"),
    ("xoxa-", "[A-Za-z0-9-]{10,}"),
    ("xoxb-", "[A-Za-z0-9-]{10,}"),
    ("xoxe-", "[A-Za-z0-9-]{10,}"),
    ("xoxp-", "[A-Za-z0-9-]{10,}"),
    ("xoxr-", "[A-Za-z0-9-]{10,}"),
    ("xoxs-", "[A-Za-z0-9-]{10,}"),
    ("npm_", "[A-Za-z0-9]{20,}"),
    ("pypi-", "[A-Za-z0-9_-]{20,}"),
    ("AKIA", r"[A-Z0-9]{16}(?-u:\b)"),
    ("ASIA", r"[A-Z0-9]{16}(?-u:\b)"),
    ("AROA", r"[A-Z0-9]{16}(?-u:\b)"),
    ("AIDA", r"[A-Z0-9]{16}(?-u:\b)"),
    ("AIza", "[A-Za-z0-9_-]{30,}"),
    ("eyJ", r"[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),
];

/// What stands around a secret, which is the group.
const SURROUNDED: [&str; 6] = [
    r"://[^/\s:@'\x22]*:([^/\s'\x22]+)@",
    r"(?-u:\b)(?i:bearer|basic|authorization: token)\s+([A-Za-z0-9._~+/=-]{16,})",
    r"(?-u:\b)wandb login(?:[ \t]+--?[a-z]\S*)*[ \t]+['\x22]?([A-Za-z0-9_-]{16,})",
    r"(?-u:\b)sshpass[ \t]+(?:-[a-oq-z]\S*[ \t]+)*-p[ \t]*[\\'\x22]*([^\s'\x22\\]+)",
    r"(?-u:\b)(?:docker|podman) login[ \t](?:(?:[^\n;|&]|\\\n)*?[ \t])?-p[ \t]*[\\'\x22]*([^\s'\x22\\]+)",
    r"(?-u:\b)curl[ \t](?:(?:[^\n;|&]|\\\n)*?[ \t])?(?:-u|--user)[ \t=]*[\\'\x22]*[^\s'\x22\\:/]+:([^\s'\x22\\]+)",
];

/// What a text has that one of [`SURROUNDED`] matches.
const SURROUNDING: [&str; 11] = [
    "://",
    "earer",
    "EARER",
    "asic",
    "ASIC",
    "uthorization: token",
    "wandb login",
    "sshpass",
    "docker login",
    "podman login",
    CURL,
];

/// A program that is told who one is, which few calls of it are: with `-u` or `--user`.
const CURL: &str = "curl ";

/// How much of a call is looked through, so that many in a row cost no more than others; a longer one may have any flag.
const MOST_LOOKED_AT: usize = 1_000;

/// Makes one pattern of all forms.
fn form() -> Option<Regex> {
    let tokens: Vec<String> = TOKENS.iter().map(|(mark, rest)| format!("{mark}{rest}")).collect();
    let tokens = format!(r"(?-u:\b)(?:{})", tokens.join("|"));
    let surrounded = SURROUNDED.map(str::to_owned);
    let all: Vec<String> = std::iter::once(tokens).chain(surrounded).collect();
    Regex::new(&all.join("|")).ok()
}

/// Tells whether a text may hold a token: few do, and to compile the pattern would take longer than all
/// else that a short command does.
fn is_marked(text: &str) -> bool {
    static MARKS: LazyLock<Marks> =
        LazyLock::new(|| Marks::of(TOKENS.iter().map(|(mark, _)| *mark).chain(SURROUNDING)));
    MARKS.any_in(text)
}

/// Finds out in one pass whether a text has any of some marks.
struct Marks {
    marks: Vec<&'static str>,
    /// For each of the first bytes of a mark, by what it may be: a bit for every mark that has it there.
    bits: [[u64; 256]; Self::TOLD_BY],
}

impl Marks {
    /// How many bytes tell the marks apart; each has as many.
    const TOLD_BY: usize = 3;

    fn of(marks: impl Iterator<Item = &'static str>) -> Self {
        let marks: Vec<&str> = marks.collect();
        let mut bits = [[0; 256]; Self::TOLD_BY];
        for (bit, mark) in marks.iter().enumerate() {
            for (bits, byte) in bits.iter_mut().zip(mark.bytes()) {
                if let Some(marks) = bits.get_mut(usize::from(byte)) {
                    *marks |= 1 << bit;
                }
            }
        }
        Self { marks, bits }
    }

    fn any_in(&self, text: &str) -> bool {
        let of = |byte: &u8, bits: &[u64; 256]| bits.get(usize::from(*byte)).copied().unwrap_or(0);
        let begins = |start: &[u8]| {
            let bits = start.iter().zip(&self.bits).map(|(byte, bits)| of(byte, bits));
            bits.fold(u64::MAX, |all, bits| all & bits)
        };
        let mut starts = text.as_bytes().windows(Self::TOLD_BY).enumerate();
        starts.any(|(at, start)| {
            let rest = || text.get(at..).unwrap_or_default();
            begins(start) != 0 && self.marks.iter().any(|mark| stands(mark, rest()))
        })
    }
}

/// Tells whether a text begins with a mark; most addresses, and calls of `curl`, have nobody who logs in.
fn stands(mark: &str, text: &str) -> bool {
    let Some(rest) = text.strip_prefix(mark) else { return false };
    match mark {
        "://" => {
            let host = rest.split(|c: char| c == '/' || c.is_whitespace()).next();
            host.is_some_and(|it| it.contains('@'))
        }
        CURL => {
            let near = rest.bytes().take(MOST_LOOKED_AT);
            let call: Vec<u8> = near.take_while(|it| !b";|&".contains(it)).collect();
            call.len() == MOST_LOOKED_AT || call.windows(2).any(|it| it == b"-u")
        }
        _ => true,
    }
}

/// Finds tokens by their form.
pub(super) fn formed(text: &str) -> Vec<Range<usize>> {
    static FORM: OnceLock<Option<Regex>> = OnceLock::new();
    if !is_marked(text) {
        return Vec::new();
    }
    let Some(form) = FORM.get_or_init(form) else { return Vec::new() };
    let secret = |it: regex::Captures<'_>| {
        let (whole, part) = (it.get(0)?, it.iter().skip(1).flatten().next());
        // `hf_` and `sk-` begin names of other things too, in small letters and short.
        let random = |text: &str| text.len() >= 24 || text.bytes().any(|it| it.is_ascii_digit());
        match part {
            Some(part) => (!refers(part.as_str())).then(|| part.range()),
            None => random(whole.as_str()).then(|| whole.range()),
        }
    };
    form.captures_iter(text).filter_map(secret).collect()
}

/// Finds the lines of private keys, in files and where `\n` stands for the end of a line.
pub(super) fn private_keys(text: &str) -> Vec<Range<usize>> {
    const FENCE: &str = "-----";
    let mut lines = Vec::new();
    for (at, begin) in text.match_indices("-----BEGIN ") {
        let Some((label, rest)) = text.get(at + begin.len()..).and_then(|it| it.split_once(FENCE))
        else {
            break;
        };
        if !label.ends_with("PRIVATE KEY") {
            continue;
        }
        let body = rest.split(FENCE).next().unwrap_or_default();
        let ends = rest.get(body.len() + FENCE.len()..).is_some_and(|it| it.starts_with("END"));
        // What only looks for a key has quotes around what it looks for.
        let whole = ends && !body.contains(['"', '\'']);
        let mut start = text.len() - rest.len();
        for line in body.split_inclusive('\n').flat_map(|it| it.split_inclusive("\\n")) {
            let own = line.strip_suffix("\\n").unwrap_or(line);
            let word = own.trim_matches(|c| !in_key(c)).trim_start_matches('+');
            let sure = word.len() >= 16 && word.chars().all(in_key);
            if !whole && !sure && !word.is_empty() {
                break;
            }
            // As in `Proc-Type: 4,ENCRYPTED`.
            if !word.is_empty() && !word.contains(':') {
                let lead = own.find(word).unwrap_or(0);
                lines.push(start + lead..start + lead + word.len());
            }
            start += line.len();
        }
    }
    lines
}

fn in_key(c: char) -> bool {
    c.is_ascii_alphanumeric() || "+/=".contains(c)
}
