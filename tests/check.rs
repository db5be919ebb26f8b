//! `hydrule check`: what is found in scripts, and what is left alone.

use serde_json::Value as Json;

use crate::support::{Workspace, snapshot};

const CALL: &str = "python3 -m my.app";

/// Checks a script; returns the rules found, notes left out, and the first finding.
fn check(script: &str) -> (Vec<String>, Option<Json>) {
    let workspace = Workspace::new();
    workspace.write("run.sh", script);
    let run = workspace.hydrule("check run.sh --output-format json").run();
    let data: Json =
        serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{script}: {}", run.err));
    let all = data["findings"].as_array().unwrap().clone();
    let heavy: Vec<Json> = all.into_iter().filter(|it| it["level"] != "note").collect();
    assert_eq!(run.code, i32::from(!heavy.is_empty()), "{script}");
    let rules = heavy.iter().map(|it| it["rule"].as_str().unwrap().to_owned()).collect();
    (rules, heavy.first().cloned())
}

/// Returns the text that a finding underlines.
fn underlined<'a>(script: &'a str, place: &Json) -> &'a str {
    let at = |end: &str| usize::try_from(place["span"][end].as_u64().unwrap()).unwrap();
    &script[at("start")..at("end")]
}

#[test]
fn a_command_that_ends_before_its_overrides_is_found() {
    let cases = [
        ("a.b=1 \\\n  # why\n  c.d=2 \\\n  e=3\n", "# why", "comment inside", 2),
        ("a.b=1 \\\n\n  c.d=2\n", "", "empty line", 1),
        ("a.b=1 \\\n\n  # more\n\n  c.d=2\n", "", "empty line", 1),
        ("a.b=1 \\ \n  c.d=2\n", "\\ ", "blank behind", 1),
        ("a.b=1 \\\t \n  c.d=2\n", "\\\t", "blank behind", 1),
        ("a.b=1 \\\r\n  c.d=2\r\n", "\\\r", "carriage return", 1),
        ("a.b=1 # why \\\n  c.d=2\n", "# why \\", "stands in a comment", 1),
        ("a.b=1\n  c.d=2 \"$@\"\n", "1", "without a `\\`", 2),
        ("\\\n  # why\n  +c.d=2 e.f=3\n", "# why", "comment inside", 2),
    ];
    for (rest, cause, message, lost) in cases {
        let script = format!("{CALL} {rest}");
        let (rules, first) = check(&script);
        assert_eq!(rules, ["broken-continuation"], "{script}");
        let first = first.unwrap();
        assert!(first["message"].as_str().unwrap().contains(message), "{script}: {first}");
        assert_eq!(underlined(&script, &first["location"]), cause, "{script}");
        let label = first["also"][0]["label"].as_str().unwrap();
        assert!(label.starts_with(&format!("{lost} argument")), "{script}: {label}");
    }
}

#[test]
fn commands_that_end_where_they_should_are_left_alone() {
    for script in [
        format!("{CALL} a.b=1 \\\n\necho done\n"),
        format!("{CALL} a.b=1 \\\n# the end\nX=2\n"),
        format!("{CALL} a.b=1 \\\n  # the end"),
        format!("A=(\n  a.b=1\n  # why\n\n  c.d=2\n)\n{CALL} \"${{A[@]}}\"\n"),
        format!("{CALL} a.b=1 \\\n  c.d=2 2>&1 | tee log\n"),
        format!("{CALL} a.b=1\nlr=3 seed=2\n"),
        format!("cat <<EOF\n{CALL} a.b=1 \\\n# x\nc.d=2\nEOF\n{CALL} a.b=1\n"),
    ] {
        assert_eq!(check(&script).0, Vec::<String>::new(), "{script}");
    }
}

#[test]
fn a_blank_behind_the_last_backslash_is_found() {
    for rest in ["a.b=1 \\ \n", "a.b=1\\ \necho\n", "a.b=1 \\  # why\n", "a.b=1 \\\r\n"] {
        let script = format!("{CALL} {rest}");
        assert_eq!(check(&script).0, ["blank-after-backslash"], "{script:?}");
    }
    for rest in ["a.b=1 c.d='x\\ '\n", "c.d=\"a\\ b\"\n", "c.d=x\\ y\n"] {
        let script = format!("{CALL} {rest}");
        let rules = check(&script).0;
        assert!(!rules.contains(&"blank-after-backslash".to_owned()), "{script:?}: {rules:?}");
    }
}

#[test]
fn a_key_with_two_values_is_found() {
    let found = ["a.b=1 a.b=2", "a.b=1 +a.b=2", "a.b='x' c.d=1 a.b=y", "${A[@]} a.b=2"];
    for rest in found {
        let script = format!("A=(a.b=1)\n{CALL} {rest}\n");
        let (rules, first) = check(&script);
        assert_eq!(rules, ["repeated-key"], "{script}");
        assert_eq!(first.unwrap()["key"], "a.b");
    }
    for rest in ["a.b=1 a.b=1", "a.b=1 a.bc=2", "a.b=1 a.b=$X", "a.b=1 'a.b=1'"] {
        assert_eq!(check(&format!("{CALL} {rest}\n")).0, Vec::<String>::new(), "{rest}");
    }
}

#[test]
fn a_key_that_is_a_slip_of_the_hand_is_found() {
    let workspace = Workspace::new();
    let rules = |text: &str, more: &str| {
        workspace.write("run.sh", format!("python3 -m verl.trainer.main_ppo {text}\n"));
        let select = "--select misspelt-key,refused-override --output-format json";
        let checked = workspace.hydrule(&format!("check run.sh {select} {more}")).run();
        let report: serde_json::Value = serde_json::from_str(&checked.out).unwrap();
        let found = report["findings"].clone();
        found.as_array().unwrap().clone()
    };
    for (text, slip) in [
        ("data.train_batch_siz=512", "data.train_batch_siz"),
        ("K=1 'actor_rolout_ref.rollout.n=4'", "actor_rolout_ref.rollout.n"),
        ("trainer.nnode=1", "trainer.nnode"),
        ("actor_rollout_ref.rolout.name=vllm", "actor_rollout_ref.rolout.name"),
        ("actor_rollout_ref.actor.optm.lr=1", "actor_rollout_ref.actor.optm.lr"),
    ] {
        let found = rules(text, "");
        let [finding] = found.as_slice() else { panic!("{text}: {found:?}") };
        assert_eq!((&finding["rule"], &finding["key"]), (&"misspelt-key".into(), &slip.into()));
        assert_eq!(finding["fix"]["applicability"], "unsafe", "{text}");
    }
    // Known, added, far from all that is known, or another key of as many letters.
    for text in [
        "data.train_batch_size=512",
        "+data.train_batch_siz=512",
        "++data.train_batch_siz=512",
        "data.train_files=a",
        "data.truncate_all=1",
        "actor_rollout_ref.rollout.top_k=1",
    ] {
        assert_eq!(rules(text, ""), Vec::<serde_json::Value>::new(), "{text}");
    }
    // A configuration that is known says so itself.
    workspace.write("base.yaml", "data:\n  train_batch_size: 1\n  val_batch_siz: 1\n");
    let found = rules("data.train_batch_siz=512", "--config base.yaml");
    assert_eq!(found[0]["rule"], "refused-override");
    assert_eq!(rules("data.val_batch_siz=512", "--config base.yaml").len(), 0);
}

#[test]
fn a_text_where_a_number_or_a_bool_is_meant_is_found() {
    let workspace = Workspace::new();
    let found = |text: &str| {
        workspace.write("run.sh", format!("python3 -m verl.trainer.main_ppo {text}\n"));
        let select = "--select other-type --output-format concise -q";
        workspace.hydrule(&format!("check run.sh {select}")).run().out
    };
    for (text, said) in [
        (
            "actor_rollout_ref.actor.use_kl_loss=Ture",
            "True or False by default, and `Ture` is a text",
        ),
        ("trainer.total_epochs=l5", "a number by default, and `l5` is a text"),
        ("trainer.nnodes=", "a number by default, and empty here"),
    ] {
        assert!(found(text).contains(said), "{text}: {}", found(text));
    }
    for text in [
        "trainer.nnodes=2",
        "trainer.nnodes=null",
        "trainer.nnodes=1e0",
        "'trainer.nnodes=${a.b}'",
        "trainer.nnodes=$NODES",
        "actor_rollout_ref.actor.use_kl_loss=false",
        "data.truncation=5",
    ] {
        assert_eq!(found(text), "", "{text}");
    }
}

#[test]
fn a_launch_that_no_pack_knows_is_held_against_its_configuration() {
    let workspace = Workspace::new();
    workspace.write("conf.yaml", "net:\n  dim: 1\n");
    workspace.write("run.sh", "python3 train.py net.dimm=4 net.dim=2\n");
    let found = workspace.hydrule("check run.sh --config conf.yaml -q").run();
    assert!(found.out.contains("the configuration has no key `net.dimm`"), "{}", found.out);
    assert!(found.out.contains("did you mean `net.dim`?"), "{}", found.out);
    assert_eq!(found.code, 1);
}

#[test]
fn windows_lines_are_told_once() {
    let launch = "python3 -m app \\\r\n a.b=1 \\\r\n c.d=2 \\\r\n e.f=3\r\n";
    assert_eq!(check(launch).0, ["broken-continuation"]);
    let workspace = Workspace::new();
    workspace.write("run.sh", format!("case $1 in\r\nx) ;;\r\nesac\r\n{launch}"));
    let refused = workspace.hydrule("check run.sh").run();
    assert!(refused.err.contains("the lines end as on Windows"), "{}", refused.err);
}

#[test]
fn a_configuration_that_is_not_at_hand_is_told() {
    let workspace = Workspace::new();
    let launch = "uv run examples/run_grpo.py --config a.yaml policy.train_global_batch_size=512\n";
    workspace.write("run.sh", launch);
    let checked = workspace.hydrule("check run.sh").run();
    let why = "requirements were not judged: ";
    let file = "the launch reads `--config a.yaml`, which is not given";
    assert!(checked.err.contains(why) && checked.err.contains(file), "{}", checked.err);
}

#[test]
fn of_a_launch_that_is_cut_the_cut_alone_is_told() {
    let launch = "python3 -m verl.trainer.main_ppo \\\n trainer.nnodes=1 \\\n # why\n data.train_batch_size=8\n";
    assert_eq!(check(launch).0, ["broken-continuation"]);
    // In a text for another shell as well, with its place where nothing is put together.
    let text = "srun bash -c \"python3 -m verl.trainer.main_ppo \\\n  trainer.nnodes=1 \\\n  # why\n  data.train_batch_size=8\"\n";
    let (rules, first) = check(text);
    assert_eq!(rules, ["broken-continuation"]);
    assert_eq!(underlined(text, &first.unwrap()["location"]), "# why");
    assert_eq!(check(&text.replace("nnodes=1", "nnodes=$N")).0, ["broken-continuation"]);
    // Another launch is judged.
    let (rules, _) = check(&format!("{launch}python3 -m verl.trainer.main_ppo trainer.nnodes=1\n"));
    assert!(rules.contains(&"micro-batch-is-set".to_owned()), "{rules:?}");
}

#[test]
fn a_repair_waits_for_the_one_whose_value_it_counts_with() {
    let workspace = Workspace::example();
    let script = workspace.read("run_grpo.sh");
    let (before, rest) = script.split_once("ppo_mini_batch_size=").unwrap();
    let (_, after) = rest.split_once(' ').unwrap();
    workspace.write("run_grpo.sh", format!("{before}ppo_mini_batch_size=150 {after}"));
    let micro = "--select micro-batch-divides-mini-batch";
    let found = workspace.hydrule("check . -q").run().out;
    assert!(found.contains("mend mini-batch-divides-over-ranks first"), "{found}");
    workspace.hydrule("check . -q --fix --unsafe-fixes").run();
    assert_eq!(workspace.hydrule(&format!("check . -q {micro}")).run().out, "");
    let fixed = workspace.read("run_grpo.sh");
    assert_eq!(fixed, format!("{before}ppo_mini_batch_size=128 {after}"));
}

#[test]
fn a_brace_without_its_partner_is_found() {
    for (rest, brace) in [
        ("a.b=x}", "}"),
        ("a.b=${HOME}}", "}"),
        ("a.b=\"${HOME}/x}\"", "}"),
        ("'a.b={x:1'", "{"),
        ("'a.b={x:{y:1}'", "{"),
        ("'a.b=${oc.env:HOME'", "{"),
    ] {
        let script = format!("{CALL} {rest}\n");
        let (rules, first) = check(&script);
        assert_eq!(rules, ["stray-brace"], "{script}");
        assert_eq!(underlined(&script, &first.unwrap()["location"]), brace, "{script}");
    }
    for rest in ["'a.b={x:1}'", "'a.b=${c.d}'", "'a.b=\"}\"'", "a.b=${X:-{}}", "a.b={1,2}"] {
        let rules = check(&format!("{CALL} {rest}\n")).0;
        assert!(!rules.contains(&"stray-brace".to_owned()), "{rest}: {rules:?}");
    }
}

#[test]
fn an_override_that_hydra_refuses_is_found_where_it_stands() {
    let script = format!("X=\"[1,2\"\n{CALL} a.b=$X a..c=1\n");
    let (rules, first) = check(&script);
    assert_eq!(rules, ["refused-override", "refused-override"], "{script}");
    assert_eq!(first.unwrap()["location"]["line"], 1);
}

#[test]
fn overrides_that_do_not_fit_the_base_are_found() {
    let workspace = Workspace::new();
    workspace.write("run.sh", "python3 -m verl.trainer.main_ppo a.b=1 a.c=2\n");
    workspace.write("base.yaml", "a:\n  b: 0\n");
    let run = workspace.hydrule("check run.sh --config base.yaml --output-format json").run();
    let data: Json = serde_json::from_str(&run.out).unwrap();
    let refused: Vec<&Json> = data["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["rule"] == "refused-override")
        .collect();
    assert_eq!(refused.len(), 1, "{data}");
    assert_eq!(refused[0]["key"], "a.c");
}

#[test]
fn directives_that_do_nothing_are_found() {
    let script = "#!/bin/bash\n#SBATCH -N 2\n##SBATCH --mem=1G\necho\n#SBATCH --time=1:00\n";
    let (rules, first) = check(script);
    assert_eq!(rules, ["ignored-directive"]);
    assert_eq!(underlined(script, &first.unwrap()["location"]), "--time=1:00");
    assert_eq!(check("#!/bin/bash\n#SBATCH -N 2 x\necho\n").0, ["refused-directive"]);
    assert_eq!(check("#!/bin/bash\n#SBATCH -N 2\n# SBATCH off\necho\n").0, Vec::<String>::new());
}

/// Directives hold for the scripts that their own script starts.
#[test]
fn the_pack_judges_launches_with_the_directives_of_their_job() {
    let workspace = Workspace::example();
    let alone = workspace.hydrule("check run_grpo.sh").run();
    assert_eq!(alone.code, 0, "{}", alone.out);
    let slurm = workspace.read("submit_grpo.slurm").replace("gpu:4", "gpu:2");
    assert_ne!(slurm, workspace.read("submit_grpo.slurm"));
    workspace.write("submit_grpo.slurm", slurm);
    let both = workspace.hydrule("check submit_grpo.slurm run_grpo.sh").run();
    assert_eq!(both.code, 1);
    snapshot("check", "gpus", &both.shown());
}

#[test]
fn findings_are_drawn_for_people() {
    let workspace = Workspace::new();
    workspace.write(
        "run.sh",
        "#!/bin/bash\n##SBATCH --mem=64G\npython3 -m verl.trainer.main_ppo \\\n    \
         algorithm.adv_estimator=grpo \\\n    data.train_batch_size=1000 \\\n    \
         actor_rollout_ref.actor.ppo_mini_batch_size=256 \\\n    \
         actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu=8 \\\n    \
         actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=8 \\\n    \
         actor_rollout_ref.ref.log_prob_micro_batch_size_per_gpu=8 \\\n    \
         trainer.experiment_name=${NAME}} \\\n    trainer.nnodes=1 \"$@\" \\\n    # eight\n    \
         trainer.n_gpus_per_node=8 \\\n    trainer.nnodes=2\n",
    );
    snapshot("check", "people", &workspace.hydrule("check run.sh").run().shown());
    snapshot(
        "check",
        "plain",
        &workspace.hydrule("check run.sh").env("NO_GRAPHICS", "1").run().shown(),
    );
    let missing = workspace.hydrule("check run.sh gone.sh").run();
    assert_eq!(missing.code, 2);
    workspace.write("clean.sh", "python3 -m my.app a.b=1\n");
    let clean = workspace.hydrule("check clean.sh --pack verl").run();
    let said = "Nothing found in 1 file.\n! No requirement was checked: the pack verl does not \
                know `my.app`.\n";
    assert_eq!((clean.code, clean.err.as_str()), (0, said));
}

#[test]
fn the_page_lists_every_rule() {
    let page = std::fs::read_to_string(crate::support::root().join("docs/check.md")).unwrap();
    let rules = hydrule::surface::bash::SCRIPT_RULES.iter();
    for (id, _) in rules.chain(&hydrule::surface::slurm::DIRECTIVE_RULES) {
        assert!(page.contains(&format!("| `{id}` |")), "{id}");
    }
}

#[test]
fn what_only_wastes_something_is_a_warning() {
    let workspace = Workspace::new();
    let launch = "python3 -m verl.trainer.main_ppo algorithm.adv_estimator=grpo \\\n  \
        actor_rollout_ref.actor.use_dynamic_bsz=True actor_rollout_ref.rollout.n=";
    let findings = |n: u32| {
        workspace.write("run.sh", format!("{launch}{n}\n"));
        let run = workspace.hydrule("check run.sh --output-format json").run();
        let data: Json = serde_json::from_str(&run.out).unwrap();
        let all = data["findings"].as_array().unwrap().iter();
        let all = all.map(|it| format!("{} {}", it["level"], it["rule"]).replace('"', ""));
        (run.code, all.collect::<Vec<_>>())
    };
    assert_eq!(findings(1), (1, vec!["warning group-has-a-baseline".to_owned()]));
    assert_eq!(findings(2), (0, Vec::new()));
    workspace.write("run.sh", format!("{launch}1\n"));
    let run = workspace.hydrule("rewrite run.sh").run();
    assert!(run.out.contains("! GRPO compares"), "{}", run.out);
}

#[test]
fn other_levels_are_refused() {
    let workspace = Workspace::new();
    let pack = "name = 'p'\nversion = '1'\ndescription = 'd'\nlaunches = []\n\
        [[require]]\nid = 'r'\nholds = 'a == 1'\nlevel = 'note'\nfails_at = 's'\nmessage = 'm'\n";
    workspace.write("team.toml", pack).write("run.sh", "python3 -m my.app a=1\n");
    let run = workspace.hydrule("check run.sh --pack team.toml").run();
    assert_eq!(run.code, 2);
    assert!(run.err.contains("write one of `error`, `warning`"), "{}", run.err);
}

/// Makes a project with scripts of every kind.
fn project() -> Workspace {
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

/// Returns the rules found, in order, and how many findings comments took out.
fn found(workspace: &Workspace, line: &str) -> (Vec<String>, u64) {
    let run = workspace.hydrule(&format!("{line} --output-format json")).run();
    let data: Json = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}", run.err));
    let rules = data["findings"].as_array().unwrap().iter().filter(|it| it["level"] != "note");
    let rules = rules.map(|it| it["rule"].as_str().unwrap().to_owned()).collect();
    (rules, data["suppressed"].as_u64().unwrap())
}

#[test]
fn comments_take_findings_out_where_bash_allows_them() {
    let gone = [
        "python3 -m my.app a.b=1 a.b=2 # hydrule: ignore[repeated-key] on purpose\n",
        "# hydrule: ignore[repeated-key]\n\n# why\npython3 -m my.app a.b=1 a.b=2\n",
        // Inside the command no comment may stand.
        "# hydrule: ignore[repeated-key]\npython3 -m my.app \\\n  a.b=1 \\\n  c.d=1 \\\n  a.b=2\n",
        "python3 -m my.app \\\n  a.b=1 \\\n  a.b=2 \\\n  c.d=1 # hydrule: ignore[repeated-key]\n",
        "A=(\n  a.b=1 # hydrule: ignore[two-names,repeated-key] why\n  a.b=2\n)\npython3 -m my.app \"${A[@]}\"\n",
        "A=(\n  a.b=1\n  # hydrule: ignore[repeated-key]\n  a.b=2\n)\npython3 -m my.app \"${A[@]}\"\n",
    ];
    for script in gone {
        let workspace = Workspace::new();
        workspace.write("run.sh", script);
        let (rules, suppressed) = found(&workspace, "check run.sh --ignore unused-suppression");
        assert_eq!((rules, suppressed), (vec![], 1), "{script}");
    }
    let kept = [
        ("# hydrule: ignore[repeated-key]\necho\npython3 -m my.app a.b=1 a.b=2\n", 2),
        ("# hydrule: ignore[stray-brace]\npython3 -m my.app a.b=1 a.b=2\n", 2),
        ("# hydrule: ignore[*]\npython3 -m my.app a.b=1 a.b=2\n", 2),
    ];
    for (script, count) in kept {
        let workspace = Workspace::new();
        workspace.write("run.sh", script);
        let (rules, suppressed) = found(&workspace, "check run.sh");
        assert!(rules.contains(&"repeated-key".to_owned()), "{script}: {rules:?}");
        assert_eq!((rules.len(), suppressed), (count, 0), "{script}: {rules:?}");
    }
}

#[test]
fn a_comment_that_names_no_rule_is_told_which_one_is_meant() {
    let workspace = Workspace::new();
    let line = "python3 -m my.app a.b=1 a.b=2 # hydrule: ignore[";
    for (rule, help) in [
        ("repeted-key", "did you mean `repeated-key`?"),
        ("stray-brace", "take it out of the comment"),
        ("something-else", "take it out of the comment"),
    ] {
        workspace.write("run.sh", format!("{line}{rule}]\n"));
        let told = workspace.hydrule("check run.sh").run().shown();
        assert!(told.contains(help), "{rule}: {told}");
    }
}

#[test]
fn a_comment_that_ignores_nothing_is_found() {
    let workspace = Workspace::new();
    workspace.write(
        "run.sh",
        "# hydrule: ignore[repeated-key, stray-brace] why\npython3 -m my.app a.b=1 a.b=2\n\
         # hydrule: ignore everything\n",
    );
    let run = workspace.hydrule("check run.sh").run();
    assert_eq!(run.code, 1);
    for part in [
        "`stray-brace` finds nothing here",
        "run.sh:1:33",
        "`ignore` names no rule",
        "2 warnings in 1 file (1 suppressed).",
    ] {
        assert!(run.shown().contains(part), "{part}: {}", run.shown());
    }
    // A rule that does not count has nothing to find.
    let line = "check run.sh --ignore stray-brace,unknown-comment";
    assert_eq!(found(&workspace, line), (vec![], 1));
}

/// Lines move; rule, key and launch stay.
#[test]
fn a_baseline_knows_findings_by_what_they_are() {
    let workspace = project();
    let line = "check jobs --baseline known.json";
    let missing = workspace.hydrule(line).run();
    assert_eq!(missing.code, 2, "{}", missing.err);
    assert_eq!(workspace.hydrule(&format!("{line} --accept-new")).run().code, 0);
    assert_eq!(workspace.hydrule(line).run().code, 0);
    let old = workspace.read("jobs/a.sh");
    workspace.write("jobs/a.sh", old.replace("python3", "echo\necho\npython3"));
    assert_eq!(workspace.hydrule(line).run().code, 0);
    workspace.write("jobs/a.sh", format!("{old}python3 -m my.app a.b=3 a.b=4 x.y=1 x.y=2\n"));
    let more = workspace.hydrule(&format!("{line} --output-format json")).run();
    let data: Json = serde_json::from_str(&more.out).unwrap();
    let keys: Vec<&str> =
        data["findings"].as_array().unwrap().iter().map(|it| it["key"].as_str().unwrap()).collect();
    assert_eq!((keys, &data["known"]), (vec!["a.b", "x.y"], &Json::from(2)), "{data:#}");
    workspace.write("jobs/a.sh", "python3 -m my.app a.b=1\n");
    let stale = workspace.hydrule(line).run();
    assert_eq!(stale.code, 0);
    let told = "! The baseline knows what is no more found: jobs/a.sh: repeated-key of `a.b`.\n";
    assert!(stale.err.starts_with(told), "{}", stale.err);
    assert!(stale.err.contains("3 files (1 in the baseline)"), "{}", stale.err);
    // What was not looked at is neither stale nor forgotten.
    let part = workspace.hydrule("check jobs/deep --baseline known.json --accept-new").run();
    assert_eq!(part.code, 0);
    assert!(!part.err.contains("no more"), "{}", part.err);
    assert!(workspace.read("known.json").contains("jobs/a.sh"));
    workspace.hydrule(&format!("{line} --accept-new")).run();
    assert!(!workspace.read("known.json").contains("jobs/a.sh"));
    workspace.write("known.json", "{}");
    assert_eq!(workspace.hydrule(line).run().code, 2);
}

#[test]
fn findings_name_the_page_of_their_rule_where_the_pack_has_such_pages() {
    let pack = |docs: &str| {
        format!(
            "name = \"team\"\nversion = \"1.0.0\"\ndescription = \"ours\"\nextend = [\"verl\"]\n{docs}\n[[require]]\nid = \"small\"\nholds = 'data.train_batch_size < 10'\nfails_at = \"once\"\nmessage = \"too large\"\n"
        )
    };
    let workspace = Workspace::new();
    workspace.write("run.sh", "python3 -m verl.trainer.main_ppo data.train_batch_size=100\n");
    let pages = |docs: &str| -> Vec<(String, Json)> {
        workspace.write("team/pack.toml", pack(docs));
        let run = workspace.hydrule("check run.sh --pack team --output-format sarif").run();
        let report: Json =
            serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}", run.shown()));
        let rules = report["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap().clone();
        let page = |it: &Json| (it["id"].as_str().unwrap().to_owned(), it["helpUri"].clone());
        rules.iter().map(page).collect()
    };
    // The rules of the pack that it extends are another's.
    let found = pages("docs = \"https://wiki.example.org/rules/{rule}.html\"");
    let verls = ("mini-batch-divides-train-batch".to_owned(), Json::Null);
    assert!(found.contains(&verls), "{found:?}");
    assert!(
        found.contains(&("small".to_owned(), "https://wiki.example.org/rules/small.html".into()))
    );
    let one = workspace.hydrule("rule small --pack team").run();
    assert!(one.out.contains("https://wiki.example.org/rules/small.html"), "{}", one.out);
    assert!(pages("").contains(&("small".to_owned(), Json::Null)));
    for wrong in ["https://example.org", "wiki/{rule}", "https://a b/{rule}", ""] {
        workspace.write("team/pack.toml", pack(&format!("docs = {wrong:?}")));
        let run = workspace.hydrule("check run.sh --pack team").run();
        assert_eq!(run.code, 2, "{wrong}: {}", run.shown());
        assert!(run.err.contains("is no address of a rule's page"), "{wrong}: {}", run.err);
    }
}

#[test]
fn sarif_tells_where_a_value_comes_from() {
    let workspace = Workspace::new();
    let script = "export X=\"[1,2\"\npython3 -m my.app a.b=$X\n";
    workspace.write("a dir/run é.sh", script);
    let sarif = |workspace: &Workspace| -> Json {
        let run = workspace.hydrule("check --output-format sarif").run();
        serde_json::from_str(&run.out).unwrap()
    };
    let data = sarif(&workspace);
    let result = &data["runs"][0]["results"][0];
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "a%20dir/run%20%C3%A9.sh");
    assert_eq!(place["region"]["startLine"], 1);
    let flow = result["codeFlows"][0]["threadFlows"][0]["locations"].as_array().unwrap();
    let lines: Vec<u64> = flow
        .iter()
        .map(|it| it["location"]["physicalLocation"]["region"]["startLine"].as_u64().unwrap())
        .collect();
    assert_eq!(lines, [1, 2, 2], "{result:#}");
    let print = result["partialFingerprints"]["hydruleFinding/v1"].clone();
    workspace.write("a dir/run é.sh", format!("#!/bin/bash\n# more\n{script}"));
    assert_eq!(
        sarif(&workspace)["runs"][0]["results"][0]["partialFingerprints"]["hydruleFinding/v1"],
        print
    );
    workspace.write("a dir/run é.sh", "python3 -m my.app a.b=1\n");
    assert_eq!(sarif(&workspace)["runs"][0]["results"], Json::Array(Vec::new()));
}

#[test]
fn junit_has_a_test_for_each_finding_and_each_file_without() {
    let workspace = Workspace::new();
    workspace.write("good.sh", "python3 -m my.app a.b=1\n");
    workspace.write("a&b.sh", "python3 -m my.app \\ \n    a.b='<1\u{7}>'\n");
    workspace.write("latin.sh", b"python3 -m my.app a.b=\xe9\n");
    let run = workspace.hydrule("check --output-format junit good.sh a&b.sh latin.sh").run();
    assert_eq!(run.code, 2);
    snapshot("check", "junit", &run.out);
}

/// A script with two findings of one rule, of which one can be mended, and a note.
const COUNTED: &str = "python3 -m my.app a.b=1 a.b=2 +c.d=1 +c.d={e:2} \"$@\"\n";

#[test]
fn findings_are_counted_by_rule() {
    let workspace = Workspace::new();
    workspace.write("run.sh", COUNTED).write("other.sh", COUNTED);
    let run = workspace.hydrule("check --statistics --quiet").run();
    assert_eq!((run.code, run.err.as_str()), (1, ""));
    let rows: Vec<Vec<&str>> =
        run.out.lines().map(|line| line.split_whitespace().take(3).collect()).collect();
    let data = workspace.hydrule("check --statistics --output-format json").run();
    let data: Json = serde_json::from_str(&data.out).unwrap();
    let counted = data["statistics"].as_array().unwrap();
    assert_eq!(counted.len(), rows.len());
    for (row, counted) in rows.iter().zip(counted) {
        assert_eq!(row[0], counted["count"].to_string());
        assert!(row.contains(&counted["rule"].as_str().unwrap()), "{row:?} {counted}");
    }
    let all = workspace.hydrule("check --output-format json").run();
    let all: Json = serde_json::from_str(&all.out).unwrap();
    let of = |rule: &Json, mended: bool| {
        let findings = all["findings"].as_array().unwrap().iter();
        let of = findings
            .filter(|it| it["rule"] == *rule && (!mended || it["fix"]["applicability"] == "safe"));
        Json::from(of.count())
    };
    for counted in counted {
        assert_eq!(counted["count"], of(&counted["rule"], false), "{counted}");
        assert_eq!(counted["fixable"], of(&counted["rule"], true), "{counted}");
    }
    assert!(rows.iter().any(|it| it[1] == "[+]" || it[1] == "[*]"), "{}", run.out);
    let refused = workspace.hydrule("check --statistics --output-format sarif").run();
    assert_eq!(refused.code, 2, "{}", refused.shown());
}

#[test]
fn gitlab_gets_an_issue_for_each_finding_with_a_mark_of_its_own() {
    let workspace = Workspace::new();
    workspace.write("jobs/run.sh", COUNTED);
    let issues = |above: &str| {
        workspace.write("jobs/run.sh", format!("{above}{COUNTED}{COUNTED}"));
        let run = workspace.hydrule("check ./jobs/run.sh --output-format gitlab").run();
        assert_eq!(run.code, 1, "{}", run.shown());
        let issues: Vec<Json> = serde_json::from_str(&run.out).unwrap();
        issues
    };
    let (issues, moved) = (issues(""), issues("\n\n\n"));
    let prints = |all: &[Json]| -> Vec<String> {
        all.iter().map(|it| it["fingerprint"].as_str().unwrap().to_owned()).collect()
    };
    assert!(issues.len() >= 4);
    assert_eq!(prints(&issues), prints(&moved));
    let single: std::collections::BTreeSet<String> = prints(&issues).into_iter().collect();
    assert_eq!(single.len(), issues.len());
    for (issue, moved) in issues.iter().zip(&moved) {
        let line = |it: &Json| it["location"]["lines"]["begin"].as_u64().unwrap();
        assert_eq!(
            (&issue["location"]["path"], line(moved) - line(issue)),
            (&"jobs/run.sh".into(), 3)
        );
        let severity = issue["severity"].as_str().unwrap();
        assert!(["info", "minor", "major"].contains(&severity), "{issue}");
    }
}

#[test]
fn a_quiet_run_tells_what_is_found_what_is_wrong_and_what_is_written() {
    let workspace = Workspace::new();
    workspace.write("run.sh", COUNTED);
    let loud = workspace.hydrule("check run.sh").run();
    let quiet = workspace.hydrule("check run.sh -q").run();
    assert_eq!((quiet.code, &quiet.out, quiet.err.as_str()), (1, &loud.out, ""));
    assert!(!loud.err.is_empty());
    let gone = workspace.hydrule("-q check gone.sh").run();
    assert!(gone.code == 2 && gone.err.contains("gone.sh"), "{}", gone.shown());
    let beside = workspace.hydrule("check - --fix -q").input(COUNTED).run();
    assert!(beside.err.contains("c.d") && !beside.err.contains("fixed"), "{}", beside.shown());
    let fixed = workspace.hydrule("check run.sh --fix -q").run();
    assert!(fixed.err.contains("Wrote 1 file: run.sh."), "{}", fixed.shown());
    assert_eq!(fixed.err.lines().count(), 1, "{}", fixed.shown());
}

/// A pack in `rules/` whose one requirement wants the batch to be shared out evenly.
fn with_local_pack() -> Workspace {
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
fn every_job_of_a_launch_is_judged() {
    let workspace = with_local_pack();
    let check = |script: &str| {
        workspace.write("run.sh", script);
        workspace.hydrule("check run.sh --pack rules/even --output-format concise").run()
    };
    let swept = check("python3 -m even.train -m total=64 each=4,6 gpus=8\n");
    assert_eq!(swept.code, 1, "{}", swept.shown());
    assert!(swept.out.contains("no multiple of 48, in the job with each=6"), "{}", swept.out);
    let rounds = check("for b in 4 6; do\npython3 -m even.train total=64 each=$b gpus=8\ndone\n");
    assert_eq!(rounds.code, 1, "{}", rounds.shown());
    assert!(rounds.out.contains("no multiple of 48, in the job with each=6"), "{}", rounds.out);
    let sound = check("for b in 4 8; do\npython3 -m even.train total=64 each=$b gpus=8\ndone\n");
    assert_eq!(sound.code, 0, "{}", sound.shown());
    assert!(!sound.err.contains("not judged"), "{}", sound.err);
    let untold = check("python3 -m even.train total=64 each=4 gpus=$SLURM_GPUS_ON_NODE\n");
    assert_eq!(untold.code, 0, "{}", untold.shown());
    assert!(
        untold.err.contains("1 requirement was not judged: `gpus` is not known"),
        "{}",
        untold.err
    );
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
