//! Configurations that were tried before, and what came of them.

use serde_json::{Map, Value as Json, json};

use super::state::State;
use super::world::World;
use crate::value::Value;

/// The fact of a failure that says how much memory was asked for.
const BYTES: &str = "tried";

/// Records a configuration that failed, in the form that `--tried` reads: one object, for one line.
/// Nothing where no failure is known.
pub fn tried_record(state: &State, world: &World) -> Option<Json> {
    let failure = world.failure.as_ref()?;
    let (mut overrides, mut untold) = (Vec::new(), Vec::new());
    for entry in &state.entries {
        match &entry.value {
            Ok(parsed) => overrides.push(parsed.text.clone()),
            Err(_) => untold.push(entry.key.clone()),
        }
    }
    let mut record = Map::new();
    record.insert("overrides".to_owned(), overrides.into());
    record.insert("outcome".to_owned(), "failed".into());
    if let Some(place) = &failure.place {
        record.insert("phase".to_owned(), place.clone().into());
    }
    let bytes = failure.event.facts.get(BYTES).map(|fact| &fact.value);
    if let Some(Value::Bytes(bytes)) = bytes {
        record.insert("bytes".to_owned(), json!(bytes));
    }
    if !untold.is_empty() {
        record.insert("untold".to_owned(), untold.into());
    }
    if !state.directives.is_empty() {
        let directives = state.directives.iter();
        let directives = directives.map(|(name, found)| (name.clone(), found.value.to_json()));
        record.insert("directives".to_owned(), Json::Object(directives.collect()));
    }
    Some(Json::Object(record))
}
