//! The server: hears, keeps the documents, and tells what is found.

use std::collections::VecDeque;
use std::env;
use std::io::{self, BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use indexmap::{IndexMap, IndexSet};
use serde_json::{Value as Json, json};

use super::document::Document;
use super::language::Language;
use super::lines::{Encoding, Position};
use super::message::{
    CANCELLED, INTERNAL_ERROR, INVALID_REQUEST, Incoming, METHOD_NOT_FOUND, NOT_INITIALIZED,
    Refusal, answer, notice, with,
};
use super::shown::Places;
use super::{uri, wire};
use crate::text::{Finding, Span};

/// The files that what is found may depend on.
const WATCHED: &str = "**/*.{toml,yaml,yml,sh,bash,slurm,sbatch}";

/// The kind of actions that mend one finding, or let it be.
const QUICK_FIX: &str = "quickfix";

/// The kind of the action that makes all that surely mends.
const FIX_ALL: &str = "source.fixAll.hydrule";

/// How a server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// As the editor said before.
    InOrder,
    /// The editor has gone without a word.
    Abruptly,
}

/// What comes from the editor.
enum Arrived {
    Message(Result<Incoming, Refusal>),
    Broken(io::Error),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Before,
    Running,
    After,
}

/// Serves one editor until it ends.
///
/// # Errors
/// Bytes that can be no message, and an editor that takes no more.
pub fn serve(
    input: impl BufRead + Send + 'static,
    output: &mut dyn Write,
    language: &mut dyn Language,
) -> io::Result<Ended> {
    let mut server = Server {
        output,
        language,
        inbox: listen(input),
        queue: VecDeque::new(),
        documents: IndexMap::new(),
        subjects: IndexMap::new(),
        changed: IndexSet::new(),
        shown: IndexMap::new(),
        encoding: Encoding::default(),
        hover: "markdown",
        watches: false,
        root: PathBuf::new(),
        phase: Phase::Before,
    };
    server.run()
}

/// Reads messages on a thread of its own, so that those are known that wait.
fn listen(mut input: impl BufRead + Send + 'static) -> Receiver<Arrived> {
    let (sender, inbox) = channel();
    thread::spawn(move || {
        loop {
            let arrived = match wire::read(&mut input) {
                Ok(Some(message)) => Arrived::Message(message),
                Ok(None) => break,
                Err(error) => Arrived::Broken(error),
            };
            let last = matches!(arrived, Arrived::Broken(_));
            if sender.send(arrived).is_err() || last {
                break;
            }
        }
    });
    inbox
}

struct Server<'a> {
    output: &'a mut dyn Write,
    language: &'a mut dyn Language,
    inbox: Receiver<Arrived>,
    /// What has come and is not done.
    queue: VecDeque<Arrived>,
    /// The open documents, by what the editor calls them.
    documents: IndexMap<String, Document>,
    /// What each of them is a part of.
    subjects: IndexMap<String, String>,
    /// What has changed since it was looked at.
    changed: IndexSet<String>,
    /// What was told of each subject, by document.
    shown: IndexMap<String, IndexMap<String, Vec<Finding>>>,
    encoding: Encoding,
    /// How explanations are written.
    hover: &'static str,
    /// Whether the editor can tell of files that change.
    watches: bool,
    root: PathBuf,
    phase: Phase,
}

impl Server<'_> {
    fn run(&mut self) -> io::Result<Ended> {
        loop {
            while let Ok(arrived) = self.inbox.try_recv() {
                self.enqueue(arrived)?;
            }
            // Only when nothing waits is a text worth a look: what waits may change it.
            let next = match self.queue.pop_front() {
                Some(next) => next,
                None => match self.changed.shift_remove_index(0) {
                    Some(subject) => {
                        self.look(&subject)?;
                        continue;
                    }
                    None => match self.inbox.recv() {
                        Ok(next) => next,
                        Err(_) => return Ok(self.ended()),
                    },
                },
            };
            match next {
                Arrived::Message(Ok(Incoming::Notification { method, .. })) if method == "exit" => {
                    return Ok(self.ended());
                }
                Arrived::Message(Ok(Incoming::Notification { method, params })) => {
                    self.hear(&method, &params)?;
                }
                Arrived::Message(Ok(Incoming::Request { id, method, params })) => {
                    let result = self.request(&method, &params)?;
                    self.send(&answer(&id, result))?;
                }
                Arrived::Message(Ok(Incoming::Response)) => {}
                Arrived::Message(Err(refusal)) => self.send(&answer(&Json::Null, Err(refusal)))?,
                Arrived::Broken(error) => return Err(error),
            }
        }
    }

    fn ended(&self) -> Ended {
        if self.phase == Phase::After { Ended::InOrder } else { Ended::Abruptly }
    }

    /// Takes what comes; a request that is taken back is answered without being looked at.
    fn enqueue(&mut self, arrived: Arrived) -> io::Result<()> {
        let Arrived::Message(Ok(Incoming::Notification { method, params })) = &arrived else {
            self.queue.push_back(arrived);
            return Ok(());
        };
        if method != "$/cancelRequest" {
            self.queue.push_back(arrived);
            return Ok(());
        }
        let waits = |it: &Arrived| matches!(it, Arrived::Message(Ok(Incoming::Request { id, .. })) if Some(id) == params.get("id"));
        let Some(at) = self.queue.iter().position(waits) else { return Ok(()) };
        self.queue.remove(at);
        let id = params.get("id").cloned().unwrap_or_default();
        self.send(&answer(&id, Err(Refusal::new(CANCELLED, "the editor took it back"))))
    }

    fn send(&mut self, message: &Json) -> io::Result<()> {
        wire::write(&mut self.output, message)
    }

    fn places(&self) -> Places<'_> {
        Places { documents: &self.documents, encoding: self.encoding }
    }

    /// Answers a request.
    fn request(&mut self, method: &str, params: &Json) -> io::Result<Result<Json, Refusal>> {
        let refused = |code, message: &str| Ok(Err(Refusal::new(code, message)));
        match (self.phase, method) {
            (Phase::Before, "initialize") => Ok(Ok(self.initialize(params))),
            (Phase::Before, _) => refused(NOT_INITIALIZED, "`initialize` comes first"),
            (_, "initialize") => refused(INVALID_REQUEST, "`initialize` comes once"),
            (Phase::After, _) => {
                refused(INVALID_REQUEST, "nothing but `exit` comes after `shutdown`")
            }
            (Phase::Running, "shutdown") => {
                self.phase = Phase::After;
                Ok(Ok(Json::Null))
            }
            (Phase::Running, "textDocument/codeAction") => {
                // What can be done is about the text as it is now.
                while let Some(subject) = self.changed.shift_remove_index(0) {
                    self.look(&subject)?;
                }
                Ok(guarded(|| self.actions(params)))
            }
            (Phase::Running, "textDocument/hover") => Ok(guarded(|| self.hover(params))),
            (Phase::Running, "textDocument/completion") => Ok(guarded(|| self.complete(params))),
            (Phase::Running, other) => {
                refused(METHOD_NOT_FOUND, &format!("nobody knows `{other}`"))
            }
        }
    }

    fn initialize(&mut self, params: &Json) -> Json {
        self.phase = Phase::Running;
        let at = |path: &str| params.pointer(path).cloned().unwrap_or_default();
        self.encoding = Encoding::choose(&at("/capabilities/general/positionEncodings"));
        let formats = at("/capabilities/textDocument/hover/contentFormat");
        let plain = formats.as_array().is_some_and(|all| !all.iter().any(|it| it == "markdown"));
        self.hover = if plain { "plaintext" } else { "markdown" };
        let watches = at("/capabilities/workspace/didChangeWatchedFiles/dynamicRegistration");
        self.watches = watches == Json::Bool(true);
        let uris = [at("/workspaceFolders/0/uri"), at("/rootUri")];
        let root = uris.iter().filter_map(Json::as_str).find_map(uri::to_path);
        let root = root.or_else(|| at("/rootPath").as_str().map(PathBuf::from));
        self.root = root.or_else(|| env::current_dir().ok()).unwrap_or_default();
        json!({
            "capabilities": {
                "positionEncoding": self.encoding.name(),
                "textDocumentSync": { "openClose": true, "change": 2, "save": true },
                "hoverProvider": true,
                "completionProvider": { "triggerCharacters": ["."] },
                "codeActionProvider": { "codeActionKinds": [QUICK_FIX, FIX_ALL] },
            },
            "serverInfo": { "name": "hydrule", "version": env!("CARGO_PKG_VERSION") },
        })
    }

    /// Hears something that wants no answer; what makes no sense is let be.
    fn hear(&mut self, method: &str, params: &Json) -> io::Result<()> {
        match method {
            "initialized" if self.watches => self.watch()?,
            _ if self.phase != Phase::Running => {}
            "textDocument/didOpen" => self.open(params),
            "textDocument/didChange" => self.change(params),
            "textDocument/didClose" => self.close(params),
            "textDocument/didSave" | "workspace/didChangeWatchedFiles" => {
                self.language.forget();
                self.changed.extend(self.subjects.values().cloned());
            }
            _ => {}
        }
        Ok(())
    }

    /// Asks to be told of files that change.
    fn watch(&mut self) -> io::Result<()> {
        let options = json!({ "watchers": [{ "globPattern": WATCHED }] });
        let wanted = json!({
            "id": "files",
            "method": "workspace/didChangeWatchedFiles",
            "registerOptions": options,
        });
        let request = notice("client/registerCapability", &json!({ "registrations": [wanted] }));
        self.send(&with(request, "id", Some("files".into())))
    }

    fn open(&mut self, params: &Json) {
        let part = |name: &str| params.pointer(&format!("/textDocument/{name}"));
        let text = |name: &str| part(name).and_then(Json::as_str);
        let (Some(name), Some(content)) = (text("uri"), text("text")) else { return };
        let path = uri::to_path(name).unwrap_or_else(|| self.root.join(uri::last_part(name)));
        let language = text("languageId").unwrap_or_default();
        let mut document = Document::new(name, path, language, content);
        document.version = part("version").and_then(Json::as_i64);
        self.documents.insert(name.to_owned(), document);
        self.note(name);
    }

    fn change(&mut self, params: &Json) {
        let Some(name) = uri_of(params) else { return };
        let Some(document) = self.documents.get_mut(name) else { return };
        let changes = params.get("contentChanges").and_then(Json::as_array);
        for change in changes.into_iter().flatten() {
            if document.change(change, self.encoding).is_err() {
                return;
            }
        }
        document.version = params.pointer("/textDocument/version").and_then(Json::as_i64);
        self.note(name);
    }

    fn close(&mut self, params: &Json) {
        let Some(name) = uri_of(params) else { return };
        let closed = self.documents.shift_remove(name);
        self.changed.extend(self.subjects.shift_remove(name));
        if closed.is_some_and(|it| self.language.hear(&it.path, None)) {
            self.changed.extend(self.subjects.values().cloned());
        }
    }

    /// Notes that a document is another one now; it may belong to something else.
    fn note(&mut self, name: &str) {
        let Some(document) = self.documents.get(name) else { return };
        let old = match self.language.subject(document) {
            Some(subject) => {
                self.changed.insert(subject.clone());
                self.subjects.insert(name.to_owned(), subject)
            }
            None => self.subjects.shift_remove(name),
        };
        self.changed.extend(old);
        if self.language.hear(&document.path, Some(document)) {
            self.changed.extend(self.subjects.values().cloned());
        }
    }

    /// Looks at the documents of a subject, and tells what is found: where something was told before,
    /// also that nothing is left.
    fn look(&mut self, subject: &str) -> io::Result<()> {
        let own = |it: &&Document| self.subjects.get(&it.uri).is_some_and(|own| own == subject);
        let documents: Vec<&Document> = self.documents.values().filter(own).collect();
        let mut shown: IndexMap<String, Vec<Finding>> = IndexMap::new();
        let names = documents.iter().map(|it| it.uri.clone());
        let before = self.shown.shift_remove(subject).unwrap_or_default();
        shown.extend(names.chain(before.into_keys()).map(|name| (name, Vec::new())));
        let is_open = !documents.is_empty();
        if is_open {
            let language = &mut self.language;
            let found = guarded(|| Ok(language.look(&documents))).unwrap_or_default();
            for finding in found {
                let name = self.places().uri(&finding.source);
                shown.entry(name).or_default().push(finding);
            }
        }
        let told: Vec<String> = shown.keys().cloned().collect();
        shown.retain(|name, findings| !findings.is_empty() || self.documents.contains_key(name));
        if is_open {
            self.shown.insert(subject.to_owned(), shown);
        }
        told.iter().try_for_each(|name| self.publish(name))
    }

    /// Tells everything that is found in a document, whatever it was found with.
    fn publish(&mut self, name: &str) -> io::Result<()> {
        let places = self.places();
        let mut all: Vec<Json> = Vec::new();
        for finding in self.shown.values().filter_map(|it| it.get(name)).flatten() {
            let shown = places.diagnostic(finding);
            if !all.contains(&shown) {
                all.push(shown);
            }
        }
        let version = self.documents.get(name).and_then(|it| it.version);
        let params = json!({ "uri": name, "diagnostics": all });
        let params = with(params, "version", version.map(Json::from));
        self.send(&notice("textDocument/publishDiagnostics", &params))
    }

    /// Lists what can be done about what is found in a range.
    fn actions(&mut self, params: &Json) -> Result<Json, Refusal> {
        let only = params.pointer("/context/only").and_then(Json::as_array);
        let asked = |kind: &str| {
            only.is_none_or(|only| only.iter().filter_map(Json::as_str).any(|it| holds(it, kind)))
        };
        let document = self.document(params)?.clone();
        // Editors ask for this kind when a file is saved.
        let all =
            if only.is_some() && asked(FIX_ALL) { self.language.mend_all(&document) } else { None };
        let all = all.map(|it| self.places().mend_all(&it, FIX_ALL));
        let quick =
            if asked(QUICK_FIX) { self.quick_fixes(&document, params)? } else { Vec::new() };
        Ok(all.into_iter().chain(quick).collect())
    }

    /// Lists what can be done about each finding in a range.
    fn quick_fixes(&mut self, document: &Document, params: &Json) -> Result<Vec<Json>, Refusal> {
        let at = |end: &str| {
            let at = params.pointer(&format!("/range/{end}")).and_then(Position::read);
            at.map(|at| document.offset(at, self.encoding)).ok_or_else(|| Refusal::params("range"))
        };
        let range = Span::new(at("start")?, at("end")?);
        let touches =
            |it: &&Finding| it.fault.span.start <= range.end && range.start <= it.fault.span.end;
        let shown = self.shown.values().filter_map(|it| it.get(&document.uri));
        let findings: Vec<Finding> = shown.flatten().filter(touches).cloned().collect();
        let actions = self.language.actions(document, &findings);
        let places = self.places();
        let shown = actions
            .iter()
            .filter_map(|(at, it)| Some(places.action(it, findings.get(*at)?, QUICK_FIX)));
        Ok(shown.collect())
    }

    fn hover(&mut self, params: &Json) -> Result<Json, Refusal> {
        let (document, offset) = self.place(params)?;
        let document = document.clone();
        let hover = self.language.hover(&document, offset);
        let shown = hover.map(|it| self.places().hover(&document, &it, self.hover));
        Ok(shown.unwrap_or_default())
    }

    fn complete(&mut self, params: &Json) -> Result<Json, Refusal> {
        let (document, offset) = self.place(params)?;
        let document = document.clone();
        let all = self.language.complete(&document, offset);
        Ok(self.places().completions(&document, &all))
    }

    fn document(&self, params: &Json) -> Result<&Document, Refusal> {
        let name = uri_of(params).ok_or_else(|| Refusal::params("textDocument"))?;
        let none = || Refusal::params("document that is open");
        self.documents.get(name).ok_or_else(none)
    }

    fn place(&self, params: &Json) -> Result<(&Document, usize), Refusal> {
        let document = self.document(params)?;
        let at = params.get("position").and_then(Position::read);
        let at = at.ok_or_else(|| Refusal::params("position"))?;
        Ok((document, document.offset(at, self.encoding)))
    }
}

/// Tells whether a kind of actions holds another one, as `source` does `source.fixAll`.
fn holds(kind: &str, other: &str) -> bool {
    let rest = other.strip_prefix(kind);
    rest.is_some_and(|rest| kind.is_empty() || rest.is_empty() || rest.starts_with('.'))
}

fn uri_of(params: &Json) -> Option<&str> {
    params.pointer("/textDocument/uri")?.as_str()
}

/// Does something with a text that may be half typed; what it does to a parser ends no server.
fn guarded<T>(work: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
    let refused = |_| Err(Refusal::new(INTERNAL_ERROR, "this text cannot be looked at"));
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(refused)
}
