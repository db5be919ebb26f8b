//! The report of `hydrule rewrite` as data. `format` counts up when a field goes or changes its
//! meaning; new fields may come at any time.

use serde_json::{Value as Json, json};

use super::diff::unified_diff;
use super::explain::{option_json, verdict_word};
use super::human::Reported;
use super::paint::{Look, Paint};
use super::words;
use crate::engine::{
    EstimateState, Failure, InvariantEffect, InvariantState, KeyChange, Peak, Step,
};
use crate::facts::{Found, Provenance};
use crate::pack::Pack;
use crate::text::Location;

/// The version of the format.
const FORMAT: u32 = 1;

/// Gives a rewrite as data. `arguments` are the rewritten plain overrides, where that was asked.
pub fn rewrite_json(reported: &Reported<'_>, arguments: Option<&[String]>) -> Json {
    let plan = reported.plan;
    let options: Vec<Json> =
        plan.verdicts.iter().map(|it| option_json(reported.pack, it, None)).collect();
    let requirements: Vec<Json> = plan
        .requirements
        .iter()
        .map(|it| json!({ "id": it.id, "status": verdict_word(it), "message": it.message }))
        .collect();
    let files: Vec<Json> = reported
        .files
        .iter()
        .map(|file| {
            json!({ "path": file.path, "diff": unified_diff(file, Paint::new(Look::PLAIN)) })
        })
        .collect();
    json!({
        "format": FORMAT,
        "pack": { "name": reported.pack.name, "version": reported.pack.version },
        "launch": reported.launch,
        "failure": reported.failure.map(failure),
        "remarks": reported.remarks,
        "steps": plan.steps.iter().map(|it| step(reported.pack, it)).collect::<Vec<_>>(),
        "changes": plan.changes.iter().map(change).collect::<Vec<_>>(),
        "directives": plan.directives.iter().map(directive).collect::<Vec<_>>(),
        "invariants": plan.invariants.iter().map(invariant).collect::<Vec<_>>(),
        "estimates": plan.estimates.iter().map(estimate).collect::<Vec<_>>(),
        "requirements": requirements,
        "options": options,
        "overrides": arguments,
        "files": files,
        "refused": reported.refused,
    })
}

fn failure(failure: &Failure) -> Json {
    let event = &failure.event;
    let facts: serde_json::Map<String, Json> = event
        .facts
        .iter()
        .map(|(name, fact)| {
            let value = json!({
                "value": fact.value.to_json(),
                "text": fact.text,
                "location": location(&fact.location),
            });
            (name.clone(), value)
        })
        .collect();
    json!({
        "signal": event.signal,
        "event": event.event,
        "kind": event.kind.name(),
        "phase": event.phase.as_ref().map(|phase| &phase.name),
        "place": failure.place,
        "location": location(&event.location),
        "facts": facts,
        "consequences": event.consequences,
    })
}

/// Gives a place: 1-based line and column (code points), and 0-based byte offsets.
pub fn location(location: &Location) -> Json {
    let at = location.line_column();
    json!({
        "file": location.source.name(),
        "line": at.line,
        "column": at.column,
        "span": { "start": location.span.start, "end": location.span.end },
    })
}

fn provenance(from: &Provenance) -> Json {
    match from {
        Provenance::Text(at) => location(at),
        other => Json::String(other.to_string()),
    }
}

fn step(pack: &Pack, step: &Step) -> Json {
    let option = pack.options.iter().find(|it| it.id == step.option);
    json!({
        "option": step.option,
        "title": option.map(|it| &it.title),
        "why": option.map(|it| &it.why),
        "source": option.map(|it| &it.source),
        "caveat": option.and_then(|it| it.caveat.as_ref()),
        "cost": option.map(|it| &it.cost),
        "changes_training": option.map(|it| format!("{:?}", it.changes).to_lowercase()),
        "relieves": option.map(|it| &it.relieves),
        "loads": option.map(|it| &it.loads),
        "safety": option.map(|it| words::safety(it.safety)),
        "forced": step.forced,
        "changes": step.applied.changes.iter().map(change).collect::<Vec<_>>(),
        "directives": step.applied.directives.iter().map(directive).collect::<Vec<_>>(),
        "repaired_by": step.applied.repaired_by,
        "skipped": step.applied.skipped,
    })
}

fn change(change: &KeyChange) -> Json {
    json!({
        "key": change.key,
        "before": change.before,
        "after": change.after,
        "from": change.before_from.as_ref().map(provenance),
    })
}

fn directive((name, before, after): &(String, Found, Found)) -> Json {
    json!({
        "name": name,
        "before": before.value.to_json(),
        "after": after.value.to_json(),
        "from": provenance(&before.from),
    })
}

/// Gives the predicted peaks of one GPU in bytes, null where none is known; `error` is relative.
fn estimate(state: &EstimateState) -> Json {
    let bytes = |peak: &Peak| match peak {
        Peak::Bytes(bytes) => Some(*bytes),
        _ => None,
    };
    json!({
        "phase": state.phase,
        "title": state.title,
        "before": bytes(&state.before),
        "after": bytes(&state.after),
        "error": state.error,
        "assumes": state.assumes,
        "source": state.source,
    })
}

fn invariant(state: &InvariantState) -> Json {
    let (effect, from, to) = match &state.effect {
        InvariantEffect::Preserved(value) => ("preserved", value.to_json(), value.to_json()),
        InvariantEffect::Changed(from, to) => ("changed", from.to_json(), to.to_json()),
        InvariantEffect::Unknown(_) => ("unknown", Json::Null, Json::Null),
    };
    json!({ "id": state.id, "title": state.title, "effect": effect, "from": from, "to": to })
}
