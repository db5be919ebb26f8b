//! The shape of the code: modules depend downwards only, and each library stays in its place.

use std::fs;
use std::path::{Path, PathBuf};

/// Modules from the lowest layer to the highest; those of one layer do not see each other.
const LAYERS: [&[&str]; 12] = [
    &["text", "threads"],
    &["path", "value"],
    &["facts"],
    &["overrides", "condition", "signal"],
    &["pack", "config"],
    &["surface"],
    &["engine"],
    &["verify"],
    &["cases"],
    &["report", "transaction", "lsp"],
    &["cli"],
    &["main"],
];

/// Libraries that only these files know.
const KEPT_IN: [(&str, &[&str]); 18] = [
    ("pest", &["overrides/parse.rs", "condition/syntax.rs"]),
    ("miette", &["report/fault.rs"]),
    ("brush_parser", &["surface/bash/"]),
    ("clap", &["cli/"]),
    ("clap_complete", &["cli/args/shell.rs", "cli/shell.rs"]),
    ("clap_mangen", &["cli/shell.rs"]),
    ("toml", &["pack/tree.rs", "pack/open.rs"]),
    ("semver", &["pack/version.rs"]),
    ("saphyr_parser", &["config/yaml.rs", "config/outline.rs"]),
    ("flate2", &["cli/files.rs"]),
    ("ruzstd", &["cli/files.rs"]),
    ("memchr", &["signal/"]),
    ("regex_syntax", &["text/pattern.rs"]),
    ("rustix", &["cli/input.rs", "text/file.rs", "transaction/disk.rs"]),
    ("maud", &["report/html/"]),
    ("ignore", &["cli/check/paths.rs"]),
    ("hmac_sha256", &["report/check/fingerprint.rs", "transaction/store.rs"]),
    (
        "std::fs",
        &["cli/files.rs", "pack/extend.rs", "pack/place.rs", "text/file.rs", "transaction/disk.rs"],
    ),
];

fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, out: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, out);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                out.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    walk(&root, &mut files);
    files.sort();
    let name = |file: &Path| file.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
    files.iter().map(|file| (name(file), fs::read_to_string(file).unwrap())).collect()
}

fn module_of(file: &str) -> &str {
    file.split('/').next().unwrap().trim_end_matches(".rs")
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|modules| modules.contains(&module))
}

#[test]
fn modules_depend_downwards_only() {
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        let own = module_of(&file);
        if own == "lib" {
            continue;
        }
        let own_layer = layer(own).unwrap_or_else(|| panic!("{own} has no layer"));
        for (number, line) in text.lines().enumerate() {
            for part in line.split("crate::").skip(1) {
                let used: String =
                    part.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                let Some(used_layer) = layer(&used) else { continue };
                if used != own && used_layer >= own_layer {
                    wrong.push(format!("{file}:{}: {own} uses {used}", number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_module_has_a_layer() {
    let root =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let modules = root.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    for module in modules {
        assert!(layer(module).is_some(), "{module} has no layer");
    }
}

#[test]
fn libraries_stay_in_their_place() {
    let mut wrong = Vec::new();
    for (library, homes) in KEPT_IN {
        for (file, text) in sources() {
            let uses =
                text.lines().filter(|line| !line.trim_start().starts_with("//")).any(|line| {
                    line.contains(&format!("{library}::"))
                        || line.contains(&format!("use {library}"))
                });
            if uses && !homes.iter().any(|home| file.starts_with(home)) {
                wrong.push(format!("{file} uses {library}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
