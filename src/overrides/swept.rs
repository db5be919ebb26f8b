//! A sweep where one value is wanted.

use super::ast::{Element, Override};
use super::parse::reads;
use super::paste::{advice, quote_text};
use crate::text::Fault;

/// Refuses an override with a sweep: without `--multirun`, Hydra takes one value for each key.
///
/// # Errors
/// What the sweep is, and how to write one value instead.
pub fn single(parsed: &Override) -> Result<(), Fault> {
    let (Some(value), Some(span)) = (&parsed.value, parsed.value_span) else { return Ok(()) };
    let text = parsed.text.get(span.start..span.end).unwrap_or_default().trim_end();
    let (message, ways) = match value {
        Element::Choice(choice) if choice.items.len() == 1 => {
            let only = choice.items.first().and_then(super::print::element_text);
            let ways = only.map(|only| ("the value alone", only));
            ("a choice of one value is still a sweep", ways.into_iter().collect())
        }
        Element::Choice(choice) if choice.simple => (
            "values with commas between them are a sweep",
            vec![("a list", format!("[{text}]")), ("one text", quote_text(text))],
        ),
        Element::Choice(_) => {
            let inside = text.split_once('(').and_then(|(_, inside)| inside.strip_suffix(')'));
            let list = inside.map(|inside| ("a list", format!("[{}]", inside.trim())));
            ("`choice` is a sweep", list.into_iter().collect())
        }
        Element::Range(_) => ("`range` is a sweep", Vec::new()),
        Element::Interval(_) => ("`interval` is a sweep", Vec::new()),
        Element::Glob(_) => ("`glob` is a sweep", Vec::new()),
        _ => return Ok(()),
    };
    let mut help = "pass --multirun to run one job for each value".to_owned();
    for (what, value) in ways {
        let hydra = parsed.rewritten(&value);
        if reads(&hydra) {
            help = format!("{help}\n{}", advice(&format!("or write {what}"), Some(hydra)));
        }
    }
    Err(Fault::new("hydrule::override::sweep", span, message)
        .labelled("one value is wanted here")
        .helped(help))
}
