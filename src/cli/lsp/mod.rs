//! `hydrule lsp`: serves an editor.

mod complete;
mod defaults;
mod hover;
mod packs;
mod scripts;
mod suppress;

use std::io::{self, BufReader};
use std::path::Path;

use super::Done;
use super::args::{CheckArgs, LspArgs, OutsideArgs};
use super::check::{Buffers, Opened};
use super::error::CliError;
use crate::lsp::{Action, Completion, Document, Ended, Hover, Language, serve};
use crate::text::{Fault, Finding, Level, Mend, Source, Span};

/// What editors call the languages of scripts, where a file's name and text do not tell.
const SHELLS: [&str; 7] = ["bash", "sbatch", "sh", "shell", "shellscript", "slurm", "zsh"];

/// `hydrule lsp`.
pub fn run(args: &LspArgs) -> Result<Done, CliError> {
    let (args, opened) = (check_args(args), Opened::default());
    let mut editor =
        Editor { args: &args, opened: &opened, buffers: Buffers::new(&args, &opened)? };
    match serve(BufReader::new(io::stdin()), &mut io::stdout().lock(), &mut editor) {
        Ok(Ended::InOrder) => Ok(Done::Clean),
        // The protocol wants 1 of a server that nobody told to stop.
        Ok(Ended::Abruptly) => Ok(Done::Proposed),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Done::Proposed),
        Err(error) => Err(CliError::plain(format!("the editor cannot be understood: {error}"))),
    }
}

/// What `hydrule check` would be told.
fn check_args(args: &LspArgs) -> CheckArgs {
    let LspArgs { selected, start, env, param, stdio: _ } = args;
    CheckArgs {
        selected: selected.clone(),
        start: start.clone(),
        outside: OutsideArgs { env: env.clone(), args: None },
        param: param.clone(),
        ..CheckArgs::default()
    }
}

/// What is known of scripts and packs, as an editor asks.
struct Editor<'a> {
    args: &'a CheckArgs,
    opened: &'a Opened,
    buffers: Buffers<'a>,
}

impl Language for Editor<'_> {
    fn subject(&self, document: &Document) -> Option<String> {
        packs::subject(document).or_else(|| is_script(document).then(|| document.uri.clone()))
    }

    fn hear(&mut self, path: &Path, document: Option<&Document>) -> bool {
        let script = document.filter(|it| packs::subject(it).is_none()).map(Document::source);
        self.opened.hear(path, script)
    }

    fn look(&mut self, documents: &[&Document]) -> Vec<Finding> {
        match documents {
            [script] if packs::subject(script).is_none() => scripts::look(&self.buffers, script),
            documents => packs::look(documents),
        }
    }

    fn actions(&mut self, document: &Document, findings: &[Finding]) -> Vec<(usize, Action)> {
        if packs::subject(document).is_none() {
            scripts::actions(&self.buffers, document, findings)
        } else {
            Vec::new()
        }
    }

    fn mend_all(&mut self, document: &Document) -> Option<Mend> {
        let is_pack = packs::subject(document).is_some();
        let asked = is_script(document) && !is_pack;
        asked.then(|| scripts::mend_all(&self.buffers, document)).flatten()
    }

    fn hover(&mut self, document: &Document, offset: usize) -> Option<Hover> {
        let is_pack = packs::subject(document).is_some();
        let asked = is_script(document) && !is_pack;
        asked.then(|| hover::hover(&self.buffers, document, offset)).flatten()
    }

    fn complete(&mut self, document: &Document, offset: usize) -> Vec<Completion> {
        let is_pack = packs::subject(document).is_some();
        let all = if is_pack { None } else { complete::keys_at(&self.buffers, document, offset) };
        all.unwrap_or_default()
    }

    fn forget(&mut self) {
        // What cannot be read now may be readable again later.
        if let Ok(buffers) = Buffers::new(self.args, self.opened) {
            self.buffers = buffers;
        }
    }
}

/// Tells whether a document may be a launch script.
fn is_script(document: &Document) -> bool {
    let is_shell = SHELLS.contains(&document.language.as_str());
    Buffers::may_launch(&document.path, document.text(), is_shell)
}

/// Makes findings of what kept a document from being looked at: the mistakes where they are, and in the
/// document itself that there are some.
fn kept_from(error: &CliError, source: &Source) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    if let CliError::Faults(all) = error {
        let readable = |it: &Source| it == source || Path::new(it.name()).is_file();
        for faults in all.iter().filter(|it| readable(&it.source)) {
            let finding =
                |it: &Fault| Finding::new(it.code, Level::Error, &faults.source, it.clone());
            found.extend(faults.faults.iter().map(finding));
        }
    }
    if !found.iter().any(|it| it.source == *source) {
        let elsewhere = found.first().map(|it| it.source.at(it.fault.span).to_string());
        let elsewhere = elsewhere.map_or(String::new(), |place| format!("{place}: "));
        let first = source.text().lines().next().unwrap_or_default().len();
        let message = format!("this is not checked: {elsewhere}{}", error.message());
        let fault = Fault::new("hydrule::lsp::not_checked", Span::new(0, first), message);
        found.push(Finding::new(fault.code, Level::Error, source, fault));
    }
    found
}
