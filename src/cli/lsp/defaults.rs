//! What a key is where no override sets it.

use std::collections::BTreeMap;

use crate::cli::check::{Buffer, Known};
use crate::config::{Config, inline};
use crate::facts::Provenance;
use crate::pack::DefaultAnswer;
use crate::path::KeyPath;

/// What a key is without an override.
pub struct Usual {
    /// Its value; several where the target's versions differ.
    pub values: Vec<String>,
    /// Whether the base configuration is known and lacks the key.
    pub is_new: bool,
}

impl Usual {
    /// Says it in a few words.
    pub fn text(&self) -> String {
        match (self.values.as_slice(), self.is_new) {
            ([], true) => "not in the base configuration".to_owned(),
            (values, _) => values.join(", or "),
        }
    }
}

/// Tells what a key is without an override, and who says so: the base configuration, else the pack.
pub fn usual(buffer: &Buffer<'_>, known: Option<&Known<'_>>, key: &str) -> Usual {
    let base = buffer.base(known);
    if let Some(text) = base.and_then(|config| in_base(config, key)) {
        return Usual { values: vec![text], is_new: false };
    }
    let is_new = base.is_some_and(|it| it.root().open.is_none());
    let told = known.map(|it| it.pack.default_in(key, &it.world.target.versions));
    let text = |(value, of): (&crate::value::Value, &str)| format!("{value}, default of {of}");
    let values = match told {
        Some(DefaultAnswer::Is(value, of)) => vec![text((value, of))],
        Some(DefaultAnswer::Differs(all)) => all.into_iter().map(text).collect(),
        Some(DefaultAnswer::None) | None => Vec::new(),
    };
    Usual { values, is_new }
}

fn in_base(config: &Config, key: &str) -> Option<String> {
    let node = config.node(&KeyPath::new(key))?;
    let text = inline(&node.content, false, None)?;
    Some(match config.provenance(node) {
        Provenance::Text(at) => format!("{text}, {at}"),
        _ => text,
    })
}

/// Lists the keys that an override may set: the values of the base configuration, and what the pack
/// knows by name.
pub fn keys(buffer: &Buffer<'_>, known: Option<&Known<'_>>) -> BTreeMap<String, Usual> {
    let mut keys: Vec<String> = Vec::new();
    if let Some(config) = buffer.base(known) {
        keys.extend(config.value_keys());
    }
    if let Some(Known { pack, .. }) = known {
        keys.extend(pack.defaults.iter().flat_map(|it| it.values.keys().map(ToString::to_string)));
        keys.extend(pack.requirements.iter().flat_map(|it| pack.reads(it).names()));
    }
    let is_key = |key: &String| !key.starts_with('$') && !key.contains('*');
    let all = keys.into_iter().filter(is_key);
    all.map(|key| (key.clone(), usual(buffer, known, &key))).collect()
}
