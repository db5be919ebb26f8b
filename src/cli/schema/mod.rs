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
    let schema: Json = match args.of {
        SchemaOf::Pack => pack::schema(),
        SchemaOf::Config => project::schema(),
        SchemaOf::Case => case::schema(),
        SchemaOf::Check => report::schema(),
    };
    console.print(&format!("{schema:#}\n"))?;
    Ok(Done::Clean)
}
