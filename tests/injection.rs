//! Whatever a value holds, bash passes it on and never runs it.
//!
//! Values full of what a shell acts on are written into scripts of many forms; then one real bash runs all of
//! them, with functions for the programs that they start. `HYDRULE_INJECTION` gives another number of cases.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use hydrule::overrides::parse;
use hydrule::surface::bash::{Change, Outside, Wanted, edit, read};
use hydrule::surface::slurm::edit_directives;
use hydrule::text::{Source, apply_edits};
use hydrule::value::Value;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::support::{Run, Workspace};

/// What a value is made of; `CANARY` becomes the name of a file that only a value that runs would make.
const PIECES: [&str; 44] = [
    "$(touch CANARY)",
    "`touch CANARY`",
    "${x:-$(touch CANARY)}",
    "$((a[$(touch CANARY)]))",
    "<(touch CANARY)",
    ">(touch CANARY)",
    "${x@P}",
    "\"; touch CANARY; \"",
    "'; touch CANARY; '",
    "'\"; touch CANARY; \"'",
    "\ntouch CANARY\n",
    "\r\ntouch CANARY\r\n",
    "; touch CANARY #",
    "&& touch CANARY",
    "| touch CANARY",
    "& touch CANARY &",
    "\nEOF\ntouch CANARY\n",
    "\nEOF\ntouch CANARY\ncat <<EOF\n",
    ") touch CANARY (",
    "\"$(touch CANARY)\"",
    "'$(touch CANARY)'",
    "\\$(touch CANARY)",
    "\\`touch CANARY`",
    "$'\\x24(touch CANARY)'",
    "\\\n",
    "\\",
    "\\\\",
    "'",
    "\"",
    "!!",
    "!touch",
    "$x",
    "$@",
    "$\"x\"",
    "*",
    "~",
    "{a,b}",
    "#",
    " ",
    "\t",
    "é",
    "%s",
    "plain",
    "=",
];

/// The forms of scripts; the launch sets `m.k`, or nothing does. `touch` and the rest of the programs are real.
const FORMS: [(&str, &str); 33] = [
    ("unquoted", "python3 -m app.main m.k=1 m.j=2\n"),
    ("single quotes", "python3 -m app.main 'm.k=1' m.j=2\n"),
    ("double quotes", "python3 -m app.main \"m.k=1\" m.j=2\n"),
    ("value in double quotes", "python3 -m app.main m.k=\"1\" m.j=2\n"),
    ("ANSI quotes", "python3 -m app.main $'m.k=\\x31' m.j=2\n"),
    ("value in ANSI quotes", "python3 -m app.main m.k=$'1\\t2' m.j=2\n"),
    ("mixed quotes", "python3 -m app.main m.k='a'\"b\"c m.j=2\n"),
    ("variable", "K=1\npython3 -m app.main m.k=$K m.j=2\n"),
    ("variable in quotes", "K=\"1\"\npython3 -m app.main \"m.k=${K}\" m.j=2\n"),
    ("variable in single quotes", "K='1'\npython3 -m app.main m.k=\"$K\" m.j=2\n"),
    ("default of a variable", "K=${K:-1}\npython3 -m app.main m.k=$K m.j=2\n"),
    ("default where it is used", "python3 -m app.main m.k=${K:-1} m.j=2\n"),
    ("default in double quotes", "python3 -m app.main \"m.k=${K:-1}\" m.j=2\n"),
    ("exported variable", "export K=1\npython3 -m app.main m.k=\"${K}\" m.j=2\n"),
    ("computed", "K=$((2 * 3))\npython3 -m app.main m.k=$K m.j=2\n"),
    ("substitution", "K=$(echo 5)\npython3 -m app.main m.k=$K m.j=2\n"),
    ("array", "A=(m.k=1 \"m.j=2\")\npython3 -m app.main \"${A[@]}\"\n"),
    (
        "array that grows",
        "A=()\nA+=(m.j=2)\nA+=(\n  m.k=1 # one\n)\npython3 -m app.main \"${A[@]}\"\n",
    ),
    ("text of several", "A=\"m.k=1 m.j=2\"\npython3 -m app.main $A\n"),
    ("text that grows", "A=\"m.j=2\"\nA+=\" m.k=1\"\npython3 -m app.main $A\n"),
    ("lines that go on", "python3 -m app.main \\\n    m.k=1 \\\n    m.j=2\n"),
    ("last of lines that go on", "python3 -m app.main \\\n    m.j=2 \\\n    m.k=1"),
    ("new key", "python3 -m app.main \\\n    m.j=2\n"),
    ("arguments passed on", "python3 -m app.main m.j=2 \"$@\"\n"),
    ("bash -c", "bash -c \"python3 -m app.main m.k=1 m.j=2\"\n"),
    ("bash -c in single quotes", "bash -c 'python3 -m app.main m.k=1 m.j=2'\n"),
    ("eval", "eval \"python3 -m app.main m.k=1 m.j=2\"\n"),
    ("eval of a variable", "C='python3 -m app.main m.k=1 m.j=2'\neval $C\n"),
    ("heredoc", "sbatch <<EOF\n#!/bin/bash\npython3 -m app.main m.k=1 m.j=2\nEOF\n"),
    ("quoted heredoc", "sbatch <<'EOF'\n#!/bin/bash\npython3 -m app.main m.k=1 m.j=2\nEOF\n"),
    ("function", "go() { python3 -m app.main m.k=\"$1\" m.j=2; }\ngo 1\n"),
    ("loop", "for k in 1 2; do\n  srun python3 -m app.main m.k=$k m.j=2\ndone\n"),
    ("branch", "if true; then\n  srun -n1 python3 -m app.main m.k=1 m.j=2 2>&1 | cat > log\nfi\n"),
];

/// Stands in for the programs, also in what they start, and runs each script where nothing of it is left.
const DRIVER: &str = r#"
python3() { { printf '%s\0' "$@"; printf '\1\0'; } >> "$RECORD"; }
srun() { while [[ $1 == -* ]]; do shift; done; "$@"; }
sbatch() { bash; }
export -f python3 srun
for script in *.sh; do
    export RECORD=$PWD/${script%.sh}.args
    ( . "./$script" ) < /dev/null > /dev/null 2>&1
done
"#;

/// How a value is written in Hydra's language.
#[derive(Debug, Clone, Copy)]
enum Writing {
    Raw,
    Single,
    Double,
}

#[derive(Debug, Clone)]
struct Case {
    form: usize,
    pieces: Vec<&'static str>,
    writing: Writing,
    added: bool,
}

fn case() -> impl Strategy<Value = Case> {
    let pieces = proptest::collection::vec(proptest::sample::select(PIECES.to_vec()), 1..5);
    let writing = prop_oneof![Just(Writing::Raw), Just(Writing::Single), Just(Writing::Double)];
    (0..FORMS.len(), pieces, writing, any::<bool>())
        .prop_map(|(form, pieces, writing, added)| Case { form, pieces, writing, added })
}

impl Case {
    /// Returns the override, if Hydra reads it.
    fn text(&self, canary: &str) -> Option<String> {
        let value = self.pieces.concat().replace("CANARY", canary);
        let quoted = |quote: &str| {
            let escaped = value.replace('\\', "\\\\").replace(quote, &format!("\\{quote}"));
            format!("{quote}{escaped}{quote}")
        };
        let value = match self.writing {
            Writing::Raw => value,
            Writing::Single => quoted("'"),
            Writing::Double => quoted("\""),
        };
        let sigil = if self.added { "+" } else { "" };
        let text = format!("{sigil}m.k={value}");
        parse(&text).is_ok().then_some(text)
    }
}

/// Returns the script with the override, or why that is refused.
fn written(case: &Case, text: &str) -> Result<String, String> {
    let script = read(&Source::new("run.sh", FORMS[case.form].1), &Outside::default());
    let script = script.map_err(|faults| faults.to_string())?;
    let changes = [Change::setting(text)];
    let wanted = Wanted { launches: &[0], changes: &changes, also: &[] };
    if script.launches.is_empty() {
        return Err("no launch".to_owned());
    }
    edit(&script, &Outside::default(), &wanted)
        .map(|it| it.text)
        .map_err(|refusal| refusal.fault.message)
}

fn runner() -> TestRunner {
    let seed: [u8; 32] = match std::env::var("HYDRULE_SEED") {
        Ok(text) => std::array::from_fn(|at| text.as_bytes().get(at).copied().unwrap_or(0)),
        Err(_) => [7; 32],
    };
    TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &seed))
}

fn cases() -> usize {
    std::env::var("HYDRULE_INJECTION").ok().map_or(500, |it| it.parse().unwrap())
}

fn run_all(folder: &Path) {
    fs::write(folder.join("driver"), DRIVER).unwrap();
    let run = Run::program("timeout").args(["300", "bash", "driver"]).at(folder).run();
    assert_eq!(run.code, 0, "{}", run.shown());
}

fn arguments(folder: &Path, number: usize) -> Vec<String> {
    let text = fs::read(folder.join(format!("{number}.args"))).unwrap_or_default();
    let text = String::from_utf8(text).unwrap();
    text.split_terminator('\0').map(str::to_owned).collect()
}

#[test]
fn no_value_is_run_and_each_is_passed_as_it_is() {
    let workspace = Workspace::new();
    let folder = workspace.path();
    let (mut runner, strategy) = (runner(), case());
    let mut all: Vec<(Case, String, String)> = Vec::new();
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut asked = 0;
    while asked < cases() {
        let case = strategy.new_tree(&mut runner).unwrap().current();
        let Some(text) = case.text(&format!("canary-{}", all.len())) else { continue };
        asked += 1;
        let count = counts.entry(FORMS[case.form].0).or_default();
        match written(&case, &text) {
            Ok(script) => {
                fs::write(folder.join(format!("{}.sh", all.len())), &script).unwrap();
                all.push((case, text, script));
                count.0 += 1;
            }
            Err(_) => count.1 += 1,
        }
    }
    run_all(folder);
    for (number, (case, text, script)) in all.iter().enumerate() {
        let form = FORMS[case.form].0;
        assert!(
            !folder.join(format!("canary-{number}")).exists(),
            "{form}: {text:?} ran in\n{script}"
        );
        let passed = arguments(folder, number);
        // Where a key is set already, what was to be added is forced.
        let bare = text.trim_start_matches('+');
        let sets = |it: &String| it.trim_start_matches('+') == bare;
        assert!(passed.iter().any(sets), "{form}: {text:?} became {passed:?} in\n{script}");
        assert!(passed.iter().any(|it| it == "m.j=2"), "{form}: {passed:?} in\n{script}");
    }
    let canaries = fs::read_dir(folder).unwrap().filter(|entry| {
        entry.as_ref().unwrap().file_name().to_string_lossy().starts_with("canary")
    });
    assert_eq!(canaries.count(), 0);
    assert_eq!(counts.len(), FORMS.len(), "every form was tried");
    assert!(all.len() * 2 > asked, "{counts:?}");
}

#[test]
fn no_directive_breaks_out_of_its_comment() {
    let workspace = Workspace::new();
    let folder = workspace.path();
    let header =
        "#!/bin/bash\n#SBATCH --nodes=1\n#SBATCH --partition=p  # c\npython3 -m app.main m.j=2\n";
    let pieces = proptest::collection::vec(proptest::sample::select(PIECES.to_vec()), 1..4);
    let mut runner = runner();
    let mut written = 0;
    for _ in 0..cases() / 5 {
        let value = pieces.new_tree(&mut runner).unwrap().current().concat();
        let value = Value::Str(value.replace("CANARY", &format!("canary-{written}")));
        let source = Source::new("job.slurm", header);
        for name in ["partition", "constraint", "nodelist"] {
            let Ok(edits) = edit_directives(&source, &[(name, &value)]) else { continue };
            let text = apply_edits(header, &edits).unwrap();
            fs::write(folder.join(format!("{written}.sh")), text).unwrap();
            written += 1;
        }
    }
    run_all(folder);
    for number in 0..written {
        assert!(!folder.join(format!("canary-{number}")).exists());
        assert_eq!(arguments(folder, number), ["-m", "app.main", "m.j=2", "\u{1}"]);
    }
    assert!(written > 0);
}
