//! What a job is, and the commands about one that failed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{OutputFormat, PackRules, threads};
use crate::cli::examples;

/// What to do about rules whose condition reads something that nothing tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum OnUnknown {
    /// Leave them out of the report.
    Ignore,
    /// Report them, with what would tell.
    #[default]
    Warn,
    /// Report them, and fail.
    Fail,
}

/// What scripts cannot tell of how they are started.
#[derive(Debug, Clone, Default, Args)]
pub struct OutsideArgs {
    /// A variable of the job's environment
    #[arg(long, value_name = "NAME=VALUE")]
    pub env: Vec<String>,
    /// The arguments that the scripts are started with [default: any]
    #[arg(long, value_name = "ARG", num_args = 0..)]
    pub args: Option<Vec<String>>,
}

/// What launches start from, and which rules hold for them.
#[derive(Debug, Clone, Default, Args)]
pub struct StartArgs {
    /// The base configuration that launches start from: a YAML file, such as a run folder's
    /// `.hydra/config.yaml`
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Look for no base configuration where none is given
    #[arg(long)]
    pub no_base: bool,
    /// Which rules hold for it.
    #[command(flatten)]
    pub rules: PackRules,
}

/// What the job is: its files, its log, and what is known besides.
#[derive(Debug, Default, Args)]
pub struct JobArgs {
    /// The files of one job: launch and Slurm scripts, a configuration in YAML; or a run folder
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The log of the failed job; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// What the launch starts from, and which rules hold for it.
    #[command(flatten)]
    pub start: StartArgs,
    /// Which launch of the files is meant, counted from 1
    #[arg(long, value_name = "N")]
    pub launch: Option<usize>,
    /// What its scripts cannot tell.
    #[command(flatten)]
    pub outside: OutsideArgs,
    /// A fact, in Hydra's override syntax: oom.phase=wake_up, oom.free=4.97GiB
    #[arg(long, value_name = "NAME=VALUE")]
    pub fact: Vec<String>,
    /// Facts from a JSON, YAML or TOML file: model=config.json gives $model.hidden_size and so on
    #[arg(long, value_name = "NAME=FILE")]
    pub facts: Vec<String>,
    /// Earlier configurations and what came of them: JSON lines, or the journal of --write
    #[arg(long, value_name = "FILE")]
    pub tried: Vec<PathBuf>,
    /// A parameter of the pack: micro_batch_floor=2
    #[arg(long, value_name = "NAME=VALUE")]
    pub param: Vec<String>,
    /// Consider only these options, and take each once even if it does not help this failure
    #[arg(long, value_name = "ID", value_delimiter = ',', num_args = 1..)]
    pub only: Vec<String>,
    /// How many steps to take [default: 1, or one for each ID of --only]
    #[arg(long, value_name = "N")]
    pub steps: Option<usize>,
    /// Take the cheapest steps that make a condition true: '$peak < 70GiB'
    #[arg(long, value_name = "EXPR", conflicts_with = "steps")]
    pub goal: Option<String>,
    /// How much a dimension of the cost counts towards the cheapest: time=2 [default: 1 each]
    #[arg(long, value_name = "DIMENSION=NUMBER")]
    pub weight: Vec<String>,
    /// Take no step that makes a requirement unknown which was not
    #[arg(long)]
    pub strict: bool,
    /// Take no step that changes this invariant
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub preserve: Vec<String>,
    /// Never change this key, or what is below it: a key, in which `*` is any text, or sbatch:NAME
    #[arg(long, value_name = "KEY")]
    pub pin: Vec<String>,
    /// First make the repairs of broken requirements: of these, or of all
    #[arg(long, value_name = "ID", value_delimiter = ',', num_args = 0.., require_equals = true)]
    pub repair: Option<Vec<String>>,
    /// What to do about rules that read something unknown
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = OnUnknown::Warn)]
    pub on_unknown: OnUnknown,
    /// Plain overrides instead of files
    #[arg(last = true, value_name = "OVERRIDE")]
    pub overrides: Vec<String>,
}

/// How the change that answers a failure is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum RewriteFormat {
    /// For people: the plan, why not the others, and the diff.
    #[default]
    Full,
    /// As JSON.
    Json,
    /// As one page for a browser, with the memory of each phase and what decided every rule.
    Html,
}

/// `hydrule rewrite`.
#[derive(Debug, Default, Args)]
#[command(after_help = examples::REWRITE)]
pub struct RewriteArgs {
    /// The job.
    #[command(flatten)]
    pub job: JobArgs,
    /// How to print the result
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = RewriteFormat::Full)]
    pub output_format: RewriteFormat,
    /// Write what would be printed to a file
    #[arg(short = 'o', long, value_name = "FILE", conflicts_with = "jsonl")]
    pub output_file: Option<PathBuf>,
    /// Write the change to the files
    #[arg(long)]
    pub write: bool,
    /// Also write steps that change what is trained, or on what machines
    #[arg(long)]
    pub r#unsafe: bool,
    /// Read one {"id", "overrides", "facts"} a line from standard input, write one plan a line
    #[arg(long, conflicts_with_all = ["files", "overrides", "log", "config", "launch", "write"])]
    pub jsonl: bool,
    /// How many threads plan lines of JSON [default: as many as there are processors]
    #[arg(short = 'j', long, value_name = "N", requires = "jsonl", value_parser = threads)]
    pub threads: Option<usize>,
}

/// `hydrule facts`.
#[derive(Debug, Args)]
#[command(after_help = examples::FACTS)]
pub struct FactsArgs {
    /// Logs of one job, also compressed with gzip or zstd; `-` reads standard input
    #[arg(value_name = "LOG", required = true)]
    pub logs: Vec<PathBuf>,
    /// The job's files: what Hydra says it ran is compared with the launch in them
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub script: Vec<PathBuf>,
    /// The pack whose signals are looked for: a name or a folder [default: all that ship]
    #[arg(long, value_name = "NAME|PATH")]
    pub pack: Option<String>,
    /// Which launch of the files is meant, counted from 1 [default: the one that the log ran]
    #[arg(long, value_name = "N", requires = "script")]
    pub launch: Option<usize>,
    /// What its scripts cannot tell.
    #[command(flatten)]
    pub outside: OutsideArgs,
    /// A fact, in Hydra's override syntax: model.vocab_size=152064 tells which tensor was too large
    #[arg(long, value_name = "NAME=VALUE")]
    pub fact: Vec<String>,
    /// Facts from a JSON, YAML or TOML file: model=config.json
    #[arg(long, value_name = "NAME=FILE")]
    pub facts: Vec<String>,
    /// How to print the result
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = OutputFormat::Full)]
    pub output_format: OutputFormat,
}

/// `hydrule explain`.
#[derive(Debug, Args)]
#[command(after_help = examples::EXPLAIN)]
pub struct ExplainArgs {
    /// The job.
    #[command(flatten)]
    pub job: JobArgs,
    /// Show only these options, requirements and invariants, with all that the pack says of them
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub rule: Vec<String>,
    /// Show the whole evaluation of every condition
    #[arg(long, short)]
    pub verbose: bool,
    /// How to print the result
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = OutputFormat::Full)]
    pub output_format: OutputFormat,
}
