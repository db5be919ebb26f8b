//! Logs of our own composition, and what is read in them.
//!
//! Each `tests/logs/NAME.log` has a `NAME.expected` beside it. `HYDRULE_ACCEPT=1` writes them anew.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use hydrule::signal::{Event, Scan};
use hydrule::text::Source;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/logs")
}

fn scan(source: &Source) -> Scan {
    hydrule::pack::load("verl").unwrap().signals().scan(source)
}

fn log(name: &str) -> Source {
    let text = fs::read_to_string(folder().join(format!("{name}.log"))).unwrap();
    Source::new(format!("{name}.log"), text)
}

fn names() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder())
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".log").map(str::to_owned))
        .collect();
    names.sort();
    names
}

/// One line per event: `line kind signal event phase…`, and its facts below.
fn describe(scan: &Scan) -> String {
    let mut out = String::new();
    for event in &scan.events {
        let mark = if event.first_cause { "first cause" } else { "consequence" };
        describe_event(&mut out, mark, event);
    }
    for note in &scan.notes {
        describe_event(&mut out, "note", note);
    }
    for launched in &scan.launched {
        let line = launched.location.line_column().line;
        let _ = writeln!(out, "line {line}: launched with {} overrides", launched.overrides.len());
        for item in &launched.overrides {
            let _ = writeln!(out, "  {:?}", item.text);
        }
    }
    if out.is_empty() { "nothing\n".to_owned() } else { out }
}

fn describe_event(out: &mut String, mark: &str, event: &Event) {
    let line = event.location.line_column().line;
    let (kind, signal) = (event.kind.name(), &event.signal);
    let _ = write!(out, "line {line}: {mark}: {kind} {signal} ({})", event.event);
    if let Some(phase) = &event.phase {
        let told = phase
            .location
            .as_ref()
            .map(|at| format!(" told by `{}` in line {}", at.text(), at.line_column().line));
        let _ = write!(out, ", phase {}{}", phase.name, told.unwrap_or_default());
    }
    let origin = &event.origin;
    if let Some(actor) = &origin.actor {
        let _ = write!(out, ", actor {actor}");
    }
    for (name, number) in [("pid", origin.pid), ("rank", origin.rank)] {
        if let Some(number) = number {
            let _ = write!(out, ", {name} {number}");
        }
    }
    out.push('\n');
    for (name, fact) in &event.facts {
        let _ = writeln!(out, "  {name} = {:?} from `{}`", fact.value, fact.text);
    }
}

#[test]
fn every_log_is_read_as_expected() {
    let accept = std::env::var_os("HYDRULE_ACCEPT").is_some();
    let names = names();
    assert!(names.len() >= 20, "only {} logs", names.len());
    let mut wrong = Vec::new();
    for name in names {
        let found = describe(&scan(&log(&name)));
        let path = folder().join(format!("{name}.expected"));
        if accept {
            fs::write(&path, &found).unwrap();
        } else if fs::read_to_string(&path).unwrap_or_default() != found {
            wrong.push(format!("{name}:\n{found}"));
        }
    }
    assert!(wrong.is_empty(), "not as expected:\n{}", wrong.join("\n"));
}

#[test]
fn at_most_one_failure_is_the_first_cause() {
    for name in names() {
        let scan = scan(&log(&name));
        let firsts = scan.events.iter().filter(|event| event.first_cause).count();
        assert_eq!(firsts, usize::from(!scan.events.is_empty()), "{name}");
    }
}

/// Every fact and every override points at the bytes it was read from, whatever surrounds them.
#[test]
fn places_are_places_in_the_log_as_it_is() {
    let names = ["log-prob-entropy", "repeated-ranks", "progress-bar", "coloured-message"];
    for name in names {
        let scan = scan(&log(name));
        for event in scan.events.iter().chain(&scan.notes) {
            for (fact, found) in event.facts.iter().filter(|(fact, _)| *fact != "repeated") {
                let shown = found.location.text();
                let text = found.text.trim_end_matches(" GiB");
                assert!(shown.contains(text), "{name}: {fact}");
            }
        }
        let launched = scan.launched.iter().flat_map(|launched| &launched.overrides);
        for item in launched.filter(|item| !item.location.text().contains('\\')) {
            assert_eq!(item.location.text(), item.text, "{name}");
        }
    }
}

/// A log may be torn anywhere, and may be anything.
#[test]
fn torn_logs_are_read_without_panic() {
    let pack = hydrule::pack::load("verl").unwrap();
    for name in names() {
        let text = log(&name).text().to_owned();
        for cut in (0..text.len()).step_by(37).filter(|cut| text.is_char_boundary(*cut)) {
            for torn in <[&str; 2]>::from(text.split_at(cut)) {
                let _ = describe(&pack.signals().scan(&Source::new("torn", torn)));
            }
        }
    }
}

#[test]
fn facts_have_full_names() {
    let scan = scan(&log("log-prob-entropy"));
    let facts = scan.first_cause().unwrap().to_facts();
    for name in ["kind", "signal", "phase", "line", "pid", "actor", "tried", "gpu", "capacity"] {
        assert!(facts.get(&format!("oom.{name}")).is_some(), "{name}");
    }
}
