//! Many sets of overrides, one a line: planned by several threads, answered in order.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write};
use std::ptr;
use std::sync::{Arc, OnceLock};

use foldhash::HashMap;
use foldhash::fast::RandomState;
use indexmap::{IndexMap, IndexSet};
use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value as Json, json};

use super::Done;
use super::args::RewriteArgs;
use super::choose::{Chosen, choose_pack, signs_of_texts};
use super::error::CliError;
use super::input::Input;
use super::job::{plain_entries, request};
use super::lines::{closed, unread};
use super::project::Project;
use super::told::{Known, check_fact, quantity_or};
use crate::engine::{
    Decision, Entries, Entry, Judged, KeyChange, Request, State, Step, World, decide_after,
};
use crate::facts::Provenance;
use crate::overrides::Language;
use crate::pack::{Header, Pack, Safety, Signs};
use crate::text::secret;
use crate::threads::{self, in_turn};
use crate::value::Value;

/// How many bytes of lines a thread has in hand, which bounds the memory.
const BLOCK: usize = 256 << 10;

/// How many bytes of overrides each thread remembers, and what each costs beside its text.
const REMEMBERED: usize = 64 << 20;
const EACH: usize = 1 << 10;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    #[serde(default)]
    id: Json,
    #[serde(borrow, deserialize_with = "texts")]
    overrides: Vec<Text<'a>>,
    #[serde(default)]
    facts: IndexMap<String, Json>,
}

/// An override as the line says it, and its text: the same but for the quotes, unless something is escaped.
struct Text<'a> {
    said: &'a RawValue,
    text: Cow<'a, str>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        let said = <&RawValue>::deserialize(json)?;
        let inner = said.get().strip_prefix('"').and_then(|it| it.strip_suffix('"'));
        let plain = inner.filter(|it| !it.contains('\\'));
        let text = match plain {
            Some(plain) => Cow::Borrowed(plain),
            None => String::deserialize(said).map_err(D::Error::custom)?.into(),
        };
        Ok(Self { said, text })
    }
}

/// Reads a list of overrides, with room for as many as most launches have.
fn texts<'de: 'a, 'a, D: Deserializer<'de>>(json: D) -> Result<Vec<Text<'a>>, D::Error> {
    struct Texts;
    impl<'de> Visitor<'de> for Texts {
        type Value = Vec<Text<'de>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a sequence")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
            let mut all = Vec::with_capacity(64);
            while let Some(text) = items.next_element()? {
                all.push(text);
            }
            Ok(all)
        }
    }
    json.deserialize_seq(Texts)
}

impl AsRef<str> for Text<'_> {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

/// What a thread has read: sweeps say the same again and again.
#[derive(Default)]
struct Memory {
    overrides: HashMap<Language, IndexMap<String, Remembered, RandomState>>,
    keys: IndexSet<String, RandomState>,
    /// The line before.
    last: Last,
    /// How many bytes the overrides take, about.
    size: usize,
    told: Option<Told>,
}

/// An override that was read.
struct Remembered {
    entry: Arc<Entry>,
    /// Its key, by the place among those that are remembered.
    key: usize,
    swept: bool,
    interpolates: bool,
    /// Whether some of it is a secret.
    secret: bool,
}

/// The overrides of a line, and their keys, by their places: the lines of a sweep set the same keys.
#[derive(Default)]
struct Last {
    keys: Vec<usize>,
    entries: Entries,
}

impl Last {
    /// Makes the overrides of the next line.
    fn next(&mut self, list: Vec<Arc<Entry>>, keys: Vec<usize>) -> Entries {
        let entries = match self.keys == keys {
            true => self.entries.of_same_keys(list),
            false => list.into(),
        };
        *self = Self { keys, entries: entries.clone() };
        entries
    }
}

/// The overrides of a line.
struct Overrides {
    entries: Entries,
    /// For each of them its place among what is remembered.
    places: Vec<usize>,
}

/// The facts of the line before, the world that they make, and what rules came to in it.
struct Told {
    pack: String,
    facts: IndexMap<String, Json>,
    world: World,
    judged: Judged,
}

impl Memory {
    /// Reads overrides.
    ///
    /// # Errors
    /// Every one that cannot be read.
    fn read(&mut self, texts: &[Text<'_>], language: Language) -> Result<Overrides, CliError> {
        if self.size > REMEMBERED {
            // What was judged holds overrides as well.
            *self = Self::default();
        }
        let Self { overrides, keys: all_keys, last, size, .. } = self;
        let known = overrides.entry(language).or_default();
        let mut entries = Vec::with_capacity(texts.len());
        let mut places = Vec::with_capacity(texts.len());
        let mut keys = Vec::with_capacity(texts.len());
        let (mut swept, mut interpolated) = (false, false);
        for text in texts {
            let (place, one) = match known.get_full(text.as_ref()) {
                Some((place, _, one)) => (place, one),
                None => {
                    let Some(one) = Remembered::read(text, language, all_keys) else {
                        let entries = plain_entries(texts, language)?;
                        return Ok(Overrides { entries, places: Vec::new() });
                    };
                    *size += EACH + 3 * text.as_ref().len();
                    let place = known.entry(text.as_ref().to_owned());
                    (place.index(), &*place.or_insert(one))
                }
            };
            entries.push(Arc::clone(&one.entry));
            places.push(place);
            keys.push(one.key);
            swept |= one.swept;
            interpolated |= one.interpolates;
        }
        let mut entries = last.next(entries, keys);
        entries.know(swept, interpolated);
        Ok(Overrides { entries, places })
    }

    /// Says overrides as JSON does, secrets hidden: most as the line says them.
    fn said<'a>(
        &self,
        entries: &Entries,
        places: &[usize],
        texts: &[Text<'a>],
        language: Language,
    ) -> Vec<Cow<'a, RawValue>> {
        let known = self.overrides.get(&language);
        let mut all = Vec::with_capacity(entries.iter().len());
        for (at, entry) in entries.iter().enumerate() {
            let read = places.get(at).and_then(|place| known?.get_index(*place));
            let same =
                read.is_some_and(|(_, it)| ptr::eq(&raw const *it.entry, entry) && !it.secret);
            let plain = texts.get(at).filter(|it| same && matches!(it.text, Cow::Borrowed(_)));
            all.extend(match (plain, &entry.value) {
                (Some(text), _) => Some(Cow::Borrowed(text.said)),
                (None, Ok(parsed)) => Some(Cow::Owned(said(&parsed.text))),
                (None, Err(_)) => None,
            });
        }
        all
    }

    /// Makes the world of a line.
    fn told(
        &mut self,
        common: &Common,
        facts: &IndexMap<String, Json>,
    ) -> Result<&mut Told, CliError> {
        let pack = &common.pack;
        let known = self.told.take().filter(|it| it.pack == pack.name && it.facts == *facts);
        let told = match known {
            Some(told) => told,
            None => {
                let (facts, world) = (facts.clone(), common.told(facts)?);
                Told { pack: pack.name.clone(), facts, world, judged: Judged::default() }
            }
        };
        Ok(self.told.insert(told))
    }
}

impl Remembered {
    /// Nothing where it cannot be read.
    fn read(
        text: &Text<'_>,
        language: Language,
        keys: &mut IndexSet<String, RandomState>,
    ) -> Option<Self> {
        let one = plain_entries(std::slice::from_ref(text), language).ok()?;
        let secret = matches!(secret::hidden(text.as_ref()), Cow::Owned(_));
        let entry = Arc::clone(one.shared(0)?);
        let key = keys.insert_full(entry.key.clone()).0;
        let (swept, interpolates) = (one.any_swept(), entry.interpolates());
        Some(Self { entry, key, swept, interpolates, secret })
    }
}

/// Says a text as JSON does, secrets hidden.
fn said(text: &str) -> Box<RawValue> {
    to_raw_value(&secret::hidden(text)).unwrap_or_default()
}

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
enum Became {
    #[default]
    Clean,
    Proposed,
    Wrong,
}

/// What all lines of one pack share.
struct Common {
    pack: Pack,
    request: Request,
    /// What is told for all lines.
    world: World,
}

impl Common {
    fn of(args: &RewriteArgs, project: &Project, pack: Pack) -> Result<Self, CliError> {
        let world = Known::of(&args.job, project).world(&pack)?;
        let request = request(&args.job, &pack, args.r#unsafe)?;
        Ok(Self { pack, request, world })
    }

    /// Makes the world of a line that tells these facts.
    fn told(&self, facts: &IndexMap<String, Json>) -> Result<World, CliError> {
        let mut world = self.world.clone();
        for (name, told) in facts {
            let value = fact(told)
                .ok_or_else(|| CliError::plain(format!("the fact `{name}` is no plain value")))?;
            check_fact(&self.pack, name, &value)?;
            world.facts.insert(name.trim_start_matches('$'), value, Provenance::Computed);
        }
        world.take_told_failure();
        Ok(world)
    }
}

/// The packs of the lines.
enum Packs<'a> {
    /// The one that the user or the project names.
    Named(Box<Common>),
    /// For each line the one that knows its keys, loaded when the first line needs it.
    Known {
        args: &'a RewriteArgs,
        project: &'a Project,
        headers: Vec<Header>,
        loaded: Vec<OnceLock<Result<Common, String>>>,
    },
}

impl<'a> Packs<'a> {
    fn new(args: &'a RewriteArgs, project: &'a Project) -> Result<Self, CliError> {
        let named = args.job.start.rules.pack.as_deref();
        if named.is_some() || project.packs().is_some() {
            let pack = project.pack(named, &|| Ok(Vec::new()))?;
            return Ok(Self::Named(Box::new(Common::of(args, project, pack)?)));
        }
        let headers = project.headers();
        let loaded = headers.iter().map(|_| OnceLock::new()).collect();
        Ok(Self::Known { args, project, headers, loaded })
    }

    /// Returns the pack of a line, and what to know about that choice.
    fn of(
        &self,
        memory: &mut Memory,
        overrides: &[Text<'_>],
    ) -> Result<(&Common, Vec<String>), CliError> {
        let (args, project, headers, loaded) = match self {
            Self::Named(common) => return Ok((common, Vec::new())),
            Self::Known { args, project, headers, loaded } => (args, project, headers, loaded),
        };
        let unread = |error| plain_entries(overrides, Language::Hydra).err().unwrap_or(error);
        let signs = match memory.read(overrides, Language::Hydra) {
            Ok(read) => {
                let keys = read.entries.iter().map(|it| it.key.clone()).collect();
                Signs { keys, ..Signs::default() }
            }
            Err(_) => signs_of_texts(overrides),
        };
        let Chosen { name, remarks } = choose_pack(headers, &[signs]).map_err(unread)?;
        let slot = headers.iter().zip(loaded).find(|(header, _)| header.name == name);
        let Some((_, slot)) = slot else { return Err(CliError::plain("there is no such pack")) };
        let load = || Common::of(args, project, project.named(&name)?);
        let load = || load().map_err(|error| error.message());
        let common = slot.get_or_init(load).as_ref();
        Ok((common.map_err(|message| CliError::plain(message.clone()))?, remarks))
    }
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
    let mut input = Blocks { input: Input::standard()?, rest: Vec::new() };
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

/// Reads whole lines, about [`BLOCK`] bytes at a time; fewer where more would have to be waited for.
struct Blocks {
    input: Input,
    /// The beginning of a line whose end is not read yet.
    rest: Vec<u8>,
}

impl Blocks {
    /// Reads the next lines; tells whether there were any.
    fn next(&mut self, block: &mut Vec<u8>) -> Result<bool, CliError> {
        block.clear();
        // A line that was longer than most leaves nothing behind.
        block.shrink_to(2 * BLOCK);
        block.append(&mut self.rest);
        // Where the last whole line ends.
        let mut end = 0;
        loop {
            let known = block.len();
            if block.capacity() - known < BLOCK / 4 {
                block.reserve(BLOCK);
            }
            if self.input.fill(block)? == 0 {
                return Ok(!block.is_empty());
            }
            let new = block.get(known..).unwrap_or_default();
            end = new.iter().rposition(|it| *it == b'\n').map_or(end, |at| known + at + 1);
            if end > 0 && (block.len() >= BLOCK || !self.input.is_ready()) {
                self.rest.extend(block.drain(end..));
                return Ok(true);
            }
        }
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

/// What a line gives.
struct Planned<'a> {
    pack: &'a Pack,
    plan: Decision,
    /// What to know about the choice of the pack.
    remarks: Vec<String>,
    /// Where the overrides of the line are remembered.
    places: Vec<usize>,
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

impl Planned<'_> {
    fn say(&self, line: &Line<'_>, memory: &Memory, out: &mut Vec<u8>) {
        let Self { pack, plan, remarks, places } = self;
        let language = pack.arguments.language;
        let record = Record {
            id: id_said(&line.id),
            remarks: remarks.iter().map(|it| secret::hidden(it)).collect(),
            steps: plan.steps.iter().map(|it| StepSaid::of(it, pack)).collect(),
            changes: plan.changes.iter().map(ChangeSaid::of).collect(),
            broken: plan.broken.rules(pack).map(|it| it.id.as_str()).collect(),
            overrides: memory.said(&plan.result.entries, places, &line.overrides, language),
        };
        let start = out.len();
        if serde_json::to_writer(&mut *out, &record).is_err() {
            out.truncate(start);
        }
    }
}

/// Says an id as it was given, but for secrets in it.
fn id_said(id: &Json) -> Cow<'_, Json> {
    if !matches!(id, Json::String(_) | Json::Array(_) | Json::Object(_)) {
        return Cow::Borrowed(id);
    }
    let text = id.to_string();
    match secret::hidden(&text) {
        Cow::Borrowed(_) => Cow::Borrowed(id),
        Cow::Owned(hidden) => Cow::Owned(serde_json::from_str(&hidden).unwrap_or(hidden.into())),
    }
}

/// What a line is answered with. Secrets are hidden in each text alone: what looks like a name and its
/// value may be two.
#[derive(Serialize)]
struct Record<'a> {
    id: Cow<'a, Json>,
    remarks: Vec<Cow<'a, str>>,
    steps: Vec<StepSaid<'a>>,
    changes: Vec<ChangeSaid<'a>>,
    broken: Vec<&'a str>,
    overrides: Vec<Cow<'a, RawValue>>,
}

#[derive(Serialize)]
struct StepSaid<'a> {
    option: &'a str,
    safe: bool,
    repaired_by: &'a [String],
}

impl<'a> StepSaid<'a> {
    fn of(step: &'a Step, pack: &Pack) -> Self {
        let option = pack.options.iter().find(|it| it.id == step.option);
        let safe = option.is_some_and(|it| it.safety == Safety::Safe);
        Self { option: &step.option, safe, repaired_by: &step.applied.repaired_by }
    }
}

#[derive(Serialize)]
struct ChangeSaid<'a> {
    key: Cow<'a, str>,
    before: Option<Cow<'a, str>>,
    after: Option<Cow<'a, str>>,
}

impl<'a> ChangeSaid<'a> {
    fn of(change: &'a KeyChange) -> Self {
        Self {
            key: secret::hidden(&change.key),
            before: change.before.as_deref().map(secret::hidden),
            after: change.after.as_deref().map(secret::hidden),
        }
    }
}
