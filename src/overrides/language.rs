//! Which language a program reads its arguments in.

/// The language of a program's arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// Hydra's overrides.
    #[default]
    Hydra,
    /// `OmegaConf.from_cli`: `key=value`, the value in YAML.
    OmegaConf,
}

impl Language {
    /// What packs call them.
    pub const WORDS: [(&str, Self); 2] = [("hydra", Self::Hydra), ("omegaconf", Self::OmegaConf)];

    /// Returns the word that packs use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Hydra => "hydra",
            Self::OmegaConf => "omegaconf",
        }
    }
}
