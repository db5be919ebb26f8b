//! What became of the cases of packs: for people, a line each, as JSON and as JUnit XML.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::diff::text_diff;
use super::fault::render_faults;
use super::json::location;
use super::junit::{document, suite, testcase};
use super::paint::{Look, Paint, wrapped};
use crate::cases::{Compared, Coverage, Gap, Mismatch, Status, Tested, TestedPack};
use crate::text::{Fault, Faults, count};

/// How many lines of a new page are shown without being asked for.
const NEW_LINES: usize = 30;

/// What a report on cases shows.
#[derive(Debug, Clone, Copy)]
pub struct TestView {
    /// How it looks.
    pub look: Look,
    /// Whether snapshots must be there.
    pub checks: bool,
    /// Whether unreferenced snapshots are a fault.
    pub rejects: bool,
    /// Whether every rule is listed with its counts.
    pub coverage: bool,
    /// Whether rules with a gap are a fault.
    pub requires: bool,
    /// Whether new pages are shown whole.
    pub whole: bool,
}

/// Writes everything that is not as expected, and what no case shows.
pub fn tests_full(packs: &[TestedPack], view: TestView) -> String {
    let mut out = String::new();
    for pack in packs {
        for case in &pack.cases {
            if case.status(view.checks) != Status::Passed {
                let _ = writeln!(out, "{}", case_full(&pack.name, case, view));
            }
        }
        out.push_str(&unreferenced(pack, view));
        if view.coverage {
            out.push_str(&coverage_table(&pack.name, &pack.coverage, view.look));
        } else if view.requires {
            out.push_str(&gaps(pack, view.look));
        }
    }
    out
}

/// Writes one case that is not as expected.
pub fn case_full(pack: &str, case: &Tested, view: TestView) -> String {
    let paint = Paint::new(view.look);
    let status = case.status(view.checks);
    let (mark, word) = match status {
        Status::Passed => (paint.good("✓"), paint.good(status.word())),
        Status::New | Status::Changed => (paint.warn("~"), paint.warn(status.word())),
        _ => (paint.bad("✗"), paint.bad(status.word())),
    };
    let at = paint.faint(&case.at.to_string());
    let name = paint.strong(&format!("{pack}/{}", case.name));
    let mut out = format!("{mark} {word}  {name}  {at}\n");
    match &case.result {
        Err(all) => all.iter().for_each(|faults| out.push_str(&render_faults(faults, view.look))),
        Ok(mismatches) => {
            for mismatch in mismatches {
                out.push_str(&mismatch_text(case, mismatch, view.look));
            }
        }
    }
    match &case.compared {
        Compared::NotKept | Compared::Same => {}
        Compared::New(new) => {
            let lines: Vec<&str> = new.content.lines().collect();
            let most = if view.whole { lines.len() } else { NEW_LINES };
            let shown: String = lines
                .iter()
                .take(most)
                .map(|line| format!("{}\n", page_line(line, paint)))
                .collect();
            out.push_str(&indented(&shown));
            if let Some(more) = lines.len().checked_sub(most).filter(|more| *more > 0) {
                let _ = writeln!(
                    out,
                    "    {}",
                    paint.faint(&format!("… {}", count(more, "more line")))
                );
            }
        }
        Compared::Changed { old, new } => {
            out.push_str(&indented(&text_diff(&old.content, &new.content, paint)))
        }
    }
    out
}

/// Paints a line of a page: headings, what goes and what comes.
fn page_line(line: &str, paint: Paint) -> String {
    match line.trim_start() {
        "" => String::new(),
        text if text.len() == line.len() => paint.strong(line),
        text if text.starts_with('+') => paint.good(line),
        text if text.starts_with('-') => paint.gone(line),
        _ => line.to_owned(),
    }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", format!("    {line}").trim_end())).collect()
}

fn mismatch_text(case: &Tested, mismatch: &Mismatch, look: Look) -> String {
    let faults = Faults::one(case.at.source.clone(), mismatch.fault.clone());
    let mut out = render_faults(&faults, look);
    let lines = |texts: &[String]| texts.iter().map(|it| format!("{it}\n")).collect::<String>();
    let actual = lines(&mismatch.actual);
    let Some(expected) = &mismatch.expected else {
        out.push_str(&indented(&actual));
        return out;
    };
    let paint = Paint::new(look);
    let _ = writeln!(out, "    {} {}", paint.gone("- expected"), paint.good("+ came of it"));
    out.push_str(&indented(&text_diff(&lines(expected), &actual, paint)));
    out
}

fn unreferenced(pack: &TestedPack, view: TestView) -> String {
    let paint = Paint::new(view.look);
    let line = |name: &String| {
        let mark = if view.rejects { paint.bad("✗") } else { paint.warn("-") };
        let what = if view.rejects { paint.bad("unreferenced") } else { paint.warn("deleted") };
        format!("{mark} {what}  {}/{name}  no case has this snapshot\n", pack.name)
    };
    pack.unreferenced.iter().map(line).collect()
}

/// Lists the rules that no case shows to fire, or to stay silent.
fn gaps(pack: &TestedPack, look: Look) -> String {
    let paint = Paint::new(look);
    let mut out = String::new();
    for (gap, what) in [(Gap::NeverFired, "never fired"), (Gap::NeverSilent, "never stayed silent")]
    {
        let rules = pack.coverage.with_gap(gap);
        if rules.is_empty() {
            continue;
        }
        let head = format!("✗ {what} in a case of {}: {}", pack.name, count(rules.len(), "rule"));
        let _ = writeln!(out, "{}", paint.bad(&head));
        for row in wrapped(&rules.join(" "), look.width.max(40) - 4) {
            let _ = writeln!(out, "    {row}");
        }
    }
    out
}

fn coverage_table(name: &str, coverage: &Coverage, look: Look) -> String {
    let paint = Paint::new(look);
    let widest = coverage.rules.keys().map(|id| id.chars().count()).max().unwrap_or(0).max(4);
    let head = format!(
        "  {:<widest$}  {:>6}  {:>6}  {:>7}  {:>6}",
        "rule", "fired", "silent", "unknown", "chosen"
    );
    let mut out = format!(
        "{}\n{}\n",
        paint.strong(&format!("Rules of {name} over its cases")),
        paint.faint(&head)
    );
    for (id, counts) in &coverage.rules {
        let number = |number: usize, gap: Option<Gap>, width: usize| {
            let text = format!("{number:>width$}");
            if counts.gap().is_some() && counts.gap() == gap { paint.bad(&text) } else { text }
        };
        let _ = writeln!(
            out,
            "  {id:<widest$}  {}  {}  {:>7}  {:>6}",
            number(counts.fired, Some(Gap::NeverFired), 6),
            number(counts.silent, Some(Gap::NeverSilent), 6),
            counts.unknown,
            counts.chosen,
        );
    }
    out
}

/// Writes a line for each case that does not pass, each rule with a gap that matters, and each
/// unreferenced snapshot.
pub fn tests_concise(packs: &[TestedPack], view: TestView) -> String {
    let mut out = String::new();
    for pack in packs {
        for case in &pack.cases {
            let status = case.status(view.checks);
            if status != Status::Passed {
                let why = first_reason(case);
                let at = case.at.line_column();
                let file = case.at.source.name();
                let name = &case.name;
                let word = status.word();
                let _ = writeln!(
                    out,
                    "{file}:{}:{}: {}/{name} {word}{why}",
                    at.line, at.column, pack.name
                );
            }
        }
        for name in &pack.unreferenced {
            let word = if view.rejects { "unreferenced" } else { "deleted" };
            let _ = writeln!(out, "{}/{name} {word}: no case has this snapshot", pack.name);
        }
        for (gap, what) in
            [(Gap::NeverFired, "never fired"), (Gap::NeverSilent, "never stayed silent")]
        {
            for id in pack.coverage.with_gap(gap).iter().filter(|_| view.requires) {
                let _ = writeln!(out, "{}: {id} {what}", pack.name);
            }
        }
    }
    out
}

fn first_reason(case: &Tested) -> String {
    let fault: Option<&Fault> = match &case.result {
        Err(all) => all.iter().flat_map(|it| &it.faults).next(),
        Ok(mismatches) => mismatches.first().map(|it| &it.fault),
    };
    fault.map(|fault| format!(": {}", fault.message)).unwrap_or_default()
}

/// Sums up in a line for each pack.
pub fn tests_summary(packs: &[TestedPack], view: TestView) -> String {
    let paint = Paint::new(view.look);
    let mut out = String::new();
    for pack in packs {
        let of = |status| pack.cases.iter().filter(|it| it.status(view.checks) == status).count();
        let mut parts = Vec::new();
        for status in [
            Status::Passed,
            Status::New,
            Status::Missing,
            Status::Changed,
            Status::Failed,
            Status::Error,
        ] {
            let number = of(status);
            let text = format!("{number} {}", status.word());
            match status {
                Status::Passed if number == pack.cases.len() => parts.push(paint.good(&text)),
                Status::Passed => parts.push(text),
                _ if number == 0 => {}
                Status::New | Status::Changed => parts.push(paint.warn(&text)),
                _ => parts.push(paint.bad(&text)),
            }
        }
        if !pack.unreferenced.is_empty() && view.rejects {
            parts.push(paint.bad(&format!("{} unreferenced", pack.unreferenced.len())));
        }
        if pack.left_out > 0 {
            parts.push(paint.faint(&format!("{} left out", pack.left_out)));
        }
        let cases = count(pack.cases.len(), "case");
        let _ = writeln!(out, "{}: {cases}: {}", paint.strong(&pack.name), parts.join(", "));
        if pack.left_out == 0 {
            let _ = writeln!(out, "{}", covered(pack, paint));
            if pack.knows_no_launch() {
                let text = "no launch in a case's script fits its `launches` or `keys`: check passes over such scripts";
                let _ = writeln!(out, "  {}", paint.warn(text));
            }
        }
    }
    out
}

fn covered(pack: &TestedPack, paint: Paint) -> String {
    let rules = pack.coverage.rules.len();
    let (fired, silent) = (
        pack.coverage.with_gap(Gap::NeverFired).len(),
        pack.coverage.with_gap(Gap::NeverSilent).len(),
    );
    if rules == 0 {
        return "  it has no rules of its own".to_owned();
    }
    if fired + silent == 0 {
        return format!(
            "  each of {} fired in a case and stayed silent in another",
            count(rules, "rule")
        );
    }
    let text = format!(
        "  of {}, {fired} never fired and {silent} never stayed silent",
        count(rules, "rule")
    );
    format!("{text}{}", paint.faint("; --coverage shows each"))
}

/// Gives everything as data.
pub fn tests_json(packs: &[TestedPack], view: TestView, passed: bool) -> Json {
    let packs: Vec<Json> = packs.iter().map(|pack| pack_json(pack, view)).collect();
    json!({ "format": 1, "passed": passed, "packs": packs })
}

fn pack_json(pack: &TestedPack, view: TestView) -> Json {
    let rules: Vec<Json> = pack
        .coverage
        .rules
        .iter()
        .map(|(id, counts)| {
            json!({
                "id": id,
                "fired": counts.fired,
                "silent": counts.silent,
                "unknown": counts.unknown,
                "chosen": counts.chosen,
            })
        })
        .collect();
    json!({
        "name": pack.name,
        "cases": pack.cases.iter().map(|case| case_json(case, view)).collect::<Vec<_>>(),
        "rules": rules,
        "never_fired": pack.coverage.with_gap(Gap::NeverFired),
        "never_silent": pack.coverage.with_gap(Gap::NeverSilent),
        "unreferenced": pack.unreferenced,
        "left_out": pack.left_out,
        "knows_no_launch": pack.knows_no_launch(),
    })
}

fn case_json(case: &Tested, view: TestView) -> Json {
    let source = &case.at.source;
    let fault = |source: &crate::text::Source, fault: &Fault| {
        json!({
            "code": fault.code,
            "message": fault.message,
            "help": fault.help,
            "place": location(&source.at(fault.span)),
        })
    };
    let mismatch = |it: &Mismatch| {
        let mut json = fault(source, &it.fault);
        if let Some(fields) = json.as_object_mut() {
            fields.insert("expected".to_owned(), it.expected.clone().into());
            fields.insert("actual".to_owned(), it.actual.clone().into());
        }
        json
    };
    let (mismatches, errors): (Vec<Json>, Vec<Json>) = match &case.result {
        Ok(found) => (found.iter().map(mismatch).collect(), Vec::new()),
        Err(all) => {
            let each = all.iter().flat_map(|it| it.faults.iter().map(|one| fault(&it.source, one)));
            (Vec::new(), each.collect())
        }
    };
    let (word, diff) = match &case.compared {
        Compared::NotKept => ("none", None),
        Compared::Same => ("same", None),
        Compared::New(new) => ("new", Some(new.content.clone())),
        Compared::Changed { old, new } => {
            ("changed", Some(text_diff(&old.content, &new.content, Paint::new(Look::PLAIN))))
        }
    };
    json!({
        "name": case.name,
        "status": case.status(view.checks).word(),
        "place": location(&case.at),
        "mismatches": mismatches,
        "errors": errors,
        "snapshot": word,
        "diff": diff,
    })
}

/// Writes the results as JUnit XML.
pub fn tests_junit(packs: &[TestedPack], view: TestView) -> String {
    let plain = TestView { look: Look { color: false, ..view.look }, ..view };
    document(&packs.iter().map(|pack| junit_suite(pack, plain)).collect::<String>())
}

fn junit_suite(pack: &TestedPack, view: TestView) -> String {
    let of = |wanted: &dyn Fn(Status) -> bool| {
        pack.cases.iter().filter(|it| wanted(it.status(view.checks))).count()
    };
    let errors = of(&|status| status == Status::Error);
    let failed = of(&|status| !matches!(status, Status::Passed | Status::Error));
    let mut cases: Vec<String> = pack.cases.iter().map(|it| junit_case(pack, it, view)).collect();
    let known = cases.len();
    let mut fail = |name: &str, message: &str, text: &str| {
        cases.push(testcase(&pack.name, name, Some(("failure", message, text))));
    };
    for snapshot in pack.unreferenced.iter().filter(|_| view.rejects) {
        let text = "no case has this snapshot";
        fail(&format!("snapshot {snapshot}"), text, text);
    }
    let gaps = if view.requires { gaps(pack, view.look) } else { String::new() };
    if !gaps.is_empty() {
        fail("coverage", "rules are not covered", &gaps);
    }
    let counts = (cases.len(), failed + cases.len() - known, errors);
    suite(&pack.name, counts, &cases.concat())
}

fn junit_case(pack: &TestedPack, case: &Tested, view: TestView) -> String {
    let status = case.status(view.checks);
    if status == Status::Passed {
        return testcase(&pack.name, &case.name, None);
    }
    let tag = if status == Status::Error { "error" } else { "failure" };
    let text = case_full(&pack.name, case, view);
    let message = format!("{}{}", status.word(), first_reason(case));
    testcase(&pack.name, &case.name, Some((tag, &message, &text)))
}
