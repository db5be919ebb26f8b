//! Many sets of overrides, one a line: planned by several threads, answered in order.

mod blocks;
mod common;
mod line;
mod memory;
mod packs;
mod record;

use std::borrow::Cow;
use std::io::{self, Write};

use serde_json::{Value as Json, json};

use super::Done;
use super::args::RewriteArgs;
use super::error::CliError;
use super::lines::{closed, unread};
use super::project::Project;
use crate::engine::{State, decide_after};
use crate::text::secret;
use crate::threads::{self, in_turn};
use blocks::{BLOCK, Blocks};
use line::Line;
use memory::{Memory, Overrides, Told};
use packs::Packs;
use record::Planned;

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
enum Became {
    #[default]
    Clean,
    Proposed,
    Wrong,
}

/// Answers lines outside of a pipe, as the fuzzer asks.
pub struct Answers {
    packs: Packs<'static>,
}

impl Answers {
    /// Begins with the packs that ship. Only the end of the process gives back what they take.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn new() -> Result<Self, String> {
        let args: &RewriteArgs = Box::leak(Box::default());
        let project: &Project = Box::leak(Box::default());
        let packs = Packs::new(args, project).map_err(|error| error.message())?;
        Ok(Self { packs })
    }

    /// Answers each line, with nothing in memory of what was asked before.
    pub fn answer(&self, lines: &[u8]) -> Vec<String> {
        let mut memory = Memory::default();
        let mut answer = |line| {
            let mut out = Vec::new();
            answer(&self.packs, &mut memory, line, &mut out);
            String::from_utf8_lossy(&out).into_owned()
        };
        lines.split(|it| *it == b'\n').map(&mut answer).collect()
    }
}

/// `hydrule rewrite --jsonl`.
pub fn run(args: &RewriteArgs) -> Result<Done, CliError> {
    let project = Project::of(&args.job.start.rules.project, None)?;
    let packs = Packs::new(args, &project)?;
    let threads = args.threads.unwrap_or_else(threads::usual);
    let mut memories: Vec<Memory> = (0..threads).map(|_| Memory::default()).collect();
    let mut input = Blocks::new()?;
    let mut out = io::stdout();
    let mut all = Answered::default();
    in_turn(
        &mut memories,
        |piece: &mut Piece| input.next(&mut piece.lines),
        |memory, piece| piece.answer(&packs, memory),
        |piece| {
            all.add(&piece.answered);
            out.write_all(&piece.answers).map_err(|it| closed(&it))
        },
    )?;
    out.flush().map_err(|it| closed(&it))?;
    match all.worst {
        Became::Clean => Ok(Done::Clean),
        Became::Proposed => Ok(Done::Proposed),
        Became::Wrong => Err(unread(all.wrong, all.first)),
    }
}

/// Some lines and their answers.
#[derive(Default)]
struct Piece {
    lines: Vec<u8>,
    answers: Vec<u8>,
    answered: Answered,
}

impl Piece {
    fn answer(&mut self, packs: &Packs<'_>, memory: &mut Memory) {
        let Self { lines, answers, answered } = self;
        *answered = Answered::default();
        answers.clear();
        answers.shrink_to(4 * BLOCK);
        // An answer repeats its overrides.
        answers.reserve(lines.len() + lines.len() / 4);
        for line in lines.split_inclusive(|it| *it == b'\n') {
            let start = answers.len();
            let became = answer(packs, memory, line, answers);
            if answers.len() > start {
                answers.push(b'\n');
            }
            let wrong = usize::from(became == Became::Wrong);
            answered.add(&Answered { lines: 1, worst: became, wrong, first: wrong });
        }
    }
}

/// What became of some lines.
#[derive(Default)]
struct Answered {
    lines: usize,
    worst: Became,
    /// How many could not be read, and the number of the first of them.
    wrong: usize,
    first: usize,
}

impl Answered {
    /// Counts the lines that follow.
    fn add(&mut self, next: &Self) {
        if self.wrong == 0 && next.wrong > 0 {
            self.first = self.lines + next.first;
        }
        self.lines += next.lines;
        self.wrong += next.wrong;
        self.worst = self.worst.max(next.worst);
    }
}

/// Answers a line: adds a line to `out`, but for its end, unless the line is empty.
fn answer(packs: &Packs<'_>, memory: &mut Memory, line: &[u8], out: &mut Vec<u8>) -> Became {
    let line = line.trim_ascii();
    if line.is_empty() {
        return Became::Clean;
    }
    let wrong = |out: &mut Vec<u8>, id: &Json, code: &str, message: String| {
        let error = json!({ "code": code, "message": message });
        let record = json!({ "id": id, "error": error }).to_string();
        out.extend_from_slice(secret::hidden(&record).as_bytes());
        Became::Wrong
    };
    // A list would be read too, as the fields in order.
    if !line.starts_with(b"{") {
        let message = "a JSON object belongs here".to_owned();
        return wrong(out, &Json::Null, "hydrule::input::line", message);
    }
    // What is known to be UTF-8 is not looked at again, text by text.
    let read = match str::from_utf8(line) {
        Ok(text) => serde_json::from_str::<Line<'_>>(text),
        Err(_) => serde_json::from_slice(line),
    };
    let read = match read {
        Ok(read) => read,
        Err(error) => {
            // The id helps even where the rest is of no use.
            let id = serde_json::from_slice::<Json>(line).ok();
            let id = id.and_then(|it| it.get("id").cloned()).unwrap_or(Json::Null);
            return wrong(out, &id, "hydrule::input::line", error.to_string());
        }
    };
    match planned(packs, memory, &read) {
        Ok(planned) => {
            planned.say(&read, memory, out);
            if planned.plan.is_empty() { Became::Clean } else { Became::Proposed }
        }
        Err(CliError::Faults(all)) => {
            let first = all.first().and_then(|it| Some((it.source.name(), it.faults.first()?)));
            let Some((place, fault)) = first else {
                return wrong(out, &read.id, "hydrule::input::line", String::new());
            };
            // A fact's fault names the command line, which this is not.
            let message = match place.starts_with("override") {
                true => format!("{place}: {}", fault.message),
                false => fault.message.clone(),
            };
            wrong(out, &read.id, fault.code, message)
        }
        Err(CliError::Plain { message, .. }) => {
            wrong(out, &read.id, "hydrule::input::line", message)
        }
        Err(CliError::ClosedPipe) => Became::Wrong,
    }
}

fn planned<'a>(
    packs: &'a Packs<'_>,
    memory: &mut Memory,
    line: &Line<'_>,
) -> Result<Planned<'a>, CliError> {
    let (common, remarks) = packs.of(memory, &line.overrides)?;
    let language = common.pack.arguments.language;
    let Overrides { entries, places } = memory.read(&line.overrides, language)?;
    let state = State { entries, language, ..State::default() };
    let Told { world, judged, .. } = memory.told(common, &line.facts)?;
    let mut world = Cow::Borrowed(&*world);
    if !common.pack.versions.is_empty() {
        let world = world.to_mut();
        world.target = std::mem::take(&mut world.target).narrowed(&common.pack, &state);
    }
    let plan = decide_after(judged, &common.pack, &state, &world, &common.request);
    Ok(Planned { pack: &common.pack, plan, remarks, places })
}
