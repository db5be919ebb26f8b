//! The command line: definitions only.

mod check;
mod deferred;
mod job;
mod journal;
mod overrides;
mod pack;
mod project;
mod shell;

use clap::{Parser, Subcommand, ValueEnum};

use super::examples;
pub use check::{CheckArgs, CheckFormat, LspArgs, PathArgs};
use deferred::Deferred;
pub use job::{
    ExplainArgs, FactsArgs, JobArgs, OnUnknown, OutsideArgs, RewriteArgs, RewriteFormat, StartArgs,
};
pub use journal::{LogArgs, UndoArgs};
pub use overrides::{ComposeArgs, DiffArgs, ExpandArgs, ParseArgs, SetArgs, ShowArgs};
pub use pack::{
    BacktestArgs, PackArgs, PackCheckArgs, PackCommand, PackNewArgs, PackRules, PackShowArgs,
    PageFormat, RuleArgs, TestArgs, TestFormat, Unreferenced,
};
pub use project::{ConfigArgs, ProjectArgs, SchemaArgs, SchemaOf};
pub use shell::{CompletionsArgs, ManArgs};

/// Declarative rules over Hydra overrides.
#[derive(Debug, Parser)]
#[command(name = "hydrule", version = env!("HYDRULE_VERSION"), max_term_width = 100, disable_help_subcommand = true)]
#[command(
    about = "Reads a Hydra launch script and the log of its failed job, and shows or makes the change that helps"
)]
#[command(after_help = examples::HYDRULE)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// When to use colours.
    // Last, wherever the number of commands would put it.
    #[arg(long, global = true, value_enum, default_value_t = ColorWhen::Auto, display_order = 900)]
    pub color: ColorWhen,
    /// Print what was asked for and errors, and no counts, hints and remarks
    #[arg(short, long, global = true, display_order = 901)]
    pub quiet: bool,
    /// Print passwords and tokens too, instead of ***
    #[arg(long, global = true, display_order = 902)]
    pub show_secrets: bool,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// Where the output is a terminal; NO_COLOR, FORCE_COLOR and CLICOLOR are heeded.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Propose the change that answers a failure, as a diff; make it with --write
    Rewrite(Deferred<RewriteArgs>),
    /// Find what went wrong in a job's logs: what failed first, in which phase, with which numbers
    Facts(Deferred<FactsArgs>),
    /// Show for every rule whether it fired and why, with the values it read
    Explain(Deferred<ExplainArgs>),
    /// Find what is wrong with launch scripts before they run
    Check(Deferred<CheckArgs>),
    /// Change given overrides in a launch script or YAML file, as a diff; make it with --write
    Set(Deferred<SetArgs>),
    /// Show each launch of a script and its overrides, with where each value comes from
    Show(Deferred<ShowArgs>),
    /// Show which keys differ between two scripts, run folders, configurations or lists of overrides
    Diff(Deferred<DiffArgs>),
    /// Show how Hydra 1.3.8 reads an override
    Parse(Deferred<ParseArgs>),
    /// Show the jobs that a multirun makes of its overrides
    Expand(Deferred<ExpandArgs>),
    /// Show the configuration that overrides make of a base configuration
    Compose(Deferred<ComposeArgs>),
    /// Run the cases of rule packs, and compare what comes of them with what is expected
    Test(Deferred<TestArgs>),
    /// Show what the project's configuration says, and where
    Config(Deferred<ConfigArgs>),
    /// Print what a file of packs, cases or a project may hold, as JSON Schema for editors
    Schema(Deferred<SchemaArgs>),
    /// Work on rule packs
    Pack(Deferred<PackArgs>),
    /// Show everything about a rule: what, why, its source, and an example of what it does
    Rule(Deferred<RuleArgs>),
    /// Score a pack on failures whose fix is known: at which rank it proposes what worked
    Backtest(Deferred<BacktestArgs>),
    /// Serve an editor: findings as you type, fixes, explanations and keys to choose from
    Lsp(Deferred<LspArgs>),
    /// List what --write has written here, newest first
    Log(Deferred<LogArgs>),
    /// Take back what --write has written, as a diff; make the change with --write
    Undo(Deferred<UndoArgs>),
    /// Print what completes commands and flags in a shell
    Completions(Deferred<CompletionsArgs>),
    /// Print the manual page, or write one for each command
    Man(Deferred<ManArgs>),
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum OutputFormat {
    /// For people.
    #[default]
    Full,
    /// As JSON.
    Json,
}

fn threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=256) => Ok(number),
        _ => Err("a number from 1 to 256 belongs here".to_owned()),
    }
}
