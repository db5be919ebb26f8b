//! An editor that speaks with `hydrule lsp`.

use std::fmt::Write as _;
use std::io::BufReader;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::support::Workspace;

/// How long an answer may take on a machine with much to do.
const PATIENCE: Duration = Duration::from_secs(120);

/// An editor: sends, hears, makes edits in its own copies of the texts, and writes all of it down.
pub struct Editor {
    server: Child,
    input: Option<ChildStdin>,
    heard: Receiver<Json>,
    pub workspace: Workspace,
    /// Name, text and version of each document.
    pub texts: Vec<(String, String, i64)>,
    next: i64,
    said: String,
}

impl Editor {
    pub fn start(arguments: &[&str]) -> Self {
        let workspace = Workspace::new();
        let mut server = Command::new(env!("CARGO_BIN_EXE_hydrule"))
            .arg("lsp")
            .args(arguments)
            .current_dir(workspace.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(server.stdout.take().unwrap());
        let (sender, heard) = channel();
        std::thread::spawn(move || {
            while let Some(message) = message(&mut output) {
                sender.send(message).unwrap();
            }
        });
        let input = server.stdin.take();
        let (texts, said) = (Vec::new(), String::new());
        Self { server, input, heard, workspace, texts, next: 1, said }
    }

    /// Starts a server, and introduces an editor that offers these encodings of places.
    pub fn ready(encodings: &[&str]) -> Self {
        let mut editor = Self::start(&[]);
        let general = json!({ "positionEncodings": encodings });
        let root = editor.uri("");
        let result = editor.request(
            "initialize",
            json!({ "rootUri": root, "capabilities": { "general": general } }),
        );
        assert_eq!(result["serverInfo"]["name"], "hydrule");
        editor.notify("initialized", json!({}));
        editor
    }

    pub fn uri(&self, name: &str) -> String {
        if name.contains(':') {
            return name.to_owned();
        }
        let path = self.workspace.path().canonicalize().unwrap().join(name);
        format!("file://{}", path.display())
    }

    pub fn send_bytes(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().unwrap();
        std::io::Write::write_all(input, bytes).unwrap();
        std::io::Write::flush(input).unwrap();
    }

    fn send(&mut self, message: &Json) {
        let body = message.to_string();
        self.send_bytes(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    }

    pub fn notify(&mut self, method: &str, params: Json) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    pub fn hear(&self) -> Json {
        self.heard.recv_timeout(PATIENCE).unwrap()
    }

    fn ask(&mut self, method: &str, params: Json) -> i64 {
        let id = self.next;
        self.next += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        id
    }

    /// Asks, and returns the whole answer.
    pub fn answer(&mut self, method: &str, params: Json) -> Json {
        let id = self.ask(method, params);
        loop {
            let message = self.hear();
            if message["id"] == id {
                return message;
            }
        }
    }

    pub fn request(&mut self, method: &str, params: Json) -> Json {
        let answer = self.answer(method, params);
        assert!(answer["error"].is_null(), "{answer}");
        answer["result"].clone()
    }

    pub fn text(&self, name: &str) -> &str {
        &self.texts.iter().find(|(known, ..)| known == name).unwrap().1
    }

    pub fn open(&mut self, name: &str, language: &str, text: &str) {
        self.texts.push((name.to_owned(), text.to_owned(), 1));
        let uri = self.uri(name);
        let document = json!({ "uri": uri, "languageId": language, "version": 1, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": document }));
        writeln!(self.said, "→ open {name}").unwrap();
    }

    /// Replaces a text that occurs once, as typing does.
    pub fn replace(&mut self, name: &str, old: &str, new: &str) {
        let text = self.text(name).to_owned();
        let start = text.find(old).unwrap();
        let range = json!({ "start": place(&text, start), "end": place(&text, start + old.len()) });
        let change = json!({ "range": range, "newText": new });
        self.apply(name, &[change]);
        writeln!(self.said, "→ replace {old:?} by {new:?} in {name}").unwrap();
    }

    /// Replaces a whole text.
    pub fn replace_all(&mut self, name: &str, new: &str) {
        let range = json!({
            "start": { "line": 0, "character": 0 },
            "end": { "line": 9999, "character": 0 },
        });
        self.apply(name, &[json!({ "range": range, "newText": new })]);
    }

    /// Makes edits, last first, as the protocol has it, and tells the server.
    fn apply(&mut self, name: &str, edits: &[Json]) {
        let mut edits = edits.to_vec();
        edits.sort_by_key(|edit| {
            let at = &edit["range"]["start"];
            (at["line"].as_u64(), at["character"].as_u64())
        });
        edits.reverse();
        let (_, text, version) = self.texts.iter_mut().find(|(known, ..)| known == name).unwrap();
        for edit in &edits {
            let at = |end: &str| offset(text, &edit["range"][end]);
            let (start, end) = (at("start"), at("end"));
            text.replace_range(start..end, edit["newText"].as_str().unwrap());
        }
        *version += 1;
        let version = *version;
        let change = |edit: &Json| json!({ "range": edit["range"], "text": edit["newText"] });
        let changes: Vec<Json> = edits.iter().map(change).collect();
        let document = json!({ "uri": self.uri(name), "version": version });
        let params = json!({ "textDocument": document, "contentChanges": changes });
        self.notify("textDocument/didChange", params);
    }

    /// Waits for what is found in the newest state of a text.
    pub fn found(&mut self, name: &str) -> Vec<Json> {
        let uri = self.uri(name);
        let version = self.texts.iter().find(|(known, ..)| known == name).map(|it| it.2);
        loop {
            let message = self.hear();
            let params = &message["params"];
            let is_newest = version.is_none_or(|version| params["version"] == version);
            if params["uri"] == uri.as_str() && is_newest {
                let all = params["diagnostics"].as_array().unwrap().clone();
                let shown: String = all.iter().map(diagnostic_text).collect();
                let shown = if all.is_empty() { "    nothing\n".to_owned() } else { shown };
                write!(self.said, "← found in {name}\n{shown}").unwrap();
                return all;
            }
        }
    }

    /// Asks about the middle of a text that stands in a document.
    fn at(&self, name: &str, wanted: &str) -> Json {
        let text = self.text(name);
        let start = text.find(wanted).unwrap();
        let within = (0..=wanted.len() / 2).rfind(|at| wanted.is_char_boundary(*at)).unwrap();
        let document = json!({ "uri": self.uri(name) });
        json!({ "textDocument": document, "position": place(text, start + within) })
    }

    pub fn hover(&mut self, name: &str, wanted: &str) -> String {
        let hover = self.request("textDocument/hover", self.at(name, wanted));
        let text = hover["contents"]["value"].as_str().unwrap_or("nothing").trim_end().to_owned();
        let indented = text.replace('\n', "\n    ");
        writeln!(self.said, "→ hover over {wanted:?} in {name}\n    {indented}").unwrap();
        text
    }

    /// Types a text behind another one, and asks what may stand there.
    pub fn complete(&mut self, name: &str, behind: &str) -> Vec<Json> {
        let text = self.text(name);
        let at = place(text, text.find(behind).unwrap() + behind.len());
        let document = json!({ "uri": self.uri(name) });
        let params = json!({ "textDocument": document, "position": at });
        let items = self.request("textDocument/completion", params)["items"].clone();
        let items = items.as_array().unwrap().clone();
        writeln!(self.said, "→ complete behind {behind:?} in {name}").unwrap();
        let typed = behind.rsplit([' ', '+']).next().unwrap();
        let fitting = items.iter().filter(|it| it["label"].as_str().unwrap().starts_with(typed));
        for item in fitting.take(8) {
            let (label, new) = (item["label"].as_str().unwrap(), &item["textEdit"]["newText"]);
            writeln!(self.said, "    {label}  {}  {new}", item["detail"].as_str().unwrap())
                .unwrap();
        }
        items
    }

    fn actions(&mut self, name: &str, range: &Json) -> Vec<Json> {
        let document = json!({ "uri": self.uri(name) });
        let context = json!({ "diagnostics": [] });
        let params = json!({ "textDocument": document, "range": range, "context": context });
        let actions = self.request("textDocument/codeAction", params);
        let actions = actions.as_array().unwrap().clone();
        writeln!(self.said, "→ actions in {name}").unwrap();
        for action in &actions {
            let preferred = if action["isPreferred"] == true { " ★" } else { "" };
            writeln!(self.said, "    {}{preferred}", action["title"].as_str().unwrap()).unwrap();
        }
        actions
    }

    /// Asks for what is done to a whole text when it is saved, and does it.
    pub fn save(&mut self, name: &str) -> usize {
        let uri = self.uri(name);
        let (start, end) = (place("", 0), place(self.text(name), self.text(name).len()));
        let context = json!({ "diagnostics": [], "only": ["source.fixAll"] });
        let range = json!({ "start": start, "end": end });
        let params = json!({ "textDocument": { "uri": uri }, "range": range, "context": context });
        let actions = self.request("textDocument/codeAction", params);
        for action in actions.as_array().unwrap() {
            assert_eq!(action["kind"], "source.fixAll.hydrule");
            let edits = action["edit"]["changes"][uri.as_str()].as_array().unwrap().clone();
            self.apply(name, &edits);
        }
        actions.as_array().unwrap().len()
    }

    /// Chooses an action by the start of its title.
    pub fn act(&mut self, name: &str, range: &Json, title: &str) {
        let actions = self.actions(name, range);
        let fits = |it: &&Json| it["title"].as_str().unwrap().starts_with(title);
        let action = actions.iter().find(fits).unwrap_or_else(|| panic!("{title}: {actions:?}"));
        let uri = self.uri(name);
        let edits = action["edit"]["changes"][uri.as_str()].as_array().unwrap().clone();
        writeln!(self.said, "→ do {:?}", action["title"].as_str().unwrap()).unwrap();
        self.apply(name, &edits);
    }

    /// Ends the server as an editor does; returns what was said.
    pub fn end(mut self) -> String {
        assert_eq!(self.answer("shutdown", Json::Null)["result"], Json::Null);
        let late = self.answer("textDocument/hover", json!({}));
        assert_eq!(late["error"]["code"], -32600);
        self.notify("exit", Json::Null);
        assert_eq!(self.server.wait().unwrap().code(), Some(0));
        self.said.replace(&self.uri(""), "")
    }

    /// Ends the input, and returns the exit code.
    pub fn cut(mut self) -> Option<i32> {
        drop(self.input.take());
        self.server.wait().unwrap().code()
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        // A test that fails leaves no server behind.
        let _ = self.server.kill();
    }
}

/// Reads a message of the server.
fn message(output: &mut impl std::io::BufRead) -> Option<Json> {
    let mut head = String::new();
    output.read_line(&mut head).ok().filter(|it| *it > 0)?;
    let length = head.trim().strip_prefix("Content-Length: ").unwrap().parse().unwrap();
    output.read_line(&mut String::new()).unwrap();
    let mut body = vec![0; length];
    output.read_exact(&mut body).unwrap();
    Some(serde_json::from_slice(&body).unwrap())
}

/// The place of a byte, counted in UTF-16 as the protocol has it.
fn place(text: &str, offset: usize) -> Json {
    let before = &text[..offset];
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let line = before.matches('\n').count();
    json!({ "line": line, "character": before[start..].encode_utf16().count() })
}

/// The byte of a place.
fn offset(text: &str, at: &Json) -> usize {
    let line = usize::try_from(at["line"].as_u64().unwrap()).unwrap();
    let mut left = at["character"].as_u64().unwrap();
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    for (index, letter) in text[start..].char_indices() {
        if left == 0 {
            return start + index;
        }
        left -= letter.len_utf16() as u64;
    }
    text.len()
}

fn range_text(range: &Json) -> String {
    let at = |end: &str| format!("{}:{}", range[end]["line"], range[end]["character"]);
    format!("{}-{}", at("start"), at("end"))
}

fn diagnostic_text(it: &Json) -> String {
    let level = ["error", "warning", "note"][it["severity"].as_u64().unwrap() as usize - 1];
    let message = it["message"].as_str().unwrap().replace('\n', "\n        ");
    let code = it["code"].as_str().unwrap();
    let mut out = format!("    {} {level} {code}: {message}\n", range_text(&it["range"]));
    for related in it["relatedInformation"].as_array().into_iter().flatten() {
        let at = range_text(&related["location"]["range"]);
        writeln!(out, "        {at} {}", related["message"].as_str().unwrap()).unwrap();
    }
    out
}
