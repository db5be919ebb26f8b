//! Pins: values that no plan, fix or `set` changes.

use serde_json::Value as Json;

use crate::support::{Output, Workspace, snapshot};

const KEY: &str = "actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu";

/// The example, whose plan halves one micro batch.
fn example() -> (Workspace, String) {
    let workspace = Workspace::example();
    let key = halved(&workspace, "");
    assert_eq!(key.as_deref(), Some(KEY));
    (workspace, KEY.to_owned())
}

fn rewrite(workspace: &Workspace, flags: &str) -> Json {
    let line = "rewrite run_grpo.sh submit_grpo.slurm --log slurm-4242.err --output-format json";
    let run = workspace.hydrule(&format!("{line} {flags}")).run();
    serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}", run.shown()))
}

fn halved(workspace: &Workspace, flags: &str) -> Option<String> {
    let data = rewrite(workspace, flags);
    data["changes"][0]["key"].as_str().map(str::to_owned)
}

fn rejections(data: &Json) -> Vec<(String, String, String)> {
    let options = data["options"].as_array().unwrap().iter();
    let pinned = options.filter(|it| it["rejection"]["kind"] == "pinned");
    let text = |it: &Json, field: &str| it["rejection"][field].as_str().unwrap().to_owned();
    pinned
        .map(|it| (it["id"].as_str().unwrap().to_owned(), text(it, "key"), text(it, "by")))
        .collect()
}

#[test]
fn a_plan_changes_nothing_that_is_pinned_and_says_who_pins_it() {
    let (workspace, key) = example();
    let old = workspace.read("run_grpo.sh");
    let line = old.lines().position(|line| line.contains(&format!("{key}="))).unwrap();
    let mut by = Vec::new();
    for flags in [format!("--pin {key}"), "--pin *.log_prob_micro_batch_size_per_gpu".to_owned()] {
        let data = rewrite(&workspace, &flags);
        assert_ne!(data["changes"][0]["key"], key.as_str(), "{flags}");
        by.extend(rejections(&data).into_iter().find(|(_, name, _)| *name == key));
    }
    workspace.write("hydrule.toml", format!("pins = [\"{key}\"]\n"));
    by.extend(rejections(&rewrite(&workspace, "")).into_iter().find(|(_, name, _)| *name == key));
    workspace.write("hydrule.toml", "");
    let own = old.lines().nth(line).unwrap();
    let value = own.split_once('=').unwrap().1.trim_end_matches([' ', '\\']);
    let variable = format!("PINNED={value} # hydrule: pin\n");
    let command = old.find("python3 -m").unwrap();
    let moved = own.replace(&format!("={value}"), "=$PINNED");
    let new = format!("{}{variable}{}", &old[..command], old[command..].replace(own, &moved));
    workspace.write("run_grpo.sh", &new);
    let comment = rewrite(&workspace, "");
    by.extend(rejections(&comment).into_iter().find(|(_, name, _)| *name == key));
    let place = new.lines().position(|line| line.contains("PINNED=")).unwrap() + 1;
    let by: Vec<&str> = by.iter().map(|(.., by)| by.as_str()).collect();
    let comment = format!("run_grpo.sh:{place}");
    assert_eq!(by, ["--pin", "--pin", "hydrule.toml:1", comment.as_str()]);
}

#[test]
fn a_report_tells_what_is_pinned() {
    let (workspace, key) = example();
    let line = "rewrite run_grpo.sh submit_grpo.slurm --log slurm-4242.err";
    let run = workspace.hydrule(&format!("{line} --only smaller-log-prob-micro-batch --pin {key}"));
    snapshot("pins", "rewrite", &run.run().shown());
}

const VERL: &str = "python3 -m verl.trainer.main_ppo algorithm.adv_estimator=grpo \\\n  \
    data.train_batch_size=1024 actor_rollout_ref.rollout.n=8 \\\n  \
    actor_rollout_ref.actor.ppo_mini_batch_size=64 \\\n  \
    actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu=$MICRO \\\n  \
    actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=8 \\\n  \
    actor_rollout_ref.ref.log_prob_micro_batch_size_per_gpu=8 trainer.n_gpus_per_node=8\n";
const MICRO: &str = "actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu";

fn check(workspace: &Workspace, script: &str, flags: &str) -> Output {
    workspace.write("run.sh", script);
    workspace.hydrule(&format!("check run.sh --fix --unsafe-fixes {flags}")).run()
}

#[test]
fn a_fix_changes_nothing_that_is_pinned() {
    let workspace = Workspace::new();
    let script = format!("MICRO=7\n{VERL}");
    let told = format!("{MICRO} is pinned by ");
    for (script, flags, by) in [
        (script.clone(), format!("--pin {MICRO}"), "--pin"),
        (format!("MICRO=7 # hydrule: pin\n{VERL}"), String::new(), "run.sh:1"),
        (format!("MICRO=7\n# hydrule: pin\n{VERL}"), String::new(), "run.sh:2"),
        (format!("MICRO=7\n{VERL}# hydrule: pin[{MICRO}]\n"), String::new(), "run.sh:8"),
    ] {
        let run = check(&workspace, &script, &flags);
        assert_eq!((run.code, workspace.read("run.sh")), (1, script), "{}", run.shown());
        assert!(run.out.contains(&format!("{told}{by}")), "{}", run.shown());
    }
    let free = check(&workspace, &script, "--pin actor_rollout_ref.rollout");
    assert_eq!(free.code, 0, "{}", free.shown());
    // What is found about the text of a pinned value is left to people.
    let brace = "python3 -m my.app a.b=x} # hydrule: pin\n";
    assert_eq!(check(&workspace, brace, "").code, 1);
    assert_eq!(workspace.read("run.sh"), brace);
}

#[test]
fn directives_are_pinned_as_well() {
    let workspace = Workspace::new();
    let slurm = |pin: &str| format!("#!/bin/bash\n{pin}#SBATCH --gres=gpu:2\nMICRO=4\n{VERL}");
    let fix = |text: &str| check(&workspace, text, "").code;
    assert_eq!(fix(&slurm("")), 0);
    let pinned = slurm("# hydrule: pin\n");
    assert_eq!((fix(&pinned), workspace.read("run.sh")), (1, pinned));
    let pinned = slurm("").replace("gpu:2", "gpu:2 # hydrule: pin");
    assert_eq!((fix(&pinned), workspace.read("run.sh")), (1, pinned.clone()));
    let set = workspace.hydrule("set run.sh sbatch:gpus_per_node=8").run();
    assert_eq!(set.code, 2, "{}", set.shown());
    assert!(set.err.contains("sbatch:gpus_per_node is pinned by run.sh:2"), "{}", set.err);
}

#[test]
fn a_pin_that_holds_nothing_is_told() {
    let workspace = Workspace::new();
    let script = "# hydrule: pin\nX=1\npython3 -m my.app a.b=1 # hydrule: pin[c.d]\n";
    let run = check(&workspace, script, "");
    for part in ["this pins no override and no directive", "no launch sets `c.d`", "2 warnings"] {
        assert!(run.shown().contains(part), "{}", run.shown());
    }
    let run = workspace.hydrule("rewrite run.sh --pack verl --pin e.f").run();
    for part in
        ["run.sh:1: this pins no override", "run.sh:3: no launch sets", "--pin e.f: nothing"]
    {
        assert!(run.shown().contains(part), "{}", run.shown());
    }
    let run = check(&workspace, "python3 -m my.app a.b=1 # hydrule: pin[a]\n", "");
    assert_eq!(run.code, 0, "{}", run.shown());
}

#[test]
fn a_pin_of_what_only_the_base_configuration_sets_holds_something() {
    let workspace = Workspace::new();
    workspace.write("run.sh", "python3 -m my.app a.b=1\n").write("base.yaml", "a: {b: 1, c: 2}\n");
    let told = |base: &str, pin: &str| {
        let line = format!("rewrite run.sh --pack verl --pin {pin} {base}");
        let run = workspace.hydrule(&line).run();
        run.shown().lines().find(|line| line.contains("--pin")).map(str::to_owned)
    };
    assert_eq!(told("--config base.yaml", "a.c"), None);
    let none = told("--config base.yaml", "a.d").unwrap();
    assert!(
        none.contains("--pin a.d: neither the job nor its base configuration sets it"),
        "{none}"
    );
    let none = told("", "a.c").unwrap();
    assert!(none.contains("--pin a.c: nothing of the job sets it"), "{none}");
}

#[test]
fn set_refuses_what_is_pinned_unless_it_is_forced() {
    let workspace = Workspace::new();
    workspace.write("run.sh", "X=1\npython3 -m my.app a.b=$X c.d=$X # hydrule: pin[c.d]\n");
    for (line, code) in [
        ("set run.sh c.d=2", 2),
        ("set run.sh c=2", 2),
        ("set run.sh c.d=2 --force", 1),
        ("set run.sh a.b=2", 1),
        // Both read one variable.
        ("set run.sh a.b=2 --also c.d", 2),
    ] {
        let run = workspace.hydrule(line).run();
        assert_eq!(run.code, code, "{line}: {}", run.shown());
        let told = run.err.contains("c.d is pinned by run.sh:2") || run.err.contains("c is pinned");
        assert_eq!(told, code == 2, "{line}: {}", run.shown());
    }
    workspace.write("base.yaml", "a:\n  b: 1\n").write("hydrule.toml", "pins = ['a.*']\n");
    let run = workspace.hydrule("set base.yaml a.b=2").run();
    assert_eq!(run.code, 2, "{}", run.shown());
    assert!(run.err.contains("a.b is pinned by hydrule.toml:1"), "{}", run.err);
    assert_eq!(workspace.hydrule("set base.yaml a.b=2 --no-project").run().code, 1);
}

#[test]
fn set_keeps_a_key_that_would_move_along() {
    let workspace = Workspace::new();
    workspace.write("run.sh", "X=1\npython3 -m my.app a.b=$X c.d=$X\n");
    let line = "set run.sh a.b=2 --also c.d";
    assert_eq!(workspace.hydrule(line).run().code, 1);
    let run = workspace.hydrule(&format!("{line} --pin c")).run();
    assert_eq!(run.code, 2, "{}", run.shown());
    assert!(run.err.contains("c.d is pinned by --pin"), "{}", run.err);
    assert_eq!(workspace.hydrule("set run.sh a.b=2 --pin a=1").run().code, 2);
}

#[test]
fn comments_pin_values_of_a_configuration() {
    let workspace = Workspace::new();
    let base = |pin: &str| {
        let (sections, key) = KEY.rsplit_once('.').unwrap();
        let mut text = String::new();
        for (depth, section) in sections.split('.').enumerate() {
            text.push_str(&format!("{}{section}:\n", "  ".repeat(depth)));
        }
        let depth = "  ".repeat(sections.split('.').count());
        format!("{text}{depth}{key}: 32{pin}\n{depth}n: 4\n")
    };
    let line = "rewrite base.yaml --pack verl --fact oom.phase=log_prob --output-format json";
    for (pin, pinned) in [
        ("", false),
        (" # hydrule: pin", true),
        (&format!(" # hydrule: pin[{KEY}]"), true),
        ("\n# hydrule: pin", false),
    ] {
        workspace.write("base.yaml", base(pin));
        let run = workspace.hydrule(line).run();
        let data: Json =
            serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}", run.shown()));
        assert_eq!(data["changes"][0]["key"] != KEY, pinned, "{pin}: {}", run.shown());
        assert_eq!(rejections(&data).iter().any(|(_, key, _)| key == KEY), pinned, "{pin}");
        let set = workspace.hydrule(&format!("set base.yaml {KEY}=8")).run();
        assert_eq!(set.code, if pinned { 2 } else { 1 }, "{pin}: {}", set.shown());
    }
    workspace.write("base.yaml", base(" # hydrule: pin[a.b]"));
    let run = workspace.hydrule(line).run();
    assert!(run.shown().contains("this pins no value of the configuration"), "{}", run.shown());
}

#[test]
fn comments_of_a_file_that_is_taken_in_pin_what_is_made_there() {
    let workspace = Workspace::new();
    workspace.write("sizes.sh", "MINI=64 # hydrule: pin\nMICRO=8\n");
    workspace.write("run.sh", "source ./sizes.sh\npython3 -m my.app a.b=$MINI c.d=$MICRO\n");
    let run = workspace.hydrule("set run.sh a.b=32").run();
    assert_eq!(run.code, 2, "{}", run.shown());
    assert!(run.err.contains("a.b is pinned by sizes.sh:1"), "{}", run.err);
    let run = workspace.hydrule("set run.sh c.d=4").run();
    assert!(!run.err.contains("pinned"), "{}", run.shown());
}

#[test]
fn a_pin_that_is_no_key_is_refused() {
    let workspace = Workspace::new();
    workspace.write("run.sh", "python3 -m verl.trainer.main_ppo a.b=1\n");
    for (pin, why) in [("a.b=1", "is no key"), ("sbatch:memx", "did you mean `mem`?")] {
        let run = workspace.hydrule("rewrite run.sh --no-project --pin").arg(pin).run();
        assert_eq!(run.code, 2, "{}", run.shown());
        assert!(run.err.contains(why), "{}", run.err);
        workspace.write("hydrule.toml", format!("pins = ['{pin}']\n"));
        let run = workspace.hydrule("config").run();
        assert_eq!(run.code, 2, "{}", run.shown());
        assert!(run.err.contains(why) && run.err.contains("hydrule.toml:1"), "{}", run.err);
    }
    workspace.write("hydrule.toml", "pins = ['a.b', 'sbatch:mem']\n");
    let run = workspace.hydrule("config").run();
    assert!(run.out.contains("sbatch:mem"), "{}", run.shown());
}

#[test]
fn lines_of_json_heed_pins() {
    let workspace = Workspace::new();
    let line = format!(
        "{{\"id\": 1, \"overrides\": [\"{KEY}=32\"], \"facts\": {{\"oom.phase\": \"log_prob\"}}}}\n"
    );
    let run = |flags: &str| {
        workspace.hydrule(&format!("rewrite --jsonl --pack verl {flags}")).input(&line).run().out
    };
    assert!(run("").contains(&format!("{KEY}=8")), "{}", run(""));
    assert!(!run(&format!("--pin {KEY}")).contains(&format!("{KEY}=8")));
}
