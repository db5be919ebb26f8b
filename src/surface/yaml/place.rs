//! Where a change goes in the text.

use super::change::{Act, Change};
use super::layout::{Lines, step};
use crate::config::inline;
use crate::config::outline::{Item, Pair, Shape};
use crate::config::tree::{Content, Leaf};
use crate::text::{Edit, Fault, Span};

const NO_PLACE: &str = "hydrule::yaml::no_place";

/// A text with its shape, for one change.
pub(super) struct Page<'a> {
    /// The text.
    pub text: &'a str,
    /// The line break of new lines.
    pub ending: &'static str,
    /// Its shape; none where it holds nothing.
    pub root: Option<&'a Item>,
    /// How many levels of a new value are sections of their own.
    pub new_levels: usize,
}

impl Page<'_> {
    fn lines(&self) -> Lines<'_> {
        Lines(self.text, self.ending)
    }

    /// Lists ways to write a change, the likeliest first.
    pub(super) fn edits(&self, change: &Change) -> Result<Vec<Edit>, Fault> {
        let path: Vec<&str> = change.path.iter().map(String::as_str).collect();
        let Some((last, parents)) = path.split_last() else { return Ok(Vec::new()) };
        let Some(root) = self.root else {
            let Act::Insert(content) = &change.act else { return Ok(Vec::new()) };
            return Ok(vec![self.first_of_all(last, content)]);
        };
        let parent = root.at(parents).ok_or_else(|| unreached(root, parents))?;
        match &change.act {
            Act::Insert(content) => self.insert(parent, last, content),
            Act::Remove => self.remove(parent, last).map(|edit| vec![edit]),
            Act::Set(content) => {
                let pair = pair_of(parent, last);
                match parent.at(&[last]) {
                    Some(item) => self.set(parent, pair, item, content).map(|edit| vec![edit]),
                    // A merge key brings it, and a key of the section's own wins over that.
                    None => self.insert(parent, last, content),
                }
            }
        }
    }

    /// Starts a text that holds no value yet.
    fn first_of_all(&self, name: &str, content: &Content) -> Edit {
        let (text, ending) = (self.text, self.lines().ending());
        let entry = self.entry(name, content, "", self.new_levels).join(ending);
        let before = if text.is_empty() || text.ends_with('\n') { "" } else { ending };
        let after = if text.is_empty() || text.ends_with('\n') { ending } else { "" };
        Edit::new(Span::at(text.len()), format!("{before}{entry}{after}"))
    }

    fn set(
        &self,
        parent: &Item,
        pair: Option<&Pair>,
        item: &Item,
        content: &Content,
    ) -> Result<Edit, Fault> {
        let inside = in_brackets(parent);
        let value = |quotes| written(content, inside, quotes, item.span);
        let colon = pair.and_then(|pair| pair.colon);
        match &item.shape {
            Shape::Plain if !item.is_empty() => {
                let old = self.text.get(item.span.start..item.span.end).unwrap_or_default();
                let new = in_the_manner_of(old, content).map_or_else(|| value(None), Ok)?;
                Ok(Edit::new(item.span, new))
            }
            Shape::Plain => self.fill(pair, item, content, inside),
            Shape::Quoted(quote) => Ok(Edit::new(item.span, value(Some(*quote))?)),
            Shape::Alias => Ok(Edit::new(item.span, value(None)?)),
            Shape::Block => match colon.filter(|_| !item.marked) {
                Some(colon) => {
                    let head = Span::new(colon, self.lines().end(colon));
                    self.keep_comments(head)?;
                    let value = written(content, inside, None, item.span)?;
                    Ok(Edit::new(Span::new(colon, item.span.end), format!(" {value}")))
                }
                None => Err(Fault::new(
                    NO_PLACE,
                    item.span,
                    "a text on lines of its own is not replaced here",
                )),
            },
            Shape::List { flow, .. } | Shape::Dict { flow, .. } => {
                let start = match colon.filter(|_| !flow) {
                    Some(colon) => colon,
                    None => item.span.start,
                };
                let span = Span::new(start, item.span.end);
                self.keep_comments(span)?;
                if item.marked && !flow {
                    let message = "a section with an anchor or a tag is not replaced";
                    return Err(Fault::new(NO_PLACE, item.span, message));
                }
                let blank = if start == item.span.start { "" } else { " " };
                Ok(Edit::new(span, format!("{blank}{}", value(None)?)))
            }
        }
    }

    /// Gives a value to a key or item that has none.
    fn fill(
        &self,
        pair: Option<&Pair>,
        item: &Item,
        content: &Content,
        inside: bool,
    ) -> Result<Edit, Fault> {
        let lines = self.lines();
        if let (Content::Dict(dict), Some(pair), false, false) =
            (content, pair, inside, self.new_levels == 0)
            && lines.is_last(item.span.end)
        {
            let step = self.root.map_or(2, |root| step(lines, root));
            let indent = lines.indent(pair.key.span.start) + &" ".repeat(step);
            let mut text = String::new();
            for (key, node) in &dict.entries {
                let name = key.as_str().unwrap_or_default();
                for line in self.entry(name, &node.content, &indent, self.new_levels - 1) {
                    text.push_str(lines.ending());
                    text.push_str(&line);
                }
            }
            return Ok(Edit::new(Span::at(lines.end(item.span.end)), text));
        }
        let value = written(content, inside, None, item.span)?;
        match pair.map(|pair| (pair.colon, pair.key.span.end)) {
            Some((None, key_end)) => Ok(Edit::new(Span::at(key_end), format!(": {value}"))),
            _ => Ok(Edit::new(Span::at(item.span.end), format!(" {value}"))),
        }
    }

    fn insert(&self, parent: &Item, name: &str, content: &Content) -> Result<Vec<Edit>, Fault> {
        match &parent.shape {
            Shape::Dict { flow: true, pairs } => {
                let value = written(content, true, None, parent.span)?;
                let ends = pairs.iter().map(|pair| (pair.key.span.start, pair.end()));
                let entry = format!("{}: {value}", key_text(name, true));
                Ok(vec![self.in_brackets(parent, ends.collect(), &entry)])
            }
            Shape::List { flow: true, items } => {
                let value = written(content, true, None, parent.span)?;
                let ends = items.iter().map(|item| (item.span.start, item.span.end));
                Ok(vec![self.in_brackets(parent, ends.collect(), &value)])
            }
            Shape::Dict { flow: false, pairs } => Ok(self.on_lines(pairs, name, content)),
            Shape::List { flow: false, items } => {
                let value = written(content, false, None, parent.span)?;
                let lines = self.lines();
                let Some(last) = items.last() else { return Ok(Vec::new()) };
                let indent = lines.indent(parent.span.start);
                let at = lines.end(last.span.end);
                Ok(vec![Edit::new(Span::at(at), format!("{}{indent}- {value}", lines.ending()))])
            }
            Shape::Alias => {
                let message =
                    "this section stands elsewhere, under the anchor that the alias names";
                Err(Fault::new(NO_PLACE, parent.span, message)
                    .labelled("only an alias stands here"))
            }
            _ => Err(Fault::new(NO_PLACE, parent.span, "no key can be added to this value")),
        }
    }

    /// Adds to a collection in brackets, behind its last entry.
    fn in_brackets(&self, parent: &Item, entries: Vec<(usize, usize)>, entry: &str) -> Edit {
        let lines = self.lines();
        match entries.last() {
            None => Edit::new(Span::at(parent.span.start + 1), entry),
            Some((start, end))
                if lines.is_first(*start)
                    && !lines.0.get(*end..lines.end(*end)).unwrap_or_default().contains('#') =>
            {
                let (ending, indent) = (lines.ending(), lines.before(*start));
                Edit::new(Span::at(*end), format!(",{ending}{indent}{entry}"))
            }
            Some((_, end)) => Edit::new(Span::at(*end), format!(", {entry}")),
        }
    }

    /// Adds a line behind the last key of a section; where that is not exact, in front of the first.
    fn on_lines(&self, pairs: &[Pair], name: &str, content: &Content) -> Vec<Edit> {
        let lines = self.lines();
        let (Some(first), Some(last)) = (pairs.first(), pairs.last()) else { return Vec::new() };
        let indent = lines.indent(first.key.span.start);
        let entry = self.entry(name, content, &indent, self.new_levels).join(lines.ending());
        let behind =
            Edit::new(Span::at(lines.end(last.end())), format!("{}{entry}", lines.ending()));
        let start = first.key.span.start;
        let bare = entry.trim_start();
        let before = Edit::new(Span::at(start), format!("{bare}{}{indent}", lines.ending()));
        vec![behind, before]
    }

    /// Writes a key with its value: sections of their own for the first `levels`, then one line.
    fn entry(&self, name: &str, content: &Content, indent: &str, levels: usize) -> Vec<String> {
        let key = key_text(name, false);
        match content {
            Content::Dict(dict) if levels > 0 && !dict.entries.is_empty() => {
                let width = self.root.map_or(2, |root| step(self.lines(), root));
                let inner = format!("{indent}{}", " ".repeat(width));
                let mut out = vec![format!("{indent}{key}:")];
                for (name, node) in &dict.entries {
                    let name = name.as_str().unwrap_or_default();
                    out.extend(self.entry(name, &node.content, &inner, levels - 1));
                }
                out
            }
            _ => {
                vec![format!("{indent}{key}: {}", inline(content, false, None).unwrap_or_default())]
            }
        }
    }

    fn remove(&self, parent: &Item, name: &str) -> Result<Edit, Fault> {
        let Shape::Dict { flow, pairs } = &parent.shape else {
            return Err(Fault::new(
                NO_PLACE,
                parent.span,
                "nothing can be taken out of this value",
            ));
        };
        let Some(at) = pairs.iter().position(|pair| pair.named(name)) else {
            let message = format!("`{name}` comes from elsewhere, through a merge key");
            return Err(Fault::new(NO_PLACE, parent.span, message));
        };
        let before = at.checked_sub(1).and_then(|at| pairs.get(at));
        let (Some(pair), after) = (pairs.get(at), pairs.get(at + 1)) else {
            return Err(Fault::new(NO_PLACE, parent.span, "there is no such key"));
        };
        let (start, end) = (pair.key.span.start, pair.end());
        let lines = self.lines();
        let span = match (before, after) {
            (None, None) if !flow && parent.span.start > 0 && self.root != Some(parent) => {
                return self.emptied(parent);
            }
            _ if !flow && lines.is_first(start) => self.whole_lines(start, end),
            (_, Some(after)) => Span::new(start, after.key.span.start),
            (Some(before), None) => Span::new(before.end(), end),
            (None, None) => Span::new(parent.span.start + 1, end),
        };
        let kept = Span::new(span.start, span.end.min(lines.end(end)));
        if !lines.is_first(start) || *flow {
            self.keep_comments(kept)?;
        }
        Ok(Edit::new(span, ""))
    }

    /// Leaves `{}` where a section loses its last key.
    fn emptied(&self, section: &Item) -> Result<Edit, Fault> {
        let (lines, start) = (self.lines(), section.span.start);
        self.keep_comments(section.span)?;
        if lines.is_first(start) {
            // The key, or the dash, stands on an earlier line.
            let before = self.text.get(..start).unwrap_or_default().trim_end();
            let between = Span::new(before.len(), start);
            self.keep_comments(between)?;
            let ends = before.ends_with([':', '-']) && !section.marked;
            if ends {
                return Ok(Edit::new(Span::new(before.len(), section.span.end), " {}"));
            }
            return Err(Fault::new(NO_PLACE, section.span, "the section would be left empty")
                .labelled("what stands between it and its key would be lost"));
        }
        Ok(Edit::new(section.span, "{}"))
    }

    /// Widens a stretch to its lines. Where the text ends without a line break, those before go.
    fn whole_lines(&self, start: usize, end: usize) -> Span {
        let lines = self.lines();
        let (start, end) = (lines.start(start), lines.end(end));
        let rest = self.text.get(end..).unwrap_or_default();
        match rest.find('\n') {
            Some(at) => Span::new(start, end + at + 1),
            None => {
                let before = self.text.get(..start).unwrap_or_default();
                Span::new(before.trim_end_matches(['\r', '\n']).len(), end + rest.len())
            }
        }
    }

    fn keep_comments(&self, span: Span) -> Result<(), Fault> {
        if self.lines().has_comment(span) {
            return Err(Fault::new(NO_PLACE, span, "a comment would be lost here"));
        }
        Ok(())
    }
}

fn pair_of<'a>(parent: &'a Item, name: &str) -> Option<&'a Pair> {
    match &parent.shape {
        Shape::Dict { pairs, .. } => pairs.iter().find(|pair| pair.named(name)),
        _ => None,
    }
}

fn in_brackets(item: &Item) -> bool {
    matches!(item.shape, Shape::Dict { flow: true, .. } | Shape::List { flow: true, .. })
}

fn key_text(name: &str, inside: bool) -> String {
    let leaf = Content::Leaf(Leaf::Str(name.to_owned()));
    inline(&leaf, inside, None).unwrap_or_default()
}

fn written(
    content: &Content,
    inside: bool,
    quotes: Option<char>,
    at: Span,
) -> Result<String, Fault> {
    inline(content, inside, quotes)
        .ok_or_else(|| Fault::new(NO_PLACE, at, "nothing tells the value that belongs here"))
}

/// Writes a truth value in the words and the case of the old one.
fn in_the_manner_of(old: &str, content: &Content) -> Option<String> {
    const MANNERS: [(&str, &str); 3] = [("true", "false"), ("yes", "no"), ("on", "off")];
    let Content::Leaf(Leaf::Bool(truth)) = content else { return None };
    let lower = old.to_ascii_lowercase();
    let (yes, no) = MANNERS.iter().find(|(yes, no)| lower == *yes || lower == *no)?;
    let word = if *truth { yes } else { no };
    let upper = |c: &char| c.is_ascii_uppercase();
    Some(match old.chars().filter(upper).count() {
        0 => (*word).to_owned(),
        1 => word
            .char_indices()
            .map(|(at, c)| if at == 0 { c.to_ascii_uppercase() } else { c })
            .collect(),
        _ => word.to_ascii_uppercase(),
    })
}

/// Says where a path ends that leads through an alias or a merge key.
fn unreached(root: &Item, path: &[&str]) -> Fault {
    let found = (0..path.len())
        .rev()
        .find_map(|many| Some((root.at(path.get(..many)?)?, path.get(..=many)?.join("."))));
    let (span, name) =
        found.map_or((Span::at(0), path.join(".")), |(item, name)| (item.span, name));
    let message = format!("`{name}` is not written here: it comes from an anchor elsewhere");
    Fault::new(NO_PLACE, span, message).labelled("an alias or a merge key brings it")
}
