//! A project's configuration.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::OutputFormat;
use crate::cli::examples;

/// Where the project's configuration is.
#[derive(Debug, Clone, Default, Args)]
pub struct ProjectArgs {
    /// The project's configuration [default: the closest hydrule.toml above the first file]
    #[arg(long, value_name = "FILE", conflicts_with = "no_project")]
    pub project: Option<PathBuf>,
    /// Read no project's configuration
    #[arg(long, visible_alias = "isolated")]
    pub no_project: bool,
}

/// `hydrule config`.
#[derive(Debug, Args)]
#[command(after_help = examples::CONFIG)]
pub struct ConfigArgs {
    /// A file or folder of the project [default: the current folder]
    #[arg(value_name = "PATH")]
    pub path: Option<PathBuf>,
    /// Where the project's configuration is.
    #[command(flatten)]
    pub project: ProjectArgs,
    /// Look for no base configuration where none is given
    #[arg(long)]
    pub no_base: bool,
    /// How to print the result
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = OutputFormat::Full)]
    pub output_format: OutputFormat,
}

/// What a schema describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// The files of a rule pack.
    Pack,
    /// The configuration of a project: hydrule.toml.
    Config,
    /// The cases of a pack.
    Case,
    /// What `check --output-format json` prints.
    Check,
}

/// `hydrule schema`.
#[derive(Debug, Args)]
#[command(after_help = examples::SCHEMA)]
pub struct SchemaArgs {
    /// What it describes
    #[arg(value_enum, value_name = "WHAT")]
    pub of: SchemaOf,
}
