//! Parsing overrides, beside Hydra's own parser.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use hydrule::overrides::parse;

use crate::pairs::{fastest, hydra};

const ROUNDS: usize = 20;

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
    let theirs = hydra().map(|python| times_of_hydra(&python));
    for (at, (what, text)) in OVERRIDES.into_iter().enumerate() {
        let ours =
            fastest(ROUNDS, || (0..1000).map(|_| parse(text).unwrap().text.len()).sum::<usize>());
        let ours = ours / 1000;
        let theirs = theirs.as_ref().and_then(|times| times.get(at));
        let shown = theirs.map_or("no Hydra".to_owned(), |it| format!("{} us", it.as_micros()));
        let ratio = theirs
            .map_or(String::new(), |it| format!("{:.0}", it.as_secs_f64() / ours.as_secs_f64()));
        println!("{what:<24}{:>9} ns{shown:>12}{ratio:>8}", ours.as_nanos());
    }
}

fn times_of_hydra(python: &Path) -> Vec<Duration> {
    let mut command = Command::new(python);
    command.args(["-c", HYDRA]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let lines: Vec<&str> = OVERRIDES.iter().map(|(_, text)| *text).collect();
    child.stdin.take().unwrap().write_all(lines.join("\n").as_bytes()).unwrap();
    let told = child.wait_with_output().unwrap();
    let told = String::from_utf8(told.stdout).unwrap();
    told.lines().map(|line| Duration::from_secs_f64(line.parse().unwrap())).collect()
}
