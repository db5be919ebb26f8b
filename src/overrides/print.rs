//! Values back to text.

use super::ast::{Element, Glob, Quote};
use super::parse::parse;
use super::template::Template;
use crate::value::{Value, float_text};

/// Characters that Hydra escapes in an unquoted text.
const ESCAPED: [char; 11] = ['\\', '(', ')', '[', ']', '{', '}', ':', '=', ',', ' '];

/// Writes a plain value as Hydra text that reads back as the same value of the same type, quoted
/// only where that needs it. Bytes are written as an integer.
pub fn value_text(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) | Value::Int(_) => value.to_string(),
        Value::Bytes(bytes) => bytes.to_string(),
        Value::Float(float) => float_text(*float),
        Value::Str(text) => text_value(text),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(value_text).collect();
            format!("[{}]", items.join(","))
        }
        Value::Dict(pairs) => {
            let pairs: Vec<String> = pairs
                .iter()
                .map(|(key, value)| format!("{}:{}", key_text(key), value_text(value)))
                .collect();
            format!("{{{}}}", pairs.join(","))
        }
    }
}

fn text_value(text: &str) -> String {
    // Inside a list or dict a backslash at the end would escape what closes it.
    let reads_back = !text.ends_with('\\')
        && parse(&format!("k={text}"))
            .is_ok_and(|it| it.value == Some(Element::Str(text.to_owned())) && !text.is_empty());
    if reads_back { text.to_owned() } else { quoted(Quote::Single, text) }
}

/// Hydra takes no quotes in a dict's keys, so specials are escaped.
fn key_text(key: &Value) -> String {
    match key {
        Value::Str(text) => escaped(text),
        other => value_text(other),
    }
}

/// Writes an element as Hydra's own printer does; nothing where Hydra's fails.
pub fn element_text(element: &Element) -> Option<String> {
    Some(match element {
        Element::Null => "null".to_owned(),
        Element::Number(number) => number.text(),
        Element::Str(text) => escaped(text),
        Element::Quoted(quote, text) => quoted(*quote, text),
        Element::List(items) => {
            let items: Option<Vec<String>> = items.iter().map(element_text).collect();
            format!("[{}]", items?.join(","))
        }
        Element::Dict(pairs) => {
            let pairs: Option<Vec<String>> = pairs
                .iter()
                .map(|(key, value)| {
                    Some(format!("{}:{}", element_text(key)?, element_text(value)?))
                })
                .collect();
            format!("{{{}}}", pairs?.join(","))
        }
        Element::Glob(glob) => glob_text(glob)?,
        Element::Choice(_) | Element::Range(_) | Element::Interval(_) => return None,
    })
}

/// A glob is printed as the dict of its fields, whose items are all turned into texts. OmegaConf
/// makes it, which takes no malformed interpolation.
fn glob_text(glob: &Glob) -> Option<String> {
    let list = |items: &[Element]| -> Option<String> {
        let texts: Option<Vec<String>> = items
            .iter()
            .map(|item| match item {
                Element::Str(text) => Template::validate(text).ok().map(|()| escaped(text)),
                Element::Number(number) => Some(escaped(&number.text())),
                _ => None,
            })
            .collect();
        Some(texts?.join(","))
    };
    Some(format!("{{include:[{}],exclude:[{}]}}", list(&glob.include)?, list(&glob.exclude)?))
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if ESCAPED.contains(&c) || c == '\t' {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Puts a text in quotes: backslashes are doubled only directly before a quote or the end.
pub(super) fn quoted(quote: Quote, text: &str) -> String {
    let sign = quote.sign();
    let mut out = String::from(sign);
    let mut backslashes = 0;
    for c in text.chars() {
        if c == '\\' {
            backslashes += 1;
        } else {
            if c == sign {
                out.extend(std::iter::repeat_n('\\', backslashes + 1));
            }
            backslashes = 0;
        }
        out.push(c);
    }
    out.extend(std::iter::repeat_n('\\', backslashes));
    out.push(sign);
    out
}
