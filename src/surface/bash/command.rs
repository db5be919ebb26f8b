//! Which commands receive overrides.

use super::launch::{Argument, Start};
use super::making::Field;
use crate::text::Span;

/// What a command is.
pub enum Command {
    /// It receives overrides.
    Launch(Found),
    /// It starts another script.
    Start(Start),
    /// Neither.
    Other,
}

/// A launch before its place is known.
pub struct Found {
    /// The module or file; empty if nothing tells.
    pub program: String,
    /// Flags, with their values.
    pub flags: Vec<String>,
    /// The overrides.
    pub arguments: Vec<Argument>,
    /// Where arguments are passed on.
    pub forwards: Option<Span>,
    /// Everything else the command gets.
    pub rest: Vec<String>,
}

/// Programs that start Python.
const PYTHONS: [&str; 5] = ["python", "torchrun", "accelerate", "deepspeed", "pypy"];

/// Programs that only show their arguments, or look for them.
const TELLING: [&str; 12] = [
    "alias", "cat", "echo", "grep", "ls", "pgrep", "pip", "pkill", "printf", "tee", "type", "which",
];

/// Programs whose arguments look like overrides and are none.
const NEVER: [&str; 19] = [
    "awk", "cat", "cmake", "cp", "curl", "docker", "echo", "env", "export", "git", "grep",
    "kubectl", "make", "mkdir", "printf", "rsync", "sbatch", "sed", "ssh",
];

/// Hydra's flags that take a value.
const WITH_VALUE: [&str; 11] = [
    "--config-name",
    "-cn",
    "--config-path",
    "-cp",
    "--config-dir",
    "-cd",
    "--package",
    "-p",
    "--cfg",
    "-c",
    "--experimental-rerun",
];

/// Tells what the command of these words is.
pub fn recognise(fields: &[Field]) -> Command {
    let words: Vec<Option<String>> = fields.iter().map(|field| field.text.known()).collect();
    if let Some(start) = script_start(fields, &words) {
        return Command::Start(start);
    }
    let telling =
        words.first().and_then(Option::as_deref).is_some_and(|it| TELLING.contains(&base(it)));
    if telling {
        return Command::Other;
    }
    let (program, first) = match module(&words) {
        Some(found) => found,
        None => match by_overrides(fields, &words) {
            Some(found) => found,
            None => return Command::Other,
        },
    };
    let mut found = arguments(program, fields.get(first..).unwrap_or_default());
    let before = fields.iter().take(first).map(|field| field.text.sketch());
    found.rest = before.chain(found.rest).collect();
    let plausible =
        found.arguments.iter().any(|argument| is_override(&argument.text.known_start()));
    let mut arguments = found.arguments.iter();
    let untold =
        !found.arguments.is_empty() && arguments.clone().all(|it| it.text.known_start().is_empty());
    let hidden = arguments.any(|it| it.text.unknown().is_some_and(|it| it.seen.contains('=')));
    if plausible || found.forwards.is_some() || untold || hidden {
        Command::Launch(found)
    } else {
        Command::Other
    }
}

fn base(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

fn is_python(word: &str) -> bool {
    PYTHONS.iter().any(|name| base(word).starts_with(name)) && !word.ends_with(".py")
}

/// Finds `-m MODULE` or `FILE.py`: the name, and the index of the first argument after it.
fn module(words: &[Option<String>]) -> Option<(String, usize)> {
    let word = |index: usize| words.get(index).and_then(Option::as_deref);
    let python = words.iter().position(|word| word.as_deref().is_some_and(is_python));
    let launcher = words.first().is_some_and(Option::is_none);
    let start = python.or(launcher.then_some(0))?;
    for index in start..words.len() {
        match word(index) {
            Some("-m" | "--module") => {
                return Some((word(index + 1).unwrap_or_default().to_owned(), index + 2));
            }
            Some("-c" | "-") => return None,
            Some(file) if file.ends_with(".py") && !file.starts_with('-') => {
                return Some((file.to_owned(), index + 1));
            }
            _ => {}
        }
    }
    None
}

/// Takes a command of another program for a launch where its arguments have dotted keys.
fn by_overrides(fields: &[Field], words: &[Option<String>]) -> Option<(String, usize)> {
    let name = words.first()?.as_deref().unwrap_or_default().to_owned();
    if name.contains('=')
        || NEVER.contains(&base(&name))
        || words.iter().flatten().any(|word| word == "-c")
    {
        return None;
    }
    let dotted = |field: &Field| {
        let start = field.text.known_start();
        is_override(&start) && start.split('=').next().is_some_and(|key| key.contains('.'))
    };
    let first = fields.iter().skip(1).position(|field| is_override(&field.text.known_start()))? + 1;
    fields.iter().skip(first).any(dotted).then_some((base(&name).to_owned(), first))
}

fn arguments(program: String, fields: &[Field]) -> Found {
    let mut found = Found {
        program,
        flags: Vec::new(),
        arguments: Vec::new(),
        forwards: None,
        rest: Vec::new(),
    };
    let mut takes_value = false;
    for field in fields {
        let start = field.text.known_start();
        if field.forwards {
            found.forwards = Some(field.word);
        } else if std::mem::take(&mut takes_value) {
            found.rest.push(field.text.sketch());
            if let Some(flag) = found.flags.last_mut() {
                flag.push(' ');
                flag.push_str(&start);
            }
        } else if start.starts_with('-') {
            takes_value = WITH_VALUE.contains(&start.as_str());
            found.rest.push(field.text.sketch());
            found.flags.push(start);
        } else {
            if !start.contains('=') && !start.starts_with('~') {
                found.rest.push(field.text.sketch());
            }
            let (text, word, array) = (field.text.clone(), field.word, field.array.clone());
            found.arguments.push(Argument { text, word, array });
        }
    }
    found
}

/// Tells whether a text begins like an override.
pub fn is_override(text: &str) -> bool {
    let bare = text.trim_start_matches(['+', '~']);
    let key = |c: char| c.is_ascii_alphanumeric() || "_./@$-:".contains(c);
    match bare.split_once('=') {
        Some((name, _)) => {
            name.chars().all(key)
                && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '$')
        }
        None => text.starts_with('~') && !bare.is_empty() && bare.chars().all(key),
    }
}

/// Recognises `bash FILE …`, `sbatch FILE …`, `srun … FILE.sh …` and `./FILE.sh …`.
fn script_start(fields: &[Field], words: &[Option<String>]) -> Option<Start> {
    let shells = ["bash", "sh", "zsh", "sbatch", "source", "."];
    let is_shell =
        |word: &Option<String>| word.as_deref().is_some_and(|it| shells.contains(&base(it)));
    let shell = words.iter().position(is_shell);
    let is_script = |word: &Option<String>| {
        word.as_deref().is_some_and(|it| {
            !it.starts_with('-')
                && [".sh", ".slurm", ".sbatch", ".bash"].iter().any(|end| it.ends_with(end))
        })
    };
    let after = shell.map_or(0, |at| at + 1);
    let at = words.iter().skip(after).position(is_script)? + after;
    let early = at == 0
        || shell.is_some()
        || words.first().is_some_and(|word| {
            word.as_deref()
                .is_some_and(|word| ["srun", "exec", "nohup", "env", "time"].contains(&base(word)))
        });
    let path = words.get(at)?.clone()?;
    let span = fields.get(at)?.word;
    let forwards = fields.iter().skip(at).any(|field| field.forwards);
    early.then_some(Start { path, span, forwards })
}
