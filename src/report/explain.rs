//! The report of `hydrule explain`: every rule, its verdict, the values it read, and the smallest
//! change that would turn the verdict around.

use serde_json::{Value as Json, json};

use super::goal::{SHOWN_ALL, goal_json, goal_section};
use super::paint::{Look, Paint};
use super::words;
use crate::condition::{Condition, Trace, Verdict};
use crate::engine::{Plan, RequirementState, RuleVerdict, State, Status, Turn, World, turn};
use crate::pack::Pack;

/// Everything that an explanation is made of.
pub struct Explained<'a> {
    /// The rules.
    pub pack: &'a Pack,
    /// What was decided.
    pub plan: &'a Plan,
    /// What rules may change.
    pub state: &'a State,
    /// What they may not.
    pub world: &'a World,
    /// The launch in words.
    pub launch: &'a str,
}

impl Explained<'_> {
    fn turn(&self, condition: &Condition) -> Option<Turn> {
        turn(condition, self.pack, self.state, self.world)
    }

    fn option_turn(&self, verdict: &RuleVerdict) -> Option<Turn> {
        let option = self.pack.options.iter().find(|it| it.id == verdict.id)?;
        self.turn(&option.when.condition)
    }

    fn requirement_turn(&self, state: &RequirementState) -> Option<Turn> {
        let rule = self.pack.requirements.iter().find(|it| it.id == state.id)?;
        match (&rule.when, state.guarded) {
            (Some(when), true) => self.turn(&when.condition),
            _ => self.turn(&rule.holds.condition),
        }
    }
}

/// Writes every rule's verdict, the deciding values first. With `whole`, the evaluation of each
/// node as well.
pub fn explain(explained: &Explained<'_>, whole: bool, look: Look) -> String {
    let paint = Paint::new(look);
    let title = paint.strong(explained.launch);
    let mut page = Page { explained, whole, paint, out: format!("{title}\n") };
    if let Some(pursuit) = &explained.plan.pursuit {
        page.out.push_str(&goal_section(pursuit, explained.pack, SHOWN_ALL, look));
    }
    page.heading("Options");
    for verdict in &explained.plan.verdicts {
        page.option(verdict);
    }
    page.heading("Requirements");
    for state in &explained.plan.requirements {
        page.requirement(state);
    }
    page.out
}

struct Page<'a> {
    explained: &'a Explained<'a>,
    whole: bool,
    paint: Paint,
    out: String,
}

impl Page<'_> {
    fn heading(&mut self, text: &str) {
        self.out.push_str(&format!("\n{}\n", self.paint.strong(text)));
    }

    fn line(&mut self, text: &str) {
        self.out.push_str(&format!("      {text}\n"));
    }

    fn option(&mut self, verdict: &RuleVerdict) {
        let pack = self.explained.pack;
        let option = pack.options.iter().find(|it| it.id == verdict.id);
        let word = option_word(&verdict.status);
        let word = match verdict.status {
            Status::Chosen { .. }
            | Status::Later
            | Status::NeedsUnsafe
            | Status::LeftOut
            | Status::Shown => self.paint.good(word),
            Status::Rejected(_) | Status::Failed(_) => self.paint.gone(word),
            Status::Unknown(_) => self.paint.warn(word),
            _ => self.paint.faint(word),
        };
        self.out.push_str(&format!("  {word}  {}\n", self.paint.name(&verdict.id)));
        let caveat = option.and_then(|option| option.caveat.as_deref());
        match &verdict.status {
            Status::NotSelected => {}
            Status::NotApplicable => self.deciding(&verdict.trace),
            status => {
                let text = words::reason(status, &verdict.trace, caveat, pack);
                self.line(&text);
            }
        }
        if let Some(turn) = self.explained.option_turn(verdict) {
            let fires = !matches!(verdict.status, Status::NotApplicable);
            let text = words::turn(&turn, if fires { "not apply" } else { "apply" });
            self.line(&text);
        }
        if let Some(option) = option {
            self.formula("when", option.when.condition.text());
        }
        self.evaluation(&verdict.trace);
    }

    fn requirement(&mut self, state: &RequirementState) {
        let word = match (&state.verdict, state.guarded) {
            (_, true) | (Verdict::Absent(_), _) => self.paint.faint("not applicable"),
            (Verdict::True, _) => self.paint.good("holds         "),
            (Verdict::False, _) => self.paint.bad("broken        "),
            (Verdict::Unknown(_), _) => self.paint.warn("unknown       "),
            (Verdict::Failed(_), _) => self.paint.gone("failed        "),
        };
        self.out.push_str(&format!("  {word}  {}\n", self.paint.name(&state.id)));
        match &state.verdict {
            Verdict::False => self.line(&state.message),
            Verdict::Unknown(missing) => self.line(&words::unknown(missing)),
            Verdict::Failed(fault) => self.line(&fault.message),
            _ if state.guarded => self.deciding(&state.trace),
            _ => {}
        }
        if let Some(turn) = self.explained.requirement_turn(state) {
            let would = match (&state.verdict, state.guarded) {
                (_, true) => "apply",
                (Verdict::False, _) => "hold",
                _ => "break",
            };
            let text = words::turn(&turn, would);
            self.line(&text);
        }
        let rule = self.explained.pack.requirements.iter().find(|it| it.id == state.id);
        if let Some(rule) = rule {
            match (&rule.when, state.guarded) {
                (Some(when), true) => self.formula("when", when.condition.text()),
                _ => self.formula("holds", rule.holds.condition.text()),
            }
        }
        self.evaluation(&state.trace);
    }

    fn deciding(&mut self, trace: &Trace) {
        let text = words::leaves(trace);
        self.line(&text);
    }

    fn formula(&mut self, label: &str, text: &str) {
        let text: Vec<&str> = text.split_whitespace().collect();
        let text = format!("{label} {}", self.paint.faint(&text.join(" ")));
        self.line(&text);
    }

    /// The values that were read, or the whole tree.
    fn evaluation(&mut self, trace: &Trace) {
        if self.whole {
            self.tree(trace, 3);
            return;
        }
        let mut read = Vec::new();
        words::collect_reads(trace, &mut read);
        for text in read {
            let text = self.paint.faint(&text);
            self.line(&text);
        }
    }

    fn tree(&mut self, trace: &Trace, depth: usize) {
        let from = trace.from.as_ref().map(|from| format!("  {from}")).unwrap_or_default();
        let indent = "  ".repeat(depth);
        let text: Vec<&str> = trace.text.split_whitespace().collect();
        let (text, outcome) = (text.join(" "), words::outcome(trace));
        let from = self.paint.faint(&from);
        self.out.push_str(&format!("{indent}{text} ⇒ {outcome}{from}\n"));
        for child in &trace.children {
            self.tree(child, depth + 1);
        }
    }
}

/// Says whether the condition fired and what came of it; the reason stands beside.
fn option_word(status: &Status) -> &'static str {
    match status {
        Status::Chosen { .. } => "fired, chosen  ",
        Status::Later | Status::NeedsUnsafe => "fired, later   ",
        Status::LeftOut => "fired, left out",
        Status::Shown => "fired, shown   ",
        Status::Rejected(_) => "fired, rejected",
        Status::NotApplicable => "not applicable ",
        Status::Unknown(_) => "unknown        ",
        Status::NotSelected => "not selected   ",
        Status::Failed(_) => "failed         ",
    }
}

/// Gives the same as data: one object a rule, with the whole evaluation.
pub fn explain_json(explained: &Explained<'_>) -> Json {
    let options: Vec<Json> = explained
        .plan
        .verdicts
        .iter()
        .map(|it| option_json(explained.pack, it, explained.option_turn(it)))
        .collect();
    let requirements: Vec<Json> = explained
        .plan
        .requirements
        .iter()
        .map(|state| {
            json!({
                "id": state.id,
                "status": verdict_word(state),
                "message": state.message,
                "trace": state.trace.to_json(),
                "turn": explained.requirement_turn(state).as_ref().map(turn_json),
            })
        })
        .collect();
    let goal = explained.plan.pursuit.as_ref().map(|it| goal_json(it, explained.pack));
    json!({ "format": 1, "goal": goal, "options": options, "requirements": requirements })
}

/// Gives an option's verdict as data.
pub fn option_json(pack: &Pack, verdict: &RuleVerdict, turn: Option<Turn>) -> Json {
    let caveat = pack.options.iter().find(|it| it.id == verdict.id);
    let caveat = caveat.and_then(|option| option.caveat.as_deref());
    json!({
        "id": verdict.id,
        "status": words::status_word(&verdict.status),
        "reason": words::reason(&verdict.status, &verdict.trace, caveat, pack),
        "trace": verdict.trace.to_json(),
        "turn": turn.as_ref().map(turn_json),
    })
}

fn turn_json(turn: &Turn) -> Json {
    json!({
        "name": turn.name,
        "now": turn.now.value.to_json(),
        "from": turn.now.from.to_string(),
        "to": turn.to.to_json(),
        "reach": format!("{:?}", turn.reach),
    })
}

/// Names a requirement's state in a word.
pub fn verdict_word(state: &RequirementState) -> &'static str {
    match (&state.verdict, state.guarded) {
        (_, true) | (Verdict::Absent(_), _) => "not applicable",
        (Verdict::True, _) => "holds",
        (Verdict::False, _) => "broken",
        (Verdict::Unknown(_), _) => "unknown",
        (Verdict::Failed(_), _) => "failed",
    }
}
