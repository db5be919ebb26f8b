//! What secrets look like: the names they have, and the forms of tokens.

use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

use regex::Regex;

/// Where a secret stands in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Secret {
    /// Its bytes, without quotes.
    pub range: Range<usize>,
    /// Whether it is a number or word of JSON, so that what stands for it needs quotes.
    pub bare_json: bool,
    /// Whether a shell makes one word of it and of the one before.
    pub continues: bool,
}

impl Secret {
    pub(super) fn of(range: Range<usize>) -> Self {
        Self { range, bare_json: false, continues: false }
    }
}

/// What is part of every name that [`is_secret_name`] knows, in small letters.
const STEMS: [&[u8]; 7] =
    [b"token", b"secret", b"passw", b"passphrase", b"pwd", b"credential", b"key"];

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
const SURROUNDED: [&str; 3] = [
    r"://[^/\s:@'\x22]*:([^/\s@'\x22]+)@",
    r"(?-u:\b)(?i:bearer|basic)\s+([A-Za-z0-9._~+/=-]{16,})",
    r"(?-u:\b)wandb login(?:[ \t]+--?[a-z]\S*)*[ \t]+['\x22]?([A-Za-z0-9_-]{16,})",
];

/// What a text has that one of [`SURROUNDED`] matches.
const SURROUNDING: [&str; 6] = ["://", "earer", "EARER", "asic", "ASIC", "wandb login"];

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

/// Tells whether a text begins with a mark; most addresses have nobody who logs in.
fn stands(mark: &str, text: &str) -> bool {
    let Some(rest) = text.strip_prefix(mark) else { return false };
    mark != "://"
        || rest
            .split(|c: char| c == '/' || c.is_whitespace())
            .next()
            .is_some_and(|it| it.contains('@'))
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

/// Finds the values that stand behind the names of secrets, and private keys.
pub(super) fn named(text: &str) -> Vec<Secret> {
    let mut all = Vec::new();
    let mut done = 0;
    for sign in stems(text) {
        if sign.start < done {
            continue;
        }
        let name = name_around(text, sign);
        done = name.end;
        all.extend(values_behind(text, name).unwrap_or_default());
    }
    if done > 0 {
        all.extend(private_keys(text).into_iter().map(Secret::of));
    }
    all
}

/// Finds the lines of private keys, in files and where `\n` stands for the end of a line.
fn private_keys(text: &str) -> Vec<Range<usize>> {
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

/// Finds the parts of such names, in letters of any size.
fn stems(text: &str) -> impl Iterator<Item = Range<usize>> {
    let bytes = text.as_bytes();
    let first =
        |(_, byte): &(usize, &u8)| matches!(**byte | 0x20, b't' | b's' | b'p' | b'c' | b'k');
    bytes.iter().enumerate().filter(first).filter_map(move |(at, _)| {
        let stands = |stem: &&&[u8]| {
            let there = bytes.get(at..at + stem.len());
            there.is_some_and(|there| there.eq_ignore_ascii_case(stem))
        };
        STEMS.iter().find(stands).map(|stem| at..at + stem.len())
    })
}

fn in_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_.-".contains(&byte)
}

/// Widens a part of a name to the whole name, with the keys above it and the dashes of a flag.
fn name_around(text: &str, part: Range<usize>) -> Range<usize> {
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
fn is_secret_name(name: &str) -> Option<Certain> {
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
enum Certain {
    Yes,
    /// `token` is a word of language models as well.
    No,
}

/// How a value follows a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Follows {
    /// As in `name=value`, or quoted as in JSON.
    Close,
    /// As in `{name: value}`, or `name: value` on a line of its own.
    Alone,
    /// As in `name: value`, which prose has too, or `--name value`.
    Loose,
}

/// Where a value stands that a name may be of.
struct Place {
    start: usize,
    follows: Follows,
    /// Whether the name is in double quotes, as in JSON.
    json: bool,
}

/// Reads the value behind a name, if the name is that of a secret and the value may be one; those of a list.
fn values_behind(text: &str, name: Range<usize>) -> Option<Vec<Secret>> {
    let certain = is_secret_name(text.get(name.clone())?)?;
    let Place { start, follows, json } = place_behind(text, &name)?;
    let value = text.get(start..)?;
    let secret = |piece: &Piece, continues: bool| {
        let range = start + piece.range.start..start + piece.range.end;
        Secret { range, bare_json: json && !piece.quoted, continues }
    };
    if let Some(elements) = elements(value) {
        let follows = if follows == Follows::Close { Follows::Alone } else { follows };
        let secrets = elements.iter().filter(|it| {
            let text = value.get(it.range.clone()).unwrap_or_default();
            (it.quoted || !json) && may_be_secret(text, certain, follows, it.quoted)
        });
        return Some(secrets.map(|it| secret(it, false)).collect());
    }
    let outer = if json { "" } else { open_before(text.get(..name.start)?) };
    let pieces = word(value, outer);
    let quoted = pieces.first()?.quoted;
    let found: String = pieces.iter().filter_map(|it| value.get(it.range.clone())).collect();
    // Structure is not hidden, or JSON would end to be some.
    let structure = matches!(found.as_str(), "[" | "{" | "(")
        || json && !quoted && found.starts_with(['[', '{']);
    let is_secret = !structure && may_be_secret(&found, certain, follows, quoted);
    is_secret.then(|| pieces.iter().enumerate().map(|(at, piece)| secret(piece, at > 0)).collect())
}

/// Finds where a value would stand behind a name.
fn place_behind(text: &str, name: &Range<usize>) -> Option<Place> {
    const BLANK: [char; 2] = [' ', '\t'];
    let said = text.get(name.clone())?;
    let rest = text.get(name.end..)?;
    let closing = quote_at(rest);
    let unquoted = rest.get(closing.len()..)?;
    // As in `[name]=value` and `x["name"] = value`.
    let unquoted = unquoted.strip_prefix(']').unwrap_or(unquoted);
    let behind = unquoted.trim_start_matches(BLANK);
    let gap = unquoted.len() > behind.len();
    let sign = [":=", ":-", "=", ":"].into_iter().find(|it| behind.starts_with(it));
    let line = || Line::around(text, name);
    let (follows, value) = match sign {
        Some(":") if closing.is_empty() => {
            let value = behind.get(1..)?.trim_start_matches(BLANK);
            (line().follows(value), below(value))
        }
        Some(sign) => {
            let close = behind.get(sign.len()..)?;
            let value = close.trim_start_matches(BLANK);
            if !closing.is_empty() || gap {
                (Follows::Close, value)
            } else if value.len() < close.len() && line().tells(said, value) {
                (line().follows(value), value)
            } else {
                (Follows::Close, close)
            }
        }
        None if !gap || !closing.is_empty() => return None,
        None if said.starts_with("--") => (Follows::Loose, behind),
        None if said.ends_with("password") && logs_in(line().before) => (Follows::Close, behind),
        None => return None,
    };
    let value = value.strip_prefix('$').filter(|it| it.starts_with('\'')).unwrap_or(value);
    Some(Place { start: text.len() - value.len(), follows, json: closing == "\"" })
}

/// Finds the text of a value in YAML that begins on the next line.
fn below(value: &str) -> &str {
    let text = value.strip_prefix(['|', '>']).map(|it| it.trim_start_matches(['-', '+']));
    text.and_then(|it| it.strip_prefix('\n')).map_or(value, str::trim_start)
}

/// What stands in front of a name.
struct Line<'a> {
    /// The text before the name, no more of it than tells what it is.
    before: &'a str,
    /// The part of it on the name's line.
    own: &'a str,
}

impl<'a> Line<'a> {
    /// How much of a text is looked at, so that long lines cost no more than short ones.
    const LOOKED_AT: usize = 200;

    fn around(text: &'a str, name: &Range<usize>) -> Self {
        let start = name.start.saturating_sub(Self::LOOKED_AT);
        let start = (start..name.start).find(|at| text.is_char_boundary(*at)).unwrap_or(name.start);
        let before = text.get(start..name.start).unwrap_or_default();
        Self { before, own: before.rsplit('\n').next().unwrap_or_default() }
    }

    fn is_comment(&self) -> bool {
        self.own.trim_start().starts_with('#') || self.own.contains(" #")
    }

    /// Tells whether the line has nothing but the name and a value of one word.
    fn is_own(&self, value: &str) -> bool {
        let behind = value.get(extent(value).end..).unwrap_or_default();
        let leads = self.own.chars().all(|c| " \t#+-".contains(c));
        leads && ends_line(behind)
    }

    fn follows(&self, value: &str) -> Follows {
        let brace = self.own.bytes().rev().find(|it| matches!(it, b'{' | b'}'));
        if brace == Some(b'{') || self.is_own(value) { Follows::Alone } else { Follows::Loose }
    }

    /// Tells whether what follows `name= ` is its value: to a shell the value is empty, and a command
    /// or another override follows.
    fn tells(&self, name: &str, value: &str) -> bool {
        let variable = !name.contains(|c: char| c.is_ascii_lowercase());
        match self.is_comment() {
            true => !variable || self.is_own(value),
            false => !variable && self.is_own(value),
        }
    }
}

/// Tells whether a text ends with what `.netrc` says in front of a password: `machine x login y`.
fn logs_in(text: &str) -> bool {
    let text = text.replace("\\n", " ");
    let mut words = text.split_whitespace().rev();
    let mut has_login = false;
    while let Some(value) = words.next() {
        match words.next().unwrap_or_default() {
            "login" | "account" => has_login = true,
            key => return key.ends_with("machine") || has_login && value.ends_with("default"),
        }
    }
    false
}

/// How many elements of a list are looked at, so that names in names cost no more than others.
const MOST_ELEMENTS: usize = 200;

/// Reads the elements of a list: `[a, b]`, `(a b)`, or YAML's, one below the other.
fn elements(text: &str) -> Option<Vec<Piece>> {
    if text.trim_start_matches([' ', '\r']).starts_with('\n') {
        return Some(elements_below(text));
    }
    let open = quote_at(text);
    let mut at = open.len();
    let close = match text.get(at..)?.chars().next()? {
        '[' => ']',
        '(' => ')',
        _ => return None,
    };
    at += 1;
    let mut elements = Vec::new();
    loop {
        let rest = text.get(at..)?;
        let trimmed = rest.trim_start_matches(|c: char| c == ',' || c.is_whitespace());
        at += rest.len() - trimmed.len();
        if let Some(behind) = trimmed.strip_prefix(close) {
            let next = behind.chars().next();
            let bare = next.is_none_or(|c| c.is_whitespace() || "\"'`,;&|)}]\\".contains(c));
            let ends = if open.is_empty() { bare } else { behind.starts_with(open) };
            return ends.then_some(elements);
        }
        let element = extent(trimmed);
        if element.end == 0 || trimmed.starts_with(['[', '{', '(']) {
            return None;
        }
        let end = at + element.end;
        elements.push(element.moved(at));
        at = end;
        if elements.len() == MOST_ELEMENTS {
            return Some(elements);
        }
    }
}

/// Reads a list of single words; where they are names, as of Docker's secrets, they are none.
fn elements_below(text: &str) -> Vec<Piece> {
    let mut elements = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n').take(MOST_ELEMENTS) {
        if let Some(element) = line.trim_start().strip_prefix("- ").map(str::trim_start) {
            let piece = extent(element);
            let said = element.get(piece.range.clone()).unwrap_or_default();
            let alone = ends_line(element.get(piece.end..).unwrap_or_default());
            if !alone || is_secret_name(said).is_some() {
                break;
            }
            elements.push(piece.moved(start + line.len() - element.len()));
        } else if !line.trim().is_empty() {
            break;
        }
        start += line.len();
    }
    elements
}

/// Tells whether nothing but a comment is left of a line.
fn ends_line(text: &str) -> bool {
    let rest = text.split('\n').next().unwrap_or_default().trim();
    rest.is_empty() || rest.starts_with('#')
}

/// Reads the pieces of a shell's word, as in `"a"'b'`; what stands in front of its name opened `outer`.
fn word(text: &str, outer: &str) -> Vec<Piece> {
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

/// Returns the quote that was opened in the word that a text ends with.
fn open_before(text: &str) -> &str {
    let Some(at) = text.rfind(|c: char| c.is_whitespace() || "\"'".contains(c)) else { return "" };
    let slashes = text.get(..at).unwrap_or_default().bytes().rev().take_while(|it| *it == b'\\');
    quote_at(text.get(at - slashes.count()..).unwrap_or_default())
}

/// Returns the quote that a text begins with, with the backslashes in front of it.
fn quote_at(text: &str) -> &str {
    let slashes = text.bytes().take_while(|it| *it == b'\\').count();
    let quote = text.as_bytes().get(slashes).filter(|it| matches!(it, b'"' | b'\''));
    quote.and_then(|_| text.get(..=slashes)).unwrap_or_default()
}

/// A value or a part of one.
struct Piece {
    /// Its bytes, without quotes.
    range: Range<usize>,
    quoted: bool,
    /// Where it ends, its quotes and all.
    end: usize,
}

impl Piece {
    fn moved(self, by: usize) -> Self {
        let range = self.range.start + by..self.range.end + by;
        Self { range, end: self.end + by, ..self }
    }
}

/// Reads the value at the front of a text.
fn extent(text: &str) -> Piece {
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

/// Tells whether a value only says where the secret is, or that there is none.
fn refers(value: &str) -> bool {
    let word = value.to_ascii_lowercase();
    let nothing = [
        "",
        "null",
        "none",
        "true",
        "false",
        "yes",
        "no",
        "on",
        "off",
        "auto",
        "default",
        "???",
        "...",
        "…",
        "required",
        "optional",
        "unset",
        "env",
        "str",
        "string",
        "inherit",
        "-----begin",
    ];
    let begins = ["$", "<", "%", "{{", "~/", "./", "../", "***", "os.environ", "os.getenv"];
    nothing.contains(&word.as_str())
        || begins.iter().any(|it| value.starts_with(it))
        || value.contains("://")
}

fn may_be_secret(value: &str, certain: Certain, follows: Follows, quoted: bool) -> bool {
    if refers(value) {
        return false;
    }
    let digit = value.bytes().any(|it| it.is_ascii_digit());
    let upper = value.bytes().any(|it| it.is_ascii_uppercase());
    let random = value.len() >= 8 && (digit || upper || value.len() >= 16);
    match (certain, follows) {
        (Certain::Yes, Follows::Close | Follows::Alone) => true,
        // `password: must be set` is prose.
        (Certain::Yes, Follows::Loose) => quoted || digit || upper || value.len() >= 8,
        (Certain::No, follows) => {
            let number = value.parse::<f64>().is_ok();
            let text = value.contains(|c: char| c.is_whitespace() || "<>|[]/".contains(c));
            !number && !text && (follows == Follows::Close || random)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hides(text: &str) -> Vec<&str> {
        let named = named(text).into_iter().map(|it| it.range);
        named.chain(formed(text)).map(|it| text.get(it).unwrap_or("no place")).collect()
    }

    #[test]
    fn the_values_of_secret_names_are_found_in_every_way_to_write_them() {
        for text in [
            "WANDB_API_KEY=s3cr3t-Value",
            "export WANDB_API_KEY='s3cr3t-Value'",
            "export HF_TOKEN=\"s3cr3t-Value\"",
            "${HF_TOKEN:-s3cr3t-Value}",
            "${HF_TOKEN:=\"s3cr3t-Value\"}",
            "+trainer.hub_token=s3cr3t-Value trainer.nnodes=2",
            "'trainer.logger.password=\"s3cr3t-Value\"'",
            "trainer.logger={password: s3cr3t-Value, name: x}",
            "api_key: s3cr3t-Value # of the tracker",
            "apiKey = \"s3cr3t-Value\"",
            r#"{"api_key": "s3cr3t-Value", "x": 1}"#,
            r#"{"text": "trainer.api_key=\"s3cr3t-Value\""}"#,
            r#"{"text": "export DB_PASSWORD=s3cr3t-Value\npython3"}"#,
            "wandb login --api-key s3cr3t-Value --relogin",
            "--password=s3cr3t-Value",
            "AWS_SECRET_ACCESS_KEY=s3cr3t-Value",
            "AUTH_TOKEN=$'s3cr3t-Value'",
            "client_secret_value=s3cr3t-Value",
            "declare -A LOGIN=([user]=me [password]=s3cr3t-Value)",
            "os.environ[\"WANDB_API_KEY\"] = \"s3cr3t-Value\"",
        ] {
            assert_eq!(hides(text), ["s3cr3t-Value"], "{text}");
        }
        assert_eq!(hides(r"x.password=a\,b y=1"), [r"a\,b"]);
        assert_eq!(hides("x.secret='a b, c' y=1"), ["a b, c"]);
        assert_eq!(hides("x.secret='it\\'s so' y=1"), ["it\\'s so"]);
        assert_eq!(hides("x.secret=[a-b"), ["[a-b"]);
        assert_eq!(hides(r#"{"secret": [1, 2], "password": {"x": 1}}"#), Vec::<&str>::new());
    }

    #[test]
    fn forms_are_found_without_a_name() {
        for token in [
            "hf_AbCdEfGhIjKlMnOpQrStUvWxYz01234567",
            "sk-proj-0123456789abcdefghij",
            "ghp_0123456789abcdefghijABCDEFGHIJ012345",
            "AKIAIOSFODNN7EXAMPLE",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-_1",
        ] {
            assert_eq!(hides(&format!("it said '{token}', then failed")), [token]);
        }
        assert_eq!(hides("https://me:s3cr3t@example.org/x"), ["s3cr3t"]);
        for text in ["wandb login 0123456789abcdef0", "wandb login --relogin '0123456789abcdef0'"] {
            assert_eq!(hides(text), ["0123456789abcdef0"]);
        }
        assert_eq!(hides("Authorization: Bearer 0123456789abcdef"), ["0123456789abcdef"]);
    }

    #[test]
    fn lists_pieces_and_blanks_hide_no_secret() {
        for (text, values) in [
            ("x.passwords=[abc123xyz,def456uvw] y=1", &["abc123xyz", "def456uvw"][..]),
            ("'x.api_keys=[\"abc 1\", def456]' y=[1]", &["abc 1", "def456"]),
            (r#"{"passwords": ["abc", "def"], "x": 1}"#, &["abc", "def"]),
            ("PASSWORDS=(abc 'd e' $F)\npython3", &["abc", "d e"]),
            ("PASSWORD='[abc] (d)'", &["[abc] (d)"]),
            ("passwords:\n  - abc123xyz\n  - 'd e 4'\nx: 1", &["abc123xyz", "d e 4"]),
            ("x={user: me, password: hunter}", &["hunter"]),
            ("x={password:hunter,user:me}", &["hunter"]),
            ("--token=\"hf_abc\"'defghijkl' --x", &["hf_abc", "defghijkl"]),
            ("x.api_key=\"ab\"\"cd\" 'y=z'", &["ab", "cd"]),
            ("x.api_key=ab\"cd\"'ef'gh y", &["ab", "cd", "ef", "gh"]),
            (r#"{"a": "x.api_key=\"ab\"'cd'\"ef\" y", "b": "c"}"#, &["ab", "cd", "ef"]),
            ("'x.password=\"ab\"' 'y=2'", &["ab"]),
            ("['x.password=ab','y=2']", &["ab"]),
            (r#"["p x.password='ab'","y"]"#, &["ab"]),
            (r#"{"a":"p x.password=\"ab\"","b":"c"}"#, &["ab"]),
            (r#"x.password="ab\"cdef" y=1"#, &[r#"ab\"cdef"#]),
            (r#"{"a": "x.password=\"ab\\\"cdef\" y=1"}"#, &[r#"ab\\\"cdef"#]),
            (r#"{"a": "x.password=\"ab\\\\\" y=1"}"#, &[r"ab\\\\"]),
            ("machine x login y password hunter\n", &["hunter"]),
            ("machine x\n  login y\n  password hunter", &["hunter"]),
            ("printf \"machine x\\nlogin y\\npassword hunter\\n\" > ~/.netrc", &["hunter"]),
            ("default login y password hunter", &["hunter"]),
            ("password : hunter\nx: 1", &["hunter"]),
            ("  password: hunter # of me", &["hunter"]),
            ("password:\thunter", &["hunter"]),
            ("password= hunter\nx: 1", &["hunter"]),
            ("# the password= hunter22 is old", &["hunter22"]),
            ("x=1 # api_key : hunter22", &["hunter22"]),
            ("api_key: >-\n  abcdef123\n", &["abcdef123"]),
        ] {
            assert_eq!(hides(text), values, "{text}");
        }
    }

    #[test]
    fn private_keys_are_found_line_by_line() {
        let begin = "-----BEGIN OPENSSH PRIVATE KEY-----";
        let end = "-----END OPENSSH PRIVATE KEY-----";
        let lines =
            ["b3BlbnNzaC1rZXktdjEAAAAABG5vbmU", "AAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZWQ", "Q0Fy"];
        let [one, two, three] = lines;
        for text in [
            format!("cat > key <<EOF\n{begin}\n{one}\n{two}\n{three}\n{end}\nEOF\n"),
            format!("x.ssh_key={begin}\\n{one}\\n{two}\\n{three}\\n{end}\\n"),
            format!("# {begin}\n# {one}\n# {two}\n# {three}\n# {end}\n"),
            format!("{begin}\nProc-Type: 4,ENCRYPTED\n\n{one}\n{two}\n{three}\n{end}"),
        ] {
            assert_eq!(hides(&text), lines, "{text}");
        }
        assert_eq!(hides(&format!("{begin}\n{one}\n{two}\n…")), [one, two]);
        assert_eq!(hides(&format!("{begin}\nabc\n{end}")), ["abc"]);
        let looks = format!("grep -q '{begin}' file && grep -q '{end}' file");
        assert_eq!(hides(&looks), Vec::<&str>::new());
    }

    #[test]
    fn what_is_no_secret_stays() {
        for text in [
            "actor.ppo_max_token_len_per_gpu=16384 rollout.max_num_batched_tokens=8192",
            "data.tokenizer=Qwen/Qwen3-8B eos_token_id=2 pad_token=abc tokenizer.pad_token='<|end|>'",
            "loss_agg_mode=token-mean token_level_rewards=True token=3",
            "HF_TOKEN=$HF_TOKEN WANDB_API_KEY=${WANDB_API_KEY:-} api_key=${oc.env:WANDB_API_KEY}",
            "trainer.api_key=null password=??? secret_file=/run/key secret_name=wandb",
            "the key: value pairs, a token: the next word, and a password: must be given",
            "sk-learn-pipelines hf_tokenizer hf_rollout_model_path=x PWD=/home/me/job",
            "monkey=1 key=value keys=[a] primary_key=id data.reward_fn_key=data_source",
            "gpu-device-host-name.example.org https://example.org:8080/x",
            "unexpected token `[` in `k=[`; token=",
            "wandb login\npython_of_this_machine wandb login $WANDB_API_KEY",
            "WANDB_API_KEY= python3 x.py",
            "HF_TOKEN= train_all_of_it.sh\n",
            "python3 x.api_key= trainer.nnodes=2",
            "# HF_TOKEN= python3 x\n# the passwords: they must be given",
            "the machine has a login and a password which is given; password reset",
            "special_tokens=[abc123xyz,def456uvw] pad_token: abc123xyz\nmax_tokens: 8192",
            "secrets:\n  - db_password\n  - HF_TOKEN\nsecrets: inherit",
            "the credentials:\n  - Authentication failed of me",
            "level=token token=[mean,sum] x.token=(1 2)",
            "api_key=os.environ[\"X\"]",
        ] {
            assert_eq!(hides(text), Vec::<&str>::new(), "{text}");
        }
    }
}
