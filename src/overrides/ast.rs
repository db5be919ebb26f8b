use num_bigint::BigInt;

use super::print::element_text;
use super::range::RangeIter;
use crate::text::Span;
use crate::value::Value;

/// What an override does to its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OverrideKind {
    /// `key=value`: changes a key that exists, or a group's choice.
    Change,
    /// `+key=value`: adds a key.
    Add,
    /// `++key=value`: adds or changes.
    ForceAdd,
    /// `~key` or `~key=value`: deletes.
    Delete,
}

impl OverrideKind {
    /// Returns the sigil.
    pub fn sigil(self) -> &'static str {
        match self {
            Self::Change => "",
            Self::Add => "+",
            Self::ForceAdd => "++",
            Self::Delete => "~",
        }
    }
}

/// One override, as Hydra understands it.
#[derive(Debug, Clone, PartialEq)]
pub struct Override {
    /// What it does.
    pub kind: OverrideKind,
    /// The key or config group; may be empty.
    pub key: String,
    /// What follows `@`; empty for `key@=`, which is not the same as none.
    pub package: Option<String>,
    /// The value; none only for `~key` without `=`.
    pub value: Option<Element>,
    /// The text it was read from.
    pub text: String,
    /// Where the key stands in the text, without sigil and package.
    pub key_span: Span,
    /// Where the value stands in the text, blanks after `=` left out.
    pub value_span: Option<Span>,
    /// The texts of all interpolations outside quotes, in order.
    pub(super) interpolations: Vec<String>,
}

/// A value with everything that Hydra keeps of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Element {
    /// `null`.
    Null,
    /// `true`, `false`, or an integer or float.
    Number(Number),
    /// An unquoted text, un-escaped.
    Str(String),
    /// A quoted text, un-escaped.
    Quoted(Quote, String),
    /// `[…]`.
    List(Vec<Element>),
    /// `{…}` after Python's collapsing of equal keys, in order.
    Dict(Vec<(Element, Element)>),
    /// `a,b` or `choice(…)`.
    Choice(Choice),
    /// `range(…)`.
    Range(Range),
    /// `interval(…)`.
    Interval(Interval),
    /// `glob(…)`.
    Glob(Glob),
}

/// Which quotes a text stood in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quote {
    /// `'…'`.
    Single,
    /// `"…"`.
    Double,
}

impl Quote {
    /// Returns the quote.
    pub fn sign(self) -> char {
        match self {
            Self::Single => '\'',
            Self::Double => '"',
        }
    }
}

/// A number in Python's sense: booleans are integers there.
#[derive(Debug, Clone, PartialEq)]
pub enum Number {
    /// `true` or `false`.
    Bool(bool),
    /// An integer of any size.
    Int(BigInt),
    /// A binary64 float.
    Float(f64),
}

/// A sweep over listed values.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The values.
    pub items: Vec<Element>,
    /// Whether it was written `a,b` and not `choice(a,b)`.
    pub simple: bool,
    /// Whether the order is random.
    pub shuffle: bool,
    /// Tags, sorted.
    pub tags: Vec<String>,
}

/// A sweep over numbers at equal distances.
#[derive(Debug, Clone, PartialEq)]
pub struct Range {
    /// The first number.
    pub start: Number,
    /// The end, not reached.
    pub stop: Number,
    /// The distance.
    pub step: Number,
    /// Whether the order is random.
    pub shuffle: bool,
    /// Tags, sorted.
    pub tags: Vec<String>,
}

/// A continuous range, which only some sweepers take.
#[derive(Debug, Clone, PartialEq)]
pub struct Interval {
    /// The lower end, included.
    pub start: Number,
    /// The upper end, excluded.
    pub end: Number,
    /// Tags, sorted.
    pub tags: Vec<String>,
}

/// A choice among a group's options by patterns.
#[derive(Debug, Clone, PartialEq)]
pub struct Glob {
    /// Patterns to take.
    pub include: Vec<Element>,
    /// Patterns to leave out.
    pub exclude: Vec<Element>,
}

impl Element {
    /// Tells whether the value is a sweep.
    pub fn is_sweep(&self) -> bool {
        matches!(self, Self::Choice(_) | Self::Range(_) | Self::Interval(_) | Self::Glob(_))
    }

    /// Returns the plain value; nothing for sweeps and for integers beyond 64 bits.
    pub fn to_value(&self) -> Option<Value> {
        Some(match self {
            Self::Null => Value::Null,
            Self::Number(Number::Bool(truth)) => Value::Bool(*truth),
            Self::Number(Number::Int(int)) => Value::Int(i64::try_from(int).ok()?),
            Self::Number(Number::Float(float)) => Value::Float(*float),
            Self::Str(text) | Self::Quoted(_, text) => Value::Str(text.clone()),
            Self::List(items) => {
                Value::List(items.iter().map(Self::to_value).collect::<Option<_>>()?)
            }
            Self::Dict(pairs) => Value::Dict(
                pairs
                    .iter()
                    .map(|(key, value)| Some((key.to_value()?, value.to_value()?)))
                    .collect::<Option<_>>()?,
            ),
            Self::Choice(_) | Self::Range(_) | Self::Interval(_) | Self::Glob(_) => return None,
        })
    }
}

impl Override {
    /// Makes the override that sets a key to a value, each with its place in the text.
    pub fn setting(key: (String, Span), value: (Element, Span), text: &str) -> Self {
        Self {
            kind: OverrideKind::Change,
            key: key.0,
            package: None,
            value: Some(value.0),
            text: text.to_owned(),
            key_span: key.1,
            value_span: Some(value.1),
            interpolations: Vec::new(),
        }
    }

    /// Returns the plain value, for an override that has one.
    pub fn value(&self) -> Option<Value> {
        self.value.as_ref()?.to_value()
    }

    /// Tells whether the override configures Hydra itself.
    pub fn is_hydra(&self) -> bool {
        self.key.starts_with("hydra.") || self.key.starts_with("hydra/")
    }

    /// Tells whether the value is a sweep.
    pub fn is_sweep(&self) -> bool {
        self.value.as_ref().is_some_and(Element::is_sweep)
    }

    /// Returns sigil, key and package: what stands before the `=`.
    pub fn key_element(&self) -> String {
        let sigil = self.kind.sigil();
        match &self.package {
            Some(package) => format!("{sigil}{}@{package}", self.key),
            None => format!("{sigil}{}", self.key),
        }
    }

    /// Writes the override with another value, given as Hydra's text.
    pub fn rewritten(&self, value: &str) -> String {
        format!("{}={value}", self.key_element())
    }

    /// Returns the plain values of a sweep, one after the other; an element without a plain value
    /// gives nothing in its place. A value that is no sweep, or cannot be listed, has none.
    pub fn sweep_values(&self) -> Box<dyn Iterator<Item = Option<Value>> + '_> {
        match &self.value {
            Some(Element::Choice(choice)) => Box::new(choice.items.iter().map(Element::to_value)),
            Some(Element::Range(range)) => match RangeIter::new(range) {
                Some(numbers) => Box::new(numbers.map(|it| Element::Number(it).to_value())),
                None => Box::new(std::iter::empty()),
            },
            _ => Box::new(std::iter::empty()),
        }
    }

    /// Maps every element of a sweep and writes the new sweep in the old one's form: `a,b` stays
    /// so, `choice(…)` too; a range of up to 1,000 numbers becomes a list of values. Nothing if
    /// an element cannot be mapped or the sweep not be listed.
    pub fn map_elements(&self, map: &mut dyn FnMut(&Value) -> Option<Value>) -> Option<String> {
        const MOST: usize = 1000;
        let mapped: Vec<Option<String>> = self
            .sweep_values()
            .take(MOST + 1)
            .map(|value| Some(super::print::value_text(&map(&value?)?)))
            .collect();
        if mapped.is_empty() || mapped.len() > MOST {
            return None;
        }
        let mapped = mapped.into_iter().collect::<Option<Vec<String>>>()?;
        let explicit = match &self.value {
            Some(Element::Choice(choice)) => {
                if choice.shuffle || !choice.tags.is_empty() {
                    return None;
                }
                !choice.simple
            }
            Some(Element::Range(range)) if range.shuffle || !range.tags.is_empty() => return None,
            _ => false,
        };
        let list = mapped.join(",");
        // A single value alone would be no sweep.
        Some(if explicit || mapped.len() == 1 { format!("choice({list})") } else { list })
    }

    /// Writes the value as Hydra's own printer does; nothing where that fails.
    pub fn element_string(&self) -> Option<String> {
        match &self.value {
            None => Some("null".to_owned()),
            Some(Element::Choice(_) | Element::Range(_) | Element::Interval(_)) => None,
            Some(value) => element_text(value),
        }
    }
}
