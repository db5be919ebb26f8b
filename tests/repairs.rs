//! Repairs of what a launch gets wrong: made when asked for, and never half.

use serde_json::Value as Json;

use crate::support::{Output, Workspace, snapshot};

const PACK: &str = r#"
name = "team"
version = "1"
description = "ours"

[[invariant]]
id = "size"
title = "size"
value = 'b.size'

[[option]]
id = "halve"
title = "Halve"
when = 'a.size > 1'
rewrite = ['a.size := it / 2']
relieves = []
loads = []
changes = "speed"
cost = {}
safety = "safe"
why = "w"
source = "s"

[[option]]
id = "odd"
title = "Make it odd"
when = 'true'
rewrite = ['c.x := 3']
relieves = []
loads = []
changes = "speed"
cost = {}
safety = "safe"
why = "w"
source = "s"

[[require]]
id = "small"
holds = 'b.size <= a.size'
fails_at = "start-up"
message = "{b.size} is above {a.size}, {d.gone}"
repair = ['b.size := a.size']

[[require]]
id = "large"
holds = 'b.size <= 2 * a.size'
fails_at = "start-up"
message = "{b.size} is too large"
repair = ['b.size := 2 * a.size']

[[require]]
id = "even"
holds = 'c.x % 2 == 0'
fails_at = "start-up"
message = "{c.x} is odd"
repair = ['c.x := c.x + 1']

[[require]]
id = "not-four"
holds = 'c.x != 4'
fails_at = "start-up"
message = "c.x is four"
repair = ['c.x := 3']

[[require]]
id = "no-repair"
holds = 'e.x != 1'
fails_at = "start-up"
message = "e.x is one"
"#;

fn job(overrides: &str) -> Workspace {
    let workspace = Workspace::new();
    workspace.write("pack.toml", PACK);
    workspace.write("run.sh", format!("python3 -m app {overrides}\n"));
    workspace
}

fn rewrite(workspace: &Workspace, more: &str) -> Output {
    workspace.hydrule(&format!("rewrite run.sh --pack pack.toml {more}")).run()
}

fn json(workspace: &Workspace, more: &str) -> Json {
    let output = rewrite(workspace, &format!("{more} --output-format json"));
    serde_json::from_str(&output.out).unwrap()
}

#[test]
fn what_is_broken_is_a_finding_with_its_repair() {
    let workspace = job("a.size=8 b.size=9 c.x=2 e.x=2");
    let output = rewrite(&workspace, "");
    assert_eq!(output.code, 1);
    snapshot("repairs", "offered", &output.shown());
    let json = json(&workspace, "");
    assert_eq!(json["repair"]["asked"], false);
    assert_eq!(json["repair"]["changes"][0]["after"], "b.size=8");
    assert_eq!(json["changes"].as_array().unwrap().len(), 0);
}

#[test]
fn repairs_are_made_when_asked_for() {
    let workspace = job("a.size=8 b.size=9 c.x=2 e.x=1");
    let output = rewrite(&workspace, "--repair --write");
    assert_eq!(workspace.read("run.sh"), "python3 -m app a.size=8 b.size=8 c.x=2 e.x=1\n");
    snapshot("repairs", "made", &output.shown());
    assert_eq!(output.code, 1, "what has no repair stays a finding");
    let again = rewrite(&workspace, "--repair --write");
    assert_eq!((again.code, again.out.contains("diff")), (1, false));
    assert_eq!(rewrite(&job("a.size=8 b.size=9 c.x=2 e.x=2"), "--repair --write").code, 0);
}

#[test]
fn steps_follow_the_repairs() {
    let workspace = job("a.size=8 b.size=9 c.x=2 e.x=2");
    let json = json(&workspace, "--repair --only halve");
    let changes = json["changes"].as_array().unwrap();
    let after: Vec<&str> = changes.iter().filter_map(|it| it["after"].as_str()).collect();
    assert_eq!(after, ["a.size=4", "b.size=4"], "the step's own repair follows too");
    assert_eq!(json["steps"][0]["changes"][1]["before"], "b.size=8");
}

/// The wants of a refusal: rule, value, and the line of the pack.
fn wants(refused: &Json) -> Vec<(String, String, u64)> {
    let wants = refused["wants"].as_array().unwrap().iter();
    let text = |json: &Json| json.as_str().unwrap().to_owned();
    wants
        .map(|it| (text(&it["rule"]), text(&it["value"]), it["location"]["line"].as_u64().unwrap()))
        .collect()
}

fn line_of(text: &str) -> u64 {
    PACK.lines().position(|line| line.contains(text)).unwrap() as u64 + 1
}

fn last_line_of(text: &str) -> u64 {
    let lines: Vec<&str> = PACK.lines().collect();
    lines.iter().rposition(|line| line.contains(text)).unwrap() as u64 + 1
}

#[test]
fn a_conflict_names_both_rules_and_values_and_writes_nothing() {
    let workspace = job("a.size=8 b.size=20 c.x=2 e.x=2");
    assert_eq!(rewrite(&workspace, "").code, 1);
    let output = rewrite(&workspace, "--repair --write");
    assert_eq!(output.code, 2);
    assert_eq!(workspace.read("run.sh"), "python3 -m app a.size=8 b.size=20 c.x=2 e.x=2\n");
    snapshot("repairs", "conflict", &output.shown());
    let json = json(&workspace, "--repair --only halve");
    assert_eq!(json["repair"]["refused"]["kind"], "conflict");
    assert_eq!(
        wants(&json["repair"]["refused"]),
        [
            ("small".to_owned(), "8".to_owned(), line_of("'b.size := a.size'")),
            ("large".to_owned(), "16".to_owned(), line_of("'b.size := 2 * a.size'")),
        ]
    );
    assert_eq!(json["steps"].as_array().unwrap().len(), 0, "no step without the repair");
}

#[test]
fn a_conflict_is_settled_by_choosing() {
    let workspace = job("a.size=8 b.size=20 c.x=2 e.x=2");
    assert_eq!(rewrite(&workspace, "--repair=small --write").code, 0);
    assert_eq!(workspace.read("run.sh"), "python3 -m app a.size=8 b.size=8 c.x=2 e.x=2\n");
    let wrong = rewrite(&workspace, "--repair=smal");
    assert!(wrong.err.contains("did you mean `small`"), "{}", wrong.err);
    let none = rewrite(&workspace, "--repair=no-repair");
    assert!(none.err.contains("has no repair"), "{}", none.err);
    assert_eq!((wrong.code, none.code), (2, 2));
}

#[test]
fn a_cycle_names_both_rules_and_values_and_writes_nothing() {
    let workspace = job("a.size=8 b.size=8 c.x=3 e.x=2");
    let output = rewrite(&workspace, "--repair --write");
    assert_eq!(output.code, 2);
    assert_eq!(workspace.read("run.sh"), "python3 -m app a.size=8 b.size=8 c.x=3 e.x=2\n");
    snapshot("repairs", "cycle", &output.shown());
    let refused = &json(&workspace, "")["repair"]["refused"];
    assert_eq!(refused["kind"], "cycle");
    assert_eq!(
        wants(refused),
        [
            ("even".to_owned(), "4".to_owned(), line_of("'c.x := c.x + 1'")),
            ("not-four".to_owned(), "3".to_owned(), last_line_of("'c.x := 3'")),
        ]
    );
}

#[test]
fn an_option_whose_repairs_fight_is_rejected_with_both() {
    let workspace = job("a.size=8 b.size=8 c.x=2 e.x=2");
    let json = json(&workspace, "--only odd");
    let option = json["options"].as_array().unwrap().iter().find(|it| it["id"] == "odd").unwrap();
    assert_eq!(option["status"], "rejected");
    let reason = option["reason"].as_str().unwrap();
    for part in ["`even` sets c.x to 4", "`not-four` sets c.x to 3"] {
        assert!(reason.contains(part), "{reason}");
    }
}

#[test]
fn repairs_heed_the_wishes_of_the_user() {
    let workspace = job("a.size=8 b.size=9 c.x=2 e.x=2");
    let output = rewrite(&workspace, "--repair --write --preserve size");
    assert_eq!(output.code, 2);
    assert!(output.out.contains("size changes 9 → 8"), "{}", output.out);
    // The repair takes b.size from what is told to what nothing tells.
    let unknown = job("a.size=8 b.size=9 c.x=2 e.x=2");
    let pack = PACK.replace("holds = 'e.x != 1'", "holds = 'b.size > 8 || f.x == 1'");
    unknown.write("pack.toml", pack);
    let output = rewrite(&unknown, "--repair --write --strict");
    assert_eq!(output.code, 2);
    assert!(output.out.contains("makes no-repair unknown: f.x"), "{}", output.out);
    assert_eq!(unknown.read("run.sh"), "python3 -m app a.size=8 b.size=9 c.x=2 e.x=2\n");
    // What is unknown already is no worse afterwards.
    let unknown = job("a.size=8 b.size=9 c.x=2");
    assert_eq!(rewrite(&unknown, "--repair --write --strict").code, 0);
    assert_eq!(unknown.read("run.sh"), "python3 -m app a.size=8 b.size=8 c.x=2\n");
}
