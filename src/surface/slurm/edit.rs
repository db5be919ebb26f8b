//! Changing directives.

use std::ops::Range;

use super::facts::{directive_facts, layout, memory_rival, node_range};
use super::gpus::{Gpus, Layout};
use super::memory::{self, Size};
use super::words::quote;
use super::{Directive, Header, Written, is_template, last, read_header, time};
use crate::facts::{DIRECTIVES, DirectiveKind as Kind};
use crate::text::{Edit, Fault, Source, Span, apply_edits, join_and};
use crate::value::Value;

/// Changes what one fact's directive says; see [`edit_directives`].
///
/// # Errors
/// A fault as of [`edit_directives`].
pub fn edit_directive(source: &Source, name: &str, value: &Value) -> Result<Vec<Edit>, Fault> {
    edit_directives(source, &[(name, value)])
}

/// Changes what directives say, all at once, since `--nodes` and a total of GPUs move together.
///
/// `changes` names facts as [`directive_facts`] does, with values of the same types. The spelling is
/// kept: `--gres=gpu:h100:4` only changes its digits. A directive that is missing is added below the
/// last one. What already holds yields no edit. GPUs per node stay as they are while nodes change.
///
/// # Errors
/// A fault with its place when the script has no directives, `sbatch` would refuse it, a value has
/// the wrong type, or no edit is certain to have exactly the effect asked for.
pub fn edit_directives(source: &Source, changes: &[(&str, &Value)]) -> Result<Vec<Edit>, Fault> {
    let header = read_header(source);
    refuse_unsound(&header)?;
    let mut editor = Editor::new(source, &header)?;
    for (name, value) in changes {
        editor.check(name, value)?;
        editor.change(name, value)?;
    }
    editor.gpus(changes)?;
    let edits = editor.edits;
    verify(source, &header.directives, changes, &edits)?;
    Ok(edits)
}

fn refuse_unsound(header: &Header) -> Result<(), Fault> {
    match header.faults.first() {
        Some(fault) => Err(fault.clone()),
        None if header.heterogeneous => {
            let span = header.directives.first().map_or(Span::at(0), |directive| directive.span);
            let message = "the directives of a heterogeneous job are not changed";
            Err(Fault::new("hydrule::slurm::heterogeneous", span, message)
                .labelled("`#SBATCH hetjob` gives each component directives of its own"))
        }
        None => Ok(()),
    }
}

struct Editor<'a> {
    source: &'a Source,
    directives: &'a [Directive],
    /// Where a new line goes.
    insert: Insert,
    edits: Vec<Edit>,
}

/// The place below the last directive.
struct Insert {
    at: usize,
    newline: &'static str,
    /// The last line does not end in a newline yet.
    unfinished: bool,
}

impl<'a> Editor<'a> {
    fn new(source: &'a Source, header: &'a Header) -> Result<Self, Fault> {
        let directives = &header.directives;
        let ends = directives.iter().filter(|directive| !directive.ignored);
        let Some(end) = ends.map(|directive| directive.span.end).max() else {
            let message = "the script has no directive that sbatch would read";
            return Err(Fault::new("hydrule::slurm::no_directives", Span::at(0), message)
                .helped("begin with a line such as `#SBATCH --nodes=1` above the first command"));
        };
        let rest = source.text().get(end..).unwrap_or_default();
        let line = rest.split_inclusive('\n').next().unwrap_or_default();
        let newline = if line.ends_with("\r\n") { "\r\n" } else { "\n" };
        let unfinished = !line.ends_with('\n');
        let insert = Insert { at: end + line.len(), newline, unfinished };
        Ok(Self { source, directives, insert, edits: Vec::new() })
    }

    /// Refuses unknown names and values of the wrong type.
    fn check(&self, name: &str, value: &Value) -> Result<(), Fault> {
        let at = Span::at(self.insert.at);
        let Some(kind) = kind_of(name) else {
            let names: Vec<&str> = DIRECTIVES.iter().map(|(fact, ..)| *fact).collect();
            let message = format!("there is no directive `{name}` to change");
            return Err(Fault::new("hydrule::slurm::unknown_name", at, message)
                .helped(format!("there are {}", join_and(&names))));
        };
        let (fits, wanted) = match kind {
            Kind::Gpus | Kind::Nodes | Kind::Count | Kind::Minutes => {
                (matches!(value, Value::Int(1..)), "an integer above 0")
            }
            Kind::Memory => {
                let fits =
                    matches!(value, Value::Bytes(bytes @ 1..) if memory::write(*bytes).is_some());
                (fits, "a number of bytes in whole MiB")
            }
            // A variable would stand there as it is: sbatch expands nothing.
            Kind::Text => {
                let fits = matches!(value, Value::Str(text) if !text.is_empty()
                    && !text.contains(['\n', '\r', '\0']) && !is_template(text));
                (fits, "text on one line without variables")
            }
        };
        if fits {
            return Ok(());
        }
        let message = format!("`{name}` takes {wanted}, not `{value}`, {}", value.kind());
        Err(Fault::new("hydrule::slurm::wrong_value", at, message))
    }

    fn change(&mut self, name: &str, value: &Value) -> Result<(), Fault> {
        let Some((_, option, kind)) = DIRECTIVES.into_iter().find(|(fact, ..)| *fact == name)
        else {
            return Ok(());
        };
        if kind == Kind::Gpus || self.says(name).as_ref() == Some(value) {
            return Ok(());
        }
        if let (Kind::Memory, Some(rival)) = (kind, memory_rival(self.directives, option)) {
            return Err(refused(rival, "memory is given in another way here")
                .helped("sbatch takes only one of `--mem`, `--mem-per-cpu` and `--mem-per-gpu`"));
        }
        let Some(directive) = last(self.directives, option) else {
            self.insert(option, &spelled(kind, value));
            return Ok(());
        };
        let Some(written) = &directive.written else { return Ok(()) };
        let old = written.text();
        if is_template(old) {
            return Err(refused(directive, "sbatch expands nothing: this is yet to be filled in"));
        }
        let (part, new) = match (kind, value) {
            (Kind::Memory, Value::Bytes(bytes)) => change_memory(directive, old, *bytes)?,
            (Kind::Nodes, Value::Int(nodes)) => {
                (0..old.len(), change_nodes(directive, old, *nodes)?)
            }
            _ => (0..old.len(), spelled(kind, value)),
        };
        self.replace(written, &part, &new);
        Ok(())
    }

    /// Changes the GPUs, or keeps their number per node while nodes or tasks change.
    fn gpus(&mut self, changes: &[(&str, &Value)]) -> Result<(), Fault> {
        let changed = |name| match changes.iter().rev().find(|(changed, _)| *changed == name) {
            Some((_, Value::Int(count))) => Some(*count),
            _ => None,
        };
        let before = layout(self.directives);
        let after = Layout {
            nodes: changed("nodes").or(before.nodes),
            tasks_per_node: changed("ntasks_per_node").or(before.tasks_per_node),
        };
        let wanted = changed("gpus_per_node");
        let gpus = match (Gpus::read(self.directives, before), wanted) {
            (Ok(gpus), _) => gpus,
            (Err(fault), Some(_)) => return Err(fault),
            (Err(_), None) => return Ok(()),
        };
        match (gpus.per_node, wanted) {
            (None, Some(count)) => self.insert("gpus-per-node", &count.to_string()),
            (Some(now), wanted) => {
                let count = wanted.unwrap_or(now);
                self.edits.extend(gpus.edits(self.source, after, count)?);
            }
            (None, None) => {}
        }
        Ok(())
    }

    fn says(&self, name: &str) -> Option<Value> {
        let mut facts = directive_facts(self.directives, self.source);
        facts.swap_remove(name).map(|found| found.value)
    }

    fn replace(&mut self, written: &Written, part: &Range<usize>, new: &str) {
        let part = part.start + written.skipped..part.end + written.skipped;
        self.edits.push(written.word.replace(self.source.text(), &part, new));
    }

    fn insert(&mut self, option: &str, value: &str) {
        let word = quote(&format!("--{option}={value}"));
        let Insert { at, newline, unfinished } = self.insert;
        let line = match unfinished {
            true => format!("{newline}#SBATCH {word}"),
            false => format!("#SBATCH {word}{newline}"),
        };
        self.edits.push(Edit::new(Span::at(at), line));
    }
}

fn option_of(name: &str) -> Option<&'static str> {
    DIRECTIVES.iter().find(|(fact, ..)| *fact == name).map(|(_, option, _)| *option)
}

fn kind_of(name: &str) -> Option<Kind> {
    DIRECTIVES.iter().find(|(fact, ..)| *fact == name).map(|(.., kind)| *kind)
}

fn spelled(kind: Kind, value: &Value) -> String {
    match (kind, value) {
        (_, Value::Bytes(bytes)) => memory::write(*bytes).unwrap_or_default(),
        (Kind::Minutes, Value::Int(minutes)) => time::write(*minutes),
        (_, value) => value.to_string(),
    }
}

fn change_memory(
    directive: &Directive,
    old: &str,
    bytes: i64,
) -> Result<(Range<usize>, String), Fault> {
    let size = Size::read(old).ok_or_else(|| refused(directive, "sbatch takes no such size"))?;
    if size.bytes == 0 {
        return Err(refused(directive, "0 already asks for all memory of a node"));
    }
    size.change(old, bytes).ok_or_else(|| refused(directive, "Slurm counts memory in whole MiB"))
}

/// Writes a number of nodes the way the old one is: alone, or as a range of one number.
fn change_nodes(directive: &Directive, old: &str, nodes: i64) -> Result<String, Fault> {
    match node_range(old) {
        Some((least, most)) if least == most && old.contains('-') => Ok(format!("{nodes}-{nodes}")),
        Some((least, most)) if least == most => Ok(nodes.to_string()),
        Some(_) => Err(refused(directive, "a range leaves the number of nodes to Slurm")),
        None => Err(refused(directive, "this is no number of nodes")),
    }
}

fn refused(directive: &Directive, why: &str) -> Fault {
    let span = directive.value_span.unwrap_or(directive.span);
    let message = format!("`--{}` cannot be changed here", directive.name);
    Fault::new("hydrule::slurm::refused", span, message).labelled(why)
}

/// Reads the edited script again: what was asked for must hold, and everything else be as before.
fn verify(
    source: &Source,
    before: &[Directive],
    changes: &[(&str, &Value)],
    edits: &[Edit],
) -> Result<(), Fault> {
    let first = edits.first().map_or(Span::at(0), |edit| edit.span);
    let fault = |what: String| {
        let message = format!("the edit would not have the effect asked for: {what}");
        Fault::new("hydrule::slurm::refused", first, message)
    };
    let text = apply_edits(source.text(), edits).map_err(|overlap| fault(overlap.to_string()))?;
    let edited = Source::new(source.name(), text);
    let header = read_header(&edited);
    if let Some(broken) = header.faults.first() {
        return Err(fault(broken.message.clone()));
    }
    let mut wanted: Vec<(String, Value)> = directive_facts(before, source)
        .into_iter()
        .map(|(name, found)| (name, found.value))
        .collect();
    // Two facts may be told by one option.
    wanted.retain(|(name, _)| !changes.iter().any(|(it, _)| option_of(it) == option_of(name)));
    wanted.extend(changes.iter().map(|(name, value)| ((*name).to_owned(), (*value).clone())));
    let facts = directive_facts(&header.directives, &edited);
    for (name, value) in wanted {
        match facts.get(&name) {
            Some(found) if found.value == value => {}
            Some(found) => {
                return Err(fault(format!("`{name}` would be `{}`, not `{value}`", found.value)));
            }
            None => return Err(fault(format!("`{name}` would no longer be known"))),
        }
    }
    Ok(())
}
