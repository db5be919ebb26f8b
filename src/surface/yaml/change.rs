//! What differs between two trees, as changes of single places.

use crate::config::tree::{Content, Dict, Key, Leaf, Node};

/// What happens at one place of a tree.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Change {
    /// The parts of the dotted key; items of lists by number.
    pub path: Vec<String>,
    /// What happens there.
    pub act: Act,
}

/// The ways to change a place.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Act {
    /// What is there gets this value.
    Set(Content),
    /// A new key, or a new last item, with this value.
    Insert(Content),
    /// The key goes.
    Remove,
}

impl Change {
    fn new(path: &[String], act: Act) -> Self {
        Self { path: path.to_vec(), act }
    }

    /// Makes the change in a tree.
    pub(super) fn apply(&self, tree: &mut Dict) {
        let Some((first, rest)) = self.path.split_first() else { return };
        if rest.is_empty() {
            match &self.act {
                Act::Remove => drop(tree.entries.shift_remove(&Key::text(first.as_str()))),
                Act::Set(content) | Act::Insert(content) => tree.set(first, node(content)),
            }
        } else if let Some(child) = tree.get_mut(first) {
            self.apply_below(&mut child.content, rest);
        }
    }

    fn apply_below(&self, at: &mut Content, path: &[String]) {
        match (at, path.split_first()) {
            (Content::Dict(dict), _) => {
                Self { path: path.to_vec(), act: self.act.clone() }.apply(dict);
            }
            (Content::List(items), Some((first, []))) => match &self.act {
                Act::Insert(content) => items.push(node(content)),
                Act::Set(content) => {
                    if let Some(item) = first.parse().ok().and_then(|at: usize| items.get_mut(at)) {
                        item.content = content.clone();
                    }
                }
                Act::Remove => {}
            },
            (list @ Content::List(_), Some((first, rest))) => {
                if let Some(child) = list.child_mut(first) {
                    self.apply_below(&mut child.content, rest);
                }
            }
            _ => {}
        }
    }
}

fn node(content: &Content) -> Node {
    let origin = crate::config::tree::Origin::Base(crate::text::Span::at(0));
    Node { content: content.clone(), origin }
}

/// Lists what makes the new tree of the old one: values first, then new keys, then those that go.
pub(super) fn changes(old: &Dict, new: &Dict) -> Vec<Change> {
    let mut found = Vec::new();
    dicts(old, new, &mut Vec::new(), &mut found);
    found.sort_by_key(|it| match it.act {
        Act::Set(_) => 0,
        Act::Insert(_) => 1,
        Act::Remove => 2,
    });
    found
}

fn dicts(old: &Dict, new: &Dict, path: &mut Vec<String>, found: &mut Vec<Change>) {
    for (key, node) in &new.entries {
        // Keys that are no text cannot be named by an override, so only whole values bring them.
        let Some(name) = key.as_str() else { continue };
        path.push(name.to_owned());
        match old.get(name) {
            Some(before) => contents(&before.content, &node.content, path, found),
            None => found.push(Change::new(path, Act::Insert(node.content.clone()))),
        }
        path.pop();
    }
    let gone = old.entries.keys().filter(|key| !new.entries.contains_key(*key));
    for name in gone.filter_map(Key::as_str) {
        path.push(name.to_owned());
        found.push(Change::new(path, Act::Remove));
        path.pop();
    }
}

fn contents(old: &Content, new: &Content, path: &mut Vec<String>, found: &mut Vec<Change>) {
    if same(old, new) {
        return;
    }
    match (old, new) {
        (Content::Dict(old), Content::Dict(new)) if !new.entries.is_empty() => {
            dicts(old, new, path, found);
        }
        (Content::List(old), Content::List(new)) if !old.is_empty() && new.len() >= old.len() => {
            for (at, node) in new.iter().enumerate() {
                path.push(at.to_string());
                match old.get(at) {
                    Some(before) => contents(&before.content, &node.content, path, found),
                    None => found.push(Change::new(path, Act::Insert(node.content.clone()))),
                }
                path.pop();
            }
        }
        _ => found.push(Change::new(path, Act::Set(new.clone()))),
    }
}

/// Tells whether two trees hold the same values of the same types; the order of keys is free.
pub(super) fn same(left: &Content, right: &Content) -> bool {
    match (left, right) {
        (Content::Leaf(left), Content::Leaf(right)) => same_leaf(left, right),
        (Content::List(left), Content::List(right)) => {
            left.len() == right.len()
                && left.iter().zip(right).all(|(a, b)| same(&a.content, &b.content))
        }
        (Content::Dict(left), Content::Dict(right)) => same_dict(left, right),
        _ => false,
    }
}

/// [`same`] for mappings.
pub(super) fn same_dict(left: &Dict, right: &Dict) -> bool {
    left.entries.len() == right.entries.len()
        && left.entries.iter().all(|(key, node)| {
            right.entries.get_key_value(key).is_some_and(|(other_key, other)| {
                same_leaf(&key.0, &other_key.0) && same(&node.content, &other.content)
            })
        })
}

fn same_leaf(left: &Leaf, right: &Leaf) -> bool {
    match (left, right) {
        (Leaf::Float(left), Leaf::Float(right)) => {
            left.to_bits() == right.to_bits() || left.is_nan() && right.is_nan()
        }
        _ => left == right,
    }
}
