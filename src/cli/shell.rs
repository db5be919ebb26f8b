//! What a package installs beside the program: completions for shells, and manual pages.

use clap::CommandFactory;

use super::Done;
use super::args::{Cli, CompletionsArgs, ManArgs};
use super::console::Console;
use super::error::CliError;
use super::files;

/// `hydrule completions`.
pub fn completions(args: &CompletionsArgs, console: &mut Console) -> Result<Done, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "hydrule", &mut script);
    console.print(&String::from_utf8_lossy(&script))?;
    Ok(Done::Clean)
}

/// `hydrule man`: the program's own page to standard output, or a page a command into a folder.
pub fn man(args: &ManArgs, console: &mut Console) -> Result<Done, CliError> {
    let mut command = Cli::command();
    command.build();
    let Some(folder) = &args.folder else {
        console.print(&page(command))?;
        return Ok(Done::Clean);
    };
    for (name, text) in pages(command) {
        files::write_text(&folder.join(format!("{name}.1")), &text)?;
    }
    Ok(Done::Clean)
}

/// The pages of a command and of all commands below it, by name.
fn pages(command: clap::Command) -> Vec<(String, String)> {
    let below: Vec<_> = command.get_subcommands().cloned().flat_map(pages).collect();
    let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
    std::iter::once((name, page(command))).chain(below).collect()
}

fn page(command: clap::Command) -> String {
    let mut text = Vec::new();
    // Writing to memory cannot fail.
    let _ = clap_mangen::Man::new(command).render(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}
