//! The words of JSON Schema (draft 7, which TOML editors know).

use serde_json::{Map, Value as Json, json};

/// A field of a table: its name, and what it may hold.
pub type Field = (&'static str, Json);

/// A string.
pub fn text(about: &str) -> Json {
    json!({ "description": about, "type": "string" })
}

/// A list of strings.
pub fn texts(about: &str) -> Json {
    json!({ "description": about, "type": "array", "items": { "type": "string" } })
}

/// `true` or `false`.
pub fn flag(about: &str) -> Json {
    json!({ "description": about, "type": "boolean" })
}

/// A whole number from 0 on.
pub fn number(about: &str) -> Json {
    json!({ "description": about, "type": "integer", "minimum": 0 })
}

/// A whole number from 1 on.
pub fn count(about: &str) -> Json {
    json!({ "description": about, "type": "integer", "minimum": 1 })
}

/// One of some words.
pub fn word<T>(words: &[(&'static str, T)], about: &str) -> Json {
    let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    json!({ "description": about, "enum": words })
}

/// Anything that is no table.
pub fn value(about: &str) -> Json {
    json!({ "description": about, "type": ["string", "integer", "number", "boolean", "array"] })
}

/// A table whose names are free.
pub fn by_name(entry: Json, about: &str) -> Json {
    json!({ "description": about, "type": "object", "additionalProperties": entry })
}

/// One of several forms.
pub fn either(forms: &[Json], about: &str) -> Json {
    json!({ "description": about, "anyOf": forms })
}

/// A list.
pub fn list(entry: Json, about: &str) -> Json {
    json!({ "description": about, "type": "array", "items": entry })
}

/// A table with these fields and no others.
pub fn table(about: &str, required: &[&str], fields: Vec<Field>) -> Json {
    let properties: Map<String, Json> =
        fields.into_iter().map(|(name, field)| (name.to_owned(), field)).collect();
    json!({
        "description": about,
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// A whole file.
pub fn file(title: &str, mut table: Json) -> Json {
    let mut whole = Map::new();
    whole.insert("$schema".to_owned(), "http://json-schema.org/draft-07/schema#".into());
    whole.insert("title".to_owned(), title.into());
    if let Json::Object(fields) = &mut table {
        whole.append(fields);
    }
    Json::Object(whole)
}

/// A list of packs.
pub fn packs(about: &str) -> Json {
    let table = table(
        "A pack, and which of its versions will do",
        &["pack"],
        vec![
            ("pack", text("Its name or place")),
            ("version", text("Which versions will do: `>=1.2, <2`")),
        ],
    );
    list(either(&[text("Its name or place"), table], "A pack"), about)
}
