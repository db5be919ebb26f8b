//! Dotted configuration keys.

use std::fmt;
use std::sync::Arc;

/// A dotted key of the configuration, such as `trainer.n_gpus_per_node`.
///
/// A group override's `/` is kept as written: Hydra tells groups from values by the file system,
/// never by the text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct KeyPath(Arc<str>);

impl KeyPath {
    /// Makes a key from its text.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the dotted parts, first to last.
    pub fn parts(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('.')
    }

    /// Returns the last part.
    pub fn last(&self) -> &str {
        self.0.rsplit('.').next().unwrap_or_default()
    }

    /// Returns the key one level up, if there is one.
    pub fn parent(&self) -> Option<Self> {
        self.0.rsplit_once('.').map(|(parent, _)| Self::new(parent))
    }

    /// Follows a path from the key, as interpolations write it: leading dots go up from its section.
    #[must_use]
    pub fn follow(&self, path: &str) -> Self {
        let name = path.trim_start_matches('.');
        let dots = path.len() - name.len();
        if dots == 0 {
            return Self::new(name);
        }
        let parts: Vec<&str> = self.parts().collect();
        let kept = parts.len().saturating_sub(dots);
        let target: Vec<&str> = parts.into_iter().take(kept).chain([name]).collect();
        Self::new(target.join("."))
    }

    /// Tells whether `self` is `other` or lies below it.
    pub fn is_at_or_below(&self, other: &Self) -> bool {
        self == other || is_below(&self.0, &other.0)
    }

    /// Tells whether the key matches a pattern of parts: `*` is one part, `**` any number of parts.
    pub fn matches(&self, pattern: &str) -> bool {
        let parts: Vec<&str> = self.0.split('.').collect();
        let pattern: Vec<&str> = pattern.split('.').collect();
        match_parts(&parts, &pattern)
    }
}

/// Tells whether a key lies in a section.
pub fn is_below(key: &str, section: &str) -> bool {
    key.strip_prefix(section).is_some_and(|rest| rest.starts_with('.'))
}

fn match_parts(parts: &[&str], pattern: &[&str]) -> bool {
    match (parts, pattern) {
        ([], []) => true,
        (_, ["**", rest @ ..]) => {
            match_parts(parts, rest)
                || matches!(parts, [_, tail @ ..] if match_parts(tail, pattern))
        }
        ([part, parts @ ..], [wanted, pattern @ ..]) => {
            (*wanted == "*" || part == wanted) && match_parts(parts, pattern)
        }
        _ => false,
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_parts() {
        let key = KeyPath::new("a.b.micro");
        assert!(key.matches("**.micro"));
        assert!(key.matches("a.*.micro"));
        assert!(!key.matches("**.mic"));
        assert!(KeyPath::new("micro").matches("**.micro"));
        assert!(key.is_at_or_below(&KeyPath::new("a.b")));
        assert!(!key.is_at_or_below(&KeyPath::new("a.b.mic")));
    }
}
