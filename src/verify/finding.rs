use serde_json::{Value as Json, json};

use crate::text::{Fault, Location, shell_word};

/// Something wrong with a rule, confirmed by the engine on a witness.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The stable code, such as `hydrule::verify::dead_option`.
    pub code: &'static str,
    /// The ids of the rules, or the phase, that it is about; the one at fault first.
    pub rules: Vec<String>,
    /// One sentence, lower case, without a full stop.
    pub message: String,
    /// Where the pack says it.
    pub location: Location,
    /// What to write at the underlined text.
    pub label: String,
    /// What to do about it.
    pub help: String,
    /// An input on which the engine behaves as the message says.
    pub witness: Witness,
}

/// An input of the engine, in the words of the command line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Witness {
    /// Overrides of the launch.
    pub overrides: Vec<String>,
    /// Facts as `name=value`; `oom.phase` tells what failed.
    pub facts: Vec<String>,
    /// Directives of the Slurm script as `name=value`.
    pub directives: Vec<String>,
    /// Parameters of the pack as `name=value`.
    pub parameters: Vec<String>,
    /// Environment variables as `NAME=value`.
    pub environment: Vec<String>,
    /// The version of the target as `NAME=VERSION`, where it must be told.
    pub target: Option<String>,
    /// What the engine says there.
    pub shows: String,
}

impl Finding {
    /// Makes the fault that underlines it in the TOML.
    pub fn fault(&self) -> Fault {
        let fault = Fault::new(self.code, self.location.span, self.message.clone());
        let witness = self.witness.to_text();
        let help = [self.help.as_str(), witness.as_str()].join("\n");
        fault.labelled(self.label.clone()).helped(help.trim().to_owned())
    }

    /// Gives the finding as data.
    pub fn to_json(&self) -> Json {
        let at = self.location.line_column();
        let witness = &self.witness;
        json!({
            "code": self.code,
            "rules": self.rules,
            "message": self.message,
            "label": self.label,
            "help": self.help,
            "path": self.location.source.name(),
            "line": at.line,
            "column": at.column,
            "span": self.location.span,
            "witness": {
                "overrides": witness.overrides,
                "facts": witness.facts,
                "directives": witness.directives,
                "parameters": witness.parameters,
                "environment": witness.environment,
                "target": witness.target,
                "shows": witness.shows,
            },
        })
    }
}

impl Witness {
    /// Tells the input as flags of `hydrule explain`, and what is seen there.
    pub fn to_text(&self) -> String {
        let mut words = Vec::new();
        let flags =
            [("--fact", &self.facts), ("--param", &self.parameters), ("--env", &self.environment)];
        for (flag, values) in flags {
            words.extend(values.iter().map(|value| format!("{flag} {}", shell_word(value))));
        }
        words.extend(self.target.iter().map(|it| format!("--target {it}")));
        let mut input = words.join(" ");
        if !self.overrides.is_empty() {
            let overrides: Vec<String> = self.overrides.iter().map(|it| shell_word(it)).collect();
            input.push_str(&format!(" -- {}", overrides.join(" ")));
        }
        let mut out = String::new();
        if !input.is_empty() {
            out.push_str(&format!("witness: {}", input.trim()));
        }
        if !self.directives.is_empty() {
            out.push_str(&format!("\nSlurm: {}", self.directives.join(" ")));
        }
        if !self.shows.is_empty() {
            out.push_str(&format!("\nthere: {}", self.shows));
        }
        out.trim().to_owned()
    }
}
