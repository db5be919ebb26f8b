//! The text to paste instead: repaired step by step until Hydra would read it.

use super::ast::Quote;
use super::parse::reads;
use super::primitive::{SPECIAL, unescaped_quote};
use super::print::quoted;
use super::stuck::{Stuck, Walk, quote_length};
use crate::text::shell_word;

/// How many mistakes of one override are repaired.
const MOST_REPAIRS: usize = 12;

/// Longer overrides are not repaired: nobody pastes them, and each step reads them again.
const LONGEST_REPAIRED: usize = 8 * 1024;

/// Adds to advice what to write, where that is known and can be read.
///
/// The shell's line is left out where a shell passes the text as it stands.
pub fn advice(advice: &str, hydra: Option<String>) -> String {
    let Some(hydra) = hydra.filter(|hydra| reads(hydra)) else { return advice.to_owned() };
    let word = word_for_shell(&hydra);
    if word == hydra {
        return format!("{advice}\nwrite       {hydra}");
    }
    format!("{advice}\nin a shell  {word}\nfor Hydra   {hydra}")
}

/// Writes the text as one word of bash, in double quotes where those need no escape and single
/// quotes would.
pub fn word_for_shell(text: &str) -> String {
    let double = text.contains('\'') && !text.contains(['"', '$', '`', '\\', '!']);
    if double { format!("\"{text}\"") } else { shell_word(text) }
}

/// Quotes a text for Hydra, in double quotes where it holds none: a shell's own single quotes then
/// go around it.
pub fn quote_text(text: &str) -> String {
    let single = text.contains('"') && !text.contains('\'');
    quoted(if single { Quote::Single } else { Quote::Double }, text)
}

/// Repairs an override whose key is right.
pub fn repaired(text: &str) -> Option<String> {
    if text.len() > LONGEST_REPAIRED {
        return None;
    }
    let start = text.find('=')? + 1;
    let mut fixed = text.to_owned();
    for _ in 0..MOST_REPAIRS {
        let Some((stuck, walk)) = Walk::through(&fixed, start) else { break };
        match repair(&fixed, stuck, &walk) {
            Some(next) => fixed = next,
            None => break,
        }
    }
    if reads(&fixed) {
        return Some(fixed);
    }
    let whole = format!("{}{}", text.get(..start)?, quote_text(text.get(start..)?.trim()));
    reads(&whole).then_some(whole)
}

/// Makes one repair at the place where the walk is stuck.
fn repair(text: &str, stuck: Stuck, walk: &Walk<'_>) -> Option<String> {
    let at = walk.at;
    let sign = text.get(at..)?.chars().next();
    match stuck {
        Stuck::Unclosed | Stuck::Interpolation | Stuck::BlanksBehind => ended(text, stuck, walk),
        Stuck::Quote if at == walk.element => closed_quote(text, walk, sign?),
        Stuck::EscapedQuote => {
            let rest = text.get(at..)?.replace("\\\"", "\"").replace("\\'", "'");
            Some(format!("{}{rest}", text.get(..at)?))
        }
        Stuck::EmptyInterpolation | Stuck::InterpolatedKey => None,
        Stuck::Comma if sign == Some(',') => replaced(text, at, at + 1, ""),
        Stuck::Comma => replaced(text, walk.last_at, walk.last_at + 1, ""),
        Stuck::NoValue => replaced(text, at, at, "''"),
        Stuck::NoColon => {
            let open = walk.open.last()?;
            let end = text.get(at..)?.find('}')? + at;
            replaced(text, open.at, end + 1, &format!("[{}]", text.get(open.at + 1..end)?))
        }
        Stuck::EqualsInDict => replaced(text, at, at + 1, ":"),
        Stuck::QuotedKey => {
            let start = text.find('=')? + 1;
            Some(format!("{}{}", text.get(..start)?, unquoted_keys(text.get(start..)?)))
        }
        Stuck::Closer => replaced(text, at, at + 1, ""),
        Stuck::Parenthesis if walk.begun().is_empty() => {
            let inside = text.get(at + 1..)?;
            let end = inside.find([')', '('])?;
            replaced(text, at, at + end + 2, &format!("[{}]", inside.get(..end)?))
        }
        Stuck::Character => character(text, walk, sign?),
        _ => quoted_element(text, walk),
    }
}

fn replaced(text: &str, from: usize, to: usize, with: &str) -> Option<String> {
    Some(format!("{}{with}{}", text.get(..from)?, text.get(to..)?))
}

/// Repairs what is wrong at the end.
fn ended(text: &str, stuck: Stuck, walk: &Walk<'_>) -> Option<String> {
    Some(match stuck {
        Stuck::BlanksBehind => text.trim_end_matches([' ', '\t']).to_owned(),
        Stuck::Interpolation => format!("{text}}}"),
        _ => {
            let body = text.trim_end().trim_end_matches(',');
            let closing: String = walk.open.iter().rev().map(|open| open.closing()).collect();
            format!("{body}{closing}")
        }
    })
}

/// Closes a quote. Brackets at the end most likely close what was open before the quote.
fn closed_quote(text: &str, walk: &Walk<'_>, sign: char) -> Option<String> {
    let body = text.trim_end();
    let closes = |sign: char| walk.open.iter().any(|open| open.closing() == sign);
    let end = body.trim_end_matches(closes).len();
    replaced(text, end, text.len(), &format!("{sign}{}", body.get(end..)?))
}

fn character(text: &str, walk: &Walk<'_>, sign: char) -> Option<String> {
    let (before, rest) = text.split_at_checked(walk.at)?;
    if straightened(sign).is_some() {
        let straight: String = rest.chars().map(|c| straightened(c).unwrap_or(c)).collect();
        return Some(format!("{before}{straight}"));
    }
    if matches!(sign, '\r' | '\n') && rest.trim().is_empty() {
        return Some(before.to_owned());
    }
    quoted_element(text, walk)
}

fn quoted_element(text: &str, walk: &Walk<'_>) -> Option<String> {
    let element = text.get(walk.element..walk.element_end())?.trim_end_matches([' ', '\t']);
    replaced(text, walk.element, walk.element + element.len(), &quote_text(&joined(element)))
}

/// Returns the plain character that an editor or a web page made a prettier one of.
pub fn straightened(c: char) -> Option<char> {
    match c {
        '‘' | '’' | '‚' => Some('\''),
        '“' | '”' | '„' => Some('"'),
        '\u{a0}' => Some(' '),
        '–' | '−' => Some('-'),
        '，' => Some(','),
        '：' => Some(':'),
        _ => None,
    }
}

/// Reads a text as a shell would: quoted pieces lose their quotes, escapes their backslash.
fn joined(element: &str) -> String {
    let mut out = String::with_capacity(element.len());
    let mut rest = element;
    while let Some(c) = rest.chars().next() {
        let quote = matches!(c, '\'' | '"').then(|| quote_length(rest, c)).flatten();
        let escapes = c == '\\' && rest.get(1..).is_some_and(|it| it.starts_with(SPECIAL));
        let length = match quote {
            Some(length) => {
                let inner = rest.get(1..length.saturating_sub(1)).unwrap_or_default();
                out.push_str(&unescaped_quote(inner, c));
                length
            }
            None if escapes => {
                out.extend(rest.chars().nth(1));
                2
            }
            None => {
                out.push(c);
                c.len_utf8()
            }
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    out
}

/// Takes the quotes off every key of a JSON-like text.
fn unquoted_keys(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    let mut expects_key = false;
    while let Some(c) = rest.chars().next() {
        let quoted = rest.get(1..).and_then(|tail| tail.find(c).map(|end| tail.split_at(end)));
        if let ('"' | '\'', Some((inner, tail))) = (c, quoted) {
            let after = tail.get(1..).unwrap_or_default();
            let is_key = expects_key && after.trim_start().starts_with(':');
            let whole = rest.get(..inner.len() + 2).unwrap_or(inner);
            out.push_str(&if is_key { bare_key(inner) } else { whole.to_owned() });
            rest = after;
            expects_key = false;
            continue;
        }
        expects_key = c == '{' || c == ',' || expects_key && c == ' ';
        out.push(c);
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
    }
    out
}

fn bare_key(key: &str) -> String {
    let mut out = String::with_capacity(key.len());
    for c in key.chars() {
        if SPECIAL.contains(&c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
