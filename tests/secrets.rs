//! Secrets stay out of everything that is printed or kept, and in the files that need them.

use std::fs;
use std::path::Path;

use crate::support::{Output, Run, Workspace};

/// Names and values, none of which may be seen.
const SECRETS: [(&str, &str); 6] = [
    ("env", "0123456789abcdef0123456789abcdef01234567"),
    ("form", "hf_qWeRtYuIoPaSdFgHjKlZxCvBnM12345678"),
    ("key", "very-own-Key-77"),
    ("quoted", "it's secret, 4 sure"),
    ("short", "hunter2"),
    ("default", "sk-live-00112233445566778899"),
];

fn script() -> String {
    let value = |name: &str| SECRETS.iter().find(|(it, _)| *it == name).unwrap().1;
    format!(
        "#!/bin/bash\n#SBATCH --nodes=1\nexport WANDB_API_KEY={}\nOPENAI_API_KEY=${{OPENAI_API_KEY:-{}}}\n\
         # a comment\nset -x\n\n\
         python3 -m verl.trainer.main_ppo \\\n    data.train_batch_size=1000 \\\n    \
         actor_rollout_ref.actor.ppo_mini_batch_size=256 \\\n    trainer.nnodes=1 \\\n    \
         +trainer.api_key={} \\\n    +trainer.logger_password={} \\\n    \
         +trainer.hub={} \\\n    \"+trainer.client_secret='{}'\" \\\n    trainer.total_epochs=3\n",
        value("env"),
        value("default"),
        value("key"),
        value("short"),
        value("form"),
        value("quoted").replace('\'', r"\\'"),
    )
}

fn workspace() -> Workspace {
    let workspace = Workspace::example();
    workspace.write("run.sh", script());
    let [env, form, key, ..] = SECRETS.map(|(_, value)| value);
    workspace.write(
        "config.yaml",
        format!("trainer:\n  api_key: {key}\n  hub: {form}\n  nnodes: 1\ntoken: '{env}'\n"),
    );
    workspace
}

/// Whether a text shows a secret, or enough of it.
fn shown(text: &str) -> Option<&'static str> {
    let parts = |value: &'static str| {
        let json = value.replace('\'', r"\'");
        let start = value.get(..value.len().min(12)).unwrap();
        text.contains(value) || text.contains(&json) || value != "hunter2" && text.contains(start)
    };
    SECRETS.iter().map(|(_, value)| *value).find(|value| parts(value))
}

fn hides(run: Run) -> Output {
    let output = run.run();
    let text = output.shown();
    assert_eq!(shown(&text), None, "{text}");
    assert!(!text.contains("panicked"), "{text}");
    output
}

#[test]
fn no_report_of_any_command_shows_a_secret() {
    let workspace = workspace();
    for line in [
        "show run.sh",
        "show run.sh --output-format json",
        "show config.yaml",
        "check run.sh",
        "check run.sh --output-format concise",
        "check run.sh --output-format json",
        "check run.sh --output-format json-lines",
        "check run.sh --output-format github",
        "check run.sh --output-format junit",
        "check run.sh --output-format sarif",
        "check run.sh --diff",
        "rewrite run.sh --log slurm-4242.err",
        "rewrite run.sh --log slurm-4242.err --output-format json",
        "rewrite run.sh --log slurm-4242.err --output-format html",
        "explain run.sh --log slurm-4242.err",
        "explain run.sh --log slurm-4242.err --output-format json",
        "facts slurm-4242.err --script run.sh",
        "set run.sh trainer.api_key=another-Key-78",
        "set run.sh trainer.nnodes=2 --output-format json",
        "set config.yaml trainer.api_key=another-Key-78",
        "set run.sh trainer.api_key=[another-Key-78",
        "diff run.sh config.yaml",
        "diff run.sh config.yaml --output-format json",
        "compose config.yaml trainer.nnodes=2",
        "compose --config config.yaml -- trainer.nnodes=2",
        "--color always show run.sh",
    ] {
        let output = hides(workspace.hydrule(line));
        assert!(!output.shown().contains("another-Key-78"), "{line}: {}", output.shown());
    }
    for file in ["page.html", "report.json"] {
        let line = format!("rewrite run.sh --log slurm-4242.err -o {file} --output-format");
        let format = file.rsplit('.').next().unwrap();
        hides(workspace.hydrule(&format!("{line} {format}")));
        assert_eq!(shown(&workspace.read(file)), None, "{file}");
    }
}

#[test]
fn a_secret_is_known_by_what_it_becomes() {
    let launch = "python3 -m verl.trainer.main_ppo trainer.nnodes=1";
    for script in [
        format!("start() {{\n  {launch} +trainer.api_key=$1\n}}\nstart hunter2\n"),
        format!("{launch} \\\n  +trainer.api_key=\\\nhunter2\n"),
        format!("read -r API_KEY <<< hunter2\n{launch} +trainer.login=$API_KEY\n"),
        format!("printf -v API_KEY %s hunter2\n{launch} +trainer.login=$API_KEY\n"),
        format!(
            "declare -A LOGIN=([password]=hunter2)\n{launch} +trainer.login=${{LOGIN[password]}}\n"
        ),
    ] {
        let workspace = Workspace::example();
        workspace.write("run.sh", &script);
        for line in [
            "show run.sh",
            "show run.sh --output-format json",
            "check run.sh",
            "rewrite run.sh --log slurm-4242.err",
            "diff run.sh run_grpo.sh",
            "diff run.sh run_grpo.sh --output-format json",
            "set run.sh trainer.nnodes=2",
            "set run.sh +trainer.login=me --write",
            "log",
            "undo",
            "undo --write",
        ] {
            hides(workspace.hydrule(line));
        }
        assert_eq!(shown(&workspace.read(".hydrule/journal.jsonl")), None, "{script}");
    }
}

#[test]
fn a_secret_is_hidden_however_it_is_written() {
    const PARTS: [&str; 9] = [
        "netrc-pw",
        "first-1",
        "second-2",
        "in-dict",
        "piece-1",
        "and-two",
        "-cdef",
        "b3BlbnNzaC1rZXktdjEA",
        "of-a-comment",
    ];
    let script = "#!/bin/bash\n#SBATCH --nodes=1\n# password= of-a-comment\ncat > ~/.netrc <<EOF\nmachine api.example.org\n  \
                  login me\n  password netrc-pw\nEOF\ncat > key <<EOF\n-----BEGIN OPENSSH PRIVATE KEY-----\n\
                  b3BlbnNzaC1rZXktdjEA\n-----END OPENSSH PRIVATE KEY-----\nEOF\n\
                  python3 -m verl.trainer.main_ppo \\\n    data.train_batch_size=1000 \\\n    \
                  '+trainer.passwords=[first-1,second-2]' \\\n    '+trainer.login={password: in-dict}' \\\n    \
                  +trainer.api_key=\"piece-1\"'and-two' \\\n    \"+trainer.hub_password='ab\\\"-cdef'\" \\\n    \
                  \"+trainer.hub_secret=ab\\\"-cdef\" \\\n    trainer.nnodes=1\n";
    let workspace = Workspace::example();
    workspace.write("run.sh", script);
    let formats = ["full", "json", "concise", "json-lines", "github", "gitlab", "junit", "sarif"];
    let checks = formats.map(|format| format!("check run.sh --output-format {format}"));
    let others = [
        "show run.sh",
        "show run.sh --output-format json",
        "rewrite run.sh --log slurm-4242.err",
        "rewrite run.sh --log slurm-4242.err --output-format html",
        "explain run.sh --log slurm-4242.err --output-format json",
        "diff run.sh run_grpo.sh",
        "diff run.sh run_grpo.sh --output-format json",
        "set run.sh trainer.passwords=[first-1,another] --output-format json",
        "set run.sh data.train_batch_size=1024 --write",
        "log --output-format json",
        "undo",
    ];
    for line in checks.iter().map(String::as_str).chain(others) {
        let text = workspace.hydrule(line).run().shown();
        let shown = PARTS.iter().find(|part| text.contains(**part));
        assert_eq!(shown, None, "{line}: {text}");
    }
    let journal = kept(workspace.path());
    assert!(!PARTS.iter().any(|part| journal.contains(part)), "{journal}");
}

#[test]
fn no_value_of_a_sweep_is_shown() {
    let workspace = Workspace::new();
    for sweep in [
        "abQ4d9zz,hunter2",
        "'abQ4d9zz,hunter2'",
        r"abQ4d9zz\,hunter2",
        r#"'"abQ4d9zz","hunter2"'"#,
        "'choice(abQ4d9zz,hunter2)'",
        "'shuffle(abQ4d9zz,hunter2)'",
        "'[[abQ4d9zz, hunter2]]'",
        "'{a: abQ4d9zz, b: hunter2}'",
    ] {
        let launch = "python3 -m verl.trainer.main_ppo trainer.nnodes=1 --multirun";
        workspace.write("run.sh", format!("{launch} +trainer.api_key={sweep}\n"));
        for line in [
            "show run.sh",
            "show run.sh --output-format json",
            "check run.sh --pack verl",
            "check run.sh --pack verl --output-format sarif",
            "set run.sh trainer.nnodes=2",
            "diff run.sh other.sh",
        ] {
            workspace.write("other.sh", format!("{launch}\n"));
            hides(workspace.hydrule(line));
        }
    }
    hides(workspace.hydrule("expand").arg("x.api_key=abQ4d9zz,hunter2"));
}

#[test]
fn overrides_and_lines_that_are_given_are_hidden_too() {
    let workspace = Workspace::new();
    let [_, (_, form), (_, key), ..] = SECRETS;
    let given = |line: &str| {
        workspace.hydrule(line).arg(format!("+x.api_key={key}")).arg(format!("+y={form}"))
    };
    for line in ["parse --", "expand --", "rewrite --pack verl --"] {
        let output = hides(given(line));
        assert!(output.err.contains("--show-secrets prints it"), "{line}: {}", output.shown());
        assert!(output.shown().contains("+x.api_key=***"), "{line}: {}", output.shown());
    }
    let lines =
        format!("{}\n{}\n", serde_json::json!(format!("x.api_key={key}")), serde_json::json!(form));
    hides(workspace.hydrule("parse --jsonl").input(lines));
    let set =
        serde_json::json!({ "overrides": [format!("+x.api_key={key}"), format!("y={form}")] });
    let output = hides(workspace.hydrule("rewrite --jsonl --pack verl").input(format!("{set}\n")));
    assert!(output.out.contains(r#""+x.api_key=***","y=***""#), "{}", output.shown());
    for line in output.out.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap();
    }
}

#[test]
fn secrets_are_printed_where_the_user_asks() {
    let workspace = workspace();
    let output = workspace.hydrule("show run.sh --show-secrets").run();
    assert!(output.out.contains("very-own-Key-77"), "{}", output.shown());
    assert!(!output.err.contains("***"), "{}", output.shown());
}

fn kept(folder: &Path) -> String {
    let mut all = String::new();
    for name in ["journal.jsonl", "lock", "pending.json"] {
        all.push_str(&fs::read_to_string(folder.join(".hydrule").join(name)).unwrap_or_default());
    }
    all
}

#[test]
fn a_change_keeps_the_secrets_of_the_file_and_the_journal_has_none() {
    let workspace = workspace();
    let output = hides(
        workspace.hydrule("set run.sh trainer.api_key=another-Key-78 trainer.nnodes=2 --write"),
    );
    assert_eq!(output.code, 0, "{}", output.shown());
    let wanted =
        script().replace("very-own-Key-77", "another-Key-78").replace("nnodes=1", "nnodes=2");
    assert_eq!(workspace.read("run.sh"), wanted);
    let journal = kept(workspace.path());
    assert_eq!(shown(&journal), None, "{journal}");
    assert!(journal.contains("trainer.api_key=***") && !journal.contains("another"), "{journal}");
    hides(workspace.hydrule("log"));
    hides(workspace.hydrule("log --output-format json"));
    hides(workspace.hydrule("undo"));
    hides(workspace.hydrule("undo --write"));
    assert_eq!(workspace.read("run.sh"), script());
}

#[test]
fn a_diff_applies_where_no_changed_line_holds_a_secret() {
    let workspace = workspace();
    for key in ["data.train_batch_size=1024", "trainer.nnodes=2", "trainer.total_epochs=4"] {
        let output = hides(workspace.hydrule("set run.sh").arg(key));
        workspace.write("change.diff", &output.out);
        // git takes less context than it is used to for a sign of an edit at the end of the file.
        let apply = Run::program("git").args(["apply", "--unidiff-zero", "change.diff"]);
        let applied = apply.at(workspace.path()).run();
        assert_eq!(applied.code, 0, "{key}: {}{}", output.out, applied.shown());
        let set = workspace.hydrule("set run.sh").arg(key).run();
        assert_eq!(set.code, 0, "{}", set.shown());
        assert!(shown(&workspace.read("run.sh")).is_some(), "the secrets are still there");
        assert!(!workspace.read("run.sh").contains("***"));
    }
}

#[test]
fn a_diff_that_hides_part_of_a_change_is_taken_by_no_tool() {
    let workspace = Workspace::new();
    workspace.write("run.sh", "python3 -m verl.trainer.main_ppo trainer.nnodes=1\n");
    let output = workspace.hydrule("set run.sh +trainer.api_key=very-own-Key-77").run();
    assert_eq!(shown(&output.shown()), None, "{}", output.shown());
    workspace.write("change.diff", &output.out);
    let before = workspace.read("run.sh");
    for tool in [&["git", "apply", "--unidiff-zero"][..], &["patch", "-p1", "--batch", "-i"][..]] {
        let Some((name, flags)) = tool.split_first() else { continue };
        if std::process::Command::new(name).arg("--version").output().is_err() {
            continue;
        }
        let applied = Run::program(name).args(flags).arg("change.diff").at(workspace.path()).run();
        assert_ne!(applied.code, 0, "{name}: {}", output.out);
        assert_eq!(workspace.read("run.sh"), before, "{name}");
    }
}

#[test]
fn what_an_editor_shows_hides_secrets_and_what_it_writes_does_not() {
    let workspace = Workspace::new();
    let uri = format!("file://{}/run.sh", workspace.path().display());
    let text = "python3 -m verl.trainer.main_ppo +trainer.api_key=very-own-Key-77 data.train_batch_size=8 \n";
    let message = |json: serde_json::Value| {
        let body = json.to_string();
        format!("Content-Length: {}\r\n\r\n{body}", body.len())
    };
    let at = serde_json::json!({ "line": 0, "character": text.find("api_key").unwrap() });
    let input: String = [
        serde_json::json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": { "capabilities": {} } }),
        serde_json::json!({ "jsonrpc": "2.0", "method": "textDocument/didOpen", "params": { "textDocument": {
            "uri": uri, "languageId": "shellscript", "version": 1, "text": text } } }),
        serde_json::json!({ "jsonrpc": "2.0", "id": 2, "method": "textDocument/hover", "params": {
            "textDocument": { "uri": uri }, "position": at } }),
        serde_json::json!({ "jsonrpc": "2.0", "id": 3, "method": "shutdown" }),
        serde_json::json!({ "jsonrpc": "2.0", "method": "exit" }),
    ]
    .map(message)
    .concat();
    let output = workspace.hydrule("lsp").input(input).run();
    assert_eq!(shown(&output.out), None, "{}", output.out);
    assert!(output.out.contains("***"), "{}", output.out);
}
