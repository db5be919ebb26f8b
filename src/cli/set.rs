use super::Done;
use super::args::SetArgs;
use super::chain::read_inputs;
use super::commit::{begin, commit};
use super::console::Console;
use super::error::CliError;
use super::files::read_script;
use super::job::outside;
use super::kind::{Kind, kind_of};
use super::recorded::given;
use super::rewrite::{sites, yaml_sites};
use super::run_folder::read_folder;
use crate::engine::State;
use crate::facts::Provenance;
use crate::overrides::{Override, OverrideKind, parse};
use crate::pack;
use crate::report::{FileChange, Paint, unified_diff};
use crate::surface::bash::{self, Change, Script, Wanted};
use crate::surface::{slurm, yaml};
use crate::text::{Faults, Source, apply_edits};
use crate::value::Value;

/// `hydrule set`.
pub fn run(args: &SetArgs, console: &mut Console) -> Result<Done, CliError> {
    let files = std::slice::from_ref(&args.file);
    begin(files, args.write, console)?;
    let change = match kind_of(&args.file) {
        Kind::Yaml => in_yaml(args, console)?,
        Kind::Script => in_script(args, console)?,
        Kind::Folder => return in_folder(args, console),
    };
    if change.before == change.after {
        console.say("Nothing to do: the file says so already.\n");
        return Ok(Done::Clean);
    }
    let paint = Paint::new(console.err);
    if args.write {
        let before = Source::new(change.path.as_str(), change.before.as_str());
        commit(files, std::slice::from_ref(&change), given(args, &before)?, console)?;
        return Ok(Done::Clean);
    }
    console.print(&unified_diff(&change, Paint::new(console.out)))?;
    console.say(&paint.faint("Nothing was written; --write makes the change.\n"));
    Ok(Done::Proposed)
}

/// Makes the change in a configuration's own text.
fn in_yaml(args: &SetArgs, console: &mut Console) -> Result<FileChange, CliError> {
    if !(args.launch.is_empty() && args.env.is_empty() && args.also.is_empty()) {
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
    tell_sites(&yaml_sites(&source, &edited), console);
    Ok(FileChange::new(&source, edited.text))
}

/// Prints the command line of a run with other overrides.
fn in_folder(args: &SetArgs, console: &mut Console) -> Result<Done, CliError> {
    if args.write {
        let message = "--write needs a file to change: a run folder only tells what was run";
        return Err(CliError::plain(message).helped("the changed command line goes to stdout"));
    }
    let pack = pack::load("verl").map_err(|error| CliError::pack("verl", error))?;
    let job = match args.launch.as_slice() {
        [] => None,
        [job] => Some(*job),
        _ => return Err(CliError::plain("a run folder gives one command line; name one job")),
    };
    let folder = read_folder(&args.file, job, &pack)?;
    let entries = folder.entries()?;
    let mut state = State { entries, ..State::default() };
    for parsed in parse_all(&args.overrides)? {
        if parsed.kind == OverrideKind::Delete && parsed.value.is_none() {
            state.entries.retain(|it| it.key != parsed.key);
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
    console.print(&format!("{}\n", folder.command(&texts)))?;
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
fn in_script(args: &SetArgs, console: &mut Console) -> Result<FileChange, CliError> {
    let (directives, overrides): (Vec<String>, Vec<String>) =
        args.overrides.iter().cloned().partition(|text| directive(text).is_some());
    let directives = wanted_directives(&directives)?;
    let changes = changes(&overrides)?;
    let outside = outside(&args.env, args.args.clone())?;
    let inputs = read_inputs(std::slice::from_ref(&args.file), &outside)?;
    let Some(input) = inputs.first() else {
        return Err(CliError::plain("there is nothing to read"));
    };
    let script = &input.script;
    if changes.is_empty() {
        return Ok(FileChange::new(&script.source, in_directives(&script.source, &directives)?));
    }
    let launches = choose(script, &args.launch)?;
    let wanted = Wanted { launches: &launches, changes: &changes, also: &args.also };
    let edited = bash::edit(script, &outside, &wanted)
        .map_err(|refusal| CliError::from(Faults::one(script.source.clone(), refusal.fault)))?;
    tell_sites(&sites(&script.source, &edited), console);
    let edited = Source::new(script.source.name(), edited.text);
    Ok(FileChange::new(&script.source, in_directives(&edited, &directives)?))
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

fn tell_sites(sites: &[(String, String)], console: &mut Console) {
    let paint = Paint::new(console.err);
    for (key, site) in sites {
        console.say(&format!("{}  {}\n", paint.strong(key), paint.faint(site)));
    }
}

/// Reads overrides; the mistakes of all are told at once.
pub fn parse_all(texts: &[String]) -> Result<Vec<Override>, CliError> {
    let mut overrides = Vec::new();
    let mut faulty = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        match parse(text) {
            Ok(parsed) => overrides.push(parsed),
            Err(fault) => {
                let source = Source::new(format!("override {}", index + 1), text.as_str());
                faulty.push(Faults::one(source, fault));
            }
        }
    }
    if faulty.is_empty() { Ok(overrides) } else { Err(CliError::Faults(faulty)) }
}

/// Reads the wanted overrides; `~KEY` takes the key's override out of the script.
fn changes(texts: &[String]) -> Result<Vec<Change>, CliError> {
    let mut changes = Vec::new();
    for parsed in parse_all(texts)? {
        let removes = parsed.kind == OverrideKind::Delete && parsed.value.is_none();
        let change =
            if removes { Change::removing(&parsed.text) } else { Change::setting(parsed.text) };
        changes.retain(|old: &Change| old.key != change.key);
        changes.push(change);
    }
    Ok(changes)
}

/// Chooses the launches: those of the given numbers, else the only command there is.
fn choose(script: &Script, numbers: &[usize]) -> Result<Vec<usize>, CliError> {
    let launches = &script.launches;
    let name = script.source.name();
    let Some(first) = launches.first() else {
        return Err(CliError::plain(format!("no command with overrides was found in {name}")));
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
