//! YAML to tree, as OmegaConf's loader (PyYAML with a few rules more) reads it.
//!
//! Three steps: the parser's events become nodes that aliases share; PyYAML's checks and merge keys
//! (`<<`) are worked through in its order; then the tree is built, aliases copied out.
//!
//! The parser follows YAML 1.2 where PyYAML follows 1.1. Values come out the same; some files that
//! PyYAML refuses are read (tabs between tokens, `{a: ???}`), and few that it takes are refused:
//! quoted texts whose later lines are not indented, `[-]`, a comment glued to a bracket.

use std::collections::{HashMap, HashSet, VecDeque};

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::scalar::{Kind, kind, read};
use super::tree::{Content, Dict, Key, Leaf, Node, Origin};
use crate::overrides::Template;
use crate::text::{Fault, Faults, Source, Span};

const SYNTAX: &str = "hydrule::config::yaml_syntax";
const TOO_LARGE: &str = "hydrule::config::too_large";
const DUPLICATE_KEY: &str = "hydrule::config::duplicate_key";
const BAD_KEY: &str = "hydrule::config::bad_key";
const BAD_MERGE: &str = "hydrule::config::bad_merge";
const BAD_VALUE: &str = "hydrule::config::bad_value";
const BAD_TAG: &str = "hydrule::config::unsupported_tag";
const ENDLESS: &str = "hydrule::config::endless_alias";
const NO_LIST: &str = "hydrule::config::not_a_list";
const NO_MAPPING: &str = "hydrule::config::not_a_mapping";

/// The deepest nesting that is read; Python's recursion limit stops OmegaConf before this.
const DEEPEST: usize = 128;

/// The most nodes a tree may have once aliases are copied out.
const MOST_NODES: usize = 500_000;

/// Reads a document whose root is a mapping, is empty, or is a lone text, which OmegaConf reads
/// once more and else takes for a key without value.
///
/// # Errors
/// The first mistake: syntax, a duplicate key, a key that is null or no scalar, a tag or value that
/// OmegaConf cannot hold, a malformed interpolation, nesting or aliases without end.
pub fn read_tree(source: &Source) -> Result<Dict, Faults> {
    tree_of(source.text(), false).map_err(|fault| Faults::one(source.clone(), fault))
}

/// Reads a list of texts, such as a run folder's `overrides.yaml`; each text with its place.
///
/// # Errors
/// The first mistake: syntax, or anything but a list of texts.
pub fn read_texts(source: &Source) -> Result<Vec<(String, Span)>, Faults> {
    texts_of(source.text()).map_err(|fault| Faults::one(source.clone(), fault))
}

/// Reads one value of any kind: what OmegaConf makes of a command-line argument's text after `=`.
///
/// # Errors
/// As [`read_tree`].
pub(super) fn read_value(text: &str) -> Result<Content, Fault> {
    let mut arena = Arena::compose(text)?;
    let Some(root) = arena.root else { return Ok(Content::Leaf(Leaf::Null)) };
    arena.settle(root)?;
    let node = Builder { arena: &arena, left: MOST_NODES, open: Vec::new() }.build(root)?;
    if let Content::Leaf(leaf) = &node.content
        && let Some(interpolated) = leaf.interpolation()
    {
        Template::validate(interpolated)
            .map_err(|wrong| Fault { span: arena.span(root), ..wrong })?;
    }
    Ok(node.content)
}

fn texts_of(text: &str) -> Result<Vec<(String, Span)>, Fault> {
    let arena = Arena::compose(text)?;
    let Some(root) = arena.root else { return Ok(Vec::new()) };
    let Some(Shape::Seq(items)) = arena.nodes.get(root).map(|raw| &raw.shape) else {
        return Err(Fault::new(NO_LIST, arena.span(root), "this is no list")
            .labelled("a list of texts belongs here"));
    };
    let text = |id: &usize| match arena.scalar(*id) {
        Some((text, Tag::Scalar(Kind::Str | Kind::Date))) => Ok((text.to_owned(), arena.span(*id))),
        _ => Err(Fault::new(NO_LIST, arena.span(*id), "this is no text")
            .labelled("an override in Hydra's syntax belongs here")),
    };
    items.iter().map(text).collect()
}

fn tree_of(text: &str, again: bool) -> Result<Dict, Fault> {
    let mut arena = Arena::compose(text)?;
    let Some(root) = arena.root else { return Ok(Dict::default()) };
    arena.settle(root)?;
    let node = Builder { arena: &arena, left: MOST_NODES, open: Vec::new() }.build(root)?;
    match node.content {
        Content::Dict(dict) => Ok(dict),
        Content::Leaf(Leaf::Null) => Ok(Dict::default()),
        Content::Leaf(Leaf::Str(key)) if again || key == text.trim() => {
            let mut dict = Dict::default();
            dict.set(&key, Node { content: Content::Leaf(Leaf::Null), origin: node.origin });
            Ok(dict)
        }
        Content::Leaf(Leaf::Str(inner)) => tree_of(&inner, true),
        _ => Err(Fault::new(NO_MAPPING, arena.span(root), "the configuration is no mapping")
            .labelled("keys with values belong here")),
    }
}

/// What a node's tag says, written or derived.
#[derive(Debug, Clone, PartialEq)]
enum Tag {
    Scalar(Kind),
    Seq,
    Map,
    Other(String),
}

#[derive(Debug)]
enum Shape {
    Scalar(String),
    Seq(Vec<usize>),
    Map(Vec<(usize, usize)>),
}

#[derive(Debug)]
struct Raw {
    shape: Shape,
    tag: Tag,
    span: Span,
}

/// All nodes of a document; aliases are the same number twice.
struct Arena {
    nodes: Vec<Raw>,
    root: Option<usize>,
}

/// A collection whose end has not been seen.
struct OpenNode {
    id: usize,
    key: Option<usize>,
}

impl Arena {
    fn compose(text: &str) -> Result<Self, Fault> {
        let bytes = Bytes::of(text);
        let mut arena = Self { nodes: Vec::new(), root: None };
        let mut anchors: HashMap<usize, usize> = HashMap::new();
        let mut open: Vec<OpenNode> = Vec::new();
        let mut documents = 0;
        for step in Parser::new_from_str(text) {
            let (event, span) = step.map_err(|error| {
                let at = bytes.at(error.marker().index());
                let info = error.info().to_owned();
                Fault::new(SYNTAX, Span::new(at, bytes.after(at)), format!("no valid YAML: {info}"))
            })?;
            let span = Span::new(bytes.at(span.start.index()), bytes.at(span.end.index()));
            let (shape, tag, anchor) = match event {
                Event::Alias(anchor) => {
                    let id = anchors.get(&anchor).copied();
                    let id = id.ok_or_else(|| Fault::new(SYNTAX, span, "no such anchor"))?;
                    arena.place(&mut open, id);
                    continue;
                }
                Event::Scalar(value, style, anchor, tag) => {
                    let tag = scalar_tag(tag.as_deref(), &value, style == ScalarStyle::Plain);
                    let value = value.into_owned();
                    (Shape::Scalar(without_added_break(value, style, span, text)), tag, anchor)
                }
                Event::SequenceStart(anchor, tag) => {
                    (Shape::Seq(Vec::new()), collection_tag(tag.as_deref(), Tag::Seq), anchor)
                }
                Event::MappingStart(anchor, tag) => {
                    (Shape::Map(Vec::new()), collection_tag(tag.as_deref(), Tag::Map), anchor)
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    arena.close(&mut open, span);
                    continue;
                }
                Event::DocumentStart(_) => {
                    documents += 1;
                    if documents > 1 {
                        return Err(Fault::new(SYNTAX, span, "a second document begins here"));
                    }
                    continue;
                }
                _ => continue,
            };
            let opens = !matches!(shape, Shape::Scalar(_));
            let id = arena.nodes.len();
            arena.nodes.push(Raw { shape, tag, span });
            if anchor != 0 {
                anchors.insert(anchor, id);
            }
            arena.place(&mut open, id);
            if opens {
                open.push(OpenNode { id, key: None });
            }
            if open.len() > DEEPEST || arena.nodes.len() > MOST_NODES {
                return Err(Fault::new(TOO_LARGE, span, "the configuration is nested too deeply"));
            }
        }
        Ok(arena)
    }

    /// Puts a node into the collection that is open, or at the root.
    fn place(&mut self, open: &mut [OpenNode], id: usize) {
        let Some(parent) = open.last_mut() else {
            self.root.get_or_insert(id);
            return;
        };
        match self.nodes.get_mut(parent.id).map(|raw| &mut raw.shape) {
            Some(Shape::Seq(items)) => items.push(id),
            Some(Shape::Map(pairs)) => match parent.key.take() {
                Some(key) => pairs.push((key, id)),
                None => parent.key = Some(id),
            },
            _ => {}
        }
    }

    fn close(&mut self, open: &mut Vec<OpenNode>, end: Span) {
        let closed = open.pop().and_then(|closed| self.nodes.get_mut(closed.id));
        if let Some(raw) = closed {
            raw.span = Span::new(raw.span.start, end.start.max(raw.span.end));
        }
    }

    fn span(&self, id: usize) -> Span {
        self.nodes.get(id).map(|raw| raw.span).unwrap_or_default()
    }

    fn scalar(&self, id: usize) -> Option<(&str, &Tag)> {
        let raw = self.nodes.get(id)?;
        match &raw.shape {
            Shape::Scalar(text) => Some((text, &raw.tag)),
            _ => None,
        }
    }

    fn pairs(&self, id: usize) -> Option<&[(usize, usize)]> {
        match &self.nodes.get(id)?.shape {
            Shape::Map(pairs) => Some(pairs),
            _ => None,
        }
    }

    /// Checks keys and works merge keys in, level by level as PyYAML does: a mapping that was
    /// merged elsewhere before its own turn has its merged keys checked with its own.
    fn settle(&mut self, root: usize) -> Result<(), Fault> {
        let mut queue = VecDeque::from([root]);
        let mut seen = HashSet::new();
        while let Some(id) = queue.pop_front() {
            if !seen.insert(id) {
                continue;
            }
            match self.nodes.get(id).map(|raw| &raw.shape) {
                Some(Shape::Seq(items)) => queue.extend(items),
                Some(Shape::Map(_)) => {
                    self.refuse_duplicates(id)?;
                    self.flatten(id, 0)?;
                    queue.extend(self.pairs(id).unwrap_or_default().iter().map(|(_, it)| *it));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn refuse_duplicates(&self, id: usize) -> Result<(), Fault> {
        let mut seen = HashSet::new();
        for (key, _) in self.pairs(id).unwrap_or_default() {
            if let Some((text, Tag::Scalar(Kind::Str | Kind::Date))) = self.scalar(*key)
                && !seen.insert(text)
            {
                let message = format!("the key `{text}` stands twice in this mapping");
                return Err(Fault::new(DUPLICATE_KEY, self.span(*key), message)
                    .labelled("second time here")
                    .helped("OmegaConf refuses the file; remove one of the two"));
            }
        }
        Ok(())
    }

    /// Replaces the merge keys of a mapping by the pairs they bring, which come first.
    fn flatten(&mut self, id: usize, depth: usize) -> Result<(), Fault> {
        if depth > DEEPEST {
            return Err(Fault::new(
                ENDLESS,
                self.span(id),
                "merge keys refer to one another endlessly",
            ));
        }
        let pairs = self.pairs(id).unwrap_or_default().to_vec();
        let mut own = Vec::with_capacity(pairs.len());
        let mut merged: Vec<(usize, usize)> = Vec::new();
        let mut brought = HashSet::new();
        let mut changed = false;
        for (key, value) in pairs {
            match self.scalar(key).map(|(_, tag)| tag.clone()) {
                Some(Tag::Scalar(Kind::Merge)) => {
                    changed = true;
                    for source in self.merge_sources(value)? {
                        self.flatten(source, depth + 1)?;
                        for pair in self.pairs(source).unwrap_or_default() {
                            if brought.insert(self.merge_identity(pair.0)) {
                                merged.push(*pair);
                            }
                        }
                    }
                }
                Some(Tag::Scalar(Kind::Default)) => {
                    if let Some(raw) = self.nodes.get_mut(key) {
                        raw.tag = Tag::Scalar(Kind::Str);
                    }
                    own.push((key, value));
                }
                _ => own.push((key, value)),
            }
        }
        if changed && merged.len() + own.len() > MOST_NODES {
            return Err(Fault::new(TOO_LARGE, self.span(id), "merge keys bring too many pairs"));
        }
        if let (true, Some(raw)) = (changed, self.nodes.get_mut(id)) {
            merged.extend(own);
            raw.shape = Shape::Map(merged);
        }
        Ok(())
    }

    fn merge_sources(&self, value: usize) -> Result<Vec<usize>, Fault> {
        let refuse = |id| {
            Fault::new(BAD_MERGE, self.span(id), "`<<` takes a mapping or a list of mappings")
                .labelled("this is neither")
        };
        match self.nodes.get(value).map(|raw| &raw.shape) {
            Some(Shape::Map(_)) => Ok(vec![value]),
            Some(Shape::Seq(items)) => match items.iter().find(|id| self.pairs(**id).is_none()) {
                Some(bad) => Err(refuse(*bad)),
                None => Ok(items.clone()),
            },
            _ => Err(refuse(value)),
        }
    }

    /// PyYAML 6.0.4 skips a merged key that it has seen by the identity of its text in memory:
    /// the same node, or the same single character, of which Python keeps only one.
    fn merge_identity(&self, key: usize) -> Result<String, usize> {
        match self.scalar(key) {
            Some((text, _)) if text.chars().all(|c| c < '\u{100}') && text.chars().count() < 2 => {
                Ok(text.to_owned())
            }
            _ => Err(key),
        }
    }
}

/// PyYAML ends a block text as its last line ends; the parser adds a line break at a file's end.
fn without_added_break(mut value: String, style: ScalarStyle, span: Span, text: &str) -> String {
    let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
    let last =
        text.get(span.start..).is_some_and(|rest| !rest.trim_end_matches(' ').ends_with('\n'));
    if block && last && span.end >= text.len() && value.ends_with('\n') {
        value.pop();
    }
    value
}

/// The prefix of YAML's own tags.
const CORE: &str = "tag:yaml.org,2002:";

fn scalar_tag(tag: Option<&saphyr_parser::Tag>, text: &str, plain: bool) -> Tag {
    let Some(tag) = tag else {
        return Tag::Scalar(if plain { kind(text) } else { Kind::Str });
    };
    let full = format!("{}{}", tag.handle, tag.suffix);
    Tag::Scalar(match full.strip_prefix(CORE).unwrap_or(&full) {
        "!" => kind(text),
        "null" => Kind::Null,
        "bool" => Kind::Bool,
        "int" => Kind::Int,
        "float" => Kind::Float,
        "str" => Kind::Str,
        _ => return Tag::Other(full),
    })
}

fn collection_tag(tag: Option<&saphyr_parser::Tag>, implied: Tag) -> Tag {
    let Some(tag) = tag else { return implied };
    let full = format!("{}{}", tag.handle, tag.suffix);
    match (full.strip_prefix(CORE).unwrap_or(&full), &implied) {
        ("!", _) | ("seq", Tag::Seq) | ("map", Tag::Map) => implied,
        _ => Tag::Other(full),
    }
}

/// Copies the arena out into a tree.
struct Builder<'a> {
    arena: &'a Arena,
    left: usize,
    open: Vec<usize>,
}

impl Builder<'_> {
    fn build(&mut self, id: usize) -> Result<Node, Fault> {
        let span = self.arena.span(id);
        let Some(raw) = self.arena.nodes.get(id) else {
            return Err(Fault::new(SYNTAX, span, "no such node"));
        };
        if self.open.contains(&id) {
            return Err(Fault::new(ENDLESS, span, "this value contains itself through an alias"));
        }
        self.left = self.left.checked_sub(1).ok_or_else(|| {
            Fault::new(TOO_LARGE, span, format!("aliases make more than {MOST_NODES} values of it"))
        })?;
        if self.open.len() > DEEPEST {
            return Err(Fault::new(TOO_LARGE, span, "aliases nest the configuration too deeply"));
        }
        let tag = match &raw.tag {
            Tag::Other(tag) => return Err(unsupported(tag, span)),
            tag => tag,
        };
        self.open.push(id);
        let content = match &raw.shape {
            Shape::Scalar(text) => {
                let leaf = leaf(text, tag, span)?;
                // A text at the root is a key, and keys hold no interpolations.
                if let (Some(text), true) = (leaf.interpolation(), self.open.len() > 1) {
                    Template::validate(text).map_err(|wrong| Fault { span, ..wrong })?;
                }
                Content::Leaf(leaf)
            }
            Shape::Seq(items) => {
                Content::List(items.iter().map(|id| self.build(*id)).collect::<Result<_, _>>()?)
            }
            Shape::Map(pairs) => Content::Dict(self.dict(pairs)?),
        };
        self.open.pop();
        Ok(Node { content, origin: Origin::Base(span) })
    }

    fn dict(&mut self, pairs: &[(usize, usize)]) -> Result<Dict, Fault> {
        let mut dict = Dict::default();
        for (key, value) in pairs {
            let span = self.arena.span(*key);
            let refuse = |what| {
                Fault::new(BAD_KEY, span, format!("{what} cannot be a key"))
                    .labelled("a text, number or boolean belongs here")
            };
            let key = match self.arena.scalar(*key) {
                None => return Err(refuse("a list or mapping")),
                Some((_, Tag::Other(tag))) => return Err(unsupported(tag, span)),
                Some((text, Tag::Scalar(kind))) => read(text, *kind),
                Some(_) => None,
            };
            match key {
                Some(Leaf::Null) => return Err(refuse("null")),
                Some(leaf) => dict.entries.insert(Key(leaf), self.build(*value)?),
                None => return Err(refuse("this")),
            };
        }
        Ok(dict)
    }
}

fn leaf(text: &str, tag: &Tag, span: Span) -> Result<Leaf, Fault> {
    let Tag::Scalar(kind) = tag else { return Ok(Leaf::Str(text.to_owned())) };
    let Some(leaf) = read(text, *kind) else {
        let message = format!("PyYAML cannot read `{text}` as a value");
        return Err(Fault::new(BAD_VALUE, span, message)
            .labelled("this value")
            .helped("put quotes around it to make it text"));
    };
    Ok(leaf)
}

fn unsupported(tag: &str, span: Span) -> Fault {
    let message = format!("the tag `{tag}` makes a value that configurations do not hold");
    Fault::new(BAD_TAG, span, message).labelled("this value")
}

/// Byte offsets of characters, since the parser counts characters.
pub(super) struct Bytes<'a> {
    text: &'a str,
    /// Byte offset of every 64th character; empty for ASCII, where the counts agree.
    marks: Vec<usize>,
}

impl<'a> Bytes<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let marks = if text.is_ascii() {
            Vec::new()
        } else {
            text.char_indices().step_by(64).map(|(at, _)| at).collect()
        };
        Self { text, marks }
    }

    pub(super) fn at(&self, index: usize) -> usize {
        if self.marks.is_empty() {
            return index.min(self.text.len());
        }
        let Some(start) = self.marks.get(index / 64) else { return self.text.len() };
        let rest = self.text.get(*start..).unwrap_or_default();
        rest.char_indices().nth(index % 64).map_or(self.text.len(), |(at, _)| start + at)
    }

    fn after(&self, at: usize) -> usize {
        let next = self.text.get(at..).and_then(|rest| rest.chars().next());
        at + next.map_or(0, char::len_utf8)
    }
}
