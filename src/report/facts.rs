//! What the logs of a job tell of its failure: for people, and as data.

use indexmap::IndexMap;
use serde_json::{Value as Json, json};

use super::human::Page;
use super::json::{fact_values, location, provenance};
use super::paint::Look;
use crate::facts::Provenance;
use crate::pack::Watch;
use crate::signal::{Confidence, Event, Order, Origin, Scan};
use crate::text::{Location, count, join_and};

/// The version of the format.
const FORMAT: u32 = 1;
/// How many places of one kind are listed.
const PLACES: usize = 4;

/// Everything that a report of logs shows.
pub struct LogFacts<'a> {
    /// The signals that were looked for.
    pub watch: &'a Watch,
    /// The logs, as they were given.
    pub logs: Vec<String>,
    /// What they tell.
    pub scan: &'a Scan,
    /// What Hydra ran, against the launch in the job's files.
    pub comparison: Option<Comparison>,
    /// What the user should know about the input.
    pub remarks: Vec<String>,
}

/// The overrides that Hydra ran, against those of a launch.
pub struct Comparison {
    /// The launch in words.
    pub launch: String,
    /// How many keys have the same value, as far as it is known.
    pub same: usize,
    /// Keys that the launch may have been given as arguments.
    pub given: Vec<String>,
    /// What differs.
    pub differences: Vec<Difference>,
}

/// A key that ran with another value than the launch says.
pub struct Difference {
    /// The key.
    pub key: String,
    /// The override that ran, and where the log says so.
    pub ran: Option<(String, Location)>,
    /// The override of the launch, and where it is written.
    pub script: Option<(String, Provenance)>,
}

/// Writes what went wrong first, what followed, and what is known besides.
pub fn facts_page(facts: &LogFacts<'_>, look: Look) -> String {
    let mut page = Page::new(look);
    match facts.scan.first_cause() {
        Some(first) => page.first_cause(facts, first),
        None => {
            let logs = join_and(&facts.logs);
            let good = page.paint.good("No failure");
            page.line(&format!("{good} that a signal knows in {logs}"));
        }
    }
    let title = match facts.scan.first_cause().map(|it| it.consequences) {
        Some(several) => format!("What followed: {}", count(several, "message")),
        None => String::new(),
    };
    page.folded(&title, facts.scan.consequences().collect());
    page.folded("Also failed, on its own", facts.scan.others().collect());
    page.notes(facts.scan);
    if let Some(comparison) = &facts.comparison {
        page.comparison(comparison);
    } else if let Some(launched) = facts.scan.launched.first() {
        page.line("");
        let overrides = count(launched.overrides.len(), "override");
        let at = page.paint.faint(&launched.location.to_string());
        page.line(&format!("Hydra ran the job with {overrides}  {at}"));
    }
    for remark in &facts.remarks {
        page.line("");
        page.remark(remark);
    }
    page.out
}

impl Page {
    fn first_cause(&mut self, facts: &LogFacts<'_>, first: &Event) {
        let phase = first.phase.as_ref();
        self.event(first, phase.map(|phase| facts.watch.phase_title(&phase.name)));
        match phase.map(|phase| (&phase.name, &phase.location)) {
            Some((name, Some(from))) => self.phase(name, from),
            Some((name, None)) => self.field("phase", &format!("{name}, told by the message")),
            None => {}
        }
        if let Some(process) = process(&first.origin) {
            self.field("process", &process);
        }
        if let Some(time) = &first.time {
            self.field("time", &time.text);
        }
        self.field("sure?", sure(first.confidence));
        match facts.scan.order {
            Order::OneLog => {}
            Order::Time => self.field("first", "by the times in the logs"),
            Order::Given => {
                let text = "by the order in which the logs were given: not all of them have times";
                self.field("first", text);
            }
        }
        self.field("signal", &first.signal);
    }

    /// Lists messages by signal, a line each.
    fn folded(&mut self, title: &str, events: Vec<&Event>) {
        if events.is_empty() {
            return;
        }
        self.line("");
        self.heading(title);
        let mut groups: IndexMap<&str, Vec<&Event>> = IndexMap::new();
        for event in events {
            groups.entry(&event.signal).or_default().push(event);
        }
        let widest = groups.keys().map(|signal| signal.len()).max().unwrap_or(0) + 2;
        for (signal, events) in groups {
            let mut places: Vec<String> = Vec::new();
            for event in events.iter().take(PLACES) {
                let process = process(&event.origin).map(|it| format!(" ({it})"));
                places.push(format!("{}{}", event.location, process.unwrap_or_default()));
            }
            let more = events.len().saturating_sub(PLACES);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            self.labelled(signal, widest, &format!("{}{more}", places.join(", ")));
        }
    }

    fn notes(&mut self, scan: &Scan) {
        if scan.notes.is_empty() {
            return;
        }
        self.line("");
        let title = match scan.events.is_empty() {
            true => "The last numbers of the log",
            false => "The last numbers before it",
        };
        self.heading(title);
        let mut seen: Vec<&str> = Vec::new();
        let facts = scan.notes.iter().flat_map(|note| note.facts.iter().map(move |it| (note, it)));
        let labels = facts.clone().map(|(note, (name, _))| note_label(note, name).chars().count());
        let widest = labels.max().unwrap_or(0) + 2;
        for (note, (name, fact)) in facts.filter(|(_, (name, _))| *name != "repeated") {
            // Several logs may tell the same; the one that failed first comes first.
            if seen.contains(&name.as_str()) {
                continue;
            }
            seen.push(name);
            let text = format!("{}  ({})", fact.text, fact.location);
            self.labelled(&note_label(note, name), widest, &text);
        }
    }

    fn comparison(&mut self, comparison: &Comparison) {
        self.line("");
        self.heading(&format!("What Hydra ran, against {}", comparison.launch));
        for difference in &comparison.differences {
            let mark = self.paint.bad("✗");
            let key = self.paint.strong(&difference.key);
            self.line(&format!("  {mark} {key}"));
            let ran = difference.ran.as_ref();
            let ran = ran.map(|(text, at)| format!("{text}  ({at})"));
            self.field("ran", &ran.unwrap_or("nothing".to_owned()));
            let script = difference.script.as_ref();
            let script = script.map(|(text, from)| format!("{text}  ({from})"));
            self.field("the script says", &script.unwrap_or("nothing".to_owned()));
        }
        let same = count(comparison.same, "key");
        match comparison.differences.len() {
            0 => {
                let good = self.paint.good("✓");
                self.line(&format!("  {good} {same}, all as the script says"));
            }
            _ => self.line(&format!("    {same} as the script says")),
        }
        if !comparison.given.is_empty() {
            let keys = join_and(&comparison.given);
            self.field("given to it", &format!("{keys}: the script passes its arguments on"));
        }
    }
}

/// The name of a note's fact; the event says of what it is.
fn note_label(note: &Event, name: &str) -> String {
    match note.event.as_str() {
        "metrics" => name.replace('_', " "),
        event => format!("{event}: {}", name.replace('_', " ")),
    }
}

fn process(origin: &Origin) -> Option<String> {
    let pid = origin.pid.map(|pid| format!("pid {pid}"));
    let rank = origin.rank.map(|rank| format!("rank {rank}"));
    let parts: Vec<String> = [origin.actor.clone(), pid, rank].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn sure(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Certain => "certain: the message itself says that memory ran out",
        Confidence::Likely => {
            "likely: a lack of memory leaves this message, but other causes leave it, too"
        }
        Confidence::Open => "open: the message does not say why the job failed",
    }
}

/// Gives what the logs tell as data.
pub fn facts_json(facts: &LogFacts<'_>) -> Json {
    let scan = facts.scan;
    let consequences: Vec<&Event> = scan.consequences().collect();
    let events: Vec<Json> = scan.events.iter().map(|it| event(it, &consequences)).collect();
    json!({
        "format": FORMAT,
        "packs": facts.watch.packs,
        "logs": facts.logs,
        "first_cause_by": match scan.order {
            Order::OneLog => Json::Null,
            Order::Time => "time".into(),
            Order::Given => "order given".into(),
        },
        "events": events,
        "more_events": scan.more,
        "notes": scan.notes.iter().map(note).collect::<Vec<_>>(),
        "launched": scan.launched.first().map(|launched| json!({
            "overrides": launched.overrides.iter().map(|it| &it.text).collect::<Vec<_>>(),
            "location": location(&launched.location),
        })),
        "comparison": facts.comparison.as_ref().map(comparison),
        "remarks": facts.remarks,
    })
}

fn event(event: &Event, consequences: &[&Event]) -> Json {
    let phase = event.phase.as_ref();
    let following: Vec<Json> = match event.first_cause {
        true => consequences.iter().map(|it| short(it)).collect(),
        false => Vec::new(),
    };
    json!({
        "signal": event.signal,
        "event": event.event,
        "kind": event.kind.name(),
        "phase": phase.map(|phase| &phase.name),
        "phase_location": phase.and_then(|phase| phase.location.as_ref()).map(location),
        "first_cause": event.first_cause,
        "confidence": event.confidence.name(),
        "process": process_json(&event.origin),
        "time": event.time.as_ref().map(|time| &time.text),
        "facts": fact_values(event),
        "location": location(&event.location),
        "consequences": following,
    })
}

fn short(event: &Event) -> Json {
    json!({
        "signal": event.signal,
        "kind": event.kind.name(),
        "process": process_json(&event.origin),
        "location": location(&event.location),
    })
}

fn process_json(origin: &Origin) -> Json {
    json!({ "actor": origin.actor, "pid": origin.pid, "rank": origin.rank })
}

fn note(note: &Event) -> Json {
    json!({
        "signal": note.signal,
        "event": note.event,
        "process": process_json(&note.origin),
        "facts": fact_values(note),
        "location": location(&note.location),
    })
}

fn comparison(comparison: &Comparison) -> Json {
    let side = |text: &str, at: Json| json!({ "override": text, "location": at });
    let difference = |it: &Difference| {
        let (ran, script) = (it.ran.as_ref(), it.script.as_ref());
        json!({
            "key": it.key,
            "ran": ran.map(|(text, at)| side(text, location(at))),
            "script": script.map(|(text, from)| side(text, provenance(from))),
        })
    };
    json!({
        "launch": comparison.launch,
        "same": comparison.same,
        "given": comparison.given,
        "differences": comparison.differences.iter().map(difference).collect::<Vec<_>>(),
    })
}
