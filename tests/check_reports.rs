//! `hydrule check`: how what is found is told.

use serde_json::Value as Json;

use crate::support::{Workspace, snapshot};

#[test]
fn findings_are_drawn_for_people() {
    let workspace = Workspace::new();
    workspace.write(
        "run.sh",
        "#!/bin/bash\n##SBATCH --mem=64G\npython3 -m verl.trainer.main_ppo \\\n    \
         algorithm.adv_estimator=grpo \\\n    data.train_batch_size=1000 \\\n    \
         actor_rollout_ref.actor.ppo_mini_batch_size=256 \\\n    \
         actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu=8 \\\n    \
         actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=8 \\\n    \
         actor_rollout_ref.ref.log_prob_micro_batch_size_per_gpu=8 \\\n    \
         trainer.experiment_name=${NAME}} \\\n    trainer.nnodes=1 \"$@\" \\\n    # eight\n    \
         trainer.n_gpus_per_node=8 \\\n    trainer.nnodes=2\n",
    );
    snapshot("check", "people", &workspace.hydrule("check run.sh").run().shown());
    snapshot(
        "check",
        "plain",
        &workspace.hydrule("check run.sh").env("NO_GRAPHICS", "1").run().shown(),
    );
    let missing = workspace.hydrule("check run.sh gone.sh").run();
    assert_eq!(missing.code, 2);
    workspace.write("clean.sh", "python3 -m my.app a.b=1\n");
    let clean = workspace.hydrule("check clean.sh --pack verl").run();
    let said = "Nothing found in 1 file.\n! No requirement was checked: the pack verl does not \
                know `my.app`.\n";
    assert_eq!((clean.code, clean.err.as_str()), (0, said));
}

#[test]
fn findings_name_the_page_of_their_rule_where_the_pack_has_such_pages() {
    let pack = |docs: &str| {
        format!(
            "name = \"team\"\nversion = \"1.0.0\"\ndescription = \"ours\"\nextend = [\"verl\"]\n{docs}\n[[require]]\nid = \"small\"\nholds = 'data.train_batch_size < 10'\nfails_at = \"once\"\nmessage = \"too large\"\n"
        )
    };
    let workspace = Workspace::new();
    workspace.write("run.sh", "python3 -m verl.trainer.main_ppo data.train_batch_size=100\n");
    let pages = |docs: &str| -> Vec<(String, Json)> {
        workspace.write("team/pack.toml", pack(docs));
        let run = workspace.hydrule("check run.sh --pack team --output-format sarif").run();
        let report: Json =
            serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}", run.shown()));
        let rules = report["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap().clone();
        let page = |it: &Json| (it["id"].as_str().unwrap().to_owned(), it["helpUri"].clone());
        rules.iter().map(page).collect()
    };
    // The rules of the pack that it extends are another's.
    let found = pages("docs = \"https://wiki.example.org/rules/{rule}.html\"");
    let verls = ("mini-batch-divides-train-batch".to_owned(), Json::Null);
    assert!(found.contains(&verls), "{found:?}");
    assert!(
        found.contains(&("small".to_owned(), "https://wiki.example.org/rules/small.html".into()))
    );
    let one = workspace.hydrule("rule small --pack team").run();
    assert!(one.out.contains("https://wiki.example.org/rules/small.html"), "{}", one.out);
    assert!(pages("").contains(&("small".to_owned(), Json::Null)));
    for wrong in ["https://example.org", "wiki/{rule}", "https://a b/{rule}", ""] {
        workspace.write("team/pack.toml", pack(&format!("docs = {wrong:?}")));
        let run = workspace.hydrule("check run.sh --pack team").run();
        assert_eq!(run.code, 2, "{wrong}: {}", run.shown());
        assert!(run.err.contains("is no address of a rule's page"), "{wrong}: {}", run.err);
    }
}

#[test]
fn sarif_tells_where_a_value_comes_from() {
    let workspace = Workspace::new();
    let script = "export X=\"[1,2\"\npython3 -m my.app a.b=$X\n";
    workspace.write("a dir/run é.sh", script);
    let sarif = |workspace: &Workspace| -> Json {
        let run = workspace.hydrule("check --output-format sarif").run();
        serde_json::from_str(&run.out).unwrap()
    };
    let data = sarif(&workspace);
    let result = &data["runs"][0]["results"][0];
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "a%20dir/run%20%C3%A9.sh");
    assert_eq!(place["region"]["startLine"], 1);
    let flow = result["codeFlows"][0]["threadFlows"][0]["locations"].as_array().unwrap();
    let lines: Vec<u64> = flow
        .iter()
        .map(|it| it["location"]["physicalLocation"]["region"]["startLine"].as_u64().unwrap())
        .collect();
    assert_eq!(lines, [1, 2, 2], "{result:#}");
    let print = result["partialFingerprints"]["hydruleFinding/v1"].clone();
    workspace.write("a dir/run é.sh", format!("#!/bin/bash\n# more\n{script}"));
    assert_eq!(
        sarif(&workspace)["runs"][0]["results"][0]["partialFingerprints"]["hydruleFinding/v1"],
        print
    );
    workspace.write("a dir/run é.sh", "python3 -m my.app a.b=1\n");
    assert_eq!(sarif(&workspace)["runs"][0]["results"], Json::Array(Vec::new()));
}

#[test]
fn junit_has_a_test_for_each_finding_and_each_file_without() {
    let workspace = Workspace::new();
    workspace.write("good.sh", "python3 -m my.app a.b=1\n");
    workspace.write("a&b.sh", "python3 -m my.app \\ \n    a.b='<1\u{7}>'\n");
    workspace.write("latin.sh", b"python3 -m my.app a.b=\xe9\n");
    let run = workspace.hydrule("check --output-format junit good.sh a&b.sh latin.sh").run();
    assert_eq!(run.code, 2);
    snapshot("check", "junit", &run.out);
}

/// A script with two findings of one rule, of which one can be mended, and a note.
const COUNTED: &str = "python3 -m my.app a.b=1 a.b=2 +c.d=1 +c.d={e:2} \"$@\"\n";

#[test]
fn findings_are_counted_by_rule() {
    let workspace = Workspace::new();
    workspace.write("run.sh", COUNTED).write("other.sh", COUNTED);
    let run = workspace.hydrule("check --statistics --quiet").run();
    assert_eq!((run.code, run.err.as_str()), (1, ""));
    let rows: Vec<Vec<&str>> =
        run.out.lines().map(|line| line.split_whitespace().take(3).collect()).collect();
    let data = workspace.hydrule("check --statistics --output-format json").run();
    let data: Json = serde_json::from_str(&data.out).unwrap();
    let counted = data["statistics"].as_array().unwrap();
    assert_eq!(counted.len(), rows.len());
    for (row, counted) in rows.iter().zip(counted) {
        assert_eq!(row[0], counted["count"].to_string());
        assert!(row.contains(&counted["rule"].as_str().unwrap()), "{row:?} {counted}");
    }
    let all = workspace.hydrule("check --output-format json").run();
    let all: Json = serde_json::from_str(&all.out).unwrap();
    let of = |rule: &Json, mended: bool| {
        let findings = all["findings"].as_array().unwrap().iter();
        let of = findings
            .filter(|it| it["rule"] == *rule && (!mended || it["fix"]["applicability"] == "safe"));
        Json::from(of.count())
    };
    for counted in counted {
        assert_eq!(counted["count"], of(&counted["rule"], false), "{counted}");
        assert_eq!(counted["fixable"], of(&counted["rule"], true), "{counted}");
    }
    assert!(rows.iter().any(|it| it[1] == "[+]" || it[1] == "[*]"), "{}", run.out);
    let refused = workspace.hydrule("check --statistics --output-format sarif").run();
    assert_eq!(refused.code, 2, "{}", refused.shown());
}

#[test]
fn gitlab_gets_an_issue_for_each_finding_with_a_mark_of_its_own() {
    let workspace = Workspace::new();
    workspace.write("jobs/run.sh", COUNTED);
    let issues = |above: &str| {
        workspace.write("jobs/run.sh", format!("{above}{COUNTED}{COUNTED}"));
        let run = workspace.hydrule("check ./jobs/run.sh --output-format gitlab").run();
        assert_eq!(run.code, 1, "{}", run.shown());
        let issues: Vec<Json> = serde_json::from_str(&run.out).unwrap();
        issues
    };
    let (issues, moved) = (issues(""), issues("\n\n\n"));
    let prints = |all: &[Json]| -> Vec<String> {
        all.iter().map(|it| it["fingerprint"].as_str().unwrap().to_owned()).collect()
    };
    assert!(issues.len() >= 4);
    assert_eq!(prints(&issues), prints(&moved));
    let single: std::collections::BTreeSet<String> = prints(&issues).into_iter().collect();
    assert_eq!(single.len(), issues.len());
    for (issue, moved) in issues.iter().zip(&moved) {
        let line = |it: &Json| it["location"]["lines"]["begin"].as_u64().unwrap();
        assert_eq!(
            (&issue["location"]["path"], line(moved) - line(issue)),
            (&"jobs/run.sh".into(), 3)
        );
        let severity = issue["severity"].as_str().unwrap();
        assert!(["info", "minor", "major"].contains(&severity), "{issue}");
    }
}

#[test]
fn a_quiet_run_tells_what_is_found_what_is_wrong_and_what_is_written() {
    let workspace = Workspace::new();
    workspace.write("run.sh", COUNTED);
    let loud = workspace.hydrule("check run.sh").run();
    let quiet = workspace.hydrule("check run.sh -q").run();
    assert_eq!((quiet.code, &quiet.out, quiet.err.as_str()), (1, &loud.out, ""));
    assert!(!loud.err.is_empty());
    let gone = workspace.hydrule("-q check gone.sh").run();
    assert!(gone.code == 2 && gone.err.contains("gone.sh"), "{}", gone.shown());
    let beside = workspace.hydrule("check - --fix -q").input(COUNTED).run();
    assert!(beside.err.contains("c.d") && !beside.err.contains("fixed"), "{}", beside.shown());
    let fixed = workspace.hydrule("check run.sh --fix -q").run();
    assert!(fixed.err.contains("Wrote 1 file: run.sh."), "{}", fixed.shown());
    assert_eq!(fixed.err.lines().count(), 1, "{}", fixed.shown());
}
