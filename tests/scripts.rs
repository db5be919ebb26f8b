//! What bash passes, against what is read: the same scripts, under real bash and by reading.

use hydrule::surface::bash::{self, Outside};
use hydrule::text::Source;

use crate::support::{Workspace, snapshot};

/// Scripts in which everything can be told.
const TOLD: &[(&str, &str)] = &[
    ("literal", "python3 -m app a.b=1 c.d='x y' \"e.f=$((1 + 2 * 3))\" g.h=a\\ b\n"),
    (
        "variables",
        "A=1\nB=$A$A\nexport C=${B:-9} D=${NOWHERE:-\"a b\"}\npython3 -m app a.a=$A a.b=${B} a.c=\"$C\" a.d=\"$D\"\n",
    ),
    ("splitting", "O=\"a.x=1 a.y=2\"\nE=\npython3 -m app $O $E \"a.z=$E\"\n"),
    (
        "arrays",
        "A=(a.x=1 'a.y=2 3'\n  a.z=4 # why\n)\nA+=(a.w=5)\npython3 -m app \"${A[@]}\" ${A[1]} b.n=${#A[@]}\n",
    ),
    ("default", ": \"${N:=4}\"\npython3 -m app a.n=$N a.m=${M-5} a.k=${N:+6} a.l=${M:+7}\n"),
    (
        "decided",
        "X=a\nif [ \"$X\" = a ]; then Y=1; else Y=2; fi\ncase $X in b) Z=1;; a) Z=2;; esac\n[[ $X == a ]] && W=3\npython3 -m app a.y=$Y a.z=$Z a.w=$W\n",
    ),
    ("function", "go() { local n=$1; shift; python3 -m app a.n=$n \"$@\"; }\ngo 3 b.c=4\n"),
    ("set", "set -- a.b=1 'a.c=2 3'\npython3 -m app \"$@\" a.n=$#\n"),
    ("comment", "python3 -m app a.b=1 \\\n  # a.c=2 \\\n  a.d=3\n"),
    ("tilde", "python3 -m app ~a.b a.c=~\n"),
    (
        "deep",
        "A=2\nB=$((A * 4))\nC=$(( (B + A) / 3 ))\npython3 -m app a.b=$B a.c=$C a.d=\"$((C % 2))x\"\n",
    ),
    (
        "quotes",
        "python3 -m app \"a.b='x'\" a.c=['p','q'] a.d='[\"p\"]' a.e=\"\\$x\" 'a.f=a'\\''b'\n",
    ),
    ("joined", "python3 -m app a.b=1 a.\\\nc=2 2>&1 | cat\n"),
    ("subshell", "A=1\n(A=2; python3 -m app a.x=$A)\npython3 -m app a.x=$A\n"),
    ("once", "for i in 3; do python3 -m app a.i=$i; done\n"),
    ("windows", "python3 -m app a.b=1 \\\n  a.c=2\n"),
    ("all", "A=(a.b=1 a.c=2)\npython3 -m app \"x.y=${A[*]}\" \"p${A[@]}q\"\n"),
];

#[test]
fn bash_passes_what_is_read() {
    for (name, script) in TOLD {
        let workspace = Workspace::new();
        workspace.write("run.sh", script);
        let passed = workspace.launches("run.sh", &[]);
        let read = bash::read(&Source::new("run.sh", *script), &Outside::default()).unwrap();
        let told: Vec<Vec<String>> = read
            .launches
            .iter()
            .map(|launch| {
                let arguments = launch.arguments.iter();
                arguments
                    .map(|it| it.text.known().unwrap_or_else(|| panic!("{name}: {:?}", it.text)))
                    .collect()
            })
            .collect();
        let passed: Vec<Vec<String>> =
            passed.into_iter().map(|words| words[2..].to_vec()).collect();
        assert_eq!(told, passed, "{name}");
    }
}

/// Scripts in which something cannot be told, with a change that is wanted.
const CHANGED: &[(&str, &str, &str)] = &[
    ("shared", "N=4\npython3 -m app a.x=$N a.y=$N \"$@\"\n", "a.x=5"),
    (
        "computed",
        "N=4\npython3 -m app \\\n    a.x=$((N * 2)) \\\n    \"$@\" 2>&1 | tee log\n",
        "a.x=5",
    ),
    ("branch", "if [ -n \"$GPU\" ]; then N=4; else N=2; fi\npython3 -m app a.x=$N\n", "a.x=5"),
    ("loop", "for n in 1 2; do\n  python3 -m app a.x=$n\ndone\n", "a.x=5"),
    ("no-forwards", "python3 -m app \\\n\ta.b=1 \\\n\ta.c=2\n", "a.x=5"),
    ("array", "A=(\n  a.x=1\n  a.y=2\n)\n\"${RUN[@]}\" -m app \"${A[@]}\" \"$@\"\n", "a.x=[1,2]"),
    ("crlf", "python3 -m app \\\r\n  a.x=1 \\\r\n  a.y=2\r\n", "a.x=5"),
    ("default", "N=${N:-4}\npython3 -m app a.x=\"$N\"", "a.x=5"),
    ("quoted", "python3 -m app \"a.x=1\" a.y='2'\n", "a.x='$(touch x)'"),
    ("plus", "N=4\npython3 -m app +a.x=$N a.y=$N\n", "+a.x=5"),
];

#[test]
fn changes_go_where_values_live() {
    let mut shown = String::new();
    for (name, script, wanted) in CHANGED {
        let workspace = Workspace::new();
        workspace.write("run.sh", script);
        let output = workspace.hydrule("set run.sh").arg(wanted).run();
        shown.push_str(&format!("# {name}: {wanted}\n{}\n", output.shown()));
    }
    snapshot("scripts", "changes", &shown);
}

#[test]
fn a_change_is_what_bash_passes_afterwards() {
    for (name, script, wanted) in CHANGED {
        let workspace = Workspace::new();
        let script = script.replace("\"${RUN[@]}\"", "python3");
        workspace.write("run.sh", &script);
        let before = workspace.launches("run.sh", &["z.z=1"]);
        let written = workspace.hydrule("set run.sh --write").arg(wanted).run();
        if written.code != 0 {
            assert_eq!(workspace.read("run.sh"), script, "{name}: refused, so nothing is written");
            continue;
        }
        let after = workspace.launches("run.sh", &["z.z=1"]);
        for (old, new) in before.iter().zip(&after) {
            let wins = |words: &[String], key: &str| {
                let key = key.trim_start_matches('+').to_owned();
                words
                    .iter()
                    .rev()
                    .find(|word| word.trim_start_matches('+').starts_with(&key))
                    .cloned()
            };
            let key = &wanted[..=wanted.find('=').unwrap()];
            let now = wins(new, key).unwrap();
            assert_eq!(
                now.trim_start_matches('+').trim_end_matches('\r'),
                wanted.trim_start_matches('+'),
                "{name}"
            );
            let others = |words: &[String]| -> Vec<String> {
                let key = key.trim_start_matches('+');
                words
                    .iter()
                    .filter(|word| !word.trim_start_matches('+').starts_with(key))
                    .cloned()
                    .collect()
            };
            assert_eq!(others(old), others(new), "{name}");
        }
        assert!(!workspace.path().join("x").exists(), "{name}: the value was run");
    }
}
