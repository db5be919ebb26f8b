//! `hydrule lsp`, as an editor speaks with it.

use std::fmt::Write as _;
use std::io::BufReader;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::support::{Workspace, root, snapshot};

/// How long an answer may take on a machine with much to do.
const PATIENCE: Duration = Duration::from_secs(120);

/// An editor: sends, hears, makes edits in its own copies of the texts, and writes all of it down.
struct Editor {
    server: Child,
    input: Option<ChildStdin>,
    heard: Receiver<Json>,
    workspace: Workspace,
    texts: Vec<(String, String, i64)>,
    next: i64,
    said: String,
}

impl Editor {
    fn start(arguments: &[&str]) -> Self {
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
    fn ready(encodings: &[&str]) -> Self {
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

    fn uri(&self, name: &str) -> String {
        if name.contains(':') {
            return name.to_owned();
        }
        let path = self.workspace.path().canonicalize().unwrap().join(name);
        format!("file://{}", path.display())
    }

    fn send_bytes(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().unwrap();
        std::io::Write::write_all(input, bytes).unwrap();
        std::io::Write::flush(input).unwrap();
    }

    fn send(&mut self, message: &Json) {
        let body = message.to_string();
        self.send_bytes(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    }

    fn notify(&mut self, method: &str, params: Json) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    fn hear(&self) -> Json {
        self.heard.recv_timeout(PATIENCE).unwrap()
    }

    fn ask(&mut self, method: &str, params: Json) -> i64 {
        let id = self.next;
        self.next += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        id
    }

    /// Asks, and returns the whole answer.
    fn answer(&mut self, method: &str, params: Json) -> Json {
        let id = self.ask(method, params);
        loop {
            let message = self.hear();
            if message["id"] == id {
                return message;
            }
        }
    }

    fn request(&mut self, method: &str, params: Json) -> Json {
        let answer = self.answer(method, params);
        assert!(answer["error"].is_null(), "{answer}");
        answer["result"].clone()
    }

    fn text(&self, name: &str) -> &str {
        &self.texts.iter().find(|(known, ..)| known == name).unwrap().1
    }

    fn open(&mut self, name: &str, language: &str, text: &str) {
        self.texts.push((name.to_owned(), text.to_owned(), 1));
        let uri = self.uri(name);
        let document = json!({ "uri": uri, "languageId": language, "version": 1, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": document }));
        writeln!(self.said, "→ open {name}").unwrap();
    }

    /// Replaces a text that occurs once, as typing does.
    fn replace(&mut self, name: &str, old: &str, new: &str) {
        let text = self.text(name).to_owned();
        let start = text.find(old).unwrap();
        let range = json!({ "start": place(&text, start), "end": place(&text, start + old.len()) });
        let change = json!({ "range": range, "newText": new });
        self.apply(name, &[change]);
        writeln!(self.said, "→ replace {old:?} by {new:?} in {name}").unwrap();
    }

    /// Replaces a whole text.
    fn replace_all(&mut self, name: &str, new: &str) {
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
    fn found(&mut self, name: &str) -> Vec<Json> {
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

    fn hover(&mut self, name: &str, wanted: &str) -> String {
        let hover = self.request("textDocument/hover", self.at(name, wanted));
        let text = hover["contents"]["value"].as_str().unwrap_or("nothing").trim_end().to_owned();
        let indented = text.replace('\n', "\n    ");
        writeln!(self.said, "→ hover over {wanted:?} in {name}\n    {indented}").unwrap();
        text
    }

    /// Types a text behind another one, and asks what may stand there.
    fn complete(&mut self, name: &str, behind: &str) -> Vec<Json> {
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
    fn save(&mut self, name: &str) -> usize {
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
    fn act(&mut self, name: &str, range: &Json, title: &str) {
        let actions = self.actions(name, range);
        let fits = |it: &&Json| it["title"].as_str().unwrap().starts_with(title);
        let action = actions.iter().find(fits).unwrap_or_else(|| panic!("{title}: {actions:?}"));
        let uri = self.uri(name);
        let edits = action["edit"]["changes"][uri.as_str()].as_array().unwrap().clone();
        writeln!(self.said, "→ do {:?}", action["title"].as_str().unwrap()).unwrap();
        self.apply(name, &edits);
    }

    /// Ends the server as an editor does; returns what was said.
    fn end(mut self) -> String {
        assert_eq!(self.answer("shutdown", Json::Null)["result"], Json::Null);
        let late = self.answer("textDocument/hover", json!({}));
        assert_eq!(late["error"]["code"], -32600);
        self.notify("exit", Json::Null);
        assert_eq!(self.server.wait().unwrap().code(), Some(0));
        self.said.replace(&self.uri(""), "")
    }

    /// Ends the input, and returns the exit code.
    fn cut(mut self) -> Option<i32> {
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

#[test]
fn a_launch_is_mended_in_the_editor() {
    let mut editor = Editor::ready(&["utf-32", "utf-16"]);
    let script = "#!/bin/bash\n# 🦀\nBATCH=1024\npython3 -m verl.trainer.main_ppo trainer.experiment_name='\"🦀🦀\"' data.train_batch_size=$BATCH \\\n  actor_rollout_ref.actor.ppo_mini_batch_size=96 actor_rollout_ref.rollout.n=5 \\\n  actor_rollout_ref.actor.use_dynamic_bsz=True trainer.nnodes=1 trainer.nnodes=2\n";
    editor.open("run.sh", "shellscript", script);
    let found = editor.found("run.sh");
    assert_eq!(found[0]["relatedInformation"].as_array().unwrap().len(), 3);
    editor.hover("run.sh", "data.train_batch_size");
    editor.hover("run.sh", "1024");
    editor.hover("run.sh", "trainer.nnodes=1");
    assert_eq!(editor.hover("run.sh", "# 🦀"), "nothing");
    editor.replace("run.sh", "trainer.nnodes=2", "trainer.n");
    let all = editor.complete("run.sh", "trainer.nnodes=1 trainer.n");
    assert!(!all.iter().any(|it| it["label"] == "trainer.nnodes"), "one is enough");
    editor.replace("run.sh", " trainer.n\n", " trainer.nnodes=2\n");
    let found = editor.found("run.sh");
    editor.act("run.sh", &found[1]["range"], "Remove");
    let found = editor.found("run.sh");
    editor.act("run.sh", &found[0]["range"], "Set");
    assert_eq!(editor.found("run.sh"), Vec::<Json>::new());
    editor.replace("run.sh", "size=64", "size=96");
    let found = editor.found("run.sh");
    editor.act("run.sh", &found[0]["range"], "Ignore");
    assert_eq!(editor.found("run.sh"), Vec::<Json>::new());
    let text = editor.text("run.sh").to_owned();
    snapshot("lsp", "launch", &format!("{}\n{text}", editor.end()));
}

#[test]
fn all_that_is_safe_is_fixed_when_a_text_is_saved() {
    let mut editor = Editor::ready(&["utf-8"]);
    let text = "# 🦀\npython3 -m my.app a.b=1 a.b=2 c.d=1\n\npython3 -m my.app a.b=1 \\\n  c.d=2 c.d=3 # 🦀\n";
    editor.open("run.sh", "shellscript", text);
    assert_eq!(editor.save("run.sh"), 1);
    let mended =
        "# 🦀\npython3 -m my.app a.b=2 c.d=1\n\npython3 -m my.app a.b=1 \\\n  c.d=3 # 🦀\n";
    assert_eq!(editor.text("run.sh"), mended);
    assert_eq!(editor.save("run.sh"), 0);
    // A fix that deserves a look is none of these.
    editor.replace("run.sh", "a.b=2 c.d=1\n\n", "a.b=2 c.d=1\n  e.f=1\n");
    assert_eq!(editor.save("run.sh"), 0);
    editor.open("pack.toml", "toml", PACK);
    assert_eq!(editor.save("pack.toml"), 0);
    editor.end();
}

#[test]
fn a_job_with_the_line_ends_of_windows_is_mended() {
    let mut editor = Editor::ready(&["utf-16"]);
    let script = "#!/bin/bash\r\n#SBATCH --nodes=1\r\n#SBATCH --gpus-per-node=4\r\n# 🦀\r\nsrun python3 -m verl.trainer.main_ppo \\\r\n  trainer.n_gpus_per_node=8 trainer.nnodes=1 \\\r\n  actor_rollout_ref.actor.use_dynamic_bsz=True\r\n";
    editor.open("job.slurm", "plaintext", script);
    let found = editor.found("job.slurm");
    assert_eq!(found[0]["code"], "broken-continuation");
    editor.act("job.slurm", &found[0]["range"], "Convert");
    let found = editor.found("job.slurm");
    let gpus = found.iter().find(|it| it["code"] == "gpus-are-allocated").unwrap();
    editor.act("job.slurm", &gpus["range"], "Set #SBATCH");
    let left = editor.found("job.slurm");
    assert!(!left.iter().any(|it| it["code"] == "gpus-are-allocated"), "{left:?}");
    let text = editor.text("job.slurm").to_owned();
    assert!(!text.contains('\r') && text.contains("--gpus-per-node=8"));
    snapshot("lsp", "job", &format!("{}\n{text}", editor.end()));
}

const PACK: &str =
    "name = \"team\"\nversion = \"0.1.0\"\ndescription = \"ours 🦀\"\nlaunches = [\"my.app\"]\n";
const RULE: &str = "[[require]]\nid = \"b-is-even\"\nholds = 'a.b % 2 == 0'\nfails_at = \"start-up\"\nmessage = \"b is {a.b}\"\nrepair = ['a.b := it + 1']\n";

#[test]
fn a_pack_is_looked_at_as_it_stands_in_the_editor() {
    let mut editor = Editor::ready(&["utf-16"]);
    editor.workspace.write("team/pack.toml", PACK).write("team/rules.toml", RULE);
    editor.open("team/pack.toml", "toml", PACK);
    assert_eq!(editor.found("team/pack.toml"), Vec::<Json>::new());
    editor.replace("team/pack.toml", "name = \"team\"", "name = \"team\" # 🦀\nnam = 1");
    assert_eq!(editor.found("team/pack.toml").len(), 1);
    editor.open("team/rules.toml", "toml", RULE);
    assert_eq!(editor.found("team/rules.toml"), Vec::<Json>::new());
    editor.replace("team/rules.toml", "a.b % 2 == 0", "\"🦀\" == a.b %");
    assert_eq!(editor.found("team/rules.toml").len(), 1);
    editor.replace("team/rules.toml", "\"🦀\" == a.b %", "a.b % 2 == 0");
    assert_eq!(editor.found("team/rules.toml"), Vec::<Json>::new());
    editor.replace("team/pack.toml", "nam = 1\n", "");
    assert_eq!(editor.found("team/pack.toml"), Vec::<Json>::new());
    snapshot("lsp", "pack", &editor.end());
}

#[test]
fn what_a_project_says_holds_in_the_editor() {
    let mut editor = Editor::ready(&[]);
    editor.workspace.write("team/pack.toml", PACK).write("team/rules.toml", RULE);
    editor.workspace.write("base.yaml", "a:\n  b: 4\n  lr: 0.1\nname: x\n");
    let project = "packs = [\"team\"]\n[base]\n\"*.sh\" = \"base.yaml\"\n";
    editor.workspace.write("hydrule.toml", project.replace("team", "tean"));
    editor.workspace.write("common.sh", "B=3\n");
    let script = "source ./common.sh\n# hydrule: pin\npython3 -m my.app a.b=$B a.\n";
    editor.open("run.sh", "shellscript", script);
    let found = editor.found("run.sh");
    assert!(found[0]["message"].as_str().unwrap().starts_with("this is not checked"), "{found:?}");
    assert_eq!(editor.found("hydrule.toml").len(), 1);
    editor.workspace.write("hydrule.toml", project);
    let document = json!({ "uri": editor.uri("hydrule.toml") });
    editor.notify("textDocument/didSave", json!({ "textDocument": document }));
    editor.found("run.sh");
    editor.found("hydrule.toml");
    editor.complete("run.sh", "a.b=$B a.");
    editor.replace("run.sh", " a.\n", " a.lr=1e-3\n");
    let found = editor.found("run.sh");
    assert!(found.iter().any(|it| it["code"] == "b-is-even"), "{found:?}");
    editor.hover("run.sh", "a.b=$B");
    editor.hover("run.sh", "a.lr=1e-3");
    snapshot("lsp", "project", &editor.end());
}

#[test]
fn scripts_are_read_with_the_open_text_of_those_they_belong_to() {
    let mut editor = Editor::ready(&[]);
    let docs = "docs = \"https://example.org/rules#{rule}\"\n";
    editor.workspace.write("team/pack.toml", format!("{PACK}{docs}"));
    editor.workspace.write("team/rules.toml", RULE);
    editor.workspace.write("hydrule.toml", "packs = [\"team\"]\n").write("common.sh", "B=4\n");
    let codes = |found: &[Json]| {
        found.iter().map(|it| it["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    editor.open("run.sh", "shellscript", "source ./common.sh\npython3 -m my.app a.b=$B\n");
    assert_eq!(codes(&editor.found("run.sh")), [""; 0]);
    // What is taken in counts as it stands in the editor, and as it is on the disk when it is closed.
    editor.open("common.sh", "shellscript", "B=3\n");
    let found = editor.found("run.sh");
    assert_eq!(codes(&found), ["b-is-even"]);
    assert_eq!(found[0]["codeDescription"]["href"], "https://example.org/rules#b-is-even");
    assert!(editor.hover("run.sh", "a.b=$B").contains('3'));
    editor.replace("common.sh", "3", "6");
    assert_eq!(codes(&editor.found("run.sh")), [""; 0]);
    editor.replace("common.sh", "6", "5");
    assert_eq!(codes(&editor.found("run.sh")), ["b-is-even"]);
    let document = json!({ "uri": editor.uri("common.sh") });
    editor.notify("textDocument/didClose", json!({ "textDocument": document }));
    assert_eq!(codes(&editor.found("run.sh")), [""; 0]);
    // What starts a script tells what it gets.
    editor.open("job.sh", "shellscript", "python3 -m my.app a.b=$SIZE\n");
    assert_eq!(codes(&editor.found("job.sh")), [""; 0]);
    editor.open("submit.sh", "shellscript", "export SIZE=3\nbash ./job.sh\n");
    let found = editor.found("job.sh");
    assert_eq!(codes(&found), ["b-is-even"]);
    assert!(editor.hover("job.sh", "a.b=$SIZE").contains('3'));
    editor.replace("submit.sh", "3", "4");
    assert_eq!(codes(&editor.found("job.sh")), [""; 0]);
    // Half a text hides nothing of the other.
    editor.replace("submit.sh", "bash ./job.sh", "bash ./job.sh $(");
    editor.replace("job.sh", "$SIZE", "5");
    assert_eq!(codes(&editor.found("job.sh")), ["b-is-even"]);
    editor.end();
}

#[test]
fn a_base_configuration_that_is_found_holds_in_the_editor() {
    let mut editor = Editor::ready(&["utf-8"]);
    let folder = editor.workspace.path().join("conf");
    std::fs::create_dir(&folder).unwrap();
    let main = "@hydra.main(version_base=None, config_path='conf', config_name='base')\n";
    editor.workspace.write("train.py", main);
    std::fs::write(folder.join("base.yaml"), "data:\n  train_batch_size: 96\n  small: 1\n")
        .unwrap();
    let text = "python3 train.py data.train_batch_size=64 actor_rollout_ref.x=1\n";
    editor.open("run.sh", "shellscript", text);
    let found = editor.found("run.sh");
    assert!(found.iter().any(|it| it["code"] == "refused-override"), "{found:?}");
    editor.replace("run.sh", "actor_rollout_ref.x", "+actor_rollout_ref.x");
    assert!(editor.found("run.sh").iter().all(|it| it["code"] != "refused-override"));
    let told = editor.hover("run.sh", "data.train_batch_size");
    assert!(told.contains("without it: 96, conf/base.yaml:2"), "{told}");
    let keys = editor.complete("run.sh", "python3 train.py ");
    assert!(keys.iter().any(|it| it["label"] == "data.small"), "{keys:?}");
    editor.end();
}

#[test]
fn texts_that_are_on_no_disk_are_looked_at() {
    let mut editor = Editor::ready(&["utf-8"]);
    editor.open("untitled:Untitled-1", "shellscript", "python3 -m my.app a.b=1 a.b=2\n");
    let found = editor.found("untitled:Untitled-1");
    assert_eq!(found[0]["code"], "repeated-key");
    editor.act("untitled:Untitled-1", &found[0]["range"], "Remove");
    assert_eq!(editor.found("untitled:Untitled-1"), Vec::<Json>::new());
    assert_eq!(editor.text("untitled:Untitled-1"), "python3 -m my.app a.b=2\n");
    // What is no script of ours is let be, whatever stands in it.
    editor.open("notes.md", "markdown", "python3 -m my.app a.b=1 a.b=2\n");
    assert_eq!(editor.hover("notes.md", "a.b=1"), "nothing");
    assert!(editor.complete("notes.md", "python3 -m my.app ").is_empty());
    editor.end();
}

/// The finding of the rule that the example gives.
fn repeated(number: usize) -> String {
    format!("python3 -m my.app a.b=1 a.b={number}\n")
}

#[test]
fn only_the_newest_text_is_told() {
    let mut editor = Editor::ready(&["utf-16"]);
    editor.open("run.sh", "shellscript", &repeated(1));
    let many = 200;
    for number in 2..=many {
        let document = json!({ "uri": editor.uri("run.sh"), "version": number });
        let text =
            if number == many { "python3 -m my.app a.b=1\n".to_owned() } else { repeated(number) };
        let changes = json!([{ "text": text }]);
        editor.notify(
            "textDocument/didChange",
            json!({ "textDocument": document, "contentChanges": changes }),
        );
    }
    editor.texts[0].2 = i64::try_from(many).unwrap();
    assert_eq!(editor.found("run.sh"), Vec::<Json>::new());
    // Closing takes everything back that was told.
    editor.replace_all("run.sh", &repeated(2));
    assert_eq!(editor.found("run.sh").len(), 1);
    let document = json!({ "uri": editor.uri("run.sh") });
    editor.notify("textDocument/didClose", json!({ "textDocument": document }));
    editor.texts.clear();
    assert_eq!(editor.found("run.sh"), Vec::<Json>::new());
    editor.end();
}

#[test]
fn the_protocol_is_kept_whatever_comes() {
    let mut editor = Editor::start(&["--stdio"]);
    let code = |answer: &Json| answer["error"]["code"].as_i64();
    assert_eq!(code(&editor.answer("textDocument/hover", json!({}))), Some(-32002));
    let result = editor.request("initialize", json!({ "capabilities": {} }));
    assert_eq!(result["capabilities"]["positionEncoding"], "utf-16");
    assert_eq!(code(&editor.answer("initialize", json!({}))), Some(-32600));
    assert_eq!(code(&editor.answer("textDocument/rename", json!({}))), Some(-32601));
    for (method, params) in [
        ("textDocument/hover", json!({})),
        ("textDocument/hover", json!([1, "x"])),
        ("textDocument/completion", json!({ "textDocument": { "uri": "file:///none.sh" } })),
        ("textDocument/codeAction", json!({ "textDocument": { "uri": 3 } })),
    ] {
        assert_eq!(code(&editor.answer(method, params)), Some(-32602), "{method}");
    }
    for (method, params) in [
        ("textDocument/didOpen", json!({})),
        ("textDocument/didOpen", Json::Null),
        ("textDocument/didChange", json!({ "textDocument": { "uri": "file:///none.sh" } })),
        ("textDocument/didClose", json!("x")),
        ("$/setTrace", json!({ "value": "off" })),
        ("$/cancelRequest", json!({ "id": 12 })),
        ("no/such", json!({})),
    ] {
        editor.notify(method, params);
    }
    for (bytes, wanted) in [
        ("Content-Length: 3\r\n\r\n{ab", -32700),
        ("Content-Length: 2\r\n\r\n\"\"", -32600),
        ("Content-Length: 18\r\n\r\n{\"method\":\"a\",\"id\"", -32700),
        ("Content-Length: 24\r\n\r\n{\"method\":\"a\",\"id\":null}", -32600),
        ("nonsense\r\n\r\n", -32700),
    ] {
        editor.send_bytes(bytes.as_bytes());
        let answer = editor.hear();
        assert_eq!((code(&answer), &answer["id"]), (Some(wanted), &Json::Null), "{bytes}");
    }
    editor.end();
}

#[test]
fn a_request_that_is_taken_back_is_not_done() {
    let mut editor = Editor::ready(&["utf-16"]);
    editor.open("run.sh", "shellscript", &repeated(2));
    editor.found("run.sh");
    // All in one piece, so that nothing is answered before it is taken back.
    let mut bytes = String::new();
    let document = json!({ "uri": editor.uri("run.sh") });
    let range =
        json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 0, "character": 30 } });
    let params =
        json!({ "textDocument": document, "range": range, "context": { "diagnostics": [] } });
    let request = |id: i64| json!({ "jsonrpc": "2.0", "id": id, "method": "textDocument/codeAction", "params": params });
    let cancel = json!({ "jsonrpc": "2.0", "method": "$/cancelRequest", "params": { "id": 199 } });
    for message in (100..200).map(request).chain([cancel]) {
        let body = message.to_string();
        write!(bytes, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    }
    editor.send_bytes(bytes.as_bytes());
    let answers: Vec<Json> = (100..200).map(|_| editor.hear()).collect();
    let refused: Vec<&Json> = answers.iter().filter(|it| !it["error"].is_null()).collect();
    assert_eq!(refused.len(), 1);
    assert_eq!((&refused[0]["id"], &refused[0]["error"]["code"]), (&json!(199), &json!(-32800)));
    editor.end();
}

#[test]
fn exit_codes_tell_how_the_editor_went() {
    let mut editor = Editor::ready(&["utf-16"]);
    editor.notify("exit", Json::Null);
    assert_eq!(editor.cut(), Some(1));
    assert_eq!(Editor::ready(&["utf-16"]).cut(), Some(1));
    let mut editor = Editor::start(&[]);
    editor.send_bytes(b"Content-Length: 999999999999999\r\n\r\n");
    assert_eq!(editor.cut(), Some(2));
    assert_eq!(Editor::start(&["--select", "no-such-rule"]).cut(), Some(2));
}

/// What the editor is told of a script is what `hydrule check` says of its file.
#[test]
fn the_editor_is_told_what_check_says() {
    let mut editor = Editor::ready(&["utf-32"]);
    let folder = root().join("tests/scripts/corpus");
    let mut scripts = Vec::new();
    for form in std::fs::read_dir(folder).unwrap() {
        let form = form.unwrap().path();
        if form.is_dir() {
            scripts.extend(std::fs::read_dir(form).unwrap().map(|it| it.unwrap().path()));
        }
    }
    scripts.retain(|it| it.extension().is_some_and(|it| it == "sh" || it == "slurm"));
    scripts.sort();
    for (at, path) in scripts.iter().enumerate() {
        let ending = path.extension().unwrap().to_str().unwrap();
        editor.workspace.write(&format!("s{at}.{ending}"), std::fs::read(path).unwrap());
    }
    let run = editor.workspace.hydrule("check --output-format json").run();
    let data: Json = serde_json::from_str(&run.out).unwrap();
    let files = data["files"].as_array().unwrap();
    let line = |rule: &Json, line: u64| format!("{line} {}", rule.as_str().unwrap());
    let told = |it: &Json| line(&it["code"], it["range"]["start"]["line"].as_u64().unwrap() + 1);
    let said = |it: &Json| line(&it["rule"], it["location"]["line"].as_u64().unwrap());
    let mut findings = 0;
    for file in files.iter().map(|it| it.as_str().unwrap()) {
        let text = editor.workspace.read(file);
        editor.open(file, "plaintext", &text);
        let told: Vec<String> = editor.found(file).iter().map(told).collect();
        let all = data["findings"].as_array().unwrap().iter();
        let own = all.filter(|it| it["location"]["file"] == file);
        let said: Vec<String> = own.map(said).collect();
        assert_eq!(told, said, "{file}: {text}");
        findings += said.len();
    }
    assert!(files.len() >= 100 && findings >= 20, "{} files, {findings} findings", files.len());
    editor.end();
}

#[test]
fn what_is_fixed_on_saving_is_proved_over_the_scripts_of_the_job() {
    let run = "MICRO=7\npython3 -m verl.trainer.main_ppo algorithm.adv_estimator=grpo \\\n    \
               data.train_batch_size=1024 actor_rollout_ref.rollout.n=8 \\\n    \
               actor_rollout_ref.actor.ppo_mini_batch_size=64 \\\n    \
               actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu=$MICRO \\\n    \
               trainer.n_gpus_per_node=8 \"$@\"\n";
    let submit =
        "#!/bin/bash\nbash run.sh actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu=8\n";
    let mut editor = Editor::ready(&["utf-8"]);
    editor.open("submit.sh", "shellscript", submit);
    editor.open("run.sh", "shellscript", run);
    assert_eq!(editor.save("run.sh"), 0, "what the other script passes on wins");
    editor.end();
    let mut editor = Editor::ready(&["utf-8"]);
    editor.open("run.sh", "shellscript", run);
    assert_eq!(editor.save("run.sh"), 1);
    let alone = editor.text("run.sh").to_owned();
    editor.end();
    let folder = Workspace::new();
    folder.write("run.sh", run).write("submit.sh", submit);
    folder.hydrule("check run.sh submit.sh --fix").run();
    assert_eq!(folder.read("run.sh"), run);
    folder.hydrule("check run.sh --fix").run();
    assert_eq!(folder.read("run.sh"), alone);
}
