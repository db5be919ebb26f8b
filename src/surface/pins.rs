//! What `# hydrule: pin` holds: the overrides and directives that a script's comments are about.

use super::bash::{Argument, Launch, Script};
use super::marks::{Mark, Marks, Says, lines_of};
use super::slurm;
use crate::config::Config;
use crate::config::tree::Origin;
use crate::facts::Provenance;
use crate::path::KeyPath;
use crate::text::{Location, Source, Span};

/// Reads what the comments of a script say, and those of the files that it takes in.
pub fn marks_of(script: &Script) -> Vec<Marks> {
    sources(script).map(Marks::read).collect()
}

fn sources(script: &Script) -> impl Iterator<Item = &Source> {
    std::iter::once(&script.source).chain(script.taken_in.iter().map(|(_, source)| source))
}

/// Lists the keys of a launch that comments pin, as [`marks_of`] has read them, each with the comment's place. A key
/// that a comment names is pinned in every launch.
pub fn pinned_keys(script: &Script, marks: &[Marks], launch: &Launch) -> Vec<(String, Location)> {
    let mut pins = Vec::new();
    for (source, marks) in sources(script).zip(marks) {
        for (mark, key) in pins_of(marks) {
            let keys = match key {
                Some(key) => vec![key.to_owned()],
                None => {
                    let held = held(script, launch, (source, mark));
                    held.map(|it| it.key().into_owned()).collect()
                }
            };
            pins.extend(keys.into_iter().map(|key| (key, source.at(mark.span))));
        }
    }
    pins
}

/// Lists the keys of a base configuration that comments in its text pin: those whose values stand on a
/// line that a comment is about, and those that one names. The comments that pin nothing come as well.
pub fn pinned_in_yaml(source: &Source, config: &Config) -> (Vec<(String, Location)>, Vec<Span>) {
    let (mut pins, mut idle) = (Vec::new(), Vec::new());
    for (mark, key) in pins_of(&Marks::read(source)) {
        let about = |key: &String| match config.node(&KeyPath::new(key.as_str()))?.origin {
            Origin::Base(span) => Some(mark.is_about(&lines_of(source, span), None)),
            Origin::Override { .. } => None,
        };
        let keys: Vec<String> = match key {
            Some(key) => {
                config.node(&KeyPath::new(key)).map(|_| key.to_owned()).into_iter().collect()
            }
            None => config.value_keys().into_iter().filter(|it| about(it) == Some(true)).collect(),
        };
        if keys.is_empty() {
            idle.push(mark.span);
        }
        pins.extend(keys.into_iter().map(|key| (key, source.at(mark.span))));
    }
    (pins, idle)
}

/// Lists the directives of a script that comments pin, as `sbatch:NAME`.
pub fn pinned_directives(source: &Source) -> Vec<(String, Location)> {
    let marks = Marks::read(source);
    let pins = pins_of(&marks).filter(|(_, key)| key.is_none());
    pins.flat_map(|(mark, _)| {
        let pinned = directives_at(source, mark).into_iter();
        pinned.map(|name| (format!("sbatch:{name}"), source.at(mark.span)))
    })
    .collect()
}

/// Lists the comments that pin nothing.
pub fn idle_pins(script: &Script) -> Vec<(Span, String)> {
    let marks = Marks::read(&script.source);
    let idle = |(mark, key): &(&Mark, Option<&str>)| match key {
        Some(key) => !script.launches.iter().any(|launch| sets(launch, key)),
        None => {
            let mut launches = script.launches.iter();
            launches.all(|launch| held(script, launch, (&script.source, mark)).next().is_none())
                && directives_at(&script.source, mark).is_empty()
        }
    };
    let idle = pins_of(&marks).filter(idle);
    idle.map(|(mark, key)| {
        let message = match key {
            Some(key) => format!("no launch sets `{key}`, which is pinned"),
            None => "this pins no override and no directive".to_owned(),
        };
        (mark.span, message)
    })
    .collect()
}

fn pins_of(marks: &Marks) -> impl Iterator<Item = (&Mark, Option<&str>)> {
    marks.all.iter().filter_map(|mark| match &mark.says {
        Says::Pin(key) => Some((mark, key.as_deref())),
        Says::Ignore { .. } => None,
    })
}

fn sets(launch: &Launch, key: &str) -> bool {
    let key = KeyPath::new(key.trim_start_matches("sbatch:"));
    launch.arguments.iter().any(|it| KeyPath::new(it.key()).is_at_or_below(&key))
}

/// The overrides that a comment of a text is about: where they are written, or where a variable gets
/// what they are made of.
fn held<'a>(
    script: &'a Script,
    launch: &'a Launch,
    (source, mark): (&'a Source, &'a Mark),
) -> impl Iterator<Item = &'a Argument> {
    let command = launch.location.span;
    let command_lines = (launch.location.source == *source).then(|| lines_of(source, command));
    launch.arguments.iter().filter(move |argument| {
        let steps = argument.text.pieces.iter().flat_map(|it| &it.via).chain(&argument.array);
        let assigned = steps.flat_map(|it| it.assigned.iter().copied());
        let mut places = assigned.chain([argument.word, argument.placed().span()]);
        places.any(|place| {
            let place = script.at(place);
            let lines = command_lines.as_ref().filter(|_| command.contains(place.span));
            place.source == *source && mark.is_about(&lines_of(source, place.span), lines)
        })
    })
}

fn directives_at(source: &Source, mark: &Mark) -> Vec<String> {
    let facts = slurm::directive_facts(&slurm::read_directives(source), source);
    let about = facts.into_iter().filter(|(_, found)| match &found.from {
        Provenance::Text(at) => mark.is_about(&lines_of(source, at.span), None),
        _ => false,
    });
    about.map(|(name, _)| name).collect()
}
