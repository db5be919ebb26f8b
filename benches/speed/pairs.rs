//! Runs of two sides in turn.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Where benches make what they read; it stays from run to run.
pub fn folder() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

/// Returns the program.
pub fn hydrule(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hydrule"));
    command.args(arguments);
    command
}

/// Returns the time of the fastest of some runs.
pub fn fastest<T>(rounds: usize, mut run: impl FnMut() -> T) -> Duration {
    let time = |run: &mut dyn FnMut() -> T| {
        let start = Instant::now();
        black_box(run());
        start.elapsed()
    };
    (0..rounds).map(|_| time(&mut run)).min().unwrap_or_default()
}

/// Runs two commands in turn; the fastest run of each counts.
pub fn side_by_side(
    rounds: usize,
    one: &dyn Fn() -> Command,
    other: &dyn Fn() -> Command,
) -> (Duration, Duration) {
    let time = |command: &dyn Fn() -> Command| fastest(1, || quiet(command()).status().unwrap());
    let times = (0..rounds).map(|_| (time(one), time(other)));
    times.reduce(|best, now| (best.0.min(now.0), best.1.min(now.1))).unwrap()
}

/// The most memory that a run had, in KiB, as the kernel counts it.
pub fn peak(command: Command) -> u64 {
    let mut child = quiet(command).spawn().unwrap();
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()));
        let status = status.unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|it| it.trim().trim_end_matches(" kB").parse().ok());
        most = most.max(peak.unwrap_or(0));
        std::thread::sleep(Duration::from_millis(2));
    }
    most
}

fn quiet(mut command: Command) -> Command {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Returns a Python that has the real Hydra, where there is one: that of the conformance checks, else
/// the system's.
pub fn hydra() -> Option<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/hydra/bin/python");
    let found = [own, PathBuf::from("python3")];
    found.into_iter().find(|python| {
        let mut asks = Command::new(python);
        asks.args(["-c", "import hydra"]);
        quiet(asks).status().is_ok_and(|it| it.success())
    })
}
