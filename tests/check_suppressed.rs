//! `hydrule check`: what is let be, by comments and by a baseline.

use serde_json::Value as Json;

use crate::check_files::project;
use crate::support::Workspace;

/// Returns the rules found, in order, and how many findings comments took out.
fn found(workspace: &Workspace, line: &str) -> (Vec<String>, u64) {
    let run = workspace.hydrule(&format!("{line} --output-format json")).run();
    let data: Json = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}", run.err));
    let rules = data["findings"].as_array().unwrap().iter().filter(|it| it["level"] != "note");
    let rules = rules.map(|it| it["rule"].as_str().unwrap().to_owned()).collect();
    (rules, data["suppressed"].as_u64().unwrap())
}

#[test]
fn comments_take_findings_out_where_bash_allows_them() {
    let gone = [
        "python3 -m my.app a.b=1 a.b=2 # hydrule: ignore[repeated-key] on purpose\n",
        "# hydrule: ignore[repeated-key]\n\n# why\npython3 -m my.app a.b=1 a.b=2\n",
        // Inside the command no comment may stand.
        "# hydrule: ignore[repeated-key]\npython3 -m my.app \\\n  a.b=1 \\\n  c.d=1 \\\n  a.b=2\n",
        "python3 -m my.app \\\n  a.b=1 \\\n  a.b=2 \\\n  c.d=1 # hydrule: ignore[repeated-key]\n",
        "A=(\n  a.b=1 # hydrule: ignore[two-names,repeated-key] why\n  a.b=2\n)\npython3 -m my.app \"${A[@]}\"\n",
        "A=(\n  a.b=1\n  # hydrule: ignore[repeated-key]\n  a.b=2\n)\npython3 -m my.app \"${A[@]}\"\n",
    ];
    for script in gone {
        let workspace = Workspace::new();
        workspace.write("run.sh", script);
        let (rules, suppressed) = found(&workspace, "check run.sh --ignore unused-suppression");
        assert_eq!((rules, suppressed), (vec![], 1), "{script}");
    }
    let kept = [
        ("# hydrule: ignore[repeated-key]\necho\npython3 -m my.app a.b=1 a.b=2\n", 2),
        ("# hydrule: ignore[stray-brace]\npython3 -m my.app a.b=1 a.b=2\n", 2),
        ("# hydrule: ignore[*]\npython3 -m my.app a.b=1 a.b=2\n", 2),
    ];
    for (script, count) in kept {
        let workspace = Workspace::new();
        workspace.write("run.sh", script);
        let (rules, suppressed) = found(&workspace, "check run.sh");
        assert!(rules.contains(&"repeated-key".to_owned()), "{script}: {rules:?}");
        assert_eq!((rules.len(), suppressed), (count, 0), "{script}: {rules:?}");
    }
}

#[test]
fn a_comment_that_names_no_rule_is_told_which_one_is_meant() {
    let workspace = Workspace::new();
    let line = "python3 -m my.app a.b=1 a.b=2 # hydrule: ignore[";
    for (rule, help) in [
        ("repeted-key", "did you mean `repeated-key`?"),
        ("stray-brace", "take it out of the comment"),
        ("something-else", "take it out of the comment"),
    ] {
        workspace.write("run.sh", format!("{line}{rule}]\n"));
        let told = workspace.hydrule("check run.sh").run().shown();
        assert!(told.contains(help), "{rule}: {told}");
    }
}

#[test]
fn a_comment_that_ignores_nothing_is_found() {
    let workspace = Workspace::new();
    workspace.write(
        "run.sh",
        "# hydrule: ignore[repeated-key, stray-brace] why\npython3 -m my.app a.b=1 a.b=2\n\
         # hydrule: ignore everything\n",
    );
    let run = workspace.hydrule("check run.sh").run();
    assert_eq!(run.code, 1);
    for part in [
        "`stray-brace` finds nothing here",
        "run.sh:1:33",
        "`ignore` names no rule",
        "2 warnings in 1 file (1 suppressed).",
    ] {
        assert!(run.shown().contains(part), "{part}: {}", run.shown());
    }
    // A rule that does not count has nothing to find.
    let line = "check run.sh --ignore stray-brace,unknown-comment";
    assert_eq!(found(&workspace, line), (vec![], 1));
}

/// Lines move; rule, key and launch stay.
#[test]
fn a_baseline_knows_findings_by_what_they_are() {
    let workspace = project();
    let line = "check jobs --baseline known.json";
    let missing = workspace.hydrule(line).run();
    assert_eq!(missing.code, 2, "{}", missing.err);
    assert_eq!(workspace.hydrule(&format!("{line} --accept-new")).run().code, 0);
    assert_eq!(workspace.hydrule(line).run().code, 0);
    let old = workspace.read("jobs/a.sh");
    workspace.write("jobs/a.sh", old.replace("python3", "echo\necho\npython3"));
    assert_eq!(workspace.hydrule(line).run().code, 0);
    workspace.write("jobs/a.sh", format!("{old}python3 -m my.app a.b=3 a.b=4 x.y=1 x.y=2\n"));
    let more = workspace.hydrule(&format!("{line} --output-format json")).run();
    let data: Json = serde_json::from_str(&more.out).unwrap();
    let keys: Vec<&str> =
        data["findings"].as_array().unwrap().iter().map(|it| it["key"].as_str().unwrap()).collect();
    assert_eq!((keys, &data["known"]), (vec!["a.b", "x.y"], &Json::from(2)), "{data:#}");
    workspace.write("jobs/a.sh", "python3 -m my.app a.b=1\n");
    let stale = workspace.hydrule(line).run();
    assert_eq!(stale.code, 0);
    let told = "! The baseline knows what is no more found: jobs/a.sh: repeated-key of `a.b`.\n";
    assert!(stale.err.starts_with(told), "{}", stale.err);
    assert!(stale.err.contains("3 files (1 in the baseline)"), "{}", stale.err);
    // What was not looked at is neither stale nor forgotten.
    let part = workspace.hydrule("check jobs/deep --baseline known.json --accept-new").run();
    assert_eq!(part.code, 0);
    assert!(!part.err.contains("no more"), "{}", part.err);
    assert!(workspace.read("known.json").contains("jobs/a.sh"));
    workspace.hydrule(&format!("{line} --accept-new")).run();
    assert!(!workspace.read("known.json").contains("jobs/a.sh"));
    workspace.write("known.json", "{}");
    assert_eq!(workspace.hydrule(line).run().code, 2);
}
