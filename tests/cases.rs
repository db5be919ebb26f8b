//! `hydrule test`: cases that pass, cases that must not, and what becomes of snapshots.

use std::fs;

use crate::support::{Output, Run, SMALL, Workspace, small_repository, snapshot};

/// Two options that take turns on a number, a requirement with a repair, and a fact.
const RULES: &str = r#"
"m.size" = 32
"m.rows" = 64

[[option]]
id = "turn-on"
title = "Turn it on"
when = 'm.on == false'
rewrite = ['m.on := true']
relieves = ["update", "score"]
loads = []
changes = "nothing"
cost = { time = 1.0 }
safety = "safe"
why = "It is off."
source = "a test"

[[option]]
id = "halve-size"
title = "Halve the size"
when = 'm.size > 4'
rewrite = [{ set = 'm.size := it / 2', floor = '4' }]
relieves = ["update"]
loads = []
changes = "speed"
cost = { time = 1.1 }
safety = "safe"
why = "It is large."
source = "a test"

[[require]]
id = "rows-divide"
holds = 'm.rows % m.size == 0'
fails_at = "start-up"
message = "{m.rows} rows are no multiple of {m.size}"
repair = ['m.size := largest_divisor(m.rows, it)']
"#;

/// A case in which everything that can be expected is.
const CASE: &str = r#"
[[case]]
name = "halved"
title = "The size is halved"
overrides = ["m.size=16", "m.rows=64", "other=1"]
fact = { oom.phase = "update" }

[case.expect]
fired = ["halve-size"]
silent = ["turn-on", "rows-divide"]
unknown = []
plan = ["halve-size"]
changes = ["m.size=8"]
overrides = ["m.size=8", "m.rows=64", "other=1"]
findings = []
left = []
known_by = []
holds = ['m.size == 16', 'm.rows / m.size >= 4', '$oom.phase == "update"']
phase = "update"
"#;

fn repository(cases: &str) -> Workspace {
    small_repository(RULES, cases)
}

fn test(workspace: &Workspace, more: &str) -> Output {
    workspace.hydrule(&format!("test {more}")).run()
}

#[test]
fn a_case_that_is_as_expected_passes() {
    let workspace = repository(CASE);
    let output = test(&workspace, "");
    assert_eq!(output.code, 0, "{}", output.shown());
    snapshot("cases", "passed", &output.shown());
    assert!(!workspace.path().join("snapshots").exists(), "an expectation needs no snapshot");
}

/// One wrong word each, and every one must be found: what is expected, and the inputs under it.
const PLANTED: [(&str, &str); 36] = [
    (r#"fired = ["halve-size"]"#, r#"fired = ["turn-on"]"#),
    (r#"fired = ["halve-size"]"#, r#"fired = ["rows-divide"]"#),
    (r#"fired = ["halve-size"]"#, r#"fired = ["halve-size", "turn-on"]"#),
    (r#"silent = ["turn-on", "rows-divide"]"#, r#"silent = ["halve-size"]"#),
    (r#"silent = ["turn-on", "rows-divide"]"#, r#"silent = ["turn-on", "halve-size"]"#),
    ("unknown = []", r#"unknown = ["halve-size"]"#),
    ("unknown = []", r#"unknown = ["turn-on"]"#),
    ("unknown = []", r#"unknown = ["rows-divide"]"#),
    (r#"plan = ["halve-size"]"#, r#"plan = ["turn-on"]"#),
    (r#"plan = ["halve-size"]"#, "plan = []"),
    (r#"plan = ["halve-size"]"#, r#"plan = ["halve-size", "halve-size"]"#),
    (r#"changes = ["m.size=8"]"#, r#"changes = ["m.size=4"]"#),
    (r#"changes = ["m.size=8"]"#, r#"changes = ["m.rows=8"]"#),
    (r#"changes = ["m.size=8"]"#, "changes = []"),
    (r#"changes = ["m.size=8"]"#, r#"changes = ["m.size=8", "other=1"]"#),
    (r#"changes = ["m.size=8"]"#, r#"changes = ["~m.size"]"#),
    (r#"changes = ["m.size=8"]"#, r#"changes = ["+m.size=8"]"#),
    (r#"overrides = ["m.size=8", "#, r#"overrides = ["m.size=16", "#),
    (r#"overrides = ["m.size=8", "m.rows=64", "other=1"]"#, r#"overrides = ["m.size=8"]"#),
    (r#""m.size=8", "m.rows=64", "other=1""#, r#""m.rows=64", "m.size=8", "other=1""#),
    ("findings = []", r#"findings = ["rows-divide"]"#),
    ("findings = []", r#"findings = ["broken-continuation"]"#),
    ("left = []", r#"left = ["rows-divide"]"#),
    ("known_by = []", r#"known_by = ["m.*"]"#),
    ("'m.size == 16'", "'m.size == 8'"),
    ("'m.size == 16'", "'m.unset == 8'"),
    ("'m.rows / m.size >= 4'", "'m.rows / m.size > 4'"),
    ("\nphase = \"update\"", "\nphase = \"score\""),
    ("\nphase = \"update\"", "\nphase = \"none\""),
    ("\nphase = \"update\"", "\nphase = \"host\""),
    (r#""m.size=16""#, r#""m.size=24""#),
    (r#""m.size=16""#, r#""m.size=4""#),
    (r#""m.size=16", "m.rows=64""#, r#""m.size=16", "m.rows=65""#),
    (r#"oom.phase = "update""#, r#"oom.phase = "score""#),
    (r#"title = "The size is halved""#, "steps = 2"),
    (r#"title = "The size is halved""#, r#"only = ["turn-on"]"#),
];

#[test]
fn overrides_are_expected_by_what_they_say() {
    let case = r#"
[[case]]
name = "turned-on"
overrides = ["m.on=false"]
only = ["turn-on"]
expect = { changes = ["m.on=true"], overrides = ["m.on= TRUE"] }
"#;
    let output = test(&repository(case), "");
    assert_eq!(output.code, 0, "{}", output.shown());
    let other = repository(&case.replace("m.on=true", "m.on='true'"));
    assert_eq!(test(&other, "").code, 1);
}

#[test]
fn every_planted_mistake_is_found() {
    for (right, wrong) in PLANTED {
        assert_eq!(CASE.matches(right).count(), 1, "{right}");
        let workspace = repository(&CASE.replace(right, wrong));
        let output = test(&workspace, "--output-format concise");
        assert_eq!(output.code, 1, "{wrong}\n{}", output.shown());
        assert!(output.out.contains("small/halved failed: "), "{wrong}\n{}", output.shown());
    }
}

#[test]
fn what_is_not_as_expected_is_shown_where_it_is_expected() {
    let wrong = CASE
        .replace(r#"changes = ["m.size=8"]"#, r#"changes = ["m.size=4", "other=1"]"#)
        .replace(r#"silent = ["turn-on","#, r#"silent = ["halve-size","#);
    let workspace = repository(&wrong);
    let output = test(&workspace, "");
    assert_eq!(output.code, 1);
    snapshot("cases", "failed", &output.shown());
}

/// What is wrong with files of cases, each told with its place.
const FAULTY: [(&str, &str); 23] = [
    ("unknown-field", "[[case]]\nname = \"a\"\noverides = [\"m.size=1\"]\n"),
    (
        "unknown-expectation",
        "[[case]]\nname = \"a\"\noverrides = [\"m.size=1\"]\nexpect = { fires = [] }\n",
    ),
    (
        "unknown-rule",
        "[[case]]\nname = \"a\"\noverrides = [\"m.size=1\"]\nexpect = { fired = [\"halve-sizes\"] }\n",
    ),
    (
        "requirement-in-plan",
        "[[case]]\nname = \"a\"\noverrides = [\"m.size=1\"]\nexpect = { plan = [\"rows-divide\"] }\n",
    ),
    ("no-name", "[[case]]\noverrides = [\"m.size=1\"]\n"),
    ("name-with-a-separator", "[[case]]\nname = \"../a\"\noverrides = [\"m.size=1\"]\n"),
    ("name-with-a-blank", "[[case]]\nname = \"a b\"\noverrides = [\"m.size=1\"]\n"),
    (
        "name-twice",
        "[[case]]\nname = \"a\"\noverrides = [\"m.size=1\"]\n[[case]]\nname = \"A\"\noverrides = [\"m.size=1\"]\n",
    ),
    ("no-case", "# nothing yet\n"),
    ("no-job", "[[case]]\nname = \"a\"\nlog = \"out of memory\"\n"),
    (
        "two-jobs",
        "[[case]]\nname = \"a\"\noverrides = [\"m.size=1\"]\nscript = \"python -m x m.size=1\"\n",
    ),
    ("no-reason", "[[case]]\nname = \"a\"\noverrides = [\"m.size=1\"]\nidempotent = false\n"),
    ("cannot-fail", "[[case]]\nname = \"a\"\noverrides = [\"m.size=1\"]\nsnapshot = false\n"),
    (
        "expects-nothing",
        "[[case]]\nname = \"a\"\noverrides = [\"m.size=1\"]\n[case.expect]\nfired = []\n",
    ),
    (
        "wrong-type",
        "[[case]]\nname = \"a\"\noverrides = \"m.size=1\"\nsteps = -1\nunsafe = \"yes\"\n",
    ),
    ("bad-override", "[[case]]\nname = \"a\"\noverrides = [\"m.rows=1\", \"m.size 1\"]\n"),
    ("bad-goal", "[[case]]\nname = \"a\"\noverrides = [\"m.size=1\"]\ngoal = 'm.size <'\n"),
    (
        "bad-condition",
        "[[case]]\nname = \"a\"\noverrides = [\"m.size=1\"]\nexpect = { holds = ['m.size == 1', 'm.size <'] }\n",
    ),
    (
        "bad-name-in-condition",
        "[[case]]\nname = \"a\"\noverrides = [\"m.size=1\"]\nexpect = { holds = ['$sise == 1'] }\n",
    ),
    (
        "bad-phase",
        "[[case]]\nname = \"a\"\noverrides = [\"m.size=1\"]\nfact = { oom.phase = \"updat\" }\n",
    ),
    (
        "missing-file",
        "[[case]]\nname = \"a\"\noverrides = [\"m.size=1\"]\nlog = { file = \"gone.log\" }\n",
    ),
    (
        "unknown-fact",
        "[[case]]\nname = \"a\"\noverrides = [\"m.size=1\"]\nfact = { oom.phse = \"update\" }\n",
    ),
    ("no-toml", "[[case]\nname = \"a\"\n"),
];

#[test]
fn faults_of_cases_have_their_place() {
    let mut page = String::new();
    for (what, text) in FAULTY {
        let output = test(&repository(text), "");
        assert_eq!(output.code, 2, "{what}\n{}", output.shown());
        assert!(output.shown().contains("all.toml:"), "{what}\n{}", output.shown());
        page.push_str(&format!("## {what}\n\n{}\n", output.shown()));
    }
    snapshot("cases", "faults", &page);
}

#[test]
fn a_script_that_bash_cannot_read_is_shown_in_the_case() {
    let case = "[[case]]\nname = \"a\"\nscript = '''\npython -m x m.size=1 \"open\n'''\n";
    let output = test(&repository(case), "");
    assert_eq!(output.code, 2, "{}", output.shown());
    assert!(output.out.contains("[rules/small/cases/all.toml:"), "{}", output.shown());
}

#[test]
fn a_run_that_tests_nothing_fails() {
    let workspace = repository(CASE);
    assert_eq!(test(&workspace, "--filter ^full$").code, 2);
    assert_eq!(test(&workspace, "--filter (").code, 2);
    assert_eq!(test(&workspace, "smal").code, 2);
    fs::remove_file(workspace.path().join("rules/small/cases/all.toml")).unwrap();
    let output = test(&workspace, "");
    assert_eq!(output.code, 2);
    assert!(output.err.contains("has no case in rules/small/cases"), "{}", output.shown());
    fs::remove_dir_all(workspace.path().join("rules/small/cases")).unwrap();
    assert_eq!(test(&workspace, "small").code, 2);
    assert_eq!(test(&Workspace::new(), "").code, 2);
}

#[test]
fn bytes_that_are_no_text_are_refused_and_those_of_logs_are_not() {
    let workspace = repository(CASE);
    workspace.write("rules/small/cases/bytes.toml", b"[[case]]\nname = \"\xff\"\n");
    let output = test(&workspace, "");
    assert_eq!(output.code, 2);
    assert!(output.err.contains("bytes.toml"), "{}", output.shown());
    fs::remove_file(workspace.path().join("rules/small/cases/bytes.toml")).unwrap();
    folder_case(&workspace, b"\xff\xfe CUDA out of memory\n");
    let output = test(&workspace, "--accept");
    assert_eq!(output.code, 0, "{}", output.shown());
}

fn folder_case(workspace: &Workspace, log: &[u8]) {
    fs::create_dir_all(workspace.path().join("rules/small/cases/in-a-folder")).unwrap();
    let script = "#!/bin/bash\nSIZE=${SIZE:-16}\npython -m x.train m.size=$SIZE other=2 \"$@\"\n";
    workspace.write("rules/small/cases/in-a-folder/run.sh", script);
    workspace.write("rules/small/cases/in-a-folder/job.log", log);
    let settings = "args = []\nfact = { oom.phase = \"update\" }\n";
    workspace.write("rules/small/cases/in-a-folder/case.toml", settings);
}

#[test]
fn a_pack_that_knows_the_launch_of_no_script_is_told() {
    let workspace = repository(CASE);
    folder_case(&workspace, b"");
    let pack = workspace.path().join("rules/small/pack.toml");
    let knows = |launches: &str| {
        let text = fs::read_to_string(&pack).unwrap();
        let start = text.find("launches = ").map_or(text.as_str(), |at| &text[..at]);
        let rest = text.find("launches = ").map_or("", |at| text[at..].split_once('\n').unwrap().1);
        fs::write(
            &pack,
            format!("{start}{rest}").replacen("version", &format!("{launches}version"), 1),
        )
        .unwrap();
        test(&workspace, "--accept")
    };
    let told = "no launch in a case's script fits";
    let right = knows("launches = [\"x.train\"]\n");
    assert!(!right.err.contains(told), "{}", right.shown());
    let wrong = knows("launches = [\"x.trian\"]\n");
    assert!(wrong.err.contains(told), "{}", wrong.shown());
    assert_eq!(wrong.code, 0, "{}", wrong.shown());
    let output = test(&workspace, "--require-coverage --output-format json");
    assert_eq!(output.code, 1);
    assert!(output.out.contains("\"knows_no_launch\": true"), "{}", output.shown());
}

#[test]
fn scripts_take_in_what_lies_in_the_folder_of_their_case() {
    let workspace = repository(CASE);
    folder_case(&workspace, b"");
    let folder = "rules/small/cases/in-a-folder";
    fs::create_dir_all(workspace.path().join(folder).join("lib")).unwrap();
    let script = "#!/bin/bash\nsource ../outside.sh\nsource ./lib/sizes.sh\npython -m x.train m.size=$SIZE m.rows=64 other=${OTHER:-1}\n";
    workspace.write(&format!("{folder}/run.sh"), script);
    workspace.write(&format!("{folder}/lib/sizes.sh"), "SIZE=16\n");
    // Beside the case's folder, nothing is read, and from where the test runs neither.
    workspace.write("rules/small/cases/outside.sh", "OTHER=2\n");
    workspace.write("outside.sh", "OTHER=3\n");
    let settings = "fact = { oom.phase = \"update\" }\n[expect]\nfired = [\"halve-size\"]\nchanges = [\"m.size=8\"]\n";
    workspace.write(&format!("{folder}/case.toml"), settings);
    let output = test(&workspace, "");
    assert_eq!(output.code, 0, "{}", output.shown());
    workspace.write(&format!("{folder}/lib/sizes.sh"), "SIZE=4\n");
    assert_eq!(test(&workspace, "").code, 1);
}

#[test]
fn new_changed_missing_and_unreferenced_are_four_things() {
    let workspace = repository("");
    folder_case(&workspace, b"out of memory\n");
    fs::remove_file(workspace.path().join("rules/small/cases/all.toml")).unwrap();
    let accepted = workspace.path().join("snapshots/small/in-a-folder.snap");
    let pending = workspace.path().join("snapshots/small/in-a-folder.snap.new");

    let missing = test(&workspace, "--check --output-format concise");
    assert_eq!(missing.code, 1);
    assert!(missing.out.contains("in-a-folder missing"), "{}", missing.shown());
    assert!(!pending.exists());

    let new = test(&workspace, "");
    assert_eq!(new.code, 1);
    snapshot("cases", "new", &new.shown());
    assert!(pending.exists() && !accepted.exists());

    assert_eq!(test(&workspace, "--accept").code, 0);
    assert!(!pending.exists() && accepted.exists());
    assert_eq!(test(&workspace, "--check").code, 0);

    let script = workspace.read("rules/small/cases/in-a-folder/run.sh");
    workspace.write("rules/small/cases/in-a-folder/run.sh", script.replace(":-16", ":-32"));
    let changed = test(&workspace, "");
    assert_eq!(changed.code, 1);
    snapshot("cases", "changed", &changed.shown());
    assert!(pending.exists());
    workspace.write("rules/small/cases/in-a-folder/run.sh", &script);
    assert_eq!(test(&workspace, "").code, 0);
    assert!(!pending.exists(), "what passes waits for nothing");

    workspace.write("rules/small/cases/all.toml", CASE);
    fs::remove_dir_all(workspace.path().join("rules/small/cases/in-a-folder")).unwrap();
    assert_eq!(test(&workspace, "--filter halved").code, 0);
    let unreferenced = test(&workspace, "--output-format concise");
    assert_eq!(unreferenced.code, 1);
    assert!(unreferenced.out.contains("in-a-folder.snap unreferenced"), "{}", unreferenced.shown());
    assert_eq!(test(&workspace, "--unreferenced=delete --filter halved").code, 0);
    assert!(accepted.exists(), "a filtered run deletes nothing");
    assert_eq!(test(&workspace, "--unreferenced=delete").code, 0);
    assert!(!accepted.exists());
}

#[test]
fn snapshots_are_stable_and_name_no_path() {
    let workspace = repository(CASE);
    folder_case(&workspace, b"out of memory\n");
    assert_eq!(test(&workspace, "--accept").code, 0);
    let first = workspace.read("snapshots/small/in-a-folder.snap");
    snapshot("cases", "page", &first);
    let elsewhere = repository(CASE);
    folder_case(&elsewhere, b"out of memory\n");
    let from = elsewhere.path().join("rules/small");
    let run = Run::hydrule("test . --accept --color always").at(&from).env("COLUMNS", "200").run();
    assert_eq!(run.code, 0, "{}", run.shown());
    assert_eq!(elsewhere.read("snapshots/small/in-a-folder.snap"), first);
    assert!(!first.contains(workspace.path().to_str().unwrap()));
}

#[test]
fn a_pack_outside_rules_keeps_its_snapshots_inside() {
    let workspace = Workspace::new();
    fs::create_dir_all(workspace.path().join("mine/cases")).unwrap();
    workspace.write("mine/pack.toml", format!("{SMALL}{RULES}"));
    workspace.write("mine/cases/a.toml", "[[case]]\nname = \"a\"\noverrides = [\"m.size=8\"]\n");
    assert_eq!(test(&workspace, "mine --accept").code, 0);
    assert!(workspace.path().join("mine/snapshots/a.snap").exists());
}

const THREE: &str = r#"
[common]
fact = { oom.phase = "update" }
[[case]]
name = "a"
overrides = ["m.size=8"]
[[case]]
name = "b"
overrides = ["m.size=16"]
[[case]]
name = "c"
overrides = ["m.size=32"]
"#;

#[test]
fn a_review_accepts_rejects_skips_and_traces() {
    let workspace = repository(THREE);
    test(&workspace, "");
    let input = "?\nt\na\nr\ns\n";
    let review = workspace.hydrule("test --review").input(input).run();
    assert_eq!(review.code, 1);
    snapshot("cases", "review", &review.shown());
    let has = |name: &str| workspace.path().join("snapshots/small").join(name).exists();
    assert!(has("a.snap") && !has("a.snap.new"));
    assert!(!has("b.snap") && !has("b.snap.new"));
    assert!(!has("c.snap") && has("c.snap.new"));
    let rest = workspace.hydrule("test --review").input("A\n").run();
    assert_eq!(rest.code, 0, "{}", rest.shown());
    assert_eq!(test(&workspace, "--check").code, 0);
}

#[test]
fn a_review_without_an_answer_accepts_nothing() {
    let workspace = repository(THREE);
    for input in ["", "q\n", "x\n"] {
        let review = workspace.hydrule("test --review").input(input).run();
        assert_eq!(review.code, 1);
        assert!(!workspace.path().join("snapshots/small/a.snap").exists());
    }
}

#[test]
fn ci_accepts_nothing() {
    let workspace = repository(THREE);
    for flag in ["--accept", "--review"] {
        let run = workspace.hydrule(&format!("test {flag}")).env("CI", "true").input("A\n").run();
        assert_eq!(run.code, 2, "{}", run.shown());
    }
    let run = workspace.hydrule("test --output-format concise").env("CI", "1").run();
    assert!(run.out.contains("small/a missing"), "{}", run.shown());
    assert!(!workspace.path().join("snapshots").exists());
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let mut cases = String::new();
    for index in 0..60 {
        cases.push_str(&format!(
            "[[case]]\nname = \"c{index}\"\noverrides = [\"m.size={index}\"]\nfact = {{ oom.phase = \"update\" }}\n"
        ));
    }
    let workspace = repository(&cases);
    for format in ["full", "concise", "json", "junit"] {
        let one = test(&workspace, &format!("-j 1 --check --output-format {format}"));
        let many = test(&workspace, &format!("-j 7 --check --output-format {format}"));
        assert_eq!(one.shown(), many.shown());
    }
}

#[test]
fn rules_that_no_case_shows_are_listed() {
    let workspace = repository(CASE);
    let output = test(&workspace, "--require-coverage");
    assert_eq!(output.code, 1);
    snapshot("cases", "require-coverage", &output.shown());
    let output = test(&workspace, "--coverage");
    assert_eq!(output.code, 0);
    snapshot("cases", "coverage", &output.shown());
    let more = "[[case]]\nname = \"other\"\noverrides = [\"m.size=3\", \"m.on=false\"]\nexpect = { fired = [\"turn-on\", \"rows-divide\"] }\n";
    workspace.write("rules/small/cases/more.toml", more);
    let output = test(&workspace, "--require-coverage");
    assert_eq!(output.code, 0, "{}", output.shown());
}

#[test]
fn junit_and_json_tell_the_same() {
    let wrong = CASE.replace(r#"plan = ["halve-size"]"#, r#"plan = ["turn-on"]"#);
    let workspace = repository(&wrong);
    let junit = test(&workspace, "--output-format junit --check");
    assert_eq!(junit.code, 1);
    snapshot("cases", "junit", &junit.out);
    let json = test(&workspace, "--output-format json --check");
    snapshot("cases", "json", &json.out);
}

/// Two options that undo one another.
const CIRCLE: &str = r#"
[[option]]
id = "turn-off"
title = "Turn it off"
when = 'm.on == true'
rewrite = ['m.on := false']
relieves = ["score"]
loads = []
changes = "nothing"
cost = { time = 1.0 }
safety = "safe"
why = "It is on."
source = "a test"
"#;

#[test]
fn a_ladder_that_comes_back_is_found() {
    let case = "[[case]]\nname = \"circle\"\noverrides = [\"m.on=false\"]\nfact = { oom.phase = \"score\" }\nexpect = { plan = [\"turn-on\"] }\n";
    let workspace = repository(case);
    workspace.write("rules/small/pack.toml", format!("{SMALL}{RULES}{CIRCLE}"));
    let output = test(&workspace, "");
    assert_eq!(output.code, 1);
    snapshot("cases", "circle", &output.shown());
    let excused = case.replace("expect =", "idempotent = false\nreason = \"a test\"\nexpect =");
    workspace.write("rules/small/cases/all.toml", excused);
    assert_eq!(test(&workspace, "").code, 0);
}

#[test]
fn a_ladder_without_an_end_is_found() {
    let case = "[[case]]\nname = \"endless\"\noverrides = [\"m.size=16\"]\nfact = { oom.phase = \"update\" }\nexpect = { plan = [\"halve-size\"] }\n";
    let workspace = repository(case);
    let endless = RULES.replace("m.size > 4", "m.on");
    let endless =
        endless.replace("{ set = 'm.size := it / 2', floor = '4' }", "'m.size := it - 1'");
    let endless = endless.split("[[require]]").next().unwrap();
    workspace.write("rules/small/pack.toml", format!("{SMALL}{endless}"));
    let output = test(&workspace, "--output-format concise");
    assert_eq!(output.code, 1);
    assert!(output.out.contains("has no end after 64 steps"), "{}", output.shown());
}

/// A signal, a phase with two frames, and a case of each frame.
const EACH: &str = r#"
[[case]]
name = "frames"
overrides = ["m.size=16"]
log = '''
Traceback (most recent call last):
  File "work.py", line 34, in {each}
small: no memory left
'''
each = ["learn", "fit"]

[case.expect]
phase = "update"
signal = "small-oom"
"#;

/// What tells the failure of [`EACH`].
const TOLD: &str = r#"
[[phase]]
name = "learning"
title = "learning"
frames = ["learn"]

[[signal]]
name = "small-oom"
event = "oom"
kind = "device"
pattern = '''small: no memory left'''
"#;

#[test]
fn each_text_makes_a_case() {
    let workspace = repository(EACH);
    workspace.write("rules/small/told.toml", TOLD);
    let output = test(&workspace, "--check --output-format concise");
    assert_eq!(output.code, 1, "{}", output.shown());
    for wrong in [
        ":10:9: small/frames-1 failed: the place of the failure is `learning`",
        ":10:18: small/frames-2 failed: the place of the failure is `unknown`",
    ] {
        assert!(output.out.contains(wrong), "{wrong}\n{}", output.shown());
    }
    let right = EACH.replace("update", "learning").replace("\"fit\"", "\"learn_more\"");
    workspace.write("rules/small/cases/all.toml", &right);
    let output = test(&workspace, "--check");
    assert_eq!(output.code, 1, "`learn_more` is another frame\n{}", output.shown());
    workspace.write("rules/small/cases/all.toml", right.replace(", \"learn_more\"", ""));
    let output = test(&workspace, "--check");
    assert_eq!(output.code, 0, "{}", output.shown());
}

#[test]
fn a_signal_that_is_not_there_and_an_each_that_nothing_says_are_errors() {
    let wrong = [
        ("small-oom\"", "small-oon\"", "has no signal `small-oon`"),
        ("{each}", "learn", "nothing there says so"),
        ("[\"learn\", \"fit\"]", "[]", "`each` is empty"),
    ];
    for (right, wrong, why) in wrong {
        let workspace = repository(&EACH.replace(right, wrong));
        workspace.write("rules/small/told.toml", TOLD);
        let output = test(&workspace, "");
        assert_eq!(output.code, 2, "{wrong}\n{}", output.shown());
        assert!(output.err.contains(why), "{wrong}\n{}", output.shown());
    }
    let other = EACH.replace("signal = \"small-oom\"", "signal = \"none\"");
    let workspace = repository(&other.replace("update", "unknown"));
    workspace.write("rules/small/told.toml", TOLD);
    let output = test(&workspace, "--output-format concise");
    assert!(output.out.contains("the signal of the failure is `small-oom`"), "{}", output.shown());
}
