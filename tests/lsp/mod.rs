//! `hydrule lsp`, as an editor speaks with it.

mod editor;

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use crate::support::{Workspace, root, snapshot};
use editor::Editor;

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
