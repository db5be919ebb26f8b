//! How fast `hydrule facts` reads logs, beside `grep`, and with how much memory.
//!
//! The logs are made in `target/`: lines as training prints them, and one of a single line. Each command
//! runs as a process of its own; the fastest of a few runs counts.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::pairs::{folder, hydrule, peak, side_by_side};

/// How often each command runs.
const ROUNDS: usize = 5;
/// The largest log.
const LARGE: usize = 1 << 30;

/// Prints the table.
pub fn run() {
    println!(
        "{:<24}{:>10}{:>14}{:>14}{:>8}{:>12}",
        "", "size", "facts", "grep", "ratio", "peak RSS"
    );
    for (name, size) in [("1x", LARGE / 100), ("10x", LARGE / 10), ("100x", LARGE)] {
        row(name, &log(folder(), name, size, false));
    }
    row("100x, one line", &log(folder(), "line", LARGE, true));
}

fn row(name: &str, path: &Path) {
    let size = path.metadata().unwrap().len();
    let facts = || hydrule(&["facts", path.to_str().unwrap()]);
    // Where its output goes nowhere, grep stops at the first match.
    let grep = || {
        let mut command = Command::new("sh");
        command.args(["-c", r#"grep -ic "memory\|oom" "$0" | cat"#]).arg(path);
        command
    };
    let (ours, theirs) = side_by_side(ROUNDS, &facts, &grep);
    let rate = |time: Duration| {
        let bytes = f64::from(u32::try_from(size / 1024).unwrap()) * 1024.0;
        bytes / time.as_secs_f64() / 1e9
    };
    println!(
        "{name:<24}{:>6} MiB{:>9.2} GB/s{:>9.2} GB/s{:>8.2}{:>8} MiB",
        size >> 20,
        rate(ours),
        rate(theirs),
        rate(ours) / rate(theirs),
        peak(facts()) >> 10,
    );
}

/// Makes a log with a failure at its end, where it is not there yet.
fn log(folder: &Path, name: &str, size: usize, one_line: bool) -> PathBuf {
    let path = folder.join(format!("scan-{name}.log"));
    if path.metadata().is_ok_and(|about| about.len() >= size as u64) {
        return path;
    }
    let mut block = lines();
    if one_line {
        block = block.replace(['\n', '\r'], " ");
    }
    let mut file = File::create(&path).unwrap();
    for _ in 0..size.div_ceil(block.len()) {
        file.write_all(block.as_bytes()).unwrap();
    }
    file.write_all(b"\n(WorkerDict pid=1) torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB\n")
        .unwrap();
    path
}

/// A megabyte of what training prints: an engine's figures, memory in use, progress bars, answers, and
/// the metrics of each step.
fn lines() -> String {
    let mut out = String::new();
    let mut step = 0;
    while out.len() < 1 << 20 {
        step += 1;
        for at in 0..200 {
            let (pid, number) = (40_000 + at % 16, (at * 7919 + step * 104_729) % 10_000);
            let front = format!("\x1b[36m(WorkerDict pid={pid})\x1b[0m ");
            let _ = match at % 20 {
                0..=6 => writeln!(
                    out,
                    "{front}INFO 06-11 11:{:02}:{:02} [loggers.py:122] Engine 000: Avg prompt throughput: {number}.1 tokens/s, Running: {} reqs, GPU KV cache usage: {}.4%",
                    at % 60,
                    step % 60,
                    number % 256,
                    number % 100
                ),
                7 | 8 => writeln!(
                    out,
                    "{front}After update weights, memory allocated (GB): {}.20, memory reserved (GB): {}.71, device memory used/total (GB): 73.02/79.18",
                    number % 70,
                    number % 75
                ),
                9 => {
                    let bars = (0..10).map(|done| {
                        format!(
                            "{front}Rollout: {done}0%|{}| {done}/10 [00:1{done}, 33.3s/it]",
                            "█".repeat(done)
                        )
                    });
                    writeln!(out, "{}", bars.collect::<Vec<_>>().join("\r"))
                }
                _ => writeln!(
                    out,
                    "[answer {number}] First we count the apples that are left after the sale, then we divide them among {} children; each gets {} and so the total is {number}",
                    number % 9,
                    number % 31
                ),
            };
        }
        let metrics = (0..60).map(|at| format!("actor/part_{at}:{}.{at}", step * 31 % 97));
        let metrics: Vec<String> = metrics.collect();
        let _ = writeln!(
            out,
            "\x1b[36m(TaskRunner pid=9)\x1b[0m step:{step} - perf/max_memory_allocated_gb:61.2 - response_length/mean:512.5 - response_length/max:1024.0 - {}",
            metrics.join(" - ")
        );
    }
    out
}
