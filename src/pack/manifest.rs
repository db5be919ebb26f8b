//! What the TOML files of a pack say, every leaf with its place.

use std::collections::BTreeSet;

use super::arguments::Arguments;
use super::bases::WholeBase;
use super::claim::Claim;
use super::open::tree;
use super::read::{Either, FaultList, Later, Reader, RewriteText};
use super::rule::{Changes, OutsideFact, Phase, Safety, SwitchedOff};
use super::text::Text;
use crate::condition::Type;
use crate::overrides::Language;
use crate::signal::{Confidence, FactType, Kind};
use crate::text::{Fault, Level, Location, Source, Span};
use crate::value::Value;

/// The words for what an option changes.
pub const CHANGES: [(&str, Changes); 5] = [
    ("nothing", Changes::Nothing),
    ("speed", Changes::Speed),
    ("algorithm", Changes::Algorithm),
    ("quality", Changes::Quality),
    ("hardware", Changes::Hardware),
];

/// The words for the safety of an option.
pub const SAFETY: [(&str, Safety); 3] =
    [("safe", Safety::Safe), ("unsafe", Safety::Unsafe), ("display", Safety::Display)];

/// The words for how bad a broken requirement is.
pub const LEVELS: [(&str, Level); 2] = [("error", Level::Error), ("warning", Level::Warning)];

/// The types of facts from outside.
pub const OUTSIDE_KINDS: [(&str, Type); 6] = [
    ("int", Type::Int),
    ("float", Type::Number),
    ("bool", Type::Bool),
    ("text", Type::Str),
    ("list", Type::List),
    ("bytes", Type::Bytes),
];

/// How much of a pack is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Extent {
    /// All of it.
    #[default]
    Whole,
    /// What a log is read with. The pack ships, and so has no faults.
    Watched,
    /// What tells whose launches it knows. The pack ships.
    Header,
}

/// All files of one pack, as far as they can be read; nothing is checked beyond fields and their
/// types.
#[derive(Debug, Default)]
pub struct Manifest {
    pub(super) name: Option<Text>,
    pub(super) version: Option<Text>,
    pub(super) description: Option<Text>,
    pub(super) target: Option<Text>,
    pub(super) launches: Vec<Text>,
    /// Those that a project says are the target's.
    pub(super) claims: Vec<Claim>,
    pub(super) keys: Vec<Text>,
    pub(super) language: Option<Language>,
    /// Launches whose arguments Hydra reads whatever the language of the others.
    pub(super) hydra_launches: Vec<Text>,
    /// Launches of other packs' targets that may be of this one's.
    pub(super) perhaps: Option<Perhaps>,
    /// Configurations that the target ships whole.
    pub(super) bases: Vec<WholeBase>,
    pub(super) goal: Option<Text>,
    /// Where its rules are explained: an address in which `{rule}` stands for an id.
    pub(super) docs: Option<Text>,
    /// Which versions of hydrule the pack is written for.
    pub(super) requires: Option<Text>,
    pub(super) extends: Vec<ExtendEntry>,
    /// What the pack switches off, and why.
    pub(super) off: Vec<(Text, Text)>,
    pub(super) parameters: Vec<ParameterEntry>,
    pub(super) lets: Vec<(Text, Text)>,
    pub(super) outside: Vec<OutsideEntry>,
    pub(super) invariants: Vec<InvariantEntry>,
    pub(super) estimates: Vec<EstimateEntry>,
    pub(super) phases: Vec<Phase>,
    /// Frames for phases of the packs that this one extends.
    pub(super) frames: Vec<FramesEntry>,
    pub(super) signals: Vec<SignalEntry>,
    pub(super) versions: Vec<VersionEntry>,
    pub(super) aliases: Vec<AliasEntry>,
    pub(super) defaults: Vec<DefaultEntry>,
    pub(super) options: Vec<OptionEntry>,
    pub(super) requirements: Vec<RequirementEntry>,
    /// What is switched off; it is gone from the lists above.
    pub(super) switched_off: Vec<SwitchedOff>,
    /// The signals among it: their words stay known.
    pub(super) silent: Vec<SignalEntry>,
    /// What could not be read; something stands in for it.
    pub(super) faults: Vec<(Source, Fault)>,
    /// How the names begin that unreadable parts may define: `oom.`, or nothing for all.
    pub(super) open: BTreeSet<String>,
}

/// What makes a launch that another pack knows look as if this pack's target was meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Perhaps {
    /// What the launch may be of, in words.
    pub what: String,
    /// Globs over keys, one of which it sets.
    pub keys: Vec<String>,
    /// Globs over keys, none of which it sets.
    pub without: Vec<String>,
}

/// A pack to extend, or to use.
#[derive(Debug, Clone)]
pub struct ExtendEntry {
    /// A name of a pack that ships, or a path relative to this pack's.
    pub pack: Text,
    /// Which of its versions will do.
    pub version: Option<Text>,
}

#[derive(Debug)]
pub(super) struct ParameterEntry {
    pub location: Location,
    pub name: Text,
    /// Missing where it is blamed.
    pub default: Option<Value>,
    /// May be missing where an extended pack gives it.
    pub help: Option<Text>,
}

/// `[[phase]]` with `add_frames`.
#[derive(Debug)]
pub(super) struct FramesEntry {
    pub phase: Text,
    pub frames: Vec<Text>,
}

#[derive(Debug)]
pub(super) struct OutsideEntry {
    /// The full name, such as `model.hidden_size`.
    pub name: String,
    pub fact: OutsideFact,
}

#[derive(Debug)]
pub(super) struct EstimateEntry {
    pub phase: Text,
    pub title: Text,
    pub when: Option<Text>,
    pub bytes: Text,
    pub error: Text,
    pub assumes: Option<Text>,
    pub source: Text,
}

#[derive(Debug)]
pub(super) struct InvariantEntry {
    pub id: Text,
    pub title: Text,
    pub value: Text,
}

#[derive(Debug)]
pub(super) struct SignalEntry {
    pub name: Text,
    pub event: Text,
    /// In a box, so that little is there where nobody asks.
    pub says: Later<Box<SignalText>>,
}

/// What a signal says beside its names.
#[derive(Debug)]
pub(super) struct SignalText {
    pub kind: Kind,
    pub confidence: Confidence,
    pub pattern: Text,
    /// A type is missing where it is blamed.
    pub types: Vec<(Text, Option<FactType>)>,
    pub phase: Option<Text>,
}

#[derive(Debug)]
pub(super) struct VersionEntry {
    pub number: Text,
    pub adds: Vec<Text>,
    pub drops: Vec<Text>,
    pub assumed: bool,
}

#[derive(Debug)]
pub(super) struct AliasEntry {
    pub old: Text,
    pub new: Text,
    pub versions: Option<Text>,
    pub read: Option<Text>,
    pub write: Option<Text>,
}

#[derive(Debug)]
pub(super) struct DefaultEntry {
    pub of: Text,
    pub versions: Option<Text>,
    pub source: Text,
    pub values: Vec<(Text, Value)>,
}

#[derive(Debug)]
pub(super) struct OptionEntry {
    pub location: Location,
    pub id: Text,
    /// The address of its page.
    pub page: Option<String>,
    /// In a box, so that little is there where nobody asks.
    pub says: Later<Box<OptionText>>,
}

/// What an option says beside its id.
#[derive(Debug)]
pub(super) struct OptionText {
    /// For which versions of the target it is; for all where not given.
    pub versions: Option<Text>,
    pub title: Text,
    pub when: Text,
    pub rewrite: Vec<RewriteText>,
    pub relieves: Vec<Text>,
    pub loads: Vec<Text>,
    pub changes: Changes,
    pub cost: Vec<(Text, f64)>,
    pub safety: Safety,
    pub why: Text,
    pub source: Text,
    pub caveat: Option<Text>,
}

#[derive(Debug)]
pub(super) struct RequirementEntry {
    pub location: Location,
    pub id: Text,
    /// For which versions of the target it is; for all where not given.
    pub versions: Option<Text>,
    pub when: Option<Text>,
    pub holds: Text,
    /// The quantity that it limits; only what a project lays over a pack says that.
    pub limits: Option<Text>,
    pub level: Level,
    /// The address of its page.
    pub page: Option<String>,
    /// In a box, so that little is there where nobody asks.
    pub breach: Later<Box<BreachText>>,
}

/// What a requirement says of a launch that breaks it.
#[derive(Debug)]
pub(super) struct BreachText {
    pub fails_at: Text,
    pub message: Text,
    pub repair: Vec<RewriteText>,
    pub source: Option<Text>,
}

impl ExtendEntry {
    /// Reads a list of packs: names, or tables that also say which versions will do.
    pub fn read(reader: &Reader<'_>, field: &'static str) -> Vec<Self> {
        let entries = reader.texts_or_tables(field, "pack to extend").into_iter();
        let read = |entry| match entry {
            Either::Text(pack) => Self { pack, version: None },
            Either::Table(table) => {
                let (pack, version) = (table.text("pack"), table.optional_text("version"));
                table.finish();
                Self { pack, version }
            }
        };
        entries.map(read).collect()
    }
}

impl Manifest {
    /// Reads the files of one pack.
    ///
    /// Syntax errors, unknown or missing fields and wrong types are kept for the check, with
    /// something that stands in for what is missing: one run shows all faults.
    pub(super) fn read(files: &[Source], extent: Extent) -> Self {
        let mut manifest = Self::default();
        for file in files {
            let faults = manifest.read_file(file, extent);
            manifest.faults.extend(faults.into_iter().map(|fault| (file.clone(), fault)));
        }
        manifest.name_pages();
        manifest
    }

    /// Gives every rule the address of its page; those of packs that this one extends have their own.
    fn name_pages(&mut self) {
        let Some(docs) = self.docs.take().filter(|it| !it.stands_in()) else { return };
        let value = docs.as_str();
        let is_web = value.starts_with("https://") || value.starts_with("http://");
        if !is_web || !value.contains("{rule}") || value.contains(char::is_whitespace) {
            let message = format!("`{value}` is no address of a rule's page");
            let fault = Fault::new("hydrule::pack::docs", docs.location.span, message);
            let help =
                "write it as in \"https://example.org/rules#{rule}\", `{rule}` for the rule's id";
            let source = docs.location.source.clone();
            self.faults.push((source, fault.labelled("where a rule is explained").helped(help)));
            return;
        }
        let page = |id: &Text| Some(value.replace("{rule}", id.as_str()));
        self.options.iter_mut().for_each(|it| it.page = page(&it.id));
        self.requirements.iter_mut().for_each(|it| it.page = page(&it.id));
    }

    /// Returns in which language the target's launches have their arguments.
    pub(super) fn arguments(&self) -> Arguments {
        let hydra_launches = self.hydra_launches.iter().map(|it| it.value.to_string()).collect();
        Arguments { language: self.language.unwrap_or_default(), hydra_launches }
    }

    /// Tells whether anything may be defined that could not be read.
    pub(super) fn is_open(&self) -> bool {
        self.open.contains("")
    }

    /// Keeps a fault at a text, after which anything may be defined that could not be read.
    pub(super) fn fail(&mut self, text: &Text, fault: Fault) {
        self.faults.push((text.location.source.clone(), fault));
        self.lose(String::new());
    }

    /// Blames what the header of a pack lacks; `sources` are its files.
    pub(super) fn check_header(&mut self, sources: &[Source]) {
        let fields =
            [("name", &self.name), ("version", &self.version), ("description", &self.description)];
        let missing = fields.into_iter().filter(|(_, text)| text.is_none());
        let Some(first) = sources.first().filter(|_| !self.is_open()) else { return };
        let faults: Vec<(Source, Fault)> = missing
            .map(|(field, _)| {
                let message = format!("the pack has no `{field}`");
                let fault = Fault::new("hydrule::pack::missing_field", Span::at(0), message);
                (first.clone(), fault.labelled(format!("add `{field} = \"…\"` to pack.toml")))
            })
            .collect();
        self.faults.extend(faults);
    }

    fn lose(&mut self, names: String) {
        self.open.insert(names);
    }

    fn read_file(&mut self, file: &Source, extent: Extent) -> Vec<Fault> {
        let table = match tree(file) {
            Ok(table) => table,
            Err(faults) => {
                self.lose(String::new());
                return faults.faults;
            }
        };
        let faults = FaultList::new();
        let span = Span::new(0, 0);
        let reader = Reader::new(file, table.root(), "pack file", span, &faults);
        self.read_header(&reader);
        let known = match extent {
            Extent::Whole => {
                self.read_values(&reader);
                self.read_tables(&reader);
                reader.finish()
            }
            Extent::Watched => {
                self.read_outside(&reader);
                self.read_phases(&reader);
                self.read_signals(&reader);
                false
            }
            Extent::Header => false,
        };
        if !known {
            self.lose(String::new());
        }
        faults.into_vec()
    }

    fn read_header(&mut self, reader: &Reader<'_>) {
        let keep = |slot: &mut Option<Text>, text: Option<Text>| {
            if text.is_some() {
                *slot = text;
            }
        };
        keep(&mut self.name, reader.optional_text("name"));
        keep(&mut self.version, reader.optional_text("version"));
        keep(&mut self.description, reader.optional_text("description"));
        keep(&mut self.target, reader.optional_text("target"));
        keep(&mut self.goal, reader.optional_text("goal"));
        keep(&mut self.docs, reader.optional_text("docs"));
        keep(&mut self.requires, reader.optional_text("requires"));
        self.extends.extend(ExtendEntry::read(reader, "extend"));
        self.off.extend(reader.text_entries("off"));
        self.launches.extend(reader.texts("launches"));
        self.keys.extend(reader.texts("keys"));
        self.language = reader.optional_choice("arguments", &Language::WORDS).or(self.language);
        self.hydra_launches.extend(reader.texts("hydra_launches"));
        if let Some(table) = reader.table("perhaps", "launches that may be of this target") {
            self.perhaps = Some(perhaps(table));
        }
    }

    fn read_values(&mut self, reader: &Reader<'_>) {
        self.lets.extend(reader.text_entries("let"));
        self.read_outside(reader);
        for (name, value) in reader.entries("param") {
            let Some(table) = reader.entry(value, "parameter") else { continue };
            let (location, default) = (table.location(), table.value("default"));
            let help = table.optional_text("help");
            table.finish();
            self.parameters.push(ParameterEntry { location, name, default, help });
        }
    }

    fn read_outside(&mut self, reader: &Reader<'_>) {
        for (group, facts) in reader.text_tables("fact") {
            let facts = facts.iter().map(|(name, word)| {
                let fact = outside_fact(reader, word);
                OutsideEntry { name: format!("{}.{}", group.value, name.value), fact }
            });
            self.outside.extend(facts);
        }
    }

    fn read_tables(&mut self, reader: &Reader<'_>) {
        let bases = reader.tables("base", "base configuration");
        self.bases.extend(bases.into_iter().map(WholeBase::read));
        for table in reader.tables("invariant", "invariant") {
            let (id, title, value) = (table.text("id"), table.text("title"), table.text("value"));
            table.finish();
            self.invariants.push(InvariantEntry { id, title, value });
        }
        for table in reader.tables("estimate", "estimate") {
            let (phase, title) = (table.text("phase"), table.text("title"));
            let (when, bytes) = (table.optional_text("when"), table.text("bytes"));
            let (error, source) = (table.text("error"), table.text("source"));
            let assumes = table.optional_text("assumes");
            table.finish();
            let entry = EstimateEntry { phase, title, when, bytes, error, assumes, source };
            self.estimates.push(entry);
        }
        self.read_phases(reader);
        for table in reader.tables("release", "release") {
            let number = table.text("number");
            let (adds, drops) = (table.texts("adds"), table.texts("drops"));
            let assumed = table.flag("assumed").is_some_and(|(it, _)| it);
            table.finish();
            self.versions.push(VersionEntry { number, adds, drops, assumed });
        }
        for table in reader.tables("alias", "alias") {
            let (old, new) = (table.text("old"), table.text("new"));
            let versions = table.optional_text("versions");
            let (read, write) = (table.optional_text("read"), table.optional_text("write"));
            table.finish();
            self.aliases.push(AliasEntry { old, new, versions, read, write });
        }
        for table in reader.tables("default", "default set") {
            let (of, source) = (table.text("of"), table.text("source"));
            let versions = table.optional_text("versions");
            let mut values = table.value_entries("values");
            values.extend(table.texts("null").into_iter().map(|key| (key, Value::Null)));
            table.finish();
            self.defaults.push(DefaultEntry { of, versions, source, values });
        }
        self.read_signals(reader);
        self.options.extend(reader.tables("option", "option").into_iter().map(option));
        let requirements = reader.tables("require", "requirement");
        self.requirements.extend(requirements.into_iter().map(requirement));
    }

    fn read_phases(&mut self, reader: &Reader<'_>) {
        reader.tables("phase", "phase").into_iter().for_each(|table| self.read_phase(table));
    }

    fn read_signals(&mut self, reader: &Reader<'_>) {
        reader.tables("signal", "signal").into_iter().for_each(|table| self.read_signal(table));
    }

    fn read_phase(&mut self, table: Reader<'_>) {
        let name = table.text("name");
        let frames = |field| table.texts(field);
        if name.stands_in() {
            self.lose(String::new());
        }
        if table.has("add_frames") {
            self.frames.push(FramesEntry { phase: name, frames: frames("add_frames") });
        } else {
            let (title, frames) = (table.text("title").value.into_owned(), frames("frames"));
            let (name, location) = (name.value.into_owned(), name.location);
            self.phases.push(Phase { name, title, frames, location });
        }
        table.finish();
    }

    fn read_signal(&mut self, table: Reader<'_>) {
        let (name, event) = (table.text("name"), table.text("event"));
        if event.stands_in() || table.is_no_text("phase") {
            self.lose(String::new());
        }
        let (says, whole) = table.later(signal_text);
        if name.stands_in() || !whole {
            self.lose(format!("{}.", event.value));
        }
        self.signals.push(SignalEntry { name, event, says });
    }
}

fn perhaps(table: Reader<'_>) -> Perhaps {
    let globs = |field| table.texts(field).into_iter().map(|it| it.value.into_owned()).collect();
    let (keys, without) = (globs("keys"), globs("without"));
    let what = table.text("what").value.into_owned();
    table.finish();
    Perhaps { what, keys, without }
}

fn signal_text(table: &Reader<'_>) -> SignalText {
    let kind = table.choice("kind", &Kind::WORDS).unwrap_or(Kind::Device);
    let confidence = table.optional_choice("confidence", &Confidence::WORDS);
    let confidence = match kind {
        Kind::Unknown => Confidence::Open,
        _ => confidence.unwrap_or(Confidence::Certain),
    };
    let (pattern, phase) = (table.text("pattern"), table.optional_text("phase"));
    let types = table.text_entries("types").into_iter();
    let types = types.map(|(capture, word)| (capture, fact_type(table, &word))).collect();
    SignalText { kind, confidence, pattern, types, phase }
}

fn fact_type(table: &Reader<'_>, word: &Text) -> Option<FactType> {
    let found = FactType::WORDS.iter().find(|(name, _)| *name == word.value);
    if found.is_none() && !word.stands_in() {
        let words = FactType::WORDS.map(|(name, _)| format!("`{name}`")).join(", ");
        table.blame(no_fact_type(word).helped(format!("write one of {words}")));
    }
    found.map(|(_, fact)| *fact)
}

fn no_fact_type(word: &Text) -> Fault {
    let message = format!("`{}` is no type of a fact", word.value);
    Fault::new("hydrule::pack::unknown_word", word.location.span, message)
}

/// Reads the type of an outside fact: `int`, or `int?` for one that may be left out.
fn outside_fact(reader: &Reader<'_>, word: &Text) -> OutsideFact {
    let (kind, optional) = match word.value.strip_suffix('?') {
        Some(kind) => (kind, true),
        None => (word.as_str(), false),
    };
    if let Some((_, kind)) = OUTSIDE_KINDS.iter().find(|(name, _)| *name == kind) {
        return OutsideFact { kind: *kind, optional };
    }
    if !word.stands_in() {
        let words = OUTSIDE_KINDS.map(|(name, _)| format!("`{name}`")).join(", ");
        let help = format!("write one of {words}, with `?` where it may be missing");
        reader.blame(no_fact_type(word).helped(help));
    }
    OutsideFact { kind: Type::Any, optional }
}

fn option(table: Reader<'_>) -> OptionEntry {
    let (location, id) = (table.location(), table.text("id"));
    let (says, _) = table.later(option_text);
    OptionEntry { location, id, page: None, says }
}

fn option_text(table: &Reader<'_>) -> OptionText {
    let (title, when) = (table.text("title"), table.text("when"));
    let (rewrite, relieves) = (table.rewrites("rewrite"), table.texts("relieves"));
    let (loads, cost) = (table.texts("loads"), table.number_entries("cost"));
    let (changes, safety) = (table.choice("changes", &CHANGES), table.choice("safety", &SAFETY));
    let (why, source) = (table.text("why"), table.text("source"));
    let (caveat, versions) = (table.optional_text("caveat"), table.optional_text("versions"));
    OptionText {
        versions,
        title,
        when,
        rewrite,
        relieves,
        loads,
        changes: changes.unwrap_or(Changes::Nothing),
        cost,
        safety: safety.unwrap_or(Safety::Display),
        why,
        source,
        caveat,
    }
}

fn requirement(table: Reader<'_>) -> RequirementEntry {
    let location = table.location();
    let (id, when, holds) = (table.text("id"), table.optional_text("when"), table.text("holds"));
    let level = table.optional_choice("level", &LEVELS).unwrap_or(Level::Error);
    let versions = table.optional_text("versions");
    let (breach, _) = table.later(breach_text);
    RequirementEntry {
        location,
        id,
        versions,
        when,
        holds,
        limits: None,
        level,
        page: None,
        breach,
    }
}

fn breach_text(table: &Reader<'_>) -> BreachText {
    let (fails_at, message) = (table.text("fails_at"), table.text("message"));
    let (repair, source) = (table.rewrites("repair"), table.optional_text("source"));
    BreachText { fails_at, message, repair, source }
}
