//! Broken input gets a clear error with the place: nothing is lost and nothing panics.

use crate::support::{Workspace, root, snapshot};

/// Runs a command in a folder with these files; snapshots what is printed.
fn check(name: &str, files: &[(&str, &str)], line: &str) {
    let workspace = Workspace::new();
    for (file, text) in files {
        if let Some((folder, _)) = file.rsplit_once('/') {
            std::fs::create_dir_all(workspace.path().join(folder)).unwrap();
        }
        workspace.write(file, text);
    }
    let output = workspace.hydrule(line).run();
    assert_eq!(output.code, 2, "{name}\n{}", output.shown());
    for (file, text) in files {
        assert_eq!(&workspace.read(file), text, "{name}: {file} was changed");
    }
    snapshot("broken", name, &output.shown());
}

#[test]
fn a_missing_file() {
    check("missing-file", &[("run_grpo.sh", "")], "rewrite run_gpro.sh");
}

#[test]
fn broken_overrides_in_a_script() {
    let script = "python3 -m verl.trainer.main_ppo \\\n    data.train_batch_size=[1,2 \\\n    trainer.nnodes= 1 \\\n    'a.b=\"x' \\\n    c.d=e=f\n";
    check("script-overrides", &[("run.sh", script)], "rewrite run.sh");
}

#[test]
fn broken_overrides_in_arguments() {
    check("arguments", &[], "rewrite -- a.b=[1 c.d=x=y e.f=1");
}

#[test]
fn a_broken_script() {
    check("script", &[("run.sh", "if true; then\n  python3 -m app a.b=1\n")], "rewrite run.sh");
}

#[test]
fn a_script_without_a_launch() {
    check("no-launch", &[("run.sh", "echo a.b=1\nbash train.sh \"$@\"\n")], "rewrite run.sh");
}

#[test]
fn several_launches() {
    let script = "python3 -m app.one a.b=1\npython3 -m app.two a.b=1\n";
    check("several-launches", &[("run.sh", script)], "rewrite run.sh --pack verl");
}

#[test]
fn an_unknown_pack() {
    check("pack-unknown", &[], "rewrite --pack vrel -- a=1");
}

#[test]
fn an_unknown_option() {
    check("option-unknown", &[], "rewrite --pack verl --only halve-trian-batch -- a=1");
}

const PACK: &str = r#"
name = "team"
version = "0.1.0"
description = "ours"
launchs = ["app"]

[param]
floor = { default = 1, help = "never below" }

[[phase]]
name = "update"
title = "update"
frames = ["update_actor"]

[[option]]
id = "smaller"
title = "Smaller"
when = 'trainer.batch > $param.flor && size(3, 4) == 1'
rewrite = ['trainer.batch := it /', 'trainer.x=[1']
relieves = ["updat"]
loads = []
changes = "sped"
cost = { time = 1.1 }
safety = "safe"
why = "because"
source = "us"

[[option]]
id = "smaller"
title = "Escaped"
when = "trainer.name == \"a\" && $nothing"
rewrite = ['trainer.batch := 1GiB + 1']
relieves = ["update"]
loads = []
changes = "speed"
cost = {}
safety = "safe"
why = "because"
source = "us"

[[require]]
id = "divides"
holds = 'trainer.batch % 4'
fails_at = "start-up"
message = "no"
"#;

#[test]
fn every_fault_of_a_pack() {
    check("pack", &[("team/pack.toml", PACK)], "rewrite --pack team -- a=1");
    let fixed = PACK.replace("launchs", "launches").replace("sped", "speed");
    check("pack-conditions", &[("team/pack.toml", &fixed)], "rewrite --pack team -- a=1");
}

#[test]
fn broken_toml() {
    check(
        "toml",
        &[("team/pack.toml", "name = \"team\nversion = 1\n")],
        "rewrite --pack team -- a=1",
    );
}

#[test]
fn a_change_that_cannot_be_made() {
    check(
        "change",
        &[("run.sh", "go() { python3 -m app a.b=1; }\ngo\ngo\n")],
        "set run.sh a.b=2 --launch 1",
    );
}

#[test]
fn a_script_that_is_not_utf8() {
    let workspace = Workspace::new();
    workspace.write("run.sh", b"python3 -m app a.b=1 # \xff\xfe\n");
    let output = workspace.hydrule("show run.sh").run();
    assert_eq!(output.code, 2);
    snapshot("broken", "not-utf8", &output.shown());
}

#[test]
fn a_log_of_any_bytes_is_read() {
    let workspace = Workspace::example();
    let mut bytes = b"\xff\xfe\x00".to_vec();
    bytes.extend(workspace.read("slurm-4242.err").into_bytes());
    workspace.write("slurm-4242.err", bytes);
    let output = workspace.hydrule("rewrite run_grpo.sh --log slurm-4242.err").run();
    assert_eq!(output.code, 1, "{}", output.err);
}

#[test]
fn wrong_flags() {
    let output = crate::support::Run::hydrule("rewrite --pakc verl").run();
    assert_eq!(output.code, 2);
    assert!(output.err.contains("--pack"), "{}", output.err);
    assert!(root().exists());
}

/// Lists of overrides against a base configuration.
const COMPOSED: &[(&str, &str)] = &[
    ("a key that is nearly right", "trainer.n_gpu_per_node=4"),
    ("a key with nothing near", "zzz=1"),
    ("adding what exists", "+lr=3"),
    ("deleting what is missing", "~nope"),
    ("deleting another value", "~lr=0.2"),
    ("deleting and setting", "~lr lr=3"),
    ("a value that is lost", "lr=1 lr=2"),
    ("a sweep where one value is shown", "lr=1,2"),
    ("a group without its files", "db=mysql optim=sgd"),
    ("an item of a list", "~trainer.logger.0"),
    ("a dict with a new key", "optim={beta:2}"),
    ("everything at once", "lr=[1 trainer.nodes=1 a=b=c"),
    ("every misfit at once", "+lr=3 ~nope trainer.nodes=1"),
];

const BASE: &str = "trainer:\n  n_gpus_per_node: 8\n  nnodes: 1\n  logger: [console]\nlr: 0.1\noptim: {name: adam, lr: 1e-3}\n";

#[test]
fn overrides_against_a_base_configuration() {
    let workspace = Workspace::new();
    workspace.write("base.yaml", BASE);
    let mut shown = String::new();
    for (name, line) in COMPOSED {
        let output = workspace.hydrule(&format!("compose --config base.yaml -- {line}")).run();
        shown.push_str(&format!("# {name}: {line}\nexit code {}\n{}\n", output.code, output.err));
    }
    snapshot("broken", "composed", &shown);
}

#[test]
fn a_configuration_that_cannot_be_read() {
    check("yaml", &[("base.yaml", "a: [1\nb: 2\n")], "compose --config base.yaml -- a=1");
    check(
        "yaml-cycle",
        &[("base.yaml", "a: ${b.c}\nb: {c: \"${a}\"}\n")],
        "compose --config base.yaml --get a",
    );
    check("yaml-duplicate", &[("base.yaml", "a: 1\nb: 2\na: 3\n")], "compose --config base.yaml");
}

#[test]
fn overrides_of_a_script_that_the_base_refuses() {
    let script = "python3 -m verl.trainer.main_ppo \\\n    trainer.n_gpu_per_node=4 \\\n    \"+lr=3\" \\\n    optim.lr=$LR\n";
    check("base", &[("run.sh", script), ("base.yaml", BASE)], "rewrite run.sh --config base.yaml");
}

#[test]
fn lines_stay_in_step() {
    let workspace = Workspace::new();
    let output = workspace.hydrule("parse --jsonl").input("\"a=1\"\n{}\n\"b=[\"\n").run();
    assert_eq!(output.code, 2);
    assert_eq!(output.out.lines().count(), 3);
    assert!(output.err.contains("1 line of standard input cannot be read"), "{}", output.err);
    let output = workspace.hydrule("expand --jsonl").input("{\"args\":[\"a=1,2\"]}\nno\n").run();
    assert_eq!((output.code, output.out.lines().count()), (2, 2));
}

#[test]
fn a_sweep_without_multirun() {
    let script = "python3 -m app a.b=1,2 c.d='choice(x,y)'\n";
    check("sweep", &[("run.sh", script)], "rewrite run.sh");
}

#[test]
fn what_a_function_passes_wrongly_is_shown_once() {
    let workspace = Workspace::new();
    let script = "train() { python -m my.app a.b=1 foo \"$@\"; }\ntrain a.c=1\ntrain a.c=2 bar\n";
    workspace.write("run.sh", script);
    let output = workspace.hydrule("show run.sh").run();
    assert_eq!(output.err.matches("`foo` has no `=`").count(), 1, "{}", output.err);
    assert_eq!(output.err.matches("`bar` has no `=`").count(), 1, "{}", output.err);
}
