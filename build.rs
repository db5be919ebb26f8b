//! Finds the commit that a release is built from, for `hydrule --version`.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let version = std::env::var("CARGO_PKG_VERSION").unwrap_or_default();
    // Only a release says it: a commit must not make every test build compile again.
    let release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let commit = if release { commit() } else { None };
    let said = commit.map_or(version.clone(), |commit| format!("{version} ({commit})"));
    println!("cargo::rustc-env=HYDRULE_VERSION={said}");
}

/// The commit and its day; none where this is not hydrule's own checkout, as in a source archive.
fn commit() -> Option<String> {
    if !std::path::Path::new(".git").exists() {
        return None;
    }
    if let Some(moves) = git(&["rev-parse", "--git-path", "logs/HEAD"]) {
        println!("cargo::rerun-if-changed={moves}");
    }
    git(&["log", "-1", "--format=%h %cs", "--abbrev=9"])
}

/// The first line that git answers.
fn git(args: &[&str]) -> Option<String> {
    let told = Command::new("git").args(args).output().ok()?;
    let line = String::from_utf8(told.stdout).ok()?.trim().to_owned();
    (told.status.success() && !line.is_empty()).then_some(line)
}
