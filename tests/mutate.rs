//! `hydrule test --mutate`: mistakes that cases notice, mistakes that they do not, and the cases
//! that are made for those.

use std::fs;

use serde_json::Value as Json;

use crate::support::{Output, Workspace, small_repository};

/// An option with a bound, a phase more than needed, and two rewrites; a requirement; a named
/// expression.
const RULES: &str = r#"
"m.size" = 32
"m.rows" = 64

[let]
large = 'm.size > 4'

[[option]]
id = "halve-size"
title = "Halve the size"
when = '$large && m.fixed != true'
rewrite = [{ set = 'm.size := it / 2', floor = '4' }, 'm.note := true']
relieves = ["update", "score"]
loads = []
changes = "speed"
cost = { time = 1.1 }
safety = "safe"
why = "It is large."
source = "a test"

[[require]]
id = "rows-divide"
when = 'm.rows > 0'
holds = 'm.rows % m.size == 0'
fails_at = "start-up"
message = "{m.rows} rows are no multiple of {m.size}"
repair = ['m.size := largest_divisor(m.rows, it)']
"#;

/// One case, which leaves many mistakes unnoticed.
const WEAK: &str = r#"
[[case]]
name = "halved"
overrides = ["m.size=16", "m.rows=64", "m.fixed=false", "m.note=false"]
fact = { oom.phase = "update" }

[case.expect]
fired = ["halve-size"]
plan = ["halve-size"]
"#;

fn repository() -> Workspace {
    small_repository(RULES, WEAK)
}

fn mutate(workspace: &Workspace, more: &str) -> Output {
    workspace.hydrule(&format!("test --mutate -j 2 {more}")).run()
}

fn data(workspace: &Workspace) -> Json {
    let output = mutate(workspace, "--output-format json");
    let all: Json = serde_json::from_str(&output.out)
        .unwrap_or_else(|why| panic!("{why}: {}{}", output.out, output.err));
    all["packs"][0].clone()
}

fn survivors(pack: &Json) -> Vec<String> {
    let name =
        |it: &Json| format!("{} {}", it["rule"].as_str().unwrap(), it["mutant"].as_str().unwrap());
    pack["survivors"].as_array().unwrap().iter().map(name).collect()
}

#[test]
fn survivors_are_listed_and_made_cases_notice_them() {
    let workspace = repository();
    let before = data(&workspace);
    let left = survivors(&before);
    for noticed in [
        "halve-size when: $large && m.fixed == true",
        "halve-size relieves: without update",
        "$large let: m.size <= 4",
    ] {
        assert!(!left.contains(&noticed.to_owned()), "{noticed}: {left:?}");
    }
    for missed in [
        "$large let: m.size >= 4",
        "$large let: m.size > 5",
        "halve-size when: $large",
        "halve-size when: m.fixed != true",
        "halve-size rewrite: m.size := it / 3",
        "halve-size rewrite: m.size floor 5",
        "halve-size rewrite: m.size without its floor",
        "halve-size rewrite: without m.note := true",
        "halve-size relieves: without score",
        "rows-divide when: m.rows >= 0",
        "rows-divide holds: m.rows % m.size != 0",
    ] {
        assert!(left.contains(&missed.to_owned()), "{missed}: {left:?}");
    }

    let kill = |name: &str| {
        let it = before["survivors"].as_array().unwrap().iter().find(|it| it["mutant"] == name);
        it.and_then(|it| it["case"].as_str()).unwrap_or_default().to_owned()
    };
    assert!(kill("let: m.size > 5").contains("holds = [\"$large\"]"), "{before:#}");

    let accepted = mutate(&workspace, "--accept --output-format concise");
    assert_eq!(accepted.code, 1, "{}{}", accepted.out, accepted.err);
    let kills = fs::read_to_string(workspace.path().join("rules/small/cases/kills.toml")).unwrap();
    assert!(kills.contains("name = \"kills-halve-size-1\""), "{kills}");
    let tested = workspace.hydrule("test").run();
    assert_eq!(tested.code, 0, "{}{}\n{kills}", tested.out, tested.err);

    let after = data(&workspace);
    let with_case =
        before["survivors"].as_array().unwrap().iter().filter(|it| !it["case"].is_null());
    let killed = |pack: &Json| pack["killed"].as_u64().unwrap();
    let noticed_now = u64::try_from(with_case.count()).unwrap();
    assert_eq!(killed(&after), killed(&before) + noticed_now, "{kills}\n{:?}", survivors(&after));
    assert!(noticed_now >= 10, "{kills}\n{:?}", survivors(&after));
}

#[test]
fn justified_survivors_are_no_fault_and_stale_justifications_are() {
    let workspace = repository();
    let mut text = String::new();
    for it in data(&workspace)["survivors"].as_array().unwrap() {
        let (rule, mutant) = (&it["rule"], &it["mutant"]);
        text.push_str(&format!(
            "[[survivor]]\nrule = {rule}\nmutant = {mutant}\nreason = \"a test\"\n"
        ));
    }
    workspace.write("rules/small/cases/survivors.toml", &text);
    let output = mutate(&workspace, "");
    assert_eq!(output.code, 0, "{}{}", output.out, output.err);
    assert!(output.err.contains("0 survive"), "{}", output.err);

    text.push_str(
        "[[survivor]]\nrule = \"halve-size\"\nmutant = \"when: true\"\nreason = \"old\"\n",
    );
    workspace.write("rules/small/cases/survivors.toml", &text);
    let output = mutate(&workspace, "");
    assert_eq!(output.code, 1, "{}", output.out);
    assert!(output.out.contains("stale justification"), "{}", output.out);

    workspace.write("rules/small/cases/survivors.toml", format!("{text}why = \"?\"\n"));
    let output = mutate(&workspace, "");
    assert_eq!(output.code, 2, "{}", output.out);
    assert!(output.err.contains("has no field `why`"), "{}", output.err);
}

#[test]
fn a_survivor_is_shown_as_a_diff_with_its_place() {
    let workspace = repository();
    let output = mutate(&workspace, "");
    assert_eq!(output.code, 1);
    for wanted in [
        "✗ survives small/$large  rules/small/pack.toml:",
        "- rewrite = [{ set = 'm.size := it / 2', floor = '4' }, 'm.note := true']",
        "+ rewrite = [{ set = 'm.size := it / 2' }, 'm.note := true']",
        "+ rewrite = [{ set = 'm.size := it / 2', floor = '4' }]",
        "- large = 'm.size > 4'",
        "+ large = 'm.size >= 4'",
        "name = \"kills-large-1\"",
    ] {
        assert!(output.out.contains(wanted), "{wanted}\n{}", output.out);
    }
    assert!(output.err.contains("small: killed"), "{}", output.err);
}

#[test]
fn what_cannot_tell_anything_is_an_error() {
    let workspace = repository();
    let junit = mutate(&workspace, "--output-format junit");
    assert_eq!(junit.code, 2, "{}", junit.err);
    workspace
        .write("rules/small/cases/all.toml", WEAK.replace("plan = [\"halve-size\"]", "plan = []"));
    let failing = mutate(&workspace, "");
    assert_eq!(failing.code, 2, "{}", failing.err);
    assert!(failing.err.contains("`small/halved` fails already"), "{}", failing.err);
}

#[test]
fn a_check_lists_survivors_and_looks_for_no_cases() {
    let workspace = repository();
    let output = mutate(&workspace, "--check --output-format json");
    assert_eq!(output.code, 1, "{}", output.err);
    let checked: Json = serde_json::from_str(&output.out).unwrap();
    let pack = &checked["packs"][0];
    assert_eq!(survivors(pack), survivors(&data(&workspace)));
    assert!(pack["survivors"].as_array().unwrap().iter().all(|it| it["case"].is_null()));
}

/// What only a log or a snapshot shows: a signal, frames, loads, an invariant and an estimate.
const TOLD: &str = r#"
[[phase]]
name = "learning"
title = "learning"
frames = ["learn", "fit"]

[[signal]]
name = "small-oom"
event = "oom"
kind = "device"
pattern = '''small: no memory left'''

[[signal]]
name = "small-saving"
event = "oom"
kind = "host"
pattern = '''small: cannot save'''
phase = "learning"

[[invariant]]
id = "cells"
title = "cells"
value = 'm.size * m.rows'

[[estimate]]
phase = "learning"
title = "learning"
bytes = 'm.rows * 1GiB'
error = "10%"
source = "a test"

[[option]]
id = "more-rows"
title = "More rows"
when = 'm.rows < 128'
rewrite = ['m.rows := it * 2']
relieves = ["update", "score"]
loads = ["learning", "score"]
changes = "speed"
cost = { time = 1.1 }
safety = "safe"
why = "There are few."
source = "a test"
"#;

const LEARNED: &str = r#"
[[case]]
name = "learned"
overrides = ["m.size=16", "m.rows=64"]
log = '''
Traceback (most recent call last):
  File "work.py", line 34, in learn
small: no memory left
'''

[[case]]
name = "updated"
overrides = ["m.size=16", "m.rows=64"]
log = '''
Traceback (most recent call last):
  File "work.py", line 34, in update
small: no memory left
'''
"#;

#[test]
fn what_logs_and_snapshots_show_is_mutated_too() {
    let workspace = repository();
    workspace.write("rules/small/told.toml", TOLD);
    workspace.write("rules/small/cases/learned.toml", LEARNED);
    assert_eq!(workspace.hydrule("test --accept").run().code, 0);
    let left = survivors(&data(&workspace));
    for noticed in [
        "learning frames: without learn",
        "small-oom signal: left out",
        "small-oom signal: of kind host",
        "cells value: m.size / m.rows",
        "learning bytes: m.rows * 2GiB",
        "more-rows loads: without learning",
        // What a step loads stands on the snapshot beside its cost.
        "more-rows loads: without score",
    ] {
        assert!(!left.contains(&noticed.to_owned()), "{noticed}: {left:?}");
    }
    for missed in [
        "learning frames: without fit",
        "small-saving signal: left out",
        "small-saving signal: without its phase",
        "small-saving signal: of kind device",
        "more-rows relieves: without score",
    ] {
        assert!(left.contains(&missed.to_owned()), "{missed}: {left:?}");
    }
    let output = mutate(&workspace, "");
    for wanted in [
        "✗ survives small/learning  rules/small/told.toml:5",
        "- frames = [\"learn\", \"fit\"]",
        "+ frames = [\"learn\"]",
        "no case has a log that it matters to",
        "rule = \"learning\", mutant = \"frames: without fit\"",
        "+ name = \"small-saving\"  # left out",
    ] {
        assert!(output.out.contains(wanted), "{wanted}\n{}", output.out);
    }
}
