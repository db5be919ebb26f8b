//! The pages and the program agree.

use std::fs;

use crate::support::walk::{drawing, drawing_in_light};
use crate::support::{Run, Workspace, root, snapshot};

fn accepts() -> bool {
    std::env::var_os("HYDRULE_ACCEPT").is_some()
}

/// Compares a file with what it should hold; writes it when that is asked for.
pub fn check_file(name: &str, wanted: &str) {
    let path = root().join(name);
    if accepts() {
        fs::write(&path, wanted).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    let lines =
        found.lines().zip(wanted.lines()).enumerate().find(|(_, (one, other))| one != other);
    let first =
        lines.map(|(at, (one, other))| format!("\nline {}: {one}\nwanted: {other}", at + 1));
    assert!(
        found == wanted,
        "{name} is not up to date; HYDRULE_ACCEPT=1 cargo test writes it anew{}",
        first.unwrap_or_default()
    );
}

const MAIN_JOB: &str = "rewrite examples/verl-oom/run_grpo.sh examples/verl-oom/submit_grpo.slurm --log examples/verl-oom/slurm-4242.err";

#[test]
fn readme_and_ci_run_the_same_commands() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let ci = fs::read_to_string(root().join(".ci/run")).unwrap().replace("\\\n    ", "");
    for command in [format!("cargo run --release -- {MAIN_JOB}"), "cargo test".to_owned()] {
        assert!(readme.contains(&format!("$ {command}\n")), "README: {command}");
        assert!(ci.contains(&command), ".ci/run: {command}");
    }
    assert_eq!(Run::hydrule(MAIN_JOB).run().code, 1);
}

#[test]
fn the_picture_is_the_real_output() {
    let workspace = Workspace::example();
    let run = workspace
        .hydrule("rewrite run_grpo.sh submit_grpo.slurm --log slurm-4242.err --color always");
    let output = run.run().out;
    let mut shown = String::from(
        "\u{1b}[2m$\u{1b}[0m hydrule rewrite run_grpo.sh submit_grpo.slurm --log slurm-4242.err\n",
    );
    let (before, after) = output.split_once("Not chosen: does not lower").unwrap();
    let keep = |line: &&str| !line.contains("Not chosen") || line.contains("would help as well");
    let mut parts =
        before.split("Not chosen: would help, changes").next().unwrap().lines().filter(keep);
    for line in parts.by_ref() {
        shown.push_str(line);
        shown.push('\n');
    }
    let folklore: Vec<&str> = after.lines().collect();
    let wanted = ["offload-params", "halve-train-batch", "less-memory-for-rollout"];
    shown.push_str("\u{1b}[1mNot chosen: does not lower the old log-prob peak\u{1b}[0m\n");
    for id in wanted {
        let start = folklore.iter().position(|line| line.contains(id)).unwrap();
        shown.push_str(&format!("{}\n", folklore[start]));
        for line in folklore[start + 1..].iter().take_while(|line| line.starts_with("      ")) {
            shown.push_str(&format!("{line}\n"));
        }
    }
    shown.push_str("  \u{1b}[2m… and every other option with its reason\u{1b}[0m\n\n");
    let diff = output.split_once("diff --git").unwrap().1;
    let start = output.len() - diff.len() - "diff --git".len();
    let start = output[..start].rfind('\n').unwrap() + 1;
    shown.push_str(&output[start..]);
    check_file("docs/rewrite.svg", &drawing(&shown));
    check_file("docs/rewrite-light.svg", &drawing_in_light(&shown));
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    for name in ["docs/rewrite.svg", "docs/rewrite-light.svg"] {
        assert!(readme.contains(&format!("=\"{name}\"")), "README.md does not show {name}");
    }
}

#[test]
fn the_help_is_as_reviewed() {
    for command in [
        "",
        "rewrite",
        "facts",
        "explain",
        "check",
        "set",
        "show",
        "parse",
        "expand",
        "compose",
        "config",
        "schema",
        "diff",
        "pack new",
        "pack list",
        "pack show",
        "pack check",
        "test",
        "rule",
        "backtest",
        "lsp",
        "log",
        "undo",
        "completions",
        "man",
    ] {
        let output = Run::hydrule(&format!("{command} --help")).run();
        assert_eq!(output.code, 0);
        let name = if command.is_empty() { "hydrule" } else { command }.replace(' ', "-");
        snapshot("help", &name, &output.out);
    }
}

/// The words of a command line: split at blanks outside single quotes, up to a redirection.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for letter in line.chars() {
        match letter {
            '\'' => quoted = !quoted,
            '|' | '>' | '<' | '#' if !quoted => break,
            ' ' if !quoted => words.push(String::new()),
            letter => words.last_mut().unwrap().push(letter),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Every command that the help shows is one: clap reads it up to the `--help` that is added.
#[test]
fn the_examples_of_the_help_are_commands() {
    let mut tried = 0;
    for page in fs::read_dir(root().join("snapshots/help")).unwrap() {
        let page = fs::read_to_string(page.unwrap().path()).unwrap();
        let (_, examples) = page.split_once("\nExamples:\n").expect("every command has examples");
        let joined = examples.replace("\\\n      ", "");
        for line in joined.lines().filter_map(|line| line.strip_prefix("  hydrule ")) {
            // What explains an example of the overview stands three blanks behind it.
            let mut command = words(line.split("   ").next().unwrap());
            let end = command.iter().position(|word| word == "--").unwrap_or(command.len());
            // `parse` takes everything behind its first word as overrides, and needs no files.
            if command[0] != "parse" {
                command.insert(end, "--help".to_owned());
            }
            let output = Run::hydrule("").args(command).run();
            assert_eq!(output.code, 0, "{line}: {}", output.err);
            tried += 1;
        }
        let widest = examples.lines().filter(|line| line.starts_with("  ")).map(str::len).max();
        assert!(widest.unwrap() < 80, "examples do not fit into 80 columns: {examples}");
    }
    assert!(tried > 60, "{tried}");
}

#[test]
fn shells_and_man_get_their_files() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = Run::hydrule(&format!("completions {shell}")).run();
        assert_eq!(script.code, 0);
        assert!(script.out.contains("rewrite"), "{shell}");
    }
    let workspace = Workspace::new();
    assert_eq!(workspace.hydrule("man man1").run().code, 0);
    let pages = fs::read_dir(workspace.path().join("man1")).unwrap().count();
    assert!(pages > 20, "{pages}");
    let page = fs::read_to_string(workspace.path().join("man1/hydrule-pack-check.1")).unwrap();
    assert!(page.starts_with(".ie") && page.contains(".TH hydrule-pack-check 1"), "{page}");
    assert!(workspace.hydrule("man").run().out.contains(".TH hydrule 1"));
}
