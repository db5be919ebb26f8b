//! Run folders of Hydra and configurations in YAML as a job's files.

use std::fs;

use crate::support::{Workspace, snapshot};

const HYDRA: &str = "\
hydra:
  mode: RUN
  overrides:
    hydra:
    - hydra.mode=RUN
    task:
    - unread
  job:
    name: main_ppo
    config_name: ppo_trainer
  runtime:
    cwd: /work
    config_sources:
    - path: hydra.conf
      schema: pkg
      provider: hydra
    - path: /opt/verl/trainer/config
      schema: file
      provider: main
    - path: /opt/more
      schema: file
      provider: command-line
    choices:
      actor: fsdp
";

const CONFIG: &str = "\
actor: {kind: fsdp}
data: {train_batch_size: 1024, extra: 3}
actor_rollout_ref:
  actor: {ppo_mini_batch_size: 256}
  rollout: {log_prob_micro_batch_size_per_gpu: 32, log_prob_use_dynamic_bsz: false, n: 5}
";

const OVERRIDES: &str = "\
- data.train_batch_size=1024
- +data.extra=3
- ~data.gone
- actor=fsdp
- actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=32
- '+data.text=\"a b: #c\"'
";

fn run(workspace: &Workspace, name: &str, overrides: &str) {
    let folder = workspace.path().join(name).join(".hydra");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("overrides.yaml"), overrides).unwrap();
    fs::write(folder.join("hydra.yaml"), HYDRA).unwrap();
    fs::write(folder.join("config.yaml"), CONFIG).unwrap();
}

const COMMAND: &str = "python3 -m verl.trainer.main_ppo --config-name=ppo_trainer --config-dir=/opt/more \
     data.train_batch_size=1024 +data.extra=3 '~data.gone' actor=fsdp \
     actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=SIZE '+data.text=\"a b: #c\"'\n";

#[test]
fn a_run_folder_gives_the_next_command_line() {
    let workspace = Workspace::example();
    run(&workspace, "run", OVERRIDES);
    let output = workspace.hydrule("rewrite run --log slurm-4242.err").run();
    assert_eq!((output.code, output.out.as_str()), (1, COMMAND.replace("SIZE", "8").as_str()));
    let named = output.err.contains("run/.hydra/overrides.yaml:5");
    assert!(named, "{}", output.err);

    // The job's own log is read where none is given.
    let log = workspace.read("slurm-4242.err");
    fs::write(workspace.path().join("run/main_ppo.log"), log).unwrap();
    let output = workspace.hydrule("rewrite run --output-format json").run();
    let json: serde_json::Value = serde_json::from_str(&output.out).unwrap();
    assert_eq!(json["command"], COMMAND.replace("SIZE", "8").trim_end());
    assert_eq!(json["overrides"][0], "data.train_batch_size=1024");
    assert_eq!(workspace.hydrule("explain run/.hydra").run().code, 0);

    let output = workspace.hydrule("rewrite run --write").run();
    assert_eq!(output.code, 2);
}

#[test]
fn a_run_folder_is_shown_and_set() {
    let workspace = Workspace::new();
    run(&workspace, "run", OVERRIDES);
    let mut shown = String::new();
    for line in [
        "show run",
        "show run --output-format json",
        "set run data.extra=4 data.new=1 ~actor",
        "set run data.extra=3",
        "set run a=1 --write",
        "rewrite run",
    ] {
        shown.push_str(&format!("# {line}\n{}", workspace.hydrule(line).run().shown()));
    }
    snapshot("run-folders", "one", &shown);
}

#[test]
fn a_multirun_has_many_jobs_and_strange_folders_none() {
    let workspace = Workspace::example();
    for (job, lr) in [("0", "1"), ("1", "2"), ("2", "3"), ("10", "4")] {
        run(&workspace, &format!("multi/{job}"), &format!("- lr={lr}\n"));
    }
    fs::create_dir_all(workspace.path().join("empty/.hydra")).unwrap();
    run(&workspace, "odd", "- 1\n- [a]\n");
    run(&workspace, "wrong", "- a==\n");
    run(&workspace, "map", "a: 1\n");
    run(&workspace, "none", "[]\n");
    let mut shown = String::new();
    for line in [
        "rewrite multi",
        "set multi lr=5 --launch 4",
        "set multi lr=5 --launch 5",
        "rewrite empty",
        "rewrite multi run_grpo.sh",
        "show odd",
        "show wrong",
        "show map",
        "show none",
    ] {
        shown.push_str(&format!("# {line}\n{}", workspace.hydrule(line).run().shown()));
    }
    snapshot("run-folders", "many", &shown);

    // The only job whose log shows a failure is the one that is meant.
    let log = workspace.read("slurm-4242.err");
    fs::write(workspace.path().join("multi/2/main_ppo.log"), log).unwrap();
    let output = workspace.hydrule("rewrite multi").run();
    assert!(output.err.contains("multi/2: main_ppo"), "{}", output.err);
}

const YAML: &str = "\
data:
  train_batch_size: 1024
actor_rollout_ref:
  rollout:
    # forward passes
    log_prob_micro_batch_size_per_gpu: 32   # a GPU
    n: 5
";

#[test]
fn a_configuration_among_the_files_is_changed_in_place() {
    let workspace = Workspace::example();
    workspace.write("ppo.yaml", YAML);
    let rewrite = "ppo.yaml --log slurm-4242.err --only smaller-log-prob-micro-batch";
    let output = workspace.hydrule(&format!("rewrite {rewrite}")).run();
    assert_eq!(output.code, 1);
    snapshot("run-folders", "yaml", &output.shown());
    assert_ne!(workspace.hydrule(&format!("rewrite {rewrite} --write")).run().code, 2);
    let after = YAML.replace("32   #", "8   #");
    assert_eq!(workspace.read("ppo.yaml"), after);

    // A launch wins where it sets the key; what only the file sets is changed there.
    let launch = "python3 -m verl.trainer.main_ppo config=ppo.yaml data.train_batch_size=512\n";
    workspace.write("ppo.yaml", YAML).write("run.sh", launch);
    let both = "--only smaller-log-prob-micro-batch,halve-train-batch --write";
    let line = format!("rewrite run.sh ppo.yaml --log slurm-4242.err {both}");
    let output = workspace.hydrule(&line).run();
    assert_ne!(output.code, 2, "{}", output.err);
    assert_eq!(workspace.read("ppo.yaml"), after);
    assert_eq!(workspace.read("run.sh"), launch.replace("512", "256"));

    // Where the file refuses, the launch gets an override.
    let shared = YAML.replace(": 32", ": &size 32").replace("    n: 5", "    n: 5\n    m: *size");
    workspace.write("ppo.yaml", &shared).write("run.sh", launch);
    let line =
        "rewrite run.sh ppo.yaml --log slurm-4242.err --only smaller-log-prob-micro-batch --write";
    let output = workspace.hydrule(line).run();
    assert_ne!(output.code, 2, "{}", output.err);
    assert!(output.out.contains("ppo.yaml is left as it is"), "{}", output.out);
    assert!(workspace.read("run.sh").contains("log_prob_micro_batch_size_per_gpu=8"));
    assert_eq!(workspace.read("ppo.yaml"), shared);

    let output = workspace.hydrule("rewrite run.sh").run();
    assert!(output.out.contains("give that file as well"), "{}", output.out);
    assert_eq!(workspace.hydrule("rewrite ppo.yaml --config ppo.yaml").run().code, 2);
    assert_eq!(workspace.hydrule("show ppo.yaml").run().code, 0);
}
