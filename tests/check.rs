//! `hydrule check`: what is found in scripts, and what is left alone.

use serde_json::Value as Json;

use crate::check_files::with_local_pack;
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
