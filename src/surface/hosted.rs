//! Commands inside a Makefile or a GitHub workflow: read and changed as bash where the host passes
//! them on as they stand.
//!
//! make and GitHub expand `$` before a shell sees anything, so only commands without one are simple.
//! [`shell_text`] blanks everything else and keeps every byte in its place, so that places and edits in
//! what is left are those of the file.

use crate::text::{Edit, Fault, Source, Span, apply_edits};

/// What a command stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    /// Recipes of a Makefile.
    Makefile,
    /// `run:` texts of a GitHub workflow.
    Workflow,
}

/// Returns the simple commands of a file, everything else blanked.
pub fn shell_text(source: &Source, host: Host) -> Source {
    let mut kept = String::with_capacity(source.text().len());
    for (text, is_command) in commands(source.text(), host) {
        match is_command && !text.contains('$') {
            true => kept.push_str(&text),
            false => kept.extend(text.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' })),
        }
    }
    Source::new(source.name(), kept)
}

/// Makes edits that were found in the simple commands in the file itself.
///
/// # Errors
/// A fault where the host would not pass on what they write.
pub fn edited(source: &Source, host: Host, edits: &[Edit], wanted: &str) -> Result<String, Fault> {
    let refused = |message: &str| {
        let span = edits.first().map_or(Span::at(0), |edit| edit.span);
        Fault::new("hydrule::hosted::not_passed_on", span, message.to_owned())
    };
    if edits.iter().any(|edit| edit.replacement.contains('$')) {
        return Err(refused("`$` is expanded before the shell sees it"));
    }
    let after =
        apply_edits(source.text(), edits).map_err(|_| refused("two changes meet in one place"))?;
    let again = shell_text(&Source::new(source.name(), after.as_str()), host);
    let same = again.text() == wanted;
    if same { Ok(after) } else { Err(refused("the file's own syntax would read it otherwise")) }
}

/// Cuts a text into parts, each with whether it is a command; prefixes of make are blanked.
fn commands(text: &str, host: Host) -> Vec<(String, bool)> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    match host {
        Host::Makefile => recipes(&lines),
        Host::Workflow => runs(&lines),
    }
}

/// A recipe's line begins with a tab, and goes on behind a `\`; each is a command of its own.
fn recipes(lines: &[&str]) -> Vec<(String, bool)> {
    let mut parts: Vec<(String, bool)> = Vec::new();
    let mut goes_on = false;
    for line in lines {
        let is_command = goes_on || line.starts_with('\t');
        match parts.last_mut().filter(|_| goes_on) {
            Some((whole, _)) => whole.push_str(line),
            None => parts.push((without_prefix(line), is_command)),
        }
        goes_on = is_command && line.trim_end_matches(['\n', '\r']).ends_with('\\');
    }
    parts
}

/// Blanks `@`, `-` and `+`, which tell make how to run the command.
fn without_prefix(line: &str) -> String {
    let rest = line.trim_start_matches(['\t', ' ', '@', '-', '+']);
    let blanks: String = line
        .chars()
        .take(line.len() - rest.len())
        .map(|c| if c == '\t' { c } else { ' ' })
        .collect();
    if line.starts_with('\t') { format!("{blanks}{rest}") } else { line.to_owned() }
}

/// `run: |` and the lines indented below it are one text; `run: command` is one as well.
fn runs(lines: &[&str]) -> Vec<(String, bool)> {
    let mut parts: Vec<(String, bool)> = Vec::new();
    let mut block: Option<usize> = None;
    for line in lines {
        let indent = line.len() - line.trim_start_matches(' ').len();
        if let Some(outer) = block.filter(|outer| line.trim().is_empty() || indent > *outer) {
            match parts.last_mut().filter(|(_, is_command)| *is_command) {
                Some((whole, _)) => whole.push_str(line),
                None => parts.push(((*line).to_owned(), true)),
            }
            block = Some(outer);
            continue;
        }
        block = None;
        let key = line.trim_start_matches([' ', '-']);
        let Some(value) = key.strip_prefix("run:") else {
            parts.push(((*line).to_owned(), false));
            continue;
        };
        let value_at = line.len() - value.len();
        match value.trim() {
            "|" | "|-" | "|+" => {
                block = Some(line.len() - key.len());
                parts.push(((*line).to_owned(), false));
            }
            plain => {
                let (before, value) = line.split_at_checked(value_at).unwrap_or((line, ""));
                parts.push((before.to_owned(), false));
                parts.push((value.to_owned(), is_plain(plain)));
                parts.push((String::new(), false));
            }
        }
    }
    parts
}

/// Tells whether YAML takes a text as it stands.
fn is_plain(text: &str) -> bool {
    let starts =
        text.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | '_'));
    starts && !text.contains(" #") && !text.contains(": ") && !text.ends_with(':')
}
