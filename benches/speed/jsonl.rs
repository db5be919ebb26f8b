//! `rewrite --jsonl`: sets of 40 overrides under 20 rules, on one core and on two.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::pairs::{folder, hydrule, peak, side_by_side};

const ROUNDS: usize = 3;
const KEYS: usize = 10;

/// Prints the tables.
pub fn run() {
    let pack = pack();
    println!("{:<28}{:>12}{:>12}{:>12}{:>8}{:>12}", "", "sets", "-j1", "-j2", "ratio", "peak RSS");
    for (what, failed) in [("no option fits", false), ("one proposal each", true)] {
        for sets in [2_000, 20_000, 200_000] {
            row(what, &pack, &input(sets, failed), sets);
        }
    }
}

fn row(what: &str, pack: &Path, input: &Path, sets: u32) {
    let on = |threads: &'static str| {
        let (pack, input) = (pack.to_owned(), input.to_owned());
        move || planned(&pack, &input, threads)
    };
    let (one, two) = side_by_side(ROUNDS, &on("1"), &on("2"));
    let rate = |time: Duration| f64::from(sets) / time.as_secs_f64();
    println!(
        "{what:<28}{sets:>12}{:>10.0}/s{:>10.0}/s{:>8.2}{:>8} MiB",
        rate(one),
        rate(two),
        rate(two) / rate(one),
        peak(on("1")()) >> 10,
    );
}

fn planned(pack: &Path, input: &Path, threads: &str) -> Command {
    let mut command = hydrule(&["rewrite", "--jsonl", "-j", threads, "--pack"]);
    command.arg(pack).stdin(File::open(input).unwrap());
    command
}

/// A pack of ten options and ten requirements.
fn pack() -> PathBuf {
    let mut text = String::from(
        "name = 'bench'\nversion = '1'\ndescription = 'd'\n\
         [[phase]]\nname = 'f'\ntitle = 'f'\nframes = ['f']\n\
         [[signal]]\nname = 's'\nevent = 'oom'\nkind = 'device'\npattern = 'x'\ntypes = {}\n",
    );
    for at in 0..KEYS {
        write!(
            text,
            "[[option]]\nid = 'o{at}'\ntitle = 't'\nwhen = 'model.k{at} > 2 && optim.k{at} == \"adam\"'\n\
             rewrite = [{{ set = 'model.k{at} := it / 2', floor = '1' }}]\nrelieves = ['f']\nloads = []\n\
             changes = 'nothing'\ncost = {{ time = 1.1 }}\nsafety = 'safe'\nwhy = 'w'\nsource = 's'\n\
             [[require]]\nid = 'r{at}'\nwhen = 'model.k{at} > 1'\nholds = 'data.k{at} % model.k{at} == 0'\n\
             fails_at = 's'\nmessage = 'm'\nsource = 's'\n"
        )
        .unwrap();
    }
    let path = folder().join("jsonl-pack.toml");
    fs::write(&path, text).unwrap();
    path
}

/// Sets of 40 overrides; with a failure that an option of each relieves, or with none.
fn input(sets: u32, failed: bool) -> PathBuf {
    let path = folder().join(format!("sets-{sets}-{failed}.jsonl"));
    let mut text = String::new();
    for set in 0..sets {
        let keys = (0..KEYS).map(|at| {
            let number = (set as usize * 7919 + at * 104_729) % 1000;
            let micro = 1 << (number % 4);
            let optimizer = if failed && at == 0 { "adam" } else { "sgd" };
            format!(
                r#""model.k{at}={}", "data.k{at}={}", "optim.k{at}={optimizer}", "trainer.k{at}=0.{number}""#,
                micro * 4,
                micro * 4 * (number + 1),
            )
        });
        let keys = keys.collect::<Vec<_>>().join(", ");
        let facts = if failed { r#", "facts": {"oom.phase": "f"}"# } else { "" };
        let _ = writeln!(text, r#"{{"id": {set}, "overrides": [{keys}]{facts}}}"#);
    }
    fs::write(&path, text).unwrap();
    path
}
