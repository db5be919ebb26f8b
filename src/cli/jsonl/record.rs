//! What a line is answered with.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value as Json;
use serde_json::value::{RawValue, to_raw_value};

use super::line::Line;
use super::memory::Memory;
use crate::engine::{Decision, KeyChange, Step};
use crate::pack::{Pack, Safety};
use crate::text::secret;

/// What a line gives.
pub struct Planned<'a> {
    pub pack: &'a Pack,
    pub plan: Decision,
    /// What to know about the choice of the pack.
    pub remarks: Vec<String>,
    /// Where the overrides of the line are remembered.
    pub places: Vec<usize>,
}

impl Planned<'_> {
    pub fn say(&self, line: &Line<'_>, memory: &Memory, out: &mut Vec<u8>) {
        let Self { pack, plan, remarks, places } = self;
        let language = pack.arguments.language;
        let record = Record {
            id: id_said(&line.id),
            remarks: remarks.iter().map(|it| secret::hidden(it)).collect(),
            steps: plan.steps.iter().map(|it| StepSaid::of(it, pack)).collect(),
            changes: plan.changes.iter().map(ChangeSaid::of).collect(),
            broken: plan.broken.rules(pack).map(|it| it.id.as_str()).collect(),
            overrides: memory.said(&plan.result.entries, places, &line.overrides, language),
        };
        let start = out.len();
        if serde_json::to_writer(&mut *out, &record).is_err() {
            out.truncate(start);
        }
    }
}

/// Says a text as JSON does, secrets hidden.
pub fn said(text: &str) -> Box<RawValue> {
    to_raw_value(&secret::hidden(text)).unwrap_or_default()
}

/// Says an id as it was given, but for secrets in it.
fn id_said(id: &Json) -> Cow<'_, Json> {
    if !matches!(id, Json::String(_) | Json::Array(_) | Json::Object(_)) {
        return Cow::Borrowed(id);
    }
    let text = id.to_string();
    match secret::hidden(&text) {
        Cow::Borrowed(_) => Cow::Borrowed(id),
        Cow::Owned(hidden) => Cow::Owned(serde_json::from_str(&hidden).unwrap_or(hidden.into())),
    }
}

/// What a line is answered with. Secrets are hidden in each text alone: what looks like a name and its
/// value may be two.
#[derive(Serialize)]
struct Record<'a> {
    id: Cow<'a, Json>,
    remarks: Vec<Cow<'a, str>>,
    steps: Vec<StepSaid<'a>>,
    changes: Vec<ChangeSaid<'a>>,
    broken: Vec<&'a str>,
    overrides: Vec<Cow<'a, RawValue>>,
}

#[derive(Serialize)]
struct StepSaid<'a> {
    option: &'a str,
    safe: bool,
    repaired_by: &'a [String],
}

impl<'a> StepSaid<'a> {
    fn of(step: &'a Step, pack: &Pack) -> Self {
        let option = pack.options.iter().find(|it| it.id == step.option);
        let safe = option.is_some_and(|it| it.safety == Safety::Safe);
        Self { option: &step.option, safe, repaired_by: &step.applied.repaired_by }
    }
}

#[derive(Serialize)]
struct ChangeSaid<'a> {
    key: Cow<'a, str>,
    before: Option<Cow<'a, str>>,
    after: Option<Cow<'a, str>>,
}

impl<'a> ChangeSaid<'a> {
    fn of(change: &'a KeyChange) -> Self {
        Self {
            key: secret::hidden(&change.key),
            before: change.before.as_deref().map(secret::hidden),
            after: change.after.as_deref().map(secret::hidden),
        }
    }
}
