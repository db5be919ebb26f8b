//! What reads the arguments of a pack's target.

use super::rule::glob_matches;
use crate::overrides::Language;

/// The languages of the arguments of a target's launches.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Arguments {
    /// That of most launches.
    pub language: Language,
    /// Globs over modules and scripts whose arguments Hydra reads all the same.
    pub hydra_launches: Vec<String>,
}

impl Arguments {
    /// Returns the language for a module or script.
    pub fn of(&self, program: &str) -> Language {
        match self.hydra_launches.iter().any(|glob| glob_matches(glob, program)) {
            true => Language::Hydra,
            false => self.language,
        }
    }
}
