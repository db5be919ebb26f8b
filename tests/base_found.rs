//! Base configurations that nobody names, found where it is certain which one it is.

use std::fs;

use serde_json::Value as Json;

use crate::support::Workspace;

const PROGRAM: &str = "import hydra\n\n@hydra.main(version_base=None, config_path=\"conf\", config_name=\"config\")\ndef main(config):\n    pass\n";

const CONF: &str = "data:\n  train_batch_size: 96\nactor_rollout_ref:\n  actor:\n    ppo_mini_batch_size: 64\ntrainer:\n  n_gpus_per_node: 8\n  use_v1: true\n";

/// A key that makes the launch one of verl's, whatever the program.
const LAUNCH: &str = "python3 train.py actor_rollout_ref.actor.ppo_mini_batch_size=64\n";

const GENERATED: &str = "verl/trainer/config/_generated_ppo_trainer.yaml";
const MEGATRON: &str = "verl/trainer/config/_generated_ppo_megatron_trainer.yaml";
const MAIN: &str =
    "python3 -m verl.trainer.main_ppo actor_rollout_ref.actor.ppo_mini_batch_size=64";

fn repository(files: &[(&str, &str)]) -> Workspace {
    let workspace = Workspace::new();
    for (name, text) in files {
        let path = workspace.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    workspace
}

fn check(workspace: &Workspace, flags: &str) -> Json {
    let run = workspace.hydrule(&format!("check run.sh --output-format json {flags}")).run();
    serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}", run.shown()))
}

fn bases(workspace: &Workspace) -> Vec<String> {
    let report = check(workspace, "");
    report["bases"].as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned()).collect()
}

/// The remarks of a plan.
fn remarks(workspace: &Workspace, flags: &str) -> String {
    let line = format!("rewrite run.sh --output-format json {flags}");
    let run = workspace.hydrule(&line).run();
    let data: Json = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}", run.shown()));
    data["remarks"].to_string()
}

#[test]
fn a_program_that_says_its_whole_configuration_is_read_over_it() {
    let files = [("train.py", PROGRAM), ("conf/config.yaml", CONF), ("run.sh", LAUNCH)];
    let workspace = repository(&files);
    assert_eq!(bases(&workspace), ["conf/config.yaml"]);
    let batch = "mini-batch-divides-train-batch".to_owned();
    let rules = |flags: &str| {
        let report = check(&workspace, flags);
        let all = report["findings"].as_array().unwrap().iter();
        all.map(|it| it["rule"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    workspace.write("run.sh", LAUNCH.replace(".py", ".py trainer.n_gpu=4"));
    assert_eq!(rules(""), ["refused-override"]);
    assert!(rules("--no-base").is_empty(), "{:?}", rules("--no-base"));
    workspace.write("run.sh", LAUNCH);
    assert_eq!((rules(""), rules("--no-base")), (vec![batch], Vec::new()));
    assert!(remarks(&workspace, "").contains("`conf/config.yaml`, found for train.py"));
    assert!(!remarks(&workspace, "--no-base").contains("conf/config.yaml"));
    assert_eq!(check(&workspace, "--no-base")["bases"].as_array().unwrap().len(), 0);
    let config = workspace.hydrule("config run.sh").run().out;
    assert!(config.contains("conf/config.yaml"), "{config}");
    fs::write(workspace.path().join("hydrule.toml"), "base = false\n").unwrap();
    assert!(bases(&workspace).is_empty());
    assert!(!remarks(&workspace, "").contains("conf/config.yaml"));
    let config = workspace.hydrule("config run.sh").run().out;
    assert!(config.contains("hydrule.toml:1"), "{config}");
}

#[test]
fn where_it_may_be_another_one_nothing_is_found() {
    let other = CONF.replace("96", "192");
    let defaults = format!("defaults:\n  - _self_\n  - model: small\n{CONF}");
    let package = format!("# @package actor\n{CONF}");
    let usual = [("train.py", PROGRAM), ("conf/config.yaml", CONF), ("run.sh", LAUNCH)];
    let with = |name: &'static str, text: &str| {
        let mut files = usual.to_vec();
        files.retain(|(old, _)| *old != name);
        files.push((name, text));
        bases(&repository(&files))
    };
    let launch = |words: &str| with("run.sh", &LAUNCH.replace("train.py", words));
    assert_eq!(launch("train.py --config-path=conf -cn config.yaml"), ["conf/config.yaml"]);
    assert_eq!(with("conf/config.yaml", &format!("defaults:\n  - _self_\n{CONF}")).len(), 1);
    for words in [
        "other.py",
        "train.py --config-name=other",
        "train.py --config-name=\"$NAME\"",
        "train.py --config-dir=more",
        "train.py hydra.searchpath=[more]",
        "train.py actor@actor_rollout_ref.actor=large",
        "train.py --config-path=pkg://conf",
        "train.py a=1 b=2 c=3 d=4",
    ] {
        assert!(launch(words).is_empty(), "{words}");
    }
    assert!(with("conf/config.yaml", &defaults).is_empty());
    assert!(with("conf/config.yaml", &package).is_empty());
    assert!(with("conf/config.yaml", "a: [\n").is_empty());
    assert!(with("train.py", &PROGRAM.replace("\"config\"", "NAME")).is_empty());
    assert!(with("train.py", &format!("{PROGRAM}{PROGRAM}")).is_empty());
    assert!(with("run.sh", &format!("cd sub\n{LAUNCH}")).is_empty());
    let mut group = usual.to_vec();
    group.push(("conf/model/small.yaml", "size: 1\n"));
    group.push(("hydrule.toml", ""));
    let workspace = repository(&group);
    assert_eq!(bases(&workspace).len(), 1);
    workspace.write("run.sh", LAUNCH.replace("train.py", "train.py +model=small"));
    assert!(bases(&workspace).is_empty());
    // Two programs of the name, from two folders, with configurations that differ.
    let mut two = vec![("jobs/train.py", PROGRAM), ("jobs/conf/config.yaml", other.as_str())];
    two.extend([("train.py", PROGRAM), ("conf/config.yaml", CONF), ("jobs/run.sh", LAUNCH)]);
    let workspace = repository(&two);
    let run = workspace.hydrule("check jobs --output-format json").run();
    let report: Json = serde_json::from_str(&run.out).unwrap();
    assert_eq!(report["bases"], Json::Array(Vec::new()));
}

#[test]
fn the_configuration_that_an_application_ships_is_found_in_its_checkout() {
    let files = [
        (GENERATED, CONF),
        (MEGATRON, CONF),
        ("verl/trainer/config/model_engine/megatron.yaml", ""),
    ];
    let workspace = repository(&files);
    let found = |words: &str| {
        workspace.write("run.sh", format!("{MAIN} {words}\n"));
        bases(&workspace)
    };
    assert_eq!(found(""), [GENERATED]);
    assert_eq!(found("--config-name=ppo_megatron_trainer"), [MEGATRON]);
    assert_eq!(found("model_engine=megatron"), [MEGATRON]);
    let findings = check(&workspace, "")["findings"].to_string();
    assert!(!findings.contains("refused-override"), "{findings}");
    for words in
        ["model_engine=other", "--config-name=mine", "--config-path=config", "a=1 b=2 c=3 d=4"]
    {
        assert!(found(words).is_empty(), "{words}");
    }
    assert_eq!(found("a=1"), [GENERATED]);
    let said = remarks(&workspace, "");
    assert!(said.contains("is not taken as the base configuration"), "{said}");
    workspace.write("run.sh", MAIN.replace("main_ppo", "main_eval"));
    assert!(bases(&workspace).is_empty());
}

#[test]
fn an_installed_package_counts_only_where_all_overrides_fit_it() {
    let site = "env/lib/python3.12/site-packages";
    let workspace = repository(&[(&format!("{site}/{GENERATED}"), CONF)]);
    let found = |words: &str| {
        workspace.write("run.sh", format!("{MAIN} {words}\n"));
        let env = workspace.path().join("env");
        let run =
            workspace.hydrule("check run.sh --output-format json").env("VIRTUAL_ENV", env).run();
        let report: Json = serde_json::from_str(&run.out).unwrap();
        report["bases"].as_array().unwrap().len()
    };
    assert_eq!((found(""), found("a=1"), found("+a=1")), (1, 0, 1));
    assert!(bases(&workspace).is_empty(), "no environment is active");
}

#[test]
fn a_pack_says_a_path_inside_a_package() {
    let pack = "name = \"p\"\nversion = \"1.0.0\"\ndescription = \"d\"\nlaunches = [\"p\"]\n\n[[base]]\nlaunches = [\"p\"]\nconfig_name = \"c\"\nfile = \"../c.yaml\"\n";
    let workspace = repository(&[("rules/pack.toml", pack)]);
    let run = workspace.hydrule("pack check rules").run();
    assert_eq!(run.code, 2, "{}", run.shown());
    assert!(run.shown().contains("`../c.yaml` is no path inside a package"), "{}", run.shown());
}
