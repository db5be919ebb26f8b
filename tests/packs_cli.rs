//! Choosing, listing and showing packs and their rules.

use std::fs;

use hydrule::pack::{Choice, EMBEDDED, Signs, choose, headers, load};
use hydrule::report::{AnyRule, pack_page};
use serde_json::Value as Json;

use crate::pages::check_file;
use crate::support::{Run, Workspace, root, snapshot};

/// Every pack that ships has a page, written from the pack itself.
#[test]
fn the_pages_of_packs_are_up_to_date() {
    for pack in EMBEDDED {
        let page = pack_page(&load(pack.name).unwrap());
        check_file(&format!("docs/packs/{}.md", pack.name), &page);
    }
    let pages = fs::read_dir(root().join("docs/packs")).unwrap();
    assert_eq!(pages.count(), EMBEDDED.len());
}

fn chosen(programs: &[&str], keys: &[&str]) -> Choice {
    let owned = |texts: &[&str]| texts.iter().map(|it| (*it).to_owned()).collect();
    choose(&headers(), &Signs { programs: owned(programs), keys: owned(keys), ..Signs::default() })
}

#[test]
fn the_name_in_a_header_is_the_name_of_its_pack() {
    for pack in EMBEDDED {
        assert_eq!(load(pack.name).unwrap().name, pack.name);
    }
}

#[test]
fn a_launch_tells_its_pack() {
    assert_eq!(chosen(&["verl.trainer.main_ppo"], &[]).one(), Some("verl"));
    let keys = ["actor_rollout_ref.rollout.n", "data.train_batch_size"];
    assert_eq!(chosen(&["examples.countdown.train"], &keys).one(), Some("verl"));
    assert_eq!(chosen(&["train.py"], &["model.lr"]), Choice::None);
    assert_eq!(chosen(&[], &[]), Choice::None);
}

#[test]
fn what_no_pack_knows_is_told() {
    let workspace = Workspace::new();
    workspace.write("run.sh", "python train.py model.width=8\n");
    let output = workspace.hydrule("explain run.sh").run();
    assert_eq!(output.code, 2);
    assert!(output.err.contains("no pack knows `train.py` or its keys"), "{}", output.err);
    assert!(output.err.contains("verl.trainer.main_ppo*"), "{}", output.err);
    assert_eq!(workspace.hydrule("explain run.sh --pack verl").run().code, 0);
    let output = workspace.hydrule("check run.sh").run();
    assert_eq!(output.code, 0);
    assert!(output.err.contains("No requirement was checked"), "{}", output.err);
    let output = workspace.hydrule("check run.sh --param micro_batch_floor=1").run();
    assert_eq!(output.code, 2, "a parameter of no pack: {}", output.err);
}

#[test]
fn keys_tell_a_pack_under_another_module() {
    let workspace = Workspace::new();
    let launch = "python3 -m examples.math.train actor_rollout_ref.rollout.n=1 \
                  algorithm.adv_estimator=grpo actor_rollout_ref.actor.use_dynamic_bsz=True\n";
    workspace.write("run.sh", launch);
    let output = workspace.hydrule("explain run.sh --rule group-has-a-baseline").run();
    assert_eq!(output.code, 0, "{}", output.err);
    let output = workspace.hydrule("check run.sh").run();
    assert!(output.out.contains("GRPO compares"), "{}", output.out);
    let output = workspace.hydrule("rewrite run.sh").run();
    assert!(output.out.contains("taken for a launch of verl by its keys"), "{}", output.out);
}

/// Forks of verl's first versions have no keys of their own where a launch sets only what verl has as well.
#[test]
fn a_launch_with_old_keys_only_may_be_of_a_fork() {
    let workspace = Workspace::new();
    let old = "actor_rollout_ref.actor.ppo_micro_batch_size=8";
    let launch = format!("python3 -m verl.trainer.main_ppo {old}");
    let new = "actor_rollout_ref.ref.log_prob_micro_batch_size_per_gpu=4";
    workspace.write("old.sh", format!("{launch}\n"));
    workspace.write("both.sh", format!("{launch} {new}\n"));
    let remark = "--pack verl-legacy reads it so";
    let json = "--output-format json";
    for command in
        ["rewrite", "explain", "check", &format!("rewrite {json}"), &format!("explain {json}")]
    {
        let told = |arguments: &str| {
            let output = workspace.hydrule(&format!("{command} {arguments}")).run();
            let text = format!("{}{}", output.out, output.err);
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let text = told("old.sh");
        assert!(text.contains(remark), "{command}: {text}");
        for silent in ["both.sh", "old.sh --pack verl", "old.sh --pack verl-legacy"] {
            let text = told(silent);
            assert!(!text.contains(remark), "{command} {silent}: {text}");
        }
    }
    let line = format!(r#"{{"overrides": ["{old}"]}}"#);
    for (arguments, tells) in [("", true), ("--pack verl", false)] {
        let output = workspace.hydrule(&format!("rewrite --jsonl {arguments}")).input(&line).run();
        assert_eq!(output.out.contains(remark), tells, "{}", output.out);
    }
}

#[test]
fn packs_are_listed_and_shown() {
    let list = Run::hydrule("pack list").run();
    assert_eq!(list.code, 0);
    let json: Json =
        serde_json::from_str(&Run::hydrule("pack list --output-format json").run().out).unwrap();
    let names: Vec<&str> =
        json["packs"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, EMBEDDED.iter().map(|it| it.name).collect::<Vec<_>>());
    for name in names {
        assert!(list.out.contains(name));
        let shown = Run::hydrule(&format!("pack show {name} --output-format json")).run().out;
        let shown: Json = serde_json::from_str(&shown).unwrap();
        let pack = load(name).unwrap();
        assert_eq!(shown["options"].as_array().unwrap().len(), pack.options.len());
        assert_eq!(shown["requirements"].as_array().unwrap().len(), pack.requirements.len());
        let text = Run::hydrule(&format!("pack show {name}")).run().out;
        for rule in AnyRule::all(&pack) {
            assert!(text.contains(rule.id()), "{name}: {}", rule.id());
        }
    }
    let path = Run::hydrule("pack show tests/verify/clean.toml").run();
    snapshot("packs", "show", &path.out);
    assert_eq!(Run::hydrule("pack show verll").run().code, 2);
}

#[test]
fn a_rule_is_shown_with_an_example() {
    let clean = |id: &str| Run::hydrule(&format!("rule {id} --pack tests/verify/clean.toml")).run();
    snapshot("packs", "rule-option", &clean("halve").out);
    snapshot("packs", "rule-requirement", &clean("divides").out);
    let shown = Run::hydrule("rule global-batch --pack verl").run();
    assert!(shown.out.contains("responses per training step"), "{}", shown.out);
    let near = Run::hydrule("rule halve-micro-bacth").run();
    assert_eq!(near.code, 2);
    assert!(near.err.contains("did you mean `halve-micro-batch`"), "{}", near.err);
    let json = Run::hydrule("rule halve-micro-batch --pack verl --output-format json").run().out;
    let json: Json = serde_json::from_str(&json).unwrap();
    let rule = &json["rules"][0];
    assert_eq!(rule["pack"]["name"], "verl");
    assert_eq!(rule["relieves"][0], "actor_update");
    assert!(!rule["example"]["changes"].as_array().unwrap().is_empty());
}
