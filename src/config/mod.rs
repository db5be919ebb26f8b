//! The configuration that overrides change, as OmegaConf reads it and Hydra composes it.
//!
//! [`Config::read`] takes a base configuration in YAML; every value keeps its place.
//! [`compose`] applies overrides as hydra-core 1.3.8 does and reports everything it would refuse.
//! [`Config::lookup`] answers for one key, interpolations resolved. [`to_yaml`] prints what
//! `OmegaConf.to_yaml` prints.
//!
//! Config groups live in files that nobody gives us. What a group's choice would bring is therefore
//! *unknown*: the section becomes one with unknown keys, and a note says why.

mod compose;
mod dotlist;
pub mod interpolate;
pub mod outline;
mod print;
mod reading;
mod scalar;
pub mod tree;
mod yaml;

use std::collections::BTreeSet;

pub use compose::{Composed, Misfit, Note, compose};
pub use dotlist::{argument_value, read_argument, translated};
pub use print::{inline, to_yaml};
pub use yaml::read_texts;

use crate::facts::{Lookup, Missing, Provenance};
use crate::path::KeyPath;
use crate::text::{Fault, Faults, Location, Source, Span};
use interpolate::{Broken, Path, Scope, split};
use reading::{Reading, Spot};
use tree::{Content, Dict, Leaf, MANDATORY, Node, Origin};

/// A configuration: a base file, and what overrides made of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    root: Node,
    base: Source,
    /// Where each override was read, by its place in the list.
    places: Vec<Provenance>,
    /// The texts that override spans belong to.
    texts: Vec<Source>,
    /// Which config groups exist, when that is known.
    groups: Option<BTreeSet<String>>,
    /// Why any value of the base may be replaced by something unknown, when it may.
    doubt: Option<String>,
}

impl Config {
    /// Reads a base configuration: a composed one, such as a run folder's `config.yaml`, or a
    /// primary one. The latter's defaults list and its section `hydra` are left out as Hydra leaves
    /// them out, and what the defaults would bring is unknown.
    ///
    /// # Errors
    /// The first mistake in the YAML; see the codes `hydrule::config::…`.
    pub fn read(source: &Source) -> Result<Self, Faults> {
        let mut dict = yaml::read_tree(source)?;
        dict.entries.shift_remove(&tree::Key::text("hydra"));
        let mut doubt = None;
        if let Some(last_is_self) = foreign_defaults(&dict) {
            let why = "the defaults list of the base configuration brings values from other files";
            dict.open = Some(why.to_owned());
            // Only what stands after all others is sure to win.
            doubt = (!last_is_self).then(|| why.to_owned());
        }
        if matches!(dict.get("defaults").map(|node| &node.content), Some(Content::List(_))) {
            dict.entries.shift_remove(&tree::Key::text("defaults"));
        }
        Ok(Self { doubt, ..Self::of(dict, source.clone()) })
    }

    /// Reads YAML as it stands, without a primary configuration's special sections.
    ///
    /// # Errors
    /// As [`Config::read`].
    pub fn read_plain(source: &Source) -> Result<Self, Faults> {
        Ok(Self::of(yaml::read_tree(source)?, source.clone()))
    }

    fn of(dict: Dict, base: Source) -> Self {
        let root = Node {
            content: Content::Dict(dict),
            origin: Origin::Base(Span::new(0, base.text().len())),
        };
        Self { root, base, places: Vec::new(), texts: Vec::new(), groups: None, doubt: None }
    }

    /// Says which config groups exist, as `db` or `server/site`; without this a group is guessed
    /// from the key and the value.
    #[must_use]
    pub fn with_groups(mut self, groups: impl IntoIterator<Item = String>) -> Self {
        self.groups = Some(groups.into_iter().collect());
        self
    }

    /// Tells whether a key is known to be a config group.
    pub fn has_group(&self, key: &str) -> bool {
        self.groups.as_ref().is_some_and(|groups| groups.contains(key))
    }

    /// Says where the overrides were read, in their order; without this, lookups name the
    /// overrides' own texts.
    #[must_use]
    pub fn with_places(mut self, places: Vec<Provenance>) -> Self {
        self.places = places;
        self
    }

    /// Makes a key unknown, whatever the file says of it.
    #[must_use]
    pub fn without(mut self, key: &KeyPath, why: &str) -> Self {
        let mut node = &mut self.root;
        for part in split(key.as_str()) {
            let is_there = node.content.child(&part).is_some();
            match (&mut node.content, is_there) {
                (content, true) => match content.child_mut(&part) {
                    Some(child) => node = child,
                    None => return self,
                },
                (Content::Dict(dict), false) => {
                    dict.open = Some(why.to_owned());
                    return self;
                }
                _ => return self,
            }
        }
        node.content = Content::Unknown(why.to_owned());
        self
    }

    /// Returns the base file.
    pub fn source(&self) -> &Source {
        &self.base
    }

    /// Tells whether the file holds everything: nothing comes from files that its defaults name.
    pub fn is_whole(&self) -> bool {
        self.doubt.is_none() && self.root().open.is_none()
    }

    /// Returns the root's pairs.
    pub fn root(&self) -> &Dict {
        static EMPTY: std::sync::LazyLock<Dict> = std::sync::LazyLock::new(Dict::default);
        match &self.root.content {
            Content::Dict(dict) => dict,
            _ => &EMPTY,
        }
    }

    fn root_node(&self) -> &Node {
        &self.root
    }

    /// Returns the node that a dotted key names, interpolations not followed.
    pub fn node(&self, key: &KeyPath) -> Option<&Node> {
        split(key.as_str()).try_fold(&self.root, |node, part| node.content.child(&part))
    }

    /// Lists every dotted key, sections too, in order; list items and keys that are no text are
    /// left out.
    pub fn keys(&self) -> Vec<String> {
        let mut keys = Vec::new();
        collect_keys(self.root(), "", &mut keys);
        keys
    }

    /// Lists the dotted keys that have a value, an empty section being one, in order.
    pub fn value_keys(&self) -> Vec<String> {
        let is_value = |key: &String| {
            let node = self.node(&KeyPath::new(key.as_str()));
            node.is_some_and(
                |it| !matches!(&it.content, Content::Dict(dict) if !dict.entries.is_empty()),
            )
        };
        self.keys().into_iter().filter(is_value).collect()
    }

    /// Returns where a node was written.
    pub fn provenance(&self, node: &Node) -> Provenance {
        match node.origin {
            Origin::Base(span) => Provenance::Text(self.base.at(span)),
            Origin::Override { index, span } => {
                match (self.places.get(index), self.texts.get(index)) {
                    (Some(place), _) => place.clone(),
                    (None, Some(text)) => Provenance::Text(text.at(span)),
                    (None, None) => Provenance::Computed,
                }
            }
        }
    }

    fn location(&self, node: &Node) -> Location {
        match node.origin {
            Origin::Override { index, span } if self.texts.get(index).is_some() => {
                Location { source: self.texts.get(index).unwrap_or(&self.base).clone(), span }
            }
            Origin::Base(span) | Origin::Override { span, .. } => self.base.at(span),
        }
    }

    /// Looks a dotted key up, all interpolations resolved; `environment` answers for environment
    /// variables of the job. `???` is unknown: somebody else must give the value.
    ///
    /// # Errors
    /// The fault of an interpolation that names no key, or that is defined by itself; the path of
    /// such a cycle is in the message.
    pub fn lookup(
        &self,
        key: &KeyPath,
        environment: &dyn Fn(&str) -> Lookup,
    ) -> Result<Lookup, Faults> {
        let path: Path = split(key.as_str()).collect();
        let answer = Reading::new(self, environment).value(&path);
        match answer {
            Ok(Lookup::Set(found))
                if found.value == crate::value::Value::Str(MANDATORY.to_owned()) =>
            {
                Ok(Lookup::Unknown(Missing {
                    name: key.to_string(),
                    why: "it is mandatory and has no value".to_owned(),
                    supply: format!("set it in the launch: {key}=VALUE"),
                }))
            }
            Ok(answer) => Ok(answer),
            Err(broken) => Err(self.faults_of(&broken, environment)),
        }
    }

    fn faults_of(&self, broken: &Broken, environment: &dyn Fn(&str) -> Lookup) -> Faults {
        let spot = Reading::new(self, environment).find(&broken.at);
        let node = match &spot {
            Ok(Spot::Node(_, node)) => node,
            _ => &self.root,
        };
        let location = self.location(node);
        let message = format!("`{}` cannot be resolved: {}", broken.at.join("."), broken.message);
        let fault = Fault::new("hydrule::config::interpolation", location.span, message)
            .labelled("this value");
        Faults::one(location.source, fault)
    }
}

/// Tells whether a defaults list that names other files ends with `_self_`; nothing where there is
/// no such list.
fn foreign_defaults(dict: &Dict) -> Option<bool> {
    let Content::List(defaults) = &dict.get("defaults")?.content else { return None };
    let itself =
        |node: &Node| matches!(&node.content, Content::Leaf(Leaf::Str(text)) if text == "_self_");
    let foreign = defaults.iter().any(|node| !itself(node));
    foreign.then(|| defaults.last().is_some_and(itself))
}

fn collect_keys(dict: &Dict, prefix: &str, keys: &mut Vec<String>) {
    for (key, node) in &dict.entries {
        let Some(name) = key.as_str() else { continue };
        let full = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
        keys.push(full.clone());
        if let Content::Dict(inner) = &node.content {
            collect_keys(inner, &full, keys);
        }
    }
}
