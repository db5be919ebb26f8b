//! Finding what is wrong: over files, and in an editor.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{OutsideArgs, StartArgs, threads};
use crate::cli::examples;

/// Which findings count.
#[derive(Debug, Clone, Default, Args)]
pub struct SelectArgs {
    /// Only these rules, each told by what its id begins with [default: ALL]
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub select: Vec<String>,
    /// All but these rules; of --select and --ignore the longer text decides
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub ignore: Vec<String>,
}

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum CheckFormat {
    /// For people: every finding with the text it is about.
    #[default]
    Full,
    /// A line for each finding.
    Concise,
    /// As JSON.
    Json,
    /// As JSON, a line for each finding.
    JsonLines,
    /// As commands of GitHub's workflows, which show findings beside the lines of a pull request.
    Github,
    /// As GitLab's report of code quality, which it shows in merge requests.
    Gitlab,
    /// As JUnit XML, which CI systems show.
    Junit,
    /// As SARIF 2.1.0, which code hosts and editors read.
    Sarif,
}

/// Which files are meant.
#[derive(Debug, Default, Args)]
pub struct PathArgs {
    /// Launch scripts and Slurm scripts, and folders in which every launch script is meant; `-` reads one
    /// script from standard input
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// The name of what comes from standard input: for its place in the project, and in findings
    #[arg(long, value_name = "PATH")]
    pub stdin_filename: Option<PathBuf>,
    /// Leave out what a glob matches, written as in a .gitignore
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,
    /// Leave it out even where it is named, as by a hook; the cases of packs as well
    #[arg(long)]
    pub force_exclude: bool,
    /// Look also into what git ignores
    #[arg(long)]
    pub no_respect_gitignore: bool,
}

/// `hydrule check`.
#[derive(Debug, Default, Args)]
#[command(after_help = examples::CHECK)]
pub struct CheckArgs {
    /// The files.
    #[command(flatten)]
    pub paths: PathArgs,
    /// Which findings count.
    #[command(flatten)]
    pub selected: SelectArgs,
    /// Let be what this file knows: findings by file, rule, key and launch, never by line
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write the fixes that keep what is trained, until none is left
    #[arg(long)]
    pub fix: bool,
    /// Count fixes that somebody should look at: with --fix and --diff, make them as well
    #[arg(long)]
    pub unsafe_fixes: bool,
    /// Print the fixes as a diff, and write nothing
    #[arg(long)]
    pub diff: bool,
    /// Exit with 1 where a fix was made, even if nothing is left
    #[arg(long)]
    pub exit_non_zero_on_fix: bool,
    /// Write everything that is found into the baseline
    #[arg(long, requires = "baseline", conflicts_with_all = ["fix", "diff"])]
    pub accept_new: bool,
    /// What the launches start from, and which rules hold for them.
    #[command(flatten)]
    pub start: StartArgs,
    /// What its scripts cannot tell.
    #[command(flatten)]
    pub outside: OutsideArgs,
    /// A fact, in Hydra's override syntax
    #[arg(long, value_name = "NAME=VALUE")]
    pub fact: Vec<String>,
    /// Facts from a JSON, YAML or TOML file
    #[arg(long, value_name = "NAME=FILE")]
    pub facts: Vec<String>,
    /// A parameter of the pack
    #[arg(long, value_name = "NAME=VALUE")]
    pub param: Vec<String>,
    /// Fix nothing that changes this key
    #[arg(long, value_name = "KEY")]
    pub pin: Vec<String>,
    /// Count the findings of each rule, instead of listing them; full or json
    #[arg(long, conflicts_with = "diff")]
    pub statistics: bool,
    /// List the files that would be checked; the cases of packs are none
    #[arg(long)]
    pub show_files: bool,
    /// How many threads look into files [default: as many as there are processors]
    #[arg(short = 'j', long, value_name = "N", value_parser = threads)]
    pub threads: Option<usize>,
    /// Exit with 0 whatever is found; errors still give 2
    #[arg(long)]
    pub exit_zero: bool,
    /// Exit with 0 where there is no launch script
    #[arg(long)]
    pub allow_empty: bool,
    /// How to print the findings
    #[arg(
        long, value_enum, value_name = "FORMAT", default_value_t = CheckFormat::Full,
        env = "HYDRULE_OUTPUT_FORMAT", hide_env = true
    )]
    pub output_format: CheckFormat,
    /// Write the findings to a file
    #[arg(short = 'o', long, value_name = "FILE")]
    pub output_file: Option<PathBuf>,
}

/// `hydrule lsp`.
#[derive(Debug, Args)]
#[command(after_help = examples::LSP)]
pub struct LspArgs {
    /// Which findings count.
    #[command(flatten)]
    pub selected: SelectArgs,
    /// What the launches start from, and which rules hold for them.
    #[command(flatten)]
    pub start: StartArgs,
    /// A variable of the jobs' environment
    #[arg(long, value_name = "NAME=VALUE")]
    pub env: Vec<String>,
    /// A parameter of the pack
    #[arg(long, value_name = "NAME=VALUE")]
    pub param: Vec<String>,
    /// Some editors say how they speak; there is no other way
    #[arg(long, hide = true)]
    pub stdio: bool,
}
