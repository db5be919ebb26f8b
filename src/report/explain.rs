//! The report of `hydrule explain`: every rule, its verdict, and the values it read.

use serde_json::{Value as Json, json};

use super::paint::{Look, Paint};
use super::words;
use crate::condition::{Trace, Verdict};
use crate::engine::{Plan, RequirementState, RuleVerdict, Status};
use crate::pack::Pack;

/// Writes every rule's verdict with the values it read and their places. With `whole`, the
/// evaluation of each node as well.
pub fn explain(pack: &Pack, plan: &Plan, launch: &str, whole: bool, look: Look) -> String {
    let paint = Paint::new(look);
    let mut out = format!("{}\n\n{}\n", paint.strong(launch), paint.strong("Options"));
    for verdict in &plan.verdicts {
        option(&mut out, pack, verdict, whole, paint);
    }
    out.push_str(&format!("\n{}\n", paint.strong("Requirements")));
    for state in &plan.requirements {
        requirement(&mut out, pack, state, whole, paint);
    }
    out
}

fn option(out: &mut String, pack: &Pack, verdict: &RuleVerdict, whole: bool, paint: Paint) {
    let option = pack.options.iter().find(|it| it.id == verdict.id);
    let caveat = option.and_then(|option| option.caveat.as_deref());
    let (word, reason) = option_words(pack, verdict, caveat);
    let word = match verdict.status {
        Status::Chosen { .. } | Status::Later | Status::NeedsUnsafe | Status::Shown => {
            paint.good(&word)
        }
        Status::Rejected(_) | Status::Failed(_) => paint.gone(&word),
        Status::Unknown(_) => paint.warn(&word),
        _ => paint.faint(&word),
    };
    out.push_str(&format!("  {word}  {}\n", paint.name(&verdict.id)));
    if let Some(reason) = reason {
        out.push_str(&format!("      {reason}\n"));
    }
    if let Some(option) = option {
        out.push_str(&format!("      when {}\n", paint.faint(option.when.condition.text().trim())));
    }
    reads(out, &verdict.trace, paint);
    if whole {
        tree(out, &verdict.trace, 3, paint);
    }
}

/// The word for people says whether the condition fired; the reason says what came of it.
fn option_words(
    pack: &Pack,
    verdict: &RuleVerdict,
    caveat: Option<&str>,
) -> (String, Option<String>) {
    let reason = || words::reason(&verdict.status, &verdict.trace, caveat, pack);
    match &verdict.status {
        Status::Chosen { .. } => ("fired, chosen  ".to_owned(), Some(reason())),
        Status::Later | Status::NeedsUnsafe => ("fired, later   ".to_owned(), Some(reason())),
        Status::Shown => ("fired, shown   ".to_owned(), Some(reason())),
        Status::Rejected(_) => ("fired, rejected".to_owned(), Some(reason())),
        Status::NotApplicable => ("not fired      ".to_owned(), Some(reason())),
        Status::Unknown(_) => ("unknown        ".to_owned(), Some(reason())),
        Status::NotSelected => ("not selected   ".to_owned(), None),
        Status::Failed(_) => ("failed         ".to_owned(), Some(reason())),
    }
}

fn requirement(out: &mut String, pack: &Pack, state: &RequirementState, whole: bool, paint: Paint) {
    let word = match (&state.verdict, state.guarded) {
        (_, true) => paint.faint("does not apply"),
        (Verdict::True, _) => paint.good("holds         "),
        (Verdict::False, _) => paint.bad("broken        "),
        (Verdict::Absent(_), _) => paint.faint("does not apply"),
        (Verdict::Unknown(_), _) => paint.warn("unknown       "),
        (Verdict::Failed(_), _) => paint.gone("failed        "),
    };
    out.push_str(&format!("  {word}  {}\n", paint.name(&state.id)));
    match &state.verdict {
        Verdict::False => out.push_str(&format!("      {}\n", state.message)),
        Verdict::Unknown(missing) => out.push_str(&format!("      {}\n", words::unknown(missing))),
        Verdict::Failed(fault) => out.push_str(&format!("      {}\n", fault.message)),
        _ => {}
    }
    let rule = pack.requirements.iter().find(|it| it.id == state.id);
    if let Some(rule) = rule.filter(|_| !state.guarded) {
        let text = rule.holds.condition.text().trim();
        out.push_str(&format!("      holds {}\n", paint.faint(text)));
    }
    reads(out, &state.trace, paint);
    if whole {
        tree(out, &state.trace, 3, paint);
    }
}

fn reads(out: &mut String, trace: &Trace, paint: Paint) {
    let mut read = Vec::new();
    words::collect_reads(trace, &mut read);
    for line in read {
        out.push_str(&format!("      {}\n", paint.faint(&line)));
    }
}

fn tree(out: &mut String, trace: &Trace, depth: usize, paint: Paint) {
    let from = trace.from.as_ref().map(|from| format!("  {from}")).unwrap_or_default();
    let indent = "  ".repeat(depth);
    let line =
        format!("{indent}{} ⇒ {}{}\n", trace.text, words::outcome(trace), paint.faint(&from));
    out.push_str(&line);
    for child in &trace.children {
        tree(out, child, depth + 1, paint);
    }
}

/// Gives the same as data: one object a rule, with the whole evaluation.
pub fn explain_json(pack: &Pack, plan: &Plan) -> Json {
    let options: Vec<Json> = plan
        .verdicts
        .iter()
        .map(|verdict| {
            let caveat = pack.options.iter().find(|it| it.id == verdict.id);
            let caveat = caveat.and_then(|option| option.caveat.as_deref());
            json!({
                "id": verdict.id,
                "status": words::status_word(&verdict.status),
                "reason": words::reason(&verdict.status, &verdict.trace, caveat, pack),
                "trace": verdict.trace.to_json(),
            })
        })
        .collect();
    let requirements: Vec<Json> = plan
        .requirements
        .iter()
        .map(|state| {
            json!({
                "id": state.id,
                "status": verdict_word(state),
                "message": state.message,
                "trace": state.trace.to_json(),
            })
        })
        .collect();
    json!({ "options": options, "requirements": requirements })
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
