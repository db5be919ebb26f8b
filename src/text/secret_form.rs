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
}

impl Secret {
    pub(super) fn of(range: Range<usize>) -> Self {
        Self { range, bare_json: false }
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

/// What stands around a secret, which is the group: what a text has that may match, and the pattern.
type Surrounded = (fn(&str) -> bool, &'static str);

const SURROUNDED: [Surrounded; 4] = [
    (|text| text.contains("://") && text.contains('@'), r"://[^/\s:@'\x22]*:([^/\s@'\x22]+)@"),
    (
        |text| ["earer", "EARER", "asic", "ASIC"].iter().any(|it| text.contains(it)),
        r"(?-u:\b)(?i:bearer|basic)\s+([A-Za-z0-9._~+/=-]{16,})",
    ),
    (
        |text| text.contains("wandb login"),
        r"(?-u:\b)wandb login(?:[ \t]+--?[a-z]\S*)*[ \t]+['\x22]?([A-Za-z0-9_-]{16,})",
    ),
    (|text| text.contains("-----BEGIN"), r"-----BEGIN [A-Z ]*PRIVATE KEY-----([^-]+)"),
];

/// Makes one pattern of all forms.
fn form() -> Option<Regex> {
    let tokens: Vec<String> = TOKENS.iter().map(|(mark, rest)| format!("{mark}{rest}")).collect();
    let tokens = format!(r"(?-u:\b)(?:{})", tokens.join("|"));
    let surrounded = SURROUNDED.iter().map(|(_, pattern)| (*pattern).to_owned());
    let all: Vec<String> = std::iter::once(tokens).chain(surrounded).collect();
    Regex::new(&all.join("|")).ok()
}

/// Tells whether a text may hold a token: few do, and to compile the pattern would take longer than all
/// else that a short command does.
fn is_marked(text: &str) -> bool {
    static TOKEN_MARKS: LazyLock<Marks> = LazyLock::new(|| Marks::of(TOKENS.map(|(mark, _)| mark)));
    TOKEN_MARKS.any_in(text) || SURROUNDED.iter().any(|(may_match, _)| may_match(text))
}

/// Finds out in one pass whether a text has any of some marks.
struct Marks {
    marks: Vec<&'static str>,
    /// For each of the first bytes of a mark, by what it may be: a bit for every mark that has it there.
    bits: [[u32; 256]; Self::TOLD_BY],
}

impl Marks {
    /// How many bytes tell the marks apart; each has as many.
    const TOLD_BY: usize = 3;

    fn of(marks: [&'static str; TOKENS.len()]) -> Self {
        let mut bits = [[0; 256]; Self::TOLD_BY];
        for (bit, mark) in marks.iter().enumerate() {
            for (bits, byte) in bits.iter_mut().zip(mark.bytes()) {
                if let Some(marks) = bits.get_mut(usize::from(byte)) {
                    *marks |= 1 << bit;
                }
            }
        }
        Self { marks: marks.to_vec(), bits }
    }

    fn any_in(&self, text: &str) -> bool {
        let of = |byte: &u8, bits: &[u32; 256]| bits.get(usize::from(*byte)).copied().unwrap_or(0);
        let begins = |start: &[u8]| {
            let bits = start.iter().zip(&self.bits).map(|(byte, bits)| of(byte, bits));
            bits.fold(u32::MAX, |all, bits| all & bits)
        };
        let mut starts = text.as_bytes().windows(Self::TOLD_BY).enumerate();
        starts.any(|(at, start)| {
            begins(start) != 0
                && self
                    .marks
                    .iter()
                    .any(|mark| text.get(at..).is_some_and(|it| it.starts_with(mark)))
        })
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

/// Finds the values that stand behind the names of secrets.
pub(super) fn named(text: &str) -> Vec<Secret> {
    let mut all = Vec::new();
    let mut done = 0;
    for sign in stems(text) {
        if sign.start < done {
            continue;
        }
        let name = name_around(text, sign);
        done = name.end;
        all.extend(value_behind(text, name));
    }
    all
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
    if ENDS.iter().any(|it| joined.ends_with(it)) {
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
    /// As in `name: value`, which prose has too, or `--name value`.
    Loose,
}

/// Reads the value behind a name, if the name is that of a secret and the value may be one.
fn value_behind(text: &str, name: Range<usize>) -> Option<Secret> {
    let said = text.get(name.clone())?;
    let certain = is_secret_name(said)?;
    let rest = text.get(name.end..)?;
    let closing = quote_at(rest);
    let unquoted = rest.get(closing.len()..)?;
    // As in `[name]=value` and `x["name"] = value`.
    let unquoted = unquoted.strip_prefix(']').unwrap_or(unquoted);
    let gap = unquoted.len() - unquoted.trim_start_matches(' ').len();
    let behind = unquoted.get(gap..)?;
    let sign = [":=", ":-", "=", ":"].into_iter().find(|it| behind.starts_with(it));
    let (follows, value) = match sign {
        Some(sign) => {
            let value = behind.get(sign.len()..)?;
            let spaced = !closing.is_empty() || gap > 0 || sign == ":";
            let follows =
                if sign == ":" && closing.is_empty() { Follows::Loose } else { Follows::Close };
            (follows, if spaced { value.trim_start_matches(' ') } else { value })
        }
        None if said.starts_with("--") && gap > 0 && closing.is_empty() => (Follows::Loose, behind),
        None => return None,
    };
    let value = value.strip_prefix('$').filter(|it| it.starts_with('\'')).unwrap_or(value);
    let start = text.len() - value.len();
    let (inner, quoted) = extent(value);
    let inner = start + inner.start..start + inner.end;
    let found = text.get(inner.clone())?;
    let json = !quoted && closing == "\"";
    // Structure is not hidden, or JSON would end to be some.
    let structure = matches!(found, "[" | "{") || json && found.starts_with(['[', '{']);
    let secret = !structure && may_be_secret(found, certain, follows, quoted);
    secret.then_some(Secret { range: inner, bare_json: json })
}

/// Returns the quote that a text begins with, with the backslashes in front of it.
fn quote_at(text: &str) -> &str {
    let slashes = text.bytes().take_while(|it| *it == b'\\').count();
    let quote = text.as_bytes().get(slashes).filter(|it| matches!(it, b'"' | b'\''));
    quote.and_then(|_| text.get(..=slashes)).unwrap_or_default()
}

/// Tells which bytes at the front of a text are the value, and whether it is quoted.
fn extent(text: &str) -> (Range<usize>, bool) {
    let open = quote_at(text);
    if open.is_empty() {
        let mut end = 0;
        let mut chars = text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let next = chars.peek().map(|(_, next)| *next);
            let escapes = c == '\\' && next.is_some_and(|it| !"nrt\"'\\\n".contains(it));
            if escapes {
                chars.next();
            } else if c.is_whitespace() || "\"'`,;&|)}]<>\\\u{1b}".contains(c) {
                return (0..at, false);
            }
            end = chars.peek().map_or(text.len(), |(at, _)| *at);
        }
        return (0..end, false);
    }
    let inside = text.get(open.len()..).unwrap_or_default();
    let length = match open {
        "\"" => closing_quote(inside),
        "'" => inside
            .match_indices('\'')
            .map(|(at, _)| at)
            .find(|at| !inside.get(..*at).is_some_and(|it| it.ends_with('\\'))),
        _ => inside.find(open),
    };
    let length = length.or_else(|| inside.find('\n')).unwrap_or(inside.len());
    // Quotes inside of quotes, as a shell's around Hydra's, belong to neither value.
    let (outer, inner) = (open.len(), inside.get(..length).unwrap_or_default());
    let lead = inner.len() - inner.trim_start_matches(['"', '\'']).len();
    let trail = inner.len() - inner.trim_end_matches(['"', '\'']).len();
    let end = (outer + length).saturating_sub(trail).max(outer + lead);
    (outer + lead..end, true)
}

/// Finds the quote that closes a text in double quotes, past those with a backslash.
fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    })
}

/// Tells whether a value only says where the secret is, or that there is none.
fn refers(value: &str) -> bool {
    let word = value.to_ascii_lowercase();
    let nothing = [
        "", "null", "none", "true", "false", "yes", "no", "on", "off", "auto", "default", "???",
        "...", "…", "required", "optional", "unset", "env",
    ];
    let begins = ["$", "<", "%", "{{", "~/", "./", "../", "***"];
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
        (Certain::Yes, Follows::Close) => true,
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
        ] {
            assert_eq!(hides(text), Vec::<&str>::new(), "{text}");
        }
    }
}
