//! Changing, showing and comparing overrides.

use std::path::PathBuf;

use clap::Args;

use super::{OutputFormat, OutsideArgs, ProjectArgs};
use crate::cli::examples;

/// `hydrule set`.
#[derive(Debug, Args)]
#[command(after_help = examples::SET)]
pub struct SetArgs {
    /// The launch script, a configuration in YAML, or a run folder
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Overrides to set; `~KEY` deletes one, `sbatch:NAME=VALUE` sets a Slurm directive
    #[arg(value_name = "KEY=VALUE", required = true)]
    pub overrides: Vec<String>,
    /// Write the change to the file
    #[arg(long)]
    pub write: bool,
    /// Change also what is pinned
    #[arg(long)]
    pub force: bool,
    /// Refuse where this key, or what is below it, would change as well
    #[arg(long, value_name = "KEY")]
    pub pin: Vec<String>,
    /// Where the project's configuration is.
    #[command(flatten)]
    pub project: ProjectArgs,
    /// Which launches of the file are meant, counted from 1: 2, or 1,2 for a change of both
    #[arg(long, value_name = "N", value_delimiter = ',')]
    pub launch: Vec<usize>,
    /// Keys that may change along, where they read the same variable; `*` stands for any text
    #[arg(long, value_name = "KEY", value_delimiter = ',')]
    pub also: Vec<String>,
    /// What its scripts cannot tell.
    #[command(flatten)]
    pub outside: OutsideArgs,
    /// How to print the result
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = OutputFormat::Full)]
    pub output_format: OutputFormat,
}

/// `hydrule show`.
#[derive(Debug, Args)]
#[command(after_help = examples::SHOW)]
pub struct ShowArgs {
    /// Launch scripts, configurations in YAML, run folders
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Where the project's configuration is.
    #[command(flatten)]
    pub project: ProjectArgs,
    /// What its scripts cannot tell.
    #[command(flatten)]
    pub outside: OutsideArgs,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = OutputFormat::Full)]
    pub output_format: OutputFormat,
}

/// `hydrule diff`.
#[derive(Debug, Args)]
#[command(after_help = examples::DIFF)]
pub struct DiffArgs {
    /// The old side: a launch script, run folder, YAML file, list of overrides or JSONL; FILE:N is its
    /// launch, job or line N
    #[arg(value_name = "A")]
    pub old: String,
    /// The new side
    #[arg(value_name = "B")]
    pub new: String,
    /// Where the project's configuration is.
    #[command(flatten)]
    pub project: ProjectArgs,
    /// A variable of the jobs' environment
    #[arg(long, value_name = "NAME=VALUE")]
    pub env: Vec<String>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = OutputFormat::Full)]
    pub output_format: OutputFormat,
}

/// `hydrule parse`.
#[derive(Debug, Args)]
#[command(after_help = examples::PARSE)]
pub struct ParseArgs {
    /// Overrides
    #[arg(value_name = "OVERRIDE", required_unless_present = "jsonl", allow_hyphen_values = true)]
    pub overrides: Vec<String>,
    /// Read one JSON string a line from standard input, write one record a line
    #[arg(long, conflicts_with = "overrides")]
    pub jsonl: bool,
}

/// `hydrule expand`.
#[derive(Debug, Args)]
#[command(after_help = examples::EXPAND)]
pub struct ExpandArgs {
    /// Overrides of the multirun
    #[arg(last = true, value_name = "OVERRIDE", required_unless_present = "jsonl")]
    pub overrides: Vec<String>,
    /// Read one {"args": […]} a line from standard input, write {"ok", "jobs"} a line
    #[arg(long, conflicts_with = "overrides")]
    pub jsonl: bool,
    /// How many jobs to print
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub most: usize,
}

/// `hydrule compose`.
#[derive(Debug, Args)]
#[command(after_help = examples::COMPOSE)]
pub struct ComposeArgs {
    /// The base configuration: a YAML file, such as a run folder's `.hydra/config.yaml`
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Show only this key, interpolations resolved, and where its value comes from
    #[arg(long, value_name = "KEY")]
    pub get: Vec<String>,
    /// A variable of the job's environment, for ${oc.env:NAME}
    #[arg(long, value_name = "NAME=VALUE")]
    pub env: Vec<String>,
    /// Overrides
    #[arg(last = true, value_name = "OVERRIDE")]
    pub overrides: Vec<String>,
}
