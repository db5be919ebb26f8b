use serde_json::{Value as Json, json};

use super::Done;
use super::args::{OutputFormat, SetArgs};
use super::chain::read_inputs;
use super::choose::Languages;
use super::commit::{begin, commit};
use super::console::Console;
use super::edits::yaml_sites;
use super::error::CliError;
use super::files::read_script;
use super::job::outside;
use super::kind::{Kind, host_of, kind_of, refuse_foreign};
use super::project::Project;
use super::recorded::given;
use super::run_folder::read_any_folder;
use super::told::check_pins;
use crate::config::read_argument;
use crate::engine::{Pin, State};
use crate::facts::Provenance;
use crate::overrides::{Language, Override, OverrideKind, parse};
use crate::report::{
    FileChange, Look, Paint, edited_json, edited_text, placed, refusal_json, unified_diff,
};
use crate::surface::bash::{self, Change, How, Moved, Refusal, Script, Wanted};
use crate::surface::pins::{marks_of, pinned_directives, pinned_in_yaml, pinned_keys};
use crate::surface::{hosted, slurm, yaml};
use crate::text::{Fault, Faults, Source, Span, apply_edits, join_or, shell_word};
use crate::value::Value;

/// A change that is ready.
struct Made {
    file: FileChange,
    /// What is done, for people.
    text: String,
    /// The same as data.
    json: Json,
    /// The keys that something unread may set, and nothing that is read does.
    untold: Vec<String>,
}

/// `hydrule set`.
pub fn run(args: &SetArgs, console: &mut Console) -> Result<Done, CliError> {
    if host_of(&args.file).is_none() {
        refuse_foreign(&args.file)?;
    }
    let files = std::slice::from_ref(&args.file);
    begin(files, args.write, console)?;
    let Made { file, text, json, untold } = match kind_of(&args.file) {
        Kind::Yaml => in_yaml(args, console.err)?,
        Kind::Script | Kind::Hosted(_) => in_script(args, console)?,
        Kind::Folder => return in_folder(args, console),
    };
    console.say(&text);
    let changes = file.before != file.after;
    if changes && args.write {
        let before = Source::new(file.path.as_str(), file.before.as_str());
        commit(files, std::slice::from_ref(&file), given(args, &before)?, console)?;
    }
    if args.output_format == OutputFormat::Json {
        let diff = unified_diff(&file, Paint::new(Look::PLAIN));
        let files = if changes { json!([{ "path": file.path, "diff": diff }]) } else { json!([]) };
        let end = json!({ "files": files, "written": changes && args.write });
        print_json(vec![json, end], console)?;
    } else if changes && !args.write {
        console.print(&unified_diff(&file, Paint::new(console.out)))?;
    }
    let paint = Paint::new(console.err);
    let (said, done) = match (changes, args.write) {
        (false, _) if !untold.is_empty() => {
            let keys: Vec<String> = untold.iter().map(|key| format!("`{key}`")).collect();
            let mark = paint.warn("!");
            let text = format!("nothing tells whether {} is set", join_or(&keys));
            (format!("{mark} Nothing was changed: {text}.\n"), Done::Clean)
        }
        (false, _) => ("Nothing to do: the file says so already.\n".to_owned(), Done::Clean),
        (true, true) => (String::new(), Done::Clean),
        (true, false) => {
            (paint.faint("Nothing was written; --write makes the change.\n"), Done::Proposed)
        }
    };
    console.say(&said);
    Ok(done)
}

/// Prints objects as one.
fn print_json(parts: Vec<Json>, console: &mut Console) -> Result<(), CliError> {
    let mut whole = serde_json::Map::new();
    whole.insert("format".to_owned(), 1.into());
    for part in parts {
        if let Json::Object(part) = part {
            whole.extend(part);
        }
    }
    console.print(&format!("{:#}\n", Json::Object(whole)))
}

/// Makes the change in a configuration's own text.
fn in_yaml(args: &SetArgs, look: Look) -> Result<Made, CliError> {
    if !(args.launch.is_empty() && args.outside.env.is_empty() && args.also.is_empty()) {
        let message = "--launch, --env and --also are for launch scripts";
        return Err(CliError::plain(message));
    }
    let source = read_script(&args.file)?;
    let overrides = parse_all(&args.overrides)?;
    let edited = yaml::edit(&source, &overrides).map_err(|refusal| {
        let text = refusal.index.and_then(|at| Some((at, args.overrides.get(at)?)));
        let source = match text {
            Some((at, text)) => Source::new(format!("override {}", at + 1), text.as_str()),
            None => source.clone(),
        };
        CliError::from(Faults::one(source, refusal.fault))
    })?;
    let own = pinned_in_yaml(&source, &edited.before).0.into_iter().map(Pin::said);
    let project = Project::of(&args.project, Some(&args.file))?;
    let pins: Vec<Pin> = own.chain(told_pins(args, &project)?).collect();
    refuse_pinned(args, &pins, edited.sites.iter().map(|it| it.key.as_str()))?;
    let sites = yaml_sites(&source, &edited);
    let changes: Vec<Json> =
        sites.iter().map(|(key, place)| json!({ "key": key, "place": place })).collect();
    let text = sites.iter().map(|(key, site)| placed(key, site, look)).collect();
    let file = FileChange::new(&source, edited.text);
    Ok(Made { file, text, json: json!({ "changes": changes }), untold: Vec::new() })
}

/// What the project and the command line pin.
fn told_pins(args: &SetArgs, project: &Project) -> Result<Vec<Pin>, CliError> {
    check_pins(&args.pin)?;
    let own = args.pin.iter().map(|name| Pin::new(name, "--pin"));
    Ok(own.chain(project.pins()).collect())
}

/// Refuses to change what is pinned.
fn refuse_pinned<'a>(
    args: &SetArgs,
    pins: &[Pin],
    keys: impl Iterator<Item = &'a str>,
) -> Result<(), CliError> {
    let pinned = |key: &'a str| Some((key, pins.iter().find(|pin| pin.holds(key))?));
    let mut keys = keys;
    match keys.find_map(pinned).filter(|_| !args.force) {
        None => Ok(()),
        Some((key, pin)) => {
            let key = key.replace("$sbatch.", "sbatch:");
            Err(CliError::plain(format!("{key} is pinned by {}", pin.by))
                .helped("--force changes it all the same"))
        }
    }
}

/// Prints the command line of a run with other overrides.
fn in_folder(args: &SetArgs, console: &mut Console) -> Result<Done, CliError> {
    if args.write {
        let message = "--write needs a file to change: a run folder only tells what was run";
        return Err(CliError::plain(message).helped("the changed command line goes to stdout"));
    }
    let job = match args.launch.as_slice() {
        [] => None,
        [job] => Some(*job),
        _ => return Err(CliError::plain("a run folder gives one command line; name one job")),
    };
    let project = Project::of(&args.project, Some(&args.file))?;
    let folder = read_any_folder(&args.file, job, &project)?;
    let entries = folder.entries()?;
    let mut state = State { entries, ..State::default() };
    let overrides = parse_all(&args.overrides)?;
    refuse_pinned(args, &told_pins(args, &project)?, overrides.iter().map(|it| it.key.as_str()))?;
    for parsed in overrides {
        if parsed.kind == OverrideKind::Delete && parsed.value.is_none() {
            state.entries.edit().retain(|it| it.key != parsed.key);
        } else {
            state.put(with_old_sigil(&state, parsed), Provenance::Computed);
        }
    }
    let texts = state.entries.iter().filter_map(|it| Some(it.value.as_ref().ok()?.text.clone()));
    let texts: Vec<String> = texts.collect();
    for remark in folder.remarks(true) {
        let paint = Paint::new(console.err);
        console.say(&format!("{} {remark}\n", paint.warn("!")));
    }
    if args.output_format == OutputFormat::Json {
        let command = folder.command(&texts);
        print_json(vec![json!({ "command": command, "overrides": texts })], console)?;
    } else {
        console.print(&format!("{}\n", folder.command(&texts)))?;
    }
    let before = folder.run.overrides.iter().map(|(text, _)| text);
    Ok(if before.eq(texts.iter()) { Done::Clean } else { Done::Proposed })
}

/// Gives an override without a sigil the one that the run used for its key.
fn with_old_sigil(state: &State, parsed: Override) -> Override {
    let old = state.winning(&parsed.key).and_then(|it| it.value.as_ref().ok());
    let Some(old) = old.filter(|_| parsed.kind == OverrideKind::Change) else { return parsed };
    let text = format!("{}{}", old.kind.sigil(), parsed.text);
    parse(&text).unwrap_or(parsed)
}

/// Makes the change where a launch script gives its overrides.
fn in_script(args: &SetArgs, console: &mut Console) -> Result<Made, CliError> {
    let (directives, overrides): (Vec<String>, Vec<String>) =
        args.overrides.iter().cloned().partition(|text| directive(text).is_some());
    let directives = wanted_directives(&directives)?;
    let outside = outside(&args.outside)?;
    let inputs = read_inputs(std::slice::from_ref(&args.file), &outside)?;
    let Some(input) = inputs.first() else {
        return Err(CliError::plain("there is nothing to read"));
    };
    let script = &input.script;
    let project = Project::of(&args.project, Some(&args.file))?;
    let changes = changes(&overrides, language(args, script, &project)?)?;
    let host = host_of(&args.file);
    if host.is_some() && (script.launches.is_empty() || !directives.is_empty()) {
        refuse_foreign(&args.file)?;
    }
    let original = if host.is_some() { read_script(&args.file)? } else { script.source.clone() };
    let mut made = Made {
        file: FileChange::new(&original, original.text().to_owned()),
        text: String::new(),
        json: json!({ "changes": [] }),
        untold: Vec::new(),
    };
    if !changes.is_empty() {
        let launches = choose(script, &args.launch, &changes)?;
        let mut pins: Vec<Pin> = told_pins(args, &project)?;
        let marks = marks_of(script);
        for launch in launches.iter().filter_map(|at| script.launches.get(*at)) {
            pins.extend(pinned_keys(script, &marks, launch).into_iter().map(Pin::said));
        }
        refuse_pinned(args, &pins, changes.iter().map(|it| it.key.as_str()))?;
        let wanted = Wanted { launches: &launches, changes: &changes, also: &args.also };
        let edited = bash::edit(script, &outside, &wanted);
        let edited = edited.map_err(|refusal| refused(args, &script.source, refusal, console))?;
        let moved = edited.moved.iter().filter_map(|it| match it {
            Moved::Key { key, .. } => Some(key.as_str()),
            Moved::Command { .. } => None,
        });
        refuse_pinned(args, &pins, moved)?;
        made.text = edited_text(script, &edited, console.err);
        made.json = edited_json(script, &wanted, &edited);
        let untold = edited.sites.iter().filter(|it| matches!(it.how, How::Untold(_)));
        made.untold = untold.map(|it| it.key.clone()).collect();
        made.file.after = match host {
            None => edited.text,
            Some(host) => hosted::edited(&original, host, &edited.edits, &edited.text)
                .map_err(|fault| CliError::from(Faults::one(original.clone(), fault)))?,
        };
    }
    if host.is_some() {
        return Ok(made);
    }
    let pins = pinned_directives(&script.source).into_iter().map(Pin::said);
    let pins: Vec<Pin> = pins.chain(told_pins(args, &project)?).collect();
    let names: Vec<String> = directives.iter().map(|(name, _)| format!("$sbatch.{name}")).collect();
    refuse_pinned(args, &pins, names.iter().map(String::as_str))?;
    let edited = Source::new(script.source.name(), made.file.after.as_str());
    made.file.after = in_directives(&edited, &directives)?;
    Ok(made)
}

/// Tells programs about a refusal; people get the error.
fn refused(args: &SetArgs, source: &Source, refusal: Refusal, console: &mut Console) -> CliError {
    if args.output_format == OutputFormat::Json {
        let refused = refusal_json(source, &refusal);
        if let Err(error) = print_json(vec![json!({ "refused": refused })], console) {
            return error;
        }
    }
    CliError::from(Faults::one(source.clone(), refusal.fault))
}

/// Takes `sbatch:NAME=VALUE` apart; `$sbatch.NAME=VALUE`, as conditions write it, is the same.
pub fn directive(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix("sbatch:").or(text.strip_prefix("$sbatch."))?;
    rest.split_once('=')
}

fn wanted_directives(texts: &[String]) -> Result<Vec<(String, Value)>, CliError> {
    let mut wanted = Vec::new();
    for (name, text) in texts.iter().filter_map(|text| directive(text)) {
        let value = slurm::directive_value(name, text)
            .map_err(|fault| CliError::at_word(if text.is_empty() { name } else { text }, fault))?;
        wanted.push((name.to_owned(), value));
    }
    Ok(wanted)
}

/// Makes the changes of directives.
fn in_directives(source: &Source, wanted: &[(String, Value)]) -> Result<String, CliError> {
    let wanted: Vec<(&str, &Value)> =
        wanted.iter().map(|(name, value)| (name.as_str(), value)).collect();
    if wanted.is_empty() {
        return Ok(source.text().to_owned());
    }
    let edits = slurm::edit_directives(source, &wanted)
        .map_err(|fault| CliError::from(Faults::one(source.clone(), fault)))?;
    apply_edits(source.text(), &edits).map_err(|overlap| CliError::plain(overlap.to_string()))
}

/// Reads overrides; the mistakes of all are told at once.
pub fn parse_all(texts: &[String]) -> Result<Vec<Override>, CliError> {
    read_all(texts, parse)
}

fn read_all(
    texts: &[String],
    read: impl Fn(&str) -> Result<Override, Fault>,
) -> Result<Vec<Override>, CliError> {
    let mut overrides = Vec::new();
    let mut faulty = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        match read(text) {
            Ok(parsed) => overrides.push(parsed),
            Err(fault) => {
                let source = Source::new(format!("override {}", index + 1), text.as_str());
                faulty.push(Faults::one(source, fault));
            }
        }
    }
    if faulty.is_empty() { Ok(overrides) } else { Err(CliError::Faults(faulty)) }
}

/// Returns the language of the arguments of the launch meant, the first of several.
fn language(args: &SetArgs, script: &Script, project: &Project) -> Result<Language, CliError> {
    let index = args.launch.first().map_or(0, |number| number.saturating_sub(1));
    let Some(launch) = script.launches.get(index) else { return Ok(Language::Hydra) };
    Ok(Languages::of(project)?.of_launch(launch))
}

/// Reads the wanted overrides as their launch would; `~KEY` takes the key's override out of the
/// script, whatever the launch makes of such an argument.
fn changes(texts: &[String], language: Language) -> Result<Vec<Change>, CliError> {
    let mut changes = Vec::new();
    let read = |text: &str| match text.starts_with('~') && !text.contains('=') {
        true => parse(text),
        false => read_argument(language, text),
    };
    for parsed in read_all(texts, read)? {
        let removes = parsed.kind == OverrideKind::Delete && parsed.value.is_none();
        let change =
            if removes { Change::removing(&parsed.text) } else { Change::setting(parsed.text) };
        changes.retain(|old: &Change| old.key != change.key);
        changes.push(change);
    }
    Ok(changes)
}

/// Chooses the launches: those of the given numbers, else the only command there is.
fn choose(script: &Script, numbers: &[usize], changes: &[Change]) -> Result<Vec<usize>, CliError> {
    let launches = &script.launches;
    let name = script.source.name();
    let Some(first) = launches.first() else {
        return Err(no_launch(script, changes));
    };
    // One command that runs several times is still one.
    if numbers.is_empty() && launches.iter().all(|it| it.location.span == first.location.span) {
        return Ok((0..launches.len()).collect());
    }
    let message = match numbers.iter().find(|number| !(1..=launches.len()).contains(number)) {
        Some(number) => format!("{name} has no launch {number}"),
        None if numbers.is_empty() => format!("{name} has {} launches", launches.len()),
        None => return Ok(numbers.iter().map(|number| number - 1).collect()),
    };
    let mut help = "choose with --launch N, or several with --launch N,M:".to_owned();
    for (index, launch) in launches.iter().enumerate() {
        help.push_str(&format!("\n    {}  {}: {}", index + 1, launch.location, launch.program));
    }
    Err(CliError::plain(message).helped(help))
}

/// Explains that a script has no launch: with the place where it writes the key all the same, in a
/// heredoc or in a text that something else runs.
fn no_launch(script: &Script, changes: &[Change]) -> CliError {
    let source = &script.source;
    let message = format!("no command with overrides was found in {}", source.name());
    if source.text().contains("\\\r\n") {
        return CliError::plain(message).helped(
            "the lines end as on Windows, so bash does not join them at `\\`; convert the file first",
        );
    }
    let writes = |change: &Change| {
        written(source.text(), &change.key).map(|span| (change.after.clone(), span))
    };
    let written = changes.iter().filter(|_| script.starts.is_empty()).find_map(writes);
    if let Some((after, span)) = written {
        let fault = Fault::new("hydrule::edit::not_read", span, message).labelled(
            "this stands where no command is read: in a heredoc, or a text for another shell",
        );
        let help = match after {
            Some(after) => format!("change it by hand to what gives: {}", shell_word(&after)),
            None => "take it out by hand".to_owned(),
        };
        return CliError::from(Faults::one(source.clone(), fault.helped(help)));
    }
    let error = CliError::plain(message);
    match (script.starts.first(), script.notes.first()) {
        (Some(start), _) => {
            error.helped(format!("it starts `{}`; set the overrides there", start.path))
        }
        (None, Some(note)) => error.helped(format!("{}: {}", source.at(note.span), note.message)),
        (None, None) => {
            error.helped("a launch is a `python -m MODULE key=value …` or a like command")
        }
    }
}

/// Finds where a text says `key=`, comments left out.
fn written(text: &str, key: &str) -> Option<Span> {
    let wanted = format!("{key}=");
    text.match_indices(&wanted).map(|(at, _)| at).find_map(|at| {
        let before = text.get(..at)?;
        let line = before.rsplit('\n').next()?;
        let joined = before.ends_with(|c: char| c.is_alphanumeric() || "._-/".contains(c));
        let comment = line.trim_start().starts_with('#');
        (!joined && !comment).then(|| Span::new(at, at + wanted.len()))
    })
}
