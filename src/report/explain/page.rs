//! The explanation for people: what fired first, one rule a row, the deciding values first.

use indexmap::IndexMap;

use super::tree::tree;
use super::{Explained, RuleRef, Ruling, Standing, counts, judged_by_guard};
use crate::condition::Trace;
use crate::engine::{
    Applied, InvariantEffect, InvariantState, Rejection, RequirementState, Status,
};
use crate::pack::{Invariant, PackOption, Requirement, Rewrite, SwitchedOff};
use crate::report::fault::render_faults;
use crate::report::goal::{SHOWN_ALL, goal_section};
use crate::report::paint::{Look, Paint, Part, remark, side_by_side, wrapped};
use crate::report::words;
use crate::text::{Location, count};

/// The widest column of ids.
const IDS: usize = 36;

/// What a column of ids must leave for sentences; else each id has a line of its own.
const SENTENCE: usize = 44;

/// The columns of labels.
const LABEL: usize = 12;

/// Writes every rule's verdict. With `whole`, the evaluation of each node as well; rules that were
/// asked for by name come with everything the pack says about them.
pub fn explain(explained: &Explained<'_>, whole: bool, look: Look) -> String {
    let rulings = explained.rulings();
    let paint = Paint::new(look);
    let ids = rulings.iter().map(|it| it.id().chars().count()).max().unwrap_or(0).min(IDS);
    let ids = if ids + 6 + SENTENCE <= look.width { ids } else { 0 };
    let mut page = Page { explained, whole, paint, look, ids, out: String::new() };
    page.head();
    if let Some(pursuit) = explained.plan.pursuit.as_ref().filter(|_| explained.only.is_empty()) {
        page.out.push_str(&goal_section(pursuit, explained.pack, SHOWN_ALL, look));
    }
    if explained.only.is_empty() {
        page.sections(&rulings);
        page.switched_off();
        page.invariants();
        page.summary(&rulings);
    } else {
        for ruling in &rulings {
            page.one(ruling);
        }
        for (rule, trace) in explained.invariants() {
            page.one_invariant(rule, &trace);
        }
        for off in explained.switched_off() {
            page.one_off(off);
        }
    }
    page.out
}

struct Page<'a> {
    explained: &'a Explained<'a>,
    whole: bool,
    paint: Paint,
    look: Look,
    ids: usize,
    out: String,
}

impl Page<'_> {
    fn head(&mut self) {
        let title = self.paint.strong(self.explained.launch);
        self.out.push_str(&format!("{title}\n"));
        let failure = self.explained.world.failure.as_ref();
        let text = match failure.map(|it| (&it.place, &it.event.location)) {
            Some((Some(place), at)) => {
                let title = words::title(self.explained.pack, place);
                self.paint.bad(&format!("✗ failed in {title}"))
                    + &self.paint.faint(&format!("  {at}"))
            }
            Some((None, at)) => {
                let text = "✗ failed in a phase that the log does not tell";
                self.paint.bad(text) + &self.paint.faint(&format!("  {at}"))
            }
            None => {
                let text = "no failure is known; --log FILE or --fact oom.phase=NAME tells it";
                self.paint.faint(text)
            }
        };
        self.out.push_str(&format!("{text}\n"));
        if !self.explained.pack.versions.is_empty() {
            let said = self.explained.world.target.said(self.explained.pack);
            for line in self.wrapped(&said, 0) {
                self.out.push_str(&format!("{}\n", self.paint.faint(&line)));
            }
        }
        for text in self.explained.remarks {
            self.out.push_str(&format!("{}\n", remark(text, self.look)));
        }
    }

    /// Groups the rules by verdict: what fired first, what is of no concern last.
    fn sections(&mut self, rulings: &[Ruling<'_>]) {
        let mut groups: IndexMap<(usize, String), Vec<&Ruling<'_>>> = IndexMap::new();
        for ruling in rulings {
            groups.entry(self.section(ruling)).or_default().push(ruling);
        }
        groups.sort_by(|(one, _), _, (other, _), _| one.cmp(other));
        for ((_, heading), rulings) in &groups {
            self.heading(&format!("{heading} ({})", rulings.len()));
            let mut rulings = rulings.clone();
            rulings.sort_by_key(|ruling| order(ruling));
            for ruling in rulings {
                self.row(ruling);
            }
        }
    }

    fn section(&self, ruling: &Ruling<'_>) -> (usize, String) {
        let (rank, text) = match (ruling.standing, ruling.is_option()) {
            (Standing::Fired, false) => (0, "Broken requirements"),
            (Standing::Fired, true) => (1, "Fired"),
            (Standing::Failed, _) => (2, "Cannot be computed"),
            (Standing::Unknown, true) => (3, "Unknown"),
            (Standing::Unknown, false) => (4, "Unknown requirements"),
            (Standing::Suppressed, _) => (5, "Suppressed"),
            (Standing::Rejected, _) => (6, "Rejected"),
            (Standing::NotApplicable, true) => (7, "Not applicable"),
            (Standing::Holds, _) => (8, "Requirements that hold"),
            (Standing::NotApplicable, false) => (9, "Requirements that do not apply"),
        };
        let why = match &ruling.rule {
            RuleRef::Option(_, verdict) if ruling.standing == Standing::Rejected => {
                words::group(&verdict.status, self.explained.pack)
            }
            _ => return (rank, text.to_owned()),
        };
        (rank, format!("{text}: {why}"))
    }

    fn heading(&mut self, text: &str) {
        self.out.push_str(&format!("\n{}\n", self.paint.strong(text)));
    }

    fn row(&mut self, ruling: &Ruling<'_>) {
        let mark = match (ruling.standing, &ruling.rule) {
            (Standing::Fired, RuleRef::Option(_, verdict)) => match verdict.status {
                Status::Chosen { .. } => self.paint.good("→"),
                _ => self.paint.good("·"),
            },
            (Standing::Fired, RuleRef::Requirement(rule, _)) => self.paint.broken(rule.level),
            (Standing::Rejected | Standing::Failed, _) => self.paint.gone("✗"),
            (Standing::Unknown, _) => self.paint.warn("?"),
            (Standing::Holds, _) => self.paint.good("✓"),
            _ => self.paint.faint("-"),
        };
        self.entry(&mark, ruling.id(), &self.lines(ruling));
        if self.whole {
            self.out.push_str(&tree(&ruling.trace, self.paint, self.look.width));
        }
    }

    /// An id, and what is said of it, line by line: beside it, or below where the id is too long.
    fn entry(&mut self, mark: &str, id: &str, lines: &[(String, bool)]) {
        let column = 4 + self.ids + 2;
        let margin = " ".repeat(column);
        let padding = self.ids.checked_sub(id.chars().count());
        self.out.push_str(&format!("  {mark} {}", self.paint.name(id)));
        let mut gap = match padding {
            Some(padding) => " ".repeat(padding + 2),
            None => format!("\n{margin}"),
        };
        for (text, faint) in lines {
            for text in self.wrapped(text, column) {
                let text = if *faint { self.paint.faint(&text) } else { text };
                self.out.push_str(&format!("{gap}{text}"));
                gap = format!("\n{margin}");
            }
        }
        self.out.push('\n');
    }

    fn wrapped(&self, text: &str, column: usize) -> Vec<String> {
        let width = self.look.width.saturating_sub(column).max(28);
        wrapped(text, width)
    }

    /// What a row says, line by line, and whether the line is faint.
    fn lines(&self, ruling: &Ruling<'_>) -> Vec<(String, bool)> {
        let because = words::because(&ruling.trace);
        let flip = ruling.flip().map(|text| (text, true));
        let mut lines = Vec::new();
        match (&ruling.rule, ruling.standing) {
            (_, Standing::Unknown) => {
                lines.extend(ruling.missing.iter().map(|it| (words::missing(it), false)));
            }
            (RuleRef::Option(option, verdict), Standing::Fired) => {
                let caveat = option.caveat.as_deref();
                lines.push((because, false));
                let pack = self.explained.pack;
                lines.push((words::reason(&verdict.status, &ruling.trace, caveat, pack), false));
                lines.extend(flip);
            }
            (RuleRef::Option(option, verdict), Standing::Suppressed) => {
                let caveat = option.caveat.as_deref();
                let pack = self.explained.pack;
                lines.push((words::reason(&verdict.status, &ruling.trace, caveat, pack), false));
                lines.push((because, true));
            }
            (RuleRef::Option(option, verdict), Standing::Rejected) => {
                let pack = self.explained.pack;
                let reason =
                    words::reason_in_group(&verdict.status, &ruling.trace, Some(option), pack);
                lines.push((reason, false));
                lines.extend(ruling.lift.as_ref().map(|lift| (words::lift(lift), true)));
            }
            (RuleRef::Requirement(rule, state), Standing::Fired) => {
                lines.push((state.message.clone(), false));
                lines.push((format!("fails at {}", rule.breach.fails_at), false));
                lines.extend(self.repairs(&rule.id).into_iter().map(|it| (it, false)));
                lines.extend(flip);
            }
            (_, Standing::Failed) => lines.push((words::outcome(&ruling.trace), false)),
            _ => match flip {
                Some((text, _)) => lines.push((text, false)),
                None => lines.push((because, false)),
            },
        }
        lines
    }

    /// Writes what the repair of a broken requirement would change, or why it cannot.
    fn repairs(&self, id: &str) -> Vec<String> {
        let Some(repair) = &self.explained.plan.repair else { return Vec::new() };
        let mine =
            |target: &str| repair.wants.iter().any(|want| want.rule == id && want.target == target);
        let (pack, world) = (self.explained.pack, self.explained.world);
        let changed = |applied: &Applied| words::changed(applied, pack, world, &mine);
        match &repair.outcome {
            Ok(applied) => {
                changed(applied).iter().map(|it| format!("--repair sets {it}")).collect()
            }
            Err(Rejection::Unsettled(unsettled)) if unsettled.rules().iter().any(|it| it == id) => {
                vec![format!("cannot be repaired: {}", unsettled.why())]
            }
            Err(_) => Vec::new(),
        }
    }

    fn switched_off(&mut self) {
        let all: Vec<&SwitchedOff> = self.explained.switched_off().collect();
        if all.is_empty() {
            return;
        }
        self.heading(&format!("Switched off ({})", all.len()));
        for off in all {
            let by = format!("{} of {}", off.kind, off.by);
            let mark = self.paint.faint("-");
            self.entry(&mark, &off.id, &[(off.reason.clone(), false), (by, true)]);
        }
    }

    fn one_off(&mut self, off: &SwitchedOff) {
        self.title(&off.id, off.kind, &off.defined);
        self.field("verdict", &self.paint.faint("switched off"));
        self.field("because", &off.reason);
        self.field("by", &off.by.to_string());
    }

    fn invariants(&mut self) {
        let states = &self.explained.plan.invariants;
        if states.is_empty() {
            return;
        }
        self.heading(if self.explained.plan.is_empty() {
            "Invariants now"
        } else {
            "Invariants under this plan"
        });
        for (rule, trace) in self.explained.invariants() {
            let Some(state) = states.iter().find(|it| it.id == rule.id) else { continue };
            let (mark, text) = self.fate(state);
            self.entry(&mark, &rule.id, &[(format!("{}: {text}", rule.title), false)]);
            if self.whole {
                self.out.push_str(&tree(&trace, self.paint, self.look.width));
            }
        }
    }

    fn fate(&self, state: &InvariantState) -> (String, String) {
        let mark = match &state.effect {
            InvariantEffect::Preserved(_) => self.paint.good("="),
            InvariantEffect::Changed(..) => self.paint.warn("~"),
            InvariantEffect::Unknown(_) => self.paint.warn("?"),
        };
        (mark, words::invariant(&state.effect))
    }

    fn summary(&mut self, rulings: &[Ruling<'_>]) {
        let counted = |options: bool| {
            let counts = counts(rulings.iter().filter(|it| it.is_option() == options));
            let counts = counts.iter().map(|(standing, many)| match (standing, options) {
                (Standing::Fired, false) => format!("{many} broken"),
                (Standing::Holds, _) if *many == 1 => "1 holds".to_owned(),
                (Standing::Holds, _) => format!("{many} hold"),
                _ => format!("{many} {}", standing.word()),
            });
            counts.collect::<Vec<String>>().join(", ")
        };
        let pack = self.explained.pack;
        let options = rulings.iter().filter(|it| it.is_option()).count();
        let mut lines = Vec::new();
        if !pack.options.is_empty() {
            lines.push(format!("{}: {}", count(options, "option"), counted(true)));
        }
        if !pack.requirements.is_empty() {
            let requirements = count(rulings.len() - options, "requirement");
            lines.push(format!("{requirements}: {}", counted(false)));
        }
        self.out.push('\n');
        for line in lines {
            let line = self.paint.strong(line.trim_end_matches(": "));
            self.out.push_str(&format!("{line}\n"));
        }
        if let Some(hint) = self.explained.hint {
            self.out.push_str(&format!("{}\n", self.paint.faint(hint)));
        }
    }

    /// Everything about one rule.
    fn one(&mut self, ruling: &Ruling<'_>) {
        let (title, location) = match &ruling.rule {
            RuleRef::Option(option, _) => (option.title.as_ref(), &option.location),
            RuleRef::Requirement(rule, _) => ("requirement", &rule.location),
        };
        self.title(ruling.id(), title, location);
        match &ruling.rule {
            RuleRef::Option(option, verdict) => self.option(ruling, option, &verdict.status),
            RuleRef::Requirement(rule, state) => self.requirement(ruling, rule, state),
        }
    }

    fn title(&mut self, id: &str, title: &str, location: &Location) {
        let (paint, at) = (self.paint, location.to_string());
        let parts: [Part<'_>; 3] = [
            (id, &|it| paint.name(it)),
            (title, &|it| paint.strong(it)),
            (&at, &|it| paint.faint(it)),
        ];
        self.out.push_str(&format!("\n{}\n", side_by_side(0, 4, &parts, self.look)));
    }

    fn field(&mut self, label: &str, text: &str) {
        let column = 4 + LABEL;
        for (index, text) in self.wrapped(text, column).iter().enumerate() {
            let label = if index == 0 { format!("{label:<LABEL$}") } else { " ".repeat(LABEL) };
            self.out.push_str(&format!("    {}{text}\n", self.paint.faint(&label)));
        }
    }

    fn verdict(&mut self, ruling: &Ruling<'_>, word: &str) {
        let word = match ruling.standing {
            Standing::Fired if !ruling.is_option() => self.paint.bad(word),
            Standing::Fired | Standing::Holds => self.paint.good(word),
            Standing::Unknown => self.paint.warn(word),
            Standing::Rejected | Standing::Failed => self.paint.gone(word),
            _ => self.paint.faint(word),
        };
        let label = self.paint.faint(&format!("{:<LABEL$}", "verdict"));
        self.out.push_str(&format!("    {label}{word}\n"));
        self.field("because", &words::because(&ruling.trace));
        for missing in ruling.missing {
            self.field("missing", &words::missing(missing));
        }
        if let Some(text) = ruling.flip() {
            self.field("otherwise", &text);
        }
    }

    fn option(&mut self, ruling: &Ruling<'_>, option: &PackOption, status: &Status) {
        self.verdict(ruling, ruling.standing.word());
        if says_more(status) {
            let text = words::reason(status, &ruling.trace, None, self.explained.pack);
            let lift = ruling.lift.as_ref().map(words::lift).or_else(|| helpless(option));
            let lift = lift.filter(|_| ruling.standing == Standing::Rejected);
            let lift = lift.map(|lift| format!("; {lift}")).unwrap_or_default();
            self.field("that is", &format!("{text}{lift}"));
        }
        for text in option.rewrite.iter().map(rewrite_text) {
            self.field("rewrite", &text);
        }
        for (label, text) in words::about(option) {
            self.field(label, &text);
        }
        self.field("safety", words::safety_text(option.safety));
        self.field("source", &option.source);
        self.evaluation("when", &ruling.trace);
        if let Status::Rejected(Rejection::Unsettled(unsettled)) = status {
            for faults in unsettled.faults() {
                self.out.push_str(&render_faults(&faults, self.look));
            }
        }
    }

    fn requirement(&mut self, ruling: &Ruling<'_>, rule: &Requirement, state: &RequirementState) {
        let word = super::verdict_word(state);
        self.verdict(ruling, word);
        if state.is_broken() {
            self.field("message", &state.message);
        }
        self.field("fails at", &rule.breach.fails_at);
        for text in rule.breach.repair.iter().map(rewrite_text) {
            self.field("repair", &text);
        }
        for text in self.repairs(&rule.id).into_iter().filter(|_| state.is_broken()) {
            self.field("", &text);
        }
        if let Some(source) = &rule.breach.source {
            self.field("source", source);
        }
        let guard = judged_by_guard(rule, state);
        self.evaluation(if guard { "when" } else { "holds" }, &ruling.trace);
    }

    fn one_invariant(&mut self, rule: &Invariant, trace: &Trace) {
        self.title(&rule.id, &rule.title, &rule.value.text.location);
        let state = self.explained.plan.invariants.iter().find(|it| it.id == rule.id);
        if let Some(state) = state {
            let (_, text) = self.fate(state);
            self.field("invariant", &text);
        }
        self.evaluation("value", trace);
    }

    fn evaluation(&mut self, label: &str, trace: &Trace) {
        self.out.push_str(&format!("    {}\n", self.paint.faint(label)));
        self.out.push_str(&tree(trace, self.paint, self.look.width));
    }
}

/// What is part of the plan comes first, step by step, then what could be.
fn order(ruling: &Ruling<'_>) -> usize {
    match &ruling.rule {
        RuleRef::Option(_, verdict) => match &verdict.status {
            Status::Chosen { steps } => steps.first().copied().unwrap_or(0),
            Status::Later => usize::MAX - 1,
            _ => usize::MAX,
        },
        RuleRef::Requirement(..) => usize::MAX,
    }
}

/// Says that an option answers no failure at all.
fn helpless(option: &PackOption) -> Option<String> {
    option.relieves.is_empty().then(|| "it lowers no peak".to_owned())
}

/// Tells whether a status says more than the verdict and what decides it.
fn says_more(status: &Status) -> bool {
    !matches!(status, Status::NotApplicable | Status::Unknown(_))
}

fn rewrite_text(rewrite: &Rewrite) -> String {
    match rewrite {
        Rewrite::Assign(_, text) | Rewrite::Plain(_, text) => words::one_line(text.as_str()),
    }
}
