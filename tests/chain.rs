//! Scripts of one job: what one passes on to another, as bash does.

use serde_json::Value as Json;

use crate::support::Workspace;

const RUN: &str = "BATCH=${BATCH:-1024}\n: \"${UTIL:=0.6}\"\n\
    python3 -m my.app data.batch=$BATCH data.util=$UTIL data.size=${1:-small} \"${@:2}\"\n";

/// What `show` says that every launch of the scripts gets, unknown ones as `?`.
fn shown(workspace: &Workspace, files: &str) -> Vec<Vec<String>> {
    let run = workspace.hydrule(&format!("show {files} --output-format json")).run();
    let data: Json = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}", run.err));
    let launches =
        data["files"].as_array().unwrap().iter().flat_map(|it| it["launches"].as_array().unwrap());
    launches
        .map(|launch| {
            let overrides = launch["overrides"].as_array().unwrap().iter();
            overrides.map(|it| it["text"].as_str().unwrap_or("?").to_owned()).collect()
        })
        .collect()
}

#[test]
fn a_script_gets_what_the_one_that_starts_it_passes_on() {
    for outer in [
        "bash run.sh",
        "export BATCH=512\nbash run.sh",
        "BATCH=512\nbash run.sh",
        "BATCH=512 UTIL=0.5 bash run.sh large a.b=1 'c.d=x y'",
        "export BATCH=1\nexport BATCH=$((BATCH * 64))\nsource ./other.sh 2>/dev/null\nbash run.sh big",
        "declare -x UTIL=0.4\nbash ./run.sh ''",
        "set -a\nUTIL=0.4\nset +a\nBATCH=3\nbash run.sh \"$UTIL\" a.b=$BATCH",
        "export BATCH=7\nunset BATCH\nbash run.sh",
        "export BATCH=7\nexport -n BATCH\nbash run.sh",
        "declare -x BATCH=7 UTIL=0.1\ndeclare +x BATCH\nbash run.sh",
    ] {
        let workspace = Workspace::new();
        workspace.write("run.sh", RUN).write("submit.sh", format!("{outer}\n"));
        let real: Vec<Vec<String>> =
            workspace.launches("submit.sh", &[]).into_iter().map(|it| it[2..].to_vec()).collect();
        for files in ["run.sh submit.sh", "submit.sh run.sh"] {
            assert_eq!(shown(&workspace, files), real, "{outer}");
        }
    }
}

#[test]
fn a_chain_of_three_passes_on_from_one_to_the_next() {
    let workspace = Workspace::new();
    workspace.write("run.sh", RUN);
    workspace.write("middle.sh", "export UTIL=${UTIL:-0.3}\nbash run.sh \"$@\" m.n=1\n");
    workspace.write("outer.sh", "export BATCH=2 UTIL=0.9\nbash middle.sh one o.p=2\n");
    let real = workspace.launches("outer.sh", &[]);
    assert_eq!(shown(&workspace, "run.sh middle.sh outer.sh"), [real[0][2..].to_vec()]);
}

#[test]
fn what_nothing_tells_is_unknown_further_on() {
    let workspace = Workspace::new();
    workspace.write("run.sh", "BATCH=${BATCH:-1024}\npython3 -m my.app a.b=$BATCH \"$@\"\n");
    workspace.write("submit.sh", "export BATCH=$(cat size)\nbash run.sh\n");
    assert_eq!(shown(&workspace, "run.sh submit.sh"), [["?"]]);
    assert_eq!(shown(&workspace, "run.sh"), [["a.b=1024"]]);
    // Two scripts that start it may disagree.
    workspace.write("other.sh", "bash run.sh\n");
    assert_eq!(shown(&workspace, "run.sh submit.sh other.sh"), [["a.b=1024"]]);
}

/// A change of a default that the outer script beats would have no effect, so it is made elsewhere.
#[test]
fn a_change_has_its_effect_under_the_script_that_starts_it() {
    let workspace = Workspace::example();
    let slurm = workspace.read("submit_grpo.slurm");
    let started = slurm.replace("bash run_grpo.sh", "export LOG_PROB=16\nbash run_grpo.sh");
    let started =
        if started == slurm { slurm.replace("bash ", "LOG_PROB=16 bash ") } else { started };
    assert_ne!(started, slurm);
    workspace.write("submit_grpo.slurm", started);
    let run = workspace.read("run_grpo.sh").replace(
        "actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=32",
        "actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=${LOG_PROB:-32}",
    );
    workspace.write("run_grpo.sh", run);
    let command = "rewrite run_grpo.sh submit_grpo.slurm --log slurm-4242.err";
    let plan = workspace.hydrule(command).run();
    assert!(plan.out.contains("per_gpu: 16 → 8"), "{}", plan.out);
    assert!(plan.out.contains("LOG_PROB=16"), "{}", plan.out);
    assert_eq!(workspace.hydrule(&format!("{command} --write")).run().code, 0);
    let key = "actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=";
    let real = workspace.launches("submit_grpo.slurm", &[]);
    let last = real[0].iter().rev().find(|word| word.starts_with(key)).unwrap();
    assert_eq!(last, &format!("{key}8"));
}

#[test]
fn a_default_that_is_beaten_is_found() {
    let workspace = Workspace::new();
    workspace.write("run.sh", "python3 -m my.app a.b=${BATCH:-4} c.d=${UTIL:-0.5}\n");
    workspace.write("submit.sh", "export BATCH=8 UTIL=0.5\nbash run.sh\n");
    let found = |command: &str| {
        let run = workspace.hydrule(&format!("check {command} --output-format json")).run();
        let data: Json = serde_json::from_str(&run.out).unwrap();
        let all = data["findings"].as_array().unwrap().clone();
        let found: Vec<Json> =
            all.into_iter().filter(|it| it["rule"] == "environment-wins").collect();
        found
    };
    assert_eq!(found("run.sh"), Vec::<Json>::new());
    let beaten = found("run.sh submit.sh");
    assert_eq!(beaten.len(), 1, "{beaten:?}");
    assert!(beaten[0]["message"].as_str().unwrap().contains("`BATCH` is set to `8`"));
    assert_eq!(found("run.sh --env UTIL=1").len(), 1);
}

#[test]
fn files_are_shown_in_the_order_given() {
    let workspace = Workspace::new();
    workspace.write("run.sh", "python3 -m my.app a.b=1\n").write("c.yaml", "a:\n  b: 1\n");
    for files in [["run.sh", "c.yaml"], ["c.yaml", "run.sh"]] {
        let run =
            workspace.hydrule(&format!("show {} --output-format json", files.join(" "))).run();
        let data: Json = serde_json::from_str(&run.out).unwrap();
        let shown = data["files"].as_array().unwrap().iter();
        let paths: Vec<&str> = shown.map(|it| it["path"].as_str().unwrap()).collect();
        assert_eq!(paths, files);
    }
}

/// What a hook sees is what changed, which may be one script of a job.
#[test]
fn a_script_that_is_started_and_not_named_is_told() {
    let workspace = Workspace::new();
    workspace.write("job/run.sh", "python3 -m app a.b=$A\n");
    workspace.write("job/submit.slurm", "export A=1\nbash run.sh\nbash gone.sh\n");
    let told = "job/submit.slurm starts run.sh, which is not checked here: name both for the whole";
    let alone = workspace.hydrule("check job/submit.slurm --allow-empty").run();
    assert!(alone.err.contains(told), "{}", alone.err);
    assert!(!alone.err.contains("gone.sh"), "{}", alone.err);
    let both = workspace.hydrule("check job").run();
    assert!(!both.err.contains("starts"), "{}", both.err);
}
