//! Edits of launch scripts of every form: what they look like, and what bash passes afterwards.

use hydrule::overrides::{parse, value_text};
use hydrule::surface::bash::{self, Change, Edited, Outside, Wanted};
use hydrule::text::Source;
use hydrule::value::Value;

use crate::support::{Workspace, snapshot};

/// Scripts by name; all that can be done with `a.k` in them is tried.
const FORMS: &[(&str, &str)] = &[
    ("bare", "python3 -m app a.j=1 a.k=4 a.l=2\n"),
    ("single", "python3 -m app a.k='4'\n"),
    ("double", "python3 -m app a.k=\"4\" a.l=2\n"),
    ("whole double", "python3 -m app \"a.k=4\" 'a.l=2'\n"),
    ("whole single", "python3 -m app 'a.k=4'\n"),
    ("brackets", "python3 -m app a.k=['x','y'] a.l=2\n"),
    ("ansi", "python3 -m app a.k=$'4\\t' a.l=2\n"),
    ("escaped", "python3 -m app a.k=4\\ 5 a.l=2\n"),
    ("joined word", "python3 -m app a.k=4\\\n5 a.l=2\n"),
    ("empty", "python3 -m app a.k= a.l=2\n"),
    ("continued", "python3 -m app \\\n    a.j=1 \\\n    a.k=4 \\\n    a.l=2\necho done\n"),
    ("first", "python3 -m app \\\n\ta.k=4 \\\n\ta.l=2\n"),
    ("last", "python3 -m app \\\n  a.j=1 \\\n  a.k=4\necho done\n"),
    ("last, no newline", "python3 -m app \\\n  a.j=1 \\\n  a.k=4"),
    ("last, backslash", "python3 -m app \\\n  a.j=1 \\\n  a.k=4 \\\n"),
    ("last, backslash at the end", "python3 -m app \\\n  a.j=1 \\"),
    ("trailing blanks", "python3 -m app \\\n  a.j=1  \t\necho done\n"),
    ("variable", "K=4\npython3 -m app a.k=$K a.l=2\n"),
    ("quoted variable", "K=\"4\" # four\npython3 -m app a.k=\"${K}\" a.l=2\n"),
    ("exported", "export K='4'\npython3 -m app a.k=\"$K\" a.l=2\n"),
    ("chain", "J=4\nK=$J\npython3 -m app a.k=$K a.l=2\n"),
    ("default", "K=${K:-4}\npython3 -m app a.k=$K a.l=2\n"),
    ("quoted default", "K=\"${K:-4}\"\npython3 -m app a.k=\"$K\" a.l=2\n"),
    ("colon default", ": \"${K:=4}\"\npython3 -m app a.k=\"$K\" a.l=2\n"),
    ("default at the use", "python3 -m app a.k=${K:-4} \"a.l=${L:-2}\"\n"),
    ("nested default", "J=4\nK=${K:-$J}\npython3 -m app a.k=$K a.l=2\n"),
    ("argument", "K=${1:-4}\npython3 -m app a.k=$K a.l=2\n"),
    ("shared", "K=4\npython3 -m app \\\n  a.k=$K \\\n  a.l=$K \\\n  \"$@\"\n"),
    ("feeds a command", "K=4\ntorchrun --n $K\npython3 -m app a.k=$K\n"),
    ("computed", "N=2\nK=$((N * 2))\npython3 -m app \\\n  a.k=$K \\\n  a.l=$N\n"),
    ("computed at the use", "N=2\npython3 -m app \\\n  a.k=$((N * 2)) \\\n  a.l=$N\n"),
    ("composite", "N=2\npython3 -m app a.k=\"p-$N/$HOME\" a.l=$N\n"),
    ("branches", "if [ -e /nowhere ]; then K=4; else K=2; fi\npython3 -m app a.k=$K a.l=2\n"),
    ("case", "case $HOME in /x) K=4 ;; *) K=2 ;; esac\npython3 -m app a.k=$K \"$@\"\n"),
    ("set twice", "K=4\nK=$K$K\npython3 -m app a.k=$K a.l=2\n"),
    ("string", "O=\"a.j=1 a.k=4 a.l=2\"\npython3 -m app $O\n"),
    ("string, continued", "O=\"a.j=1 \\\n  a.k=4\"\npython3 -m app $O a.l=2\n"),
    ("array", "A=(\n  a.j=1\n  a.k=4 # four\n  a.l=2\n)\npython3 -m app \"${A[@]}\" \"$@\"\n"),
    ("array, one line", "A=(a.k=4 b.l=2)\npython3 -m app \"${A[@]}\"\n"),
    ("array, backslashes", "A=(\n  a.j=1 \\\n  a.k=4 \\\n)\npython3 -m app \"${A[@]}\"\n"),
    ("array, appended", "A=(a.j=1)\nA+=(a.k=4)\npython3 -m app \"${A[@]}\" a.l=2\n"),
    (
        "arrays",
        "A=(\n  a.j=1\n)\nB=(\n  b.j=1 # one\n)\npython3 -m app \"${B[@]}\" \"${A[@]}\" \"$@\"\n",
    ),
    ("launcher", "RUN=(python3 -u)\n\"${RUN[@]}\" -m app a.j=1 a.k=4\n"),
    ("twice", "python3 -m app a.k=3 a.j=1 a.k=4\n"),
    ("plus", "K=4\npython3 -m app +a.k=$K a.l=$K\n"),
    ("plus plus", "python3 -m app ++a.k=4 a.l=2\n"),
    ("deleted", "python3 -m app ~a.k a.l=2\n"),
    ("arguments in front", "python3 -m app \"$@\" a.k=4 a.l=2\n"),
    ("arguments behind", "python3 -m app \\\n  a.j=1 \\\n  a.l=2 $@\n"),
    ("arguments in between", "K=4\npython3 -m app \"$@\" a.k=$K a.l=$K\n"),
    ("pipe", "python3 -m app \\\n  a.j=1 \\\n  a.k=4 2>&1 | tee log\n"),
    ("to a file", "python3 -m app a.j=1 > log 2>&1\n"),
    ("background", "python3 -m app \\\n  a.j=1 &\nwait\n"),
    ("comment behind", "python3 -m app a.j=1 # note\n"),
    ("comment inside", "python3 -m app a.j=1 \\\n  # a.k=3 \\\n"),
    ("function", "go() {\n  python3 -m app a.j=1 \"$@\"\n}\ngo a.k=4 \"$@\"\n"),
    ("local", "go() { local k=$1; shift; python3 -m app a.k=$k \"$@\"; }\ngo 4 a.l=2\n"),
    ("function twice", "go() { python3 -m app a.j=1 \"$@\"; }\ngo a.k=4\ngo a.l=3\n"),
    (
        "function, unquoted",
        "go() {\n  python3 -m app $@\n}\ngo b.j=1 b.l=2 $@ | cat\ngo b.j=2 $@\n",
    ),
    ("loop", "for k in 4 5; do\n  python3 -m app a.k=$k a.l=2\ndone\n"),
    ("substitution", "K=$(echo 4)\npython3 -m app a.k=$K a.l=2\n"),
    ("inner", "bash -c 'python3 -m app a.k=4 a.l=2'\n"),
    ("inner double", "bash -c \"python3 -m app a.k=4 a.l=2\"\n"),
    ("inner, continued", "bash -c \"python3 -m app a.j=1 \\\n  'a.k=[4]' \\\n  a.l=2\"\n"),
    ("inner, cut in quotes", "bash -c \"python3 -m app 'a.j=1 \\\n  2' a.k=4\"\n"),
    (
        "two commands",
        "A=(a.k=4 a.l=2)\npython3 -m app \"${A[@]}\"\npython3 -m app \"${A[@]}\" b.x=1\n",
    ),
    ("carriage return", "python3 -m app a.j=1 a.k=4\r\n"),
    ("byte order mark", "\u{feff}#!/bin/bash\npython3 -m app a.j=1 a.k=4\n"),
    ("dot names", "python3 -m app a.kk=1 b.a.k=2 a.k.x=3\n"),
];

/// Texts that bash would make something of.
const HOSTILE: &[&str] = &[
    "$(touch x)",
    "`touch x`",
    "a\"b",
    "it's",
    "a\\",
    "\\\\n",
    "!! a!b",
    "*",
    "[a]?",
    "~",
    "~/x",
    "a=b",
    "-x",
    "é∑",
    "a\rb",
    "a\nb",
    "{a,b}",
    "#x",
    "a #b",
    "; touch x &",
    "> x",
    "$HOME",
    "${HOME:-x}",
    "$((1+1))",
    "a  b",
    "",
    "}",
    "\u{feff}",
    "%s\\t",
];

fn edit(script: &str, change: &Change) -> Result<Edited, bash::Refusal> {
    let outside = Outside::default();
    let read = bash::read(&Source::new("run.sh", script), &outside).unwrap();
    bash::edit(
        &read,
        &outside,
        &Wanted { launches: &[0], changes: std::slice::from_ref(change), also: &[] },
    )
}

/// Cuts the words that set a key out of what bash passes; returns the last one's value.
fn without(launches: &[Vec<String>], key: &str) -> (Option<String>, Vec<Vec<String>>) {
    let own = |word: &&String| {
        word.split('=').next().is_some_and(|start| start.trim_start_matches(['+', '~']) == key)
    };
    let value = launches.iter().find(|words| words.contains(&"app".to_owned()));
    let value = value.and_then(|words| words.iter().rfind(own));
    let value = value.and_then(|word| word.split_once('=')).map(|(_, value)| value.to_owned());
    let rest = |words: &Vec<String>| words.iter().filter(|word| !own(word)).cloned().collect();
    let rest = launches.iter().map(rest);
    (value, rest.collect())
}

#[test]
fn bash_passes_the_wanted_value_and_nothing_else_new() {
    let workspace = Workspace::new();
    let hostile = HOSTILE.iter().map(|text| value_text(&Value::Str((*text).to_owned())));
    let values: Vec<String> =
        ["5", "[1,2]", "{b: 1}"].map(str::to_owned).into_iter().chain(hostile).collect();
    let mut refused = Vec::new();
    for (index, (name, script)) in FORMS.iter().enumerate() {
        workspace.write("run.sh", script);
        let before = without(&workspace.launches("run.sh", &[]), "a.k").1;
        // Every value meets many forms; all with all takes too long.
        for value in values.iter().skip(index % 8).step_by(8) {
            let change = Change::setting(format!("a.k={value}"));
            let Ok(edited) = edit(script, &change) else {
                refused.push(format!("{name}: {value}"));
                continue;
            };
            workspace.write("run.sh", &edited.text);
            let (now, after) = without(&workspace.launches("run.sh", &[]), "a.k");
            assert_eq!(now.as_ref(), Some(value), "{name}:\n{}", edited.text);
            assert_eq!(after, before, "{name}: {value}\n{}", edited.text);
            assert!(!workspace.path().join("x").exists(), "{name}: {value} was run");
            let again = edit(&edited.text, &change).unwrap();
            assert_eq!(again.text, edited.text, "{name}: {value} twice");
        }
    }
    // Quotes in quotes are not always told apart from those around them, and an unquoted `$@` cuts
    // what it passes on at blanks.
    refused.retain(|it| !it.starts_with("inner") && !it.starts_with("function, unquoted"));
    assert_eq!(refused, Vec::<String>::new());
    assert!(values.iter().all(|value| parse(&format!("a.k={value}")).is_ok()));
}

/// An override at a call that does not pass it on changes nothing.
#[test]
fn what_would_reach_no_launch_is_refused() {
    for body in ["a.b=4 \"$1\"", "a.b=4 \"${@:1:2}\"", "a.b=4 \"${D[@]}\" $1"] {
        let script = format!("go() {{\n  python3 -m app {body}\n}}\ngo x=1 c.d=6\ngo y=1\n");
        let refused = edit(&script, &Change::setting("r.n=5"));
        assert!(refused.is_err(), "{body}: {}", refused.unwrap().text);
    }
}

#[test]
fn bash_passes_all_but_what_is_taken_out() {
    let workspace = Workspace::new();
    let change = Change::removing("a.k");
    for (name, script) in FORMS {
        workspace.write("run.sh", script);
        let before = workspace.launches("run.sh", &[]);
        let Ok(edited) = edit(script, &change) else { continue };
        workspace.write("run.sh", &edited.text);
        let after = workspace.launches("run.sh", &[]);
        let ((left, after), (_, before)) = (without(&after, "a.k"), without(&before, "a.k"));
        assert_eq!((left, after), (None, before), "{name}:\n{}", edited.text);
    }
}

#[test]
fn edits_look_like_their_neighbours() {
    let mut shown = String::new();
    for (name, script) in FORMS {
        for wanted in ["a.k=5", "~a.k"] {
            let workspace = Workspace::new();
            workspace.write("run.sh", script);
            let output = workspace.hydrule("set run.sh --launch 1").arg(wanted).run();
            let diff = output.out.lines().filter(|line| {
                !["diff ", "--- ", "+++ ", "@@ "].iter().any(|start| line.starts_with(start))
            });
            let diff: String = diff.map(|line| format!("{line}\n")).collect();
            let said = output.err.replace("Nothing was written; --write makes the change.\n", "");
            shown.push_str(&format!("# {name}: {wanted}\n{said}{diff}\n"));
        }
    }
    snapshot("edits", "places", &shown);
}

#[test]
fn what_is_written_is_not_found_fault_with() {
    let repeated = |text: &str| {
        let read = bash::read(&Source::new("run.sh", text), &Outside::default()).unwrap();
        bash::findings(&read).iter().filter(|it| it.rule == "repeated-key").count()
    };
    // This one is wrong before.
    for (name, script) in FORMS.iter().filter(|(name, _)| *name != "twice") {
        let Ok(edited) = edit(script, &Change::setting("a.k=5")) else { continue };
        assert_eq!(repeated(&edited.text), 0, "{name}:\n{}", edited.text);
    }
    // Only one of the launches is meant, so the array keeps what the other one gets.
    let shared = "A=(a.k=4)\npython3 -m app \"${A[@]}\" a.k=5\npython3 -m app \"${A[@]}\"\n";
    assert_eq!(repeated(shared), 0);
    assert_eq!(repeated("A=(a.k=4)\npython3 -m app \"${A[@]}\" a.k=5\n"), 1);
}

#[test]
fn only_what_feeds_more_leaves_its_place() {
    let script = "B=16\npython3 -m app \\\n  a.k=$B \\\n  a.t=$((B * 2)) \\\n  a.x=1\n";
    let workspace = Workspace::new();
    workspace.write("run.sh", script);
    let output = workspace.hydrule("set run.sh a.k=8 a.x=4 --write").run();
    let written = workspace.read("run.sh");
    assert_eq!(written, script.replace("a.k=$B", "a.k=8").replace("a.x=1", "a.x=4"));
    for said in [
        "a.k  run.sh:3, at the override itself: B also feeds a.t\n",
        "a.x  run.sh:5\n",
        "--also a.t changes B itself",
    ] {
        assert!(output.err.contains(said), "{}", output.err);
    }
    let checked = workspace.hydrule("check run.sh").run();
    assert_eq!(checked.code, 0, "{}", checked.shown());
}

#[test]
fn what_moves_along_is_said() {
    let script = "N=4\nexport M=$((N + 1))\necho \"with $N\"\npython3 -m app \\\n  a.x=$N \\\n  a.y=$N \\\n  a.z=$M\n";
    let workspace = Workspace::new();
    workspace.write("run.sh", script);
    let mut shown = String::new();
    for line in [
        "set run.sh a.x=5",
        "set run.sh a.x=5 --also a.y,a.z",
        "set run.sh a.x=5 --also * --output-format json",
        "set run.sh a.x=5 --output-format json",
        "set run.sh a.x=5 a.y=5 a.z=6",
    ] {
        let output = workspace.hydrule(line).run();
        shown.push_str(&format!("$ hydrule {line}\n{}\n", output.shown()));
    }
    snapshot("edits", "moves", &shown);
}

#[test]
fn refusals_say_what_to_write() {
    let mut shown = String::new();
    for (name, script, line) in [
        ("heredoc", "cat > job.sh <<EOF\npython3 -m app \\\n  a.k=4\nEOF\n", "a.k=5"),
        ("string", "bash -c 'python3 -m app a.k=4'\n", "a.k=5"),
        ("started", "bash train.sh \"$@\"\n", "a.k=5"),
        ("several", "python3 -m app a.k=4\npython3 -m eval a.k=4\n", "a.k=5"),
        (
            "again",
            "go() { python3 -m app a.k=4 \"$@\"; }\ngo\ngo b.c=1\n",
            "a.k=5 --launch 1 --output-format json",
        ),
        ("no word", "O=(a.k=4)\npython3 -m app a.j=1 x${O[0]} ${O[0]}$HOME\n", "~a.k"),
    ] {
        let workspace = Workspace::new();
        workspace.write("run.sh", script);
        let output = workspace.hydrule(&format!("set run.sh {line}")).run();
        shown.push_str(&format!("# {name}: {line}\n{}\n", output.shown()));
    }
    snapshot("edits", "refusals", &shown);
}

#[test]
fn what_may_stand_in_an_untold_word_is_not_said_to_be_absent() {
    let workspace = Workspace::new();
    workspace.write("run.sh", "python3 -m app optim.lr=1 $(cat tuned.txt) b=2\n");
    let removed = workspace.hydrule("set run.sh ~trainer.nnodes").run();
    assert_eq!(removed.code, 0, "{}", removed.shown());
    assert!(!removed.err.contains("says so already"), "{}", removed.err);
    assert!(
        removed.err.contains("nothing tells whether `trainer.nnodes` is set"),
        "{}",
        removed.err
    );
    let told = workspace.hydrule("set run.sh ~optim.lr").run();
    assert_eq!(told.code, 1, "{}", told.shown());
}
