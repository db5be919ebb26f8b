//! What directives say, as facts.

use indexmap::IndexMap;

use super::gpus::{Gpus, Layout};
use super::memory::Size;
use super::{Directive, is_template, last, time};
use crate::facts::{DIRECTIVES, DirectiveKind as Kind, Found, Provenance};
use crate::text::{Fault, Source, Span, join_and, nearest};
use crate::value::Value;

/// Returns the facts that the directives of `source` fix, in a fixed order, by name without
/// `$sbatch.`.
///
/// Memory is in bytes as Slurm takes it (binary units, a number alone in MiB); `time` keeps its text,
/// and `minutes` counts it; `nodes` is the least number of a range. What they do not fix is left out: GPUs that do not divide
/// by the nodes, `--mem=0` (all of a node), a value that still waits to be filled in, and everything
/// of a heterogeneous job, whose components may differ.
pub fn directive_facts(directives: &[Directive], source: &Source) -> IndexMap<String, Found> {
    let mut facts = IndexMap::new();
    if directives.iter().any(|directive| directive.component > 0) {
        return facts;
    }
    for (fact, option, kind) in DIRECTIVES {
        let told = match kind {
            Kind::Gpus => gpus_fact(directives),
            _ => last(directives, option)
                .and_then(|directive| Some((fact_of(directives, directive, kind)?, directive))),
        };
        if let Some((value, directive)) = told {
            let place = source.at(directive.value_span.unwrap_or(directive.span));
            facts.insert(fact.to_owned(), Found { value, from: Provenance::Text(place) });
        }
    }
    facts
}

/// Reads what a user wants a directive to be, in the spelling of `sbatch` or of conditions
/// (`96G` and `96GiB` are the same).
///
/// # Errors
/// A fault at the start of the text when there is no such directive or it takes no such value.
pub fn directive_value(name: &str, text: &str) -> Result<Value, Fault> {
    let Some((.., kind)) = DIRECTIVES.iter().find(|(fact, ..)| *fact == name) else {
        let names = DIRECTIVES.map(|(fact, ..)| fact);
        let fault = Fault::new(
            "hydrule::slurm::unknown_name",
            Span::new(0, text.len()),
            format!("there is no directive `{name}` to change"),
        );
        return Err(match nearest(name, names, 1).first() {
            Some(near) => fault.helped(format!("did you mean `sbatch:{near}`?")),
            None => fault.helped(format!("there are {}", join_and(&names))),
        });
    };
    let (value, wanted) = match kind {
        Kind::Gpus | Kind::Nodes | Kind::Count => (count(text).map(Value::Int), "a number above 0"),
        Kind::Minutes => (count(text).map(Value::Int), "a number of minutes above 0"),
        Kind::Memory => {
            let size = Size::read(text.strip_suffix("iB").unwrap_or(text));
            let size = size.filter(|size| size.bytes > 0).map(|size| Value::Bytes(size.bytes));
            (size, "a size such as 96G")
        }
        Kind::Text => ((!text.is_empty()).then(|| Value::Str(text.to_owned())), "a text"),
    };
    value.ok_or_else(|| {
        let message = format!("`{name}` takes {wanted}, not `{text}`");
        Fault::new("hydrule::slurm::wrong_value", Span::new(0, text.len()), message)
    })
}

/// Reads how the job is laid out.
pub(super) fn layout(directives: &[Directive]) -> Layout {
    let text = |name| last(directives, name).and_then(|directive| directive.value.as_deref());
    let nodes = text("nodes").and_then(node_range).filter(|(least, most)| least == most);
    let nodes = nodes.map(|(least, _)| least);
    let tasks = text("ntasks").and_then(count);
    // Beside `--ntasks` the number per node is only a maximum.
    let tasks_per_node = text("ntasks-per-node").and_then(count).filter(|per_node| {
        tasks
            .is_none_or(|tasks| nodes.and_then(|nodes| nodes.checked_mul(*per_node)) == Some(tasks))
    });
    Layout { nodes, tasks_per_node }
}

fn gpus_fact(directives: &[Directive]) -> Option<(Value, &Directive)> {
    let gpus = Gpus::read(directives, layout(directives)).ok()?;
    Some((Value::Int(gpus.per_node?), gpus.requests.first()?.directive))
}

fn fact_of(directives: &[Directive], directive: &Directive, kind: Kind) -> Option<Value> {
    let text = directive.value.as_deref().filter(|text| !is_template(text))?;
    match kind {
        Kind::Gpus => None,
        Kind::Nodes => node_range(text).map(|(least, _)| Value::Int(least)),
        Kind::Count => count(text).map(Value::Int),
        Kind::Minutes => time::minutes(text).map(Value::Int),
        Kind::Memory => {
            let alone = memory_rival(directives, &directive.name).is_none();
            let size = Size::read(text).filter(|size| alone && size.bytes > 0);
            size.map(|size| Value::Bytes(size.bytes))
        }
        Kind::Text => (!text.is_empty()).then(|| Value::Str(text.to_owned())),
    }
}

/// Returns the directive that one of the three options for memory cannot stand beside.
pub(super) fn memory_rival<'a>(directives: &'a [Directive], option: &str) -> Option<&'a Directive> {
    let others = ["mem", "mem-per-cpu", "mem-per-gpu"].into_iter().filter(|it| *it != option);
    others.filter_map(|other| last(directives, other)).next()
}

fn count(text: &str) -> Option<i64> {
    text.parse().ok().filter(|count| *count > 0)
}

/// Reads `2` and `2-4`; `k` and `m` count in 1,024 and its square.
pub(super) fn node_range(text: &str) -> Option<(i64, i64)> {
    let number = |text: &str| {
        let scale = match text.chars().last()? {
            'k' | 'K' => 1 << 10,
            'm' | 'M' => 1 << 20,
            _ => 1,
        };
        let digits = text.trim_end_matches(['k', 'K', 'm', 'M']);
        if text.len() - digits.len() > 1 || digits.starts_with('+') {
            return None;
        }
        count(digits)?.checked_mul(scale)
    };
    match text.split_once('-') {
        Some((least, most)) => Some((number(least)?, number(most)?)),
        None => number(text).map(|nodes| (nodes, nodes)),
    }
}
