//! The explanation as data; docs/json.md describes it.

use serde_json::{Map, Value as Json, json};

use super::{Explained, RuleRef, Ruling, counts, judged_by_guard, verdict_word};
use crate::condition::{Outcome, Trace};
use crate::engine::{Bound, Change, Status, Turn};
use crate::pack::{Rewrite, SwitchedOff};
use crate::report::goal::goal_json;
use crate::report::json::{invariant, location, missing_json, provenance, rejection, repair};
use crate::report::words;
use crate::value::Value;

/// Gives every rule and invariant as one object, with the whole evaluation.
pub fn explain_json(explained: &Explained<'_>) -> Json {
    let rulings = explained.rulings();
    let (options, requirements): (Vec<&Ruling<'_>>, Vec<&Ruling<'_>>) =
        rulings.iter().partition(|it| it.is_option());
    let count = |rulings: &[&Ruling<'_>]| -> Map<String, Json> {
        let counts = counts(rulings.iter().copied());
        counts
            .into_iter()
            .map(|(standing, many)| (standing.word().to_owned(), many.into()))
            .collect()
    };
    let summary = json!({ "options": count(&options), "requirements": count(&requirements) });
    let all = |rulings: &[&Ruling<'_>]| -> Vec<Json> {
        rulings.iter().map(|it| ruling_json(explained, it)).collect()
    };
    let invariants: Vec<Json> = explained
        .invariants()
        .iter()
        .filter_map(|(rule, trace)| {
            let state = explained.plan.invariants.iter().find(|it| it.id == rule.id)?;
            let mut json = invariant(state);
            let fields = json.as_object_mut()?;
            fields.insert("trace".to_owned(), trace_json(trace));
            Some(json)
        })
        .collect();
    json!({
        "format": 1,
        "launch": explained.launch,
        "remarks": explained.remarks,
        "target": target_json(explained),
        "goal": explained.plan.pursuit.as_ref().map(|it| goal_json(it, explained.pack)),
        "summary": summary,
        "options": all(&options),
        "requirements": all(&requirements),
        "invariants": invariants,
        "off": explained.switched_off().map(off_json).collect::<Vec<_>>(),
        "repair": explained.plan.repair.as_ref().map(repair),
    })
}

fn ruling_json(explained: &Explained<'_>, ruling: &Ruling<'_>) -> Json {
    let pack = explained.pack;
    let mut json = match &ruling.rule {
        RuleRef::Option(option, verdict) => {
            let rejected = match &verdict.status {
                Status::Rejected(found) => Some(rejection(found)),
                _ => None,
            };
            json!({
                "id": option.id,
                "title": option.title,
                "verdict": ruling.standing.word(),
                "status": words::status_word(&verdict.status),
                "reason": words::reason(&verdict.status, &ruling.trace, option.caveat.as_deref(), pack),
                "rejection": rejected,
                "lift": ruling.lift.as_ref().map(turn_json),
                "safety": words::safety(option.safety),
                "rewrite": texts(&option.rewrite),
                "why": option.why,
                "source": option.source,
                "caveat": option.caveat,
                "cost": option.cost,
                "defined": location(&option.location),
            })
        }
        RuleRef::Requirement(rule, state) => json!({
            "id": rule.id,
            "verdict": ruling.standing.word(),
            "status": verdict_word(state),
            "message": state.message,
            "judged_by": if judged_by_guard(rule, state) { "when" } else { "holds" },
            "level": rule.level.word(),
            "fails_at": rule.breach.fails_at,
            "rewrite": texts(&rule.breach.repair),
            "source": rule.breach.source,
            "defined": location(&rule.location),
        }),
    };
    let missing: Vec<Json> = ruling.missing.iter().map(missing_json).collect();
    let more = json!({
        "deciding": words::deciding(&ruling.trace).iter().map(|it| leaf_json(it)).collect::<Vec<_>>(),
        "missing": missing,
        "turn": ruling.turn.as_ref().map(turn_json),
        "blockers": ruling.blockers.iter().map(leaf_json).collect::<Vec<_>>(),
        "trace": trace_json(&ruling.trace),
    });
    if let (Some(fields), Json::Object(more)) = (json.as_object_mut(), more) {
        fields.extend(more);
    }
    json
}

fn target_json(explained: &Explained<'_>) -> Json {
    let (pack, target) = (explained.pack, &explained.world.target);
    let numbers = pack.versions_of(&target.versions).into_iter().map(ToString::to_string);
    json!({ "name": pack.target, "versions": numbers.collect::<Vec<_>>(), "why": target.why })
}

fn off_json(off: &SwitchedOff) -> Json {
    json!({
        "id": off.id,
        "kind": off.kind,
        "reason": off.reason,
        "from": location(&off.by),
        "defined": location(&off.defined),
    })
}

fn texts(rewrites: &[Rewrite]) -> Vec<&str> {
    let text = |rewrite| match rewrite {
        &Rewrite::Assign(_, ref text) | &Rewrite::Plain(_, ref text) => text.as_str(),
    };
    rewrites.iter().map(text).collect()
}

/// Gives a counterfactual: what the name is, and which values would turn the verdict.
fn turn_json(turn: &Turn) -> Json {
    let bound =
        |bound: &Bound| json!({ "value": bound.value.to_json(), "inclusive": bound.inclusive });
    let values = |values: &[Value]| values.iter().map(Value::to_json).collect::<Vec<_>>();
    let change = match &turn.change {
        Change::OneOf(these) => json!({ "one_of": values(these) }),
        Change::NoneOf(these) => json!({ "none_of": values(these) }),
        Change::Within(range) => json!({
            "low": range.low.as_ref().map(bound),
            "high": range.high.as_ref().map(bound),
        }),
        Change::Set => json!({ "set": true }),
        Change::Unset => json!({ "set": false }),
    };
    json!({
        "name": turn.name,
        "now": turn.now.as_ref().map(|it| it.value.to_json()),
        "from": turn.now.as_ref().map(|it| provenance(&it.from)),
        "to": turn.to.as_ref().map(Value::to_json),
        "change": change,
    })
}

/// Gives an evaluation without its parts.
fn leaf_json(trace: &Trace) -> Json {
    let (state, value) = match &trace.outcome {
        Outcome::Known(value) => ("known", value.to_json()),
        Outcome::Absent { .. } => ("absent", Json::Null),
        Outcome::Unknown(missing) => ("unknown", missing.iter().map(missing_json).collect()),
        Outcome::Failed(fault) => ("failed", fault.message.clone().into()),
    };
    json!({
        "text": words::one_line(&trace.text),
        "state": state,
        "value": value,
        "from": trace.from.as_ref().map(provenance),
    })
}

/// Gives the whole tree of an evaluation.
pub fn trace_json(trace: &Trace) -> Json {
    let mut node = leaf_json(trace);
    if let (false, Some(node)) = (trace.children.is_empty(), node.as_object_mut()) {
        let children = trace.children.iter().map(trace_json).collect();
        node.insert("parts".to_owned(), children);
    }
    node
}
