//! `hydrule schema`: what packs, configurations and cases may hold, for editors.

mod case;
mod pack;
mod project;
mod report;
mod shape;

use serde_json::Value as Json;

use super::Done;
use super::args::{SchemaArgs, SchemaOf};
use super::console::Console;
use super::error::CliError;

/// `hydrule schema`.
pub fn run(args: &SchemaArgs, console: &mut Console) -> Result<Done, CliError> {
    console.print(&text(args.of))?;
    Ok(Done::Clean)
}

/// Writes the schema of one kind of file.
pub fn text(of: SchemaOf) -> String {
    let schema: Json = match of {
        SchemaOf::Pack => pack::schema(),
        SchemaOf::Config => project::schema(),
        SchemaOf::Case => case::schema(),
        SchemaOf::Check => report::schema(),
    };
    format!("{schema:#}\n")
}
