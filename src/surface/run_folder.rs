//! Run folders of Hydra: what a run was given, and the command line that gives it again.
//!
//! `.hydra/overrides.yaml` holds the overrides as they were typed, `.hydra/hydra.yaml` what Hydra
//! knew of the run. The program's path is not among that; where it may lie is.

use crate::config::tree::{Content, Leaf};
use crate::config::{Config, read_texts};
use crate::path::KeyPath;
use crate::text::{Faults, Source, Span, shell_word};

/// What a run folder tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Run {
    /// The overrides, in order, with their places in `overrides.yaml`.
    pub overrides: Vec<(String, Span)>,
    /// The overrides of Hydra itself, without those that Hydra adds.
    pub hydra_overrides: Vec<String>,
    /// Flags that bring the same configuration again.
    pub flags: Vec<String>,
    /// The name of the job, which is the program's unless the user chose one.
    pub job: Option<String>,
    /// Whether the job's name is the program's.
    pub names_program: bool,
    /// Folders beside which the program's file may lie.
    pub folders: Vec<String>,
    /// The config groups of the program.
    pub groups: Vec<String>,
    /// The folder that the program was started in.
    pub started_in: Option<String>,
}

/// Reads the texts of a run folder.
///
/// # Errors
/// What is no list of texts, or no YAML.
pub fn read(overrides: &Source, hydra: Option<&Source>) -> Result<Run, Faults> {
    let mut run = Run { overrides: read_texts(overrides)?, ..Run::default() };
    let Some(hydra) = hydra else { return Ok(run) };
    let known = Known(Config::read_plain(hydra)?);
    run.hydra_overrides = known.texts("hydra.overrides.hydra");
    run.hydra_overrides.retain(|it| !it.starts_with("hydra.mode="));
    run.job = known.text("hydra.job.name");
    run.names_program = !run.hydra_overrides.iter().any(|it| it.contains("hydra.job.name="));
    run.started_in = known.text("hydra.runtime.cwd");
    if let Some(name) = known.text("hydra.job.config_name") {
        run.flags.push(format!("--config-name={name}"));
    }
    let sources = known.items("hydra.runtime.config_sources");
    for at in 0..sources {
        let of = |what: &str| known.text(&format!("hydra.runtime.config_sources.{at}.{what}"));
        let Some(path) = of("path").filter(|path| !path.is_empty()) else { continue };
        match of("provider").as_deref() {
            Some("command-line") => run.flags.push(format!("--config-dir={path}")),
            Some("main") if of("schema").as_deref() == Some("file") => run.folders.push(path),
            Some("main") => run.folders.push(path.replace('.', "/")),
            _ => {}
        }
    }
    run.groups = known.keys("hydra.runtime.choices");
    Ok(run)
}

/// Writes a command line, its words quoted for the shell.
pub fn command_line(program: &str, run: &Run, overrides: &[String]) -> String {
    let words = run.flags.iter().chain(&run.hydra_overrides).chain(overrides);
    let mut line = program.to_owned();
    for word in words {
        line.push(' ');
        line.push_str(&shell_word(word));
    }
    line
}

struct Known(Config);

impl Known {
    fn content(&self, key: &str) -> Option<&Content> {
        self.0.node(&KeyPath::new(key)).map(|node| &node.content)
    }

    fn text(&self, key: &str) -> Option<String> {
        match self.content(key)? {
            Content::Leaf(Leaf::Str(text)) => Some(text.clone()),
            _ => None,
        }
    }

    fn items(&self, key: &str) -> usize {
        match self.content(key) {
            Some(Content::List(items)) => items.len(),
            _ => 0,
        }
    }

    fn texts(&self, key: &str) -> Vec<String> {
        (0..self.items(key)).filter_map(|at| self.text(&format!("{key}.{at}"))).collect()
    }

    fn keys(&self, key: &str) -> Vec<String> {
        match self.content(key) {
            Some(Content::Dict(dict)) => {
                dict.entries.keys().filter_map(|key| key.as_str().map(str::to_owned)).collect()
            }
            _ => Vec::new(),
        }
    }
}
