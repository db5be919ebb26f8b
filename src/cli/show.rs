use serde_json::{Value as Json, json};

use super::Done;
use super::args::{OutputFormat, ShowArgs};
use super::console::Console;
use super::error::CliError;
use super::job::{Input, entries_of, pairs, read_inputs};
use crate::report::{Paint, render_faults};
use crate::surface::bash::{Argument, Launch, Outside, Placed};
use crate::surface::slurm;
use crate::text::{Faults, Source, count};

/// `hydrule show`.
pub fn run(args: &ShowArgs, console: &mut Console) -> Result<Done, CliError> {
    let outside = Outside { environment: pairs(&args.env)?.into_iter().collect() };
    let inputs = read_inputs(&args.files, &outside)?;
    if args.output_format == OutputFormat::Json {
        let files: Vec<Json> = inputs.iter().map(file_json).collect();
        console.print(&format!("{:#}\n", json!({ "format": 1, "files": files })))?;
        return Ok(Done::Clean);
    }
    let mut faulty = Vec::new();
    for input in &inputs {
        let text = file_text(input, Paint::new(console.out));
        console.print(&text)?;
        faulty.extend(faults_of(input));
    }
    for faults in &faulty {
        console.say(&render_faults(faults, console.err));
    }
    Ok(if faulty.is_empty() { Done::Clean } else { Done::Proposed })
}

fn faults_of(input: &Input) -> Option<Faults> {
    let source = &input.script.source;
    let broken = input.script.launches.iter().filter_map(|launch| entries_of(source, launch).err());
    let faults: Vec<_> = broken.flatten().collect();
    (!faults.is_empty()).then(|| Faults { source: source.clone(), faults })
}

fn file_text(input: &Input, paint: Paint) -> String {
    let source = &input.script.source;
    let mut out = String::new();
    for launch in &input.script.launches {
        out.push_str(&launch_text(source, launch, paint));
    }
    if input.has_directives {
        out.push_str(&directives_text(source, paint));
    }
    for start in &input.script.starts {
        let forwards = if start.forwards { ", with the arguments it gets" } else { "" };
        let at = paint.faint(&source.at(start.span).to_string());
        out.push_str(&format!("{at}: starts {}{forwards}\n", start.path));
    }
    for note in &input.script.notes {
        let at = source.at(note.span);
        out.push_str(&format!("{} {at}: {}\n", paint.warn("!"), note.message));
    }
    if out.is_empty() {
        out.push_str(&format!("{}: no command with overrides\n", source.name()));
    }
    out
}

fn launch_text(source: &Source, launch: &Launch, paint: Paint) -> String {
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
        let pad = " ".repeat(width.saturating_sub(text.chars().count()));
        let text = match text.split_once('=') {
            Some((key, value)) => format!("{}={value}", paint.name(key)),
            None => text,
        };
        let place = paint.faint(&place(source, argument));
        out.push_str(&format!("  {text}{pad}  {place}\n"));
    }
    if let Some(at) = launch.forwards {
        let line = source.line_column(at.start).line;
        let text = format!("  … and the arguments of the script  line {line}\n");
        out.push_str(&paint.faint(&text));
    }
    out
}

fn shown(argument: &Argument) -> String {
    argument.text.known().unwrap_or_else(|| {
        let start = argument.text.known_start();
        format!("{start}?")
    })
}

fn place(source: &Source, argument: &Argument) -> String {
    let placed = argument.placed();
    let line = source.line_column(placed.span().start).line;
    let array = argument.array.as_ref().map(|name| format!(", in {name}")).unwrap_or_default();
    match placed {
        Placed::Literal(_) => format!("line {line}{array}"),
        Placed::Variable(name, _) => format!("line {line}, from {name}{array}"),
        Placed::Default(name, _) => format!("line {line}, default of {name}{array}"),
        Placed::Computed(names, _) => {
            format!("line {line}, computed from {}{array}", names.join(", "))
        }
        Placed::Unknown(why, _) => format!("line {line}{array}, unknown: {why}"),
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

fn file_json(input: &Input) -> Json {
    let source = &input.script.source;
    let launches: Vec<Json> =
        input.script.launches.iter().map(|launch| launch_json(source, launch)).collect();
    let directives: serde_json::Map<String, Json> = if input.has_directives {
        let facts = slurm::directive_facts(&slurm::read_directives(source), source);
        facts.into_iter().map(|(name, found)| (name, found.value.to_json())).collect()
    } else {
        serde_json::Map::new()
    };
    let notes: Vec<Json> = input
        .script
        .notes
        .iter()
        .map(|note| json!({ "message": note.message, "line": source.line_column(note.span.start).line }))
        .collect();
    json!({
        "path": source.name(),
        "launches": launches,
        "directives": directives,
        "starts": input.script.starts.iter().map(|it| &it.path).collect::<Vec<_>>(),
        "notes": notes,
    })
}

fn launch_json(source: &Source, launch: &Launch) -> Json {
    let overrides: Vec<Json> =
        launch.arguments.iter().map(|it| argument_json(source, it)).collect();
    json!({
        "program": launch.program,
        "line": launch.location.line_column().line,
        "flags": launch.flags,
        "condition": launch.condition,
        "forwards_arguments": launch.forwards.is_some(),
        "overrides": overrides,
    })
}

fn argument_json(source: &Source, argument: &Argument) -> Json {
    let placed = argument.placed();
    let (origin, names) = match &placed {
        Placed::Literal(_) => ("literal", Vec::new()),
        Placed::Variable(name, _) => ("variable", vec![name.clone()]),
        Placed::Default(name, _) => ("default", vec![name.clone()]),
        Placed::Computed(names, _) => ("computed", names.clone()),
        Placed::Unknown(..) => ("unknown", Vec::new()),
    };
    let at = source.line_column(placed.span().start);
    json!({
        "key": argument.key(),
        "text": argument.text.known(),
        "unknown": argument.text.why_unknown(),
        "origin": origin,
        "variables": names,
        "array": argument.array,
        "line": at.line,
        "column": at.column,
        "span": placed.span(),
        "word": argument.word,
    })
}
