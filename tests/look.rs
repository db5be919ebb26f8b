//! What every command prints keeps to the terminal's width, and has no graphics where none are wanted.

use std::collections::BTreeSet;

use crate::support::{Run, Workspace, root};

/// A script with findings of several kinds, and with a repair.
const WRONG: &str = "\
MICRO=7
python3 -m verl.trainer.main_ppo \\
    algorithm.adv_estimator=grpo \\
    data.train_batch_size=1024 \\
    actor_rollout_ref.rollout.n=8 \\
    actor_rollout_ref.actor.ppo_mini_batch_size=65 \\
    actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu=$MICRO \\
    actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=8 \\
    actor_rollout_ref.ref.log_prob_micro_batch_size_per_gpu=8 \\
    trainer.n_gpus_per_node=8 \\
    trainer.nnodes=2 \\
    trainer.nnodes=1
";

/// Commands as they are run one after the other in a copy of the example, with `~` for a blank in an argument;
/// what they print is for people.
const COMMANDS: [&str; 56] = [
    "rewrite run_grpo.sh submit_grpo.slurm --log slurm-4242.err --facts model=model.json",
    "rewrite run_grpo.sh --log slurm-4242.err --facts model=model.json --goal $peak<70GiB --weight time=2",
    "rewrite --pack lightning --fact oom.phase=training --goal data.batch_size<1 -- data.batch_size=64",
    "rewrite run_grpo.sh --log slurm-4242.err --only more-gpus,offload-params --steps 2",
    "rewrite run_grpo.sh",
    "rewrite wrong.sh",
    "rewrite wrong.sh --repair",
    "rewrite gone.sh",
    "rewrite --pack verl --fact oom.phase=log_prob -- actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=32",
    "facts slurm-4242.err --script run_grpo.sh --facts model=model.json",
    "explain --pack lightning --fact oom.phase=training -- data.batch_size=64",
    "explain run_grpo.sh --log slurm-4242.err --rule halve-log-prob-micro-batch",
    "explain wrong.sh",
    "check",
    "check wrong.sh --diff --unsafe-fixes",
    "check gone.sh",
    "check wrong.sh --baseline known.json --accept-new",
    "check wrong.sh --baseline known.json",
    "set run_grpo.sh data.train_batch_size=512 actor_rollout_ref.rollout.enforce_eager=True",
    "set run_grpo.sh ~data.train_batch_size ++a=[1",
    "set base.yaml lr=0.2",
    "set run_grpo.sh data.train_batch_size=512 --write",
    "log",
    "undo",
    "show run_grpo.sh submit_grpo.slurm wrong.sh base.yaml",
    "diff run_grpo.sh wrong.sh",
    "parse optimizer.lr=1e-3 +x@y:z=[1]",
    "parse a={b:",
    "expand --most 2 -- lr=1e-3,1e-4 seed=range(0,1000000000)",
    "compose --config base.yaml -- lr=1e-3",
    "compose --config base.yaml --get lr",
    "config run_grpo.sh",
    "config --no-such-flag",
    "pack list",
    "pack show lightning",
    "pack check lightning",
    "pack new mine",
    "rule halve-batch-and-accumulate",
    "rule halve-log-prob-micro-batch",
    "rule no-such-rule",
    "test rules/mine",
    "test rules/mine --coverage",
    "test rules/mine --accept",
    "backtest BACKTEST --pack lightning",
    "schema no-such-schema",
    "completions no-such-shell",
    "man no/such/folder/anywhere",
    "lsp --no-such-flag",
    "rewrite --help",
    "check --help",
    "explain --help",
    "test --help",
    "set --help",
    "pack --help",
    "lsp --help",
    "--help",
];

/// Runs every command, and tells which lines break what is asked of them.
fn broken_lines(variable: (&str, &str), wrong: impl Fn(&str) -> bool) -> Vec<String> {
    let workspace = Workspace::example();
    workspace
        .write("wrong.sh", WRONG)
        .write("base.yaml", "data:\n  train_batch_size: 256\nlr: 0.1\n");
    let backtest = root().join("tests/backtest/lightning");
    let mut broken = Vec::new();
    let mut printed = 0;
    for command in COMMANDS {
        let words = command.split(' ').map(|word| match word {
            "BACKTEST" => backtest.to_str().unwrap().to_owned(),
            word => word.to_owned(),
        });
        let run = Run::hydrule("").at(workspace.path()).args(words).env(variable.0, variable.1);
        let output = run.run();
        assert!((0..=2).contains(&output.code), "{command}: {}", output.shown());
        printed += output.out.len() + output.err.len();
        for text in [&output.out, &output.err] {
            let lines = without_scripts(text).into_iter().filter(|line| wrong(line));
            broken.extend(lines.map(|line| format!("{command}\n    {line}")));
        }
    }
    assert!(printed > 50_000, "{printed}");
    broken
}

/// Leaves out lines that show what a script holds, which is as long as it is: diffs, and texts with their numbers.
fn without_scripts(text: &str) -> Vec<&str> {
    let mut in_diff = false;
    let shows = |line: &&str| {
        in_diff =
            line.starts_with("diff --git ") || in_diff && line.starts_with(['+', '-', ' ', '@']);
        let rest = line.trim_start().trim_start_matches(|it: char| it.is_ascii_digit());
        let numbered = rest.len() < line.trim_start().len()
            && [" │", " -", " +"].iter().any(|it| rest.starts_with(it));
        !in_diff
            && !numbered
            && !line.trim_start().starts_with('·')
            && !line.starts_with("snippet line")
    };
    text.lines().filter(shows).collect()
}

/// A mark, a label or a number may stand before a word that is too long itself.
fn is_one_word(line: &str) -> bool {
    line.split("  ").all(|part| part.split_whitespace().count() <= 2)
        && line.split_whitespace().any(|word| word.chars().count() > 40)
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let is_long = |line: &str| line.chars().count() > 80 && !is_one_word(line);
    let broken = broken_lines(("COLUMNS", "80"), is_long);
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn nothing_is_drawn_where_no_graphics_are_wanted() {
    let broken = broken_lines(("NO_GRAPHICS", "1"), |line| !line.is_ascii());
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn what_tools_read_is_the_same_without_graphics() {
    let workspace = Workspace::example();
    workspace.write("base.yaml", "# → here\nname: '… and ✗'\nlr: 0.1\n");
    for command in [
        "set base.yaml lr=0.2",
        "show base.yaml --output-format json",
        "rewrite run_grpo.sh --log slurm-4242.err --output-format json",
        "compose --config base.yaml",
    ] {
        let plain = workspace.hydrule(command).env("NO_GRAPHICS", "1").run();
        let drawn = workspace.hydrule(command).run();
        assert!(!drawn.out.is_ascii(), "{command} shows nothing to spell");
        assert_eq!(plain.out, drawn.out, "{command}");
    }
}

/// A new command is looked at, too.
#[test]
fn every_command_is_looked_at() {
    let help = Run::hydrule("--help").run().out;
    let list = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let names = list.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names: BTreeSet<&str> = names.filter_map(|line| line.split_whitespace().next()).collect();
    let run: BTreeSet<&str> = COMMANDS
        .iter()
        .filter_map(|it| it.split(' ').next())
        .filter(|it| !it.starts_with('-'))
        .collect();
    assert!(names.len() > 15, "{names:?}");
    assert_eq!(names.difference(&run).collect::<Vec<_>>(), Vec::<&&str>::new());
}
