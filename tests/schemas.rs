//! The schemas say what the readers take: each reader is asked for its fields by a field that none
//! has, and each list of words by a word that is none of them.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::pages::check_file;
use crate::support::{Run, Workspace};

/// A field that no table has, and that is near to none.
const NONE: &str = "zzzzzzzzzzzz";

/// A table: how to get to it, and where the schema describes it.
const PACK: [(&str, &str); 15] = [
    ("", ""),
    ("[[invariant]]\n", "/properties/invariant/items"),
    ("[[estimate]]\n", "/properties/estimate/items"),
    ("[[phase]]\n", "/properties/phase/items"),
    ("[[release]]\n", "/properties/release/items"),
    ("[[alias]]\n", "/properties/alias/items"),
    ("[[default]]\n", "/properties/default/items"),
    ("[[signal]]\n", "/properties/signal/items"),
    ("[[option]]\n", "/properties/option/items"),
    ("[[require]]\n", "/properties/require/items"),
    ("[param.p]\n", "/properties/param/additionalProperties"),
    (
        "[[option]]\nrewrite = [{ NONE = 1 }]\n",
        "/properties/option/items/properties/rewrite/items/anyOf/1",
    ),
    (
        "[[require]]\nrepair = [{ NONE = 1 }]\n",
        "/properties/require/items/properties/repair/items/anyOf/1",
    ),
    ("extend = [{ NONE = 1 }]\n", "/properties/extend/items/anyOf/1"),
    ("[[phase]]\nadd_frames = []\n", "/properties/phase/items"),
];

const CASES: [(&str, &str); 4] = [
    ("", "/anyOf/0"),
    ("[[case]]\nname = \"a\"\noverrides = [\"m.a=1\"]\n", "/anyOf/0/properties/case/items"),
    ("[common]\n", "/anyOf/0/properties/common"),
    (
        "[[case]]\nname = \"a\"\noverrides = [\"m.a=1\"]\n[case.expect]\n",
        "/anyOf/0/properties/case/items/properties/expect",
    ),
];

const PROJECT: [(&str, &str); 2] =
    [("", ""), ("packs = [{ NONE = 1 }]\n", "/properties/packs/items/anyOf/1")];

fn schema(of: &str) -> Json {
    serde_json::from_str(&Run::hydrule(&format!("schema {of}")).run().out).unwrap()
}

fn described(schema: &Json, at: &str) -> BTreeSet<String> {
    let table = schema.pointer(at).unwrap_or_else(|| panic!("nothing is at {at}"));
    assert_eq!(table["additionalProperties"], false, "{at}");
    table["properties"].as_object().unwrap().keys().cloned().collect()
}

/// What the message about a field that no table has lists.
fn listed(message: &str) -> BTreeSet<String> {
    let (_, rest) =
        message.split_once("no field `zzzzzzzzzzzz`").unwrap_or_else(|| panic!("{message}"));
    let (_, rest) = rest.split_once("its fields are ").unwrap_or_else(|| panic!("{message}"));
    let mut fields = String::new();
    for line in rest.lines() {
        fields.push_str(line.trim());
        fields.push(' ');
        if !line.trim().ends_with(',') {
            break;
        }
    }
    fields.split(',').map(|field| field.trim().to_owned()).collect()
}

fn compare(of: &str, tables: &[(&str, &str)], message: &dyn Fn(&str) -> String) {
    let schema = schema(of);
    let mut read: Vec<(&str, BTreeSet<String>)> = Vec::new();
    for (table, at) in tables {
        let text = match table.contains("NONE") {
            true => table.replace("NONE", NONE),
            false if table.starts_with("extend") => format!("{NONE} = 1\n{table}"),
            false => format!("{table}{NONE} = 1\n"),
        };
        let fields = listed(&message(&text));
        match read.iter_mut().find(|(known, _)| known == at) {
            Some((_, known)) => known.extend(fields),
            None => read.push((at, fields)),
        }
    }
    for (at, fields) in read {
        assert_eq!(fields, described(&schema, at), "{of}{at}: the reader, and the schema");
    }
}

#[test]
fn a_pack_is_described_as_it_is_read() {
    compare("pack", &PACK, &|text| {
        let workspace = Workspace::new();
        workspace.write("pack.toml", text);
        workspace.hydrule("pack check .").run().err
    });
}

#[test]
fn a_configuration_is_described_as_it_is_read() {
    compare("config", &PROJECT, &|text| {
        let workspace = Workspace::new();
        workspace.write("hydrule.toml", text);
        workspace.hydrule("config").run().err
    });
}

#[test]
fn cases_are_described_as_they_are_read() {
    let run = |name: &str, text: &str| {
        let workspace = Workspace::new();
        workspace.write("pack.toml", crate::support::SMALL);
        let path = workspace.path().join("cases").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        workspace.hydrule("test .").run().err
    };
    compare("case", &CASES, &|text| run("some.toml", text));
    compare("case", &[("", "/anyOf/1")], &|text| run("folder/case.toml", text));
}

/// The words of an enumeration are those that the reader offers instead of a wrong one.
#[test]
fn words_are_those_that_are_read() {
    let schema = schema("pack");
    for (table, field) in [
        ("option", "changes"),
        ("option", "safety"),
        ("require", "level"),
        ("signal", "kind"),
        ("signal", "confidence"),
    ] {
        let workspace = Workspace::new();
        workspace.write("pack.toml", format!("[[{table}]]\n{field} = \"{NONE}\"\n"));
        let message = workspace.hydrule("pack check .").run().err;
        let (_, rest) = message.split_once("write one of ").unwrap();
        let words: Vec<&str> = rest.lines().next().unwrap().split('`').skip(1).step_by(2).collect();
        let known = &schema["properties"][table]["items"]["properties"][field]["enum"];
        let known: Vec<&str> =
            known.as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
        assert_eq!(words, known, "{table}.{field}");
    }
}

#[test]
fn every_field_is_explained() {
    fn walk(at: &str, schema: &Json) {
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            let at = format!("{at}.{name}");
            assert!(field["description"].as_str().is_some_and(|it| it.len() > 5), "{at}");
            walk(&at, field);
            walk(&at, &field["items"]);
            walk(&at, &field["additionalProperties"]);
        }
    }
    for of in ["pack", "config", "case"] {
        walk(of, &schema(of));
    }
}

#[test]
fn the_files_hold_what_is_printed() {
    for of in ["pack", "config", "case", "check"] {
        let printed = Run::hydrule(&format!("schema {of}")).run();
        assert_eq!((printed.code, printed.err.as_str()), (0, ""));
        check_file(&format!("schemas/{of}.json"), &printed.out);
    }
}

/// Every file that ships names its schema for editors.
#[test]
fn files_that_ship_name_their_schema() {
    fn walk(folder: &std::path::Path, up: &str) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, &format!("{up}../"));
            } else if path.extension().is_some_and(|it| it == "toml") {
                let inside = path.components().any(|it| it.as_os_str() == "cases");
                let of = if inside { "case" } else { "pack" };
                let text = std::fs::read_to_string(&path).unwrap();
                let line = format!("#:schema {up}schemas/{of}.json\n");
                assert!(text.starts_with(&line), "{} must start with {line}", path.display());
            }
        }
    }
    walk(&crate::support::root().join("rules"), "../");
}

/// Finds fields of some data that a schema does not describe, and those that it wants and are not there.
fn misfits(at: &str, schema: &Json, data: &Json, found: &mut Vec<String>) {
    let form = match schema["anyOf"].as_array() {
        Some(forms) => forms.iter().find(|it| (it["type"] == "null") == data.is_null()).unwrap(),
        None => schema,
    };
    for (name, value) in data.as_object().into_iter().flatten() {
        match form["properties"].get(name) {
            Some(field) => misfits(&format!("{at}/{name}"), field, value, found),
            None => found.push(format!("{at}/{name} is not described")),
        }
    }
    let required = form["required"].as_array().into_iter().flatten();
    for name in required.filter(|name| data.get(name.as_str().unwrap()).is_none()) {
        found.push(format!("{at}/{name} is not there"));
    }
    for item in data.as_array().into_iter().flatten() {
        misfits(at, &form["items"], item, found);
    }
}

/// `tests/reports.py` looks closer, with a validator and at SARIF as well.
#[test]
fn the_report_of_a_check_is_as_its_schema_says() {
    let workspace = Workspace::new();
    workspace.write("run.sh", "X=x}\npython3 -m my.app a.b=$X c.d=1 c.d=2\n");
    workspace.write("broken.sh", "python3 -m my.app a.b=1 (\n").write("other.py", "");
    let line = "check run.sh broken.sh other.py --output-format json";
    let report: Json = serde_json::from_str(&workspace.hydrule(line).run().out).unwrap();
    let mut found = Vec::new();
    misfits("", &schema("check"), &report, &mut found);
    assert_eq!(found, Vec::<String>::new());
    let lists = ["findings", "errors", "skipped"].map(|it| report[it].as_array().unwrap().len());
    assert_eq!(lists, [2, 1, 1]);
    let mut spoilt = report.clone();
    spoilt["findings"][0]["fix"].as_object_mut().unwrap().remove("edits");
    spoilt["findings"][1]["more"] = 1.into();
    misfits("", &schema("check"), &spoilt, &mut found);
    assert_eq!(found, ["/findings/fix/\"edits\" is not there", "/findings/more is not described"]);
}
