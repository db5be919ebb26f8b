//! What nobody writes by chance: each ends with a clear error or a right answer, soon, and nothing is lost.

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::time::{Duration, Instant};

use crate::support::{Output, Run, SMALL, Workspace};

/// The longest that any of them takes, in a build without optimisation on a busy machine.
const SOON: Duration = Duration::from_secs(60);

fn soon(run: Run) -> Output {
    let begun = Instant::now();
    let output = run.run();
    assert!(begun.elapsed() < SOON, "{:?}: {}", begun.elapsed(), output.shown());
    assert!((0..=2).contains(&output.code), "{}", shortened(&output));
    assert!(!output.err.contains("panicked"), "{}", shortened(&output));
    output
}

fn shortened(output: &Output) -> String {
    output.shown().chars().take(3_000).collect()
}

fn refused(run: Run, why: &str) {
    let output = soon(run);
    assert_eq!(output.code, 2, "{}", shortened(&output));
    assert!(output.err.contains(why), "`{why}` is not in {}", shortened(&output));
}

const LAUNCH: &str = "python3 -m verl.trainer.main_ppo trainer.nnodes=1\n";

fn deep(open: &str, middle: &str, close: &str, depth: usize) -> String {
    format!("{}{middle}{}", open.repeat(depth), close.repeat(depth))
}

#[test]
fn values_that_double_in_a_loop_end_soon() {
    // No round is known to be the last.
    let rounds = |body: &str| format!("while [ $i -lt 2 ]; do {body}; $ i=$((i + 1)); done\n");
    for body in [
        "X=\"$X$X\"",
        "X+=$X",
        "A=(\"${A[@]}\" \"${A[@]}\")",
        "set -- \"$@\" \"$@\"",
        "cd \"x$PWD\"",
        "X=$(dirname \"$X/$X/x\")",
    ] {
        let workspace = Workspace::new();
        let begin = "X=aaaa\nA=(a b)\nset -- a b\ni=0\n";
        let launch = "python -m my.app a.b=1 \"a.c=$X$PWD\" \"${A[@]}\" \"$@\"\n";
        workspace.write("run.sh", format!("{begin}{}{launch}", rounds(body)));
        let output = soon(workspace.hydrule("show run.sh"));
        assert!(output.out.contains("a.b=1"), "{body}: {}", shortened(&output));
    }
    let workspace = Workspace::new();
    let calls = "f() { f \"$@\" \"$@\" \"$@\" \"$@\"; }\nf a\npython -m my.app a.b=1\n";
    workspace.write("run.sh", calls);
    assert!(soon(workspace.hydrule("show run.sh")).out.contains("a.b=1"));
}

#[test]
fn an_empty_tag_whose_line_goes_on_at_the_end_ends_soon() {
    let workspace = Workspace::new();
    workspace.write("run.sh", "s=2 <<\r t \\\nd b=$N \\\n");
    soon(workspace.hydrule("show run.sh"));
}

#[test]
fn functions_that_call_themselves_twice_end_soon() {
    let calls = "train() {
  python -m my.app a.b=1 \"$@\"
  train a.c=2 data.x=3 \"$@\"
  train a.d=3 data.y=4 data.z= \"$@\"
}
train trainer.nnodes=0
";
    let found = fs::read_to_string("fuzz/corpus/script/calls-twice.sh").unwrap();
    for script in [calls, &found] {
        let workspace = Workspace::new();
        workspace.write("run.sh", script);
        let output = soon(workspace.hydrule("show run.sh"));
        assert!(output.out.contains("repeats too much"), "{}", shortened(&output));
        soon(workspace.hydrule("check run.sh"));
    }
}

#[test]
fn words_whose_expansions_are_never_closed_end_soon() {
    // Each of the first took twenty seconds, or more than a minute.
    let found = ["arithmetic", "braces", "parentheses", "quotes", "subscript", "words"];
    let found = found.map(|it| fs::read(format!("fuzz/corpus/script/open-{it}.sh")).unwrap());
    let not_arithmetic = format!("N[{}{}\n", "$((a) b".repeat(24), ")".repeat(48));
    for script in found.into_iter().chain([not_arithmetic.into_bytes()]) {
        let workspace = Workspace::new();
        workspace.write("run.sh", script);
        soon(workspace.hydrule("show run.sh"));
    }
}

#[test]
fn deep_overrides_are_errors_with_their_place() {
    let workspace = Workspace::new();
    let many = 20_000;
    for (open, close) in [("[", "]"), ("{a: ", "}"), ("choice(", ")"), ("${", "}"), ("${a:", "}")] {
        let text = format!("k={}", deep(open, "1", close, many));
        let short = format!("k={}", deep(open, "1", close, 5_000));
        refused(workspace.hydrule("parse").arg(&short), "hydrule::override::");
        refused(
            workspace.hydrule("parse").arg(format!("k={}", open.repeat(5_000))),
            "hydrule::override::",
        );
        let set = serde_json::json!({ "overrides": [text] });
        let output =
            soon(workspace.hydrule("rewrite --jsonl --pack verl").input(format!("{set}\n")));
        assert!(output.code == 2 && output.out.contains("\"error\""), "{}", shortened(&output));
    }
    let json = deep("[", "1", "]", many * 5);
    let output = soon(
        workspace
            .hydrule("rewrite --jsonl --pack verl")
            .input(format!("{json}\n{{\"id\": {json}}}\n")),
    );
    assert_eq!((output.code, output.out.lines().count()), (2, 2), "{}", shortened(&output));
}

#[test]
fn deep_packs_and_configurations_are_errors_with_their_place() {
    let workspace = Workspace::new();
    let many = 20_000;
    for (open, close) in [
        ("(", ")"),
        ("!", ""),
        ("-", ""),
        ("[", "]"),
        ("size(", ")"),
        ("a ? b : ", "c"),
        ("a[", "]"),
    ] {
        let when = deep(open, "m.on", close, many);
        let option = format!("[[invariant]]\nid = \"x\"\ntitle = \"x\"\nvalue = '{when}'\n");
        workspace.write("pack.toml", format!("{SMALL}{option}"));
        let output = soon(workspace.hydrule("pack check ."));
        assert_eq!(output.code, 2, "{open}: {}", shortened(&output));
        assert!(output.err.contains("pack.toml:"), "{}", shortened(&output));
    }
    for (open, close) in [("[", "]"), ("{ a = ", "}")] {
        workspace.write("pack.toml", format!("{SMALL}\nx = {}\n", deep(open, "1", close, many)));
        refused(workspace.hydrule("pack check ."), "pack.toml:");
    }
    workspace.write("pack.toml", format!("{SMALL}\n[{}a]\n", "a.".repeat(many)));
    refused(workspace.hydrule("pack check ."), "pack.toml:");

    let lines: String = (0..5_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    let flows = [deep("[", "1", "]", many), deep("{a: ", "1", "}", many), "- ".repeat(many), lines];
    for text in flows {
        workspace.write("run.sh", LAUNCH).write("deep.yaml", format!("{text}\n"));
        refused(workspace.hydrule("rewrite run.sh --config deep.yaml"), "deep.yaml:");
        refused(workspace.hydrule("set deep.yaml trainer.nnodes=2"), "deep.yaml:");
    }
}

#[test]
fn deep_scripts_end_soon() {
    let workspace = Workspace::new();
    for (open, middle, close) in [
        ("$(", "x", ")"),
        ("(", "x", ")"),
        ("{ ", "x;", " };"),
        ("if x; then ", "x", "; fi"),
        ("${a:-", "x", "}"),
        ("$((", "1", "))"),
        ("\"$(", "x", ")\""),
        ("while x; do ", "x", "; done"),
        ("f() { ", "x", "; }"),
        ("`", "x", "`"),
        ("[[ ( ", "a", " ) ]]"),
        ("bash -c \"", "x", "\""),
    ] {
        workspace.write("deep.sh", format!("{LAUNCH}x={}\n", deep(open, middle, close, 5_000)));
        soon(workspace.hydrule("check deep.sh"));
        workspace.write("deep.sh", format!("{LAUNCH}{}\n", open.repeat(5_000)));
        soon(workspace.hydrule("show deep.sh"));
    }
}

#[test]
fn alternatives_without_number_end_soon() {
    let workspace = Workspace::new();
    for (begin, one, end) in [
        ("case x in\n", "a) A=1 ;;\n", "esac\n"),
        ("case $x in\n", "a) A=1 ;;\n", "esac\n"),
        ("case x in\n", "*) A=1 ;&\n", "esac\n"),
        ("case x in\n", "*) A=1 ;;&\n", "esac\n"),
        ("case $x in\n", "a) A=1 ;;&\n", "esac\n"),
        ("if false; then :\n", "elif false; then :\n", "fi\n"),
        ("if x; then A=1\n", "elif x; then A=1\n", "fi\n"),
    ] {
        workspace.write("run.sh", format!("{begin}{}{end}{LAUNCH}", one.repeat(20_000)));
        soon(workspace.hydrule("show run.sh"));
    }
}

#[test]
fn many_wrong_launches_are_told_soon() {
    let workspace = Workspace::new();
    let launch = |number| format!("python3 -m verl.trainer.main_ppo a=[{number} b=1\n{LAUNCH}");
    workspace.write("run.sh", (0..1000).map(launch).collect::<String>());
    let output = soon(workspace.hydrule("check run.sh"));
    assert_eq!(output.out.matches("`[` is never closed").count(), 1000);
}

#[test]
fn many_wrong_overrides_of_a_launch_are_told_soon() {
    let workspace = Workspace::new();
    let wrong: String = (0..20_000).map(|it| format!(" a.b{it}")).collect();
    workspace.write("run.sh", LAUNCH.replace('\n', &wrong));
    let output = soon(workspace.hydrule("check run.sh --output-format concise"));
    assert!(output.out.contains("a.b19999"), "{}", shortened(&output));
}

#[test]
fn of_errors_without_number_the_first_are_told() {
    let workspace = Workspace::new();
    for (count, most) in [(60_000, 100), (2_000_000, 1)] {
        workspace.write("hydrule.toml", ".".repeat(count));
        let output = soon(workspace.hydrule("config"));
        let told = output.err.matches("hydrule.toml:1:").count();
        assert_eq!((output.code, told), (2, most), "{}", shortened(&output));
    }
    fs::remove_file(workspace.path().join("hydrule.toml")).unwrap();
    let wrong = "[[require]]\nid = \"a\"\nholds = 'a.b >'\nmessage = \"m\"\nsource = \"s\"\n";
    workspace.write("pack.toml", format!("name = \"p\"\n{}", wrong.repeat(2_000)));
    let output = soon(workspace.hydrule("pack check ."));
    assert_eq!(output.code, 2, "{}", shortened(&output));
    assert_eq!(output.err.matches("[./pack.toml:").count(), 100, "{}", shortened(&output));
    assert!(output.err.contains("more errors in ./pack.toml"), "{}", shortened(&output));
}

#[test]
fn a_pack_is_tested_on_nothing_outside_of_it() {
    let workspace = Workspace::new();
    workspace.hydrule("pack new mine").run();
    let precious = "precious = 1 of somebody\n";
    workspace.write("precious", precious);
    let cases = workspace.path().join("rules/mine/cases");
    let leads = |at: &str| {
        let link = workspace.path().join(at);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        symlink(workspace.path().join("precious"), &link).unwrap();
        link
    };
    for at in ["evil.toml", "evil/case.toml", "evil/job.log", "evil/run.sh"] {
        let link = leads(&format!("rules/mine/cases/{at}"));
        let output = soon(workspace.hydrule("test rules/mine --check"));
        assert!(output.code == 2 && output.err.contains("lies outside of the pack"), "{at}");
        assert!(!output.shown().contains("of somebody"), "{at}: {}", output.shown());
        fs::remove_file(link).unwrap();
    }
    let _ = fs::remove_dir_all(cases.join("evil"));
    let case = workspace.read("rules/mine/cases/train.toml");
    let (inputs, _) = case.split_once("[case.expect]").unwrap();
    workspace.write("rules/mine/cases/train.toml", inputs);
    for at in ["micro-batch-is-halved.snap", "micro-batch-is-halved.snap.new"] {
        let link = leads(&format!("snapshots/mine/{at}"));
        for line in ["test rules/mine --check", "test rules/mine", "test rules/mine --accept"] {
            let output = soon(workspace.hydrule(line));
            assert!(!output.shown().contains("of somebody"), "{at}: {}", output.shown());
            assert_eq!(workspace.read("precious"), precious, "{at}, {line}");
        }
        let _ = fs::remove_file(link);
    }
}

#[test]
fn scripts_that_append_line_by_line_are_read_soon() {
    let workspace = Workspace::new();
    let lines = |line: &dyn Fn(usize) -> String| (1..15_000).map(line).collect::<String>();
    for (begin, lines, end) in [
        ("V=1\n", lines(&|at| format!("ARGS+=(+a.k{at}=\"$V\")\n")), "a.b=1 \"${ARGS[@]}\""),
        ("V=1\n", lines(&|at| format!("V+={at}\n")), "a.b=1 a.c=$V"),
        ("V0=1\n", lines(&|at| format!("V{at}=$V{}\n", at - 1)), "a.b=1 a.c=$V14999"),
        ("V0=1\n", lines(&|at| format!("V{at}=\"$V{} x\"\n", at - 1)), "a.b=1 \"a.c=$V14999\""),
    ] {
        workspace
            .write("run.sh", format!("{begin}{lines}python3 -m verl.trainer.main_ppo {end}\n"));
        assert!(soon(workspace.hydrule("show run.sh")).out.contains("a.b=1"), "{begin}{end}");
        soon(workspace.hydrule("check run.sh"));
        assert!(soon(workspace.hydrule("set run.sh a.b=2")).out.contains("+python3"), "{end}");
    }
}

#[test]
fn many_keys_are_compared_soon() {
    let workspace = Workspace::new();
    let keys = |value: usize| (0..20_000).map(move |at| format!("k.a{at}={value}\n"));
    let dict: Vec<String> = (0..20_000).map(|at| format!("a{at}: 1")).collect();
    workspace
        .write("one.txt", keys(1).collect::<String>())
        .write("two.txt", keys(2).collect::<String>())
        .write("dict.txt", format!("k={{{}}}\n", dict.join(",")));
    assert!(soon(workspace.hydrule("diff one.txt two.txt")).err.contains("20000 keys differ"));
    assert!(soon(workspace.hydrule("diff one.txt dict.txt")).err.contains("No key differs"));
}

#[test]
fn patterns_of_a_script_take_linear_time() {
    let workspace = Workspace::new();
    let long = "ab".repeat(150_000);
    for operator in ["//a*c/x", "/a*c/x", "/#*c/x", "/%a*c/x", "%%c*", "%a*c", "##*c", "#*c"] {
        workspace.write("run.sh", format!("X={long}\npython -m my.app a.b=\"${{X{operator}}}\"\n"));
        let output = soon(workspace.hydrule("show run.sh"));
        assert!(output.out.contains("a.b=abab"), "{operator}: {}", shortened(&output));
    }
}

#[test]
fn of_long_lines_what_is_meant_is_drawn() {
    let workspace = Workspace::new();
    for (filler, column) in [("x".repeat(100_000), 100_039), ("世".repeat(40_000), 40_039)] {
        let text = format!("python3 -m verl.trainer.main_ppo k={filler} b=[ c=1\n");
        workspace.write("run.sh", &text).write("two.sh", format!("{text}{text}"));
        for file in ["run.sh", "two.sh"] {
            let output = soon(workspace.hydrule(&format!("check {file}")));
            let place = format!("[{file}:1:{column}]");
            assert!(output.out.contains(&place), "{place}: {}", shortened(&output));
            assert!(output.out.len() < 20_000, "{}", output.out.len());
            let plain = soon(workspace.hydrule(&format!("check {file}")).env("NO_GRAPHICS", "1"));
            assert!(plain.out.len() < 20_000, "{}", plain.out.len());
        }
        soon(workspace.hydrule("show run.sh"));
    }
    let tabs = format!("python3 -m verl.trainer.main_ppo {}b=[\n", "\t".repeat(70_000));
    workspace.write("run.sh", tabs);
    refused(workspace.hydrule("parse").arg(format!("k=[{}", "x".repeat(70_000))), "never closed");
    soon(workspace.hydrule("check run.sh"));
    // Far apart in a line, each has a picture of its own.
    let twice = format!("python3 -m my.app b.c=1 {} b.c=2\n", "x=1 ".repeat(20_000));
    workspace.write("run.sh", twice);
    let output = soon(workspace.hydrule("check run.sh --select repeated-key --pack verl"));
    assert!(output.out.contains("b.c"), "{}", shortened(&output));
}

#[test]
fn a_terminal_is_told_nothing() {
    let workspace = Workspace::new();
    let launch = "python3 -m verl.trainer.main_ppo";
    let script =
        format!("{launch} trainer.nnodes=1 \"a.b=\u{1b}]0;x\u{7}\" '\u{1b}c=[\u{9b}31m\r'\n");
    let name = "\u{1b}[2J.sh";
    workspace.write("run.sh", &script).write(name, &script);
    workspace.write("c.yaml", "a: \"\u{1b}]0;x\n").write("p/pack.toml", "name = \"\u{1b}]0;x\"\n");
    for line in [
        "show run.sh",
        "check run.sh",
        "check .",
        "check run.sh --output-format concise",
        "rewrite run.sh",
        "explain run.sh",
        "diff run.sh c.yaml",
        "show c.yaml",
        "pack show p",
    ] {
        for color in ["never", "always"] {
            let output = soon(workspace.hydrule(&format!("{line} --color {color}")));
            let text = output.shown();
            let obeyed = ["\u{7}", "\u{9b}", "\r", "\u{1b}]", "\u{1b}c", "\u{1b}[2J"];
            assert!(!obeyed.iter().any(|it| text.contains(it)), "{line}: {text:?}");
            assert!(color == "always" || !text.contains('\u{1b}'), "{line}: {text:?}");
        }
    }
    // What is to be applied stays as it is.
    let diff = workspace.hydrule("set run.sh trainer.nnodes=2").run();
    assert!(diff.out.contains("\u{1b}]0;x\u{7}"), "{}", diff.shown());
}

#[test]
fn secrets_without_number_are_hidden_soon() {
    let launch = |text: &str| format!("#!/bin/bash\n{LAUNCH}# {text}\n");
    let names_in_values = [
        "password=",
        "password='",
        "password=\"",
        "password=\\\"",
        "password=\"a\"",
        "password=a\"b\"",
        "password=$",
        "password=\"~/\"",
        "password=[",
        "password=[a,",
        "password={a:",
        "password=(",
        "password=a,",
        "password=${oc.env:A,",
        "password[",
        "password:\n- ",
        "a_token=/",
        "a_token=\"a ",
    ];
    let workspace = Workspace::new();
    for text in names_in_values {
        workspace.write("run.sh", launch(&text.repeat(60_000 / text.len())));
        let output = soon(workspace.hydrule("set run.sh trainer.nnodes=2"));
        assert!(output.out.contains("trainer.nnodes=2"), "{text}: {}", shortened(&output));
    }
    let many: String =
        (0..8_000).map(|it| format!(" a{it}.api_key={:012x}", it * 77_777)).collect();
    workspace.write("run.sh", LAUNCH.replace('\n', &many));
    let output = soon(workspace.hydrule("show run.sh"));
    assert!(output.out.contains("a7999.api_key=***"), "{}", shortened(&output));
}

#[test]
fn billions_of_laughs_are_not_heard() {
    let workspace = Workspace::new();
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let before = format!("*a{}", level - 1);
        text.push_str(&format!("a{level}: &a{level} [{}]\n", [before.as_str(); 10].join(", ")));
    }
    workspace.write("laughs.yaml", &text).write("run.sh", LAUNCH);
    refused(workspace.hydrule("rewrite run.sh --config laughs.yaml"), "laughs.yaml:");
    refused(workspace.hydrule("set laughs.yaml b=1"), "laughs.yaml:");
    refused(workspace.hydrule("compose laughs.yaml b=1"), "laughs.yaml");
}

#[test]
fn what_never_ends_is_not_read() {
    let workspace = Workspace::new();
    workspace.write("run.sh", LAUNCH);
    let made = Run::program("mkfifo").arg("pipe").arg("p.toml").at(workspace.path()).run();
    assert_eq!(made.code, 0);
    for line in [
        "check pipe",
        "show pipe",
        "set pipe trainer.nnodes=2",
        "rewrite pipe",
        "explain pipe",
        "diff run.sh pipe",
        "rewrite run.sh --config pipe",
        "rewrite run.sh --facts model=pipe",
        "rewrite run.sh --tried pipe",
        "check run.sh --project pipe",
    ] {
        refused(workspace.hydrule(line), "named pipe");
    }
    refused(workspace.hydrule("rewrite --pack . -- m.k=1"), "p.toml");
    refused(workspace.hydrule("show /dev/zero"), "longer than");
    let walked = soon(workspace.hydrule("check ."));
    assert!(walked.err.contains("1 file"), "{}", walked.shown());
    // What a shell opens has a writer.
    let hydrule = env!("CARGO_BIN_EXE_hydrule");
    let line = format!("{hydrule} show <(cat run.sh) && cat run.sh | {hydrule} show /dev/stdin");
    let output = Run::program("bash").args(["-c", &line]).at(workspace.path()).run();
    assert_eq!(output.code, 0, "{}", output.shown());
    assert_eq!(output.out.matches("trainer.nnodes").count(), 2, "{}", output.shown());
}

#[test]
fn a_journal_that_never_ends_is_not_read() {
    for name in ["journal.jsonl", "pending.json", ".gitignore"] {
        let workspace = Workspace::new();
        workspace.write("run.sh", LAUNCH);
        let planted = workspace.path().join(".hydrule").join(name);
        fs::create_dir(planted.parent().unwrap()).unwrap();
        symlink("/dev/zero", &planted).unwrap();
        refused(workspace.hydrule("set run.sh trainer.nnodes=2 --write"), "not a regular file");
        assert_eq!(workspace.read("run.sh"), LAUNCH);
        fs::remove_file(&planted).unwrap();
        assert_eq!(Run::program("mkfifo").arg(&planted).run().code, 0);
        refused(workspace.hydrule("set run.sh trainer.nnodes=2 --write"), "not a regular file");
        soon(workspace.hydrule("log"));
    }
}

#[test]
fn what_is_ignored_is_not_read_from_what_never_ends() {
    for name in [".gitignore", ".ignore", ".git/info/exclude"] {
        for folder in ["sub", ""] {
            let workspace = Workspace::new();
            workspace.write("run.sh", LAUNCH).write("sub/deep/job.sh", LAUNCH);
            let pipe = workspace.path().join(folder).join(name);
            fs::create_dir_all(pipe.parent().unwrap()).unwrap();
            assert_eq!(Run::program("mkfifo").arg(&pipe).run().code, 0);
            refused(workspace.hydrule("check sub/deep"), "it is not a regular file");
            refused(workspace.hydrule("check sub"), "it is not a regular file");
            let whole = soon(workspace.hydrule("check ."));
            assert!(whole.err.contains(name), "{}", whole.shown());
            // What lies beside the folder is looked into.
            assert_eq!(whole.err.contains("1 file"), folder == "sub", "{}", whole.shown());
            let all = soon(workspace.hydrule("check . --no-respect-gitignore"));
            assert!(all.err.contains("2 files"), "{}", all.shown());
        }
    }
}

#[test]
fn links_that_lead_in_circles_are_told() {
    let workspace = Workspace::new();
    workspace.write("run.sh", LAUNCH).write("sub/job.sh", LAUNCH);
    symlink("loop.sh", workspace.path().join("loop.sh")).unwrap();
    symlink("..", workspace.path().join("sub/up")).unwrap();
    refused(workspace.hydrule("check loop.sh"), "symbolic links");
    refused(workspace.hydrule("set loop.sh trainer.nnodes=2 --write"), "symbolic links");
    refused(workspace.hydrule("rewrite run.sh --config loop.sh"), "symbolic links");
    let walked = soon(workspace.hydrule("check ."));
    assert!(walked.err.contains("2 files"), "{}", walked.shown());
}

#[test]
fn names_that_are_no_text_are_read_and_written() {
    let workspace = Workspace::new();
    for name in [&b"a\nb.sh"[..], b"bad\xff.sh", b"-write.sh", b"a b'c\".sh", b"\x1b[31m.sh"] {
        let name = OsStr::from_bytes(name);
        let path = workspace.path().join(name);
        fs::write(&path, LAUNCH).unwrap();
        let own = std::path::Path::new(".").join(name);
        let run = |line: &str| workspace.hydrule(line).arg(&own);
        let shown = soon(run("show"));
        assert!(shown.out.contains("trainer.nnodes"), "{name:?}: {}", shown.shown());
        soon(run("check --output-format json"));
        let wrote = soon(run("set --write").arg("trainer.nnodes=2"));
        assert_eq!(wrote.code, 0, "{name:?}: {}", wrote.shown());
        assert_eq!(fs::read_to_string(&path).unwrap(), LAUNCH.replace("=1", "=2"), "{name:?}");
        let undone = soon(workspace.hydrule("undo --write"));
        assert_eq!(undone.code, 0, "{name:?}: {}", undone.shown());
        assert_eq!(fs::read_to_string(&path).unwrap(), LAUNCH, "{name:?}");
    }
}

/// Runs as another user where the tests run as root, who may read everything.
fn unprivileged(workspace: &Workspace, line: &str) -> Option<Output> {
    let root = fs::metadata("/proc/self")
        .ok()
        .is_some_and(|it| std::os::unix::fs::MetadataExt::uid(&it) == 0);
    if !root {
        return Some(workspace.hydrule(line).run());
    }
    fs::set_permissions(workspace.path(), Permissions::from_mode(0o777)).unwrap();
    // The build may lie where only root gets to.
    let program = workspace.path().join("program");
    // Copied by another process: one that runs tests begins others, which hold what it has open to write.
    let mut copy = std::process::Command::new("cp");
    assert!(copy.arg(env!("CARGO_BIN_EXE_hydrule")).arg(&program).status().unwrap().success());
    let run =
        Run::program("setpriv").args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]);
    std::process::Command::new("setpriv").arg("--version").output().ok()?;
    Some(run.arg(&program).args(line.split_whitespace()).at(workspace.path()).run())
}

#[test]
fn what_may_not_be_read_is_told() {
    let workspace = Workspace::new();
    workspace
        .write("run.sh", LAUNCH)
        .write("p/pack.toml", SMALL)
        .write("ok.sh", LAUNCH)
        .write("c.yaml", "a: 1\n");
    for name in ["run.sh", "p/pack.toml", "c.yaml"] {
        fs::set_permissions(workspace.path().join(name), Permissions::from_mode(0o000)).unwrap();
    }
    for line in [
        "show run.sh",
        "check run.sh",
        "set run.sh trainer.nnodes=2 --write",
        "rewrite ok.sh --config c.yaml",
        "rewrite ok.sh --log run.sh",
        "rewrite ok.sh --pack p",
    ] {
        let Some(output) = unprivileged(&workspace, line) else { return };
        assert_eq!(output.code, 2, "{line}: {}", output.shown());
        let err = output.err.to_lowercase();
        assert!(err.contains("permission denied"), "{line}: {}", output.shown());
    }
}

#[test]
fn a_pack_reads_nothing_but_its_own_files() {
    let workspace = Workspace::new();
    workspace.write("secret.toml", "password = \"very-own-Key-77\"\n").write("run.sh", LAUNCH);
    workspace.write("p/pack.toml", SMALL);
    symlink("../secret.toml", workspace.path().join("p/more.toml")).unwrap();
    refused(workspace.hydrule("pack check p"), "leads out of the pack");
    fs::remove_file(workspace.path().join("p/more.toml")).unwrap();
    workspace.write(
        "p/cases/a.toml",
        "[[case]]\nname = \"a\"\nscript = { file = \"../../run.sh\" }\nexpect = { plan = [] }\n",
    );
    let output = soon(workspace.hydrule("test p"));
    assert_eq!(output.code, 2, "{}", output.shown());
    assert!(output.err.contains("outside of the pack"), "{}", output.shown());
    symlink("../../run.sh", workspace.path().join("p/cases/run.sh")).unwrap();
    workspace.write(
        "p/cases/a.toml",
        "[[case]]\nname = \"a\"\nscript = { file = \"run.sh\" }\nexpect = { plan = [] }\n",
    );
    let output = soon(workspace.hydrule("test p"));
    assert!(output.code == 2 && output.err.contains("outside of the pack"), "{}", output.shown());
}

#[test]
fn snapshots_are_in_folders_of_the_packs_own() {
    let workspace = Workspace::new();
    let case =
        "[[case]]\nname = \"a\"\noverrides = [\"trainer.nnodes=1\"]\nexpect = { plan = [] }\n";
    for pack in ["p", "rules/q"] {
        workspace.write(&format!("{pack}/pack.toml"), SMALL);
        workspace.write(&format!("{pack}/cases/a.toml"), case);
    }
    workspace.write("elsewhere/old.snap", "theirs\n").write("elsewhere/q/old.snap", "theirs\n");
    let at = |path: &str| workspace.path().join(path);
    for (link, target, pack) in [
        ("p/snapshots", "../elsewhere", "p"),
        ("snapshots", "elsewhere", "rules/q"),
        ("snapshots/q", "../elsewhere/q", "rules/q"),
    ] {
        fs::create_dir_all(at(link).parent().unwrap()).unwrap();
        symlink(target, at(link)).unwrap();
        refused(workspace.hydrule(&format!("test {pack} --accept")), "it is a link");
        fs::remove_file(at(link)).unwrap();
    }
    assert_eq!(fs::read_dir(at("elsewhere")).unwrap().count(), 2);
    assert_eq!(workspace.read("elsewhere/q/old.snap"), "theirs\n");
    for pack in ["p", "rules/q"] {
        let output = workspace.hydrule(&format!("test {pack} --accept")).run();
        assert_eq!(output.code, 0, "{}", output.shown());
    }
}

#[test]
fn patterns_of_a_pack_stay_small_and_take_linear_time() {
    let workspace = Workspace::new();
    let signal = |pattern: &str| {
        format!(
            "{SMALL}\n[[signal]]\nname = \"bad\"\nkind = \"device\"\nevent = \"oom\"\npattern = '{pattern}'\n"
        )
    };
    for pattern in ["(((a{100}){100}){100}){100}", r"\w{1000}{1000}", &"(a|b)?".repeat(60_000)] {
        workspace.write("pack.toml", signal(pattern));
        refused(workspace.hydrule("pack check ."), "pack.toml:");
    }
    // Engines that try one way after the other never come back from these.
    workspace.write("pack.toml", signal("(x+x+)+y|(a*)*b|(a|aa)+$c"));
    workspace.write("job.log", format!("{}\n{}\n", "x".repeat(200_000), "a".repeat(200_000)));
    let output = soon(workspace.hydrule("facts job.log --pack ."));
    assert!(output.code < 2, "{}", shortened(&output));
}

#[test]
fn a_change_behind_our_back_is_not_overwritten() {
    let workspace = Workspace::new();
    workspace.write("run.sh", LAUNCH);
    // The script takes the place of what was read while it is planned; the transaction notices.
    let line = "for n in $(seq 20); do printf '%s' \"$TEXT\" > new; mv new run.sh; done";
    let text = LAUNCH.replace("nnodes=1", "nnodes=7");
    let writer = std::process::Command::new("bash")
        .args(["-c", line])
        .env("TEXT", &text)
        .current_dir(workspace.path())
        .spawn();
    let output = soon(workspace.hydrule("set run.sh trainer.nnodes=2 --write"));
    writer.unwrap().wait().unwrap();
    let now = workspace.read("run.sh");
    let whole = [text, LAUNCH.replace("nnodes=1", "nnodes=2")];
    assert!(whole.contains(&now), "{now:?}: {}", output.shown());
}

#[test]
fn interpolations_that_double_are_not_told() {
    let workspace = Workspace::new();
    let long = "x".repeat(100_000);
    for (each, last) in [
        ("${kN}${kN}", "x"),
        ("['${kN}', '${kN}']", "x"),
        ("{a: '${kN}', b: '${kN}'}", long.as_str()),
    ] {
        let next = |level: usize| each.replace('N', &(level + 1).to_string());
        let all: String = (0..50).map(|level| format!("k{level}: {}\n", next(level))).collect();
        let head = "trainer:\n  nnodes: ${k0}\n  n_gpus_per_node: 8\n";
        workspace.write("base.yaml", format!("{head}{all}k50: {last}\n"));
        workspace.write("run.sh", "python3 -m verl.trainer.main_ppo trainer.n_gpus_per_node=4\n");
        soon(workspace.hydrule("check run.sh --config base.yaml"));
        let output = soon(workspace.hydrule("explain run.sh --config base.yaml"));
        let why = "its interpolations make too much of it";
        let shown: Vec<&str> = output.out.split_whitespace().collect();
        assert!(shown.join(" ").contains(why), "{}", shortened(&output));
        soon(workspace.hydrule("explain run.sh --facts model=base.yaml"));
    }
}
