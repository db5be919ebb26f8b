//! GPUs per node, in all the ways that directives ask for them.

use std::ops::Range;

use super::{Directive, Written, is_template, last};
use crate::text::{Edit, Fault, Source};

/// What a number of GPUs is counted per.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Per {
    Node,
    Job,
    Task,
}

const OPTIONS: [(&str, Per); 4] = [
    ("gres", Per::Node),
    ("gpus-per-node", Per::Node),
    ("gpus", Per::Job),
    ("gpus-per-task", Per::Task),
];

/// How a job is laid out, as far as its directives fix it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Layout {
    /// The number of nodes, unless it is a range.
    pub nodes: Option<i64>,
    /// The tasks on each node.
    pub tasks_per_node: Option<i64>,
}

/// One directive that asks for GPUs.
pub(super) struct Request<'a> {
    pub directive: &'a Directive,
    written: &'a Written,
    per: Per,
    count: i64,
    /// The parts of the value that name GPUs; an edit needs exactly one.
    places: Vec<Place>,
}

/// Where a number of GPUs stands in a value.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    part: Range<usize>,
    /// No digits are there: a type or `gpu` alone means one.
    implied: bool,
}

/// The GPUs that the directives ask for.
pub(super) struct Gpus<'a> {
    pub requests: Vec<Request<'a>>,
    /// GPUs on each node; `None` when no directive asks for any.
    pub per_node: Option<i64>,
}

impl<'a> Gpus<'a> {
    /// Reads all requests. The error says why the number per node is not known.
    pub fn read(directives: &'a [Directive], layout: Layout) -> Result<Self, Fault> {
        if let Some(socket) = last(directives, "gpus-per-socket") {
            return Err(unclear(socket, "sockets of a node are not known here"));
        }
        let requests = OPTIONS.iter().filter_map(|(name, per)| {
            last(directives, name).and_then(|directive| Request::read(directive, *per).transpose())
        });
        let requests: Vec<Request<'a>> = requests.collect::<Result<_, _>>()?;
        let mut per_node = None;
        let mut by_node = 0;
        for request in &requests {
            let here = request.per_node(layout)?;
            by_node += usize::from(request.per == Per::Node);
            // sbatch hands both of `--gres` and `--gpus-per-node` on; which one counts is up to it.
            if by_node > 1 || per_node.is_some_and(|other| other != here) {
                return Err(unclear(request.directive, "another directive asks for GPUs too"));
            }
            per_node = Some(here);
        }
        Ok(Self { requests, per_node })
    }

    /// Changes every request so that each node has `count` GPUs.
    pub fn edits(&self, source: &Source, layout: Layout, count: i64) -> Result<Vec<Edit>, Fault> {
        let edits = self.requests.iter().map(|request| request.edit(source, layout, count));
        edits.filter_map(Result::transpose).collect()
    }
}

impl<'a> Request<'a> {
    /// Reads one directive; `None` when it is about other resources.
    fn read(directive: &'a Directive, per: Per) -> Result<Option<Self>, Fault> {
        let Some(written) = directive.written.as_ref() else { return Ok(None) };
        let value = written.text();
        if is_template(value) {
            return Err(unclear(directive, "the value is yet to be filled in"));
        }
        let (mut count, mut places, mut start) = (0_i64, Vec::new(), 0);
        for item in value.split(',') {
            match read_item(item, directive.name == "gres") {
                Item::Other => {}
                Item::Unreadable => {
                    return Err(unclear(directive, "this number of GPUs is not a plain number"));
                }
                Item::Gpus(here, place) => {
                    let part = start + place.part.start..start + place.part.end;
                    places.push(Place { part, implied: place.implied });
                    count = count.saturating_add(here);
                }
            }
            start += item.len() + 1;
        }
        let request = Self { directive, written, per, count, places };
        Ok((!request.places.is_empty()).then_some(request))
    }

    fn per_node(&self, layout: Layout) -> Result<i64, Fault> {
        match self.per {
            Per::Node => Ok(self.count),
            Per::Job => {
                let nodes = layout.nodes.ok_or_else(|| self.needs("the number of nodes"))?;
                let even = nodes > 0 && self.count % nodes == 0;
                even.then(|| self.count / nodes).ok_or_else(|| {
                    let why = format!("{} GPUs do not divide by {nodes} nodes", self.count);
                    unclear(self.directive, why)
                })
            }
            Per::Task => {
                let tasks = layout.tasks_per_node;
                let tasks = tasks.ok_or_else(|| self.needs("the number of tasks per node"))?;
                self.count.checked_mul(tasks).ok_or_else(|| self.too_large())
            }
        }
    }

    fn edit(&self, source: &Source, layout: Layout, per_node: i64) -> Result<Option<Edit>, Fault> {
        let count = self.count_for(layout, per_node)?;
        if count == self.count {
            return Ok(None);
        }
        let [place] = self.places.as_slice() else {
            return Err(refused(self.directive, "it asks for GPUs of several types"));
        };
        let new = if place.implied { format!(":{count}") } else { count.to_string() };
        let skipped = self.written.skipped;
        let part = place.part.start + skipped..place.part.end + skipped;
        Ok(Some(self.written.word.replace(source.text(), &part, &new)))
    }

    fn count_for(&self, layout: Layout, per_node: i64) -> Result<i64, Fault> {
        match self.per {
            Per::Node => Ok(per_node),
            Per::Job => {
                let nodes = layout.nodes.ok_or_else(|| self.needs("the number of nodes"))?;
                per_node.checked_mul(nodes).ok_or_else(|| self.too_large())
            }
            Per::Task => {
                let tasks = layout.tasks_per_node.filter(|tasks| *tasks > 0);
                let tasks = tasks.ok_or_else(|| self.needs("the number of tasks per node"))?;
                let why = format!("{per_node} GPUs do not divide by {tasks} tasks per node");
                let even = per_node % tasks == 0;
                even.then(|| per_node / tasks).ok_or_else(|| refused(self.directive, why))
            }
        }
    }

    fn needs(&self, what: &str) -> Fault {
        unclear(self.directive, format!("no directive fixes {what}"))
    }

    fn too_large(&self) -> Fault {
        unclear(self.directive, "the number is too large")
    }
}

enum Item {
    /// Another resource than GPUs.
    Other,
    Unreadable,
    /// A number of GPUs and where it stands in the item.
    Gpus(i64, Place),
}

/// Reads `gpu[:type][:count]` of `--gres`, or `[type:]count` of the `--gpus` family.
fn read_item(item: &str, is_gres: bool) -> Item {
    let parts: Vec<&str> = item.split(':').collect();
    let names: &[&str] = match parts.as_slice() {
        ["gres", rest @ ..] if is_gres => rest,
        all => all,
    };
    let rest = match names {
        ["gpu", rest @ ..] if is_gres => rest,
        _ if is_gres => return Item::Other,
        all => all,
    };
    let (numbered, last) = match rest {
        [] => (false, ""),
        [last] | [_, last] => (last.bytes().all(|byte| byte.is_ascii_digit()), *last),
        _ => return Item::Unreadable,
    };
    if !numbered || last.is_empty() {
        // `4k` is a number to Slurm, `1g.5gb` a type.
        let scaled = last.strip_suffix(|char: char| "kKmMgGtTpP".contains(char));
        let scaled = scaled.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        let bad = scaled || last.starts_with(['+', '-']) || item.ends_with(':') || item.is_empty();
        let typed_twice = rest.len() == 2;
        if bad || typed_twice {
            return Item::Unreadable;
        }
        return Item::Gpus(1, Place { part: item.len()..item.len(), implied: true });
    }
    let part = item.len() - last.len()..item.len();
    last.parse().map_or(Item::Unreadable, |count| Item::Gpus(count, Place { part, implied: false }))
}

fn unclear(directive: &Directive, why: impl Into<String>) -> Fault {
    let span = directive.value_span.unwrap_or(directive.span);
    let message = "the number of GPUs per node cannot be told from the directives";
    Fault::new("hydrule::slurm::unclear_gpus", span, message)
        .labelled(why)
        .helped("write `--gpus-per-node=N` in their place")
}

fn refused(directive: &Directive, why: impl Into<String>) -> Fault {
    let span = directive.value_span.unwrap_or(directive.span);
    Fault::new("hydrule::slurm::unclear_gpus", span, "the number of GPUs cannot be changed here")
        .labelled(why)
        .helped("write `--gpus-per-node=N` in its place")
}
