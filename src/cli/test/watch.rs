//! Running again whenever a file changes. Files are looked at a few times a second, which needs
//! nothing of the system and works on network disks as well.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use super::{find, once};
use crate::cli::Done;
use crate::cli::args::TestArgs;
use crate::cli::console::Console;
use crate::cli::error::CliError;
use crate::cli::files::{changed_at, entries_in};
use crate::cli::packs_here;
use crate::report::Paint;

/// How long to wait between two looks.
const PAUSE: Duration = Duration::from_millis(300);

/// How deep folders are looked into: a pack, its cases, the files of one.
const DEEPEST: usize = 3;

/// A file, and when it changed last.
type Stamp = (PathBuf, Option<SystemTime>);

/// Runs the cases, and again after every change, until the user ends it.
pub fn run(args: &TestArgs, console: &mut Console) -> Result<Done, CliError> {
    let folders = packs_here::folders(&args.packs)?;
    loop {
        let seen = stamps(&folders);
        let paint = Paint::new(console.err);
        match once(args, console) {
            Err(CliError::ClosedPipe) => return Err(CliError::ClosedPipe),
            Err(error) => console.error(&error),
            Ok(_) => {}
        }
        // Snapshots are written by the run itself, so only what becomes of them later is a change.
        let snapshots: Vec<PathBuf> = folders.iter().map(|it| find::place_of(it).1).collect();
        let taken = stamps(&snapshots);
        console.say(&paint.faint("Waiting for a change; Ctrl-C ends.\n"));
        let changed = loop {
            let now = (stamps(&folders), stamps(&snapshots));
            match changed(&seen, &now.0).or_else(|| changed(&taken, &now.1)) {
                Some(path) => break path,
                None => thread::sleep(PAUSE),
            }
        };
        let line = format!("── {} changed {}", changed.display(), "─".repeat(24));
        console.say(&format!("\n{}\n", paint.faint(&line)));
    }
}

/// Names a file that was changed, came or went between two looks.
fn changed(before: &[Stamp], after: &[Stamp]) -> Option<PathBuf> {
    let other = |all: &[Stamp], stamp: &Stamp| !all.contains(stamp);
    let came = after.iter().find(|it| other(before, it));
    came.or_else(|| before.iter().find(|it| other(after, it))).map(|(path, _)| path.clone())
}

fn stamps(folders: &[PathBuf]) -> Vec<Stamp> {
    let mut all = Vec::new();
    for folder in folders {
        collect(folder, DEEPEST, &mut all);
    }
    all
}

/// The snapshots inside of a pack are no part of it.
fn collect(folder: &Path, depth: usize, out: &mut Vec<Stamp>) {
    for path in entries_in(folder).unwrap_or_default() {
        if path.is_dir() {
            if depth > 0 && !path.ends_with("snapshots") {
                collect(&path, depth - 1, out);
            }
        } else {
            let at = changed_at(&path);
            out.push((path, at));
        }
    }
}
