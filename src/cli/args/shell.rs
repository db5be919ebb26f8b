//! What a shell and `man` want.

use std::path::PathBuf;

use clap::Args;

use crate::cli::examples;

/// `hydrule completions`.
#[derive(Debug, Args)]
#[command(after_help = examples::COMPLETIONS)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

/// `hydrule man`.
#[derive(Debug, Args)]
#[command(after_help = examples::MAN)]
pub struct ManArgs {
    /// Write the pages of all commands into this folder [default: print the page of hydrule itself]
    #[arg(value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
}
