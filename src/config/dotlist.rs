//! Arguments in the language that their program reads: Hydra's overrides, or what
//! `OmegaConf.from_cli` takes.
//!
//! OmegaConf splits an argument at its first `=` and reads what follows as a document of YAML. It
//! has no sigils: `+key=1` would set a key named `+key`, which no program has, so that is a mistake.

use super::print::inline;
use super::tree::{Content, Leaf};
use super::yaml::read_value;
use crate::overrides::{Element, Language, Number, Override, parse, value_text};
use crate::text::{Fault, Span};
use crate::value::Value;

/// Reads one argument.
///
/// # Errors
/// What the program would refuse, in the text's bytes.
pub fn read_argument(language: Language, text: &str) -> Result<Override, Fault> {
    match language {
        Language::Hydra => parse(text),
        Language::OmegaConf => read_dotlist(text),
    }
}

/// Writes a value so that the program reads this very one.
pub fn argument_value(language: Language, value: &Value) -> String {
    match language {
        Language::Hydra => value_text(value),
        Language::OmegaConf => yaml_text(value, false),
    }
}

/// Writes an override of a pack, which is in Hydra's language, as an argument; nothing where the
/// language cannot say it: a deletion, a group's choice with a package, a sweep.
pub fn translated(language: Language, it: &Override) -> Option<Override> {
    if language == Language::Hydra {
        return Some(it.clone());
    }
    let value = it.value().filter(|_| it.package.is_none())?;
    read_dotlist(&format!("{}={}", it.key, argument_value(language, &value))).ok()
}

fn read_dotlist(text: &str) -> Result<Override, Fault> {
    let (key, value) = text.split_once('=').unwrap_or((text, ""));
    refuse_sigil(key)?;
    let start = (key.len() + 1).min(text.len());
    let content = read_value(value)
        .map_err(|fault| fault.shifted(start).helped("OmegaConf reads what follows `=` as YAML"))?;
    let blank = value.len() - value.trim_start().len();
    Ok(Override::setting(
        (key.replace('[', ".").replace(']', ""), Span::new(0, key.len())),
        (element(content), Span::new(start + blank, text.len())),
        text,
    ))
}

fn refuse_sigil(key: &str) -> Result<(), Fault> {
    let bare = key.trim_start_matches(['+', '~']);
    let sigil = key.strip_suffix(bare).unwrap_or_default();
    let help = match sigil.chars().next() {
        None => return Ok(()),
        Some('~') => format!("no argument deletes a key; write `{bare}=null` if that will do"),
        Some(_) => format!("write `{bare}=…`: OmegaConf asks for no sigil"),
    };
    let message = format!("`{sigil}` is Hydra's, and OmegaConf reads these arguments");
    Err(Fault::new("hydrule::argument::sigil", Span::new(0, sigil.len()), message)
        .labelled("OmegaConf takes this for a part of the key")
        .helped(help))
}

fn element(content: Content) -> Element {
    match content {
        Content::Leaf(leaf) => of_leaf(leaf),
        Content::List(items) => {
            Element::List(items.into_iter().map(|it| element(it.content)).collect())
        }
        Content::Dict(dict) => {
            let pairs = dict.entries.into_iter();
            Element::Dict(pairs.map(|(key, it)| (of_leaf(key.0), element(it.content))).collect())
        }
        // Only composing makes one.
        Content::Unknown(_) => Element::Null,
    }
}

fn of_leaf(leaf: Leaf) -> Element {
    match leaf {
        Leaf::Null => Element::Null,
        Leaf::Bool(truth) => Element::Number(Number::Bool(truth)),
        Leaf::Int(int) => Element::Number(Number::Int(int)),
        Leaf::Float(float) => Element::Number(Number::Float(float)),
        Leaf::Str(text) => Element::Str(text),
    }
}

fn yaml_text(value: &Value, inside: bool) -> String {
    let leaf = |leaf: Leaf| {
        let content = Content::Leaf(leaf);
        let text = inline(&content, inside, None).unwrap_or_default();
        // Double quotes need no escape in the single ones of a shell.
        let single = text.starts_with('\'');
        if single { inline(&content, inside, Some('"')).unwrap_or(text) } else { text }
    };
    match value {
        Value::Null => leaf(Leaf::Null),
        // As for Hydra: `True`, which YAML 1.1 reads too.
        Value::Bool(_) => value.to_string(),
        Value::Int(int) | Value::Bytes(int) => leaf(Leaf::Int((*int).into())),
        Value::Float(float) => leaf(Leaf::Float(*float)),
        Value::Str(text) => leaf(Leaf::Str(text.clone())),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(|it| yaml_text(it, true)).collect();
            format!("[{}]", items.join(","))
        }
        Value::Dict(pairs) => {
            let pair = |(key, value): &(Value, Value)| {
                format!("{}: {}", yaml_text(key, true), yaml_text(value, true))
            };
            let pairs: Vec<String> = pairs.iter().map(pair).collect();
            format!("{{{}}}", pairs.join(","))
        }
    }
}
