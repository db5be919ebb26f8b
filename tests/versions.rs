//! Packs that know several versions of their target.

use crate::support::{Workspace, snapshot};

const PACK: &str = r#"
name = "app"
version = "1"
description = "A pack that knows two versions"

[[release]]
number = "0.8"

[[release]]
number = "0.9"
adds = ["m.fresh", "new.*"]
drops = ["m.stale"]

[[release]]
number = "0.9.2"

[[signal]]
name = "device-oom"
event = "oom"
kind = "device"
pattern = 'out of memory'

[[phase]]
name = "update"
title = "the update"
frames = ["update"]

[[default]]
of = "app 0.9"
versions = ">=0.9"
source = "its configuration"
values = { "m.size" = 16, "m.fresh" = 1 }

[[default]]
of = "app 0.8"
versions = "<0.9"
source = "its configuration"
values = { "m.size" = 8 }

[[default]]
of = "app"
source = "its configuration"
values = { "m.on" = true, "m.depth" = 4 }

[[option]]
id = "less-depth"
title = "go less deep"
when = 'm.depth > 1 || m.on'
versions = ">=0.9"
rewrite = ['m.depth := it / 2']
relieves = ["update"]
changes = "speed"
safety = "safe"
why = "less"
source = "a test"

[[option]]
id = "less-size"
title = "take less"
when = 'm.size > 8'
rewrite = ['m.size := it / 2']
relieves = ["update"]
changes = "speed"
safety = "safe"
why = "less"
source = "a test"

[[require]]
id = "only-old"
versions = "<0.9"
holds = 'm.size == 4'
fails_at = "the start"
message = "{m.size} is not 4"
"#;

fn run(line: &str) -> String {
    let workspace = Workspace::new();
    workspace.write("app.toml", PACK);
    workspace.write("run.sh", "python -m app m.depth=4 m.fresh=2\n");
    workspace.write("old.sh", "python -m app m.stale=4\n");
    workspace
        .hydrule(&line.replace("PACK", "--pack app.toml --fact oom.phase=update"))
        .run()
        .shown()
}

fn verdicts(line: &str) -> Vec<String> {
    let workspace = Workspace::new();
    workspace.write("app.toml", PACK);
    let line =
        format!("explain --pack app.toml --output-format json --fact oom.phase=update {line}");
    let output = workspace.hydrule(&line).run();
    let data: serde_json::Value = serde_json::from_str(&output.out).unwrap();
    let rules = ["options", "requirements"].map(|kind| data[kind].as_array().unwrap().clone());
    let word = |it: &serde_json::Value| it["verdict"].as_str().unwrap().to_owned();
    rules.iter().flatten().map(word).collect()
}

#[test]
fn what_versions_differ_in_is_unknown_until_one_is_told() {
    snapshot("versions", "unknown", &run("explain PACK -- m.depth=4"));
    assert_eq!(verdicts("-- m.depth=4"), ["unknown", "unknown", "unknown"]);
    assert_eq!(
        verdicts("--target app=0.8 -- m.depth=4"),
        ["not applicable", "not applicable", "fired"]
    );
    let new = ["fired", "fired", "not applicable"];
    assert_eq!(verdicts("--target app=0.9 -- m.depth=4"), new);
    assert_eq!(verdicts("--target app=0.9.7 -- m.depth=4"), new);
    assert_eq!(verdicts("--target app=1 -- m.depth=4"), new);
    // What a launch sets is no matter of defaults.
    assert_eq!(verdicts("-- m.depth=4 m.size=9"), ["unknown", "fired", "unknown"]);
}

#[test]
fn keys_tell_the_version() {
    let new = ["fired", "fired", "not applicable"];
    assert_eq!(verdicts("-- m.fresh=2"), new);
    assert_eq!(verdicts("-- new.section.key=2"), new);
    assert_eq!(verdicts("-- m.stale=2"), ["not applicable", "not applicable", "fired"]);
    // A key that is added tells nothing, nor do keys that contradict one another.
    assert_eq!(verdicts("-- +m.stale=2"), ["unknown", "unknown", "unknown"]);
    assert_eq!(verdicts("-- m.stale=2 m.fresh=1"), ["unknown", "unknown", "unknown"]);
    assert_eq!(verdicts("--target app=0.9 -- m.stale=2 m.fresh=1"), new);
    snapshot("versions", "told-by-keys", &run("explain run.sh PACK"));
    snapshot("versions", "contradiction", &run("explain PACK -- m.stale=2 m.fresh=1"));
    snapshot("versions", "one-rule", &run("explain old.sh --rule less-depth PACK"));
    let checked = run("check old.sh --pack app.toml");
    assert!(checked.starts_with("exit code 0"), "{checked}");
}

#[test]
fn of_several_versions_an_assumed_one_is_meant() {
    let workspace = Workspace::new();
    let assumed = "number = \"0.8\"\nassumed = true";
    workspace.write("app.toml", PACK.replace("number = \"0.8\"", assumed));
    for (line, version) in [
        ("-- m.depth=4", "0.8.0: assumed, as no key tells"),
        ("-- m.fresh=2", "0.9.0 or 0.9.2: the launch tells"),
        ("-- m.fresh=2 m.stale=1", "no version has all keys"),
        ("--target app=0.9.2 -- m.depth=4", "0.9.2: --target"),
    ] {
        let line = format!("explain --pack app.toml --fact oom.phase=update {line}");
        let said = workspace.hydrule(&line).run().shown();
        assert!(said.contains(version), "{said}");
    }
}

#[test]
fn a_target_that_the_pack_does_not_have_is_an_error() {
    for (target, why) in [
        ("app", "`app` is not NAME=VERSION"),
        ("other=1", "the pack `app` is for app, not for other"),
        ("app=new", "`new` is no version"),
    ] {
        let said = run(&format!("rewrite PACK --target {target} -- m.depth=4"));
        assert!(said.starts_with("exit code 2") && said.contains(why), "{said}");
    }
    let said = run("rewrite --pack nemo-rl --target NeMo-RL=0.9 -- cluster.num_nodes=1");
    assert!(said.contains("tells no versions of NeMo-RL apart"), "{said}");
}

#[test]
fn versions_are_checked_with_the_pack() {
    let workspace = Workspace::new();
    let wrong = PACK
        .replace("versions = \">=0.9\"\nrewrite", "versions = \">=2\"\nrewrite")
        .replace("versions = \"<0.9\"\nholds", "versions = \"old\"\nholds")
        .replace("number = \"0.9.2\"", "number = \"latest\"")
        .replace("number = \"0.8\"", "number = \"0.9\"");
    workspace.write("app.toml", wrong);
    snapshot("versions", "faults", &workspace.hydrule("pack check app.toml").run().shown());
}
