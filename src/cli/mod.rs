//! The command line: reads files, runs the library, prints, writes.

mod args;
mod backtest;
mod chain;
mod check;
mod choose;
mod commit;
mod compose;
mod config;
mod console;
mod diff;
mod edits;
mod error;
mod examples;
mod expand;
mod explain;
mod facts;
mod failure;
mod files;
mod found_base;
mod goal;
mod input;
mod job;
mod journal;
mod jsonl;
mod kind;
mod launched;
mod lines;
mod lsp;
mod pack;
mod packs_here;
mod parse;
mod progress;
mod project;
mod recorded;
mod rewrite;
mod rule;
mod run_folder;
mod schema;
mod set;
mod shell;
mod show;
mod show_json;
mod test;
mod told;
mod tried;

use std::process::ExitCode;

use clap::Parser;

use crate::report::Look;
use crate::text::secret;
use args::{Cli, Command};
use console::Console;
use error::CliError;
pub use jsonl::Answers;
pub use test::{PackTest, pack_tests};

/// What a command did, as its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Done {
    /// Nothing to do, or everything is done.
    Clean,
    /// A change is proposed, or something was found.
    Proposed,
    /// Some of the work could not be done, which was told already.
    Failed,
}

/// Runs the command line and returns its exit code: 0 nothing to do or written, 1 a change is
/// proposed, 2 an error.
pub fn main() -> ExitCode {
    std::env::args_os().for_each(|word| secret::learn(&word.to_string_lossy()));
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(told) => return told_by_clap(&told),
    };
    let mut console = Console::new(cli.color, cli.quiet);
    if cli.show_secrets {
        secret::show();
    }
    let done = run(&cli.command, &mut console);
    console.say(&secret::remark());
    match done {
        Ok(Done::Clean) => ExitCode::SUCCESS,
        Ok(Done::Proposed) => ExitCode::from(1),
        Ok(Done::Failed) => ExitCode::from(2),
        Err(CliError::ClosedPipe) => ExitCode::SUCCESS,
        Err(error) => {
            console.error(&error);
            ExitCode::from(2)
        }
    }
}

/// Prints the help that was asked for, or what is wrong with the arguments.
fn told_by_clap(told: &clap::Error) -> ExitCode {
    let mut console = Console::new(args::ColorWhen::Auto, false);
    let text = |look: Look| match look.color {
        true => told.render().ansi().to_string(),
        false => told.render().to_string(),
    };
    if told.use_stderr() {
        console.say(&text(console.err));
        return ExitCode::from(2);
    }
    // Help is the same for everybody.
    secret::show();
    match console.page(&text(console.out)) {
        Ok(()) | Err(CliError::ClosedPipe) => ExitCode::SUCCESS,
        Err(error) => {
            console.error(&error);
            ExitCode::from(2)
        }
    }
}

fn run(command: &Command, console: &mut Console) -> Result<Done, CliError> {
    match command {
        Command::Rewrite(args) => rewrite::run(args, console),
        Command::Facts(args) => failure::run(args, console),
        Command::Explain(args) => explain::run(args, console),
        Command::Check(args) => check::run(args, console),
        Command::Set(args) => set::run(args, console),
        Command::Show(args) => show::run(args, console),
        Command::Diff(args) => diff::run(args, console),
        Command::Parse(args) => parse::run(args, console),
        Command::Expand(args) => expand::run(args, console),
        Command::Compose(args) => compose::run(args, console),
        Command::Test(args) => test::run(args, console),
        Command::Config(args) => config::run(args, console),
        Command::Schema(args) => schema::run(args, console),
        Command::Pack(args) => pack::run(args, console),
        Command::Backtest(args) => backtest::run(args, console),
        Command::Rule(args) => rule::run(args, console),
        Command::Lsp(args) => lsp::run(args),
        Command::Log(args) => journal::log(args, console),
        Command::Undo(args) => journal::undo(args, console),
        Command::Completions(args) => shell::completions(args, console),
        Command::Man(args) => shell::man(args, console),
    }
}
