//! The page of a rewrite: whole, well formed, and nothing in it but text.

use std::collections::BTreeSet;

use crate::support::{Workspace, snapshot};

const JOB: &str = "rewrite run_grpo.sh submit_grpo.slurm --log slurm-4242.err --output-format html";

/// Elements that have no end.
const VOID: [&str; 2] = ["meta", "!DOCTYPE"];

/// Checks that every element ends where it must and has no attribute twice; returns the texts between.
fn texts(page: &str) -> Vec<String> {
    let (mut open, mut texts): (Vec<&str>, Vec<String>) = (Vec::new(), Vec::new());
    let mut rest = page;
    while let Some((text, tag)) = rest.split_once('<') {
        if open.last() != Some(&"style") && !text.trim().is_empty() {
            texts.push(text.trim().to_owned());
        }
        let (tag, behind) = tag.split_once('>').unwrap();
        rest = behind;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{text}<{tag}>");
            continue;
        }
        let name = tag.split(' ').next().unwrap();
        let attributes: Vec<&str> =
            tag.split('"').step_by(2).map(|it| it.rsplit(' ').next().unwrap()).collect();
        let names: Vec<&&str> = attributes.iter().filter(|it| it.ends_with('=')).collect();
        assert_eq!(names.len(), names.iter().collect::<BTreeSet<_>>().len(), "<{tag}>");
        if !VOID.contains(&name) {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
    texts
}

#[test]
fn the_page_has_the_plan_the_memory_the_changes_and_every_rule() {
    let workspace = Workspace::example();
    let run = workspace.hydrule(&format!("{JOB} --facts model=model.json")).run();
    assert_eq!(run.code, 1);
    let texts = texts(&run.out);
    let shown = texts.join("\n");
    for part in [
        "GPU 0 ran out of memory during old log-prob",
        "smaller-log-prob-micro-batch",
        "32 → 8",
        "110.27 GiB → 47.62 GiB",
        "preserved at 5120",
        "+    actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=8 \\",
        "train-batch-divides-over-gpus",
    ] {
        assert!(shown.contains(part), "{part}");
    }
    // What is folded up is in the explanation, which has a snapshot of its own.
    let shown = shown.split_once("\nWhy, and why not the others").unwrap().0;
    let body = shown.split_once("examples").map_or(shown, |it| it.1);
    snapshot("html", "page", body);
    let bars = run.out.matches("class=\"fill\"").count();
    assert_eq!(bars, 14, "two for each of seven phases");
}

#[test]
fn a_page_goes_to_its_file_and_the_change_to_the_scripts() {
    let workspace = Workspace::example();
    let run = workspace.hydrule(&format!("{JOB} -o out/page.html --write")).run();
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{}", run.err);
    texts(&workspace.read("out/page.html"));
    assert!(workspace.read("run_grpo.sh").contains("log_prob_micro_batch_size_per_gpu=8"));
}

#[test]
fn overrides_go_to_stdout_beside_a_page() {
    let workspace = Workspace::new();
    let line = "rewrite --pack verl --fact oom.phase=log_prob --output-format html -o page.html -- \
                actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=32";
    let run = workspace.hydrule(line).run();
    assert_eq!(run.out, "actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=8\n");
    texts(&workspace.read("page.html"));
}

#[test]
fn nothing_in_a_script_becomes_markup() {
    let workspace = Workspace::new();
    let script = "python3 -m verl.trainer.main_ppo \\\n    \
                  actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=32 \\\n    \
                  'trainer.experiment_name=\"</pre><script>alert(1)</script><img src=x onerror=alert(1)>\"'\n";
    workspace.write("a&<b>\".sh", script);
    let page = workspace
        .hydrule("rewrite --fact oom.phase=log_prob --output-format html")
        .arg("a&<b>\".sh")
        .run();
    assert_eq!(page.code, 1, "{}", page.err);
    let shown = texts(&page.out).join("\n");
    assert!(!page.out.contains("<script") && !page.out.contains("<img"));
    assert!(shown.contains("&lt;script&gt;alert(1)"), "the diff shows the line");
}
