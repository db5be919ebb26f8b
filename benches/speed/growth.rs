//! How the time grows with the size of what is read: 1, 10, 100 and 1,000 times as much.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
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
    row("show a launch", &|size| command(size, &["show"]));
    row("set in a script", &|size| command(size, &["set", "a.k0=1"]));
    row("check a script", &|size| command(size, &["check"]));
}

fn row(what: &str, time: &dyn Fn(usize) -> Duration) {
    let times: Vec<Duration> = SIZES.iter().map(|size| time(*size)).collect();
    let first = times.first().unwrap();
    let grown = times.iter().skip(1).map(|it| it.as_secs_f64() / first.as_secs_f64());
    let grown: Vec<String> = grown.map(|it| format!("{it:>10.1}")).collect();
    println!("{what:<28}{:>9.2} ms{}", first.as_secs_f64() * 1e3, grown.concat());
}

/// Runs a command on a script with one launch of so many overrides.
fn command(size: usize, arguments: &[&str]) -> Duration {
    let script = script(size);
    let (verb, more) = arguments.split_first().unwrap();
    let run = || {
        let mut command = hydrule(&[verb]);
        command.arg(&script).args(more);
        command
    };
    let (whole, start) = side_by_side(5, &run, &|| -> Command { hydrule(&["--version"]) });
    whole.saturating_sub(start)
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
