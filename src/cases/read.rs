//! Reading cases from TOML.

use super::case::{Asked, Case, CaseFile, Expected, Inputs, Listed, Snap};
use super::names::bad_name;
use crate::pack::{Either, Reader, Text, read_toml};
use crate::text::{Fault, Faults, Location, Source, Span};
use crate::value::Value;

/// Reads a file that a case names, its path seen from the case's own file.
pub type Load<'a> = &'a dyn Fn(&str) -> Result<Source, String>;

/// Reads a file of cases: `[[case]]` tables, and `[common]` with what all of them share.
///
/// # Errors
/// Every fault of the file.
pub fn read_cases(source: &Source, load: Load<'_>) -> Result<Vec<Case>, Faults> {
    let drafts = read_toml(source, "file of cases", |reader| {
        let common = reader.table("common", "common table").map(|table| {
            let draft = Draft::read(&table, load, &Draft::default());
            table.finish();
            draft
        });
        let common = common.unwrap_or_default();
        let tables = reader.tables("case", "case").into_iter();
        let drafts: Vec<Draft> = tables.map(|table| case(table, load, &common)).collect();
        drafts
    })?;
    if drafts.is_empty() {
        let fault = Fault::new("hydrule::case::none", Span::at(0), "the file holds no case");
        return Err(Faults::one(source.clone(), fault.labelled("add a `[[case]]`")));
    }
    finished(source, drafts)
}

fn case(table: Reader<'_>, load: Load<'_>, common: &Draft) -> Draft {
    let name = table.text("name");
    let mut draft = Draft::read(&table, load, common);
    draft.read_own(&table);
    if let Some(fault) = bad_name(name.as_str(), name.location.span).filter(|_| !name.stands_in()) {
        draft.faults.push(fault);
    }
    draft.at = Some(name.location.clone());
    draft.name = name.value.into_owned();
    draft.check_inputs(&table.location());
    table.finish();
    draft
}

/// Reads the `case.toml` of a folder.
///
/// # Errors
/// Every fault of the file.
pub(super) fn read_settings(source: &Source, load: Load<'_>) -> Result<Draft, Faults> {
    read_toml(source, "case", |reader| {
        let mut draft = Draft::read(reader, load, &Draft::default());
        draft.read_own(reader);
        draft
    })
}

/// Turns drafts into cases, all faults at once.
pub(super) fn finished(source: &Source, drafts: Vec<Draft>) -> Result<Vec<Case>, Faults> {
    let mut faults: Vec<Fault> = drafts.iter().flat_map(|it| it.faults.clone()).collect();
    faults.sort_by_key(|fault| fault.span);
    faults.dedup();
    if !faults.is_empty() {
        return Err(Faults { source: source.clone(), faults });
    }
    let drafts = drafts.into_iter().flat_map(Draft::expanded);
    Ok(drafts.map(|draft| draft.finish(source)).collect())
}

/// What stands for a text of `each` in a log.
const EACH: &str = "{each}";

/// A case being read.
#[derive(Debug, Clone, Default)]
pub(super) struct Draft {
    pub name: String,
    pub at: Option<Location>,
    title: Option<String>,
    pub inputs: Inputs,
    asked: Asked,
    expected: Option<Expected>,
    snap: Option<bool>,
    restless: bool,
    /// What stands in the log for [`EACH`], one case for each.
    each: Vec<Text>,
    pub faults: Vec<Fault>,
}

impl Draft {
    /// Reads what a case may share with others. What the case says stands behind what they share,
    /// or in its place.
    fn read(table: &Reader<'_>, load: Load<'_>, common: &Self) -> Self {
        let mut draft = common.clone();
        let inputs = &mut draft.inputs;
        inputs.overrides.extend(table.texts("overrides"));
        let faults = &mut draft.faults;
        if let Some(script) = text_or_file(table, "script", "run.sh", load, faults) {
            put(&mut inputs.files, script);
        }
        for (name, value) in table.entries("files") {
            let read = table.string_or_table(value, "file");
            let name_of = name.as_str().to_owned();
            if let Some(file) = file_of(read, &name_of, load, faults) {
                put(&mut inputs.files, file);
            }
        }
        for (slot, field, name) in [
            (&mut inputs.log, "log", "job.log"),
            (&mut inputs.config, "config", "config.yaml"),
            (&mut inputs.tried, "tried", "tried.jsonl"),
        ] {
            *slot = text_or_file(table, field, name, load, faults).or(slot.take());
        }
        let environment = table.text_entries("env").into_iter();
        inputs.environment.extend(
            environment.map(|(name, text)| (name.value.into_owned(), text.value.into_owned())),
        );
        if let Some((arguments, _)) = table.list("args") {
            inputs.arguments =
                Some(arguments.into_iter().map(|it| it.value.into_owned()).collect());
        }
        let fallback = table.location();
        told(table, "fact", &fallback, &mut inputs.facts);
        told(table, "param", &fallback, &mut inputs.parameters);
        for (group, path) in table.text_entries("facts") {
            match loaded(&path, load) {
                Ok(source) => {
                    let file = CaseFile::read(path.as_str(), source);
                    inputs.fact_files.push((group, file));
                }
                Err(fault) => faults.push(fault),
            }
        }
        inputs.target = table.optional_text("target").or(inputs.target.take());
        inputs.launch = table.number("launch").or(inputs.launch);
        draft.read_asked(table);
        draft
    }

    fn read_asked(&mut self, table: &Reader<'_>) {
        let asked = &mut self.asked;
        asked.steps = table.number("steps").or(asked.steps);
        asked.goal = table.optional_text("goal").or(asked.goal.take());
        let weights = table.number_entries("weight").into_iter();
        asked.weights.extend(weights.map(|(name, number)| format!("{}={number}", name.value)));
        let flag = |field, old: bool| table.flag(field).map_or(old, |(truth, _)| truth);
        asked.allow_unsafe = flag("unsafe", asked.allow_unsafe);
        asked.strict = flag("strict", asked.strict);
        if let Some((only, _)) = table.list("only") {
            asked.only = only;
        }
        if let Some((preserve, _)) = table.list("preserve") {
            asked.preserve = preserve;
        }
        if let Some((repair, _)) = table.list("repair") {
            asked.repair = Some(repair);
        }
    }

    /// Reads what belongs to one case alone.
    fn read_own(&mut self, table: &Reader<'_>) {
        self.title = table.optional_text("title").map(|it| it.value.into_owned());
        let whole = table.location();
        self.snap = table.flag("snapshot").map(|(truth, _)| truth);
        if let Some((each, at)) = table.list("each") {
            self.check_each(&each, &at);
            self.each = each;
        }
        let idempotent = table.flag("idempotent");
        let reason = table.optional_text("reason");
        self.restless = matches!(idempotent, Some((false, _)));
        match (&idempotent, &reason) {
            (Some((false, at)), None) => {
                let message = "`idempotent = false` wants a `reason`";
                let fault = Fault::new("hydrule::case::no_reason", at.span, message);
                self.faults.push(fault.labelled("say why in `reason = \"…\"`"));
            }
            (Some((true, _)) | None, Some(reason)) => {
                let message = "`reason` says why a case is not idempotent, and this one is";
                let span = reason.location.span;
                self.faults.push(Fault::new("hydrule::case::vain_reason", span, message));
            }
            _ => {}
        }
        let expect = table.table("expect", "table of expectations");
        if let Some(expect) = expect {
            let expected = expected(&expect);
            if expected.is_empty() {
                let message = "`expect` expects nothing";
                let fault = Fault::new("hydrule::case::vain", expect.location().span, message);
                self.faults.push(fault.labelled("name a rule, a plan, or a finding"));
            }
            expect.finish();
            self.expected = Some(expected);
        }
        if self.snap == Some(false) && self.expected.is_none() {
            let message = "without a snapshot and without `expect`, the case cannot fail";
            self.faults.push(Fault::new("hydrule::case::vain", whole.span, message));
        }
    }

    /// Finds an `each` that would make no case, or the same one again and again.
    fn check_each(&mut self, each: &[Text], at: &Location) {
        let holds = |log: &CaseFile| log.source.text().contains(EACH);
        let message = match &self.inputs.log {
            _ if each.is_empty() => "`each` is empty, and no case is left".to_owned(),
            Some(log) if holds(log) => return,
            _ => format!("`each` stands for {EACH} in the `log`, and nothing there says so"),
        };
        self.faults.push(Fault::new("hydrule::case::each", at.span, message));
    }

    /// Makes a case of each text of `each`: `NAME-1`, `NAME-2`.
    fn expanded(self) -> Vec<Self> {
        if self.each.is_empty() {
            return vec![self];
        }
        let one = |(index, text): (usize, &Text)| {
            let mut draft = self.clone();
            draft.name = format!("{}-{}", self.name, index + 1);
            draft.at = Some(text.location.clone());
            draft.inputs.log = self.inputs.log.as_ref().map(|log| CaseFile {
                source: Source::new(
                    log.source.name(),
                    log.source.text().replace(EACH, text.as_str()),
                ),
                written: log.written.clone(),
            });
            draft
        };
        self.each.iter().enumerate().map(one).collect()
    }

    /// Finds inputs that contradict one another or are missing.
    pub fn check_inputs(&mut self, at: &Location) {
        let inputs = &self.inputs;
        let span = self.at.as_ref().map_or(at.span, |it| it.span);
        let mut blame = |message: &str, label: &str| {
            let fault = Fault::new("hydrule::case::inputs", span, message);
            self.faults.push(fault.labelled(label));
        };
        if inputs.files.is_empty() && inputs.overrides.is_empty() {
            blame("the case has no job", "give `overrides`, a `script`, or `files`");
        }
        if !inputs.files.is_empty() && !inputs.overrides.is_empty() {
            blame("the case has files and plain overrides", "a job has one or the other");
        }
        if inputs.files.iter().filter(|file| file.is_yaml()).count() > 1 {
            blame("the case has two configurations", "a job has one that is changed");
        }
        if self.asked.goal.is_some() && self.asked.steps.is_some() {
            blame("the case has a `goal` and a number of `steps`", "a plan has one or the other");
        }
    }

    fn finish(self, source: &Source) -> Case {
        let snap = self.snap.unwrap_or(self.expected.is_none());
        Case {
            name: self.name,
            at: self.at.unwrap_or_else(|| source.at(Span::at(0))),
            title: self.title,
            inputs: self.inputs,
            asked: self.asked,
            expected: self.expected,
            snap: if snap { Snap::Kept } else { Snap::None },
            idempotent: !self.restless,
        }
    }
}

fn expected(table: &Reader<'_>) -> Expected {
    let listed = |field| table.list(field).map(|(texts, at)| Listed { texts, at });
    Expected {
        fired: table.texts("fired"),
        silent: table.texts("silent"),
        unknown: table.texts("unknown"),
        plan: listed("plan"),
        changes: listed("changes"),
        overrides: listed("overrides"),
        findings: listed("findings"),
        left: listed("left"),
        known_by: listed("known_by"),
        holds: table.texts("holds"),
        phase: table.optional_text("phase"),
        signal: table.optional_text("signal"),
    }
}

/// Puts a file in the place of the one with its name, or at the end.
fn put(files: &mut Vec<CaseFile>, file: CaseFile) {
    match files.iter_mut().find(|old| old.source.name() == file.source.name()) {
        Some(old) => *old = file,
        None => files.push(file),
    }
}

/// Takes values by dotted name; a later one of a name counts.
fn told(
    table: &Reader<'_>,
    field: &'static str,
    fallback: &Location,
    out: &mut Vec<(String, Value, Location)>,
) {
    for (name, value, span) in table.leaves(field) {
        let at = Location { span, source: fallback.source.clone() };
        out.retain(|(old, ..)| *old != name);
        out.push((name, value, at));
    }
}

/// Takes a text, or `{ file = "PATH" }`.
fn text_or_file(
    table: &Reader<'_>,
    field: &'static str,
    name: &str,
    load: Load<'_>,
    faults: &mut Vec<Fault>,
) -> Option<CaseFile> {
    file_of(table.text_or_table(field, "file")?, name, load, faults)
}

fn file_of(
    read: Either<'_>,
    name: &str,
    load: Load<'_>,
    faults: &mut Vec<Fault>,
) -> Option<CaseFile> {
    let table = match read {
        Either::Text(text) => return Some(CaseFile::inline(name, text)),
        Either::Table(table) => table,
    };
    let path = table.text("file");
    table.finish();
    if path.stands_in() {
        return None;
    }
    match loaded(&path, load) {
        Ok(source) => Some(CaseFile::read(name, source)),
        Err(fault) => {
            faults.push(fault);
            None
        }
    }
}

fn loaded(path: &Text, load: Load<'_>) -> Result<Source, Fault> {
    load(path.as_str()).map_err(|why| {
        let message = format!("cannot read `{}`: {why}", path.as_str());
        Fault::new("hydrule::case::unreadable", path.location.span, message)
            .labelled("seen from this file's folder")
    })
}
