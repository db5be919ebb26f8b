//! `hydrule check --fix`: what is mended, and what is left alone.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::Value as Json;

use crate::support::{Run, Workspace, root, snapshot};

const VERL: &str = "python3 -m verl.trainer.main_ppo algorithm.adv_estimator=grpo \
    data.train_batch_size=1024 actor_rollout_ref.rollout.n=8 \
    actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=8 \
    actor_rollout_ref.ref.log_prob_micro_batch_size_per_gpu=8 trainer.n_gpus_per_node=8";
const MICRO: &str = "actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu";
const MINI: &str = "actor_rollout_ref.actor.ppo_mini_batch_size";

/// Fixes a script; returns the text that is left, and the output.
fn fix(script: &str, flags: &str) -> (String, String) {
    let workspace = Workspace::new();
    workspace.write("run.sh", script);
    let run = workspace.hydrule(&format!("check run.sh --fix {flags}")).run();
    let text = workspace.read("run.sh");
    sound(workspace.path(), "run.sh");
    let again = workspace.hydrule(&format!("check run.sh --fix {flags}")).run();
    assert_eq!((&workspace.read("run.sh"), again.code), (&text, run.code), "{}", again.shown());
    assert!(!again.err.contains("Wrote"), "{}", again.shown());
    (text, run.shown())
}

/// Checks that bash reads a file.
fn sound(folder: &Path, name: &str) {
    let bash = Run::program("bash").arg("-n").arg(name).at(folder).run();
    assert_eq!(bash.code, 0, "{name}: {}", bash.err);
}

#[test]
fn what_was_plainly_meant_is_made() {
    for (before, after) in [
        // Blanks behind a backslash, in the middle and at the end.
        ("P a.b=1 \\ \n  c.d=2\n", "P a.b=1 \\\n  c.d=2\n"),
        ("P a.b=1 \\\t \n  c.d=2 \\\n  e.f=3\n", "P a.b=1 \\\n  c.d=2 \\\n  e.f=3\n"),
        ("P a.b=1 \\ \necho done\n", "P a.b=1\necho done\n"),
        ("P a.b=1 \\  # why\necho\n", "P a.b=1 # why\necho\n"),
        (
            "A=(\n  a.b=1 \\ \n  c.d=2\n)\nP \"${A[@]}\"\n",
            "A=(\n  a.b=1\n  c.d=2\n)\nP \"${A[@]}\"\n",
        ),
        // Empty lines and comments inside a command.
        ("P a.b=1 \\\n\n\n  c.d=2\n", "P a.b=1 \\\n  c.d=2\n"),
        (
            "if :; then\n  P a.b=1 \\\n    # why\n\n    # so\n    c.d=2\nfi\n",
            "if :; then\n  # why\n  # so\n  P a.b=1 \\\n    c.d=2\nfi\n",
        ),
        (
            "X=1 \\\nP a.b=1 \\\n  # why\n  c.d=2 \"$@\"\n",
            "# why\nX=1 \\\nP a.b=1 \\\n  c.d=2 \"$@\"\n",
        ),
        // The ends of Windows.
        ("P a.b=1\r\n", "P a.b=1\n"),
        ("P a.b=1\r\necho\r\nP c.d=2 c.d=3\r\n", "P a.b=1\necho\r\nP c.d=3\n"),
        ("P a.b=1 \\\r\n  c.d=2\r\necho\r\n", "P a.b=1 \\\n  c.d=2\necho\n"),
        // Overrides that are replaced, as words, in quotes, in arrays.
        ("P a.b=1 c.d=2 a.b=3\n", "P c.d=2 a.b=3\n"),
        ("P \\\n  'a.b=x y' \\\n  c.d=2 \\\n  a.b='[1,2]'\n", "P \\\n  c.d=2 \\\n  a.b='[1,2]'\n"),
        ("A=(a.b=1\n  \"c.d=2\")\nP \"${A[@]}\" c.d=3\n", "A=(a.b=1\n  )\nP \"${A[@]}\" c.d=3\n"),
        ("P a.b=1 a.b=2 a.b=3\n", "P a.b=3\n"),
        // Both at once.
        ("P a.b=1 a.b=2 \\ \necho\n", "P a.b=2\necho\n"),
        // Comments that ignore nothing.
        ("# hydrule: ignore[repeated-key]\nP a.b=1\n", "P a.b=1\n"),
        ("P a.b=1  # hydrule: ignore[repeated-key] why\n", "P a.b=1\n"),
        (
            "P a.b=1 a.b=2 # hydrule: ignore[stray-brace, repeated-key, two-names] why\n",
            "P a.b=1 a.b=2 # hydrule: ignore[repeated-key] why\n",
        ),
        ("P a.b=1 # hydrule: ignore[stray-brace, repeated-key]\n", "P a.b=1\n"),
    ] {
        let (before, after) =
            (before.replace('P', "python3 -m my.app"), after.replace('P', "python3 -m my.app"));
        let (text, output) = fix(&before, "");
        assert_eq!(text, after, "{output}");
        assert!(output.starts_with("exit code 0"), "{output}");
    }
}

#[test]
fn what_may_not_be_meant_is_made_only_when_asked() {
    for (before, after) in [
        ("P a.b=1\n  c.d=2\n", "P a.b=1 \\\n  c.d=2\n"),
        ("P a.b=1 # why \\\n  c.d=2\n", "# why\nP a.b=1 \\\n  c.d=2\n"),
        ("P a.b=x}\n", "P a.b=x\n"),
        ("X=\"a}\"\nP a.b=$X\nP c.d=$X\n", "X=\"a\"\nP a.b=$X\nP c.d=$X\n"),
        ("P a.b=1 +a.b=2\n", "P +a.b=2\n"),
        ("P 'a.b={x:1}' 'a.b={y:1}'\n", "P 'a.b={y:1}'\n"),
        // The override that comes to light makes one without effect.
        ("P a.b=1 \\\n\n  a.b=2\n", "P \\\n  a.b=2\n"),
        ("P a.b=1 \\\r\n  c.d=2\n", "P a.b=1 \\\n  c.d=2\n"),
        ("# hydrule: ignore[mini-batch-divides-train-batch]\nP a.b=1\n", "P a.b=1\n"),
    ] {
        let (before, after) =
            (before.replace('P', "python3 -m my.app"), after.replace('P', "python3 -m my.app"));
        let (text, output) = fix(&before, "");
        assert_eq!(text, before, "{output}");
        assert!(
            output.contains("with --unsafe-fixes") || output.contains("--fix --unsafe-fixes"),
            "{output}"
        );
        let (text, output) = fix(&before, "--unsafe-fixes");
        assert_eq!(text, after, "{output}");
        assert!(output.starts_with("exit code 0"), "{output}");
    }
}

#[test]
fn what_cannot_be_mended_alone_is_left() {
    for script in [
        // The earlier one counts elsewhere.
        "A=(a.b=1)\nP \"${A[@]}\" a.b=2\nP \"${A[@]}\"\n",
        // Another command reads the same.
        "A=(a.b=1 a.b=2)\nP \"${A[@]}\"\ncp \"${A[0]}\" log\n",
        "P a.b=1 a.b=2 # hydrule: ignore[repeated-key] on purpose\n",
        "P 'a.b={x:1'\n",
        "cat <<EOF\nP a.b=1 a.b=2 \\ \nEOF\nP a.b=1\n",
    ] {
        let script = script.replace('P', "python3 -m my.app");
        let (text, output) = fix(&script, "--unsafe-fixes");
        assert_eq!(text, script, "{output}");
        assert!(!output.contains("[*]") && !output.contains("fix:"), "{output}");
    }
}

#[test]
fn requirements_are_repaired_where_the_value_lives() {
    let with = |rest: &str| rest.replace('P', VERL);
    for (before, after, flags) in [
        (format!("M=7\nP {MICRO}=$M {MINI}=64\n"), format!("M=4\nP {MICRO}=$M {MINI}=64\n"), ""),
        (format!("P {MINI}=64 \"{MICRO}=7\"\n"), format!("P {MINI}=64 \"{MICRO}=4\"\n"), ""),
        (
            format!("A=(\n  {MICRO}=${{M:-7}}\n)\nP \"${{A[@]}}\" {MINI}=64\n"),
            format!("A=(\n  {MICRO}=${{M:-4}}\n)\nP \"${{A[@]}}\" {MINI}=64\n"),
            "",
        ),
        // The variable is right for the other launch, which stays as it is.
        (
            format!(
                "M=7\nP {MICRO}=$M {MINI}=64\nP {MICRO}=$M {MINI}=56 trainer.n_gpus_per_node=8\n"
            ),
            String::new(),
            "",
        ),
        // What is trained changes: the mini batch.
        (format!("P {MINI}=65 {MICRO}=1\n"), format!("P {MINI}=64 {MICRO}=1\n"), "--unsafe-fixes"),
    ] {
        let (before, after) = (with(&before), with(&after));
        if !flags.is_empty() {
            assert_eq!(fix(&before, "").0, before);
        }
        let (text, output) = fix(&before, flags);
        if after.is_empty() {
            let (old, new): (Vec<&str>, Vec<&str>) =
                (before.lines().collect(), text.lines().collect());
            assert_eq!((old[0], old[2]), (new[0], new[2]), "{output}");
            assert!(new[1].contains(&format!("{MICRO}=4")), "{text}");
        } else {
            assert_eq!(text, after, "{output}");
        }
    }
}

/// The repairs of many launches are looked for together.
#[test]
fn each_of_many_launches_is_repaired_as_if_it_were_the_only_one() {
    let alike = (0..24).map(|at| format!("{VERL} {MINI}=64 {MICRO}={} x.seed={at}\n", 3 + at % 5));
    let twice = format!("N=7\n{VERL} {MINI}=64 {MICRO}=$N\n{VERL} {MINI}=56 {MICRO}=$N\n");
    let looped = format!("for x in 1 2; do\n  {VERL} {MINI}=64 {MICRO}=7 x.seed=$x\ndone\n");
    let parts: Vec<String> = alike.chain([twice, looped]).collect();
    let alone: Vec<String> = parts.iter().map(|it| fix(it, "").0).collect();
    assert!(parts.iter().zip(&alone).filter(|(before, after)| before != after).count() > 15);
    let (text, output) = fix(&parts.concat(), "");
    assert_eq!(text, alone.concat(), "{output}");
}

/// A fix of one launch says nothing of those of the others: some mend, some bring something else to light.
#[test]
fn a_fix_is_judged_by_its_own_launch() {
    let kinds = [
        "data.train_batch_size=64".to_owned(),
        format!("data.train_batch_size=60 {MINI}=30 trainer.n_gpus_per_node=8"),
        format!("{MINI}=64 {MICRO}=7 trainer.n_gpus_per_node=8 data.train_batch_size=1024"),
        format!("{MICRO}=3 {MINI}=65 {MICRO}=4"),
    ];
    let launches = |many: usize| -> Vec<String> {
        let all = (0..many).flat_map(|_| &kinds);
        all.map(|it| format!("python3 -m verl.trainer.main_ppo {it}\n")).collect()
    };
    let fixes = |script: &str| -> Vec<(u64, String, String)> {
        let workspace = Workspace::new();
        workspace.write("run.sh", script);
        let run = workspace.hydrule("check run.sh --output-format json").run();
        let data: Json =
            serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}", run.shown()));
        let of = |it: &Json| {
            let edits = it["fix"]["edits"].as_array().into_iter().flatten();
            let edits: Vec<&Json> = edits.map(|it| &it["content"]).collect();
            let fix = format!("{} {edits:?}", it["fix"]["applicability"]);
            (it["location"]["line"].as_u64().unwrap(), it["rule"].to_string(), fix)
        };
        data["findings"].as_array().unwrap().iter().map(of).collect()
    };
    let (one, many) = (launches(1), launches(9));
    let alone: Vec<_> = one.iter().map(|it| fixes(it)).collect();
    assert!(alone.concat().iter().filter(|it| it.2.contains("safe")).count() > 3, "{alone:#?}");
    let together = fixes(&many.concat());
    for (line, kind) in (1..).zip((0..9).flat_map(|_| &alone)) {
        let own = together.iter().filter(|it| it.0 == line).map(|it| (&it.1, &it.2));
        let kind: Vec<_> = kind.iter().map(|it| (&it.1, &it.2)).collect();
        assert_eq!(own.collect::<Vec<_>>(), kind, "line {line}");
    }
}

/// A repair that breaks something else is none, and a key of which two launches want different
/// values is given to each.
#[test]
fn scripts_that_start_one_another_are_mended_together() {
    let workspace = Workspace::new();
    workspace.write("run.sh", format!("{VERL} {MINI}=64 {MICRO}=$MICRO\n"));
    workspace
        .write("submit.slurm", "#!/bin/bash\n#SBATCH --gres=gpu:8\nexport MICRO=7\nbash run.sh\n");
    let run = workspace.hydrule("check --fix").run();
    assert_eq!(run.code, 0, "{}", run.shown());
    let written = workspace.read("run.sh");
    assert!(written.contains(&format!("{MICRO}=4")), "{written}");
    assert_eq!(workspace.launches("submit.slurm", &[]).len(), 1);
}

#[test]
fn only_what_counts_is_fixed() {
    let script = "python3 -m my.app a.b=1 a.b=2 c.d=1 c.d=2\n";
    let workspace = Workspace::new();
    workspace.write("run.sh", script);
    let line = "check run.sh --baseline known.json";
    workspace.hydrule(&format!("{line} --accept-new")).run();
    let known = workspace.hydrule(&format!("{line} --fix")).run();
    assert_eq!((known.code, workspace.read("run.sh").as_str()), (0, script), "{}", known.shown());
    let other = workspace.hydrule("check run.sh --fix --ignore repeated").run();
    assert_eq!((other.code, workspace.read("run.sh").as_str()), (0, script));
    workspace.write("run.sh", format!("{script}python3 -m my.app e.f=1 e.f=2\n"));
    let run = workspace.hydrule(&format!("{line} --fix")).run();
    assert_eq!(run.code, 0, "{}", run.shown());
    assert_eq!(workspace.read("run.sh"), format!("{script}python3 -m my.app e.f=2\n"));
}

#[test]
fn a_diff_is_shown_and_nothing_is_written() {
    let workspace = Workspace::new();
    let script = format!(
        "{VERL} \\\n  {MINI}=65 \\\n  {MICRO}=7 \\\n  trainer.nnodes=2 \\\n  trainer.nnodes=1\n"
    );
    workspace.write("jobs/a b.sh", &script).write("c.sh", "python3 -m my.app a.b=1 \\ \n  c.d=2\n");
    let run = workspace.hydrule("check --diff").run();
    assert_eq!((run.code, workspace.read("jobs/a b.sh")), (1, script));
    snapshot("check", "fix-diff", &run.shown());
    workspace.write("fix.diff", &run.out);
    let git = Run::program("git").args(["apply", "--check", "fix.diff"]).at(workspace.path()).run();
    assert_eq!(git.code, 0, "{}", git.err);
    let all = workspace.hydrule("check --diff --unsafe-fixes").run();
    assert!(all.out.contains(&format!("+  {MINI}=64")), "{}", all.out);
    let fixed = workspace.hydrule("check --fix").run();
    assert_eq!(fixed.code, 1, "{}", fixed.shown());
    snapshot("check", "fix", &fixed.shown());
    assert_eq!(workspace.hydrule("check --diff").run().code, 0);
    // One transaction for all files.
    let undo = workspace.hydrule("undo --write").run();
    assert!(undo.err.contains("Wrote 2 files"), "{}", undo.shown());
    assert_eq!(workspace.hydrule("check --diff").run().out, run.out);
}

#[test]
fn fixes_are_offered_to_people_and_programs() {
    let workspace = Workspace::new();
    let script =
        format!("X=65\n{VERL} \\\n  {MINI}=$X \\\n  {MICRO}=7\npython3 -m my.app a.b=1 \\ \n");
    workspace.write("run.sh", script);
    let shown = workspace.hydrule("check run.sh").run();
    snapshot("check", "fixable", &shown.shown());
    let concise = workspace.hydrule("check run.sh --output-format concise").run();
    assert_eq!(concise.out.matches("] [*] ").count(), 2, "{}", concise.out);
    let concise = workspace.hydrule("check run.sh --output-format concise --unsafe-fixes").run();
    assert_eq!(concise.out.matches("] [*] ").count(), 3, "{}", concise.out);
    let json = |line: &str| -> Json {
        let run = workspace.hydrule(line).run();
        serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}", run.shown()))
    };
    let data = json("check run.sh --output-format json");
    let fixes: Vec<&Json> =
        data["findings"].as_array().unwrap().iter().map(|it| &it["fix"]).collect();
    let of = |what: &str| fixes.iter().filter(|it| it["applicability"] == what).count();
    assert_eq!((of("safe"), of("unsafe")), (2, 1), "{data:#}");
    let edit = &fixes.iter().find(|it| it["applicability"] == "unsafe").unwrap()["edits"][0];
    assert_eq!((&edit["file"], &edit["content"]), (&Json::from("run.sh"), &Json::from("64")));
    assert_eq!(
        (&edit["location"]["line"], &edit["location"]["column"]),
        (&Json::from(1), &Json::from(3))
    );
    let sarif = json("check run.sh --output-format sarif");
    let fixes = sarif.pointer("/runs/0/results").unwrap().as_array().unwrap().iter();
    let fixes: Vec<&Json> = fixes.filter_map(|it| it.pointer("/fixes/0")).collect();
    assert_eq!(fixes.len(), 3);
    let change = fixes.iter().find_map(|it| {
        it["description"]["text"]
            .as_str()
            .unwrap()
            .contains("64")
            .then(|| &it["artifactChanges"][0])
    });
    let change = change.unwrap();
    assert_eq!(change["artifactLocation"]["uri"], "run.sh");
    assert_eq!(change["replacements"][0]["insertedContent"]["text"], "64");
    assert_eq!(change["replacements"][0]["deletedRegion"]["endColumn"], 5);
    let fixed = json("check run.sh --fix --unsafe-fixes --output-format json");
    assert_eq!(fixed["fixed"].as_array().unwrap().len(), 3, "{fixed:#}");
}

#[test]
fn exit_codes_tell_what_was_done() {
    let workspace = Workspace::new();
    let code = |line: &str| {
        workspace.write("run.sh", "python3 -m my.app a.b=1 a.b=2\n");
        workspace.hydrule(line).run().code
    };
    assert_eq!(code("check run.sh --fix"), 0);
    assert_eq!(code("check run.sh --fix --exit-non-zero-on-fix"), 1);
    assert_eq!(code("check run.sh --exit-non-zero-on-fix --exit-zero --fix"), 0);
    assert_eq!(code("check run.sh --diff"), 1);
    assert_eq!(code("check run.sh --diff --exit-zero"), 0);
    assert_eq!(code("check run.sh --baseline b.json --accept-new --fix"), 2);
    workspace.write("run.sh", "python3 -m my.app a.b=1\n");
    assert_eq!(workspace.hydrule("check run.sh --fix --exit-non-zero-on-fix").run().code, 0);
}

/// Where one file cannot be written, none is.
#[test]
fn a_read_only_file_keeps_all_files_as_they_are() {
    let workspace = Workspace::new();
    let script = "python3 -m my.app a.b=1 a.b=2\n";
    workspace.write("a.sh", script).write("b.sh", script);
    let path = workspace.path().join("b.sh");
    fs::set_permissions(&path, Permissions::from_mode(0o444)).unwrap();
    let run = workspace.hydrule("check --fix").run();
    assert_eq!(run.code, 2, "{}", run.shown());
    assert!(run.err.contains("cannot write `b.sh`: it is read-only"), "{}", run.err);
    assert_eq!(
        (workspace.read("a.sh"), workspace.read("b.sh")),
        (script.to_owned(), script.to_owned())
    );
}

#[test]
fn commands_in_a_makefile_are_mended_where_make_passes_them_on() {
    let workspace = Workspace::new();
    workspace.write("Makefile", "train:\n\t@echo $(X)\n\tpython3 -m my.app a.b=1 a.b=2\n");
    let run = workspace.hydrule("check Makefile --fix").run();
    assert_eq!(run.code, 0, "{}", run.shown());
    assert_eq!(workspace.read("Makefile"), "train:\n\t@echo $(X)\n\tpython3 -m my.app a.b=2\n");
}

/// On scripts of every form: what is made is made once and for all, and bash reads what comes of it;
/// what is safe changes nothing that a launch gets but what a finding was about.
#[test]
fn scripts_of_every_form_stay_sound() {
    let workspace = Workspace::new();
    let mut number = 0;
    for form in fs::read_dir(root().join("tests/scripts/corpus")).unwrap() {
        let form = form.unwrap().path();
        for file in form.is_dir().then(|| fs::read_dir(&form).unwrap()).into_iter().flatten() {
            number += 1;
            let file = file.unwrap().path();
            if file.is_file() {
                workspace.write(&format!("{number}.sh"), fs::read(file).unwrap());
            }
        }
    }
    let readable =
        |name: &str| Run::program("bash").arg("-n").arg(name).at(workspace.path()).run().code == 0;
    let names = (1..=number).map(|it| format!("{it}.sh"));
    let names: Vec<String> = names.filter(|it| workspace.path().join(it).is_file()).collect();
    let before: Vec<bool> = names.iter().map(|it| readable(it)).collect();
    let line = "check --fix --unsafe-fixes --allow-empty --output-format json";
    let first: Json = serde_json::from_str(&workspace.hydrule(line).run().out).unwrap();
    assert!(first["fixed"].as_array().unwrap().len() >= 5, "{:#}", first["fixed"]);
    let again: Json = serde_json::from_str(&workspace.hydrule(line).run().out).unwrap();
    assert_eq!(again["fixed"], Json::Array(Vec::new()));
    assert_eq!(again["findings"], first["findings"]);
    for (name, before) in names.iter().zip(before) {
        assert!(readable(name) || !before, "{name}");
    }
}

#[test]
fn a_script_from_standard_input_is_checked_by_its_name() {
    let workspace = Workspace::new();
    workspace.write("jobs/hydrule.toml", "pins = [\"a.b\"]\n");
    let script = "python3 -m my.app a.b=1 a.b=2 c.d=x}\n";
    let run = |line: &str| workspace.hydrule(line).input(script).run();
    let found = run("check - --output-format concise");
    assert_eq!(found.code, 1, "{}", found.shown());
    assert!(found.out.starts_with("-:1:19: warning[repeated-key] [*] "), "{}", found.out);
    let fixed = run("check - --fix --output-format concise");
    assert_eq!((fixed.code, fixed.out.as_str()), (1, "python3 -m my.app a.b=2 c.d=x}\n"));
    assert!(fixed.err.contains("-:1:30: error[stray-brace]"), "{}", fixed.err);
    assert!(fixed.err.contains("(1 fixed, 1 remaining) in 1 file."), "{}", fixed.err);
    let named = run("check - --stdin-filename jobs/run.sh --diff --unsafe-fixes");
    assert_eq!(named.code, 1, "{}", named.shown());
    assert!(named.out.starts_with("diff --git a/jobs/run.sh b/jobs/run.sh\n"), "{}", named.out);
    assert!(!workspace.path().join("jobs/run.sh").exists());
    let broken = workspace.hydrule("check - --fix").input("python3 -m my.app a.b=1 (\n").run();
    assert_eq!((broken.code, broken.out.as_str()), (2, "python3 -m my.app a.b=1 (\n"));
    let none = workspace.hydrule("check - --fix --allow-empty").input("make\n").run();
    assert_eq!((none.code, none.out.as_str()), (0, "make\n"), "{}", none.shown());
    let out =
        "check - --stdin-filename old/run.sh --exclude old/ --force-exclude --fix --allow-empty";
    assert_eq!((run(out).code, run(out).out.as_str()), (0, script));
    for line in ["check - run.sh", "check --stdin-filename run.sh"] {
        assert_eq!(run(line).code, 2, "{line}");
    }
}
