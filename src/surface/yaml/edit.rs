//! From overrides to a changed text, checked after every step.

use super::change::{Act, Change, changes, same_dict};
use super::layout::ending;
use super::place::Page;
use crate::config::outline::{Item, outline};
use crate::config::tree::{Content, Dict, Leaf, Origin};
use crate::config::{Config, compose, inline};
use crate::overrides::{Element, Override, OverrideKind, single};
use crate::path::KeyPath;
use crate::text::{Fault, Source, Span, apply_edits, nearest};

const INEXACT: &str = "hydrule::yaml::not_exact";

/// A configuration's changed text.
#[derive(Debug, Clone, PartialEq)]
pub struct Edited {
    /// What the text said before.
    pub before: Config,
    /// The new text.
    pub text: String,
    /// What was changed, in the order of the changes.
    pub sites: Vec<Site>,
}

/// A place that was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The dotted key.
    pub key: String,
    /// What was done.
    pub how: How,
    /// Where: in the old text, for a new key in the new one.
    pub line: usize,
}

/// What was done at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// Another value.
    Changed,
    /// A new key, or a new item of a list; with a key of nearly the same name, if there is one.
    Added(Option<String>),
    /// The key was taken out.
    Removed,
}

/// Why the changes are not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The override whose text is at fault; none where it is the configuration.
    pub index: Option<usize>,
    /// The reason and the place.
    pub fault: Fault,
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self { index: None, fault }
    }
}

/// Makes overrides true in a configuration's own text. `key=value` and its forms with `+` set a key
/// and add it where it does not exist; `~key` takes it out. A mapping merges, a list replaces.
///
/// # Errors
/// [`Refusal`] where the text is no configuration, or exactly these changes cannot be made in it.
pub fn edit(source: &Source, overrides: &[Override]) -> Result<Edited, Refusal> {
    let config = read(source)?.with_groups([]);
    let wanted = wanted(&config, overrides)?;
    let composed = compose(&config, &wanted).map_err(|misfits| {
        let first = misfits.into_iter().next();
        first.map_or(
            Fault::new(INEXACT, Span::at(0), "these changes do not fit together").into(),
            |it| Refusal {
                index: overrides.iter().position(|old| {
                    old.text == wanted.get(it.index).map_or("", |it| it.text.as_str())
                }),
                fault: it.fault,
            },
        )
    })?;
    let target = composed.config.root().clone();
    let all = changes(config.root(), &target);
    let mut tree = config.root().clone();
    let mut text = source.text().to_owned();
    for change in &all {
        check_reach(change, &wanted, &config)?;
        change.apply(&mut tree);
        text = step(&text, ending(source.text()), change, &wanted, &tree)
            .map_err(|fault| in_old(source, change, &wanted, fault))?;
    }
    if !same_dict(&tree, &target) {
        let message = "these changes cannot be made one by one";
        return Err(Fault::new(INEXACT, Span::at(0), message).into());
    }
    let sites = all.iter().map(|it| site(it, source, &text, &config)).collect();
    Ok(Edited { before: config, text, sites })
}

fn read(source: &Source) -> Result<Config, Fault> {
    Config::read_plain(source).map_err(|faults| {
        let first = faults.faults.into_iter().next();
        first.unwrap_or_else(|| Fault::new(INEXACT, Span::at(0), "this is no configuration"))
    })
}

/// Turns overrides into what the file shall say; a key may be new there, or gone already.
fn wanted(config: &Config, overrides: &[Override]) -> Result<Vec<Override>, Refusal> {
    let mut wanted = Vec::new();
    for (index, it) in overrides.iter().enumerate() {
        check_form(it).map_err(|fault| Refusal { index: Some(index), fault })?;
        if it.kind != OverrideKind::Delete {
            wanted.push(forced(it, it.value.clone()));
            continue;
        }
        let Some(node) = config.node(&KeyPath::new(it.key.as_str())) else { continue };
        if it.value.is_none() && node.content == Content::Leaf(Leaf::Null) {
            // Hydra deletes nothing that is null; a file's key goes all the same.
            wanted.push(forced(it, Some(Element::Str(String::new()))));
        }
        wanted.push(it.clone());
    }
    Ok(wanted)
}

fn forced(it: &Override, value: Option<Element>) -> Override {
    let mut forced = it.clone();
    forced.kind = OverrideKind::ForceAdd;
    forced.value = value;
    forced
}

fn check_form(it: &Override) -> Result<(), Fault> {
    single(it)?;
    let refused = |message: String| {
        Err(Fault::new("hydrule::yaml::no_key", it.key_span, message)
            .labelled("a dotted key belongs here"))
    };
    if it.key.is_empty() || it.key.contains('/') || it.package.is_some() {
        return refused(format!(
            "`{}` chooses from a config group, which no value in a YAML file does",
            it.key_element()
        ));
    }
    if it.is_hydra() || it.key == "hydra" {
        return refused(format!(
            "`{}` configures Hydra itself, which is not changed in a file",
            it.key
        ));
    }
    Ok(())
}

/// A change must be of a wanted key, something in it, or a section around it.
fn check_reach(change: &Change, wanted: &[Override], config: &Config) -> Result<(), Fault> {
    let path = KeyPath::new(change.path.join("."));
    let related = wanted.iter().any(|it| {
        let key = KeyPath::new(normal(&it.key));
        path.is_at_or_below(&key) || key.is_at_or_below(&path)
    });
    if related {
        return Ok(());
    }
    let node = config.node(&path);
    let span = node.map_or(Span::at(0), |node| match node.origin {
        Origin::Base(span) => span,
        Origin::Override { .. } => Span::at(0),
    });
    let message = format!("this would change `{path}`, which none of the overrides names");
    Err(Fault::new(INEXACT, span, message)
        .labelled("an interpolation or a number from the end leads here")
        .helped(format!("set `{path}` itself")))
}

/// Writes `a[0]` as `a.0`.
fn normal(key: &str) -> String {
    crate::config::interpolate::split(key).collect::<Vec<_>>().join(".")
}

/// Makes one change: the first way to write it that comes out as the expected tree.
fn step(
    text: &str,
    ending: &'static str,
    change: &Change,
    wanted: &[Override],
    tree: &Dict,
) -> Result<String, Fault> {
    let root = outline(text);
    let page = Page { text, ending, root: root.as_ref(), new_levels: new_levels(change, wanted) };
    let mut fault = Fault::new(
        INEXACT,
        root.as_ref().and_then(|it| nearest_item(it, &change.path)).unwrap_or_default(),
        format!("changing `{}` here would change more than that", change.path.join(".")),
    );
    if let Some(name) = root.as_ref().and_then(|it| marked_above(it, &change.path)) {
        fault = fault.labelled(format!(
            "`{name}` has an anchor or a tag, so that more than it would change"
        ));
    }
    for edit in page.edits(change)? {
        let Ok(changed) = apply_edits(text, std::slice::from_ref(&edit)) else { continue };
        match Config::read_plain(&Source::new("changed", changed.as_str())) {
            Ok(read) if same_dict(read.root(), tree) => return Ok(changed),
            Ok(_) => {}
            Err(_) => fault = fault.labelled("what would come out is no configuration"),
        }
    }
    Err(fault)
}

/// Returns how many sections a wanted key makes below the place of an insertion.
fn new_levels(change: &Change, wanted: &[Override]) -> usize {
    let path = KeyPath::new(change.path.join("."));
    let below = wanted.iter().map(|it| KeyPath::new(normal(&it.key)));
    let depths = below.filter(|key| key.is_at_or_below(&path)).map(|key| key.parts().count());
    depths.max().unwrap_or(0).saturating_sub(change.path.len())
}

/// Finds the place of the deepest part of a path that is written.
fn nearest_item(root: &Item, path: &[String]) -> Option<Span> {
    let parts: Vec<&str> = path.iter().map(String::as_str).collect();
    let found = (0..=parts.len()).rev().find_map(|many| root.at(parts.get(..many)?));
    found.map(|item| item.span)
}

/// Finds the section of a path that an anchor gives to others, too.
fn marked_above(root: &Item, path: &[String]) -> Option<String> {
    let parts: Vec<&str> = path.iter().map(String::as_str).collect();
    (0..=parts.len()).find_map(|many| {
        let part = parts.get(..many)?;
        root.at(part)?.marked.then(|| part.join("."))
    })
}

/// Places a fault in the text that the user has, and says what to write by hand.
fn in_old(source: &Source, change: &Change, wanted: &[Override], fault: Fault) -> Refusal {
    let span = outline(source.text()).and_then(|it| nearest_item(&it, &change.path));
    let fault = Fault { span: span.unwrap_or_default(), ..fault };
    let (parents, last) = match change.path.split_last() {
        Some((last, parents)) => (parents.join("."), last.as_str()),
        None => (String::new(), ""),
    };
    let below = if parents.is_empty() { String::new() } else { format!(", under `{parents}`") };
    let line = match &change.act {
        Act::Remove => format!("by hand{below}: take `{last}` out"),
        Act::Set(content) | Act::Insert(content) => {
            let value = inline(content, false, None).unwrap_or_default();
            format!("by hand{below}: {last}: {value}")
        }
    };
    let line = if wanted.len() > 1 { format!("nothing is written; {line}") } else { line };
    Fault::helped(fault, line).into()
}

fn site(change: &Change, old: &Source, new: &str, config: &Config) -> Site {
    let key = change.path.join(".");
    let of = |text: &Source| {
        let span = outline(text.text()).and_then(|it| nearest_item(&it, &change.path));
        text.line_column(span.unwrap_or_default().start).line
    };
    let (how, line) = match &change.act {
        Act::Set(_) => (How::Changed, of(old)),
        Act::Remove => (How::Removed, of(old)),
        Act::Insert(content) => {
            let full = full_key(&key, content);
            let keys = config.keys();
            let near = near(&full, &keys);
            return Site { key: full, how: How::Added(near), line: of(&Source::new("new", new)) };
        }
    };
    Site { key, how, line }
}

/// Finds a key that may have been meant: nearly the same name at the same depth.
fn near(key: &str, keys: &[String]) -> Option<String> {
    let depth = |key: &str| KeyPath::new(key).parts().count();
    let alike = keys.iter().map(String::as_str).filter(|it| depth(it) == depth(key));
    nearest(key, alike, 1).first().map(|it| (*it).to_owned())
}

/// Follows a new section down to the only key in it.
fn full_key(key: &str, content: &Content) -> String {
    match content {
        Content::Dict(dict) if dict.entries.len() == 1 => match dict.entries.first() {
            Some((inner, node)) => match inner.as_str() {
                Some(name) => full_key(&format!("{key}.{name}"), &node.content),
                None => key.to_owned(),
            },
            None => key.to_owned(),
        },
        _ => key.to_owned(),
    }
}
