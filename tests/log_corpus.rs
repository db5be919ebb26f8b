//! How well logs are read: precision and recall over a labelled corpus.
//!
//! `tests/logs/corpus/labels.toml` says what a reader finds in each log. What is measured stands in
//! `docs/signals.md`; `HYDRULE_ACCEPT=1` writes it anew. A log that is read wrongly fails the test,
//! unless its label says why under `known`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use hydrule::pack::Pack;
use hydrule::signal::{Event, Scan};
use hydrule::text::Source;
use hydrule::value::Value;
use toml::de::{DeTable, DeValue};

use crate::support::root;

/// What a reader finds in one log.
#[derive(Default)]
struct Label {
    name: String,
    /// The pack that reads it; `verl` if none is named.
    pack: Option<String>,
    /// The first cause: its signal, kind, phase and line.
    signal: Option<String>,
    kind: Option<String>,
    phase: Option<String>,
    line: Option<usize>,
    facts: BTreeMap<String, String>,
    /// All signals, that of the first cause included.
    signals: BTreeSet<String>,
    overrides: usize,
    /// Why the log is still read wrongly.
    known: Option<String>,
}

impl Label {
    fn pack(&self) -> &str {
        self.pack.as_deref().unwrap_or("verl")
    }
}

/// Loads the packs that the labels name.
fn packs(labels: &[Label]) -> BTreeMap<String, Pack> {
    let names: BTreeSet<&str> = labels.iter().map(Label::pack).collect();
    names.into_iter().map(|it| (it.to_owned(), hydrule::pack::load(it).unwrap())).collect()
}

fn labels() -> Vec<Label> {
    let text = fs::read_to_string(root().join("tests/logs/corpus/labels.toml")).unwrap();
    let table = DeTable::parse(&text).unwrap().into_inner();
    let logs = table["log"].get_ref().as_array().unwrap();
    logs.iter().map(|log| label(log.get_ref().as_table().unwrap())).collect()
}

fn label(table: &DeTable<'_>) -> Label {
    let mut label = Label::default();
    for (key, value) in table {
        let value = value.get_ref();
        match key.get_ref().as_ref() {
            "name" => label.name = shown(value),
            "style" => {}
            "pack" => label.pack = Some(shown(value)),
            "signal" => label.signal = Some(shown(value)),
            "kind" => label.kind = Some(shown(value)),
            "phase" => label.phase = Some(shown(value)),
            "line" => label.line = shown(value).parse().ok(),
            "known" => label.known = Some(shown(value)),
            "overrides" => label.overrides = shown(value).parse().unwrap(),
            "also" => {
                label.signals =
                    value.as_array().unwrap().iter().map(|it| shown(it.get_ref())).collect();
            }
            "facts" => {
                let facts = value.as_table().unwrap().iter();
                label.facts =
                    facts.map(|(k, v)| (k.get_ref().to_string(), shown(v.get_ref()))).collect();
            }
            other => panic!("{}: unknown key {other}", label.name),
        }
    }
    label.signals.extend(label.signal.clone());
    label
}

fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) => number.as_str().to_owned(),
        DeValue::Float(number) => number.as_str().to_owned(),
        other => panic!("unexpected {other:?}"),
    }
}

fn fact_text(value: &Value) -> String {
    match value {
        Value::Bytes(bytes) => format!("{bytes} B"),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Str(text) => text.clone(),
        other => format!("{other:?}"),
    }
}

fn text(name: &str) -> String {
    let path = root().join(format!("tests/logs/corpus/{name}.log"));
    String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned()
}

/// Right answers, answers too many, and answers too few.
#[derive(Default, Clone, Copy)]
struct Score {
    right: usize,
    wrong: usize,
    missed: usize,
}

impl Score {
    /// Counts one question with at most one answer.
    fn one<T: PartialEq>(&mut self, wanted: Option<T>, found: Option<T>) {
        let right = wanted.is_some() && wanted == found;
        self.right += usize::from(right);
        self.wrong += usize::from(found.is_some() && !right);
        self.missed += usize::from(wanted.is_some() && !right);
    }

    fn row(&self, name: &str) -> String {
        let share = |others: usize| match self.right + others {
            0 => "–".to_owned(),
            all => format!("{:.3}", exact(self.right) / exact(all)),
        };
        let (precision, recall) = (share(self.wrong), share(self.missed));
        format!("| {name} | {} | {precision} | {recall} |\n", self.right + self.missed)
    }
}

fn exact(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap())
}

/// All scores, and each log that is read wrongly with what is wrong.
#[derive(Default)]
struct Measured {
    signals: BTreeMap<String, Score>,
    kinds: BTreeMap<String, Score>,
    all_signals: Score,
    first: Score,
    phase: Score,
    facts: Score,
    overrides: Score,
    wrong: BTreeMap<String, Vec<String>>,
}

impl Measured {
    fn add(&mut self, label: &Label, scan: &Scan) {
        let mut wrong = Vec::new();
        self.add_signals(label, scan, &mut wrong);
        let first = scan.first_cause();
        self.add_first(label, first, &mut wrong);
        for (name, wanted) in &label.facts {
            let found =
                first.and_then(|first| first.facts.get(name)).map(|it| fact_text(&it.value));
            self.facts.one(Some(wanted), found.as_ref());
            if Some(wanted) != found.as_ref() {
                wrong.push(format!("{name}: {wanted}, found {found:?}"));
            }
        }
        let launched = scan.launched.first().map_or(0, |launched| launched.overrides.len());
        let count = |number: usize| (number > 0).then_some(number);
        self.overrides.one(count(label.overrides), count(launched));
        if label.overrides != launched {
            wrong.push(format!("{} overrides, found {launched}", label.overrides));
        }
        if !wrong.is_empty() {
            self.wrong.insert(label.name.clone(), wrong);
        }
    }

    fn add_signals(&mut self, label: &Label, scan: &Scan, wrong: &mut Vec<String>) {
        let found: BTreeSet<String> =
            scan.events.iter().map(|event| event.signal.clone()).collect();
        for signal in label.signals.union(&found) {
            let answer = |set: &BTreeSet<String>| set.contains(signal).then_some(());
            let (wanted, got) = (answer(&label.signals), answer(&found));
            self.signals.entry(signal.clone()).or_default().one(wanted, got);
            self.all_signals.one(wanted, got);
            if wanted != got {
                wrong.push(format!(
                    "{signal} {}",
                    if got.is_some() { "too many" } else { "missing" }
                ));
            }
        }
    }

    fn add_first(&mut self, label: &Label, first: Option<&Event>, wrong: &mut Vec<String>) {
        let line = first.map(|first| first.location.line_column().line);
        let signal = first.map(|first| first.signal.clone());
        let wanted = label.signal.clone().zip(label.line);
        let found = signal.zip(line);
        self.first.one(wanted.as_ref(), found.as_ref());
        if wanted != found {
            wrong.push(format!("first cause {wanted:?}, found {found:?}"));
        }
        let kind = first.map(|first| first.kind.name().to_owned());
        for name in [&label.kind, &kind].into_iter().flatten().collect::<BTreeSet<_>>() {
            let is = |kind: &Option<String>| (kind.as_ref() == Some(name)).then_some(());
            self.kinds.entry(name.clone()).or_default().one(is(&label.kind), is(&kind));
        }
        if label.kind != kind {
            wrong.push(format!("kind {:?}, found {kind:?}", label.kind));
        }
        let phase = first.and_then(|first| first.phase.as_ref()).map(|phase| phase.name.clone());
        self.phase.one(label.phase.as_ref(), phase.as_ref());
        if label.phase != phase {
            wrong.push(format!("phase {:?}, found {phase:?}", label.phase));
        }
    }

    fn table(&self) -> String {
        let mut out =
            "| what | in the logs | precision | recall |\n| --- | --: | --: | --: |\n".to_owned();
        out += &self.first.row("first cause, with its line");
        for (kind, score) in &self.kinds {
            out += &score.row(&format!("kind of the first cause: {kind}"));
        }
        out += &self.phase.row("phase of the first cause");
        out += &self.facts.row("facts of the first cause");
        out += &self.overrides.row("overrides that Hydra prints");
        out += &self.all_signals.row("signals, all");
        for (signal, score) in &self.signals {
            out += &score.row(&format!("`{signal}`"));
        }
        out
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "the figures are for people to read")]
fn labelled_logs_are_read_as_labelled() {
    let labels = labels();
    let packs = packs(&labels);
    let mut measured = Measured::default();
    for label in &labels {
        let source = Source::new(label.name.as_str(), text(&label.name));
        measured.add(label, &packs[label.pack()].signals().scan(&source));
    }
    let without = labels.iter().filter(|label| label.signal.is_none()).count();
    let head = format!("{} logs, {without} of them without a failure\n\n", labels.len());
    let page = format!("{head}{}", measured.table());
    println!("{page}");
    let mut wrong = String::new();
    for (name, why) in &measured.wrong {
        let _ = writeln!(wrong, "{name}:\n  {}", why.join("\n  "));
    }
    println!("{} logs read wrongly\n{wrong}", measured.wrong.len());
    let known = labels.iter().filter(|label| label.known.is_some()).map(|label| &label.name);
    let known: BTreeSet<&String> = known.collect();
    let found: BTreeSet<&String> = measured.wrong.keys().collect();
    assert_eq!(found, known, "logs read wrongly, and those that are known to be\n{wrong}");
    write_page(&page);
}

/// What tells nothing changes nothing: colours, line ends, times, and other processes in between.
#[test]
fn what_surrounds_a_line_does_not_matter() {
    type Change = fn(usize, &str) -> String;
    let changes: [(&str, Change); 7] = [
        ("line ends", |_, line| format!("{line}\r")),
        ("Docker's time", |at, line| format!("2026-03-02T10:{:02}:11.123456789Z {line}", at % 60)),
        ("runtime's time", |_, line| format!("2026-03-02T10:11:12.1+00:00 stderr F {line}")),
        ("system's log", |_, line| format!("Mar  2 10:11:12 gx7 run.sh[88]: {line}")),
        ("compose", |_, line| format!("trainer-1  | {line}")),
        ("colour", |_, line| format!("\x1b[1;31m{line}\x1b[0m")),
        ("other processes", |at, line| {
            format!("{line}\n(Bystander pid={}) File \"x.py\" is read; 3 left", 900 + at % 3)
        }),
    ];
    let labels = labels();
    let packs = packs(&labels);
    let mut differ = String::new();
    let all = std::env::var_os("HYDRULE_CORPUS").is_some();
    for (number, label) in labels.iter().enumerate() {
        let pack = &packs[label.pack()];
        let text = text(&label.name);
        let wanted = told(&pack.signals().scan(&Source::new("log", text.as_str())));
        // Two changes a log by turns; all with `HYDRULE_CORPUS=all`.
        let chosen = |at: &usize| all || (at + number).is_multiple_of(3);
        for (_, (name, change)) in changes.iter().enumerate().filter(|(at, _)| chosen(at)) {
            let lines = text.lines().enumerate().map(|(at, line)| change(at, line));
            let changed = lines.collect::<Vec<_>>().join("\n");
            let found = told(&pack.signals().scan(&Source::new("log", changed)));
            if found != wanted {
                let _ = writeln!(differ, "{} with {name}\n  {wanted}\n  {found}", label.name);
            }
        }
    }
    assert!(differ.is_empty(), "{differ}");
}

/// What is told of the first cause, without its place and process.
fn told(scan: &Scan) -> String {
    let Some(first) = scan.first_cause() else { return "nothing".to_owned() };
    let phase = first.phase.as_ref().map(|phase| &phase.name);
    let facts = first.facts.iter().map(|(name, fact)| format!("{name}={}", fact_text(&fact.value)));
    let facts: Vec<String> = facts.collect();
    let signals: Vec<&String> = scan.events.iter().map(|event| &event.signal).collect();
    format!("{} {phase:?} {} {signals:?}", first.signal, facts.join(" "))
}

/// Each log has a label, and each label a log.
#[test]
fn every_log_has_a_label() {
    let labelled: BTreeSet<String> = labels().into_iter().map(|label| label.name).collect();
    let entries = fs::read_dir(root().join("tests/logs/corpus")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let logs: BTreeSet<String> =
        names.filter_map(|name| name.strip_suffix(".log").map(str::to_owned)).collect();
    assert_eq!(labelled, logs);
}

/// Puts the figures between the marks of the page.
fn write_page(table: &str) {
    const MARKS: [&str; 2] = ["<!-- measured -->\n", "<!-- end -->\n"];
    let path = root().join("docs/signals.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(MARKS[0]).unwrap();
    let (_, after) = rest.split_once(MARKS[1]).unwrap();
    let wanted = format!("{before}{}{table}{}{after}", MARKS[0], MARKS[1]);
    if std::env::var_os("HYDRULE_ACCEPT").is_some() {
        fs::write(&path, &wanted).unwrap();
    }
    assert!(
        wanted == fs::read_to_string(&path).unwrap(),
        "docs/signals.md is not up to date; HYDRULE_ACCEPT=1 cargo test writes it anew"
    );
}
