//! Running the program and comparing what it prints.

pub mod disk;
pub mod walk;

use hydrule::engine::{Entry, State, World};
use hydrule::facts::Provenance;
use hydrule::overrides::parse;
use hydrule::pack::{Pack, load};
use hydrule::value::Value;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Returns the root of the repository.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A run of the program, or of any other, being prepared.
pub struct Run {
    command: Command,
    input: Option<String>,
}

/// What a run printed.
#[derive(Debug)]
pub struct Output {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Run {
    /// Prepares `hydrule` with arguments given as one line, split at blanks.
    pub fn hydrule(line: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hydrule"));
        command.args(line.split_whitespace()).current_dir(root());
        for name in [
            "CI",
            "NO_COLOR",
            "FORCE_COLOR",
            "CLICOLOR",
            "CLICOLOR_FORCE",
            "COLUMNS",
            "VIRTUAL_ENV",
            "CONDA_PREFIX",
        ] {
            command.env_remove(name);
        }
        Self { command, input: None }
    }

    /// Prepares another program.
    pub fn program(name: &str) -> Self {
        Self { command: Command::new(name), input: None }
    }

    /// Adds an argument as it is.
    pub fn arg(mut self, argument: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// Adds arguments as they are.
    pub fn args<S: AsRef<std::ffi::OsStr>>(
        mut self,
        arguments: impl IntoIterator<Item = S>,
    ) -> Self {
        self.command.args(arguments);
        self
    }

    /// Sets the working directory.
    pub fn at(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Sets an environment variable.
    pub fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Takes an environment variable away.
    pub fn without(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Gives standard input.
    pub fn input(mut self, text: impl Into<String>) -> Self {
        self.input = Some(text.into());
        self
    }

    /// Runs it.
    pub fn run(mut self) -> Output {
        self.command.stdin(if self.input.is_some() { Stdio::piped() } else { Stdio::null() });
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().unwrap();
        if let (Some(text), Some(mut stdin)) = (self.input, child.stdin.take()) {
            let _ = stdin.write_all(text.as_bytes());
        }
        let output = child.wait_with_output().unwrap();
        Output {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Output {
    /// Shows everything, for a snapshot.
    pub fn shown(&self) -> String {
        let mut text = format!("exit code {}\n", self.code);
        for (name, stream) in [("stdout", &self.out), ("stderr", &self.err)] {
            if !stream.is_empty() {
                text.push_str(&format!("----- {name} -----\n{stream}"));
            }
        }
        text
    }
}

/// The programs that only write down their arguments.
const STARTED: [&str; 12] = [
    "python3",
    "python",
    "torchrun",
    "accelerate",
    "deepspeed",
    "coverage",
    "uv",
    "srun",
    "ray",
    "tune",
    "docker",
    "trainer",
];

/// A folder that goes away with its owner, holding a copy of the example.
pub struct Workspace(tempfile::TempDir);

impl Workspace {
    /// Makes an empty folder.
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Makes a folder with the example's files.
    pub fn example() -> Self {
        let workspace = Self::new();
        let folder = root().join("examples/verl-oom");
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), workspace.path().join(entry.file_name())).unwrap();
        }
        workspace
    }

    /// Returns the folder.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file, and makes the folders above it.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> &Self {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// Reads a file.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }

    /// Runs `hydrule` in the folder.
    pub fn hydrule(&self, line: &str) -> Run {
        Run::hydrule(line).at(self.path())
    }

    /// Runs a script under bash with programs that only write down their arguments; returns the
    /// arguments of each that it starts.
    pub fn launches(&self, script: &str, arguments: &[&str]) -> Vec<Vec<String>> {
        let stubs = self.path().join("stubs");
        fs::create_dir_all(&stubs).unwrap();
        let record = self.path().join("recorded");
        let _ = fs::remove_file(&record);
        let stub = "#!/bin/bash\n{ printf '%s\\0' \"$@\"; printf '\\1\\0'; } >> \"$RECORD\"\n";
        for name in STARTED {
            let path = stubs.join(name);
            fs::write(&path, stub).unwrap();
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let path = format!("{}:{}", stubs.display(), std::env::var("PATH").unwrap());
        let run = Run::program("bash").arg(script).args(arguments).at(self.path());
        run.env("PATH", path).env("RECORD", &record).run();
        let recorded = fs::read_to_string(&record).unwrap_or_default();
        let mut launches = vec![Vec::new()];
        for word in recorded.split_terminator('\0') {
            match word {
                "\u{1}" => launches.push(Vec::new()),
                word => launches.last_mut().unwrap().push(word.to_owned()),
            }
        }
        launches.pop();
        launches
    }
}

/// Loads a pack that has these tables and, in front of them, a header, a signal and two phases.
pub fn small_pack(tables: &str) -> Pack {
    let workspace = Workspace::new();
    workspace.write("pack.toml", format!("{SMALL}{tables}"));
    match load(workspace.path().to_str().unwrap()) {
        Ok(pack) => pack,
        Err(error) => panic!("{error:?}"),
    }
}

/// Reads overrides as a launch would give them.
pub fn small_state(overrides: &[impl AsRef<str>]) -> State {
    let entry = |text: &str| {
        let parsed = parse(text).unwrap();
        Entry { key: parsed.key.clone(), value: Ok(parsed), from: Provenance::Computed }
    };
    let entries = overrides.iter().map(|text| entry(text.as_ref())).collect();
    State { entries, ..State::default() }
}

/// Makes a world in which this phase failed.
pub fn failed_in(phase: &str) -> World {
    let mut world = World::default();
    world.facts.insert("oom.phase", Value::Str(phase.to_owned()), Provenance::Computed);
    world.take_told_failure();
    world
}

/// The tables that no pack can do without.
pub const SMALL: &str = r#"
name = "small"
version = "1"
description = "A pack of a test"

[[signal]]
name = "device-oom"
event = "oom"
kind = "device"
pattern = 'out of memory'

[[phase]]
name = "update"
title = "the update"
frames = ["update"]

[[phase]]
name = "score"
title = "scoring"
frames = ["score"]

[[default]]
of = "the target"
source = "its configuration"

[default.values]
"m.on" = true
"#;

/// Makes a repository with a pack of these rules in `rules/small`, and one file of cases.
pub fn small_repository(rules: &str, cases: &str) -> Workspace {
    let workspace = Workspace::new();
    fs::create_dir_all(workspace.path().join("rules/small/cases")).unwrap();
    workspace.write("rules/small/pack.toml", format!("{SMALL}{rules}"));
    workspace.write("rules/small/cases/all.toml", cases);
    workspace
}

/// Compares with a snapshot in `snapshots/<area>/`.
pub fn snapshot(area: &str, name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(root().join("snapshots").join(area));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}
