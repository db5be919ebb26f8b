//! The files of a pack.

use serde_json::{Value as Json, json};

use super::shape::{
    Field, by_name, either, file, flag, list, packs, table, text, texts, value, word,
};
use crate::overrides::Language;
use crate::pack::{BOUNDS, CHANGES, Dimension, LEVELS, OUTSIDE_KINDS, SAFETY};
use crate::signal::{Confidence, FactType, Kind};

/// Describes any file of a pack; the header may be in another one than the rules.
pub fn schema() -> Json {
    let mut fields = header();
    fields.extend(named());
    fields.extend(told());
    fields.push(("option", list(option(), "Options, the least harmful first")));
    fields.push(("require", list(requirement(), "What must hold between values")));
    file("hydrule rule pack", table("A file of a rule pack", &[], fields))
}

fn header() -> Vec<Field> {
    vec![
        ("name", text("The pack's name")),
        ("version", text("The pack's version: 1.2.3")),
        ("description", text("What it is for, in a sentence")),
        ("target", text("The application whose overrides it knows")),
        ("goal", text("A condition that a plan should make true")),
        ("docs", text("Where its rules are explained: https://example.org/rules#{rule}")),
        ("requires", text("The hydrule that it is written for: >=0.1")),
        ("launches", texts("Globs over the modules and scripts of the target")),
        ("keys", texts("Globs over keys that tell the target where its name does not")),
        (
            "arguments",
            word(&Language::WORDS, "What reads the target's arguments; hydra if not given"),
        ),
        ("hydra_launches", texts("Globs over launches whose arguments Hydra reads all the same")),
        ("perhaps", perhaps()),
        ("base", list(whole_base(), "Configurations that the target ships whole")),
        ("extend", packs("Packs to extend: names of those that ship, or places")),
        ("off", by_name(text("Why it is off"), "Rules of extended packs that shall not count")),
    ]
}

fn whole_base() -> Json {
    let fields = vec![
        ("launches", texts("Globs over the modules and scripts that start from it")),
        (
            "config_name",
            text("The configuration that it is the whole of, as --config-name says it"),
        ),
        ("groups", texts("The choices of config groups that lead to it: model_engine=megatron")),
        ("file", text("Where it is, seen from the folder that the target's package is in")),
    ];
    table("A whole base configuration", &["launches", "config_name", "file"], fields)
}

fn perhaps() -> Json {
    let fields = vec![
        ("what", text("What the launch may be of, in words")),
        ("keys", texts("Globs over keys, one of which the launch sets")),
        ("without", texts("Globs over keys, none of which it sets")),
    ];
    let what = "Launches that another pack knows but that may be of this pack's target";
    table(what, &["what", "keys"], fields)
}

fn named() -> Vec<Field> {
    let parameter = table(
        "A parameter, read as $param.NAME",
        &["default"],
        vec![
            ("default", value("Its value where nobody gives another")),
            ("help", text("What it is for; one of an extended pack keeps its help")),
        ],
    );
    let kinds: Vec<String> = OUTSIDE_KINDS
        .iter()
        .flat_map(|(kind, _)| [(*kind).to_owned(), format!("{kind}?")])
        .collect();
    let kind = json!({ "description": "Its type; `?` where it may be missing", "enum": kinds });
    vec![
        ("param", by_name(parameter, "Parameters")),
        ("let", by_name(text("An expression"), "Named expressions, read as $NAME")),
        ("fact", by_name(by_name(kind, "Facts of a group"), "Facts that a user may give")),
        ("invariant", list(invariant(), "Quantities worth preserving")),
        ("estimate", list(estimate(), "What memory a phase needs at its peak")),
        ("phase", list(phase(), "Phases, the first one with a frame in the traceback counts")),
    ]
}

fn invariant() -> Json {
    let fields = vec![
        ("id", text("Its id")),
        ("title", text("What it is")),
        ("value", text("Its value, an expression")),
    ];
    table("A quantity worth preserving", &["id", "title", "value"], fields)
}

fn estimate() -> Json {
    let fields = vec![
        ("phase", text("The phase")),
        ("title", text("What needs the memory")),
        ("when", text("Where the formula holds, a condition")),
        ("bytes", text("The formula, a number of bytes")),
        ("error", text("How far off it may be: 15%")),
        ("assumes", text("What it takes for granted; {$name} stands for a value")),
        ("source", text("Where it is from")),
    ];
    table("An estimate", &["phase", "title", "bytes", "error", "source"], fields)
}

fn phase() -> Json {
    let fields = vec![
        ("name", text("Its name")),
        ("title", text("What it is called in a sentence: the update")),
        ("frames", texts("Functions in whose frames it is")),
        ("add_frames", texts("More functions, for a phase of an extended pack")),
    ];
    table("A phase", &["name"], fields)
}

fn told() -> Vec<Field> {
    let signal = table(
        "A pattern in a log",
        &["name", "event", "kind", "pattern"],
        vec![
            ("name", text("Its name")),
            ("event", text("What its facts are called: oom for $oom.tried")),
            ("kind", word(&Kind::WORDS, "What failed")),
            ("confidence", word(&Confidence::WORDS, "How sure that is")),
            ("pattern", text("A regular expression with named groups")),
            ("types", by_name(word(&FactType::WORDS, "A type"), "The types of its groups")),
            ("phase", text("The phase that it tells")),
        ],
    );
    let release = table(
        "A version of the target",
        &["number"],
        vec![
            ("number", text("Its number: 0.9")),
            ("adds", texts("Keys that are there from it on; `a.*` is all below `a`")),
            ("drops", texts("Keys that are gone since")),
            (
                "assumed",
                flag(
                    "Of several versions that are left, it is this one, or another that is assumed",
                ),
            ),
        ],
    );
    let alias = table(
        "A key under two names",
        &["old", "new"],
        vec![
            ("old", text("Its old name")),
            ("new", text("Its new name")),
            ("versions", text("The versions of the target that know it")),
            ("read", text("What the new key is for a value of the old one, an expression")),
            ("write", text("What the old key is for a value of the new one, an expression")),
        ],
    );
    let set = table(
        "Defaults of the target",
        &["of", "source"],
        vec![
            ("of", text("Whose they are: verl 0.9")),
            ("versions", text("The versions of the target that have them: >=0.9")),
            ("source", text("Where they are from")),
            ("values", by_name(value("A default"), "Defaults by key")),
            ("null", texts("Keys whose default is null")),
        ],
    );
    vec![
        ("signal", list(signal, "What logs tell")),
        ("release", list(release, "Versions of the target, oldest first")),
        ("alias", list(alias, "Keys under two names")),
        ("default", list(set, "Defaults of the target")),
    ]
}

fn rewrites(about: &str) -> Json {
    let mut fields = vec![("set", text("key := expression"))];
    fields.extend(BOUNDS.map(|bound| (bound, text("A bound of the value, an expression"))));
    let bounded = table("A rewrite with bounds", &["set"], fields);
    let plain = text("key := expression, with `it` for the value now; or an override");
    list(either(&[plain, bounded], "A rewrite"), about)
}

fn option() -> Json {
    let amounts: Vec<Field> = Dimension::ALL
        .iter()
        .map(|it| (it.name(), json!({ "description": "How much", "type": "number" })))
        .collect();
    let fields = vec![
        ("id", text("Its id")),
        ("title", text("What it does, as an order")),
        ("when", text("Where it applies, a condition")),
        ("rewrite", rewrites("What it changes")),
        ("relieves", texts("The phases whose peak it lowers; host for host memory")),
        ("loads", texts("The phases whose peak it raises")),
        ("changes", word(&CHANGES, "What it changes about the training")),
        ("cost", table("What it costs", &[], amounts)),
        ("safety", word(&SAFETY, "Whether it is made without being asked for")),
        ("why", text("Why it helps")),
        ("source", text("Where that is from")),
        ("caveat", text("What common advice gets wrong about it")),
        ("versions", text("The versions of the target that it is for")),
    ];
    let required = ["id", "title", "when", "changes", "safety", "why", "source"];
    table("An option", &required, fields)
}

fn requirement() -> Json {
    let fields = vec![
        ("id", text("Its id")),
        ("when", text("Where it must hold, a condition")),
        ("holds", text("What must hold, a condition")),
        ("fails_at", text("How late a run finds out")),
        ("message", text("What is wrong; {key} stands for a value")),
        ("repair", rewrites("What mends it")),
        ("level", word(&LEVELS, "How bad it is")),
        ("source", text("Where that is from")),
        ("versions", text("The versions of the target that it is for")),
    ];
    table("A requirement", &["id", "holds", "fails_at", "message"], fields)
}
