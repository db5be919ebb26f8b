//! Many sets of overrides, one a line: planned by several threads, answered in order.

use std::collections::BTreeSet;
use std::io::{self, BufRead, BufWriter, Write};

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::Done;
use super::args::RewriteArgs;
use super::error::CliError;
use super::job::{Known, check_phase, plain_entries, quantity_or, request};
use super::project::Project;
use super::threads::{self, in_order};
use crate::engine::{Plan, Request, RequirementState, State, Target, World, plan};
use crate::facts::{Facts, Provenance};
use crate::pack::{Pack, Safety};
use crate::text::count;
use crate::value::Value;

/// How many lines each thread has in hand, which bounds the memory.
const LINES_A_THREAD: usize = 64;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    #[serde(default)]
    id: Json,
    overrides: Vec<String>,
    #[serde(default)]
    facts: IndexMap<String, Json>,
}

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Became {
    Clean,
    Proposed,
    Wrong,
}

/// What all lines share.
struct Common<'a> {
    pack: &'a Pack,
    request: Request,
    facts: Facts,
    told_groups: BTreeSet<String>,
    environment: IndexMap<String, String>,
    parameters: IndexMap<String, Value>,
    target: Target,
}

impl Common<'_> {
    fn world(&self) -> World {
        World {
            facts: self.facts.clone(),
            told_groups: self.told_groups.clone(),
            environment: self.environment.clone(),
            parameters: self.parameters.clone(),
            target: self.target.clone(),
            ..World::default()
        }
    }
}

/// `hydrule rewrite --jsonl`.
pub fn run(args: &RewriteArgs) -> Result<Done, CliError> {
    let job = &args.job;
    let project = Project::of(&job.project, None)?;
    let pack = project.pack(job.pack.as_deref(), &|| Ok(Vec::new()))?;
    let World { facts, told_groups, environment, parameters, target, .. } =
        Known::of(job, &project).world(&pack)?;
    let request = request(job, &pack, args.r#unsafe)?;
    let common =
        Common { pack: &pack, request, facts, told_groups, environment, parameters, target };
    let threads = args.threads.unwrap_or_else(threads::usual);
    let mut input = io::stdin().lock();
    let mut out = BufWriter::new(io::stdout().lock());
    let (mut worst, mut wrong, mut first, mut number) = (Became::Clean, 0_usize, 0_usize, 0_usize);
    loop {
        let lines = read_lines(&mut input, threads * LINES_A_THREAD)?;
        if lines.is_empty() {
            break;
        }
        for (text, became) in in_order(&lines, threads, |line| answer(&common, line)) {
            number += 1;
            if text.is_empty() {
                continue;
            }
            worst = worst.max(became);
            if became == Became::Wrong {
                wrong += 1;
                first = if wrong == 1 { number } else { first };
            }
            writeln!(out, "{text}").map_err(|it| closed(&it))?;
        }
    }
    out.flush().map_err(|it| closed(&it))?;
    match worst {
        Became::Clean => Ok(Done::Clean),
        Became::Proposed => Ok(Done::Proposed),
        Became::Wrong => {
            let message = format!("{} of standard input cannot be read", count(wrong, "line"));
            Err(CliError::plain(message).helped(format!("the first is line {first}")))
        }
    }
}

fn closed(error: &io::Error) -> CliError {
    match error.kind() {
        io::ErrorKind::BrokenPipe => CliError::ClosedPipe,
        _ => CliError::plain(format!("cannot write the output: {error}")),
    }
}

/// Reads up to `most` lines.
fn read_lines(input: &mut impl BufRead, most: usize) -> Result<Vec<Vec<u8>>, CliError> {
    let mut lines = Vec::new();
    while lines.len() < most {
        let mut line = Vec::new();
        let read = input.read_until(b'\n', &mut line);
        let read =
            read.map_err(|error| CliError::plain(format!("cannot read the input: {error}")))?;
        if read == 0 {
            break;
        }
        lines.push(line);
    }
    Ok(lines)
}

fn answer(common: &Common<'_>, line: &[u8]) -> (String, Became) {
    let line = line.trim_ascii();
    if line.is_empty() {
        return (String::new(), Became::Clean);
    }
    let wrong = |id: &Json, code: &str, message: String| {
        let error = json!({ "code": code, "message": message });
        (json!({ "id": id, "error": error }).to_string(), Became::Wrong)
    };
    // A list would be read too, as the fields in order.
    if !line.starts_with(b"{") {
        let message = "a JSON object belongs here".to_owned();
        return wrong(&Json::Null, "hydrule::input::line", message);
    }
    let read: Line = match serde_json::from_slice(line) {
        Ok(read) => read,
        Err(error) => {
            // The id helps even where the rest is of no use.
            let id = serde_json::from_slice::<Json>(line).ok();
            let id = id.and_then(|it| it.get("id").cloned()).unwrap_or(Json::Null);
            return wrong(&id, "hydrule::input::line", error.to_string());
        }
    };
    match planned(common, &read) {
        Ok(plan) => {
            let became = if plan.is_empty() { Became::Clean } else { Became::Proposed };
            (record(common.pack, &read.id, &plan).to_string(), became)
        }
        Err(CliError::Faults(all)) => {
            let first = all.first().and_then(|it| Some((it.source.name(), it.faults.first()?)));
            let Some((place, fault)) = first else {
                return wrong(&read.id, "hydrule::input::line", String::new());
            };
            // A fact's fault names the command line, which this is not.
            let message = match place.starts_with("override") {
                true => format!("{place}: {}", fault.message),
                false => fault.message.clone(),
            };
            wrong(&read.id, fault.code, message)
        }
        Err(CliError::Plain { message, .. }) => wrong(&read.id, "hydrule::input::line", message),
        Err(CliError::ClosedPipe) => (String::new(), Became::Wrong),
    }
}

fn planned(common: &Common<'_>, line: &Line) -> Result<Plan, CliError> {
    let mut world = common.world();
    for (name, told) in &line.facts {
        let value = fact(told)
            .ok_or_else(|| CliError::plain(format!("the fact `{name}` is no plain value")))?;
        check_phase(common.pack, name, &value)?;
        world.facts.insert(name.trim_start_matches('$'), value, Provenance::Computed);
    }
    world.take_told_failure();
    let state = State { entries: plain_entries(&line.overrides)?, ..State::default() };
    world.target = world.target.narrowed(common.pack, &state);
    Ok(plan(common.pack, &state, &world, &common.request))
}

fn fact(told: &Json) -> Option<Value> {
    Some(match told {
        Json::Null => Value::Null,
        Json::Bool(truth) => Value::Bool(*truth),
        Json::Number(number) => match number.as_i64() {
            Some(int) => Value::Int(int),
            None => Value::Float(number.as_f64()?),
        },
        Json::String(text) => quantity_or(Value::Str(text.clone())),
        Json::Array(items) => Value::List(items.iter().map(fact).collect::<Option<_>>()?),
        Json::Object(_) => return None,
    })
}

fn record(pack: &Pack, id: &Json, plan: &Plan) -> Json {
    let option = |id: &str| pack.options.iter().find(|it| it.id == id);
    let steps: Vec<Json> = plan
        .steps
        .iter()
        .map(|step| {
            let safe = option(&step.option).is_some_and(|it| it.safety == Safety::Safe);
            json!({ "option": step.option, "safe": safe, "repaired_by": step.applied.repaired_by })
        })
        .collect();
    let changes: Vec<Json> = plan
        .changes
        .iter()
        .map(|it| json!({ "key": it.key, "before": it.before, "after": it.after }))
        .collect();
    let broken = plan.requirements.iter().filter(|it| RequirementState::is_broken(it));
    let overrides = plan.result.entries.iter().filter_map(|it| it.value.as_ref().ok());
    json!({
        "id": id,
        "steps": steps,
        "changes": changes,
        "broken": broken.map(|it| &it.id).collect::<Vec<_>>(),
        "overrides": overrides.map(|it| &it.text).collect::<Vec<_>>(),
    })
}
