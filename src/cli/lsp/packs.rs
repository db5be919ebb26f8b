//! What is wrong with the files of a pack, and with a project's configuration.

use std::path::Path;

use super::kept_from;
use crate::cli::error::CliError;
use crate::cli::project::{self, read_settings};
use crate::lsp::Document;
use crate::pack::load_edited;
use crate::text::{Finding, Source};

/// What only a pack's tables are called.
const TABLES: [&str; 4] = ["[[option]]", "[[require]]", "[[signal]]", "[[phase]]"];

/// Names what a document belongs to: a pack's folder, or a file that is a pack or configures a project.
pub fn subject(document: &Document) -> Option<String> {
    let path = &document.path;
    let name = path.file_name()?.to_str()?;
    if project::NAMES.contains(&name) {
        let says = name != "pyproject.toml" || document.text().contains("[tool.hydrule");
        return says.then(|| document.name());
    }
    if !name.ends_with(".toml") {
        return None;
    }
    let folder = path.parent().filter(|it| name == "pack.toml" || it.join("pack.toml").is_file());
    let alone = || document.text().lines().any(|line| TABLES.contains(&line.trim()));
    match folder {
        Some(folder) => Some(folder.display().to_string()),
        None => alone().then(|| document.name()),
    }
}

/// Finds why a pack cannot be loaded as it stands in the editor, or why a configuration cannot be read.
pub fn look(documents: &[&Document]) -> Vec<Finding> {
    let Some(first) = documents.first() else { return Vec::new() };
    let name = first.path.file_name().and_then(|it| it.to_str()).unwrap_or_default();
    let sources: Vec<Source> = documents.iter().map(|it| it.source()).collect();
    let outcome = match (project::NAMES.contains(&name), sources.first(), subject(first)) {
        (true, Some(source), _) => read_settings(source).map(drop).map_err(CliError::from),
        (false, _, Some(place)) => {
            load_edited(&place, &sources).map(drop).map_err(|error| CliError::pack(&place, error))
        }
        _ => Ok(()),
    };
    let shown = sources.iter().find(|it| is_header(it)).or(sources.first());
    match (outcome, shown) {
        (Err(error), Some(shown)) => kept_from(&error, shown),
        _ => Vec::new(),
    }
}

fn is_header(source: &Source) -> bool {
    Path::new(source.name()).ends_with("pack.toml")
}
