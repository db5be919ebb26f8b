//! What interpolations stand for: other keys, and OmegaConf's own resolvers.

use super::tree::MANDATORY;
use crate::facts::{Found, Lookup, Missing, Provenance};
use crate::overrides::{Argument, PathPart, Piece, Template};
use crate::value::{Value, float_text};

/// The parts of a dotted key.
pub type Path = Vec<String>;

/// What interpolations may ask for.
pub trait Scope {
    /// Returns the value at a path from the root, its own interpolations resolved; OmegaConf's
    /// `???` is returned as that text.
    ///
    /// # Errors
    /// [`Broken`] when an interpolation on the way cannot be resolved at all.
    fn value(&self, path: &[String]) -> Result<Lookup, Broken>;

    /// Returns the value of an environment variable of the job.
    fn environment(&self, name: &str) -> Lookup;
}

/// An interpolation that cannot be resolved whatever else is known: it names no key, or itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The key whose value holds it.
    pub at: Path,
    /// What is wrong, as a sentence.
    pub message: String,
}

/// Resolves the interpolations of a text that stands at the key `at`. One interpolation alone
/// keeps its type, else the pieces are joined as Python writes them.
///
/// Resolvers that only the application knows make the answer unknown.
///
/// # Errors
/// [`Broken`] when the text names a key that does not exist, or depends on itself.
pub fn evaluate(template: &Template, at: &[String], scope: &dyn Scope) -> Result<Lookup, Broken> {
    match (Evaluation { at, scope }).template(template) {
        Ok(found) => Ok(Lookup::Set(found)),
        Err(Stop::Unknown(missing)) => Ok(Lookup::Unknown(missing)),
        Err(Stop::Broken(broken)) => Err(broken),
    }
}

/// Returns the path that a text stands for when it is one `${…}` of a key and nothing else.
pub fn target(text: &str, at: &[String], scope: &dyn Scope) -> Option<Path> {
    let template = Template::parse(text).ok()?;
    let [Piece::Node(parts)] = template.pieces.as_slice() else { return None };
    let evaluation = Evaluation { at, scope };
    let text = evaluation.path_text(parts).ok()?;
    evaluation.locate(&text).ok()
}

/// Why there is no value.
enum Stop {
    Unknown(Missing),
    Broken(Broken),
}

struct Evaluation<'a> {
    at: &'a [String],
    scope: &'a dyn Scope,
}

fn computed(value: Value) -> Found {
    Found { value, from: Provenance::Computed }
}

impl Evaluation<'_> {
    fn broken(&self, message: impl Into<String>) -> Stop {
        Stop::Broken(Broken { at: self.at.to_vec(), message: message.into() })
    }

    fn unknown(&self, why: impl Into<String>) -> Stop {
        let name = self.at.join(".");
        let supply = format!("set it in the launch: {name}=VALUE");
        Stop::Unknown(Missing { name, why: why.into(), supply })
    }

    fn template(&self, template: &Template) -> Result<Found, Stop> {
        if let [piece] = template.pieces.as_slice() {
            return self.piece(piece);
        }
        let mut out = String::new();
        for piece in &template.pieces {
            out.push_str(&python_text(&self.piece(piece)?.value));
        }
        Ok(computed(Value::Str(out)))
    }

    fn piece(&self, piece: &Piece) -> Result<Found, Stop> {
        match piece {
            Piece::Text(text) => Ok(computed(Value::Str(text.clone()))),
            Piece::Node(parts) => {
                let name = self.path_text(parts)?;
                let found = self.node(&name)?;
                let found = found.ok_or_else(|| {
                    self.broken(format!("`${{{name}}}` names a key that does not exist"))
                })?;
                if is_mandatory(&found.value) {
                    return Err(self.unknown(format!("`{name}` is mandatory and has no value")));
                }
                Ok(found)
            }
            Piece::Call { name, arguments } => {
                let name = self.path_text(name)?;
                self.call(&name, arguments)
            }
        }
    }

    fn path_text(&self, parts: &[PathPart]) -> Result<String, Stop> {
        let mut out = String::new();
        for part in parts {
            match part {
                PathPart::Text(text) => out.push_str(text),
                PathPart::Inner(piece) => match self.piece(piece)?.value {
                    Value::Str(text) => out.push_str(&text),
                    other => {
                        let message = format!("a key's name is {}, not a text", other.kind());
                        return Err(self.broken(message));
                    }
                },
            }
        }
        Ok(out)
    }

    /// Makes a path from the root; leading dots start at the section that holds the text.
    fn locate(&self, name: &str) -> Result<Path, Stop> {
        let tail = name.trim_start_matches('.');
        let dots = name.len() - tail.len();
        let mut path = match dots {
            0 => Vec::new(),
            _ => {
                let kept = self.at.len().checked_sub(dots).ok_or_else(|| {
                    self.broken(format!("`${{{name}}}` leads above the configuration's root"))
                })?;
                self.at.get(..kept).unwrap_or_default().to_vec()
            }
        };
        // Dots alone mean the section itself, nothing at all the root.
        if !tail.is_empty() {
            path.extend(split(tail));
        }
        Ok(path)
    }

    fn node(&self, name: &str) -> Result<Option<Found>, Stop> {
        let path = self.locate(name)?;
        match self.scope.value(&path).map_err(Stop::Broken)? {
            Lookup::Set(found) => Ok(Some(found)),
            Lookup::Absent => Ok(None),
            Lookup::Unknown(missing) => Err(Stop::Unknown(missing)),
        }
    }

    fn call(&self, name: &str, arguments: &[Argument]) -> Result<Found, Stop> {
        let known = ["oc.select", "oc.env", "oc.decode", "oc.create", "oc.deprecated"];
        let dicts = ["oc.dict.keys", "oc.dict.values"];
        if !known.contains(&name) && !dicts.contains(&name) {
            return Err(self.unknown(format!("only the application knows its resolver `{name}`")));
        }
        let values: Vec<Value> =
            arguments.iter().map(|it| self.argument(it)).collect::<Result<_, _>>()?;
        let mut values = values.into_iter();
        let first =
            values.next().ok_or_else(|| self.broken(format!("`{name}` needs an argument")))?;
        let second = values.next();
        if values.next().is_some() {
            return Err(self.broken(format!("`{name}` takes at most 2 arguments")));
        }
        match (name, first) {
            ("oc.create", value @ (Value::List(_) | Value::Dict(_) | Value::Null)) => {
                Ok(computed(value))
            }
            ("oc.create", Value::Str(_)) => Err(self.unknown("`oc.create` reads a text as YAML")),
            ("oc.decode", Value::Null) => Ok(computed(Value::Null)),
            ("oc.decode", Value::Str(text)) => self.decode(&text),
            ("oc.select", Value::Str(key)) => Ok(match self.node(&key)? {
                Some(found) if !is_mandatory(&found.value) => found,
                _ => computed(second.unwrap_or(Value::Null)),
            }),
            ("oc.env", Value::Str(variable)) => self.environment(&variable, second),
            ("oc.deprecated", Value::Str(key)) => {
                let missing = || self.broken(format!("`{key}` does not exist"));
                self.node(&key)?.ok_or_else(missing)
            }
            ("oc.dict.keys" | "oc.dict.values", Value::Str(key)) => {
                self.dict_part(&key, name == "oc.dict.keys")
            }
            (_, other) => Err(self.broken(format!("`{name}` cannot take {}", other.kind()))),
        }
    }

    fn dict_part(&self, key: &str, keys: bool) -> Result<Found, Stop> {
        match self.node(key)? {
            Some(Found { value: Value::Dict(pairs), .. }) => {
                let part = |(key, value)| if keys { key } else { value };
                Ok(computed(Value::List(pairs.into_iter().map(part).collect())))
            }
            _ => Err(self.broken(format!("`{key}` is no dict"))),
        }
    }

    fn environment(&self, variable: &str, default: Option<Value>) -> Result<Found, Stop> {
        match (self.scope.environment(variable), default) {
            (Lookup::Set(found), _) => Ok(found),
            (Lookup::Unknown(missing), _) => {
                Err(Stop::Unknown(Missing { name: self.at.join("."), ..missing }))
            }
            (Lookup::Absent, Some(Value::Null)) => Ok(computed(Value::Null)),
            (Lookup::Absent, Some(value)) => Ok(computed(Value::Str(python_text(&value)))),
            (Lookup::Absent, None) => {
                Err(self.broken(format!("the environment variable `{variable}` is not set")))
            }
        }
    }

    fn decode(&self, text: &str) -> Result<Found, Stop> {
        let parsed = Template::parse_argument(text)
            .map_err(|_| self.broken(format!("`oc.decode` cannot read `{text}`")))?;
        self.argument(&parsed).map(computed)
    }

    fn argument(&self, argument: &Argument) -> Result<Value, Stop> {
        Ok(match argument {
            Argument::Leaf(leaf) => leaf.to_value().ok_or_else(|| self.unknown(TOO_LARGE))?,
            Argument::Mixed(template) => self.template(template)?.value,
            Argument::Quoted(template) => Value::Str(python_text(&self.template(template)?.value)),
            Argument::List(items) => {
                Value::List(items.iter().map(|it| self.argument(it)).collect::<Result<_, _>>()?)
            }
            Argument::Dict(pairs) => Value::Dict(
                pairs
                    .iter()
                    .map(|(key, value)| {
                        let key = key.to_value().ok_or_else(|| self.unknown(TOO_LARGE))?;
                        Ok((key, self.argument(value)?))
                    })
                    .collect::<Result<_, _>>()?,
            ),
        })
    }
}

/// Why a number is unknown.
pub const TOO_LARGE: &str = "it is an integer beyond 64 bits";

fn is_mandatory(value: &Value) -> bool {
    matches!(value, Value::Str(text) if text == MANDATORY)
}

/// Splits `a.b[0]` into its parts.
pub fn split(key: &str) -> impl Iterator<Item = String> {
    let text = key.replace("].", ".").replace('[', ".").replace(']', "");
    let text = if key.starts_with('[') { text.trim_start_matches('.').to_owned() } else { text };
    text.split('.').map(str::to_owned).collect::<Vec<_>>().into_iter()
}

/// Python's `str(value)`.
pub fn python_text(value: &Value) -> String {
    match value {
        Value::Str(text) => text.clone(),
        other => python_repr(other),
    }
}

fn python_repr(value: &Value) -> String {
    let join = |items: Vec<String>| items.join(", ");
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Int(int) | Value::Bytes(int) => int.to_string(),
        Value::Float(float) => float_text(*float),
        Value::Str(text) => python_quoted(text),
        Value::List(items) => format!("[{}]", join(items.iter().map(python_repr).collect())),
        Value::Dict(pairs) => {
            let pair = |(key, value): &(Value, Value)| {
                format!("{}: {}", python_repr(key), python_repr(value))
            };
            format!("{{{}}}", join(pairs.iter().map(pair).collect()))
        }
    }
}

fn python_quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            c if c == quote => out.extend(['\\', c]),
            c if c.is_ascii_control() => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}
