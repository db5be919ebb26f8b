//! OmegaConf's interpolations inside values: `${a.b}`, `${.x}`, `${oc.select:…}`, `${oc.env:…}`.

use super::scope::{View, unknown};
use crate::condition::Scope;
use crate::facts::{Found, Lookup, Missing, Provenance};
use crate::path::KeyPath;
use crate::value::Value;

/// Resolves the interpolations of a value read at `key`; a value without any passes unchanged.
pub fn interpolate(view: &View<'_>, key: &KeyPath, found: Found) -> Lookup {
    let Value::Str(text) = &found.value else { return Lookup::Set(found) };
    if !text.contains("${") {
        return Lookup::Set(found);
    }
    let value = view.guarded(key, || resolved(view, key, text), Lookup::Unknown);
    match value {
        Lookup::Set(target) => Lookup::Set(Found { value: target.value, from: found.from }),
        other => other,
    }
}

/// Resolves the interpolations of a text.
fn resolved(view: &View<'_>, key: &KeyPath, text: &str) -> Lookup {
    if let Some(inner) = whole(text) {
        return resolve(view, key, inner);
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once("${") {
        out.push_str(before);
        let Some((inner, after)) = tail.split_once('}') else {
            return unknown(key.as_str(), format!("`{text}` is not closed"), "");
        };
        match resolve(view, key, inner) {
            Lookup::Set(target) => out.push_str(&target.value.to_string()),
            other => return other,
        }
        rest = after;
    }
    out.push_str(rest);
    Lookup::Set(Found { value: Value::Str(out), from: Provenance::Computed })
}

/// Returns the inside when the text is one interpolation and nothing else.
fn whole(text: &str) -> Option<&str> {
    let inner = text.strip_prefix("${")?.strip_suffix('}')?;
    (!inner.contains("${") && !inner.contains('}')).then_some(inner)
}

fn resolve(view: &View<'_>, key: &KeyPath, inner: &str) -> Lookup {
    let inner = inner.trim();
    match inner.split_once(':') {
        Some(("oc.select", arguments)) => select(view, key, arguments),
        Some(("oc.env", arguments)) => environment(view, key, arguments),
        Some((resolver, _)) => unknown(
            key.as_str(),
            format!("only the application knows its resolver `{resolver}`"),
            &format!("set it in the launch: {key}=VALUE"),
        ),
        None => node(view, key, inner),
    }
}

fn node(view: &View<'_>, key: &KeyPath, path: &str) -> Lookup {
    view.config(&key.follow(path))
}

fn select(view: &View<'_>, key: &KeyPath, arguments: &str) -> Lookup {
    let (path, default) = match arguments.split_once(',') {
        Some((path, default)) => (path.trim(), Some(default.trim())),
        None => (arguments.trim(), None),
    };
    match (node(view, key, path), default) {
        (Lookup::Absent, default) => literal(default.unwrap_or("null")),
        (answer, _) => answer,
    }
}

fn environment(view: &View<'_>, key: &KeyPath, arguments: &str) -> Lookup {
    let name = arguments.split(',').next().unwrap_or(arguments).trim();
    match view.name(&format!("env.{name}")) {
        Lookup::Unknown(missing) => {
            let name = key.as_str().to_owned();
            Lookup::Unknown(Missing { name, ..missing })
        }
        answer => answer,
    }
}

/// Reads the default of `oc.select` as Hydra reads a value.
fn literal(text: &str) -> Lookup {
    let parsed = crate::overrides::parse(&format!("it={text}"));
    match parsed.ok().and_then(|parsed| parsed.value()) {
        Some(value) => Lookup::Set(Found { value, from: Provenance::Computed }),
        None => unknown("oc.select", format!("its default `{text}` cannot be read"), ""),
    }
}
