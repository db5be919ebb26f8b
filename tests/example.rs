//! The example that ships, from its log to the changed script, by every way of applying it.

use std::fs;

use crate::support::{Output, Run, Workspace, root, snapshot};

const FILES: &str = "run_grpo.sh submit_grpo.slurm --log slurm-4242.err";

fn rewrite(workspace: &Workspace, more: &str) -> Output {
    workspace.hydrule(&format!("rewrite {FILES} {more}")).run()
}

/// The key and value of every override that differs.
fn changed(before: &[String], after: &[String]) -> Vec<String> {
    after.iter().filter(|word| !before.contains(word)).cloned().collect()
}

fn launched(workspace: &Workspace) -> Vec<String> {
    let launches = workspace.launches("submit_grpo.slurm", &["--dataset", "diamonds-seed0"]);
    assert_eq!(launches.len(), 1);
    launches[0].clone()
}

#[test]
fn the_report() {
    let output = rewrite(&Workspace::example(), "");
    assert_eq!(output.code, 1);
    snapshot("example", "report", &output.shown());
}

#[test]
fn the_report_as_data() {
    let output = rewrite(&Workspace::example(), "--output-format json");
    assert_eq!(output.code, 1);
    let json: serde_json::Value = serde_json::from_str(&output.out).unwrap();
    assert_eq!(json["steps"][0]["option"], "smaller-log-prob-micro-batch");
    assert_eq!(json["failure"]["facts"]["tried"]["value"], 18_962_280_612_i64);
    snapshot("example", "report-json", &output.out);
}

#[test]
fn every_rule_is_explained() {
    let output = Workspace::example().hydrule(&format!("explain {FILES}")).run();
    assert_eq!(output.code, 0);
    snapshot("example", "explain", &output.shown());
}

#[test]
fn the_log_ran_what_the_scripts_pass() {
    let workspace = Workspace::example();
    let words = launched(&workspace);
    let log = workspace.read("slurm-4242.err");
    let list = log.lines().find_map(|line| line.split_once("with overrides: ")).unwrap().1;
    for word in &words[2..] {
        let shown = word.replace('\\', "\\\\");
        assert!(
            list.contains(&format!("'{shown}'")) || list.contains(&format!("\"{shown}\"")),
            "{word}"
        );
    }
}

#[test]
fn git_applies_the_diff() {
    let workspace = Workspace::example();
    Run::program("git").args(["init", "-q"]).at(workspace.path()).run();
    let output = rewrite(&workspace, "--only halve-train-batch,more-gpus");
    let applied =
        Run::program("git").args(["apply", "-"]).at(workspace.path()).input(output.out).run();
    assert_eq!(applied.code, 0, "{}", applied.err);
    assert!(workspace.read("submit_grpo.slurm").contains("--gres=gpu:8"));
    assert!(workspace.read("run_grpo.sh").contains("trainer.n_gpus_per_node=8"));
    assert!(workspace.read("run_grpo.sh").contains("${TRAIN_BATCH_SIZE:-512}"));
}

#[test]
fn bash_passes_exactly_the_change() {
    let workspace = Workspace::example();
    let before = launched(&workspace);
    let output = rewrite(&workspace, "--write");
    assert_eq!(output.code, 0, "{}", output.err);
    let wanted = ["actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=8"];
    assert_eq!(changed(&before, &launched(&workspace)), wanted);
}

/// The five changes that were made by hand when this failure was first met.
const SEED: [(&str, &str, &str); 5] = [
    ("data.train_batch_size", "1024", "512"),
    ("actor_rollout_ref.actor.ppo_mini_batch_size", "256", "128"),
    ("actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu", "32", "16"),
    ("actor_rollout_ref.actor.fsdp_config.param_offload", "False", "True"),
    ("actor_rollout_ref.actor.fsdp_config.optimizer_offload", "False", "True"),
];

const SEED_IDS: &str =
    "halve-train-batch,halve-mini-batch,halve-micro-batch,offload-params,offload-optimizer";

#[test]
fn the_seeds_table_is_reproduced() {
    let workspace = Workspace::example();
    let before = launched(&workspace);
    for (key, old, _) in SEED {
        assert!(before.contains(&format!("{key}={old}")), "{key}");
    }
    let output = rewrite(&workspace, &format!("--only {SEED_IDS} --write"));
    assert_eq!(output.code, 0, "{}", output.err);
    let mut now = changed(&before, &launched(&workspace));
    now.sort();
    let mut wanted: Vec<String> = SEED.iter().map(|(key, _, new)| format!("{key}={new}")).collect();
    wanted.sort();
    assert_eq!(now, wanted);
    snapshot("example", "seed", &output.shown());
}

#[test]
fn the_seeds_options_follow() {
    let workspace = Workspace::example();
    rewrite(&workspace, &format!("--only {SEED_IDS} --write"));
    let steps: [(&str, &[&str]); 4] = [
        (
            "halve-all-batches",
            &[
                "data.train_batch_size=256",
                "actor_rollout_ref.actor.ppo_mini_batch_size=64",
                "actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu=8",
            ],
        ),
        ("less-memory-for-rollout", &["actor_rollout_ref.rollout.gpu_memory_utilization=0.4"]),
        ("shorter-responses", &["data.max_response_length=512"]),
        ("more-gpus", &["trainer.n_gpus_per_node=8"]),
    ];
    for (id, wanted) in steps {
        let before = launched(&workspace);
        let output = rewrite(&workspace, &format!("--only {id} --write"));
        assert_eq!(output.code, 0, "{id}: {}", output.err);
        assert_eq!(changed(&before, &launched(&workspace)), wanted, "{id}");
    }
    assert!(workspace.read("submit_grpo.slurm").contains("--gres=gpu:8"));
}

/// Writes the log that the changed scripts would leave if they failed in the same way.
fn fail_again(workspace: &Workspace) {
    let words = launched(workspace);
    let list: Vec<String> = words[2..]
        .iter()
        .map(|word| format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\"")))
        .collect();
    let log = workspace.read("slurm-4242.err");
    let lines: Vec<String> = log
        .split_inclusive('\n')
        .map(|line| match line.split_once("with overrides: ") {
            Some((start, _)) => format!("{start}with overrides: [{}]\n", list.join(", ")),
            None => line.to_owned(),
        })
        .collect();
    workspace.write("slurm-4242.err", lines.concat());
}

#[test]
fn the_ladder_goes_down_to_its_end() {
    let workspace = Workspace::example();
    let mut walked = String::new();
    for _ in 0..40 {
        let json = rewrite(&workspace, "--unsafe --output-format json");
        let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
        let Some(step) = json["steps"].get(0) else { break };
        walked.push_str(&format!("{}\n", step["option"].as_str().unwrap()));
        for change in step["changes"].as_array().unwrap() {
            let text = |name: &str| change[name].as_str().unwrap_or("-").to_owned();
            walked.push_str(&format!("    {} → {}\n", text("before"), text("after")));
        }
        let before = launched(&workspace);
        let output = rewrite(&workspace, "--unsafe --write");
        assert_eq!(output.code, 0, "{}", output.err);
        assert_ne!(before, launched(&workspace), "{walked}");
        fail_again(&workspace);
    }
    let output = rewrite(&workspace, "--unsafe");
    assert_eq!(output.code, 0, "the ladder has an end\n{walked}");
    snapshot("example", "ladder", &walked);
}

#[test]
fn a_plan_applied_twice_changes_nothing_more() {
    let workspace = Workspace::example();
    let only = "--only offload-optimizer,offload-params --write";
    assert_eq!(rewrite(&workspace, only).code, 0);
    let once = workspace.read("run_grpo.sh");
    assert_eq!(rewrite(&workspace, only).code, 0);
    assert_eq!(workspace.read("run_grpo.sh"), once);
}

#[test]
fn unsafe_steps_are_not_written_unasked() {
    let workspace = Workspace::example();
    let before = workspace.read("run_grpo.sh");
    let output = rewrite(&workspace, "--steps 30 --write");
    assert_eq!(output.code, 2);
    assert_eq!(workspace.read("run_grpo.sh"), before);
    snapshot("example", "unsafe", &output.err);
}

#[test]
fn plain_overrides_are_rewritten_to_stdout() {
    let workspace = Workspace::example();
    let words = launched(&workspace);
    let output = workspace.hydrule("rewrite --log slurm-4242.err --").args(&words[2..]).run();
    assert_eq!(output.code, 1);
    let lines: Vec<String> = output.out.lines().map(str::to_owned).collect();
    assert_eq!(
        changed(&words[2..], &lines),
        ["actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=8"]
    );
    assert_eq!(lines.len(), words.len() - 2);
}

#[test]
fn the_scripts_are_shown() {
    let output = Workspace::example().hydrule("show run_grpo.sh submit_grpo.slurm").run();
    assert_eq!(output.code, 0);
    snapshot("example", "show", &output.shown());
}

#[test]
fn nothing_is_written_without_being_asked() {
    let workspace = Workspace::example();
    let names = ["run_grpo.sh", "submit_grpo.slurm"];
    let before: Vec<String> = names.iter().map(|name| workspace.read(name)).collect();
    rewrite(&workspace, "");
    rewrite(&workspace, "--output-format json");
    let after: Vec<String> = names.iter().map(|name| workspace.read(name)).collect();
    assert_eq!(before, after);
    let shipped = fs::read_to_string(root().join("examples/verl-oom/run_grpo.sh")).unwrap();
    assert_eq!(before[0], shipped);
}

#[test]
fn wishes_of_the_user_are_kept() {
    let workspace = Workspace::example();
    let step = |more: &str| -> String {
        let json = rewrite(&workspace, &format!("{more} --output-format json")).out;
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        json["steps"][0]["option"].as_str().unwrap_or("none").to_owned()
    };
    assert_eq!(step("--only shorter-responses"), "shorter-responses");
    assert_eq!(step("--only shorter-responses --preserve response-length"), "none");
    assert_eq!(step("--only halve-train-batch --preserve global-batch"), "none");
    // Without the Slurm script nothing tells whether the GPUs are granted, before the step or after.
    let strict = workspace.hydrule("rewrite run_grpo.sh --log slurm-4242.err --strict").run();
    assert_eq!(strict.code, 1, "{}", strict.out);
    assert!(strict.out.contains("smaller-log-prob-micro-batch"), "{}", strict.out);
    let failed =
        workspace.hydrule("rewrite run_grpo.sh --log slurm-4242.err --on-unknown=fail").run();
    assert_eq!(failed.code, 2);
    assert!(failed.err.contains("$sbatch") || failed.err.contains("$model"), "{}", failed.err);
    let wrong = rewrite(&workspace, "--preserve global-bach");
    assert!(wrong.err.contains("did you mean `global-batch`"), "{}", wrong.err);
}

#[test]
fn a_base_configuration_tells_what_the_pack_does_not_know() {
    let workspace = Workspace::new();
    let pack = "name = \"team\"\nversion = \"1\"\ndescription = \"ours\"\n[[require]]\nid = \"even\"\nholds = 'model.width % model.heads == 0'\nfails_at = \"start-up\"\nmessage = \"{model.width} is no multiple of {model.heads}\"\n";
    workspace.write("pack.toml", pack);
    workspace.write("base.yaml", "model:\n  width: ${model.unit}\n  unit: 96\n  heads: 8\n");
    workspace.write("run.sh", "python3 -m app model.heads=7 model.unit=96\n");
    let without = workspace.hydrule("explain run.sh --pack pack.toml").run();
    assert!(without.out.contains("? even  model.width"), "{}", without.out);
    let with = workspace.hydrule("explain run.sh --pack pack.toml --config base.yaml").run();
    assert!(with.out.contains("✗ even  96 is no multiple of 7"), "{}", with.out);
    let whole = workspace.hydrule("explain run.sh --pack pack.toml --config base.yaml --rule even");
    let whole = whole.run().out;
    assert!(whole.contains("model.width is 96, base.yaml:2"), "{whole}");
}

#[test]
fn a_requirement_is_judged_through_a_launchs_own_interpolation() {
    let workspace = Workspace::new();
    let pack = "name = \"team\"\nversion = \"1\"\ndescription = \"ours\"\n[[option]]\nid = \"halve\"\ntitle = \"Halve\"\nwhen = 'a.size > 1'\nrewrite = ['a.size := it / 2']\nrelieves = []\nloads = []\nchanges = \"speed\"\ncost = {}\nsafety = \"safe\"\nwhy = \"w\"\nsource = \"s\"\n[[require]]\nid = \"large\"\nholds = 'b.size >= 8'\nfails_at = \"start-up\"\nmessage = \"{b.size} is too small\"\n";
    workspace.write("pack.toml", pack);
    workspace.write("run.sh", "python3 -m app a.size=8 'b.size=${a.size}'\n");
    let output = workspace.hydrule("rewrite run.sh --pack pack.toml --only halve").run();
    assert_eq!(output.code, 0, "{}", output.out);
}
