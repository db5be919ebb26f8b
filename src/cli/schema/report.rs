//! What `hydrule check --output-format json` prints.

use serde_json::{Value as Json, json};

use super::shape::{Field, either, file, list, number, table, text, texts, word};

/// Describes the report of `hydrule check`.
pub fn schema() -> Json {
    let fields = vec![
        ("format", json!({ "description": "The version of the format", "const": 1 })),
        ("files", texts("The scripts that were checked")),
        ("findings", list(finding(), "What is found")),
        ("fixed", list(finding(), "What was mended, each as it stood when it was")),
        ("skipped", list(told("reason"), "Files that were named and are no launch scripts")),
        ("errors", list(told("message"), "Files that cannot be read")),
        ("bases", texts("The base configurations that were found without being named")),
        ("suppressed", number("How many findings comments have taken out")),
        ("known", number("How many findings the baseline knows")),
        ("stale", texts("What the baseline knows and is found no more")),
    ];
    file("hydrule check report", open("What is wrong with launch scripts", fields))
}

/// A table with these fields, to which later versions may add others.
fn open(about: &str, fields: Vec<Field>) -> Json {
    let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    let mut table = table(about, &names, fields);
    if let Some(table) = table.as_object_mut() {
        table.remove("additionalProperties");
    }
    table
}

fn told(what: &'static str) -> Json {
    open("A file, and why", vec![("path", text("The file")), (what, text("Why"))])
}

fn or_null(form: Json) -> Json {
    let about = form.get("description").and_then(Json::as_str).unwrap_or_default().to_owned();
    either(&[form, json!({ "type": "null" })], &about)
}

fn finding() -> Json {
    let levels = [("error", ()), ("warning", ()), ("note", ())];
    let labelled = |about: &str| {
        let fields = vec![("location", location()), ("label", text("What to write there"))];
        list(open("A place that takes part", fields), about)
    };
    open(
        "A finding",
        vec![
            ("rule", text("The rule's id, or that of a requirement")),
            ("level", word(&levels, "How much it weighs")),
            ("key", or_null(text("The configuration key it is about"))),
            ("launch", or_null(text("The program of the launch that it is about"))),
            ("message", text("What is wrong")),
            ("label", text("What to write at the place")),
            ("help", or_null(text("What to do"))),
            ("code", text("The stable code of the message")),
            ("location", location()),
            ("also", labelled("Other places that take part")),
            (
                "flow",
                labelled("The way of the value, from its variable's definition to the launch"),
            ),
            ("fix", or_null(fix())),
            ("page", or_null(text("The address of a page about the rule, if its pack names one"))),
        ],
    )
}

fn fix() -> Json {
    let edit = open(
        "A replacement",
        vec![
            ("file", text("The file")),
            ("location", location()),
            ("content", text("What stands there afterwards")),
        ],
    );
    let applicability = [("safe", ()), ("unsafe", ())];
    open(
        "What mends it",
        vec![
            ("applicability", word(&applicability, "Whether --fix makes it by itself")),
            ("message", text("What is done")),
            ("edits", list(edit, "The replacements")),
        ],
    )
}

fn location() -> Json {
    let offset = |about: &str| number(about);
    let span = open(
        "Byte offsets, half open",
        vec![("start", offset("The first byte")), ("end", offset("The byte behind the last one"))],
    );
    open(
        "A place",
        vec![
            ("file", text("The file")),
            ("line", number("From 1")),
            ("column", number("From 1, in code points")),
            ("span", span),
        ],
    )
}
