//! The pack that a new one starts from: small, sound, and with a word on everything in it.

use super::embedded::EMBEDDED;
use crate::text::{Fault, Span};

/// A file of a new pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StarterFile {
    /// Its path inside the pack's folder.
    pub path: &'static str,
    /// What it holds, in a few words.
    pub holds: &'static str,
    /// Its text.
    pub text: String,
}

/// Path, contents in a few words, and text, in which `{name}` and `{module}` are to be replaced.
const FILES: [(&str, &str, &str); 5] = [
    ("pack.toml", "what the pack is, a parameter, an invariant", include_str!("starter/pack.toml")),
    ("signals.toml", "a phase, and a signal in the log", include_str!("starter/signals.toml")),
    ("defaults.toml", "values of keys that nothing sets", include_str!("starter/defaults.toml")),
    ("rules.toml", "an option and a requirement", include_str!("starter/rules.toml")),
    ("cases/train.toml", "a case that passes", include_str!("starter/cases/train.toml")),
];

/// Makes the files of a new pack.
///
/// # Errors
/// A name that is none, or that a pack which ships has.
pub fn starter(name: &str) -> Result<Vec<StarterFile>, Fault> {
    check_name(name)?;
    let module = name.replace('-', "_");
    let fill = |text: &str| text.replace("{name}", name).replace("{module}", &module);
    let file = |(path, holds, text)| StarterFile { path, holds, text: fill(text) };
    Ok(FILES.map(file).into())
}

/// A name is also that of a folder, and stands in commands and in names of snapshots.
fn check_name(name: &str) -> Result<(), Fault> {
    let fault = |message: String| Fault::new("hydrule::pack::name", Span::at(0), message);
    if EMBEDDED.iter().any(|pack| pack.name == name) {
        let fault = fault(format!("a pack `{name}` ships with hydrule"));
        let advice =
            format!("take another name; with `extend = [\"{name}\"]` it builds on that pack");
        return Err(fault.labelled("this name is taken").helped(advice));
    }
    let tidy = tidied(name);
    if tidy == name && !name.is_empty() {
        return Ok(());
    }
    let fault = fault(format!("`{name}` is no name of a pack")).labelled("no name");
    let rule = "a name has lower-case letters, digits, - and _, and begins with a letter";
    Err(match (tidy.is_empty(), name.contains('/')) {
        (_, true) => fault.helped(format!("{rule}; --in FOLDER says where the pack goes")),
        (false, false) => fault.helped(format!("{rule}, such as `{tidy}`")),
        (true, false) => fault.helped(rule),
    })
}

/// Makes a name of a text; a name stays as it is.
fn tidied(text: &str) -> String {
    let known = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    let lower = text.to_ascii_lowercase();
    let tidy: String = lower.chars().map(|it| if known(it) { it } else { '-' }).collect();
    tidy.trim_start_matches(|it: char| !it.is_ascii_lowercase()).to_owned()
}
