//! The packs that are part of the program.

/// A pack inside the binary: its name, and its files by path in the repository.
pub struct EmbeddedPack {
    /// The name that `--pack` takes.
    pub name: &'static str,
    /// Path and text of each file.
    pub files: &'static [(&'static str, &'static str)],
}

macro_rules! pack_files {
    ($($path:literal),+ $(,)?) => {
        &[$(($path, include_str!(concat!("../../", $path)))),+]
    };
}

/// All embedded packs; a test compares the list with the folder `rules`.
pub const EMBEDDED: &[EmbeddedPack] = &[
    EmbeddedPack {
        name: "base",
        files: pack_files!["rules/base/pack.toml", "rules/base/signals.toml"],
    },
    EmbeddedPack {
        name: "verl",
        files: pack_files![
            "rules/verl/pack.toml",
            "rules/verl/signals.toml",
            "rules/verl/defaults.toml",
            "rules/verl/oom.toml",
            "rules/verl/constraints.toml",
            "rules/verl/memory.toml",
        ],
    },
];
