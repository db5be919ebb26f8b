//! Cases.

use serde_json::{Value as Json, json};

use super::shape::{Field, by_name, either, file, flag, list, number, table, text, texts};

/// Describes a file in `cases/` with `[[case]]`; `case.toml` of a folder has the same fields as one
/// of them, without the name; and `survivors.toml` justifies what `--mutate` finds.
pub fn schema() -> Json {
    let mut case = vec![("name", text("Its name, which also names the snapshot"))];
    case.extend(own());
    case.extend(shared());
    let case = table("One case", &["name"], case);
    let common = table("What all cases of this file share", &[], shared());
    let mut settings = own();
    settings.extend(shared());
    let settings = table("The settings of a case in a folder", &[], settings);
    let fields = vec![("common", common), ("case", list(case, "The cases"))];
    let cases = table("The cases of a pack", &["case"], fields);
    let fields = vec![
        ("rule", text("The rule, or $name of an expression in [let]")),
        ("mutant", text("What the mutant is called")),
        ("reason", text("Why no case can notice it")),
    ];
    let survivor = table("A mutant that survives", &["rule", "mutant", "reason"], fields);
    let fields = vec![("survivor", list(survivor, "The mutants that need not be noticed"))];
    let survivors = table("The file cases/survivors.toml", &["survivor"], fields);
    let both = json!({ "anyOf": [cases, settings, survivors] });
    file("hydrule cases", both)
}

fn own() -> Vec<Field> {
    let expect = table(
        "What is expected; without it, the snapshot is the expectation",
        &[],
        vec![
            ("fired", texts("Rules that fire")),
            ("silent", texts("Rules that stay silent")),
            ("unknown", texts("Rules that nothing decides")),
            ("plan", texts("Exactly these options, in this order")),
            ("changes", texts("Exactly these overrides and directives change, as they become")),
            ("overrides", texts("Exactly these overrides result, in this order")),
            ("findings", texts("Exactly these are broken, or found in the scripts")),
            ("left", texts("Exactly these requirements are broken after the plan")),
            ("holds", texts("Conditions that must be true on the input, before any step")),
            ("known_by", texts("Exactly these of the pack's launches and keys fit the launch")),
            ("phase", text("Where the failure is: a phase, host, unknown or none")),
            ("signal", text("Which signal tells the failure; told or none without one")),
        ],
    );
    vec![
        ("title", text("What it shows, in a sentence")),
        ("each", texts("Makes a case of each, which stands for {each} in its log")),
        ("snapshot", flag("Whether it has a snapshot although it has `expect`")),
        ("idempotent", flag("Whether its second plan must be empty; false wants a reason")),
        ("reason", text("Why the second plan is not empty")),
        ("expect", expect),
    ]
}

fn shared() -> Vec<Field> {
    let path = table("A file beside this one", &["file"], vec![("file", text("Its path"))]);
    let whole = |about: &str| either(&[text("The text"), path.clone()], about);
    let told = |about: &str| json!({ "description": about, "type": "object" });
    vec![
        ("overrides", texts("Plain overrides, where there is no script")),
        ("script", whole("A launch script")),
        ("files", by_name(whole("One file"), "Files of the job by name")),
        ("log", whole("The log of the failed job")),
        ("config", whole("The base configuration")),
        ("tried", whole("Earlier runs, as JSON lines")),
        ("env", by_name(text("Its value"), "Variables of the scripts")),
        ("args", texts("What the scripts are started with")),
        ("fact", told("Single facts by dotted name")),
        ("param", told("Parameters of the pack")),
        ("facts", by_name(text("A file beside this one"), "Files of facts by group")),
        ("target", text("The version of the application: verl=0.9.1")),
        ("launch", number("Which launch of the scripts is meant, from 1")),
        ("steps", number("How many steps to take")),
        ("goal", text("A condition to make true by the cheapest steps")),
        ("weight", by_name(json!({ "type": "number" }), "How much a dimension of the cost counts")),
        ("unsafe", flag("Also take steps that are not safe")),
        ("strict", flag("Take no step that makes a requirement unknown which was not")),
        ("only", texts("Consider only these options")),
        ("preserve", texts("Invariants that no step may change")),
        ("repair", texts("Requirements whose repairs come first; none for all")),
    ]
}
