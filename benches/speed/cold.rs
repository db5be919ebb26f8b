//! How long a command takes from its start to its end, beside a Rust program that does nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::pairs::{folder, side_by_side};

const ROUNDS: usize = 40;
const SCRIPTS: usize = 1000;

/// Prints the tables.
pub fn run() {
    let empty = installed(&empty_program(), "empty-installed");
    let hydrule = installed(Path::new(env!("CARGO_BIN_EXE_hydrule")), "hydrule-installed");
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/verl-oom");
    let commands: [(&str, &[&str]); 5] = [
        ("--version", &["--version"]),
        ("show", &["show", "run_grpo.sh"]),
        ("check, one script", &["check", "run_grpo.sh"]),
        ("facts", &["facts", "slurm-4242.err"]),
        ("rewrite with a log", &["rewrite", "run_grpo.sh", "--log", "slurm-4242.err"]),
    ];
    println!("{:<24}{:>12}{:>16}{:>8}", "", "hydrule", "empty program", "ratio");
    for (what, arguments) in commands {
        let ours = || {
            let mut command = Command::new(&hydrule);
            command.args(arguments).current_dir(&example);
            command
        };
        let (ours, nothing) = side_by_side(ROUNDS, &ours, &|| Command::new(&empty));
        let ratio = ours.as_secs_f64() / nothing.as_secs_f64();
        println!(
            "{what:<24}{:>9.1} ms{:>13.1} ms{ratio:>8.1}",
            ours.as_secs_f64() * 1e3,
            nothing.as_secs_f64() * 1e3
        );
    }
    let scripts = scripts(&example);
    let check = |threads: &'static str| {
        let (hydrule, scripts) = (hydrule.clone(), scripts.clone());
        move || {
            let mut command = Command::new(&hydrule);
            command.args(["check", "-j", threads]).arg(&scripts);
            command
        }
    };
    let (one, two) = side_by_side(3, &check("1"), &check("2"));
    println!(
        "check of {SCRIPTS} scripts: {:.2} s on one core, {:.2} s on two",
        one.as_secs_f64(),
        two.as_secs_f64()
    );
}

/// Copies a program, as to install it does: what the linker wrote lies in the kernel's memory in smaller
/// pieces, and takes a sixth more page faults to start.
fn installed(program: &Path, name: &str) -> PathBuf {
    let copy = folder().join(name);
    fs::copy(program, &copy).unwrap();
    copy
}

/// Builds `fn main() {}` as a release is.
fn empty_program() -> PathBuf {
    let (source, program) = (folder().join("empty.rs"), folder().join("empty"));
    fs::write(&source, "fn main() {}\n").unwrap();
    let mut rustc = Command::new("rustc");
    rustc.args(["-O", "-o"]).arg(&program).arg(&source);
    assert!(rustc.status().unwrap().success(), "rustc builds an empty program");
    program
}

/// Makes a folder of scripts, each with a number of its own.
fn scripts(example: &Path) -> PathBuf {
    let folder = folder().join("scripts");
    fs::create_dir_all(&folder).unwrap();
    let script = fs::read_to_string(example.join("run_grpo.sh")).unwrap();
    for at in 0..SCRIPTS {
        let text = format!("{script}\n# {at}\n");
        fs::write(folder.join(format!("run_{at}.sh")), text).unwrap();
    }
    folder
}
