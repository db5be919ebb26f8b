//! How the time grows with the size of what is read: 1, 10, 100 and 1,000 times as much.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use hydrule::overrides::parse;

use crate::pairs::{fastest, folder, hydrule, side_by_side};

const SIZES: [usize; 4] = [1, 10, 100, 1000];
/// The smallest size of each row.
const OVERRIDES: usize = 20;

/// Prints the table: the time for the smallest, and how many times as much each size takes. What starts a
/// process is taken off.
pub fn run() {
    println!("{:<28}{:>12}{:>10}{:>10}{:>10}", "", "1 x", "10 x", "100 x", "1,000 x");
    row("parse a list", &|size| {
        let items: Vec<String> = (0..OVERRIDES * size).map(|at| at.to_string()).collect();
        let text = format!("a.b=[{}]", items.join(","));
        fastest(5, || parse(&text).unwrap())
    });
    row("show a launch", &|size| of_script(size, &["show"]));
    row("show, a variable each", &|size| command(&variables(size), &["show"]));
    row("show, an append each", &|size| command(&appends(size), &["show"]));
    row("show, a branch each", &|size| command(&branches(size), &["show"]));
    row("set in a script", &|size| of_script(size, &["set", "a.k0=1"]));
    row("check a script", &|size| of_script(size, &["check"]));
    row("check, a launch each", &|size| command(&launches(size), &["check"]));
    row("facts of a log", &|size| command(&log(size), &["facts"]));
    row("rewrite --jsonl", &sets);
}

fn row(what: &str, time: &dyn Fn(usize) -> Duration) {
    let times: Vec<Duration> = SIZES.iter().map(|size| time(*size)).collect();
    let first = times.first().unwrap();
    let grown = times.iter().skip(1).map(|it| it.as_secs_f64() / first.as_secs_f64());
    let grown: Vec<String> = grown.map(|it| format!("{it:>10.1}")).collect();
    println!("{what:<28}{:>9.2} ms{}", first.as_secs_f64() * 1e3, grown.concat());
}

/// Runs a command on a script with one launch of so many overrides.
fn of_script(size: usize, arguments: &[&str]) -> Duration {
    command(&script(size), arguments)
}

/// Runs a command on a file.
fn command(file: &Path, arguments: &[&str]) -> Duration {
    let (verb, more) = arguments.split_first().unwrap();
    timed(&|| {
        let mut command = hydrule(&[verb]);
        command.arg(file).args(more);
        command
    })
}

/// Plans for so many sets of overrides.
fn sets(size: usize) -> Duration {
    let path = folder().join(format!("grown-{size}.jsonl"));
    let line = |at: usize| {
        format!("{{\"overrides\": [\"data.batch_size={}\", \"model.lr=0.{at}\"]}}\n", at % 64 + 1)
    };
    fs::write(&path, (0..OVERRIDES * size).map(line).collect::<String>()).unwrap();
    timed(&|| {
        let mut command = hydrule(&["rewrite", "--jsonl", "-j", "1", "--pack", "lightning"]);
        command.stdin(File::open(&path).unwrap());
        command
    })
}

/// Returns the time of a command without what every start takes.
fn timed(run: &dyn Fn() -> Command) -> Duration {
    let (whole, start) = side_by_side(5, run, &|| -> Command { hydrule(&["--version"]) });
    whole.saturating_sub(start)
}

/// A script that sets a variable for each override.
fn variables(size: usize) -> PathBuf {
    of_variables(&format!("variables-{size}.sh"), size, &|at| format!("K{at}=${{BASE}}{at}\n"))
}

/// A script that sets a variable for each override, which a test may change.
fn branches(size: usize) -> PathBuf {
    let lines = |at| format!("K{at}=$(({at} * 2))\n[ -e f{at} ] && K{at}=1\n");
    of_variables(&format!("branches-{size}.sh"), size, &lines)
}

fn of_variables(name: &str, size: usize, lines: &dyn Fn(usize) -> String) -> PathBuf {
    let path = folder().join(name);
    let (mut text, mut launch) = (String::from("#!/bin/bash\nBASE=1\n"), String::new());
    for at in 0..OVERRIDES * size {
        text.push_str(&lines(at));
        let _ = write!(launch, " \\\n    +a.k{at}=${{K{at}}}");
    }
    text.push_str(&format!("python3 -m verl.trainer.main_ppo{launch}\n"));
    fs::write(&path, text).unwrap();
    path
}

/// A script that appends each override to an array.
fn appends(size: usize) -> PathBuf {
    let path = folder().join(format!("appends-{size}.sh"));
    let mut text = String::from("#!/bin/bash\nARGS=()\n");
    for at in 0..OVERRIDES * size {
        let _ = writeln!(text, "ARGS+=(+a.k{at}={at})");
    }
    text.push_str("python3 -m verl.trainer.main_ppo \"${ARGS[@]}\"\n");
    fs::write(&path, text).unwrap();
    path
}

/// A script of so many times five launches, each of which breaks requirements.
fn launches(size: usize) -> PathBuf {
    let path = folder().join(format!("launches-{size}.sh"));
    let launch = |at: usize| {
        format!("python3 -m verl.trainer.main_ppo data.train_batch_size=64 +a.k={at}\n")
    };
    let text: String = (0..OVERRIDES * size / 4).map(launch).collect();
    fs::write(&path, format!("#!/bin/bash\n{text}")).unwrap();
    path
}

/// A log of so many hundred lines that ends with a failure.
fn log(size: usize) -> PathBuf {
    let path = folder().join(format!("grown-{size}.log"));
    let mut text: String = (0..100 * size)
        .map(|at| format!("step {at}: loss 0.{at}, tokens per second {at}\n"))
        .collect();
    text.push_str("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.\n");
    fs::write(&path, text).unwrap();
    path
}

fn script(size: usize) -> PathBuf {
    let path = folder().join(format!("launch-{size}.sh"));
    let mut text = String::from("#!/bin/bash\npython3 -m verl.trainer.main_ppo");
    for at in 0..OVERRIDES * size {
        let _ = write!(text, " \\\n    +a.k{at}={at}");
    }
    text.push('\n');
    fs::write(&path, text).unwrap();
    path
}
