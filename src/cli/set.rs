use super::Done;
use super::args::SetArgs;
use super::console::Console;
use super::error::CliError;
use super::files::write_all;
use super::job::{pairs, read_inputs};
use super::rewrite::sites;
use crate::overrides::{OverrideKind, parse};
use crate::report::{FileChange, Paint, unified_diff};
use crate::surface::bash::{self, Change, Outside, Script};
use crate::text::{Faults, Source};

/// `hydrule set`.
pub fn run(args: &SetArgs, console: &mut Console) -> Result<Done, CliError> {
    let changes = changes(&args.overrides)?;
    let outside = Outside { environment: pairs(&args.env)?.into_iter().collect() };
    let inputs = read_inputs(std::slice::from_ref(&args.file), &outside)?;
    let Some(input) = inputs.first() else { return Ok(Done::Clean) };
    let script = &input.script;
    let launch = choose(script, args.launch)?;
    let edited = bash::edit(script, &outside, launch, &changes)
        .map_err(|refusal| CliError::from(Faults::one(script.source.clone(), refusal.fault)))?;
    let paint = Paint::new(console.err);
    for (key, site) in sites(&script.source, &edited) {
        console.say(&format!("{}  {}\n", paint.strong(&key), paint.faint(&site)));
    }
    let change = FileChange {
        path: script.source.name().to_owned(),
        before: script.source.text().to_owned(),
        after: edited.text,
    };
    if change.before == change.after {
        console.say("Nothing to do: the script says so already.\n");
        return Ok(Done::Clean);
    }
    if args.write {
        write_all(std::slice::from_ref(&change))?;
        console.say(&paint.good(&format!("Wrote {}.\n", change.path)));
        return Ok(Done::Clean);
    }
    console.print(&unified_diff(&change, Paint::new(console.out)))?;
    console.say(&paint.faint("Nothing was written; --write makes the change.\n"));
    Ok(Done::Proposed)
}

/// Reads the wanted overrides; `~KEY` takes the key's override out of the script.
fn changes(texts: &[String]) -> Result<Vec<Change>, CliError> {
    let mut changes = Vec::new();
    let mut faulty = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        match parse(text) {
            Ok(parsed) => {
                let removes = parsed.kind == OverrideKind::Delete && parsed.value.is_none();
                let after = (!removes).then(|| text.clone());
                changes.retain(|old: &Change| old.key != parsed.key);
                changes.push(Change { key: parsed.key, after });
            }
            Err(fault) => {
                let source = Source::new(format!("override {}", index + 1), text.as_str());
                faulty.push(Faults::one(source, fault));
            }
        }
    }
    if faulty.is_empty() { Ok(changes) } else { Err(CliError::Faults(faulty)) }
}

fn choose(script: &Script, wanted: Option<usize>) -> Result<usize, CliError> {
    let launches = &script.launches;
    let name = script.source.name();
    match (wanted, launches.len()) {
        (_, 0) => Err(CliError::plain(format!("no command with overrides was found in {name}"))),
        (Some(number), many) if (1..=many).contains(&number) => Ok(number - 1),
        (None, 1) => Ok(0),
        (number, many) => {
            let message = match number {
                Some(number) => format!("{name} has no launch {number}"),
                None => format!("{name} has {many} launches"),
            };
            let mut help = "choose one with --launch N:".to_owned();
            for (index, launch) in launches.iter().enumerate() {
                help.push_str(&format!(
                    "\n    {}  {}: {}",
                    index + 1,
                    launch.location,
                    launch.program
                ));
            }
            Err(CliError::plain(message).helped(help))
        }
    }
}
