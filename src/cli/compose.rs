use indexmap::IndexMap;

use super::Done;
use super::args::ComposeArgs;
use super::console::Console;
use super::error::CliError;
use super::files::read_script;
use super::told::pairs;
use crate::config::{Composed, Config, Note, compose, to_yaml};
use crate::facts::{Found, Lookup, Missing, Provenance};
use crate::overrides::{Override, parse, single, value_text};
use crate::path::KeyPath;
use crate::report::Paint;
use crate::text::{Fault, Faults, Source, nearest};
use crate::value::Value;

/// `hydrule compose`.
pub fn run(args: &ComposeArgs, console: &mut Console) -> Result<Done, CliError> {
    let base = Config::read(&read_script(&args.config)?)?;
    let composed = composed(&base, &args.overrides)?;
    if args.get.is_empty() {
        console.print(&to_yaml(&composed.config))?;
    } else {
        let environment: IndexMap<String, String> = pairs(&args.env)?.into_iter().collect();
        for key in &args.get {
            let text = one(&composed.config, key, &environment, Paint::new(console.out))?;
            console.print(&text)?;
        }
    }
    let paint = Paint::new(console.err);
    for Note { index, message, .. } in composed.notes {
        let text = args.overrides.get(index).map(String::as_str).unwrap_or_default();
        console.say(&format!("{} {text}: {message}\n", paint.warn("!")));
    }
    Ok(Done::Clean)
}

/// Looks one key up and says where its value comes from, or what is missing.
fn one(
    config: &Config,
    key: &str,
    environment: &IndexMap<String, String>,
    paint: Paint,
) -> Result<String, CliError> {
    let variable = |name: &str| match environment.get(name) {
        Some(text) => {
            Lookup::Set(Found { value: Value::Str(text.clone()), from: Provenance::Computed })
        }
        None => Lookup::Unknown(Missing {
            name: format!("$env.{name}"),
            why: "the environment of the job is not known".to_owned(),
            supply: format!("--env {name}=VALUE"),
        }),
    };
    Ok(match config.lookup(&KeyPath::new(key), &variable)? {
        Lookup::Set(found) => {
            let value = value_text(&found.value);
            format!("{}={value}  {}\n", paint.name(key), paint.faint(&found.from.to_string()))
        }
        Lookup::Unknown(missing) => {
            let text = format!("{}, {}; {}", missing.name, missing.why, missing.supply);
            format!("{}  {}\n", paint.name(key), paint.warn(&format!("unknown: {text}")))
        }
        Lookup::Absent => {
            let keys = config.keys();
            let near = nearest(key, keys.iter().map(String::as_str), 1);
            let near = near.first().map(|near| format!("; did you mean {near}?"));
            format!("{}  absent{}\n", paint.name(key), near.unwrap_or_default())
        }
    })
}

fn source(index: usize, text: &str) -> Source {
    Source::new(format!("override {}", index + 1), text)
}

/// Reads and applies overrides; the mistakes of all are told at once.
fn composed(base: &Config, texts: &[String]) -> Result<Composed, CliError> {
    let mut faulty: Vec<(usize, Fault)> = Vec::new();
    let mut read: Vec<(usize, Override)> = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        // One configuration is composed, so a sweep has no place here.
        match parse(text).and_then(|it| single(&it).map(|()| it)) {
            Ok(parsed) => read.push((index, parsed)),
            Err(fault) => faulty.push((index, fault)),
        }
    }
    let (places, overrides): (Vec<usize>, Vec<Override>) = read.into_iter().unzip();
    let result = compose(base, &overrides);
    if let Err(misfits) = &result {
        let placed = |index: usize| places.get(index).copied().unwrap_or(index);
        faulty.extend(misfits.iter().map(|it| (placed(it.index), it.fault.clone())));
    }
    faulty.sort_by_key(|(index, _)| *index);
    let located = faulty
        .into_iter()
        .filter_map(|(index, fault)| Some(Faults::one(source(index, texts.get(index)?), fault)));
    let located: Vec<Faults> = located.collect();
    match result {
        Ok(composed) if located.is_empty() => Ok(composed),
        _ => Err(CliError::Faults(located)),
    }
}
