//! The options of `sbatch`, read as `getopt_long` does.

use super::words::Word;
use super::{Directive, Written};
use crate::text::{Fault, Span, edit_distance, join_and};

/// Whether an option takes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// No value.
    Nothing,
    /// A value, attached or in the next word.
    Value,
    /// A value only where it is attached.
    Maybe,
}

const VALUE: [&str; 89] = [
    "account",
    "acctg-freq",
    "array",
    "batch",
    "bb",
    "bbf",
    "begin",
    "chdir",
    "cluster",
    "cluster-constraint",
    "clusters",
    "comment",
    "constraint",
    "container",
    "container-id",
    "context",
    "core-spec",
    "cores-per-socket",
    "cpu-freq",
    "cpus-per-gpu",
    "cpus-per-task",
    "deadline",
    "delay-boot",
    "dependency",
    "distribution",
    "error",
    "exclude",
    "export",
    "export-file",
    "extra",
    "extra-node-info",
    "gid",
    "gpu-bind",
    "gpu-freq",
    "gpus",
    "gpus-per-node",
    "gpus-per-socket",
    "gpus-per-task",
    "gres",
    "gres-flags",
    "hint",
    "input",
    "job-name",
    "kill-on-invalid-dep",
    "licenses",
    "mail-type",
    "mail-user",
    "mcs-label",
    "mem",
    "mem-bind",
    "mem-per-cpu",
    "mem-per-gpu",
    "mincpus",
    "network",
    "nodefile",
    "nodelist",
    "nodes",
    "ntasks",
    "ntasks-per-core",
    "ntasks-per-gpu",
    "ntasks-per-node",
    "ntasks-per-socket",
    "ntasks-per-tres",
    "oom-kill-step",
    "open-mode",
    "output",
    "partition",
    "power",
    "prefer",
    "priority",
    "profile",
    "qos",
    "reservation",
    "segment",
    "signal",
    "sockets-per-node",
    "switches",
    "tasks-per-node",
    "thread-spec",
    "threads-per-core",
    "time",
    "time-min",
    "tmp",
    "tres-bind",
    "tres-per-task",
    "uid",
    "wait-all-nodes",
    "wckey",
    "wrap",
];
const MAYBE: [&str; 5] = ["exclusive", "get-user-env", "nice", "no-kill", "propagate"];
const NOTHING: [&str; 19] = [
    "contiguous",
    "help",
    "hold",
    "ignore-pbs",
    "no-requeue",
    "overcommit",
    "oversubscribe",
    "parsable",
    "quiet",
    "reboot",
    "requeue",
    "spread-job",
    "stepmgr",
    "test-only",
    "usage",
    "use-min-nodes",
    "verbose",
    "version",
    "wait",
];
const SHORT: [(char, &str); 34] = [
    ('a', "array"),
    ('A', "account"),
    ('b', "begin"),
    ('B', "extra-node-info"),
    ('c', "cpus-per-task"),
    ('C', "constraint"),
    ('d', "dependency"),
    ('D', "chdir"),
    ('e', "error"),
    ('F', "nodefile"),
    ('G', "gpus"),
    ('h', "help"),
    ('H', "hold"),
    ('i', "input"),
    ('J', "job-name"),
    ('k', "no-kill"),
    ('L', "licenses"),
    ('m', "distribution"),
    ('M', "clusters"),
    ('n', "ntasks"),
    ('N', "nodes"),
    ('o', "output"),
    ('O', "overcommit"),
    ('p', "partition"),
    ('q', "qos"),
    ('Q', "quiet"),
    ('s', "oversubscribe"),
    ('S', "core-spec"),
    ('t', "time"),
    ('v', "verbose"),
    ('V', "version"),
    ('w', "nodelist"),
    ('W', "wait"),
    ('x', "exclude"),
];
/// Names that mean the same option as another.
const SAME: [(&str, &str); 2] = [("tasks-per-node", "ntasks-per-node"), ("cluster", "clusters")];

/// Reads the words of directive lines as one argument list.
pub(super) fn read_options(
    words: &[Word],
    ignored: bool,
    faults: &mut Vec<Fault>,
) -> Vec<Directive> {
    let mut reader = Reader { words, at: 0, ignored, faults, directives: Vec::new() };
    while let Some(word) = reader.next() {
        match word.text.strip_prefix("--") {
            Some("") => reader.stray_words(),
            Some(long) => reader.long(word, long),
            None if word.text.len() > 1 && word.text.starts_with('-') => reader.short(word),
            None => reader.faults.push(stray(word)),
        }
    }
    reader.directives
}

struct Reader<'a, 'f> {
    words: &'a [Word],
    at: usize,
    ignored: bool,
    faults: &'f mut Vec<Fault>,
    directives: Vec<Directive>,
}

impl<'a> Reader<'a, '_> {
    fn next(&mut self) -> Option<&'a Word> {
        let word = self.words.get(self.at)?;
        self.at += 1;
        Some(word)
    }

    fn stray_words(&mut self) {
        while let Some(word) = self.next() {
            self.faults.push(stray(word));
        }
    }

    fn long(&mut self, word: &'a Word, long: &str) {
        let (given, attached) = match long.split_once('=') {
            Some((given, value)) => (given, Some(Written::ending(word, value.len()))),
            None => (long, None),
        };
        let (name, takes) = match resolve(given) {
            Ok(option) => option,
            Err(possible) => {
                self.faults.push(ambiguous(word, given, &possible));
                return;
            }
        };
        if let (None, Some(meant)) = (takes, meant_by(given)) {
            self.faults.push(misspelt(word, given, meant));
        }
        match (takes, attached) {
            (Some(Takes::Nothing), Some(_)) => {
                self.faults.push(needless(word, name));
                self.add(name, word.span, None, word.line);
            }
            (Some(Takes::Value), None) => self.with_next(name, word),
            // A plugin's option: a word behind it that is no option can only be its value.
            (None, None) if self.value_follows() => self.with_next(name, word),
            (_, attached) => self.add(name, word.span, attached, word.line),
        }
    }

    /// Reads `-N2`, `-N 2` and clusters such as `-HN2`.
    fn short(&mut self, word: &'a Word) {
        for (at, letter) in word.text.char_indices().skip(1) {
            let Some((_, name)) = SHORT.iter().find(|(short, _)| *short == letter) else {
                self.faults.push(unknown_letter(word, letter));
                return;
            };
            let left = word.text.len() - at - letter.len_utf8();
            match takes(name) {
                Takes::Nothing => self.add(name, word.span, None, word.line),
                Takes::Value if left == 0 => return self.with_next(name, word),
                Takes::Maybe if left == 0 => return self.add(name, word.span, None, word.line),
                Takes::Value | Takes::Maybe => {
                    let written = Written::ending(word, left);
                    return self.add(name, word.span, Some(written), word.line);
                }
            }
        }
    }

    fn value_follows(&self) -> bool {
        self.words.get(self.at).is_some_and(|word| !word.text.starts_with('-'))
    }

    fn with_next(&mut self, name: &str, word: &Word) {
        match self.next() {
            Some(value) => {
                let written = Written { word: value.clone(), skipped: 0 };
                self.add(name, word.span.cover(value.span), Some(written), word.line);
            }
            None => {
                let message = format!("sbatch wants a value for `--{name}`");
                self.faults.push(Fault::new("hydrule::slurm::missing_value", word.span, message));
            }
        }
    }

    fn add(&mut self, name: &str, span: Span, written: Option<Written>, line: usize) {
        let name = SAME.iter().find(|(other, _)| *other == name).map_or(name, |(_, same)| same);
        self.directives.push(Directive {
            name: name.to_owned(),
            value: written.as_ref().map(|written| written.text().to_owned()),
            span,
            value_span: written.as_ref().and_then(Written::span),
            line,
            ignored: self.ignored,
            component: 0,
            written,
        });
    }
}

impl Written {
    /// Takes the last `length` bytes of a word as the value.
    fn ending(word: &Word, length: usize) -> Self {
        Self { word: word.clone(), skipped: word.text.len() - length }
    }

    /// Returns the value.
    pub(super) fn text(&self) -> &str {
        self.word.text.get(self.skipped..).unwrap_or_default()
    }

    fn span(&self) -> Option<Span> {
        let value = self.skipped..self.word.text.len();
        self.word.locate(&value).filter(|_| !value.is_empty())
    }
}

fn all() -> impl Iterator<Item = (&'static str, Takes)> {
    let value = VALUE.iter().map(|name| (*name, Takes::Value));
    let maybe = MAYBE.iter().map(|name| (*name, Takes::Maybe));
    value.chain(maybe).chain(NOTHING.iter().map(|name| (*name, Takes::Nothing)))
}

fn takes(name: &str) -> Takes {
    all().find(|(known, _)| *known == name).map_or(Takes::Nothing, |(_, takes)| takes)
}

/// Finds the option that a full or shortened name means; an unknown name means itself, since plugins
/// bring options of their own. Several possible options are the error.
fn resolve(given: &str) -> Result<(&str, Option<Takes>), Vec<&'static str>> {
    if let Some((name, takes)) = all().find(|(name, _)| *name == given) {
        return Ok((name, Some(takes)));
    }
    let possible: Vec<_> = all().filter(|(name, _)| name.starts_with(given)).collect();
    match possible.as_slice() {
        [] => Ok((given, None)),
        [(name, takes)] => Ok((name, Some(*takes))),
        several => Err(several.iter().map(|(name, _)| *name).collect()),
    }
}

/// Returns the option that an unknown name comes so near that no plugin's is meant.
fn meant_by(given: &str) -> Option<&'static str> {
    let given = given.replace('_', "-");
    let allowed = match given.len() {
        ..5 => return None,
        5..12 => 1,
        _ => 2,
    };
    all().map(|(name, _)| name).find(|name| edit_distance(&given, name) <= allowed)
}

fn misspelt(word: &Word, given: &str, meant: &str) -> Fault {
    let message = format!("sbatch has no option `--{given}`");
    Fault::new("hydrule::slurm::unknown_option", word.span, message)
        .labelled(format!("did you mean `--{meant}`?"))
}

fn stray(word: &Word) -> Fault {
    let message = format!("sbatch takes no directive `{}`", word.text);
    Fault::new("hydrule::slurm::stray_word", word.span, message)
        .labelled("neither an option nor the value of one")
}

fn ambiguous(word: &Word, given: &str, possible: &[&str]) -> Fault {
    let mut possible = possible.to_vec();
    possible.sort_unstable();
    let names: Vec<String> = possible.iter().map(|name| format!("`--{name}`")).collect();
    Fault::new("hydrule::slurm::ambiguous", word.span, format!("`--{given}` is ambiguous"))
        .helped(format!("it may mean {}", join_and(&names)))
}

fn needless(word: &Word, name: &str) -> Fault {
    let message = format!("sbatch takes no value for `--{name}`");
    Fault::new("hydrule::slurm::needless_value", word.span, message)
}

fn unknown_letter(word: &Word, letter: char) -> Fault {
    let message = format!("sbatch has no option `-{letter}`");
    Fault::new("hydrule::slurm::unknown_option", word.span, message)
}
