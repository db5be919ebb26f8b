//! What differs, by key, between two places that hold overrides or a configuration.

use std::collections::HashSet;
use std::path::Path;

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::Done;
use super::args::{DiffArgs, OutputFormat, OutsideArgs, ProjectArgs};
use super::chain::read_bash;
use super::choose::Languages;
use super::console::Console;
use super::error::CliError;
use super::files::read_script;
use super::job::{entries_of, outside};
use super::kind::{Kind, kind_of, refuse_foreign};
use super::project::Project;
use super::run_folder::read_any_folder;
use crate::config::tree::{Content, Leaf};
use crate::config::{Config, inline, read_texts};
use crate::engine::{Entries, Entry};
use crate::facts::Provenance;
use crate::overrides::{Element, Override, OverrideKind, element_text, parse, value_text};
use crate::path::KeyPath;
use crate::report::{Look, Paint, Part, side_by_side};
use crate::surface::bash::{Launch, Outside};
use crate::surface::slurm;
use crate::text::{Fault, Faults, Source, Span, count};

/// What a side says of a key.
#[derive(Debug, Clone, PartialEq)]
struct Told {
    /// The value as Hydra's text, which tells its type; or why it is not known.
    value: Result<String, String>,
    from: String,
}

/// Keys in order.
type Keys = IndexMap<String, Told>;

/// One side of a comparison.
struct Side {
    name: String,
    /// What overrides, and directives of a script, set.
    given: Keys,
    /// The whole configuration, where there is one.
    whole: Option<Keys>,
}

/// `hydrule diff`.
pub fn run(args: &DiffArgs, console: &mut Console) -> Result<Done, CliError> {
    let outside = outside(&OutsideArgs { env: args.env.clone(), args: None })?;
    let side = |text| side(text, &outside, &args.project);
    let (old, new) = (side(&args.old)?, side(&args.new)?);
    let (before, after) = match (&old.whole, &new.whole) {
        (Some(before), Some(after)) => (before, after),
        _ => (&old.given, &new.given),
    };
    let differences = differences(before, after);
    if args.output_format == OutputFormat::Json {
        let list: Vec<Json> = differences.iter().map(difference_json).collect();
        let json = json!({ "format": 1, "old": old.name, "new": new.name, "differences": list });
        console.print(&format!("{json:#}\n"))?;
    } else if !differences.is_empty() {
        let paint = Paint::new(console.out);
        let mut text = format!("{}\n", paint.strong(&format!("{} → {}", old.name, new.name)));
        for difference in &differences {
            text.push_str(&difference_text(difference, console.out));
        }
        console.page(&text)?;
    }
    let paint = Paint::new(console.err);
    let many = match differences.len() {
        0 => "No key differs.".to_owned(),
        1 => "1 key differs.".to_owned(),
        many => format!("{} differ.", count(many, "key")),
    };
    console.say(&paint.faint(&format!("{many}\n")));
    Ok(if differences.is_empty() { Done::Clean } else { Done::Proposed })
}

/// A key, and what each side says.
type Difference<'a> = (&'a str, Option<&'a Told>, Option<&'a Told>);

fn differences<'a>(before: &'a Keys, after: &'a Keys) -> Vec<Difference<'a>> {
    let gone = before.iter().map(|(key, told)| (key.as_str(), Some(told), after.get(key)));
    let new = after.iter().filter(|(key, _)| !before.contains_key(*key));
    let new = new.map(|(key, told)| (key.as_str(), None, Some(told)));
    let differs =
        |(_, old, new): &Difference<'_>| old.map(|it| &it.value) != new.map(|it| &it.value);
    gone.chain(new).filter(differs).collect()
}

fn shown(told: &Told) -> String {
    match &told.value {
        Ok(text) => text.clone(),
        Err(why) => format!("unknown ({why})"),
    }
}

fn difference_text((key, old, new): &Difference<'_>, look: Look) -> String {
    let paint = Paint::new(look);
    let (mark, value, places) = match (old, new) {
        (Some(old), Some(new)) => {
            let value = format!("{} → {}", shown(old), shown(new));
            (paint.warn("~"), value, format!("{}, {}", old.from, new.from))
        }
        (Some(old), None) => (paint.gone("-"), shown(old), old.from.clone()),
        (None, Some(new)) => (paint.good("+"), shown(new), new.from.clone()),
        (None, None) => return String::new(),
    };
    let start = 4 + key.chars().count() + 2;
    let parts: [Part<'_>; 2] = [(&value, &str::to_owned), (&places, &|it| paint.faint(it))];
    let rest = side_by_side(start, 6, &parts, look);
    format!("  {mark} {}: {rest}\n", paint.name(key)).replacen(": \n", ":\n", 1)
}

fn difference_json((key, old, new): &Difference<'_>) -> Json {
    let told = |it: &Told| json!({ "value": it.value.as_ref().ok(), "unknown": it.value.as_ref().err(), "from": it.from });
    let kind = match (old, new) {
        (Some(_), Some(_)) => "changed",
        (Some(_), None) => "removed",
        _ => "added",
    };
    json!({ "key": key, "kind": kind, "old": old.map(told), "new": new.map(told) })
}

/// Splits the number off `FILE:N`.
fn numbered(text: &str) -> (&str, Option<usize>) {
    let split = text.rsplit_once(':').filter(|_| !Path::new(text).exists());
    match split.and_then(|(path, number)| Some((path, number.parse().ok()?))) {
        Some((path, number)) => (path, Some(number)),
        None => (text, None),
    }
}

fn side(text: &str, outside: &Outside, project: &ProjectArgs) -> Result<Side, CliError> {
    let (name, number) = numbered(text);
    let path = Path::new(name);
    refuse_foreign(path)?;
    let project = || Project::of(project, Some(path));
    let keys = match kind_of(path) {
        Kind::Folder => return folder_side(text, path, number, &project()?),
        Kind::Yaml => return yaml_side(text, path),
        Kind::Script | Kind::Hosted(_) => {
            let source = read_script(path)?;
            match path.extension().and_then(|it| it.to_str()) {
                Some("jsonl") => jsonl_keys(&source, number)?,
                _ => script_or_list(&source, number, outside, &project)?,
            }
        }
    };
    Ok(Side { name: text.to_owned(), given: keys, whole: None })
}

fn folder_side(
    text: &str,
    path: &Path,
    number: Option<usize>,
    project: &Project,
) -> Result<Side, CliError> {
    let folder = read_any_folder(path, number, project)?;
    let given = keys_of(&folder.entries()?);
    let whole = folder.config.as_ref().map(config_keys);
    Ok(Side { name: text.to_owned(), given, whole })
}

/// A YAML file is a list of overrides or a configuration.
fn yaml_side(text: &str, path: &Path) -> Result<Side, CliError> {
    let source = read_script(path)?;
    let name = text.to_owned();
    if let Ok(texts) = read_texts(&source) {
        return Ok(Side { name, given: keys_of(&parsed(&source, texts)?), whole: None });
    }
    let keys = config_keys(&Config::read_plain(&source)?);
    Ok(Side { name, given: keys.clone(), whole: Some(keys) })
}

/// Reads a launch, or a list of overrides one a line where there is none.
fn script_or_list(
    source: &Source,
    number: Option<usize>,
    outside: &Outside,
    project: &dyn Fn() -> Result<Project, CliError>,
) -> Result<Keys, CliError> {
    let first = source.text().lines().next().unwrap_or_default();
    let read = read_bash(source, outside);
    let is_script = first.starts_with("#!")
        || source.name().ends_with(".sh")
        || read.as_ref().is_ok_and(|it| !it.launches.is_empty());
    if !is_script {
        return Ok(keys_of(&parsed(source, lines_of(source))?));
    }
    let script = read?;
    let directives = slurm::directive_facts(&slurm::read_directives(source), source);
    let directives = directives.into_iter().map(|(name, found)| {
        let told = Told { value: Ok(found.value.to_string()), from: found.from.to_string() };
        (format!("$sbatch.{name}"), told)
    });
    let mut keys: Keys = directives.collect();
    let launch = match (number, script.launches.as_slice()) {
        (None, []) if !keys.is_empty() => return Ok(keys),
        (None, [one]) => one,
        (Some(number), all) => number
            .checked_sub(1)
            .and_then(|at| all.get(at))
            .ok_or_else(|| which(source, all, &format!("there is no launch {number}")))?,
        (None, all) => {
            return Err(which(source, all, &format!("there are {} launches", all.len())));
        }
    };
    let language = Languages::of(&project()?)?.of_launch(launch);
    let entries = entries_of(&script, launch, language)
        .map_err(|faults| CliError::from(Faults { source: source.clone(), faults }))?;
    keys.extend(keys_of(&entries));
    Ok(keys)
}

fn which(source: &Source, launches: &[Launch], what: &str) -> CliError {
    let error = CliError::plain(format!("{}: {what}", source.name()));
    if launches.is_empty() {
        return error;
    }
    let list = launches.iter().enumerate().map(|(at, launch)| {
        format!("\n    {}:{}  {}: {}", source.name(), at + 1, launch.location, launch.program)
    });
    error.helped(format!("choose one:{}", list.collect::<String>()))
}

/// Lists the lines that hold an override, with their places.
fn lines_of(source: &Source) -> Vec<(String, Span)> {
    let mut at = 0;
    let mut found = Vec::new();
    for line in source.text().split_inclusive('\n') {
        let text = line.trim_end_matches(['\n', '\r']);
        if !text.trim().is_empty() && !text.starts_with('#') {
            found.push((text.to_owned(), Span::new(at, at + text.len())));
        }
        at += line.len();
    }
    found
}

#[derive(Deserialize)]
struct Line {
    overrides: Vec<String>,
}

fn jsonl_keys(source: &Source, number: Option<usize>) -> Result<Keys, CliError> {
    let wrong = |span, message: String| {
        let fault = Fault::new("hydrule::input::line", span, message);
        CliError::from(Faults::one(source.clone(), fault))
    };
    let wanted = number.unwrap_or(1);
    let (text, span) = lines_of(source)
        .into_iter()
        .find(|(_, span)| source.line_column(span.start).line == wanted)
        .ok_or_else(|| wrong(Span::at(0), format!("there is no line {wanted}")))?;
    let line: Line = serde_json::from_str(&text).map_err(|error| wrong(span, error.to_string()))?;
    let texts = line.overrides.into_iter().map(|text| (text, span)).collect();
    Ok(keys_of(&parsed(source, texts)?))
}

fn parsed(source: &Source, texts: Vec<(String, Span)>) -> Result<Entries, CliError> {
    let mut entries = Vec::new();
    let mut faults = Vec::new();
    for (text, span) in texts {
        match parse(&text) {
            Ok(parsed) => {
                let from = Provenance::Text(source.at(span));
                entries.push(Entry { key: parsed.key.clone(), value: Ok(parsed), from });
            }
            Err(fault) => faults.push(Fault { span, ..fault }),
        }
    }
    match faults.is_empty() {
        true => Ok(entries.into()),
        false => Err(Faults { source: source.clone(), faults }.into()),
    }
}

/// Composes overrides by key: the last one wins, a dict merges, a deletion takes what is below it.
fn keys_of(entries: &Entries) -> Keys {
    let mut keys: Vec<(String, Told)> = Vec::new();
    let mut later = HashSet::new();
    // From the last on, since what an override sets takes away what those before it do at its key and below.
    for entry in entries.into_iter().rev() {
        let leaves = match &entry.value {
            Ok(parsed) => leaves(parsed).into_iter().map(|(key, text)| (key, Ok(text))).collect(),
            Err(why) => vec![(entry.key.clone(), Err(why.clone()))],
        };
        for (key, value) in leaves.into_iter().rev() {
            if !sections(&key).any(|it| later.contains(it)) {
                later.insert(key.clone());
                keys.push((key, Told { value, from: entry.from.to_string() }));
            }
        }
    }
    keys.into_iter().rev().collect()
}

/// Lists a key and the sections that it lies in.
fn sections(key: &str) -> impl Iterator<Item = &str> {
    let above = key.match_indices('.').filter_map(|(at, _)| key.get(..at));
    above.chain([key])
}

/// Lists the keys that an override sets, of a dict those in it, each with its value's text.
fn leaves(parsed: &Override) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let key = parsed.key.clone();
    match &parsed.value {
        _ if parsed.kind == OverrideKind::Delete => found.push((key, "deleted".to_owned())),
        Some(dict @ Element::Dict(_)) => inner(key, dict, &mut found),
        value => {
            let plain = value.as_ref().and_then(Element::to_value).map(|it| value_text(&it));
            let written = || parsed.text.split_once('=').map_or("", |(_, value)| value).to_owned();
            found.push((key, plain.unwrap_or_else(written)));
        }
    }
    if let Some(package) = &parsed.package {
        found.iter_mut().for_each(|(key, _)| key.push_str(&format!("@{package}")));
    }
    found
}

fn inner(key: String, value: &Element, found: &mut Vec<(String, String)>) {
    match value {
        Element::Dict(pairs) if !pairs.is_empty() => {
            for (part, value) in pairs {
                let part = part.to_value().map(|it| it.to_string()).unwrap_or_default();
                inner(format!("{key}.{part}"), value, found);
            }
        }
        value => {
            let plain = value.to_value().map(|it| value_text(&it));
            found.push((key, plain.or_else(|| element_text(value)).unwrap_or_default()));
        }
    }
}

fn config_keys(config: &Config) -> Keys {
    let told = |key: &String| {
        let node = config.node(&KeyPath::new(key.as_str()))?;
        let text = match &node.content {
            Content::Dict(dict) if !dict.entries.is_empty() => return None,
            Content::Leaf(leaf) => {
                leaf.to_value().map_or_else(|| leaf.python_text(), |it| value_text(&it))
            }
            other => list_text(other)?,
        };
        Some((key.clone(), Told { value: Ok(text), from: config.provenance(node).to_string() }))
    };
    config.keys().iter().filter_map(told).collect()
}

/// Writes a list as Hydra would; what Hydra cannot write, as YAML does.
fn list_text(content: &Content) -> Option<String> {
    fn value(content: &Content) -> Option<crate::value::Value> {
        match content {
            Content::Leaf(leaf) => Leaf::to_value(leaf),
            Content::List(items) => {
                let items = items.iter().map(|it| value(&it.content)).collect::<Option<_>>()?;
                Some(crate::value::Value::List(items))
            }
            Content::Dict(dict) => {
                let pairs = dict.entries.iter();
                let pairs = pairs.map(|(key, it)| Some((key.0.to_value()?, value(&it.content)?)));
                Some(crate::value::Value::Dict(pairs.collect::<Option<_>>()?))
            }
            Content::Unknown(_) => None,
        }
    }
    value(content).map(|it| value_text(&it)).or_else(|| inline(content, false, None))
}
