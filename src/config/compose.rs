//! Overrides applied to a configuration, as hydra-core 1.3.8 applies them.
//!
//! Group choices come first whatever their place; then values, left to right. A dict merges into a
//! dict, a list replaces a list, anything else replaces.

use super::Config;
use super::interpolate::Path;
use super::reading::{Reading, Spot};
use super::tree::{Content, Dict, Key, Leaf, Node, Origin, index};
use crate::facts::{Lookup, Missing};
use crate::overrides::{Element, Number, Override, OverrideKind, Template};
use crate::path::KeyPath;
use crate::text::{Fault, Source, Span, join_and, nearest};
use crate::value::Value;

/// A composed configuration and what to know about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Composed {
    /// The configuration.
    pub config: Config,
    /// What was not applied or is not certain, in the overrides' order.
    pub notes: Vec<Note>,
}

/// Something to know about one override that is no mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The override's place in the list, from 0.
    pub index: usize,
    /// The bytes meant in its text.
    pub span: Span,
    /// One sentence.
    pub message: String,
}

/// An override that Hydra would refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// The override's place in the list, from 0.
    pub index: usize,
    /// What is wrong; the span is in the override's text.
    pub fault: Fault,
}

/// Applies overrides to a base configuration.
///
/// `hydra.*` is left aside. A group's choice makes its section unknown; a swept value is unknown
/// too. Both are noted.
///
/// # Errors
/// Every override that Hydra would refuse; those after one are judged as if it had not been there.
pub fn compose(base: &Config, overrides: &[Override]) -> Result<Composed, Vec<Misfit>> {
    let mut config = base.clone();
    let known = config.texts.len();
    let texts = overrides.iter().map(|it| Source::new(it.key_element(), it.text.as_str()));
    config.texts.extend(texts);
    let mut composer =
        Composer { config, notes: Vec::new(), misfits: Vec::new(), deleted: Vec::new() };
    composer.note_lost(overrides, known);
    let numbered = || overrides.iter().enumerate().map(|(at, it)| (known + at, it));
    for (index, it) in numbered() {
        composer.run(index, it, Turn::Groups);
    }
    for (index, it) in numbered() {
        composer.run(index, it, Turn::Values);
    }
    let Composer { config, mut notes, mut misfits, .. } = composer;
    misfits.iter_mut().for_each(|misfit| misfit.index -= known);
    notes.iter_mut().for_each(|note| note.index -= known);
    misfits.sort_by_key(|misfit| misfit.index);
    notes.sort_by_key(|note| note.index);
    if misfits.is_empty() { Ok(Composed { config, notes }) } else { Err(misfits) }
}

#[derive(Clone, Copy, PartialEq)]
enum Turn {
    Groups,
    Values,
}

struct Composer {
    config: Config,
    notes: Vec<Note>,
    misfits: Vec<Misfit>,
    /// Keys that an override has deleted so far.
    deleted: Vec<String>,
}

/// Why a value cannot be set.
enum Wrong {
    /// The part of the key at this place does not exist.
    NoKey { part: usize, below: Option<String> },
    /// Anything else, as a sentence.
    Other(String),
}

impl Composer {
    fn run(&mut self, index: usize, it: &Override, turn: Turn) {
        if it.is_hydra() || it.key == "hydra" {
            return;
        }
        let result = match (self.is_group(it), turn) {
            (true, Turn::Groups) => self.group(index, it),
            (false, Turn::Values) => self.value(index, it),
            _ => return,
        };
        if let Err(fault) = result {
            self.misfits.push(Misfit { index, fault });
        }
    }

    /// Notes values that a later override of the same key replaces; a dict merges, so it stays.
    fn note_lost(&mut self, overrides: &[Override], known: usize) {
        let sets = |it: &Override| it.kind != OverrideKind::Delete && !it.is_hydra();
        for (index, it) in overrides.iter().enumerate().filter(|(_, it)| sets(it)) {
            let later =
                overrides.iter().skip(index + 1).rev().find(|later| {
                    later.key == it.key && later.package == it.package && sets(later)
                });
            let merges = |it: &Override| matches!(it.value, Some(Element::Dict(_)));
            if let Some(later) = later.filter(|later| !merges(later)) {
                let message = format!("its value is lost: `{}` comes later", later.text);
                self.note(known + index, it.key_span, message);
            }
        }
    }

    fn note(&mut self, index: usize, span: Span, message: impl Into<String>) {
        self.notes.push(Note { index, span, message: message.into() });
    }

    /// Hydra asks the file system; without it, a word or list given to a section is taken for a
    /// group's choice, as it nearly always is.
    fn is_group(&self, it: &Override) -> bool {
        if matches!(it.value, Some(Element::Dict(_))) {
            return false;
        }
        if it.key.is_empty() || it.key.contains('/') {
            return true;
        }
        if let Some(groups) = &self.config.groups {
            return groups.contains(&it.key);
        }
        let chooses = match &it.value {
            Some(Element::Str(_) | Element::Quoted(..) | Element::List(_)) => true,
            Some(Element::Choice(choice)) => {
                choice.items.iter().all(|it| matches!(it, Element::Str(_) | Element::Quoted(..)))
            }
            Some(Element::Glob(_)) => true,
            _ => false,
        };
        let section = self.config.root().get(&it.key).map(|node| &node.content);
        let is_section = matches!(section, Some(Content::Dict(_)));
        it.package.is_some() || (it.kind == OverrideKind::Change && chooses && is_section)
    }

    fn group(&mut self, index: usize, it: &Override) -> Result<(), Fault> {
        let span = it.key_span;
        if it.kind == OverrideKind::ForceAdd {
            let message = "`++` cannot add a config group".to_owned();
            return Err(Fault::new("hydrule::config::group", span, message)
                .labelled("a config group")
                .helped("use one `+` to add the group, none to change its choice"));
        }
        let choices = match &it.value {
            None => true,
            Some(Element::Str(_) | Element::Quoted(..)) => !it.key.is_empty(),
            Some(Element::List(_) | Element::Choice(_) | Element::Glob(_)) => !it.key.is_empty(),
            Some(_) => false,
        };
        if !choices || it.key.is_empty() {
            let value = it.value_span.unwrap_or(span);
            let message = format!("a config group's choice is a name: `{}`", it.text);
            return Err(Fault::new("hydrule::config::group", value, message)
                .labelled("no option of a group has this name"));
        }
        let origin = Origin::Override { index, span };
        let why = format!("`{}` chooses a config group whose files were not given", it.text);
        let package = it.package.clone().unwrap_or_else(|| it.key.replace('/', "."));
        let place: Path = package.split('.').map(str::to_owned).collect();
        let sure =
            it.package.is_some() || self.config.node(&KeyPath::new(package.as_str())).is_some();
        if package.is_empty() || package.starts_with('_') || !sure {
            self.config.doubt = Some(why.clone());
            self.note(index, span, format!("{why}: every value of the base may change"));
        } else {
            self.note(index, span, format!("{why}: the values below `{package}` are unknown"));
        }
        if package.is_empty() || package.starts_with('_') {
            return Ok(());
        }
        let hole = Content::Dict(Dict::unknown(why));
        match &mut self.config.root.content {
            Content::Dict(root) => put(root, &place, Node { content: hole, origin }),
            _ => Ok(()),
        }
        .map_err(|()| {
            let message = format!("`{package}` is no section that a group could fill");
            Fault::new("hydrule::config::group", span, message).labelled("this group")
        })
    }

    fn value(&mut self, index: usize, it: &Override) -> Result<(), Fault> {
        if it.package.is_some() {
            let message = format!("`@` needs a config group, and `{}` is none", it.key);
            return Err(Fault::new("hydrule::config::group", it.key_span, message)
                .labelled("no config group"));
        }
        match it.kind {
            OverrideKind::Delete => self.delete(index, it),
            OverrideKind::Change => self.set(index, it, false),
            OverrideKind::ForceAdd => self.set(index, it, true),
            OverrideKind::Add => {
                let value = it.value.as_ref();
                let merges = matches!(value, Some(Element::Dict(_) | Element::List(_)));
                let old = self.select(it)?;
                match old {
                    Selected::Nothing => self.set(index, it, true),
                    _ if merges => self.set(index, it, true),
                    Selected::Unknown(why) => {
                        self.note(
                            index,
                            it.key_span,
                            format!("whether `{}` exists is unknown: {why}", it.key),
                        );
                        self.set(index, it, true)
                    }
                    Selected::Content(..) => Err(exists(it)),
                }
            }
        }
    }

    fn set(&mut self, index: usize, it: &Override, force: bool) -> Result<(), Fault> {
        let span = it.value_span.unwrap_or(it.key_span);
        let origin = Origin::Override { index, span };
        let value = it.value.as_ref().unwrap_or(&Element::Null);
        let content = if value.is_sweep() {
            self.note(
                index,
                span,
                format!("`{}` is swept: its value differs between jobs", it.key),
            );
            Content::Unknown("it is swept: its value differs between jobs".to_owned())
        } else {
            content_of(value, origin, it.key.split('.').count()).map_err(|what| {
                Fault::new("hydrule::config::bad_value", span, what).labelled("this value")
            })?
        };
        let path: Path = it.key.split('.').map(str::to_owned).collect();
        let merges = matches!(content, Content::Dict(_));
        let snapshot = merges.then(|| self.config.clone());
        let permissive = self.config.doubt.is_some();
        let setter = Setter { force, permissive, origin, snapshot: snapshot.as_ref() };
        setter.set(&mut self.config.root, &path, 0, content).map_err(|wrong| match wrong {
            Wrong::NoKey { part, below } => self.no_key(it, &path, part, below),
            Wrong::Other(message) => {
                Fault::new("hydrule::config::cannot_set", it.key_span, message).labelled("this key")
            }
        })
    }

    fn no_key(&self, it: &Override, path: &[String], part: usize, below: Option<String>) -> Fault {
        let start: usize = path.iter().take(part).map(|name| name.len() + 1).sum();
        let length = path.get(part).map_or(0, String::len);
        let span = Span::new(it.key_span.start + start, it.key_span.start + start + length);
        if let Some(name) = below {
            let message = format!("the dict at `{}` has no key `{name}`", it.key);
            return Fault::new(
                "hydrule::config::missing_key",
                it.value_span.unwrap_or(span),
                message,
            )
            .labelled("a key that does not exist")
            .helped(format!("write `++{}` to add it", it.text));
        }
        let message = format!("the configuration has no key `{}`", it.key);
        let keys = self.config.keys();
        let near = nearest(&it.key, keys.iter().map(String::as_str), 3);
        let help = if self.deleted.contains(&it.key) {
            format!("an earlier override deletes it; write `+{}` to add it anew", it.text)
        } else if near.is_empty() {
            format!("write `+{}` to add it", it.text)
        } else {
            let names: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
            format!("did you mean {}?", join_and(&names).replace(" and ", " or "))
        };
        Fault::new("hydrule::config::missing_key", span, message)
            .labelled("does not exist")
            .helped(help)
    }

    fn delete(&mut self, index: usize, it: &Override) -> Result<(), Fault> {
        let missing = |help: Option<String>| {
            let message = format!("`{}` cannot be deleted: it does not exist or is null", it.key);
            let fault = Fault::new("hydrule::config::nothing_to_delete", it.key_span, message)
                .labelled("nothing to delete");
            match help {
                Some(help) => fault.helped(help),
                None => fault,
            }
        };
        match (self.select(it)?, &it.value) {
            (Selected::Nothing, _) => {
                let keys = self.config.keys();
                let near = nearest(&it.key, keys.iter().map(String::as_str), 1);
                return Err(missing(near.first().map(|name| format!("did you mean `{name}`?"))));
            }
            (Selected::Unknown(why), _) => {
                let message = format!("whether `{}` can be deleted is unknown: {why}", it.key);
                self.note(index, it.key_span, message);
            }
            (Selected::Content(..), None | Some(Element::Null)) => {}
            (Selected::Content(old), Some(expected)) => {
                let span = it.value_span.unwrap_or(it.key_span);
                let expected = content_of(expected, Origin::Base(span), 0);
                if !expected.is_ok_and(|expected| expected.equals(&old)) {
                    let message = format!("`{}` has another value than this", it.key);
                    return Err(Fault::new("hydrule::config::value_differs", span, message)
                        .labelled("not its value")
                        .helped(format!("write `~{}` to delete it whatever its value", it.key)));
                }
            }
        }
        self.deleted.push(it.key.clone());
        self.remove(it)
    }

    fn remove(&mut self, it: &Override) -> Result<(), Fault> {
        let path: Path = it.key.split('.').map(str::to_owned).collect();
        let (last, sections) = match path.split_last() {
            Some(split) => split,
            None => return Ok(()),
        };
        let real = match sections {
            [] => Vec::new(),
            _ => {
                let snapshot = self.config.clone();
                let reading = Reading::new(&snapshot, &unknown_environment);
                match reading.followed(sections) {
                    Ok(Spot::Node(real, _)) => real,
                    _ => sections.to_vec(),
                }
            }
        };
        let section =
            real.iter().try_fold(&mut self.config.root, |node, part| node.content.child_mut(part));
        match section.map(|node| &mut node.content) {
            Some(Content::List(_)) => {
                let message = format!("Hydra cannot delete an item of a list: `{}`", it.key);
                Err(Fault::new("hydrule::config::list_item", it.key_span, message)
                    .labelled("an item of a list")
                    .helped("set the whole list instead"))
            }
            Some(Content::Dict(dict)) => {
                dict.entries.shift_remove(&Key::text(last.as_str()));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// `OmegaConf.select`: null and `???` count as nothing.
    fn select(&self, it: &Override) -> Result<Selected, Fault> {
        let refuse = |message: String| {
            Fault::new("hydrule::config::interpolation", it.key_span, message).labelled("this key")
        };
        let path: Path = it.key.split('.').map(str::to_owned).collect();
        let reading = Reading::new(&self.config, &unknown_environment);
        let broken = |broken: super::interpolate::Broken| {
            refuse(format!("`{}` cannot be resolved: {}", broken.at.join("."), broken.message))
        };
        if let Some(at) = self.bad_index(&path) {
            return Err(refuse(format!("`{at}` is no index of a list")));
        }
        let spot = reading.followed(&path).map_err(broken)?;
        Ok(match spot {
            Spot::Absent => Selected::Nothing,
            Spot::Unknown(missing) => Selected::Unknown(missing.why),
            Spot::Value(found) => match found.value {
                Value::Null => Selected::Nothing,
                value => Selected::Content(content_of_value(&value)),
            },
            Spot::Node(_, node) => match &node.content {
                Content::Leaf(Leaf::Null) => Selected::Nothing,
                Content::Leaf(leaf) if leaf.is_mandatory() => Selected::Nothing,
                Content::Unknown(why) => Selected::Unknown(why.clone()),
                content => Selected::Content(content.clone()),
            },
        })
    }

    /// Returns the part of a key that asks a list for something that is no number.
    fn bad_index<'k>(&self, path: &'k [String]) -> Option<&'k str> {
        let mut content = &self.config.root.content;
        for part in path {
            if matches!(content, Content::List(_)) && index(part).is_none() {
                return Some(part);
            }
            content = &content.child(part)?.content;
        }
        None
    }
}

/// What stands at a key.
enum Selected {
    Nothing,
    Unknown(String),
    Content(Content),
}

fn unknown_environment(name: &str) -> Lookup {
    Lookup::Unknown(Missing {
        name: name.to_owned(),
        why: format!("the environment variable `{name}` is not known here"),
        supply: String::new(),
    })
}

fn exists(it: &Override) -> Fault {
    let plain = it.text.strip_prefix('+').unwrap_or(&it.text);
    let message = format!("`{}` exists already, so `+` cannot add it", it.key);
    Fault::new("hydrule::config::exists", it.key_span, message)
        .labelled("exists already")
        .helped(format!("write `{plain}` to change it, `++{plain}` to add or change it"))
}

/// Puts a node at a path, making the sections on the way.
fn put(dict: &mut Dict, path: &[String], node: Node) -> Result<(), ()> {
    match path {
        [] => Err(()),
        [last] => {
            dict.set(last, node);
            Ok(())
        }
        [first, rest @ ..] => {
            let section = dict.entries.entry(Key::text(first.as_str())).or_insert_with(|| Node {
                content: Content::Dict(Dict::default()),
                origin: node.origin,
            });
            match &mut section.content {
                Content::Dict(inner) => put(inner, rest, node),
                other => {
                    *other = Content::Dict(Dict::default());
                    match other {
                        Content::Dict(inner) => put(inner, rest, node),
                        _ => Err(()),
                    }
                }
            }
        }
    }
}

/// One assignment.
struct Setter<'a> {
    /// Whether keys may be added.
    force: bool,
    /// Whether a missing key may exist all the same, because a group could bring it.
    permissive: bool,
    origin: Origin,
    /// The configuration before, where interpolations of merged dicts are looked up.
    snapshot: Option<&'a Config>,
}

impl Setter<'_> {
    fn may_add(&self, dict: &Dict) -> bool {
        self.force || self.permissive || dict.open.is_some()
    }

    fn set(
        &self,
        node: &mut Node,
        path: &[String],
        at: usize,
        value: Content,
    ) -> Result<(), Wrong> {
        let Some(part) = path.get(at) else { return Ok(()) };
        if let Content::Unknown(why) = &node.content {
            node.content = Content::Dict(Dict::unknown(why.clone()));
        }
        let is_last = at + 1 == path.len();
        match &mut node.content {
            Content::Dict(dict) if is_last => self.in_dict(dict, path, at, value),
            Content::Dict(dict) => {
                let open = dict.open.clone();
                let may_add = self.may_add(dict);
                let exists = dict.get(part).is_some_and(|child| holds(&child.content));
                if !exists {
                    if !may_add {
                        let missing = dict.get(part).is_none();
                        return Err(Wrong::NoKey { part: at + usize::from(!missing), below: None });
                    }
                    let known = self.force && open.is_none();
                    let inner = Dict { open: if known { None } else { open }, ..Dict::default() };
                    dict.set(part, Node { content: Content::Dict(inner), origin: self.origin });
                }
                match dict.get_mut(part) {
                    Some(child) => self.set(child, path, at + 1, value),
                    None => Ok(()),
                }
            }
            Content::List(items) => {
                let place = place_in(items, part)?;
                let Some(child) = items.get_mut(place) else { return Ok(()) };
                if is_last {
                    return self.replace(child, path, value);
                }
                let negative = part.trim_start().starts_with('-');
                if !holds(&child.content) || negative {
                    if !self.force {
                        return Err(Wrong::NoKey { part: at + 1, below: None });
                    }
                    child.content = Content::Dict(Dict::default());
                }
                self.set(child, path, at + 1, value)
            }
            _ => Err(Wrong::NoKey { part: at, below: None }),
        }
    }

    fn in_dict(
        &self,
        dict: &mut Dict,
        path: &[String],
        at: usize,
        value: Content,
    ) -> Result<(), Wrong> {
        let Some(part) = path.get(at) else { return Ok(()) };
        let may_add = self.may_add(dict);
        match dict.get_mut(part) {
            Some(child) => self.replace(child, path, value),
            None if may_add => {
                dict.set(part, Node { content: value, origin: self.origin });
                Ok(())
            }
            None => Err(Wrong::NoKey { part: at, below: None }),
        }
    }

    /// Sets an existing node: containers merge, all else replaces.
    fn replace(&self, node: &mut Node, path: &[String], value: Content) -> Result<(), Wrong> {
        match (&mut node.content, value) {
            (Content::Dict(old), Content::Dict(new)) => self.merge(old, new, path),
            (Content::Dict(_), Content::List(_)) => Err(Wrong::Other(format!(
                "`{}` is a dict, which no list can replace",
                path.join(".")
            ))),
            (Content::List(_), Content::Dict(_)) => Err(Wrong::Other(format!(
                "`{}` is a list, which no dict can replace",
                path.join(".")
            ))),
            (_, value) => {
                *node = Node { content: value, origin: self.origin };
                Ok(())
            }
        }
    }

    /// Merges a dict into a dict.
    fn merge(&self, dest: &mut Dict, from: Dict, path: &[String]) -> Result<(), Wrong> {
        for (key, new) in from.entries {
            let here: Path = path.iter().cloned().chain([key.0.python_text()]).collect();
            let may_add = self.may_add(dest);
            let Some(old) = dest.entries.get_mut(&key) else {
                if !may_add {
                    let below = Some(key.0.python_text());
                    return Err(Wrong::NoKey { part: path.len().saturating_sub(1), below });
                }
                dest.entries.insert(key, new);
                continue;
            };
            if let Some(copied) = self.container_behind(old, &here) {
                old.content = copied;
            }
            let mandatory = matches!(&new.content, Content::Leaf(leaf) if leaf.is_mandatory());
            match (&mut old.content, new.content) {
                _ if mandatory => {}
                (Content::Dict(old), Content::Dict(new)) => self.merge(old, new, &here)?,
                (Content::Dict(_), Content::List(_)) | (Content::List(_), Content::Dict(_)) => {
                    let name = here.join(".");
                    return Err(Wrong::Other(format!("`{name}` mixes a dict and a list")));
                }
                (_, content) => *old = Node { content, origin: new.origin },
            }
        }
        Ok(())
    }

    /// Returns a copy of the list or dict that an interpolated value stands for.
    fn container_behind(&self, node: &Node, path: &[String]) -> Option<Content> {
        let Content::Leaf(leaf) = &node.content else { return None };
        leaf.interpolation()?;
        let reading = Reading::new(self.snapshot?, &unknown_environment);
        match reading.followed(path).ok()? {
            Spot::Node(_, node) if node.content.is_container() => Some(node.content.clone()),
            Spot::Value(found) => {
                Some(content_of_value(&found.value)).filter(Content::is_container)
            }
            _ => None,
        }
    }
}

/// Tells whether keys can be set below.
fn holds(content: &Content) -> bool {
    matches!(content, Content::Dict(_) | Content::List(_) | Content::Unknown(_))
}

fn place_in(items: &[Node], part: &str) -> Result<usize, Wrong> {
    let wrong = |what: &str| Wrong::Other(format!("`{part}` {what}"));
    let at = index(part).ok_or_else(|| wrong("is no index of a list"))?;
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let at = if at < 0 { at + length } else { at };
    usize::try_from(at)
        .ok()
        .filter(|at| *at < items.len())
        .ok_or_else(|| wrong(&format!("is beyond the list's {} items", items.len())))
}

/// The deepest nesting of keys and values together; Python's recursion limit stops OmegaConf
/// before this.
const DEEPEST: usize = 128;

/// Turns an override's value into a tree; `depth` is how deep it stands.
fn content_of(element: &Element, origin: Origin, depth: usize) -> Result<Content, String> {
    if depth > DEEPEST {
        return Err("the value is nested more deeply than OmegaConf holds".to_owned());
    }
    let node = |element| Ok(Node { content: content_of(element, origin, depth + 1)?, origin });
    Ok(match element {
        Element::List(items) => {
            Content::List(items.iter().map(node).collect::<Result<_, String>>()?)
        }
        Element::Dict(pairs) => {
            let mut dict = Dict::default();
            for (key, value) in pairs {
                match leaf_of(key) {
                    Some(Leaf::Null) | None => return Err("null cannot be a key".to_owned()),
                    Some(leaf) => dict.entries.insert(Key(leaf), node(value)?),
                };
            }
            Content::Dict(dict)
        }
        other => {
            let leaf = leaf_of(other).ok_or("a sweep cannot stand inside a list or dict")?;
            if let Some(text) = leaf.interpolation() {
                Template::validate(text).map_err(|fault| fault.message)?;
            }
            Content::Leaf(leaf)
        }
    })
}

fn leaf_of(element: &Element) -> Option<Leaf> {
    Some(match element {
        Element::Null => Leaf::Null,
        Element::Number(Number::Bool(truth)) => Leaf::Bool(*truth),
        Element::Number(Number::Int(int)) => Leaf::Int(int.clone()),
        Element::Number(Number::Float(float)) => Leaf::Float(*float),
        Element::Str(text) | Element::Quoted(_, text) => Leaf::Str(text.clone()),
        _ => return None,
    })
}

fn content_of_value(value: &Value) -> Content {
    let origin = Origin::Base(Span::at(0));
    let node = |value| Node { content: content_of_value(value), origin };
    match value {
        Value::Null => Content::Leaf(Leaf::Null),
        Value::Bool(truth) => Content::Leaf(Leaf::Bool(*truth)),
        Value::Int(int) | Value::Bytes(int) => Content::Leaf(Leaf::Int((*int).into())),
        Value::Float(float) => Content::Leaf(Leaf::Float(*float)),
        Value::Str(text) => Content::Leaf(Leaf::Str(text.clone())),
        Value::List(items) => Content::List(items.iter().map(node).collect()),
        Value::Dict(pairs) => {
            let entries = pairs.iter().filter_map(|(key, value)| match content_of_value(key) {
                Content::Leaf(leaf) => Some((Key(leaf), node(value))),
                _ => None,
            });
            Content::Dict(Dict { entries: entries.collect(), open: None })
        }
    }
}
