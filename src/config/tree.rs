//! The tree a configuration is made of: leaves, lists and dicts, each with the place it was written.

use std::hash::{Hash, Hasher};

use indexmap::IndexMap;
use num_bigint::BigInt;

use crate::text::Span;
use crate::value::{Value, float_text};

/// Where a node was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// In the base configuration, at these bytes.
    Base(Span),
    /// In an override's text.
    Override {
        /// The override's place in the list, from 0.
        index: usize,
        /// The bytes in its text.
        span: Span,
    },
}

/// One value of the configuration and where it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What stands there.
    pub content: Content,
    /// Where it was written.
    pub origin: Origin,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// A single value; a text may hold interpolations.
    Leaf(Leaf),
    /// A list.
    List(Vec<Node>),
    /// A dict.
    Dict(Dict),
    /// A value that cannot be told here, with the reason: a swept one, for example.
    Unknown(String),
}

/// A single value.
#[derive(Debug, Clone, PartialEq)]
pub enum Leaf {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer of any size, as in Python.
    Int(BigInt),
    /// A binary64 number.
    Float(f64),
    /// Text.
    Str(String),
}

/// OmegaConf's text for a value that somebody else must give.
pub const MANDATORY: &str = "???";

impl Leaf {
    /// Returns the plain value; nothing for integers beyond 64 bits.
    pub fn to_value(&self) -> Option<Value> {
        Some(match self {
            Self::Null => Value::Null,
            Self::Bool(truth) => Value::Bool(*truth),
            Self::Int(int) => Value::Int(i64::try_from(int).ok()?),
            Self::Float(float) => Value::Float(*float),
            Self::Str(text) => Value::Str(text.clone()),
        })
    }

    /// Tells whether this is OmegaConf's `???`.
    pub fn is_mandatory(&self) -> bool {
        matches!(self, Self::Str(text) if text == MANDATORY)
    }

    /// Returns the text, when it holds an interpolation.
    pub fn interpolation(&self) -> Option<&str> {
        match self {
            Self::Str(text) if text.contains("${") => Some(text),
            _ => None,
        }
    }

    /// Python's `==`: booleans, integers and floats compare as numbers.
    pub fn equals(&self, other: &Self) -> bool {
        match (self.identity(), other.identity()) {
            (Some(left), Some(right)) => left == right,
            _ => false,
        }
    }

    /// Returns what equal leaves share; nothing for NaN, which equals nothing.
    fn identity(&self) -> Option<Identity<'_>> {
        Some(match self {
            Self::Null => Identity::Null,
            Self::Str(text) => Identity::Str(text),
            Self::Bool(truth) => Identity::Int(BigInt::from(u8::from(*truth))),
            Self::Int(int) => Identity::Int(int.clone()),
            Self::Float(float) if float.is_nan() => return None,
            Self::Float(float) if float.is_finite() && float.fract() == 0.0 => {
                Identity::Int(format!("{float:.0}").parse().unwrap_or_default())
            }
            Self::Float(float) => Identity::Float(float.to_bits()),
        })
    }

    /// Python's `str(value)`.
    pub fn python_text(&self) -> String {
        match self {
            Self::Null => "None".to_owned(),
            Self::Bool(true) => "True".to_owned(),
            Self::Bool(false) => "False".to_owned(),
            Self::Int(int) => int.to_string(),
            Self::Float(float) => float_text(*float),
            Self::Str(text) => text.clone(),
        }
    }
}

#[derive(PartialEq, Eq, Hash)]
enum Identity<'a> {
    Null,
    Int(BigInt),
    Float(u64),
    Str(&'a str),
}

/// A dict's key; equal keys are those that Python's dict takes for one.
#[derive(Debug, Clone)]
pub struct Key(pub Leaf);

impl Key {
    /// Makes a text key.
    pub fn text(text: impl Into<String>) -> Self {
        Self(Leaf::Str(text.into()))
    }

    /// Returns the key when it is a text; only such keys can be named with dots.
    pub fn as_str(&self) -> Option<&str> {
        match &self.0 {
            Leaf::Str(text) => Some(text),
            _ => None,
        }
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.0.identity() == other.0.identity()
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.identity().hash(state);
    }
}

/// Pairs in order, keys unique.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dict {
    /// The pairs.
    pub entries: IndexMap<Key, Node>,
    /// Why there may be more keys than these, when there may.
    pub open: Option<String>,
}

impl Dict {
    /// Makes an empty dict whose keys are not known.
    pub fn unknown(why: impl Into<String>) -> Self {
        Self { entries: IndexMap::new(), open: Some(why.into()) }
    }

    /// Returns the node of a text key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries.get(&Key::text(key))
    }

    /// Returns the node of a text key, to change it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.entries.get_mut(&Key::text(key))
    }

    /// Sets a text key; one that exists keeps its place.
    pub fn set(&mut self, key: &str, node: Node) {
        self.entries.insert(Key::text(key), node);
    }
}

impl Content {
    /// Tells whether this is a list or a dict.
    pub fn is_container(&self) -> bool {
        matches!(self, Self::List(_) | Self::Dict(_))
    }

    /// Python's `==` on plain trees.
    pub fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Leaf(left), Self::Leaf(right)) => left.equals(right),
            (Self::List(left), Self::List(right)) => {
                left.len() == right.len()
                    && left.iter().zip(right).all(|(a, b)| a.content.equals(&b.content))
            }
            (Self::Dict(left), Self::Dict(right)) => {
                left.entries.len() == right.entries.len()
                    && left.entries.iter().all(|(key, node)| {
                        let other = right.entries.get(key);
                        other.is_some_and(|other| node.content.equals(&other.content))
                    })
            }
            _ => false,
        }
    }

    /// Returns the child a dotted key's part names: a text key, or an index from 0.
    pub fn child(&self, part: &str) -> Option<&Node> {
        match self {
            Self::Dict(dict) => dict.get(part),
            Self::List(items) => {
                let index = index(part)?;
                items.get(usize::try_from(index).ok()?)
            }
            _ => None,
        }
    }

    /// Returns the child a dotted key's part names, to change it.
    pub fn child_mut(&mut self, part: &str) -> Option<&mut Node> {
        match self {
            Self::Dict(dict) => dict.get_mut(part),
            Self::List(items) => items.get_mut(usize::try_from(index(part)?).ok()?),
            _ => None,
        }
    }
}

/// Reads a list index as Python's `int(text)` does.
pub fn index(text: &str) -> Option<i64> {
    let text = text.trim();
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let groups_ok = unsigned
        .split('_')
        .all(|group| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit()));
    groups_ok.then(|| text.replace('_', "").parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_one_where_python_takes_them_for_one() {
        let one = Key(Leaf::Int(BigInt::from(1)));
        assert_eq!(one, Key(Leaf::Bool(true)));
        assert_eq!(one, Key(Leaf::Float(1.0)));
        assert_ne!(one, Key::text("1"));
        assert!(!Leaf::Float(f64::NAN).equals(&Leaf::Float(f64::NAN)));
    }

    #[test]
    fn indices_are_python_integers() {
        assert_eq!(index("1_0"), Some(10));
        assert_eq!(index("-1"), Some(-1));
        assert_eq!(index("1__0"), None);
        assert_eq!(index("x"), None);
    }
}
