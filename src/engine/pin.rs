//! Values that nobody may change.

use super::verdict::Applied;
use crate::pack::glob_matches;
use crate::path::KeyPath;
use crate::text::Location;

/// A key or directive whose value stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// The key, in which `*` stands for any text, or `$sbatch.NAME`.
    pub name: String,
    /// What says so: a place, or a flag.
    pub by: String,
}

impl Pin {
    /// Makes a pin; a directive may be named as in a rewrite, `sbatch:NAME`.
    pub fn new(name: &str, by: impl Into<String>) -> Self {
        let directive = name.strip_prefix("sbatch:").map(|it| format!("$sbatch.{it}"));
        Self { name: directive.unwrap_or_else(|| name.to_owned()), by: by.into() }
    }

    /// Makes the pin of a key or directive that a comment at this place pins.
    pub fn said((name, at): (String, Location)) -> Self {
        Self::new(&name, at.to_string())
    }

    /// Tells whether a change of the key changes what is pinned: the key itself, something below it, or
    /// the section around it.
    pub fn holds(&self, key: &str) -> bool {
        let (own, key_path) = (KeyPath::new(self.name.as_str()), KeyPath::new(key));
        glob_matches(&self.name, key)
            || key_path.is_at_or_below(&own)
            || own.is_at_or_below(&key_path)
    }
}

/// Finds the first pin that changes go against, and what it pins.
pub fn pinned<'a>(pins: &'a [Pin], applied: &Applied) -> Option<(String, &'a Pin)> {
    let keys = applied.changes.iter().map(|change| change.key.clone());
    let directives = applied.directives.iter().map(|(name, ..)| format!("$sbatch.{name}"));
    let mut names = keys.chain(directives);
    names.find_map(|name| {
        let pin = pins.iter().find(|pin| pin.holds(&name))?;
        Some((name, pin))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_holds_what_is_around_and_below() {
        for (name, key, holds) in [
            ("a.b", "a.b", true),
            ("a.b", "a.b.c", true),
            ("a.b", "a", true),
            ("a.b", "a.bc", false),
            ("a.b", "b", false),
            ("*.mini", "x.y.mini", true),
            ("*.mini", "x.mini.y", false),
            ("sbatch:mem", "$sbatch.mem", true),
            ("sbatch:mem", "mem", false),
        ] {
            assert_eq!(Pin::new(name, "--pin").holds(key), holds, "{name} {key}");
        }
    }
}
