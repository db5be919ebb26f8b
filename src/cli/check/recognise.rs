//! Which files are launch scripts, told by what is in them.

use std::path::Path;
use std::sync::LazyLock;

use regex::bytes::Regex;

use crate::cli::error::CliError;
use crate::cli::files::{LONGEST_SCRIPT, read_where, script_of};
use crate::cli::kind::{Kind, host_of, kind_of, refuse_foreign};
use crate::surface::bash::{Launch, is_override};
use crate::text::Source;

/// Endings of files that a shell runs, or that Slurm takes.
const ENDINGS: [&str; 9] = ["bash", "job", "ksh", "pbs", "sbatch", "sh", "slurm", "sub", "zsh"];

/// Words without which no text starts a program with overrides, whatever the program is.
static STARTS_PROGRAM: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?-u)[A-Za-z0-9_][.\w/@-]*=|--config-|\$@|#SBATCH").ok());

/// A word that only Hydra's overrides look like.
static DOTTED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?m-u)(^|[\s"'(])\+{0,2}[a-z_][\w-]*(\.[\w@-]+)+=[^=]"#).ok());

/// Reads a file of a folder if it may be a launch script.
///
/// # Errors
/// A file that cannot be read, or that holds overrides and is no UTF-8.
pub fn read_candidate(path: &Path) -> Result<Option<Source>, CliError> {
    let named = host_of(path).is_some() || has_ending(path);
    let fits = |start: &[u8]| !start.contains(&0) && (named || begins_as_shell(start));
    let Some(bytes) = read_where(path, fits)? else { return Ok(None) };
    if bytes.contains(&0) || !has(&STARTS_PROGRAM, &bytes) {
        return Ok(None);
    }
    let dotted = has(&DOTTED, &bytes);
    match script_of(path, bytes) {
        Ok(source) => Ok(Some(source)),
        Err(error) if dotted => Err(error),
        Err(_) => Ok(None),
    }
}

/// Tells whether a text that an editor holds, which may know that it `is_shell`, may be a launch script.
pub fn may_launch(path: &Path, text: &str, is_shell: bool) -> bool {
    let named = host_of(path).is_some() || has_ending(path);
    let fits = is_shell || named || begins_as_shell(text.as_bytes());
    fits && text.len() as u64 <= LONGEST_SCRIPT << 20 && has(&STARTS_PROGRAM, text.as_bytes())
}

/// Says why a file that was named is none that can be checked, if it is none.
pub fn foreign(path: &Path) -> Option<String> {
    match kind_of(path) {
        Kind::Yaml => {
            let message = "it is a configuration; --config takes it as the base of the launches";
            return Some(message.to_owned());
        }
        Kind::Hosted(_) => return None,
        Kind::Folder | Kind::Script => {}
    }
    let error = refuse_foreign(path).err()?.message();
    let (_, why) = error.split_once(" is ").unwrap_or(("", &error));
    Some(format!("it is {why}"))
}

/// Names the shell that a script is for, where that is none that reads as bash does.
pub fn other_shell(text: &str) -> Option<&'static str> {
    let first = text.lines().next().filter(|line| line.starts_with("#!"))?;
    let mut words = first.split([' ', '/']);
    words.find_map(|word| ["zsh", "fish", "csh", "tcsh"].into_iter().find(|it| *it == word.trim()))
}

/// Tells whether a text that bash cannot read was meant to launch something.
pub fn is_meant(text: &str) -> bool {
    has(&DOTTED, text.as_bytes())
}

/// Tells whether a command names a configuration of Hydra's, or passes mostly what looks like
/// overrides.
pub fn is_hydras(launch: &Launch) -> bool {
    let overrides =
        launch.arguments.iter().filter(|it| is_override(&it.text.known_start())).count();
    2 * overrides > launch.arguments.len()
        || launch.flags.iter().any(|flag| flag.starts_with("--config-"))
}

fn has(regex: &LazyLock<Option<Regex>>, bytes: &[u8]) -> bool {
    regex.as_ref().is_none_or(|it| it.is_match(bytes))
}

fn has_ending(path: &Path) -> bool {
    let ending = path.extension().map(|it| it.to_string_lossy().to_ascii_lowercase());
    ending.is_some_and(|it| ENDINGS.contains(&it.as_str()))
}

/// Tells whether a file begins as a shell script or as one for Slurm.
fn begins_as_shell(start: &[u8]) -> bool {
    let first = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let Some(program) = first.strip_prefix(b"#!") else { return false };
    let words = program.split(|byte| matches!(byte, b' ' | b'/' | b'\t' | b'\r'));
    let shells: [&[u8]; 6] = [b"bash", b"sh", b"zsh", b"ksh", b"dash", b"ash"];
    words.into_iter().any(|word| shells.contains(&word))
}
