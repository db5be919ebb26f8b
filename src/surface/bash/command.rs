//! Which commands receive overrides.

use std::cmp::Ordering;

use super::launch::{Argument, Passed, Role, Start, is_flag};
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
    /// Whether it is a module.
    pub module: bool,
    /// All words.
    pub words: Vec<Passed>,
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
const PYTHONS: [&str; 7] =
    ["python", "torchrun", "accelerate", "deepspeed", "pypy", "ipython", "coverage"];

/// Modules that start the program that is named behind them.
const STARTING_MODULES: [&str; 3] =
    ["accelerate.commands.launch", "torch.distributed.launch", "torch.distributed.run"];

/// Programs that run another one when they are told `run`.
const RUNNERS: [&str; 8] = ["uv", "poetry", "pdm", "hatch", "pixi", "rye", "conda", "mamba"];

/// Programs that start the one that is named behind their own flags.
const STARTERS: [&str; 24] = [
    "accelerate",
    "apptainer",
    "chrt",
    "conda",
    "env",
    "exec",
    "ionice",
    "mpiexec",
    "mpirun",
    "nice",
    "nohup",
    "nsys",
    "numactl",
    "poetry",
    "pueue",
    "setsid",
    "singularity",
    "srun",
    "stdbuf",
    "sudo",
    "time",
    "timeout",
    "tune",
    "uv",
];

/// Programs that only show their arguments, or look for them.
const TELLING: [&str; 12] = [
    "alias", "cat", "echo", "grep", "ls", "pgrep", "pip", "pkill", "printf", "tee", "type", "which",
];

/// Programs whose arguments look like overrides and are none.
const NEVER: [&str; 19] = [
    "awk", "cat", "cmake", "cp", "curl", "docker", "echo", "env", "export", "git", "grep",
    "kubectl", "make", "mkdir", "printf", "rsync", "sbatch", "sed", "ssh",
];

/// Hydra's flags that take a value, long and short.
const WITH_VALUE: [(&str, &str); 6] = [
    ("--config-name", "-cn"),
    ("--config-path", "-cp"),
    ("--config-dir", "-cd"),
    ("--package", "-p"),
    ("--cfg", "-c"),
    ("--experimental-rerun", "--experimental-rerun"),
];

/// Hydra's flags that take none.
const WITHOUT_VALUE: [(&str, &str); 7] = [
    ("--multirun", "-m"),
    ("--run", "-r"),
    ("--resolve", "--resolve"),
    ("--help", "-h"),
    ("--hydra-help", "--hydra-help"),
    ("--version", "--version"),
    ("--shell-completion", "-sc"),
];

/// Tells what the command of these words is.
pub fn recognise(fields: &[Field]) -> Command {
    let words: Vec<Option<String>> = fields.iter().map(name_of).collect();
    if let Some(start) = script_start(fields, &words) {
        return Command::Start(start);
    }
    let telling =
        words.first().and_then(Option::as_deref).is_some_and(|it| TELLING.contains(&base(it)));
    if telling {
        return Command::Other;
    }
    let Some(named) = module(&words).or_else(|| by_overrides(fields, &words)) else {
        return Command::Other;
    };
    let found = arguments(named, fields);
    let plausible =
        found.arguments.iter().any(|argument| is_override(&argument.text.known_start()));
    let mut arguments = found.arguments.iter();
    let untold =
        !found.arguments.is_empty() && arguments.clone().all(|it| it.text.known_start().is_empty());
    let hidden = arguments.any(|it| it.text.unknown().is_some_and(|it| it.seen.contains('=')));
    // A program that Hydra starts takes overrides alone: a word that is none tells another program.
    let stranger = found
        .arguments
        .iter()
        .any(|it| it.text.unknown().is_none() && !is_override(&it.text.known_start()));
    let hidden = hidden && !stranger;
    let configured = found.flags.iter().any(|flag| flag.starts_with("--config-"));
    if plausible || found.forwards.is_some() || untold || hidden || configured {
        Command::Launch(found)
    } else {
        Command::Other
    }
}

/// Returns a word's text; of a file in a folder that is not known, the name.
fn name_of(field: &Field) -> Option<String> {
    let known = field.text.known();
    known.or_else(|| {
        let last = field.text.pieces.last()?.text.as_ref().ok()?;
        let name = last.rsplit_once('/')?.1;
        name.ends_with(".py").then(|| name.to_owned())
    })
}

/// Where a command names its program.
struct Named {
    /// The name.
    program: String,
    /// Index of the word that names it.
    at: usize,
    /// Whether it is a module.
    module: bool,
}

fn base(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

fn is_python(word: &str) -> bool {
    PYTHONS.iter().any(|name| base(word).starts_with(name)) && !word.ends_with(".py")
}

/// Finds `-m MODULE` or `FILE.py`.
fn module(words: &[Option<String>]) -> Option<Named> {
    let word = |index: usize| words.get(index).and_then(Option::as_deref);
    let start = python_start(words)?;
    for index in start..words.len() {
        match word(index) {
            Some("-m") if word(index + 1).is_some_and(|it| STARTING_MODULES.contains(&it)) => {}
            Some("-m" | "--module") => {
                let program = word(index + 1).unwrap_or_default().to_owned();
                return Some(Named { program, at: index + 1, module: true });
            }
            Some("-c" | "-") => return None,
            Some(file) if file.ends_with(".py") && !file.starts_with('-') => {
                return Some(Named { program: file.to_owned(), at: index, module: false });
            }
            _ => {}
        }
    }
    None
}

/// Finds the word from which on a program of Python's is named: `python3`, the `run` of `uv run`, an
/// executable file, or a launcher that nothing tells.
fn python_start(words: &[Option<String>]) -> Option<usize> {
    let python = words.iter().position(|word| word.as_deref().is_some_and(is_python));
    let runs = |pair: &[Option<String>]| matches!(pair, [Some(name), Some(run)] if RUNNERS.contains(&base(name)) && run == "run");
    let runner = words.windows(2).position(runs).map(|at| at + 1);
    let launcher = words.first().is_some_and(Option::is_none);
    let file = || {
        let first = words.first()?.as_deref()?;
        let file = |word: &Option<String>| word.as_deref().is_some_and(|it| it.ends_with(".py"));
        (file(words.first()?) || STARTERS.contains(&base(first)))
            .then(|| words.iter().position(file))?
    };
    python.into_iter().chain(runner).min().or(launcher.then_some(0)).or_else(file)
}

/// Takes a command of another program for a launch where its arguments have dotted keys.
fn by_overrides(fields: &[Field], words: &[Option<String>]) -> Option<Named> {
    let name = words.first()?.as_deref().unwrap_or_default();
    if name.contains('=')
        || NEVER.contains(&base(name)) && !STARTERS.contains(&base(name))
        || words.iter().flatten().any(|word| word == "-c")
    {
        return None;
    }
    let tune = matches!(words, [Some(tune), Some(run), ..] if base(tune) == "tune" && run == "run");
    let dotted = |field: &Field| {
        let start = field.text.known_start();
        is_override(&start) && start.split('=').next().is_some_and(|key| key.contains('.'))
    };
    let first = fields.iter().skip(1).position(|field| is_override(&field.text.known_start()))? + 1;
    if !tune && !fields.iter().skip(first).any(dotted) {
        return None;
    }
    let at = if STARTERS.contains(&base(name)) { started(words, first, tune)? } else { 0 };
    let program = words.get(at)?.as_deref().unwrap_or_default();
    Some(Named { program: base(program).to_owned(), at, module: false })
}

/// Finds the program that a starter starts: between it and the overrides stand only flags of its own.
fn started(words: &[Option<String>], first: usize, tune: bool) -> Option<usize> {
    let flag = |word: &Option<String>| word.as_deref().is_some_and(|it| it.starts_with('-'));
    let takes = |word: &Option<String>| {
        word.as_deref().is_some_and(|it| takes_value(it) || tune && it == "--config")
    };
    (1..first).find(|at| {
        let between = words.get(at + 1..first).unwrap_or_default();
        let fits = |(index, word): (usize, &Option<String>)| {
            flag(word) || index > 0 && between.get(index - 1).is_some_and(takes)
        };
        !words.get(*at).is_some_and(flag) && between.iter().enumerate().all(fits)
    })
}

/// Tells whether the next word is this flag's value.
fn takes_value(flag: &str) -> bool {
    WITH_VALUE.iter().any(|(long, short)| is_flag(flag, long, short))
}

/// Tells the role of each word.
fn arguments(named: Named, fields: &[Field]) -> Found {
    let mut found = Found {
        program: named.program,
        module: named.module,
        words: Vec::new(),
        flags: Vec::new(),
        arguments: Vec::new(),
        forwards: None,
        rest: Vec::new(),
    };
    let mut flag: Option<String> = None;
    for (index, field) in fields.iter().enumerate() {
        let before = flag.take();
        let role = match index.cmp(&named.at) {
            Ordering::Less => Role::Launcher,
            Ordering::Equal => Role::Program,
            Ordering::Greater => role_of(field, before.as_deref()),
        };
        let (start, sketch) = (field.text.known_start(), field.text.sketch());
        let overrides = start.contains('=') || start.starts_with('~');
        if !(role == Role::Override && overrides || role == Role::Forwarded) {
            found.rest.push(sketch);
        }
        match role {
            Role::Launcher | Role::Program => {}
            Role::Forwarded => found.forwards = Some(field.word),
            Role::Flag => {
                flag = (!start.contains('=')).then(|| start.to_string());
                found.flags.push(start.into_owned());
            }
            Role::Value => {
                if let Some(flag) = found.flags.last_mut() {
                    flag.push(' ');
                    flag.push_str(&start);
                }
            }
            Role::Override => {
                let (text, word, array) = (field.text.clone(), field.word, field.array.clone());
                found.arguments.push(Argument { text, word, array, several: field.unsure });
            }
        }
        found.words.push(Passed { text: field.text.clone(), role, several: field.unsure });
    }
    found
}

/// Tells what a word behind the program is, where this flag without a value of its own stands
/// before it. What a program of another kind than Hydra's takes behind a flag is no override.
fn role_of(field: &Field, flag: Option<&str>) -> Role {
    let start = field.text.known_start();
    let hydra = |flag: &str| WITHOUT_VALUE.iter().any(|(long, short)| is_flag(flag, long, short));
    if field.forwards {
        Role::Forwarded
    } else if flag.is_some_and(takes_value) {
        Role::Value
    } else if start.starts_with('-') {
        Role::Flag
    } else if flag.is_some_and(|flag| !hydra(flag) && flag != "--")
        && !is_override(&start)
        && !field.unsure
    {
        Role::Value
    } else {
        Role::Override
    }
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
    let passed = fields.get(at + 1..).unwrap_or_default();
    let sure = passed.iter().take_while(|field| !field.forwards && !field.unsure);
    let arguments = sure.map(|field| field.text.clone()).collect();
    let forwards = passed.iter().any(|field| field.forwards);
    early.then_some(Start { path, span, forwards, arguments, environment: Vec::new() })
}
