//! Facts from files, such as a model's own `config.json`.

use std::collections::BTreeSet;
use std::path::Path;

use super::error::CliError;
use super::files::read_script;
use super::told::pairs;
use crate::condition::Type;
use crate::config::Config;
use crate::engine::World;
use crate::facts::{Lookup, Missing, Provenance};
use crate::pack::{Leaf, Pack, read_toml_values};
use crate::path::KeyPath;
use crate::text::{Fault, Faults, Source, Span, char_start, nearest};
use crate::value::Value;

/// Reads the files of `--facts NAME=FILE` into the world: every value `a.b` of the file becomes the
/// fact `NAME.a.b`.
///
/// # Errors
/// Groups that the pack does not know, unreadable files, and every value of the wrong type.
pub fn read_into(world: &mut World, pack: &Pack, texts: &[String]) -> Result<(), CliError> {
    for ((group, path), text) in pairs(texts)?.into_iter().zip(texts) {
        let group = group.trim_start_matches('$').to_owned();
        check_group(pack, &group, text)?;
        let source = read_script(Path::new(&path))?;
        read_group(world, pack, group, &source)?;
    }
    Ok(())
}

/// Reads one file into the world, as the facts of a group that the pack knows.
///
/// # Errors
/// A text that cannot be read, and every value of the wrong type.
pub fn read_group(
    world: &mut World,
    pack: &Pack,
    group: String,
    source: &Source,
) -> Result<(), CliError> {
    let leaves = read(source, source.name())?;
    check_types(pack, &group, source, &leaves)?;
    for (name, value, span) in leaves {
        let from = Provenance::Text(source.at(span));
        world.facts.insert(format!("{group}.{name}"), value, from);
    }
    world.told_groups.insert(group, source.name().to_owned());
    Ok(())
}

/// Refuses facts that the pack does not take; `text` is what was typed.
pub fn check_group(pack: &Pack, group: &str, text: &str) -> Result<(), CliError> {
    let known: BTreeSet<&str> = pack.outside.keys().filter_map(|it| it.split('.').next()).collect();
    if known.contains(group) {
        return Ok(());
    }
    let message = format!("the pack `{}` takes no facts `{group}`", pack.name);
    let fault = Fault::new("hydrule::argument::facts", Span::at(0), message);
    let names: Vec<&str> = known.iter().copied().collect();
    let fault = match nearest(group, known.iter().copied(), 1).first() {
        Some(near) => fault.helped(format!("did you mean `{near}`?")),
        None if names.is_empty() => fault.helped("it declares none in `[fact.NAME]`"),
        None => fault.helped(format!("it takes {}", names.join(", "))),
    };
    Err(CliError::at_word(text, fault.labelled("no such facts")))
}

fn read(source: &Source, path: &str) -> Result<Vec<Leaf>, CliError> {
    let ending = Path::new(path).extension().map(|it| it.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        Some("toml") => Ok(read_toml_values(source)?),
        Some("yaml" | "yml") => Ok(read_yaml(source)?),
        Some("json") => Ok(read_json(source)?),
        _ => Err(CliError::plain(format!("cannot tell what kind of file `{path}` is"))
            .helped("its name must end in .json, .yaml, .yml or .toml")),
    }
}

/// Reads YAML as OmegaConf does; what it cannot resolve is left out.
fn read_yaml(source: &Source) -> Result<Vec<Leaf>, Faults> {
    let config = Config::read_plain(source)?;
    let outside = |name: &str| {
        let why = "the file is read without an environment".to_owned();
        Lookup::Unknown(Missing { name: name.to_owned(), why, supply: String::new() })
    };
    let leaf = |key: String| match config.lookup(&KeyPath::new(key.as_str()), &outside).ok()? {
        Lookup::Set(found) if !matches!(found.value, Value::Dict(_)) => {
            let span = match found.from {
                Provenance::Text(at) => at.span,
                _ => Span::at(0),
            };
            Some((key, found.value, span))
        }
        _ => None,
    };
    Ok(config.keys().into_iter().filter_map(leaf).collect())
}

/// Reads JSON. Nearly all JSON is YAML, which tells where the values stand.
fn read_json(source: &Source) -> Result<Vec<Leaf>, Faults> {
    let json: serde_json::Value = serde_json::from_str(source.text()).map_err(|error| {
        let lines = source.text().split_inclusive('\n').take(error.line().saturating_sub(1));
        let at = lines.map(str::len).sum::<usize>() + error.column().saturating_sub(1);
        let at = char_start(source.text(), at);
        let message = error.to_string();
        let message = message.split(" at line").next().unwrap_or_default().to_owned();
        let fault = Fault::new("hydrule::fact::json", Span::at(at), message);
        Faults::one(source.clone(), fault.labelled("JSON cannot be read here"))
    })?;
    let Some(pairs) = json.as_object() else {
        let fault = Fault::new("hydrule::fact::json", Span::at(0), "the file holds no object");
        return Err(Faults::one(source.clone(), fault.labelled("`{` is wanted here")));
    };
    let mut leaves = Vec::new();
    collect(pairs, "", Config::read_plain(source).ok().as_ref(), &mut leaves);
    Ok(leaves)
}

fn collect(
    pairs: &serde_json::Map<String, serde_json::Value>,
    prefix: &str,
    places: Option<&Config>,
    leaves: &mut Vec<Leaf>,
) {
    for (key, json) in pairs {
        let name = format!("{prefix}{key}");
        if let Some(inner) = json.as_object() {
            collect(inner, &format!("{name}."), places, leaves);
        } else if let Some(value) = plain(json) {
            let node = places.and_then(|config| config.node(&KeyPath::new(name.as_str())));
            let from = node.and_then(|node| places.map(|config| config.provenance(node)));
            let span = match from {
                Some(Provenance::Text(at)) => at.span,
                _ => Span::at(0),
            };
            leaves.push((name, value, span));
        }
    }
}

/// Converts a JSON value; an object inside a list makes none.
fn plain(json: &serde_json::Value) -> Option<Value> {
    Some(match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(bool) => Value::Bool(*bool),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(int) => Value::Int(int),
            None => Value::Float(number.as_f64()?),
        },
        serde_json::Value::String(text) => Value::Str(text.clone()),
        serde_json::Value::Array(items) => {
            Value::List(items.iter().map(plain).collect::<Option<_>>()?)
        }
        serde_json::Value::Object(_) => return None,
    })
}

/// Checks the values that the pack declares a type for; null stands for any.
fn check_types(pack: &Pack, group: &str, source: &Source, leaves: &[Leaf]) -> Result<(), Faults> {
    let wrong = |(name, value, span): &Leaf| {
        let declared = pack.outside.get(&format!("{group}.{name}"))?;
        let (fits, wanted) = match declared.kind {
            Type::Int => (matches!(value, Value::Int(_)), "an integer"),
            Type::Number => (value.as_number().is_some(), "a number"),
            Type::Bool => (matches!(value, Value::Bool(_)), "true or false"),
            Type::Str => (matches!(value, Value::Str(_)), "a string"),
            Type::List => (matches!(value, Value::List(_)), "a list"),
            _ => (true, ""),
        };
        if fits || *value == Value::Null {
            return None;
        }
        let message = format!("`{name}` must be {wanted}, this is {}", value.kind());
        let fault = Fault::new("hydrule::fact::wrong_type", *span, message);
        Some(fault.labelled(format!("{wanted} is wanted here")))
    };
    let faults: Vec<Fault> = leaves.iter().filter_map(wrong).collect();
    if faults.is_empty() { Ok(()) } else { Err(Faults { source: source.clone(), faults }) }
}
