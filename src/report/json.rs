//! The report of `hydrule rewrite` as data. `format` counts up when a field goes or changes its
//! meaning; new fields may come at any time.

use serde_json::{Value as Json, json};

use super::diff::unified_diff;
use super::explain::{trace_json, verdict_word};
use super::goal::goal_json;
use super::human::Reported;
use super::paint::{Look, Paint};
use super::words;
use crate::condition::Verdict;
use crate::engine::{
    Bisected, Discord, EstimateState, Failure, InvariantEffect, InvariantState, KeyChange, Peak,
    Rejection, Repair, RequirementState, RuleVerdict, Status, Step, Want,
};
use crate::facts::{Found, Missing, Provenance};
use crate::pack::Pack;
use crate::signal::{Event, Fact};
use crate::text::Location;

/// The version of the format.
const FORMAT: u32 = 1;

/// Gives a rewrite as data. `arguments` are the rewritten overrides where no file gives them, `command`
/// the command line that a run folder's program is started with.
pub fn rewrite_json(
    reported: &Reported<'_>,
    arguments: Option<&[String]>,
    command: Option<&str>,
) -> Json {
    let plan = reported.plan;
    let options: Vec<Json> = plan.verdicts.iter().map(|it| option(reported.pack, it)).collect();
    let requirements: Vec<Json> = plan
        .requirements
        .iter()
        .zip(&plan.after)
        .map(|(before, after)| requirement(reported.pack, before, after))
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
        "failure": reported.world.failure.as_ref().map(failure),
        "remarks": reported.remarks,
        "goal": plan.pursuit.as_ref().map(|it| goal_json(it, reported.pack)),
        "steps": plan.steps.iter().map(|it| step(reported.pack, it)).collect::<Vec<_>>(),
        "changes": plan.changes.iter().map(change).collect::<Vec<_>>(),
        "directives": plan.directives.iter().map(directive).collect::<Vec<_>>(),
        "invariants": plan.invariants.iter().map(invariant).collect::<Vec<_>>(),
        "estimates": plan.estimates.iter().map(estimate).collect::<Vec<_>>(),
        "requirements": requirements,
        "repair": plan.repair.as_ref().map(repair),
        "options": options,
        "overrides": arguments,
        "command": command,
        "tried": reported.tried,
        "files": files,
        "refused": reported.refused,
    })
}

/// Gives an option's verdict; `hydrule explain` tells more.
fn option(pack: &Pack, verdict: &RuleVerdict) -> Json {
    let caveat = pack.options.iter().find(|it| it.id == verdict.id);
    let caveat = caveat.and_then(|option| option.caveat.as_deref());
    let rejected = match &verdict.status {
        Status::Rejected(found) => Some(rejection(found)),
        _ => None,
    };
    json!({
        "id": verdict.id,
        "status": words::status_word(&verdict.status),
        "reason": words::reason(&verdict.status, &verdict.trace, caveat, pack),
        "rejection": rejected,
        "trace": trace_json(&verdict.trace),
    })
}

fn failure(failure: &Failure) -> Json {
    let event = &failure.event;
    json!({
        "signal": event.signal,
        "event": event.event,
        "kind": event.kind.name(),
        "phase": event.phase.as_ref().map(|phase| &phase.name),
        "place": failure.place,
        "location": location(&event.location),
        "facts": fact_values(event),
        "consequences": event.consequences,
    })
}

/// Gives the facts of an event by name.
pub fn fact_values(event: &Event) -> Json {
    let fact = |fact: &Fact| {
        json!({
            "value": fact.value.to_json(),
            "text": fact.text,
            "location": location(&fact.location),
        })
    };
    event.facts.iter().map(|(name, found)| (name.clone(), fact(found))).collect()
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

/// Gives where a value comes from: a place, or words.
pub fn provenance(from: &Provenance) -> Json {
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
        "bisected": step.applied.bisected.as_ref().map(bisected),
    })
}

/// Gives the tried values around a new one; `from` is null where this launch itself failed.
fn bisected(bisected: &Bisected) -> Json {
    let (failed, worked) = (&bisected.failed, &bisected.worked);
    json!({
        "key": bisected.key,
        "failed": { "value": failed.0.to_json(), "from": failed.1.as_ref().map(location) },
        "worked": { "value": worked.0.to_json(), "from": location(&worked.1) },
    })
}

pub fn change(change: &KeyChange) -> Json {
    json!({
        "key": change.key,
        "before": change.before,
        "after": change.after,
        "from": change.before_from.as_ref().map(provenance),
    })
}

pub fn directive((name, before, after): &(String, Found, Found)) -> Json {
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

/// Gives an invariant's fate; `missing` says why it is unknown.
pub fn invariant(state: &InvariantState) -> Json {
    let (effect, from, to, missing) = match &state.effect {
        InvariantEffect::Preserved(value) => ("preserved", value.to_json(), value.to_json(), None),
        InvariantEffect::Changed(from, to) => ("changed", from.to_json(), to.to_json(), None),
        InvariantEffect::Unknown(names) => ("unknown", Json::Null, Json::Null, Some(names)),
    };
    let missing: Vec<Json> = missing.into_iter().flatten().map(missing_json).collect();
    json!({
        "id": state.id,
        "title": state.title,
        "effect": effect,
        "from": from,
        "to": to,
        "missing": missing,
    })
}

/// Gives a name that nothing tells.
pub fn missing_json(missing: &Missing) -> Json {
    json!({ "name": missing.name, "why": missing.why, "supply": missing.supply })
}

fn requirement(pack: &Pack, before: &RequirementState, after: &RequirementState) -> Json {
    let rule = pack.requirements.iter().find(|it| it.id == before.id);
    let missing = match &before.verdict {
        Verdict::Unknown(missing) => missing.iter().map(missing_json).collect(),
        _ => Vec::new(),
    };
    json!({
        "id": before.id,
        "status": verdict_word(before),
        "after": verdict_word(after),
        "message": before.message,
        "missing": missing,
        "level": rule.map(|it| it.level.word()),
        "fails_at": rule.map(|it| &it.breach.fails_at),
        "source": rule.and_then(|it| it.breach.source.as_ref()),
    })
}

/// Gives the repairs of what is broken on the input; `refused` says why they cannot be made.
pub fn repair(repair: &Repair) -> Json {
    let applied = repair.outcome.as_ref().ok();
    json!({
        "asked": repair.asked,
        "rules": applied.map(|it| &it.repaired_by),
        "changes": applied.map(|it| it.changes.iter().map(change).collect::<Vec<_>>()),
        "directives": applied.map(|it| it.directives.iter().map(directive).collect::<Vec<_>>()),
        "skipped": applied.map(|it| &it.skipped),
        "wants": repair.wants.iter().map(want).collect::<Vec<_>>(),
        "refused": repair.outcome.as_ref().err().map(rejection),
    })
}

fn want(want: &Want) -> Json {
    json!({
        "rule": want.rule,
        "key": want.target,
        "value": want.value,
        "location": location(&want.place),
    })
}

/// Gives a rejection: `kind`, and what belongs to it.
pub fn rejection(rejection: &Rejection) -> Json {
    match rejection {
        Rejection::DoesNotRelieve { place } => {
            json!({ "kind": "does not relieve", "place": place })
        }
        Rejection::Loads { place } => json!({ "kind": "loads", "place": place }),
        Rejection::NoFailure => json!({ "kind": "no failure" }),
        Rejection::PlaceUnknown => json!({ "kind": "place unknown" }),
        Rejection::ChangesNothing => json!({ "kind": "changes nothing" }),
        Rejection::TriedBefore { phase, bytes, from } => json!({
            "kind": "tried before",
            "phase": phase,
            "bytes": bytes,
            "location": location(from),
        }),
        Rejection::Held { key, bound } => json!({ "kind": "held", "key": key, "bound": bound }),
        Rejection::Breaks { requirement, message } => {
            json!({ "kind": "breaks", "requirement": requirement, "message": message })
        }
        Rejection::Worsens { requirement, message } => {
            json!({ "kind": "worsens", "requirement": requirement, "message": message })
        }
        Rejection::Pinned { key, by } => json!({ "kind": "pinned", "key": key, "by": by }),
        Rejection::ChangesInvariant { id, effect } => {
            let state =
                InvariantState { id: id.clone(), title: String::new(), effect: effect.clone() };
            let mut json = invariant(&state);
            if let Some(fields) = json.as_object_mut() {
                fields.shift_remove("title");
                fields.shift_insert(0, "kind".to_owned(), "invariant".into());
            }
            json
        }
        Rejection::LeavesUnknown { requirement, missing } => {
            let missing: Vec<Json> = missing.iter().map(missing_json).collect();
            json!({ "kind": "leaves unknown", "requirement": requirement, "missing": missing })
        }
        Rejection::NeedsUnknown(missing) => {
            let missing: Vec<Json> = missing.iter().map(missing_json).collect();
            json!({ "kind": "needs unknown", "missing": missing })
        }
        Rejection::Unsettled(unsettled) => {
            let kind = match unsettled.discord {
                Discord::Conflict => "conflict",
                Discord::Cycle => "cycle",
                Discord::Endless => "endless",
            };
            let wants: Vec<Json> = unsettled.wants.iter().map(want).collect();
            json!({
                "kind": kind,
                "message": unsettled.why(),
                "rules": unsettled.rules(),
                "wants": wants,
            })
        }
    }
}
