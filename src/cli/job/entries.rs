//! Arguments of a launch as overrides, and where in the script they are written.

use crate::cli::error::CliError;
use crate::config::read_argument;
use crate::engine::{Entries, Entry};
use crate::facts::Provenance;
use crate::overrides::{Language, single};
use crate::surface::bash::{Argument, Launch, Origin, Script};
use crate::text::{Fault, Faults, Source, Span};

/// Turns a launch's arguments into overrides; what nothing tells keeps its reason.
pub fn entries_of(
    script: &Script,
    launch: &Launch,
    language: Language,
) -> Result<Entries, Vec<Fault>> {
    let mut entries = Vec::with_capacity(launch.arguments.len());
    let mut faults = Vec::new();
    let swept = is_multirun(launch);
    for argument in &launch.arguments {
        match entry_in(script, launch, argument, language, swept) {
            Ok(entry) => entries.push(entry),
            Err(fault) => faults.push(fault),
        }
    }
    faults.sort_by_key(|fault| fault.span);
    if faults.is_empty() { Ok(entries.into()) } else { Err(faults) }
}

/// Turns one of a launch's arguments into an override.
pub fn entry_of(
    script: &Script,
    launch: &Launch,
    argument: &Argument,
    language: Language,
) -> Result<Entry, Fault> {
    entry_in(script, launch, argument, language, is_multirun(launch))
}

fn entry_in(
    script: &Script,
    launch: &Launch,
    argument: &Argument,
    language: Language,
    swept: bool,
) -> Result<Entry, Fault> {
    // What is given to the script has no place in it but its launch.
    let from = match argument.is_given() {
        true => launch.location.clone(),
        false => script.at(argument.placed().span()),
    };
    let from = Provenance::Text(from);
    let Some(text) = argument.text.known() else {
        let why = argument.text.why_unknown().unwrap_or("nothing tells its value").to_owned();
        return Ok(Entry { key: argument.key().into_owned(), value: Err(why), from });
    };
    let read = read_argument(language, &text)
        .and_then(|it| if swept { Ok(it) } else { single(&it).map(|()| it) });
    match read {
        Ok(parsed) => Ok(Entry { key: parsed.key.clone(), value: Ok(parsed), from }),
        Err(fault) => Err(in_source(argument, fault)),
    }
}

/// Tells whether Hydra runs a job for every value of a sweep; without, a sweep is a mistake.
fn is_multirun(launch: &Launch) -> bool {
    let flag = |flag: &String| flag == "-m" || flag.starts_with("--mult");
    let mode = |argument: &Argument| {
        argument.key() == "hydra.mode"
            && argument.text.known().is_none_or(|text| text.ends_with("MULTIRUN"))
    };
    launch.flags.iter().any(flag) || launch.arguments.iter().any(mode) || launch.forwards.is_some()
}

/// Moves a fault in an argument's text to the place in the script that wrote it.
pub fn in_source(argument: &Argument, fault: Fault) -> Fault {
    let Span { start, end } = fault.span;
    let from = written_at(argument, start, false).or(written_at(argument, start, true));
    let to = if start == end { from } else { written_at(argument, end, true) };
    let span = match (from, to) {
        (Some(from), Some(to)) if from <= to => Span::new(from, to),
        _ => argument.word,
    };
    Fault { span, ..fault }
}

/// Where a byte of an argument's text is written. Where two pieces meet, an end belongs to the
/// earlier one and a start to the later.
fn written_at(argument: &Argument, offset: usize, ends: bool) -> Option<usize> {
    let mut at = 0;
    for piece in &argument.text.pieces {
        let length = piece.text.as_ref().map_or(0, String::len);
        let here = if ends { at + 1..at + length + 1 } else { at..at + length };
        if here.contains(&offset) {
            let Origin::Literal(span, _) = piece.origin else { return None };
            return Some(span.start + offset - at);
        }
        at += length;
    }
    None
}

/// Reads a list of arguments without a launch.
///
/// # Errors
/// Every one that cannot be read.
pub fn plain_entries(texts: &[impl AsRef<str>], language: Language) -> Result<Entries, CliError> {
    let mut entries = Vec::new();
    let mut faulty = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let text = text.as_ref();
        let source = Source::new(format!("override {}", index + 1), text);
        match read_argument(language, text) {
            Ok(parsed) => {
                let span = parsed.value_span.unwrap_or(parsed.key_span);
                let from = Provenance::Text(source.at(span));
                entries.push(Entry { key: parsed.key.clone(), value: Ok(parsed), from });
            }
            Err(fault) => faulty.push(Faults::one(source, fault)),
        }
    }
    if faulty.is_empty() { Ok(entries.into()) } else { Err(CliError::Faults(faulty)) }
}
