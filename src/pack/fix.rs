//! What a person did about a failure, and whether it worked: one file beside the job's own.

use super::open::read_toml;
use super::read::Reader;
use super::text::Text;
use crate::overrides::{Override, parse};
use crate::text::{Fault, Faults, Source};

/// A change that somebody made after a failure, and what came of it.
#[derive(Debug)]
pub struct Fix {
    /// What was changed, one value each.
    pub changed: Vec<Changed>,
    /// Whether the job ran afterwards.
    pub worked: bool,
    /// Where this was told.
    pub reference: String,
    /// What else is worth knowing.
    pub note: String,
    /// The pack that should have advised it, where it is not the one that knows the job.
    pub pack: Option<Text>,
}

/// One value of a fix.
#[derive(Debug)]
pub struct Changed {
    /// The text, with its place.
    pub text: Text,
    /// What it sets.
    pub sets: Sets,
}

/// What a fix sets.
#[derive(Debug)]
pub enum Sets {
    /// An override.
    Override(Box<Override>),
    /// A Slurm directive: its name and the text of its value.
    Directive(String, String),
}

impl Fix {
    /// Reads a `fix.toml`.
    ///
    /// # Errors
    /// Every syntax error; every missing, unknown and ill-typed field; every override that Hydra
    /// would not read.
    pub fn read(source: &Source) -> Result<Self, Faults> {
        read_toml(source, "fix.toml", |table| {
            let changed = table.some_texts("changed").into_iter();
            Self {
                changed: changed.filter_map(|text| read_changed(table, text)).collect(),
                worked: table.truth("worked"),
                reference: not_empty(table, table.text("reference")),
                note: table
                    .optional_text("note")
                    .map_or_else(String::new, |it| it.value.into_owned()),
                pack: table.optional_text("pack"),
            }
        })
    }
}

fn not_empty(table: &Reader<'_>, text: Text) -> String {
    if text.value.trim().is_empty() && !text.stands_in() {
        let message = "`reference` must say where this was told";
        let fault = Fault::new("hydrule::backtest::no_reference", text.location.span, message);
        table.blame(fault.helped("such as \"owner/repository#17\", or the number of a job"));
    }
    text.value.into_owned()
}

fn read_changed(table: &Reader<'_>, text: Text) -> Option<Changed> {
    if text.stands_in() {
        return None;
    }
    let directive = text.as_str().strip_prefix("sbatch:").and_then(|it| it.split_once('='));
    if let Some((name, value)) = directive {
        let sets = Sets::Directive(name.to_owned(), value.to_owned());
        return Some(Changed { text, sets });
    }
    match parse(text.as_str()) {
        Ok(parsed) if parsed.is_sweep() => {
            let message = "a fix sets one value, not a sweep of several";
            let fault = Fault::new("hydrule::backtest::sweep", text.location.span, message);
            table.blame(fault.labelled("give the value that was used"));
            None
        }
        Ok(parsed) => Some(Changed { text, sets: Sets::Override(Box::new(parsed)) }),
        Err(fault) => {
            table.blame(text.blame(fault));
            None
        }
    }
}
