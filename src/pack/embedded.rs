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
pub static EMBEDDED: &[EmbeddedPack] = &[
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
    EmbeddedPack {
        name: "nemo-rl",
        files: pack_files![
            "rules/nemo-rl/pack.toml",
            "rules/nemo-rl/phases.toml",
            "rules/nemo-rl/defaults.toml",
            "rules/nemo-rl/oom.toml",
            "rules/nemo-rl/constraints.toml",
        ],
    },
    EmbeddedPack { name: "nemo-rl-sft", files: pack_files!["rules/nemo-rl-sft/pack.toml"] },
    EmbeddedPack { name: "nemo-rl-dpo", files: pack_files!["rules/nemo-rl-dpo/pack.toml"] },
    EmbeddedPack {
        name: "skyrl",
        files: pack_files![
            "rules/skyrl/pack.toml",
            "rules/skyrl/phases.toml",
            "rules/skyrl/defaults.toml",
            "rules/skyrl/oom.toml",
            "rules/skyrl/constraints.toml",
        ],
    },
    EmbeddedPack {
        name: "easyr1",
        files: pack_files![
            "rules/easyr1/pack.toml",
            "rules/easyr1/phases.toml",
            "rules/easyr1/defaults.toml",
            "rules/easyr1/oom.toml",
            "rules/easyr1/constraints.toml",
        ],
    },
    EmbeddedPack {
        name: "verl-legacy",
        files: pack_files![
            "rules/verl-legacy/pack.toml",
            "rules/verl-legacy/phases.toml",
            "rules/verl-legacy/defaults.toml",
            "rules/verl-legacy/oom.toml",
            "rules/verl-legacy/constraints.toml",
        ],
    },
    EmbeddedPack {
        name: "lightning",
        files: pack_files![
            "rules/lightning/pack.toml",
            "rules/lightning/phases.toml",
            "rules/lightning/defaults.toml",
            "rules/lightning/oom.toml",
            "rules/lightning/constraints.toml",
        ],
    },
];
