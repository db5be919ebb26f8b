//! What was written.

use std::path::PathBuf;

use clap::Args;

use super::OutputFormat;
use crate::cli::examples;

/// `hydrule log`.
#[derive(Debug, Args)]
#[command(after_help = examples::LOG)]
pub struct LogArgs {
    /// A folder of the tree that was written
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    pub folder: PathBuf,
    /// How to print the result
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = OutputFormat::Full)]
    pub output_format: OutputFormat,
}

/// `hydrule undo`.
#[derive(Debug, Args)]
#[command(after_help = examples::UNDO)]
pub struct UndoArgs {
    /// The transaction, as `hydrule log` numbers them [default: the latest that is not undone]
    #[arg(value_name = "ID")]
    pub id: Option<u64>,
    /// Write the change to the files
    #[arg(long)]
    pub write: bool,
    /// Give up what was changed in the files since
    #[arg(long)]
    pub force: bool,
    /// A folder of the tree that was written
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    pub folder: PathBuf,
}
