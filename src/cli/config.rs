//! `hydrule config`: what the project's configuration says, and where.

use std::slice;

use serde_json::{Value as Json, json};

use super::Done;
use super::args::{ConfigArgs, OutputFormat, OutsideArgs};
use super::chain::read_inputs;
use super::console::Console;
use super::error::CliError;
use super::job::{entries_of, knows, outside};
use super::kind::{Kind, kind_of};
use super::pack::load_all;
use super::project::Project;
use super::told::told_target;
use crate::pack::{Cluster, Overlay, Pack, Parameter, Text};
use crate::report::Paint;
use crate::text::Location;
use crate::value::Value;

/// One value that holds.
struct Line {
    key: String,
    value: String,
    from: From,
}

/// Where a value comes from.
enum From {
    File(Location),
    /// Who gives it where nobody says anything.
    Default(String),
}

/// `hydrule config`.
pub fn run(args: &ConfigArgs, console: &mut Console) -> Result<Done, CliError> {
    let project = Project::of(&args.project, args.path.as_deref())?;
    let packs = match project.packs() {
        Some(_) => project.all_packs()?,
        None => load_all()?,
    };
    let mut lines = lines(&project, &packs)?;
    lines.extend(cluster(&project));
    lines.extend(bases(args, &project, &packs)?);
    match args.output_format {
        OutputFormat::Json => console.print(&format!("{:#}\n", to_json(&project, &lines)))?,
        OutputFormat::Full => {
            let text = to_text(&project, &lines, Paint::new(console.out));
            console.page(&text)?;
        }
    }
    Ok(Done::Clean)
}

fn lines(project: &Project, packs: &[Pack]) -> Result<Vec<Line>, CliError> {
    let mut lines = Vec::new();
    let mut say = |key: &str, value: String, from: From| {
        lines.push(Line { key: key.to_owned(), value, from });
    };
    match project.packs() {
        Some(entries) => {
            for (entry, pack) in entries.iter().zip(packs) {
                let title = format!("{} ({} {})", entry.pack.as_str(), pack.name, pack.version);
                say("packs", title, From::File(entry.pack.location.clone()));
            }
        }
        None => {
            let from = From::Default("the one that knows the launch".to_owned());
            say("packs", String::new(), from);
        }
    }
    match project.target() {
        Some(text) => {
            // A version that no pack takes is a mistake.
            let own = |pack: &&Pack| text.as_str().starts_with(&format!("{}=", pack.target));
            let pack = packs.iter().find(own).or(packs.first());
            pack.map(|pack| told_target(pack, text.as_str(), "the project"))
                .transpose()
                .map_err(|error| error.moved_to(text))?;
            say("target", text.value.to_string(), From::File(text.location.clone()));
        }
        None => {
            let from = From::Default("the keys of the launch tell it".to_owned());
            say("target", String::new(), from);
        }
    }
    let overlay = project.overlay();
    for (name, value, from) in parameters(project, &overlay, packs) {
        say(&format!("params.{name}"), value.to_string(), from);
    }
    for (id, reason) in &overlay.off {
        say(
            &format!("off.{}", id.value),
            reason.value.to_string(),
            From::File(id.location.clone()),
        );
    }
    for pin in project.files.iter().flat_map(|it| &it.pins) {
        say("pins", pin.value.to_string(), From::File(pin.location.clone()));
    }
    for (glob, pack) in project.launches() {
        let key = format!("launches.{}", glob.value);
        say(&key, pack.value.to_string(), From::File(glob.location.clone()));
    }
    for (glob, path) in project.bases() {
        say(
            &format!("base.{}", glob.value),
            path.value.to_string(),
            From::File(glob.location.clone()),
        );
    }
    Ok(lines)
}

/// Lists the parameters of the project's packs. Where it names none, those that it sets: whatever pack a
/// launch comes to has more of its own.
fn parameters(project: &Project, overlay: &Overlay, packs: &[Pack]) -> Vec<(String, Value, From)> {
    let told = overlay.parameters.iter();
    let told: Vec<(String, Value, From)> = told
        .map(|(name, value)| {
            (name.value.to_string(), value.clone(), From::File(name.location.clone()))
        })
        .collect();
    if project.packs().is_none() {
        return told;
    }
    let of_pack = |pack: &Pack| -> Vec<(String, Value, From)> {
        let one = |(name, parameter): (&String, &Parameter)| {
            let told = told.iter().find(|(known, ..)| known == name);
            let from = match told {
                Some((_, _, From::File(at))) => From::File(at.clone()),
                _ => From::Default(format!("default of {}", pack.name)),
            };
            (name.clone(), parameter.value.clone(), from)
        };
        pack.parameters.iter().map(one).collect()
    };
    packs.iter().flat_map(of_pack).collect()
}

/// Says what the cluster has.
fn cluster(project: &Project) -> impl Iterator<Item = Line> {
    let Cluster { max_gpus, host_memory } = project.cluster();
    let line = |key: &str, limit: Text| Line {
        key: format!("cluster.{key}"),
        value: limit.value.into_owned(),
        from: From::File(limit.location),
    };
    let gpus = max_gpus.map(|it| line("max_gpus", it));
    gpus.into_iter().chain(host_memory.map(|it| line("host_memory", it)))
}

/// Says which base configurations are found for the launches of a file, or that none is looked for.
fn bases(args: &ConfigArgs, project: &Project, packs: &[Pack]) -> Result<Vec<Line>, CliError> {
    let line = |value: &str, from| Line { key: "base".to_owned(), value: value.to_owned(), from };
    if let Some((false, at)) = project.finds_bases() {
        return Ok(vec![line("false", From::File(at.clone()))]);
    }
    let Some(finder) = project.finder(args.no_base) else { return Ok(Vec::new()) };
    let script = args.path.iter().filter(|it| it.is_file());
    let script = script.filter(|it| matches!(kind_of(it), Kind::Script | Kind::Hosted(_)));
    let Some(path) = script.into_iter().next() else { return Ok(Vec::new()) };
    if project.base_of(path)?.is_some() {
        return Ok(Vec::new());
    }
    let mut lines: Vec<Line> = Vec::new();
    for input in read_inputs(slice::from_ref(path), &outside(&OutsideArgs::default())?)? {
        for launch in &input.script.launches {
            let Some(pack) = packs.iter().find(|it| knows(it, launch)) else { continue };
            let language = pack.arguments.of(&launch.program);
            let Ok(entries) = entries_of(&input.script, launch, language) else { continue };
            let found = finder.find(Some(pack), launch, &entries, language);
            let found = found.filter(|it| it.made.misfits.is_empty());
            let from = From::Default(format!("found for {}", launch.program));
            lines.extend(found.map(|it| line(&it.name, from)));
        }
    }
    Ok(lines)
}

fn to_text(project: &Project, lines: &[Line], paint: Paint) -> String {
    let names: Vec<&str> = project.files.iter().map(|it| it.source.name()).collect();
    let mut out = match names.as_slice() {
        [] => "No project configuration was found; these are the defaults.\n\n".to_owned(),
        [own] => format!("{}\n\n", paint.strong(own)),
        [own, bases @ ..] => format!("{}, over {}\n\n", paint.strong(own), bases.join(", ")),
    };
    let width = |text: &dyn Fn(&Line) -> usize| lines.iter().map(text).max().unwrap_or(0).min(48);
    let keys = width(&|line| line.key.chars().count());
    let values = width(&|line| line.value.chars().count());
    let mut last = "";
    for line in lines {
        // A key with several values is named once.
        let key = if line.key == last { "" } else { line.key.as_str() };
        let (from, value) = match &line.from {
            From::File(at) => (at.to_string(), line.value.clone()),
            From::Default(who) => (who.clone(), line.value.clone()),
        };
        let pad = |text: &str, width: usize| " ".repeat(width.saturating_sub(text.chars().count()));
        let blanks = (pad(key, keys), pad(&value, values));
        out.push_str(&format!("{}{}  ", paint.name(key), blanks.0));
        out.push_str(&format!("{value}{}  {}\n", blanks.1, paint.faint(&from)));
        last = &line.key;
    }
    out
}

fn to_json(project: &Project, lines: &[Line]) -> Json {
    let files: Vec<&str> = project.files.iter().map(|it| it.source.name()).collect();
    let values: Vec<Json> = lines
        .iter()
        .map(|line| match &line.from {
            From::File(at) => {
                let start = at.line_column();
                json!({
                    "key": line.key, "value": line.value, "file": at.source.name(),
                    "line": start.line, "column": start.column,
                })
            }
            From::Default(who) => json!({ "key": line.key, "value": line.value, "default": who }),
        })
        .collect();
    json!({ "format": 1, "files": files, "values": values })
}
