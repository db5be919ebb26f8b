//! Parsing overrides, beside Hydra's own parser.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use hydrule::overrides::parse;

use crate::pairs::{fastest, folder, hydra, hydrule};

const ROUNDS: usize = 20;
/// How many overrides a sweep has, and how many of them differ.
const SWEPT: u32 = 1_000_000;
const DIFFERENT: u32 = 1_000;

/// What launch scripts are full of, by what makes it hard.
const OVERRIDES: [(&str, &str); 6] = [
    ("a number", "actor_rollout_ref.rollout.gpu_memory_utilization=0.6"),
    ("a path", "actor_rollout_ref.model.path=/models/Qwen2.5-7B-Instruct"),
    ("a list", "trainer.logger=[console,wandb]"),
    ("a dictionary", "+actor_rollout_ref.model.override_config={a: 1, b: [x, y]}"),
    ("a quoted text", "data.train_files='/data/train set.parquet'"),
    ("a sweep", "optim.lr=1e-6,5e-7,1e-7"),
];

/// Reads lines and prints for each how many seconds Hydra takes, the fastest of the rounds.
const HYDRA: &str = r"
import sys, time
from hydra.core.override_parser.overrides_parser import OverridesParser
parser = OverridesParser.create()
for line in sys.stdin.read().splitlines():
    best = 1e9
    for _ in range(200):
        start = time.perf_counter()
        parser.parse_override(line)
        best = min(best, time.perf_counter() - start)
    print(best)
";

/// Prints the table.
pub fn run() {
    println!("{:<24}{:>12}{:>12}{:>8}", "", "hydrule", "Hydra", "ratio");
    let python = hydra();
    let lines: Vec<&str> = OVERRIDES.iter().map(|(_, text)| *text).collect();
    let theirs = python.as_ref().map(|python| times_of_hydra(python, &lines));
    for (at, (what, text)) in OVERRIDES.into_iter().enumerate() {
        let ours =
            fastest(ROUNDS, || (0..1000).map(|_| parse(text).unwrap().text.len()).sum::<usize>());
        let ours = ours / 1000;
        row(what, ours, theirs.as_ref().and_then(|times| times.get(at)).copied());
    }
    let ours = fastest(3, || swept().status().unwrap()) / SWEPT;
    let sample: Vec<String> = (0..DIFFERENT).step_by(100).map(rate).collect();
    let sample: Vec<&str> = sample.iter().map(String::as_str).collect();
    let theirs = python.map(|python| times_of_hydra(&python, &sample));
    let theirs = theirs.map(|times| times.iter().sum::<Duration>() / sample.len() as u32);
    row("one of a sweep's", ours, theirs);
}

fn row(what: &str, ours: Duration, theirs: Option<Duration>) {
    let shown = theirs.map_or("no Hydra".to_owned(), |it| format!("{} us", it.as_micros()));
    let ratio =
        theirs.map_or(String::new(), |it| format!("{:.0}", it.as_secs_f64() / ours.as_secs_f64()));
    println!("{what:<24}{:>9} ns{shown:>12}{ratio:>8}", ours.as_nanos());
}

fn rate(at: u32) -> String {
    format!("optim.group{}.learning_rate={at}e-6", at % 8)
}

/// Reads the overrides of a sweep from lines of JSON, from start to end.
fn swept() -> Command {
    let path: PathBuf = folder().join("sweep.jsonl");
    if !path.exists() {
        let line = |at: u32| format!("\"{}\"\n", rate(at.wrapping_mul(7919) % DIFFERENT));
        fs::write(&path, (0..SWEPT).map(line).collect::<String>()).unwrap();
    }
    let mut command = hydrule(&["parse", "--jsonl"]);
    command.stdin(File::open(&path).unwrap()).stdout(Stdio::null());
    command
}

fn times_of_hydra(python: &Path, lines: &[&str]) -> Vec<Duration> {
    let mut command = Command::new(python);
    command.args(["-c", HYDRA]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines.join("\n").as_bytes()).unwrap();
    let told = child.wait_with_output().unwrap();
    let told = String::from_utf8(told.stdout).unwrap();
    told.lines().map(|line| Duration::from_secs_f64(line.parse().unwrap())).collect()
}
