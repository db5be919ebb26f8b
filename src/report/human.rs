//! The report of `hydrule rewrite` for people.

use indexmap::{IndexMap, IndexSet};

use super::diff::{FileChange, unified_diff};
use super::fault::render_faults;
use super::goal::{SHOWN, goal_section};
use super::paint::{Look, Paint, Part, remark, side_by_side, wrapped};
use super::words;
use crate::engine::{Applied, KeyChange, Peak, Plan, Rejection, RuleVerdict, Status, Step, World};
use crate::pack::{Pack, PackOption, Safety};
use crate::signal::Event;
use crate::text::{Level, Location, count, join_and, quantity};
use crate::value::Value;

/// Everything a report of one rewrite shows.
pub struct Reported<'a> {
    /// The pack used.
    pub pack: &'a Pack,
    /// What was decided.
    pub plan: &'a Plan,
    /// The launch in words: place, program, number of overrides.
    pub launch: String,
    /// What the plan cannot change; it tells the failure and the defaults.
    pub world: &'a World,
    /// Remarks on the input, such as a log that ran other overrides than the script has.
    pub remarks: Vec<String>,
    /// The files as they would become.
    pub files: Vec<FileChange>,
    /// For each changed key, how its edit is made: `the default of TRAIN_BATCH_SIZE`, …
    pub sites: Vec<(String, String)>,
    /// Edits that were refused, with the line to paste.
    pub refused: Vec<String>,
    /// The configuration that failed, as a line of `--tried`.
    pub tried: Option<serde_json::Value>,
    /// Whether options that read something unknown are listed.
    pub shows_unknown: bool,
}

/// Writes the report: failure, steps, options not chosen, diff. The diff comes last, so that the
/// whole text can be given to `git apply`.
pub fn rewrite_report(reported: &Reported<'_>, look: Look) -> String {
    let mut page = Page::new(look);
    page.heading(&reported.launch);
    page.failure(reported);
    for remark in &reported.remarks {
        page.remark(remark);
    }
    page.broken_requirements(reported);
    for (index, step) in reported.plan.steps.iter().enumerate() {
        page.step(reported, index + 1, step);
    }
    match &reported.plan.pursuit {
        Some(pursuit) => page.out.push_str(&goal_section(pursuit, reported.pack, SHOWN, look)),
        None if reported.plan.steps.is_empty() && !repairs_only(reported) => {
            page.nothing_proposed(reported);
        }
        None => {}
    }
    page.invariants(reported);
    page.estimates(reported);
    // Where nothing tells what failed, no option could help; a goal says itself what stands against
    // it.
    let place = reported.world.failure.as_ref().is_some_and(|failure| failure.place.is_some());
    if reported.plan.pursuit.is_none() && (place || !reported.plan.steps.is_empty()) {
        page.not_chosen(reported);
    }
    for refusal in &reported.refused {
        page.remark(refusal);
    }
    let mut out = look.spelled(&page.out).into_owned();
    for file in &reported.files {
        out.push('\n');
        out.push_str(&unified_diff(file, page.paint));
    }
    out
}

/// Tells whether the plan is to mend what is broken, and nothing failed yet.
fn repairs_only(reported: &Reported<'_>) -> bool {
    reported.world.failure.is_none() && reported.plan.repair.is_some()
}

/// A report being written.
pub(super) struct Page {
    pub paint: Paint,
    pub look: Look,
    pub out: String,
}

impl Page {
    pub fn new(look: Look) -> Self {
        Self { paint: Paint::new(look), look, out: String::new() }
    }

    pub fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    pub fn heading(&mut self, text: &str) {
        let text = self.paint.strong(text);
        self.line(&text);
    }

    /// A labelled line; what does not fit goes on below the first word of the text.
    pub fn field(&mut self, label: &str, text: &str) {
        self.labelled(label, LABEL, text);
    }

    pub fn labelled(&mut self, label: &str, column: usize, text: &str) {
        let indent = " ".repeat(4 + column);
        let first = format!("    {label:<column$}");
        let width = self.look.width.max(40);
        let options = textwrap::Options::new(width)
            .initial_indent(&first)
            .subsequent_indent(&indent)
            .break_words(false)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        for (index, row) in textwrap::wrap(text, options).iter().enumerate() {
            let row = match row.strip_prefix(first.as_str()).filter(|_| index == 0) {
                Some(rest) => {
                    format!("    {}{rest}", self.paint.faint(&format!("{label:<column$}")))
                }
                None => row.to_string(),
            };
            self.line(&row);
        }
    }

    pub fn remark(&mut self, text: &str) {
        self.line(&remark(text, self.look));
    }

    fn failure(&mut self, reported: &Reported<'_>) {
        let Some(failure) = &reported.world.failure else { return };
        self.line("");
        let event = &failure.event;
        let title = failure.place.as_deref().map(|place| reported.pack.phase_title(place));
        self.event(event, title);
        if let (Some(place), Some(from)) = (&failure.place, &failure.place_from) {
            self.phase(place, from);
        }
        if event.consequences > 0 {
            let text = format!("{} later in the log", count(event.consequences, "consequence"));
            self.field("then", &text);
        }
    }

    /// The headline of a failure in the phase of this title, and its facts.
    pub fn event(&mut self, event: &Event, title: Option<&str>) {
        let at = self.paint.faint(&format!("  {}", event.location));
        let what = self.paint.bad(&format!("✗ {}", words::failed(event, title)));
        self.line(&format!("{what}{at}"));
        for (label, text) in told_facts(event) {
            self.field(&label, &text);
        }
    }

    /// The phase of a failure, and the frame that tells it.
    pub fn phase(&mut self, name: &str, from: &Location) {
        let frame = from.text().trim();
        self.field("phase", &format!("{name}, told by `{frame}`  ({})", words::line_of(from)));
    }

    fn broken_requirements(&mut self, reported: &Reported<'_>) {
        let repair = reported.plan.repair.as_ref();
        let offered = repair.filter(|it| !it.asked).and_then(|it| it.outcome.as_ref().ok());
        for state in reported.plan.requirements.iter().filter(|state| state.is_broken()) {
            let rule = reported.pack.requirements.iter().find(|it| it.id == state.id);
            let when = rule.map_or("start-up", |rule| rule.breach.fails_at.as_ref());
            self.line("");
            let paint = self.paint;
            let mark = paint.broken(rule.map_or(Level::Error, |rule| rule.level));
            let parts: [Part<'_>; 2] =
                [(&state.message, &str::to_owned), (&state.id, &|it| paint.name(it))];
            let head = side_by_side(2, 2, &parts, self.look);
            self.line(&format!("{mark} {head}"));
            self.field("fails at", when);
            let mine = |target: &str| {
                let wants = repair.map(|it| it.wants.as_slice()).unwrap_or_default();
                wants.iter().any(|want| want.rule == state.id && want.target == target)
            };
            for text in offered
                .map(|it| words::changed(it, reported.pack, reported.world, &mine))
                .iter()
                .flatten()
            {
                self.field("repair", text);
            }
            if let Some(source) = rule.and_then(|rule| rule.breach.source.as_ref()) {
                self.field("source", source);
            }
        }
        match repair.map(|it| (&it.outcome, it.asked)) {
            Some((Ok(applied), true)) => self.repair(reported, applied),
            Some((Ok(applied), false)) if !applied.repaired_by.is_empty() => {
                self.line("");
                self.remark("--repair makes the repairs above, before any step.");
            }
            Some((Err(rejection), _)) => self.refused_repair(reported, rejection),
            Some((Ok(_), false)) | None => {}
        }
        let unknown = words::unknown_requirements(reported.plan);
        if let Some(text) = unknown.filter(|_| reported.shows_unknown) {
            self.remark(&text);
        }
    }

    /// The repairs as a part of the plan.
    fn repair(&mut self, reported: &Reported<'_>, applied: &Applied) {
        self.line("");
        if !applied.repaired_by.is_empty() {
            let title = "Mend what is broken before any step";
            let ids = join_and(&applied.repaired_by);
            let paint = self.paint;
            self.parts(
                "",
                4,
                &[
                    ("→ Repair", &|it| paint.good(it)),
                    (title, &|it| paint.strong(it)),
                    (&ids, &|it| paint.name(it)),
                ],
            );
            self.changes(reported, applied);
        }
        for skipped in &applied.skipped {
            self.field("left out", skipped);
        }
        for state in reported.plan.after.iter().filter(|state| state.is_broken()) {
            let text = format!("Still broken, to be mended by hand: {}", state.message);
            self.remark(&format!("{text} ({})", state.id));
        }
    }

    fn refused_repair(&mut self, reported: &Reported<'_>, rejection: &Rejection) {
        self.line("");
        let Rejection::Unsettled(unsettled) = rejection else {
            let why = words::rejected(rejection, None, reported.pack);
            self.remark(&format!("What is broken cannot be repaired: {why}."));
            return;
        };
        self.remark("What is broken cannot be repaired, since the pack's repairs do not settle:");
        for faults in unsettled.faults() {
            self.out.push_str(&render_faults(&faults, self.look));
        }
    }

    fn changes(&mut self, reported: &Reported<'_>, applied: &Applied) {
        for change in &applied.changes {
            self.change(reported, change);
        }
        for (name, before, after) in &applied.directives {
            let arrow = format!("{} → {}", before.value, after.value);
            self.moved(&format!("#SBATCH {name}"), &arrow, &before.from.to_string());
        }
    }

    fn step(&mut self, reported: &Reported<'_>, number: usize, step: &Step) {
        let Some(option) = reported.pack.options.iter().find(|it| it.id == step.option) else {
            return;
        };
        self.line("");
        let arrow = format!("→ Step {number}");
        let paint = self.paint;
        self.parts(
            "",
            4,
            &[
                (&arrow, &|it| paint.good(it)),
                (&option.title, &|it| paint.strong(it)),
                (&option.id, &|it| paint.name(it)),
            ],
        );
        self.changes(reported, &step.applied);
        self.about(option);
        if let Some(place) = &step.forced {
            let peak = words::peak(reported.pack, place);
            self.field("but", &format!("it does not lower {peak}; taken because you named it"));
        }
        if let Some(bisected) = &step.applied.bisected {
            let text = words::bisected(bisected);
            self.field("between", &text);
        }
        if !step.applied.repaired_by.is_empty() {
            let text = format!("to keep {}", step.applied.repaired_by.join(", "));
            self.field("repaired", &text);
        }
        for skipped in &step.applied.skipped {
            self.field("left out", skipped);
        }
    }

    fn about(&mut self, option: &PackOption) {
        for (label, text) in words::about(option) {
            self.field(label, &text);
        }
        if option.safety != Safety::Safe {
            let text = match option.safety {
                Safety::Display => "shown only; never written",
                _ => "written only with --unsafe, or when named with --only",
            };
            self.field("safety", text);
        }
        self.field("source", &option.source);
    }

    fn change(&mut self, reported: &Reported<'_>, change: &KeyChange) {
        let arrow = words::arrow(change, reported.pack, reported.world);
        self.moved(&change.key, &arrow, &place(reported, change));
    }

    /// What a value becomes, and where.
    fn moved(&mut self, name: &str, arrow: &str, place: &str) {
        let paint = self.paint;
        let what = format!("{name}: {arrow}");
        self.parts("    ", 6, &[(&what, &|it| paint.strong(it)), (place, &|it| paint.faint(it))]);
    }

    /// A line of several parts behind what begins it.
    fn parts(&mut self, start: &str, indent: usize, parts: &[Part<'_>]) {
        let columns = start.chars().count();
        let rest = side_by_side(columns, indent, parts, self.look);
        self.line(&format!("{start}{rest}"));
    }

    fn nothing_proposed(&mut self, reported: &Reported<'_>) {
        self.line("");
        let text = nothing(reported);
        for row in wrapped(&text, self.look.width.max(40)) {
            self.line(&row);
        }
    }

    fn invariants(&mut self, reported: &Reported<'_>) {
        if reported.plan.is_empty() || reported.plan.invariants.is_empty() {
            return;
        }
        self.line("");
        self.heading("Invariants");
        let titles = reported.plan.invariants.iter().map(|state| state.title.chars().count());
        let widest = titles.max().unwrap_or(0) + 2;
        for state in &reported.plan.invariants {
            self.labelled(&state.title, widest, &words::invariant(&state.effect));
        }
    }

    /// The predicted peaks, with a word where they come near what the GPU has.
    fn estimates(&mut self, reported: &Reported<'_>) {
        let states = &reported.plan.estimates;
        let Some(first) = states.first() else { return };
        let capacity = capacity(reported.world);
        self.line("");
        match capacity {
            Some(has) => {
                self.heading(&format!("Predicted peak per GPU, which has {}", quantity(has)));
            }
            None => self.heading("Predicted peak per GPU"),
        }
        // What keeps all of them from being known is said once.
        let texts: IndexSet<String> = states.iter().map(words::peaks).collect();
        if let (Some(why), 1, Peak::Unknown(_)) = (texts.first(), texts.len(), &first.after) {
            return self.labelled("", 0, why);
        }
        let column = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0) + 2;
        let titles = column(&mut states.iter().map(|state| state.title.chars().count()));
        let peaks = column(&mut states.iter().map(|state| words::peaks(state).chars().count()));
        for state in states {
            let verdict = words::fits(state, capacity);
            let text = words::peaks(state);
            let bar = words::error_bar(state);
            let text = format!("{text:<peaks$}{bar:<8}{verdict}");
            self.labelled(&state.title, titles, text.trim_end());
        }
        let assumed: IndexSet<&str> =
            states.iter().filter_map(|it| it.assumes.as_deref()).collect();
        for text in assumed {
            self.labelled("", 0, text);
        }
    }

    fn not_chosen(&mut self, reported: &Reported<'_>) {
        let groups = not_chosen(reported);
        let ids = groups.values().flatten().map(|it| it.id.chars().count());
        let widest = ids.max().unwrap_or(0).min(34);
        for (heading, verdicts) in groups {
            self.line("");
            self.heading(&format!("Not chosen: {heading}"));
            for verdict in verdicts {
                self.other(reported.pack, verdict, widest);
            }
        }
    }

    fn other(&mut self, pack: &Pack, verdict: &RuleVerdict, widest: usize) {
        let option = pack.options.iter().find(|it| it.id == verdict.id);
        let reason = words::reason_in_group(&verdict.status, &verdict.trace, option, pack);
        let mark = match verdict.status {
            Status::Later | Status::NeedsUnsafe | Status::Shown => self.paint.good("·"),
            Status::Rejected(_) | Status::Failed(_) => self.paint.gone("✗"),
            Status::Unknown(_) => self.paint.warn("?"),
            _ => self.paint.faint("-"),
        };
        let id = format!("{:<widest$}", verdict.id);
        let indent = " ".repeat(4 + widest + 2);
        let rows = wrapped(&reason, self.look.width.saturating_sub(indent.len()).max(24));
        let mut rows = rows.iter();
        let id = self.paint.name(&id);
        self.line(&format!("  {mark} {id}  {}", rows.next().map_or("", String::as_str)));
        for row in rows {
            self.line(&format!("{indent}{row}"));
        }
    }
}

/// Columns of the labels.
const LABEL: usize = 18;

/// Facts that the headline or another line shows already.
const HIDDEN_FACTS: [&str; 9] =
    ["gpu", "phase", "kind", "signal", "api", "line", "fragmented", "tensor_rows", "tensor_dtype"];

fn fact_label(name: &str) -> String {
    match name {
        "tried" => "tried to allocate".to_owned(),
        "capacity" => "GPU has".to_owned(),
        "in_use" => "in use".to_owned(),
        "allocated" => "by PyTorch".to_owned(),
        "reserved_unallocated" => "reserved, unused".to_owned(),
        other => other.replace('_', " "),
    }
}

/// Says where a change is made, or what it changes came from.
pub(super) fn place(reported: &Reported<'_>, change: &KeyChange) -> String {
    let site = reported.sites.iter().find(|(key, _)| *key == change.key);
    match (site, &change.before_from) {
        (Some((_, site)), _) => site.clone(),
        (None, Some(from)) => from.to_string(),
        (None, None) => "new".to_owned(),
    }
}

/// Tells the facts of a failure that its headline does not show, each with its label.
pub(super) fn told_facts(event: &Event) -> Vec<(String, String)> {
    let shown = event.facts.iter().filter(|(name, _)| !HIDDEN_FACTS.contains(&name.as_str()));
    let mut told: Vec<(String, String)> = shown
        .map(|(name, fact)| {
            let text = match &fact.value {
                Value::Bytes(_) => fact.text.clone(),
                value => value.to_string(),
            };
            (fact_label(name), format!("{text}  ({})", words::line_of(&fact.location)))
        })
        .collect();
    if let Some(text) = words::fragmented(event) {
        told.push(("fragmented".to_owned(), text.to_owned()));
    }
    if let Some(fact) = event.facts.get("tensor_rows") {
        let text = format!("a tensor {} of tokens × vocabulary", fact.text);
        told.push(("as large as".to_owned(), text));
    }
    told
}

/// Returns how many bytes the GPU has that failed, if the log tells.
pub(super) fn capacity(world: &World) -> Option<i64> {
    match world.failure.as_ref()?.event.facts.get("capacity")?.value {
        Value::Bytes(bytes) => Some(bytes),
        _ => None,
    }
}

/// Says why nothing is proposed.
pub(super) fn nothing(reported: &Reported<'_>) -> String {
    match reported.world.failure.as_ref().map(|failure| &failure.place) {
        None => {
            "Nothing to propose: no failure is known. Give a log that shows it with --log FILE, or \
                 say what failed with --fact oom.phase=NAME."
                .to_owned()
        }
        Some(None) => {
            let phases: Vec<&str> =
                reported.pack.phases.iter().map(|phase| phase.name.as_str()).collect();
            format!(
                "Nothing to propose: the log does not tell in which phase it failed. Say so with \
                 --fact oom.phase=NAME, one of {}.",
                phases.join(", ")
            )
        }
        Some(Some(_)) => words::none_left(reported.plan),
    }
}

/// Groups the options that are not part of the plan by why they are not, the closest to it first.
pub(super) fn not_chosen<'a>(reported: &Reported<'a>) -> IndexMap<String, Vec<&'a RuleVerdict>> {
    let verdicts = reported.plan.verdicts.iter();
    let mut rest: Vec<&RuleVerdict> = verdicts
        .filter(|it| !matches!(it.status, Status::Chosen { .. } | Status::NotSelected))
        .filter(|it| reported.shows_unknown || !matches!(it.status, Status::Unknown(_)))
        .collect();
    rest.sort_by_key(|verdict| rank(&verdict.status));
    let mut groups: IndexMap<String, Vec<&RuleVerdict>> = IndexMap::new();
    for verdict in rest {
        groups.entry(words::group(&verdict.status, reported.pack)).or_default().push(verdict);
    }
    groups
}

fn rank(status: &Status) -> usize {
    match status {
        Status::Later => 0,
        Status::NeedsUnsafe => 1,
        Status::Shown => 2,
        Status::Rejected(_) => 3,
        Status::Failed(_) => 4,
        Status::Unknown(_) => 5,
        _ => 6,
    }
}
