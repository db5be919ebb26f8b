//! Commands inside Makefiles and GitHub workflows: changed where they are simple, else refused.

use crate::support::{Output, Workspace};

fn set(name: &str, text: &str, words: &[&str]) -> (Output, String) {
    let workspace = Workspace::new();
    let path = workspace.path().join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, text).unwrap();
    let run = workspace.hydrule(&format!("set {name} --write")).args(words).run();
    let now = workspace.read(name);
    if run.code == 0 {
        let shown = workspace.hydrule(&format!("show {name}")).run();
        for word in words.iter().filter(|word| !word.starts_with('~')) {
            let key = word.split('=').next().unwrap();
            assert!(shown.out.contains(key), "{}", shown.out);
        }
    }
    (run, now)
}

const MAKEFILE: &str = "PY = python3\nARGS = a.b=$(N)\n\n.PHONY: train\ntrain: data\n\t@python3 -m my.app a.b=1 \\\n\t    c.d=2\n\techo a.b=1\n\neval:\n\t$(PY) -m my.app a.b=3\n";

const WORKFLOW: &str = "name: a.b=1\non: push\njobs:\n  train:\n    steps:\n      - uses: x\n      - name: run a.b=1\n        run: |\n          set -e\n          python3 -m my.app a.b=1 \\\n            c.d=2\n      - run: echo ${{ a.b }}\n";

#[test]
fn simple_commands_are_changed_in_place() {
    let cases = [
        ("Makefile", MAKEFILE, "a.b=5", "app a.b=1 \\", "app a.b=5 \\"),
        ("rules.mk", MAKEFILE, "e.f=5", "    c.d=2\n", "    c.d=2 \\\n\t    e.f=5\n"),
        (".github/workflows/ci.yml", WORKFLOW, "a.b=5", "app a.b=1 \\", "app a.b=5 \\"),
        (
            ".github/workflows/ci.yml",
            WORKFLOW,
            "e.f=x y",
            "            c.d=2\n",
            "            c.d=2 \\\n            'e.f=x y'\n",
        ),
        (
            ".github/workflows/one.yaml",
            "jobs:\n  a:\n    steps:\n      - run: python3 -m my.app a.b=1\n",
            "a.b=5",
            "a.b=1",
            "a.b=5",
        ),
    ];
    for (name, text, word, old, new) in cases {
        let (run, now) = set(name, text, &[word]);
        assert_eq!(run.code, 0, "{name}: {}", run.err);
        assert_eq!(now, text.replacen(old, new, 1), "{name}");
    }
}

#[test]
fn what_the_host_expands_is_refused() {
    let one = "jobs:\n  a:\n    steps:\n      - run: python3 -m my.app a.b=1\n";
    let cases = [
        ("Makefile", "train:\n\tpython3 -m my.app a.b=$(N)\n", "a.b=5", "is a Makefile"),
        (
            "Makefile",
            "train:\n\tpython3 -m my.app a.b=$$N \\\n\t  c.d=1\n",
            "c.d=5",
            "is a Makefile",
        ),
        ("Makefile", "A = python3 -m my.app a.b=1\n", "a.b=5", "is a Makefile"),
        ("Makefile", MAKEFILE, "a.b=$x", "`$` is expanded before the shell sees it"),
        (
            ".github/workflows/ci.yml",
            "jobs:\n  a:\n    steps:\n      - run: |\n          python3 -m my.app a.b=${{ n }}\n",
            "a.b=5",
            "is a GitHub workflow",
        ),
        (
            ".github/workflows/ci.yml",
            "jobs:\n  a:\n    steps:\n      - run: >\n          python3 -m my.app\n          a.b=1\n",
            "a.b=5",
            "is a GitHub workflow",
        ),
        (".github/workflows/ci.yml", one, "e.f=x: y", "the file's own syntax"),
        (".github/workflows/ci.yml", one, "e.f='x #y'", "the file's own syntax"),
    ];
    for (name, text, word, message) in cases {
        let (run, now) = set(name, text, &[word]);
        assert_eq!(run.code, 2, "{name} {word}: {}{}", run.out, run.err);
        assert!(run.err.contains(message), "{name} {word}: {}", run.err);
        assert_eq!(now, text);
    }
}
