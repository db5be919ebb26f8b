//! `hydrule facts`: what a job's logs tell of its failure.

use std::mem::ManuallyDrop;

use super::Done;
use super::args::{FactsArgs, JobArgs, OutputFormat, PackRules, StartArgs};
use super::console::Console;
use super::error::CliError;
use super::facts;
use super::files::scan_log;
use super::job::{Job, entries_of};
use super::launched;
use super::progress::Progress;
use super::told::{pairs, values};
use crate::engine::World;
use crate::pack::{self, EMBEDDED, Pack, Watch};
use crate::report::{Comparison, LogFacts, facts_json, facts_page};
use crate::signal::{Event, Scan};
use crate::value::Value;

/// The fact that tells the size of the model's vocabulary.
const VOCABULARY: &str = "model.vocab_size";

/// `hydrule facts`.
pub fn run(args: &FactsArgs, console: &mut Console) -> Result<Done, CliError> {
    // The end of the program gives back what packs take, and sooner than could be done piece by piece.
    let packs = ManuallyDrop::new(packs(args)?);
    let watch = Watch::of(&packs);
    let mut progress = Progress::new();
    let (mut logs, mut remarks, mut names) = (Vec::new(), Vec::new(), Vec::new());
    for path in &args.logs {
        let (scan, damage) = scan_log(path, &watch.signals, &mut progress)?;
        remarks.extend(damage);
        logs.push(scan);
        names.push(path.display().to_string());
    }
    let mut scan = Scan::of_job(logs);
    if let Some(vocabulary) = vocabulary(args, &packs)? {
        scan.events.iter_mut().for_each(|event: &mut Event| event.explain_size(vocabulary));
    }
    let comparison = compare(args, &packs, &scan, &mut remarks)?;
    let facts = LogFacts { watch: &watch, logs: names, scan: &scan, comparison, remarks };
    match args.output_format {
        OutputFormat::Json => console.print(&format!("{:#}\n", facts_json(&facts)))?,
        OutputFormat::Full => console.page(&facts_page(&facts, console.out))?,
    }
    let differs = facts.comparison.as_ref().is_some_and(|it| !it.differences.is_empty());
    Ok(if scan.events.is_empty() && !differs { Done::Clean } else { Done::Proposed })
}

/// Loads the pack that is named, else all that ship.
fn packs(args: &FactsArgs) -> Result<Vec<Pack>, CliError> {
    let load = |name: &str| pack::load_watched(name).map_err(|error| CliError::pack(name, error));
    match &args.pack {
        Some(name) => Ok(vec![load(name)?]),
        None => EMBEDDED.iter().map(|pack| load(pack.name)).collect(),
    }
}

/// Finds the size of the model's vocabulary in what the user tells.
fn vocabulary(args: &FactsArgs, packs: &[Pack]) -> Result<Option<i64>, CliError> {
    let mut world = World::default();
    let knows = |pack: &&Pack| pack.outside.contains_key(VOCABULARY);
    if let Some(pack) = packs.iter().find(knows).or(packs.first()) {
        facts::read_into(&mut world, pack, &args.facts)?;
    }
    for (name, value) in values(&args.fact)? {
        world.facts.insert(name, value, crate::facts::Provenance::Computed);
    }
    Ok(match world.facts.get(VOCABULARY).map(|found| &found.value) {
        Some(Value::Int(size)) => Some(*size),
        _ => None,
    })
}

/// Compares the list that Hydra printed with the launch that the files hold.
fn compare(
    args: &FactsArgs,
    packs: &[Pack],
    scan: &Scan,
    remarks: &mut Vec<String>,
) -> Result<Option<Comparison>, CliError> {
    if args.script.is_empty() {
        return Ok(None);
    }
    let Some(ran) = launched::of(scan) else {
        remarks.push(
            "The logs do not show with which overrides Hydra ran the job, so there is nothing to \
             compare the script with."
                .to_owned(),
        );
        return Ok(None);
    };
    // Each pack knows its own launches; where several are in the files, the log chooses.
    let mut job = Err(CliError::plain("no pack is there to read the files with"));
    for pack in packs {
        job = Job::load_with(&job_args(args, &pack.name), Some(scan.clone()));
        if job.is_ok() {
            break;
        }
    }
    let job = job?;
    pairs(&args.outside.env)?;
    let chosen = job.chosen.and_then(|(input, launch)| {
        let script = &job.inputs.get(input)?.script;
        Some((script, script.launches.get(launch)?))
    });
    let entries = match (chosen, &job.folder) {
        (Some((script, launch)), _) => {
            let language = job.pack.arguments.of(&launch.program);
            entries_of(script, launch, language).unwrap_or_default()
        }
        (None, Some(folder)) => folder.entries()?,
        (None, None) => job.state.entries,
    };
    let forwards = chosen.is_some_and(|(_, launch)| launch.forwards.is_some());
    Ok(Some(launched::compare(job.title, &entries, ran, forwards)))
}

fn job_args(args: &FactsArgs, pack: &str) -> JobArgs {
    JobArgs {
        files: args.script.clone(),
        start: StartArgs { config: None, no_base: true, rules: PackRules::of(pack) },
        launch: args.launch,
        outside: args.outside.clone(),
        ..JobArgs::default()
    }
}
