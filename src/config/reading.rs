//! Looking keys up in a configuration, interpolations followed.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use super::Config;
use super::interpolate::{Broken, Path, Scope, TOO_LARGE, evaluate, target};
use super::tree::{Content, Leaf, Node, Origin};
use crate::facts::{Found, Lookup, Missing, Provenance};
use crate::overrides::Template;
use crate::value::Value;

/// One configuration with the environment its interpolations may use.
pub struct Reading<'a> {
    config: &'a Config,
    environment: &'a dyn Fn(&str) -> Lookup,
    /// The keys being resolved now, to find cycles.
    open: RefCell<Vec<Path>>,
    /// How deep the texts nest that are being resolved now.
    nested: Cell<usize>,
    /// What the interpolations at each path came to: where each names the next one twice, there are only so many.
    known: RefCell<HashMap<Path, Lookup>>,
    /// How much more is made of interpolations for the key that is asked for.
    left: Cell<usize>,
}

/// Where a path leads once interpolated sections are followed.
pub enum Spot<'a> {
    /// To a node, at its real path.
    Node(Path, &'a Node),
    /// To the inside of a computed value.
    Value(Found),
    /// Nowhere.
    Absent,
    /// Nothing tells.
    Unknown(Missing),
}

impl<'a> Reading<'a> {
    /// Reads `config`; `environment` answers for environment variables.
    pub fn new(config: &'a Config, environment: &'a dyn Fn(&str) -> Lookup) -> Self {
        let (open, nested, known, left) = Default::default();
        Self { config, environment, open, nested, known, left }
    }

    fn unknown(path: &[String], why: &str) -> Missing {
        let name = path.join(".");
        let supply = format!("set it in the launch: {name}=VALUE");
        Missing { name, why: why.to_owned(), supply }
    }

    /// Keeps a key open while it is resolved.
    fn guarded<T>(
        &self,
        path: &[String],
        resolve: impl FnOnce() -> Result<T, Broken>,
    ) -> Result<T, Broken> {
        if let Some(first) = self.open.borrow().iter().position(|open| open == path) {
            let mut names: Vec<String> =
                self.open.borrow().iter().skip(first).map(|open| open.join(".")).collect();
            names.push(path.join("."));
            let message = format!("it is defined by itself: {}", names.join(" → "));
            return Err(Broken { at: path.to_vec(), message });
        }
        if self.open.borrow().len() + self.nested.get() >= MOST_OPEN {
            let message = "its interpolations refer to one another too deeply".to_owned();
            return Err(Broken { at: path.to_vec(), message });
        }
        if self.open.borrow().is_empty() {
            self.left.set(MOST_MADE);
        }
        self.open.borrow_mut().push(path.to_vec());
        let result = resolve();
        self.open.borrow_mut().pop();
        result
    }

    /// Walks to a path; sections that are interpolations are followed, the last part is not.
    ///
    /// # Errors
    /// [`Broken`] when an interpolation on the way is.
    pub fn find(&self, path: &[String]) -> Result<Spot<'a>, Broken> {
        let Some((last, sections)) = path.split_last() else {
            return Ok(Spot::Node(Vec::new(), self.config.root_node()));
        };
        let (real, section) = match self.followed(sections)? {
            Spot::Node(real, section) => (real, section),
            Spot::Value(found) => return Ok(inside(found, last)),
            other => return Ok(other),
        };
        Ok(match section.content.child(last) {
            Some(node) => {
                let real = real.into_iter().chain([last.clone()]).collect();
                Spot::Node(real, node)
            }
            None => match &section.content {
                Content::Dict(dict) if dict.open.is_some() => {
                    let why = dict.open.as_deref().unwrap_or_default();
                    Spot::Unknown(Self::unknown(path, why))
                }
                Content::Unknown(why) => Spot::Unknown(Self::unknown(path, why)),
                _ => match &self.config.doubt {
                    Some(why) => Spot::Unknown(Self::unknown(path, why)),
                    None => Spot::Absent,
                },
            },
        })
    }

    /// Walks to a path and follows it when it is itself an interpolation.
    ///
    /// # Errors
    /// [`Broken`] when an interpolation on the way is.
    pub fn followed(&self, path: &[String]) -> Result<Spot<'a>, Broken> {
        let (real, node) = match self.find(path)? {
            Spot::Node(real, node) => (real, node),
            other => return Ok(other),
        };
        let Content::Leaf(leaf) = &node.content else { return Ok(Spot::Node(real, node)) };
        let Some(text) = leaf.interpolation() else { return Ok(Spot::Node(real, node)) };
        self.guarded(&real, || match target(text, &real, self) {
            Some(target) => match self.followed(&target)? {
                Spot::Absent => {
                    let name = target.join(".");
                    let message = format!("`{text}` names `{name}`, which does not exist");
                    Err(Broken { at: real.clone(), message })
                }
                spot => Ok(spot),
            },
            None => Ok(match self.resolve(text, &real)? {
                Lookup::Set(found) => Spot::Value(found),
                Lookup::Absent => Spot::Absent,
                Lookup::Unknown(missing) => Spot::Unknown(missing),
            }),
        })
    }

    fn resolve(&self, text: &str, at: &[String]) -> Result<Lookup, Broken> {
        let known = self.known.borrow().get(at).cloned();
        let answer = match known {
            Some(known) => known,
            None => {
                let answer = self.evaluated(text, at)?;
                self.known.borrow_mut().insert(at.to_vec(), answer.clone());
                answer
            }
        };
        let made = match &answer {
            Lookup::Set(found) => size(&found.value),
            _ => 0,
        };
        let left = self.left.get().checked_sub(STEP + made);
        self.left.set(left.unwrap_or_default());
        Ok(match left {
            Some(_) => answer,
            None => self.not_told(at, "its interpolations make too much of it"),
        })
    }

    fn evaluated(&self, text: &str, at: &[String]) -> Result<Lookup, Broken> {
        let template = Template::parse(text)
            .map_err(|fault| Broken { at: at.to_vec(), message: fault.message })?;
        let before = self.nested.get();
        self.nested.set(before + template.depth);
        let answer = evaluate(&template, at, self);
        self.nested.set(before);
        answer
    }

    /// Returns a node's value with all interpolations resolved.
    fn value_of(&self, path: &[String], node: &Node) -> Result<Lookup, Broken> {
        self.guarded(path, || {
            let value = match &node.content {
                Content::Unknown(why) => return Ok(self.not_told(path, why)),
                Content::Dict(dict) if dict.open.is_some() => {
                    return Ok(self.not_told(path, dict.open.as_deref().unwrap_or_default()));
                }
                _ if self.config.doubt.is_some() && matches!(node.origin, Origin::Base(_)) => {
                    let why = self.config.doubt.as_deref().unwrap_or_default();
                    return Ok(self.not_told(path, why));
                }
                Content::Leaf(leaf) => match self.leaf(path, leaf)? {
                    Ok(value) => value,
                    Err(missing) => return Ok(Lookup::Unknown(missing)),
                },
                Content::List(items) => {
                    let mut values = Vec::with_capacity(items.len());
                    for (at, item) in items.iter().enumerate() {
                        match self.value_of(&below(path, &at.to_string()), item)? {
                            Lookup::Set(found) => values.push(found.value),
                            other => return Ok(other),
                        }
                    }
                    Value::List(values)
                }
                Content::Dict(dict) => {
                    let mut pairs = Vec::with_capacity(dict.entries.len());
                    for (key, item) in &dict.entries {
                        let Some(name) = key.0.to_value() else {
                            return Ok(self.not_told(path, TOO_LARGE));
                        };
                        match self.value_of(&below(path, &key.0.python_text()), item)? {
                            Lookup::Set(found) => pairs.push((name, found.value)),
                            other => return Ok(other),
                        }
                    }
                    Value::Dict(pairs)
                }
            };
            Ok(Lookup::Set(Found { value, from: self.config.provenance(node) }))
        })
    }

    fn not_told(&self, path: &[String], why: &str) -> Lookup {
        Lookup::Unknown(Self::unknown(path, why))
    }

    fn leaf(&self, path: &[String], leaf: &Leaf) -> Result<Result<Value, Missing>, Broken> {
        if let Some(text) = leaf.interpolation() {
            return Ok(match self.resolve(text, path)? {
                Lookup::Set(found) => Ok(found.value),
                Lookup::Unknown(missing) => Err(missing),
                Lookup::Absent => Err(Self::unknown(path, "it names no key")),
            });
        }
        Ok(leaf.to_value().ok_or_else(|| Self::unknown(path, TOO_LARGE)))
    }
}

/// How many sections and interpolations may wait for one another; OmegaConf ends at about 60
/// interpolations or 100 sections.
const MOST_OPEN: usize = 160;

/// How much may be made of interpolations for one key, in bytes.
const MOST_MADE: usize = 1 << 16;

/// What an interpolation, or an item of a list, counts for besides its text.
const STEP: usize = 64;

/// Returns about how many bytes a value takes.
fn size(value: &Value) -> usize {
    match value {
        Value::Str(text) => text.len(),
        Value::List(items) => items.iter().map(|it| STEP + size(it)).sum(),
        Value::Dict(pairs) => pairs.iter().map(|(key, it)| STEP + size(key) + size(it)).sum(),
        _ => 0,
    }
}

fn below(path: &[String], part: &str) -> Path {
    path.iter().cloned().chain([part.to_owned()]).collect()
}

fn inside(found: Found, part: &str) -> Spot<'static> {
    let value = match &found.value {
        Value::Dict(pairs) => pairs
            .iter()
            .find(|(key, _)| matches!(key, Value::Str(text) if text == part))
            .map(|(_, value)| value.clone()),
        Value::List(items) => super::tree::index(part)
            .and_then(|at| usize::try_from(at).ok())
            .and_then(|at| items.get(at).cloned()),
        _ => None,
    };
    match value {
        Some(value) => Spot::Value(Found { value, from: Provenance::Computed }),
        None => Spot::Absent,
    }
}

impl Scope for Reading<'_> {
    fn value(&self, path: &[String]) -> Result<Lookup, Broken> {
        match self.find(path)? {
            Spot::Node(real, node) => self.value_of(&real, node),
            Spot::Value(found) => Ok(Lookup::Set(found)),
            Spot::Absent => Ok(Lookup::Absent),
            Spot::Unknown(missing) => Ok(Lookup::Unknown(missing)),
        }
    }

    fn environment(&self, name: &str) -> Lookup {
        (self.environment)(name)
    }
}
