//! `hydrule rewrite --jsonl`: a plan a line, in order, whatever the number of threads.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use hydrule::cli::Answers;

use crate::support::{Run, snapshot};

fn planned(input: &str, more: &str) -> crate::support::Output {
    Run::hydrule(&format!("rewrite --jsonl {more}")).input(input).run()
}

const LINE: &str = r#"{"id": 1, "overrides": ["actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=SIZE"], "facts": {"oom.phase": "log_prob"}}"#;

#[test]
fn every_line_is_answered_in_its_place() {
    let good = LINE.replace("SIZE", "32");
    let input = format!(
        "{good}\n\n{}\nno json\n{}\n[]\n{}\n{}",
        r#"{"id": "bad", "overrides": ["a=="]}"#,
        r#"{"id": [2], "overrides": [], "facts": {"oom.phase": "nope"}}"#,
        r#"{"id": 3, "overrides": ["a=1"], "other": 1}"#,
        r#"{"overrides": ["a=1"], "facts": {"oom.tried": "17.66GiB", "x": {"y": 1}}}"#,
    );
    let output = planned(&input, "-j 2 --pack verl");
    assert_eq!(output.code, 2);
    snapshot("jsonl", "lines", &output.shown());
    assert_eq!(planned(&good, "").code, 1);
    assert_eq!(planned("{\"overrides\": []}\n", "--pack verl").code, 0);
    assert_eq!(planned("", "").code, 0);
    let unknown = planned("{\"overrides\": [\"model.width=8\"]}\n", "");
    assert_eq!(unknown.code, 2);
    assert!(unknown.out.contains("no pack knows these keys"), "{}", unknown.out);
    assert_eq!(planned("", "-j 0").code, 2);
    assert_eq!(planned("", "--write").code, 2);
}

/// As a program does that has hydrule at the other end of two pipes: writes some of a line, the rest, and waits.
fn answered_one_by_one(arguments: &[&str], line: &str) {
    let mut hydrule = Command::new(env!("CARGO_BIN_EXE_hydrule"));
    hydrule.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut running = hydrule.spawn().unwrap();
    let (mut input, output) = (running.stdin.take().unwrap(), running.stdout.take().unwrap());
    let (send, receive) = mpsc::channel();
    let reader = thread::spawn(move || {
        BufReader::new(output).lines().for_each(|line| drop(send.send(line.unwrap())));
    });
    let answer = || receive.recv_timeout(Duration::from_secs(120)).unwrap();
    for _ in 0..3 {
        let (start, rest) = line.split_at(line.len() / 2);
        input.write_all(start.as_bytes()).unwrap();
        input.write_all(format!("{rest}\n").as_bytes()).unwrap();
        assert!(answer().starts_with('{'));
    }
    input.write_all(format!("{line}\n{line}\n{line}").as_bytes()).unwrap();
    assert_eq!(answer(), answer());
    drop(input);
    assert!(answer().starts_with('{'));
    running.wait().unwrap();
    reader.join().unwrap();
}

#[test]
fn who_writes_a_line_and_waits_gets_its_answer() {
    let plan = LINE.replace("SIZE", "32");
    for threads in ["1", "2", "5"] {
        answered_one_by_one(&["rewrite", "--jsonl", "-j", threads], &plan);
    }
    answered_one_by_one(&["parse", "--jsonl"], r#""a=1""#);
    answered_one_by_one(&["expand", "--jsonl"], r#"{"args": ["a=1,2"]}"#);
}

#[test]
fn threads_change_nothing() {
    let lines = (1..60).map(|size| LINE.replace("SIZE", &size.to_string()));
    let input = lines.collect::<Vec<_>>().join("\n");
    let one = planned(&input, "-j 1");
    assert_eq!(one.out.lines().count(), 59);
    for threads in ["-j 2", "-j 7"] {
        assert_eq!(planned(&input, threads).out, one.out);
    }
}

/// What `docs/scale.md` is built on.
#[test]
fn a_line_knows_nothing_of_the_others() {
    let line = |size: u32| LINE.replace("SIZE", &size.to_string());
    let lines = [
        line(32),
        String::new(),
        "no json".to_owned(),
        r#"{"id": "very-secret", "overrides": ["actor_rollout_ref.rollout.n=2"]}"#.to_owned(),
        r#"{"id": 2, "overrides": ["actor_rollout_ref.rollout.n=2", "+trainer.api_key=very-secret"]}"#.to_owned(),
        r#"{"id": "very-secret", "overrides": ["actor_rollout_ref.rollout.n=2"]}"#.to_owned(),
        r#"{"id": "\u2028", "overrides": ["lr=1", "x=["]}"#.to_owned(),
        r#"{"id": 4, "overrides": ["worker.rollout.n=5"]}"#.to_owned(),
        line(32),
    ];
    let whole = planned(&lines.join("\n"), "");
    assert!(whole.out.contains("very-secret") && whole.out.contains("***"), "{}", whole.out);
    for cut in 0..=lines.len() {
        let (head, tail) = lines.split_at(cut);
        let pieces = [head, tail].map(|it| planned(&it.join("\n"), "").out);
        assert_eq!(pieces.concat(), whole.out, "cut before line {cut}");
    }
}

/// What is remembered of the lines before changes no answer: lines that share keys, in this or another order,
/// with sweeps, other facts, and what cannot be read among them.
#[test]
fn what_is_remembered_changes_no_answer() {
    const OVERRIDES: [&[&str]; 8] = [
        &[
            "actor_rollout_ref.rollout.n=8",
            "actor_rollout_ref.rollout.n=4",
            "actor_rollout_ref.rollout.n=2,4",
        ],
        &["data.train_batch_size=1024", "data.train_batch_size=100", "++data.train_batch_size=512"],
        &["data.max_response_length=8192", "data.max_response_length=${data.max_prompt_length}"],
        &[
            "actor_rollout_ref.actor.ppo_mini_batch_size=256",
            "actor_rollout_ref.actor.ppo_mini_batch_size=7",
        ],
        &[
            "actor_rollout_ref.rollout.gpu_memory_utilization=0.9",
            "actor_rollout_ref.rollout.gpu_memory_utilization=0.6",
            "actor_rollout_ref.rollout.gpu_memory_utilization=${x}",
            "actor_rollout_ref.rollout.gpu_memory_utilization=x[",
        ],
        &["trainer.n_gpus_per_node=8", "trainer.n_gpus_per_node=3", "~trainer.n_gpus_per_node"],
        &["+trainer.api_key=very-secret", "trainer.note=\\u0061", "trainer.nnodes=2"],
        &["worker.rollout.n=5", "actor_rollout_ref.model.path=some/model"],
    ];
    const FACTS: [&str; 4] = [
        "{}",
        r#"{"oom.phase": "log_prob"}"#,
        r#"{"oom.phase": "actor_update"}"#,
        r#"{"model.num_attention_heads": 28}"#,
    ];
    let mut seed = 1_u64;
    let mut below = |most: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % most
    };
    let mut line = |at: usize| {
        let mut texts: Vec<&str> =
            OVERRIDES[..6 + below(3)].iter().map(|it| it[below(it.len())]).collect();
        if below(4) == 0 {
            texts.rotate_left(1);
        }
        let facts = FACTS[if below(3) == 0 { below(FACTS.len()) } else { 1 }];
        let texts = texts.join("\", \"");
        format!(r#"{{"id": {at}, "overrides": ["{texts}"], "facts": {facts}}}"#)
    };
    let lines: Vec<String> = (0..400).map(&mut line).collect();
    let answers = Answers::new().unwrap();
    let whole = answers.answer(lines.join("\n").as_bytes());
    let (mut planned, mut refused) = (0, 0);
    for (line, answer) in lines.iter().zip(&whole) {
        assert_eq!(answers.answer(line.as_bytes()), std::slice::from_ref(answer), "{line}");
        planned += usize::from(!answer.contains(r#""steps":[]"#) && !answer.contains(r#""error""#));
        refused += usize::from(answer.contains(r#""error""#));
    }
    assert!(planned > 50 && refused > 50, "{planned} planned, {refused} refused");
}
