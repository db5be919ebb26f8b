//! What is found wrong with a pack before anything runs, and what exactly is underlined.

use std::fs;

use hydrule::pack::{PackError, load};

use crate::support::Workspace;

const HEAD: &str = r#"
name = "team"
version = "0.1.0"
description = "ours"
launches = ["app"]

[param]
floor = { default = 1, help = "never below" }

[[phase]]
name = "log_prob"
title = "log-prob"
frames = ["compute_log_prob"]

[[phase]]
name = "update"
title = "update"
frames = ["update_actor"]

[[signal]]
name = "torch-oom"
event = "oom"
kind = "device"
pattern = 'out of memory\. Tried to allocate (?<tried>[\d.]+ [KMG]iB)'
types = { tried = "bytes" }

[[default]]
of = "app 1"
source = "its docs"
values = { "a.int" = 3, "a.text" = "x", "a.flag" = true, "a.list" = [1] }
"#;

/// Loads a pack with this text after the head; returns each fault as code, underlined text, message
/// and label.
fn faults(text: &str) -> Vec<[String; 4]> {
    let workspace = Workspace::new();
    let file = workspace.path().join("pack.toml");
    fs::write(&file, format!("{HEAD}\n{text}")).unwrap();
    match load(workspace.path().to_str().unwrap()) {
        Ok(_) => Vec::new(),
        Err(PackError::Faulty(files)) => files
            .iter()
            .flat_map(|file| file.faults.iter().map(move |fault| (file, fault)))
            .map(|(file, fault)| {
                let code = fault.code.rsplit("::").next().unwrap().to_owned();
                let underlined = file.source.slice(fault.span).to_owned();
                [code, underlined, fault.message.clone(), fault.label.clone()]
            })
            .collect(),
        Err(other) => panic!("{other}"),
    }
}

/// The faults of a requirement that holds under this TOML string.
fn of_condition(toml: &str) -> Vec<[String; 4]> {
    faults(&format!(
        "[[require]]\nid = \"r\"\nfails_at = \"start-up\"\nmessage = \"no\"\nholds = {toml}\n"
    ))
}

/// Condition, code, what is underlined.
const WRONG: [(&str, &str, &str); 62] = [
    // Names and functions.
    ("$oom.tride > 1GiB", "unknown_name", "$oom.tride"),
    ("$param.flor > 1", "unknown_name", "$param.flor"),
    ("$nothing", "unknown_name", "$nothing"),
    ("minn(a.int, 1) == 1", "unknown_function", "minn"),
    ("size() == 1", "wrong_arity", "size()"),
    ("size(a.list, 2) == 1", "wrong_arity", "size(a.list, 2)"),
    // Types.
    ("a.int", "wrong_type", "a.int"),
    ("a.int && a.flag", "wrong_type", "a.int"),
    ("!a.text", "wrong_type", "a.text"),
    ("a.text + 1 == 2", "wrong_type", "a.text + 1"),
    ("a.int in a.text", "wrong_type", "a.text"),
    ("matches(a.int, 'x')", "wrong_type", "a.int"),
    ("a.list < [1]", "wrong_type", "a.list < [1]"),
    ("exists(a.int + 1)", "not_a_key", "a.int + 1"),
    ("a.int % 2.5 == 0", "wrong_type", "a.int % 2.5"),
    ("1GiB * 1GiB > 0GiB", "wrong_type", "1GiB * 1GiB"),
    ("a.int / 1GiB == 1", "wrong_type", "a.int / 1GiB"),
    // Comparisons of different kinds, and units.
    ("a.int == 'x'", "never_true", "a.int == 'x'"),
    ("a.text == 3", "never_true", "a.text == 3"),
    ("a.flag == 'true'", "never_true", "a.flag == 'true'"),
    ("a.text in [1, 'x']", "never_true", "1"),
    ("$oom.tried > 5", "unit_mismatch", "$oom.tried > 5"),
    ("a.int == 8GiB", "unit_mismatch", "a.int == 8GiB"),
    ("a.int + 1GiB > 1GiB", "unit_mismatch", "a.int + 1GiB"),
    ("max($oom.tried, 5) > 1GiB", "unit_mismatch", "5"),
    ("a.int in [1, 1GiB]", "unit_mismatch", "1GiB"),
    // Never and always.
    ("size(a.list) < 0", "never_true", "size(a.list) < 0"),
    ("size(a.list) == -1", "never_true", "size(a.list) == -1"),
    ("size(a.list) >= 0", "always_true", "size(a.list) >= 0"),
    ("0 <= size(a.list)", "always_true", "0 <= size(a.list)"),
    ("a.int % 4 == 5", "never_true", "a.int % 4 == 5"),
    ("a.int % 4 == 4", "never_true", "a.int % 4 == 4"),
    ("a.int % 4 != 4", "always_true", "a.int % 4 != 4"),
    ("abs(a.int) < 0", "never_true", "abs(a.int) < 0"),
    ("max(a.int, 8) < 4", "never_true", "max(a.int, 8) < 4"),
    ("min(a.int, 4) > 8", "never_true", "min(a.int, 4) > 8"),
    ("a.int > 8 && a.int < 4", "never_true", "a.int < 4"),
    ("a.int > 8 && a.flag && 8 >= a.int", "never_true", "8 >= a.int"),
    ("a.int == 1 && a.int == 2", "never_true", "a.int == 2"),
    ("a.int in [1, 2] && a.int == 3", "never_true", "a.int == 3"),
    ("a.int in [1, 2] && a.int > 2", "never_true", "a.int > 2"),
    ("a.int == 1 && a.int != 1", "never_true", "a.int != 1"),
    ("a.flag && !a.flag", "never_true", "!a.flag"),
    ("a.flag && a.flag == false", "never_true", "a.flag == false"),
    ("a.flag || !a.flag", "always_true", "!a.flag"),
    ("a.int != 1 || a.int != 2", "always_true", "a.int != 2"),
    ("a.int < 8 || a.int > 4", "always_true", "a.int > 4"),
    ("a.int == a.int", "always_true", "a.int == a.int"),
    ("a.int < a.int", "never_true", "a.int < a.int"),
    ("1 + 1 == 2", "always_true", "1 + 1 == 2"),
    ("a.int in []", "never_true", "a.int in []"),
    // Words that a fact never is.
    ("$oom.phase == 'log_porb'", "never_true", "$oom.phase == 'log_porb'"),
    ("$oom.phase in ['update', 'updat']", "never_true", "'updat'"),
    ("$oom.phase != 'nowhere'", "always_true", "$oom.phase != 'nowhere'"),
    ("'gpu' == $oom.kind", "never_true", "'gpu' == $oom.kind"),
    ("$oom.signal == 'torch_oom'", "never_true", "$oom.signal == 'torch_oom'"),
    // Operands that stand twice, and what always fails.
    ("a.flag && (a.int > 1 && a.flag)", "repeated", "a.flag"),
    ("a.int > 1 || a.int>1", "repeated", "a.int>1"),
    ("a.int in [1, 2, 1]", "repeated", "1"),
    ("(a.flag ? a.int : a.int) == 1", "repeated", "a.int"),
    ("a.int / 0 == 1", "evaluation", "a.int / 0"),
    ("a.int == 9223372036854775807 + 1", "evaluation", "9223372036854775807 + 1"),
];

#[test]
fn every_fault_is_found_and_underlined_exactly() {
    for (condition, code, underlined) in WRONG {
        let found = of_condition(&format!("'''{condition}'''"));
        let shown: Vec<(&str, &str)> =
            found.iter().map(|[code, text, ..]| (code.as_str(), text.as_str())).collect();
        assert_eq!(shown, [(code, underlined)], "{condition}: {found:?}");
    }
}

#[test]
fn what_may_hold_is_no_fault() {
    for condition in [
        "a.int > 8 && a.int < 9",
        "a.int >= 8 && a.int <= 8",
        "a.int != 1 && a.int != 2",
        "a.int == 1 || a.int == 2",
        "a.flag == true || a.flag == false",
        "a.flag == true || a.flag == null",
        "a.int != null && a.int > 1",
        "a.int == null || a.int > 1",
        "a.int > 1 || a.int < -1",
        "a.int % 4 == 3 || a.int % 4 == -3",
        "size(a.list) > 0",
        "a.open == 'x' && b.open == 'x'",
        "a.open > 1GiB && a.int > 4",
        "$oom.phase == 'update' || $oom.phase == 'log_prob'",
        "$oom.kind == 'device' && $oom.signal == 'torch-oom'",
        "$oom.phase ?? 'none' == 'none'",
        "true",
        "$param.floor > 3",
        "max(a.int, 8) < 9",
    ] {
        assert_eq!(
            of_condition(&format!("'''{condition}'''")),
            Vec::<[String; 4]>::new(),
            "{condition}"
        );
    }
}

#[test]
fn escapes_and_lines_do_not_move_the_underline() {
    for (toml, underlined) in [
        (r#"'a.flag && $nope'"#, "$nope"),
        (r#""a.text == \"x\" && $nope""#, "$nope"),
        (r#""a.text == \"\u00e9\\n\" && \u0024nope""#, r"\u0024nope"),
        ("'''\na.flag &&\n  $nope'''", "$nope"),
        ("\"\"\"\na.flag && \\\n    a.text == \\\"x\\\" && $nope\"\"\"", "$nope"),
        ("'''\r\na.flag &&\r\n  $nope'''", "$nope"),
        ("\"\"\"a.text == \"é\" && $nope\"\"\"", "$nope"),
        (r#""a.text == \"a\" && a.int == \"b\"""#, r#"a.int == \"b\""#),
    ] {
        let found = of_condition(toml);
        assert_eq!(found.len(), 1, "{toml}: {found:?}");
        assert_eq!(found[0][1], underlined, "{toml}");
    }
    let inline = "require = [{ id = \"r\", fails_at = \"s\", message = \"{a.text} {$nope}\", holds = \"a.flag && $nopf\" }]\n";
    let workspace = Workspace::new();
    let text = format!("{inline}{HEAD}");
    fs::write(workspace.path().join("pack.toml"), text).unwrap();
    let Err(PackError::Faulty(files)) = load(workspace.path().to_str().unwrap()) else {
        panic!("the pack has faults");
    };
    let underlined: Vec<&str> =
        files[0].faults.iter().map(|fault| files[0].source.slice(fault.span)).collect();
    assert_eq!(underlined, ["$nope", "$nopf"]);
}

#[test]
fn messages_and_assumptions_are_checked_too() {
    let text = r#"
[[require]]
id = "r"
holds = 'a.int > 1'
fails_at = "start-up"
message = "a \"{a.int}\" of {$nope}, {a.int +} and {a.text * 2}, not {open"

[[estimate]]
phase = "update"
title = "t"
bytes = '$oom.tried * a.int'
error = "15%"
assumes = '{$param.flor} or {a.text + "}"} rows'
source = "s"
"#;
    let found = faults(text);
    let shown: Vec<(&str, &str)> =
        found.iter().map(|[code, text, ..]| (code.as_str(), text.as_str())).collect();
    let wanted = [
        ("unknown_name", "$nope"),
        ("syntax", ""),
        ("wrong_type", "a.text * 2"),
        ("open_brace", "{"),
        ("unknown_name", "$param.flor"),
    ];
    assert_eq!(shown, wanted, "{found:?}");
}
