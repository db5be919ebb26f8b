use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use super::Done;
use super::args::{OutputFormat, ShowArgs};
use super::chain::{Input, read_inputs};
use super::choose::Languages;
use super::console::Console;
use super::error::CliError;
use super::files::read_script;
use super::job::{entries_of, outside};
use super::kind::{Kind, host_of, kind_of, refuse_foreign};
use super::project::Project;
use super::run_folder::{Folder, read_any_folder};
use super::show_json::file_json;
use crate::config::{Config, inline};
use crate::facts::Provenance;
use crate::overrides::parse;
use crate::path::KeyPath;
use crate::report::{Look, Paint, render_faults};
use crate::surface::bash::{Argument, Launch, Placed, Script};
use crate::surface::slurm;
use crate::text::{Faults, Source, count, secret};

/// Reads run folders.
fn read_folders(paths: &[&PathBuf], args: &ShowArgs) -> Result<Vec<Folder>, CliError> {
    let read = |path: &&PathBuf| {
        read_any_folder(path, None, &Project::of(&args.project, Some(path.as_path()))?)
    };
    paths.iter().map(read).collect()
}

/// `hydrule show`.
pub fn run(args: &ShowArgs, console: &mut Console) -> Result<Done, CliError> {
    let refused = |it: &&PathBuf| host_of(it).is_none();
    args.files.iter().filter(refused).try_for_each(|it| refuse_foreign(it))?;
    let outside = outside(&args.outside)?;
    let of = |kind: Kind| args.files.iter().filter(move |it| kind_of(it) == kind);
    let is_script = |it: &&PathBuf| matches!(kind_of(it), Kind::Script | Kind::Hosted(_));
    let scripts: Vec<PathBuf> = args.files.iter().filter(is_script).cloned().collect();
    let inputs = read_inputs(&scripts, &outside)?;
    for (path, input) in scripts.iter().zip(&inputs) {
        if host_of(path).is_some() && input.script.launches.is_empty() {
            refuse_foreign(path)?;
        }
    }
    let folders: Vec<&PathBuf> = of(Kind::Folder).collect();
    let folders = read_folders(&folders, args)?;
    let configs = of(Kind::Yaml).map(|it| Ok(Config::read_plain(&read_script(it)?)?));
    let configs: Vec<(&PathBuf, Config)> =
        of(Kind::Yaml).zip(configs.collect::<Result<Vec<_>, CliError>>()?).collect();
    let (mut inputs, mut folders, mut configs) = (inputs.iter(), folders.iter(), configs.iter());
    let in_order = args.files.iter().filter_map(|path| match kind_of(path) {
        Kind::Folder => folders.next().map(Shown::Folder),
        Kind::Yaml => configs.next().map(|(path, config)| Shown::Config(path, config)),
        _ => inputs.next().map(Shown::Script),
    });
    let shown: Vec<Shown<'_>> = in_order.collect();
    if args.output_format == OutputFormat::Json {
        let files: Vec<Json> = shown.iter().map(Shown::to_json).collect();
        console.print(&format!("{:#}\n", json!({ "format": 1, "files": files })))?;
        return Ok(Done::Clean);
    }
    let mut faulty = Vec::new();
    let paint = Paint::new(console.out);
    for one in &shown {
        let (text, faults) = match one {
            Shown::Script(input) => (file_text(input, console.out), faults_of(input, args)?),
            Shown::Folder(folder) => (folder_text(folder, paint), folder.entries().err()),
            Shown::Config(path, config) => (config_text(path, config, paint), None),
        };
        console.page(&text)?;
        faulty.extend(faults);
    }
    for faults in &faulty {
        console.tell(&render_faults(faults, console.err));
    }
    Ok(if faulty.is_empty() { Done::Clean } else { Done::Proposed })
}

/// What one of the arguments is.
enum Shown<'a> {
    Script(&'a Input),
    Folder(&'a Folder),
    Config(&'a Path, &'a Config),
}

impl Shown<'_> {
    fn to_json(&self) -> Json {
        match self {
            Self::Script(input) => file_json(input),
            Self::Folder(folder) => folder_json(folder),
            Self::Config(path, config) => config_json(path, config),
        }
    }
}

fn folder_text(folder: &Folder, paint: Paint) -> String {
    let mut out = format!("{}\n", paint.strong(&folder.title()));
    for (text, span) in &folder.run.overrides {
        let (key, value) = text.split_once('=').unwrap_or((text, ""));
        let equals = if text.contains('=') { "=" } else { "" };
        let at = paint.faint(&folder.overrides.at(*span).to_string());
        out.push_str(&format!("  {}{equals}{value}  {at}\n", paint.name(key)));
    }
    let command = folder.command(&folder.texts());
    out.push_str(&format!("{} {command}\n", paint.faint("again:")));
    for remark in folder.remarks(folder.log.is_some()) {
        out.push_str(&format!("{} {remark}\n", paint.warn("!")));
    }
    out
}

fn folder_json(folder: &Folder) -> Json {
    let overrides: Vec<Json> = folder
        .run
        .overrides
        .iter()
        .map(|(text, span)| {
            let at = folder.overrides.line_column(span.start);
            let key = parse(text).ok().map(|it| it.key);
            json!({ "key": key, "text": text, "line": at.line, "column": at.column, "span": span })
        })
        .collect();
    json!({
        "path": folder.path.display().to_string(),
        "job": folder.run.job,
        "command": folder.command(&folder.texts()),
        "command_is_certain": folder.program.1,
        "started_in": folder.run.started_in,
        "log": folder.log.as_ref().map(|log| log.display().to_string()),
        "overrides": overrides,
    })
}

/// Lists the values of a configuration with their lines.
fn leaves(config: &Config) -> Vec<(String, String, Provenance)> {
    let keys = config.value_keys().into_iter();
    let leaf = |key: String| {
        let node = config.node(&KeyPath::new(key.as_str()))?;
        Some((key, inline(&node.content, false, None)?, config.provenance(node)))
    };
    keys.filter_map(leaf).collect()
}

fn config_text(path: &Path, config: &Config, paint: Paint) -> String {
    let mut out = format!("{}\n", paint.strong(&path.display().to_string()));
    for (key, value, from) in leaves(config) {
        let from = paint.faint(&from.to_string());
        out.push_str(&format!("  {}: {value}  {from}\n", paint.name(&key)));
    }
    out
}

fn config_json(path: &Path, config: &Config) -> Json {
    let line = |from: &Provenance| match from {
        Provenance::Text(at) => Some(at.line_column().line),
        _ => None,
    };
    let values: Vec<Json> = leaves(config)
        .into_iter()
        .map(|(key, text, from)| json!({ "key": key, "text": text, "line": line(&from) }))
        .collect();
    json!({ "path": path.display().to_string(), "values": values })
}

fn faults_of(input: &Input, args: &ShowArgs) -> Result<Option<Faults>, CliError> {
    let Script { source, launches, .. } = &input.script;
    let languages = Languages::of(&Project::of(&args.project, Some(Path::new(source.name())))?)?;
    let broken = launches
        .iter()
        .filter_map(|it| entries_of(&input.script, it, languages.of_launch(it)).err());
    // What a function passes on is wrong in each of its launches.
    let mut told = HashSet::new();
    let faults = broken.flatten().filter(|it| told.insert((it.span, it.code, it.message.clone())));
    let faults: Vec<_> = faults.collect();
    Ok((!faults.is_empty()).then(|| Faults { source: source.clone(), faults }))
}

fn file_text(input: &Input, look: Look) -> String {
    let paint = Paint::new(look);
    let source = &input.script.source;
    let mut out = String::new();
    for launch in &input.script.launches {
        out.push_str(&launch_text(&input.script, launch, look));
    }
    if input.has_directives {
        out.push_str(&directives_text(source, paint));
    }
    for start in &input.script.starts {
        let forwards = if start.forwards { ", with the arguments it gets" } else { "" };
        let at = paint.faint(&input.script.at(start.span).to_string());
        out.push_str(&format!("{at}: starts {}{forwards}\n", start.path));
    }
    for note in &input.script.notes {
        let at = input.script.at(note.span);
        out.push_str(&format!("{} {at}: {}\n", paint.warn("!"), note.message));
    }
    if out.is_empty() {
        out.push_str(&format!("{}: no command with overrides\n", source.name()));
    }
    out
}

fn launch_text(script: &Script, launch: &Launch, look: Look) -> String {
    let paint = Paint::new(look);
    let condition = launch.condition.as_ref().map(|it| format!(", {it}")).unwrap_or_default();
    let overrides = count(launch.arguments.len(), "override");
    let mut out = format!(
        "{}  {overrides}{condition}  {}\n",
        paint.strong(&launch.program),
        paint.faint(&launch.location.to_string())
    );
    for flag in &launch.flags {
        out.push_str(&format!("  {flag}\n"));
    }
    let width =
        launch.arguments.iter().map(|it| shown(it).chars().count()).filter(|it| *it <= 70).max();
    let width = width.unwrap_or(0);
    for argument in &launch.arguments {
        let text = shown(argument);
        let place = place(script, argument);
        let (long, rest) = (text.chars().count(), place.chars().count());
        // In its column, else behind the override, else below it.
        let gap = [width.max(long) - long + 2, 2].into_iter();
        let gap = gap.filter(|gap| 2 + long + gap + rest <= look.width).map(|gap| " ".repeat(gap));
        let gap = gap.max().unwrap_or_else(|| "\n      ".to_owned());
        let text = match text.split_once('=') {
            Some((key, value)) => format!("{}={value}", paint.name(key)),
            None => text,
        };
        out.push_str(&format!("  {text}{gap}{}\n", paint.faint(&place)));
    }
    if let Some(at) = launch.forwards {
        let line = script.at(at).line_column().line;
        let text = format!("  … and the arguments of the script  line {line}\n");
        out.push_str(&paint.faint(&text));
    }
    out
}

/// What a launch passes, without secrets: columns are counted in what is shown.
fn shown(argument: &Argument) -> String {
    let text = argument.text.known().unwrap_or_else(|| {
        let start = argument.text.known_start();
        format!("{start}?")
    });
    secret::hidden(&text).into_owned()
}

/// Says where an override gets its value.
pub fn place(script: &Script, argument: &Argument) -> String {
    if argument.is_given() {
        return "given to the script".to_owned();
    }
    let placed = argument.placed();
    let at = script.at(placed.span());
    let line = at.line_column().line;
    let file = if script.holds(placed.span()) { "" } else { at.source.name() };
    let line = if file.is_empty() { line.to_string() } else { format!("{line} of {file}") };
    let array =
        argument.array.as_ref().map(|it| format!(", in {}", it.variable)).unwrap_or_default();
    match placed {
        Placed::Literal(_) => format!("line {line}{array}"),
        Placed::Variable(names, _) => format!("line {line}, from {}{array}", few(&names)),
        Placed::Default(name, _) => format!("line {line}, default of {name}{array}"),
        Placed::Computed(names, _) => {
            format!("line {line}, computed from {}{array}", few(&names))
        }
        Placed::Unknown(why, _) => format!("line {line}{array}, unknown: {why}"),
    }
}

/// How many variables are named that a value goes through.
const MOST_NAMES: usize = 12;

fn few(names: &[String]) -> String {
    match names.split_at_checked(MOST_NAMES) {
        Some((first, rest)) if !rest.is_empty() => {
            format!("{} and {} more", first.join(", "), rest.len())
        }
        _ => names.join(", "),
    }
}

fn directives_text(source: &Source, paint: Paint) -> String {
    let facts = slurm::directive_facts(&slurm::read_directives(source), source);
    let mut out = format!("{}\n", paint.strong(&format!("{}: #SBATCH", source.name())));
    for (name, found) in &facts {
        let from = paint.faint(&found.from.to_string());
        out.push_str(&format!("  {}={}  {from}\n", paint.name(name), found.value));
    }
    out
}
