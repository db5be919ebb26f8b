//! `hydrule check`: which files and packs are looked at, and which rules count.

use serde_json::Value as Json;

use crate::support::{Workspace, snapshot};

/// Makes a project with scripts of every kind.
pub fn project() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("jobs/a.sh", "#!/bin/bash\npython3 -m my.app a.b=1 a.b=2\n");
    workspace.write("jobs/deep/b.slurm", "#!/bin/bash\n#SBATCH -N 2\npython3 -m my.app c.d=1\n");
    workspace.write("jobs/deep/run", "#!/usr/bin/env bash\npython3 train.py +e.f=1 +e.f=2\n");
    workspace.write("jobs/build.sh", "#!/bin/bash\nmake CC=gcc\npython3 setup.py install\n");
    workspace.write("jobs/notes.md", "Run it: python3 -m my.app a.b=1 a.b=2\n");
    workspace.write("jobs/other.py", "print('a.b=1 a.b=2')\n");
    workspace.write("ignored/c.sh", "python3 -m my.app a.b=1 a.b=2\n");
    workspace.write(".gitignore", "ignored/\n");
    workspace.write(".git/hooks/d.sh", "python3 -m my.app a.b=1 a.b=2\n");
    workspace
}

#[test]
fn folders_are_searched_for_launch_scripts() {
    let workspace = project();
    let run = workspace.hydrule("check --show-files").run();
    assert_eq!((run.code, run.out.as_str()), (0, "jobs/a.sh\njobs/deep/b.slurm\njobs/deep/run\n"));
    let all = workspace.hydrule("check --output-format concise").run();
    assert_eq!(all.code, 1);
    snapshot("check", "folder", &all.shown());
    let one = workspace.hydrule("check jobs/deep --output-format concise").run();
    assert_eq!((one.code, one.out.lines().count()), (1, 1), "{}", one.out);
    assert!(one.out.starts_with("jobs/deep/run:2:18: warning[repeated-key]"), "{}", one.out);
    let more = workspace.hydrule("check --no-respect-gitignore --show-files").run();
    assert!(more.out.contains("ignored/c.sh"), "{}", more.out);
    let fewer = workspace.hydrule("check . --exclude deep/ --show-files").run();
    assert_eq!(fewer.out, "jobs/a.sh\n");
    let twice = workspace.hydrule("check jobs ./jobs/a.sh jobs/a.sh --show-files").run();
    assert_eq!(twice.out.lines().count(), 3, "{}", twice.out);
}

#[test]
fn what_is_no_launch_script_is_said_for_files_that_are_named() {
    let workspace = project();
    let run = workspace.hydrule("check jobs/build.sh jobs/other.py jobs/a.sh").run();
    assert_eq!(run.code, 1);
    snapshot("check", "skipped", &run.shown());
    let none = workspace.hydrule("check jobs/build.sh").run();
    assert_eq!(none.code, 2, "{}", none.err);
    assert!(none.err.contains("there is no launch script in `jobs/build.sh`"), "{}", none.err);
    assert_eq!(workspace.hydrule("check jobs/build.sh --allow-empty").run().code, 0);
    let hook = workspace.hydrule("check jobs/a.sh --exclude jobs/a.sh --force-exclude").run();
    assert_eq!(hook.code, 2, "{}", hook.err);
    assert_eq!(workspace.hydrule("check jobs/a.sh --exclude jobs/a.sh").run().code, 1);
}

/// One bad file hides nothing of the others.
#[test]
fn a_file_that_cannot_be_read_is_told_beside_the_findings() {
    let workspace = project();
    workspace.write("jobs/broken.sh", "python3 -m my.app a.b=1 (\n");
    workspace
        .write("jobs/zsh.sh", "#!/bin/zsh\nfor a b in x y; do python3 -m my.app a.b=1; done\n");
    std::fs::write(workspace.path().join("jobs/latin.sh"), b"python3 -m my.app a.b=\xe9\n")
        .unwrap();
    std::fs::write(workspace.path().join("jobs/binary.sh"), b"python3 a.b=\x00\n").unwrap();
    std::fs::write(workspace.path().join("jobs/french.sh"), b"#!/bin/sh\n# \xe9t\xe9\nX=1\n")
        .unwrap();
    let run = workspace.hydrule("check jobs --output-format json").run();
    let data: Json = serde_json::from_str(&run.out).unwrap();
    assert_eq!(run.code, 2);
    assert_eq!(data["findings"].as_array().unwrap().len(), 2, "{data:#}");
    let errors: Vec<(&str, &str)> = data["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["path"].as_str().unwrap(), it["message"].as_str().unwrap()))
        .collect();
    let wanted = [
        ("jobs/broken.sh", "bash cannot read this script"),
        ("jobs/latin.sh", "`jobs/latin.sh` is not UTF-8 at line 1, byte 22"),
    ];
    assert_eq!(errors, wanted);
}

#[cfg(unix)]
#[test]
fn names_may_be_any_bytes() {
    use std::os::unix::ffi::OsStrExt as _;
    let workspace = Workspace::new();
    let name = std::ffi::OsStr::from_bytes(b"r\xffn one.sh");
    std::fs::write(workspace.path().join(name), "python3 -m my.app a.b=1 a.b=2\n").unwrap();
    for named in [None, Some(name)] {
        let run = workspace.hydrule("check --output-format concise").args(named).run();
        assert_eq!(run.code, 1, "{}", run.err);
        assert!(run.out.starts_with("r\u{fffd}n one.sh:1:19: warning"), "{}", run.out);
    }
    let missing = std::ffi::OsStr::from_bytes(b"r\xfen.sh");
    assert_eq!(workspace.hydrule("check").arg(missing).run().code, 2);
}

#[test]
fn rules_are_selected_by_what_their_ids_begin_with() {
    let workspace = Workspace::new();
    workspace.write(
        "run.sh",
        "#!/bin/bash\n##SBATCH --mem=1G\npython3 -m my.app a.b=1 a.b=2 c=x} \"$@\"\n#SBATCH -N 2\n",
    );
    for (flags, rules) in [
        ("", vec!["disabled-directive", "repeated-key", "stray-brace", "refused-override"]),
        ("--select repeated-key", vec!["repeated-key"]),
        ("--select ALL --ignore s,dis,ref,arg,ign", vec!["repeated-key"]),
        ("--select s --ignore stray", vec![]),
        ("--ignore s --select stray", vec!["stray-brace"]),
        ("--ignore ALL --select ignored", vec!["ignored-directive"]),
        ("--ignore ALL", vec![]),
    ] {
        let line = format!("check run.sh --output-format json-lines {flags}");
        let run = workspace.hydrule(&line).run();
        let found: Vec<Json> =
            run.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let found: Vec<&str> = found.iter().map(|it| it["rule"].as_str().unwrap()).collect();
        for rule in &rules {
            assert!(found.contains(rule) || flags.is_empty(), "{flags}: {found:?}");
        }
        if !flags.is_empty() {
            assert_eq!(found, rules, "{flags}");
        }
    }
    let wrong = workspace.hydrule("check run.sh --ignore repeated-kex").run();
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("did you mean `repeated-key`?"), "{}", wrong.err);
    // A requirement of a pack that is not needed here is a rule all the same.
    assert_eq!(workspace.hydrule("check run.sh --ignore mini-batch").run().code, 1);
    assert_eq!(workspace.hydrule("check run.sh --exit-zero").run().code, 0);
}

/// What is found does not depend on the number of threads, and scripts of one name in different
/// folders are not taken for one another.
#[test]
fn many_files_are_checked_in_order() {
    let workspace = Workspace::new();
    for number in 0..60 {
        let folder = format!("jobs/{:02}", number % 20);
        workspace.write(
            &format!("{folder}/run{number}.sh"),
            "python3 -m verl.trainer.main_ppo a.b=1 a.b=2 trainer.n_gpus_per_node=4\n",
        );
        workspace.write(
            &format!("{folder}/submit{number}.slurm"),
            format!("#!/bin/bash\n#SBATCH --gres=gpu:2\nbash run{number}.sh\n"),
        );
    }
    let run = |threads: usize| workspace.hydrule(&format!("check -j {threads}")).run();
    let (one, many) = (run(1), run(7));
    assert_eq!((one.code, &one.out, &one.err), (many.code, &many.out, &many.err));
    assert_eq!(one.out.matches("gpus-are-allocated").count(), 60, "{}", one.err);
    assert!(one.err.contains("120 files"), "{}", one.err);
}

/// A pack in `rules/` whose one requirement wants the batch to be shared out evenly.
pub fn with_local_pack() -> Workspace {
    let workspace = Workspace::new();
    workspace.write(
        "rules/even/pack.toml",
        "name = 'even'\nversion = '1.0.0'\ndescription = 'd'\nlaunches = ['even.*']\n\
         [[require]]\nid = 'shared-out'\nholds = 'total % (each * gpus) == 0'\n\
         fails_at = 'start'\nmessage = '{total} is no multiple of {each * gpus}'\n",
    );
    workspace
}

#[test]
fn cases_of_packs_are_looked_into_only_where_they_are_named() {
    let workspace = with_local_pack();
    let launch = "python3 -m even.train total=64 each=6 gpus=8\n";
    workspace.write("rules/even/cases/wrong/run.sh", launch).write("cases/run.sh", launch);
    let listed = |paths: &str| {
        let run = workspace.hydrule(&format!("check --show-files {paths}")).run();
        run.out.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(listed(""), ["cases/run.sh"]);
    let case = "rules/even/cases/wrong/run.sh";
    assert_eq!(listed("rules/even/cases"), [case]);
    assert_eq!(listed(case), [case]);
    let hooked = format!("cases/run.sh {case} --force-exclude");
    assert_eq!(listed(&hooked), ["cases/run.sh"]);
}

#[test]
fn a_pack_in_rules_is_found_by_its_name() {
    let workspace = with_local_pack();
    workspace.write("run.sh", "python3 -m even.train total=64 each=6 gpus=8\n");
    for line in ["pack check", "pack check even", "pack show even"] {
        let run = workspace.hydrule(line).run();
        assert!(run.code < 2 && run.out.contains("even"), "{line}: {}", run.shown());
    }
    let stranger = workspace.hydrule("rewrite run.sh").run();
    assert_eq!(stranger.code, 2);
    assert!(stranger.err.contains("give --pack rules/even"), "{}", stranger.err);
    let checked = workspace.hydrule("check run.sh").run();
    assert!(checked.err.contains("--pack rules/even gives one"), "{}", checked.err);
    assert_eq!(workspace.hydrule("rule shared-out").run().code, 2);
    workspace.write("hydrule.toml", "packs = ['rules/even']\n");
    let rule = workspace.hydrule("rule shared-out").run();
    assert!(rule.code == 0 && rule.out.contains("shared-out"), "{}", rule.shown());
}
