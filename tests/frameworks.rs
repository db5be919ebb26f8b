//! The packs of frameworks other than verl: what each answers, what it finds, and what it leaves alone.

use serde_json::Value as Json;

use crate::support::Workspace;

/// The message of PyTorch, without what does not matter here.
const OOM: &str = "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 6.25 GiB. GPU 0 has a \
                   total capacity of 79.10 GiB of which 1.02 GiB is free.\n";

/// Writes a log that ends in a frame and a message.
fn died(frames: &[&str], message: &str) -> String {
    let mut log = String::from("Traceback (most recent call last):\n");
    for (number, frame) in frames.iter().enumerate() {
        log.push_str(&format!("  File \"/opt/app/step.py\", line {}, in {frame}\n", 40 + number));
    }
    log + message
}

/// A launch, what its log shows, and the option that answers first.
type Answer = (&'static str, &'static str, &'static [&'static str], &'static str);

/// Returns the JSON that a command prints for the scripts of a workspace.
fn json(workspace: &Workspace, line: &str) -> Json {
    let output = workspace.hydrule(&format!("{line} --output-format json")).run();
    serde_json::from_str(&output.out).unwrap_or_else(|_| panic!("{line}: {}", output.err))
}

fn answers(pack: &str, launch: &str, yaml: Option<&str>, cases: &[Answer]) {
    for (name, more, frames, wanted) in cases {
        let workspace = Workspace::new();
        workspace.write("run.sh", format!("{launch} {more}\n"));
        workspace.write("job.log", died(frames, OOM));
        let mut line = "rewrite run.sh --log job.log".to_owned();
        if let Some(yaml) = yaml {
            workspace.write("config.yaml", yaml);
            line.push_str(" config.yaml");
        }
        let plan = json(&workspace, &line);
        assert_eq!(plan["pack"]["name"], pack, "{pack}, {name}");
        assert_eq!(plan["steps"][0]["option"], *wanted, "{pack}, {name}: {}", plan["failure"]);
    }
}

/// Lists the requirements that a launch breaks.
fn broken(launch: &str, yaml: Option<&str>, more: &str) -> Vec<String> {
    let workspace = Workspace::new();
    workspace.write("run.sh", format!("{launch} {more}\n"));
    let mut line = "rewrite run.sh".to_owned();
    if let Some(yaml) = yaml {
        workspace.write("config.yaml", yaml);
        line.push_str(" config.yaml");
    }
    let plan = json(&workspace, &line);
    let all = plan["requirements"].as_array().unwrap().iter();
    let broken = all.filter(|it| it["status"] == "broken");
    broken.map(|it| it["id"].as_str().unwrap().to_owned()).collect()
}

fn finds(launch: &str, yaml: Option<&str>, cases: &[(&str, &[&str])]) {
    for (more, wanted) in cases {
        assert_eq!(broken(launch, yaml, more), *wanted, "{launch} {more}");
    }
}

const NEMO: &str = "uv run examples/run_grpo.py cluster.gpus_per_node=8";

#[test]
fn nemo_rl_is_answered() {
    let cases: [Answer; 6] = [
        ("log-probs", "", &["get_logprobs"], "smaller-log-prob-batch"),
        (
            "log-probs one by one",
            "policy.logprob_batch_size=1",
            &["get_logprobs"],
            "chunk-log-probs",
        ),
        (
            "the reference",
            "",
            &["get_reference_policy_logprobs", "get_logprobs"],
            "smaller-log-prob-batch",
        ),
        ("the update", "", &["train", "automodel_forward_backward"], "smaller-micro-batch"),
        (
            "the update, at its floor",
            "policy.train_micro_batch_size=1",
            &["train", "automodel_forward_backward"],
            "checkpoint-activations",
        ),
        ("refit", "", &["refit_policy_generation"], "offload-to-host"),
    ];
    answers("nemo-rl", NEMO, None, &cases);
}

/// What judges the metrics of a run gets a file and words that are no overrides.
#[test]
fn a_program_that_takes_other_words_is_no_launch() {
    let workspace = Workspace::new();
    let launch = "uv run examples/run_grpo.py cluster.gpus_per_node=8";
    let judge = r#"uv run tests/metrics.py "$out" 'mean(data["loss"]) < 0.5'"#;
    workspace.write("run.sh", format!("out=$(mktemp --suffix=.json)\n{launch}\n{judge}\n"));
    let found = json(&workspace, "check run.sh");
    assert!(found["findings"].as_array().unwrap().is_empty(), "{found}");
}

#[test]
fn nemo_rl_is_checked() {
    finds(
        NEMO,
        None,
        &[
            ("policy.train_global_batch_size=256 grpo.num_prompts_per_step=64", &[]),
            ("policy.megatron_cfg.enabled=true", &["one-training-backend"]),
            ("policy.train_global_batch_size=100", &["global-batch-divides-over-ranks"]),
            ("policy.dynamic_batching.enabled=true", &["packing-excludes-dynamic-batches"]),
            ("policy.generation.colocated.enabled=false", &["generation-has-gpus"]),
            ("policy.generation.vllm_cfg.tensor_parallel_size=3", &["engines-divide-gpus"]),
        ],
    );
}

/// What the configuration says is not known until it is given.
#[test]
fn a_configuration_that_is_not_given_leaves_values_unknown() {
    let workspace = Workspace::new();
    let launch =
        "uv run examples/run_grpo.py --config my.yaml policy.dynamic_batching.enabled=true\n";
    workspace.write("run.sh", launch);
    let plan = json(&workspace, "rewrite run.sh");
    let all = plan["requirements"].as_array().unwrap();
    assert!(all.iter().all(|it| it["status"] != "broken"), "{all:?}");
    assert!(plan["remarks"][0].as_str().unwrap().contains("--config my.yaml"));
    workspace.write("my.yaml", "policy:\n  sequence_packing:\n    enabled: true\n");
    let plan = json(&workspace, "rewrite run.sh my.yaml");
    let all = plan["requirements"].as_array().unwrap();
    let broken = all.iter().find(|it| it["status"] == "broken").unwrap();
    assert_eq!(broken["id"], "packing-excludes-dynamic-batches");
}

const SKYRL: &str = "uv run -m skyrl.train.entrypoints.main_base \
                     trainer.placement.policy_num_gpus_per_node=4 \
                     generator.inference_engine.num_engines=4 \
                     trainer.micro_train_batch_size_per_gpu=8 trainer.micro_forward_batch_size_per_gpu=8";

#[test]
fn skyrl_is_answered() {
    let cases: [Answer; 6] = [
        ("log-probs", "", &["forward", "_forward_micro_batch"], "smaller-forward-micro-batch"),
        ("the update", "", &["forward_backward"], "smaller-train-micro-batch"),
        (
            "the update without checkpointing",
            "trainer.gradient_checkpointing=false",
            &["forward_backward"],
            "checkpoint-activations",
        ),
        (
            "the update, counted in tokens",
            "trainer.max_tokens_per_microbatch=8192",
            &["forward_backward"],
            "fewer-tokens-per-micro-batch",
        ),
        ("weight sync", "", &["extract_weights"], "smaller-weight-batches"),
        ("the optimizer", "", &["optim_step"], "offload-policy"),
    ];
    answers("skyrl", SKYRL, None, &cases);
}

#[test]
fn skyrl_is_checked() {
    finds(
        SKYRL,
        None,
        &[
            ("trainer.train_batch_size=512", &[]),
            ("trainer.algorithm.use_kl_in_reward=true", &["one-kl-term"]),
            (
                "generator.inference_engine.tensor_parallel_size=2",
                &["engines-fill-the-policy-gpus"],
            ),
            ("trainer.micro_train_batch_size_per_gpu=7", &["micro-batch-divides-mini-batch"]),
            ("trainer.fused_lm_head_logprob=true", &["fused-log-probs-need-megatron"]),
        ],
    );
}

const EASYR1: &str = "python3 -m verl.trainer.main config=config.yaml trainer.n_gpus_per_node=8";
const EASYR1_YAML: &str = "data:\n  rollout_batch_size: 512\n  max_response_length: 2048\nworker:\n  \
                           actor:\n    global_batch_size: 128\n    \
                           micro_batch_size_per_device_for_update: 4\n    \
                           micro_batch_size_per_device_for_experience: 16\n  rollout:\n    n: 5\n";

#[test]
fn easyr1_is_answered() {
    let cases: [Answer; 5] = [
        ("log-probs", "", &["compute_log_probs"], "smaller-experience-micro-batch"),
        ("the reference", "", &["compute_ref_log_probs"], "smaller-experience-micro-batch"),
        ("the update", "", &["update_actor"], "smaller-update-micro-batch"),
        (
            "the update, at its floor",
            "worker.actor.micro_batch_size_per_device_for_update=1",
            &["update_policy"],
            "ref-on-the-host",
        ),
        ("weight sync", "", &["load_vllm_and_sync_weights"], "offload-optimizer"),
    ];
    answers("easyr1", EASYR1, Some(EASYR1_YAML), &cases);
}

#[test]
fn easyr1_is_changed_in_its_yaml() {
    let workspace = Workspace::new();
    workspace.write("run.sh", format!("{EASYR1}\n")).write("config.yaml", EASYR1_YAML);
    workspace.write("job.log", died(&["update_actor"], OOM));
    let run = workspace.hydrule("rewrite run.sh config.yaml --log job.log --write").run();
    assert_eq!(run.code, 0, "{}", run.err);
    let wanted = EASYR1_YAML.replace("for_update: 4", "for_update: 2");
    assert_eq!(workspace.read("config.yaml"), wanted);
    assert_eq!(workspace.read("run.sh"), format!("{EASYR1}\n"));
}

#[test]
fn easyr1_is_checked() {
    finds(
        EASYR1,
        Some(EASYR1_YAML),
        &[
            ("worker.rollout.max_num_batched_tokens=16384", &[]),
            ("worker.rollout.n=1", &["groups-have-several-responses"]),
            (
                "worker.actor.global_batch_size=100",
                &["global-batch-divides-rollout-batch", "update-micro-batch-divides-global-batch"],
            ),
            ("worker.rollout.tensor_parallel_size=3", &["rollout-divides-gpus"]),
        ],
    );
}

const LEGACY: &str = "python3 -m verl.trainer.main_ppo trainer.n_gpus_per_node=4 \
                      critic.ppo_micro_batch_size=32 actor_rollout_ref.actor.ppo_micro_batch_size=32";

#[test]
fn the_first_versions_of_verl_are_answered() {
    let packed = "actor_rollout_ref.model.use_remove_padding=True \
                  actor_rollout_ref.model.enable_gradient_checkpointing=True";
    let cases: [Answer; 5] = [
        ("log-probs", "", &["compute_log_prob"], "pack-sequences"),
        ("log-probs, packed", packed, &["compute_log_prob"], "smaller-log-prob-micro-batch"),
        ("the update", "", &["update_policy"], "checkpoint-activations"),
        ("the update, packed", packed, &["update_policy"], "smaller-micro-batch"),
        ("the critic", "", &["update_critic"], "checkpoint-critic-activations"),
    ];
    answers("verl-legacy", LEGACY, None, &cases);
}

#[test]
fn the_first_versions_of_verl_are_checked() {
    finds(
        LEGACY,
        None,
        &[
            ("data.train_batch_size=256", &[]),
            ("data.train_batch_size=1022", &["train-batch-divides-over-gpus"]),
            ("actor_rollout_ref.actor.ppo_micro_batch_size=2", &["micro-batch-reaches-every-gpu"]),
            ("actor_rollout_ref.rollout.enforce_eager=False", &["free-cache-needs-eager-mode"]),
        ],
    );
}

const LIGHTNING: &str = "python src/train.py trainer.devices=4 trainer.accelerator=gpu data.batch_size=256 \
                         data.num_workers=8";

#[test]
fn lightning_is_answered() {
    let cases: [Answer; 3] = [
        (
            "training",
            "",
            &["optimizer_step", "step", "training_step"],
            "halve-batch-and-accumulate",
        ),
        ("validation", "", &["validation_step"], "halve-batch-and-accumulate"),
        ("the optimizer", "trainer.strategy=ddp", &["_init_group"], "shard-optimizer"),
    ];
    answers("lightning", LIGHTNING, None, &cases);
}

#[test]
fn lightning_keeps_the_samples_of_a_step() {
    let workspace = Workspace::new();
    workspace.write("run.sh", format!("{LIGHTNING}\n"));
    workspace.write("job.log", died(&["training_step"], OOM));
    let plan = json(&workspace, "rewrite run.sh --log job.log");
    let changes: Vec<&str> = plan["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["after"].as_str().unwrap())
        .collect();
    assert_eq!(changes, ["data.batch_size=128", "++trainer.accumulate_grad_batches=2"]);
    let effective = plan["invariants"].as_array().unwrap();
    let effective = effective.iter().find(|it| it["id"] == "effective-batch").unwrap();
    assert_eq!(effective["effect"], "preserved", "{effective}");
    workspace.write(
        "job.log",
        "RuntimeError: DataLoader worker (pid 77) is killed by signal: Killed.\n",
    );
    let plan = json(&workspace, "rewrite run.sh --log job.log");
    assert_eq!(plan["steps"][0]["option"], "fewer-loader-workers");
}

/// The template's trainer has no such key, and Hydra refuses to change what is not there.
#[test]
fn lightning_adds_what_the_trainer_may_lack() {
    let accumulated = |launch: &str, config: Option<&str>| {
        let workspace = Workspace::new();
        workspace.write("run.sh", format!("{LIGHTNING} {launch}\n"));
        workspace.write("job.log", died(&["training_step"], OOM));
        let mut line = "rewrite run.sh --log job.log".to_owned();
        if let Some(config) = config {
            workspace.write("whole.yaml", config);
            line.push_str(" --config whole.yaml");
        }
        let plan = json(&workspace, &line);
        let changes = plan["changes"].as_array().unwrap().iter();
        let after: Vec<&str> = changes.map(|it| it["after"].as_str().unwrap()).collect();
        after[1].to_owned()
    };
    let data = "data: {batch_size: 64, num_workers: 2}";
    let trainer = "devices: 1, accelerator: cpu, max_epochs: 3, strategy: auto";
    let lacks = format!("{data}\ntrainer: {{{trainer}}}\n");
    let has = format!("{data}\ntrainer: {{{trainer}, accumulate_grad_batches: 4}}\n");
    assert_eq!(accumulated("", None), "++trainer.accumulate_grad_batches=2");
    assert_eq!(accumulated("", Some(&lacks)), "++trainer.accumulate_grad_batches=2");
    assert_eq!(accumulated("", Some(&has)), "trainer.accumulate_grad_batches=8");
    let before = "+trainer.accumulate_grad_batches=3";
    assert_eq!(accumulated(before, None), "+trainer.accumulate_grad_batches=6");
}

/// An experiment may set anything, so that nothing is known without the configuration it makes.
#[test]
fn lightning_guesses_nothing_behind_an_experiment() {
    let workspace = Workspace::new();
    workspace.write(
        "run.sh",
        "python src/train.py experiment=large trainer.devices=4 data.batch_size=64\n",
    );
    workspace.write("job.log", died(&["training_step"], OOM));
    let plan = json(&workspace, "rewrite run.sh --log job.log");
    assert_eq!(plan["pack"]["name"], "lightning");
    assert!(plan["steps"].as_array().unwrap().is_empty());
}

#[test]
fn lightning_is_checked() {
    finds(
        LIGHTNING,
        None,
        &[
            ("trainer.max_epochs=5", &[]),
            ("data.batch_size=250", &["batch-divides-over-devices"]),
            (
                "data.num_workers=0 data.persistent_workers=true",
                &["persistent-workers-need-workers"],
            ),
            ("trainer.strategy=fsdp trainer.accelerator=cpu", &["fsdp-needs-gpus"]),
        ],
    );
}

#[test]
fn fine_tuning_is_told_by_its_program() {
    for (program, pack) in
        [("run_sft", "nemo-rl-sft"), ("run_dpo", "nemo-rl-dpo"), ("run_rm", "nemo-rl-dpo")]
    {
        let launch = format!("uv run examples/{program}.py policy.train_micro_batch_size=4");
        answers(pack, &launch, None, &[("update", "", &["loss.backward"], "smaller-micro-batch")]);
    }
}

/// Without estimates there is nothing to aim at.
#[test]
fn a_peak_that_no_pack_predicts_is_said_to_be_so() {
    let workspace = Workspace::new();
    let line =
        "rewrite --pack skyrl --goal $peak<70GiB --fact oom.phase=log_prob -- trainer.epochs=1";
    let output = workspace.hydrule(line).run();
    assert_eq!(output.code, 2);
    assert!(output.err.contains("of those that ship, `verl` has some"), "{}", output.err);
}
