//! Which rules count: `--select` and `--ignore`.

use std::collections::BTreeSet;

use super::scope::Scopes;
use super::suppress::COMMENT_RULES;
use crate::cli::args::CheckArgs;
use crate::cli::error::CliError;
use crate::pack::{EMBEDDED, load};
use crate::surface::bash::SCRIPT_RULES;
use crate::surface::slurm::DIRECTIVE_RULES;
use crate::text::{Fault, Span, nearest};

/// The rules about launches that are neither a script's nor a pack's: id and what each finds.
pub const LAUNCH_RULES: [(&str, &str); 4] = [
    ("misspelt-key", "a key that the pack does not know comes near one that it knows"),
    ("other-type", "a text where the pack knows a number or a bool as the default"),
    ("refused-override", "an argument that the program would refuse"),
    ("two-names", "one launch sets a key under an old and a new name"),
];

/// Stands for every rule.
const ALL: &str = "ALL";

/// Which rules count.
#[derive(Debug)]
pub struct Selection<'a> {
    select: &'a [String],
    ignore: &'a [String],
}

impl<'a> Selection<'a> {
    /// Takes what the arguments say.
    pub fn of(args: &'a CheckArgs) -> Self {
        Self { select: &args.selected.select, ignore: &args.selected.ignore }
    }

    /// Tells whether a rule counts: the longest of the words that its id begins with decides, and
    /// of two equal ones the one that ignores.
    pub fn holds(&self, rule: &str) -> bool {
        let fit = |words: &[String]| {
            let fits = words.iter().filter_map(|word| match word.as_str() {
                ALL => Some(0),
                word => rule.starts_with(word).then_some(word.len()),
            });
            fits.max()
        };
        let selected = if self.select.is_empty() { Some(0) } else { fit(self.select) };
        selected.is_some_and(|select| fit(self.ignore).is_none_or(|ignore| select > ignore))
    }

    /// Refuses words that no rule begins with: one that is misspelt would leave everything out.
    ///
    /// # Errors
    /// The first such word, with the nearest rule.
    pub fn check(&self, scopes: &Scopes<'_>) -> Result<(), CliError> {
        let words = || self.select.iter().chain(self.ignore).filter(|word| *word != ALL);
        if words().next().is_none() {
            return Ok(());
        }
        let packs: BTreeSet<String> = scopes.requirements(|_| true).into_keys().collect();
        let known = built_in();
        let fits =
            |rules: &BTreeSet<String>, word: &str| rules.iter().any(|it| it.starts_with(word));
        if words().all(|word| !word.is_empty() && (fits(&known, word) || fits(&packs, word))) {
            return Ok(());
        }
        // Only a word that may be wrong is worth reading every pack.
        let mut all = shipped()?;
        all.extend(packs);
        let Some(wrong) = words().find(|word| word.is_empty() || !fits(&all, word)) else {
            return Ok(());
        };
        let message = format!("no rule begins with `{wrong}`");
        let fault = Fault::new("hydrule::check::no_rule", Span::at(0), message);
        let near = nearest(wrong, all.iter().map(String::as_str), 1);
        let help = match near.first() {
            Some(near) => format!("did you mean `{near}`?"),
            None => "a rule's id, or what several begin with; ALL is every rule".to_owned(),
        };
        Err(CliError::at_word(wrong, fault.labelled("no such rule").helped(help)))
    }
}

/// The ids of the rules that are no pack's, and of those of the packs that ship.
///
/// # Errors
/// What is wrong with such a pack.
pub fn shipped() -> Result<BTreeSet<String>, CliError> {
    let mut all = built_in();
    for pack in EMBEDDED {
        let pack = load(pack.name).map_err(|error| CliError::pack(pack.name, error))?;
        all.extend(pack.requirements.iter().map(|it| it.id.clone()));
    }
    Ok(all)
}

/// The ids of the rules that are no pack's.
fn built_in() -> BTreeSet<String> {
    own_rules().map(|(id, _)| id.to_owned()).collect()
}

/// Lists the rules that are no pack's: id and what each finds.
pub fn own_rules() -> impl Iterator<Item = (&'static str, &'static str)> {
    let all = SCRIPT_RULES.iter().chain(&DIRECTIVE_RULES).chain(&LAUNCH_RULES);
    all.chain(&COMMENT_RULES).copied()
}
