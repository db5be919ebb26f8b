//! A list of overrides to the jobs that Hydra's basic sweeper makes of it.

use num_bigint::BigInt;

use super::ast::{Element, Override};
use super::parse::parse;
use super::print::element_text;
use super::range::RangeIter;
use super::record::encode;
use crate::text::Fault;

/// What one override contributes to every job, in the order of the list.
#[derive(Debug, Clone)]
struct Axis {
    /// Sigil, key and package: what makes two overrides the same axis.
    key: String,
    values: Values,
}

#[derive(Debug, Clone)]
enum Values {
    /// Texts, as Hydra prints them.
    Listed(Vec<String>),
    /// The numbers of a range, made when asked for.
    Range(RangeIter),
}

/// The jobs of a multirun, made one by one.
#[derive(Debug, Clone)]
pub struct Expansion {
    axes: Vec<Axis>,
    parsed: Vec<(String, Override)>,
}

/// A job's override that Hydra will not read as the value the sweep held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lossy {
    /// The override as the job gets it.
    pub text: String,
    /// What happens: Hydra refuses it, or reads another value.
    pub why: String,
}

/// Reads a list of overrides as `--multirun` does.
///
/// # Errors
/// The index of each override that is wrong, and its fault: it cannot be read, or holds a sweep
/// that the basic sweeper does not know.
pub fn expand<S: AsRef<str>>(overrides: &[S]) -> Result<Expansion, Vec<(usize, Fault)>> {
    let mut faults = Vec::new();
    let mut axes: Vec<Axis> = Vec::new();
    let mut parsed_all: Vec<(String, Override)> = Vec::new();
    for (index, text) in overrides.iter().enumerate() {
        let parsed = parse(text.as_ref());
        let axis = parsed.and_then(|parsed| Ok((axis(&parsed)?, parsed)));
        match axis {
            Ok((axis, parsed)) => {
                // A later override of the same key replaces the value and keeps the place.
                let key = axis.key.clone();
                match axes.iter_mut().find(|old| old.key == key) {
                    Some(old) => *old = axis,
                    None => axes.push(axis),
                }
                match parsed_all.iter_mut().find(|(old, _)| *old == key) {
                    Some((_, old)) => *old = parsed,
                    None => parsed_all.push((key, parsed)),
                }
            }
            Err(fault) => faults.push((index, fault)),
        }
    }
    if faults.is_empty() { Ok(Expansion { axes, parsed: parsed_all }) } else { Err(faults) }
}

fn axis(parsed: &Override) -> Result<Axis, Fault> {
    let key = parsed.key_element();
    let span = parsed.value_span.unwrap_or(parsed.key_span);
    let unprintable = || {
        Fault::new("hydrule::override::unprintable", span, "Hydra cannot pass this value to a job")
            .labelled("a sweep inside another value has no text")
    };
    let values = match &parsed.value {
        Some(Element::Choice(choice)) => {
            let texts: Option<Vec<String>> = choice.items.iter().map(element_text).collect();
            Values::Listed(texts.ok_or_else(unprintable)?)
        }
        Some(Element::Range(range)) => Values::Range(RangeIter::new(range).ok_or_else(|| {
            Fault::new("hydrule::override::range", span, "this range cannot be listed")
                .labelled("its step is zero, or an end is no number")
        })?),
        Some(Element::Interval(_)) => {
            return Err(Fault::new(
                "hydrule::override::interval",
                span,
                "the basic sweeper takes no `interval`",
            )
            .labelled("only sweepers that search take this"));
        }
        Some(Element::Glob(_)) => {
            return Err(Fault::new(
                "hydrule::override::glob",
                span,
                "what a `glob` stands for depends on the application's files",
            )
            .labelled("list the choices instead"));
        }
        _ => Values::Listed(vec![parsed.element_string().ok_or_else(unprintable)?]),
    };
    Ok(Axis { key, values })
}

impl Values {
    fn iter(&self) -> Box<dyn Iterator<Item = String> + '_> {
        match self {
            Self::Listed(texts) => Box::new(texts.iter().cloned()),
            Self::Range(numbers) => Box::new(numbers.clone().map(|number| number.text())),
        }
    }

    /// Counts the values where that takes no listing, or listing ends soon.
    fn count(&self) -> Option<BigInt> {
        const SOON: usize = 1_000_000;
        match self {
            Self::Listed(texts) => Some(BigInt::from(texts.len())),
            Self::Range(numbers) => numbers.count_known().or_else(|| {
                let count = numbers.clone().take(SOON + 1).count();
                (count <= SOON).then(|| BigInt::from(count))
            }),
        }
    }
}

impl Expansion {
    /// Counts the jobs; nothing for more than can be counted, such as an endless range.
    pub fn count(&self) -> Option<BigInt> {
        self.axes.iter().map(|axis| axis.values.count()).product()
    }

    /// Makes the jobs, the first key varying slowest; each is a list of overrides.
    pub fn jobs(&self) -> Box<dyn Iterator<Item = Vec<String>> + '_> {
        product(&self.axes)
    }

    /// Lists the overrides that a job reads differently from what the sweep held, among the first
    /// `most` values of every key.
    pub fn lossy(&self, most: usize) -> Vec<Lossy> {
        let mut found: Vec<Lossy> = Vec::new();
        if self.jobs().next().is_none() {
            return found;
        }
        for (key, parsed) in &self.parsed {
            for held in held_values(parsed, most) {
                let Some(text) = element_text(&held) else { continue };
                let text = format!("{key}={text}");
                let why = match parse(&text) {
                    Err(fault) => format!("Hydra refuses it: {}", fault.message),
                    Ok(again) if again.value.as_ref().is_some_and(|it| same(it, &held)) => continue,
                    Ok(_) => "Hydra reads another value than the sweep holds".to_owned(),
                };
                found.push(Lossy { text, why });
            }
        }
        found
    }
}

fn held_values(parsed: &Override, most: usize) -> Vec<Element> {
    match &parsed.value {
        Some(Element::Choice(choice)) => choice.items.iter().take(most).cloned().collect(),
        Some(Element::Range(range)) => {
            let numbers = RangeIter::new(range).into_iter().flatten();
            numbers.take(most).map(Element::Number).collect()
        }
        Some(other) => vec![other.clone()],
        None => Vec::new(),
    }
}

fn product<'a>(axes: &'a [Axis]) -> Box<dyn Iterator<Item = Vec<String>> + 'a> {
    let Some((last, before)) = axes.split_last() else {
        return Box::new(std::iter::once(Vec::new()));
    };
    Box::new(product(before).flat_map(move |job| {
        last.values.iter().map(move |value| {
            let mut job = job.clone();
            job.push(format!("{}={value}", last.key));
            job
        })
    }))
}

/// Tells whether two values are the same in kind and content; a NaN is itself here.
fn same(left: &Element, right: &Element) -> bool {
    encode(left, &[]) == encode(right, &[])
}
