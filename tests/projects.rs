//! The configuration of a project, and the places where packs may be.

use std::fs;

use serde_json::Value as Json;

use crate::support::{SMALL, Workspace, snapshot};

const HEADER: &str = "launches = [\"app.train\"]\ntarget = \"app\"\n";

const RULES: &str = r#"
[param]
floor = { default = 1, help = "Not below this" }

[[option]]
id = "halve"
title = "Halve the size"
when = 'm.size > $param.floor'
rewrite = [{ set = 'm.size := it / 2', floor = '$param.floor' }]
relieves = ["update"]
changes = "nothing"
safety = "safe"
why = "less"
source = "a test"

[[require]]
id = "even"
holds = 'm.size % 2 == 0'
fails_at = "the start"
message = "{m.size} is odd"

[[default]]
of = "app"
source = "its configuration"
values = { "m.size" = 8 }
"#;

/// A repository: `rules/app` and `rules/other`, a job, and a configuration.
fn project(config: &str) -> Workspace {
    let workspace = Workspace::new();
    for (folder, name, launches) in [("app", "app", "app.train"), ("other", "other", "other.train")]
    {
        let pack = format!("{HEADER}{SMALL}{RULES}").replace("\"small\"", &format!("{name:?}"));
        let pack = pack.replace("app.train", launches);
        put(&workspace, &format!("rules/{folder}/pack.toml"), &pack);
    }
    put(&workspace, "jobs/run.sh", "python3 -m app.train m.size=16\n");
    put(&workspace, "hydrule.toml", config);
    workspace
}

fn put(workspace: &Workspace, name: &str, text: &str) {
    let path = workspace.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn rewrite(workspace: &Workspace, flags: &str) -> String {
    let line = format!("rewrite jobs/run.sh --fact oom.phase=update {flags}");
    workspace.hydrule(&line).run().shown()
}

const PACKS: &str = "packs = [\"rules/app\"]\n";

fn check(workspace: &Workspace, flags: &str) -> String {
    let line = format!("check jobs/run.sh --output-format concise {flags}");
    workspace.hydrule(&line).run().shown()
}

#[test]
fn the_project_tells_which_pack_a_program_is_of() {
    let both = "packs = [\"rules/app\", \"rules/other\"]\n[launches]\n";
    let odd = "acme-train m.size=3\n";
    // Without a word of the project nobody knows it.
    let workspace = project(both.trim_end_matches("[launches]\n"));
    put(&workspace, "jobs/run.sh", odd);
    assert!(check(&workspace, "").contains("knows `acme-train`"), "{}", check(&workspace, ""));
    put(&workspace, "hydrule.toml", &format!("{both}\"acme-*\" = \"other\"\n"));
    assert!(check(&workspace, "").contains("3 is odd"), "{}", check(&workspace, ""));
    assert!(workspace.hydrule("explain jobs/run.sh").run().out.contains("even"));
    // It counts before what packs say of themselves.
    let own = fs::read_to_string(workspace.path().join("rules/other/pack.toml")).unwrap();
    put(&workspace, "rules/other/pack.toml", &own.replace("is odd", "is uneven"));
    put(&workspace, "jobs/run.sh", "python3 -m app.train m.size=3\n");
    assert!(check(&workspace, "").contains("3 is odd"));
    put(&workspace, "hydrule.toml", &format!("{both}\"app.train\" = \"other\"\n"));
    assert!(check(&workspace, "").contains("3 is uneven"), "{}", check(&workspace, ""));
    assert!(workspace.hydrule("explain jobs/run.sh").run().out.contains("3 is uneven"));
    let config = workspace.hydrule("config jobs").run().out;
    assert!(config.contains("launches.app.train  other"), "{config}");
    put(&workspace, "hydrule.toml", &format!("{both}\"app.train\" = \"othr\"\n"));
    assert!(check(&workspace, "").contains("did you mean `other`?"), "{}", check(&workspace, ""));
    // Of the packs that ship.
    put(&workspace, "jobs/run.sh", "acme-train data.train_batch_size=100\n");
    put(&workspace, "hydrule.toml", "[launches]\n\"acme-*\" = \"verl\"\n");
    let found = check(&workspace, "");
    assert!(found.contains("mini-batch-divides-train-batch"), "{found}");
    assert_ne!(workspace.hydrule("rewrite jobs/run.sh").run().code, 2);
}

#[test]
fn a_folder_tells_of_which_pack_everything_below_it_is() {
    let two = "packs = [\"rules/app\", \"rules/other\"]\n[launches]\n";
    let workspace = project("");
    let own = fs::read_to_string(workspace.path().join("rules/other/pack.toml")).unwrap();
    put(&workspace, "rules/other/pack.toml", &own.replace("is odd", "is uneven"));
    let judged = |config: &str, path: &str, launch: &str| {
        put(&workspace, "hydrule.toml", &format!("{two}{config}\n"));
        put(&workspace, path, &format!("{launch} m.size=3\n"));
        let check = workspace.hydrule(&format!("check {path} --output-format concise")).run();
        let explain = workspace.hydrule(&format!("explain {path}")).run();
        fs::remove_file(workspace.path().join(path)).unwrap();
        let told = |text: &str| (text.contains("3 is odd"), text.contains("3 is uneven"));
        if told(&check.shown()) != (false, false) {
            assert_eq!(told(&check.shown()), told(&explain.shown()), "{}", explain.shown());
        }
        told(&check.shown())
    };
    let (odd, uneven, neither) = ((true, false), (false, true), (false, false));
    for (config, path, launch, expected) in [
        // By the script, whatever it runs.
        ("\"scripts/rl\" = \"other\"", "scripts/rl/run.sh", "acme-train", uneven),
        ("\"./scripts/rl/\" = \"other\"", "scripts/rl/deep/run.sh", "acme-train", uneven),
        ("\"scripts/rl\" = \"other\"", "scripts/rl/run.sh", "python3 -m app.train", uneven),
        ("\"scripts/rl\" = \"other\"", "scripts/rlhf/run.sh", "acme-train", neither),
        // By the program.
        ("\"scripts/rl\" = \"other\"", "jobs/a.sh", "python3 scripts/rl/train.py", uneven),
        ("\"scripts/rl\" = \"other\"", "jobs/a.sh", "python3 ./scripts/rl/train.py", uneven),
        ("\"scripts/rl\" = \"other\"", "jobs/a.sh", "python3 -m scripts.rl.train", uneven),
        ("\"jobs/rl\" = \"other\"", "jobs/a.sh", "python3 rl/train.py", uneven),
        ("\"scripts/rl\" = \"other\"", "jobs/a.sh", "python3 /x/scripts/rl/train.py", neither),
        // The longest counts.
        (
            "scripts = \"app\"\n\"scripts/rl\" = \"other\"",
            "scripts/rl/run.sh",
            "acme-train",
            uneven,
        ),
        ("scripts = \"app\"\n\"scripts/rl\" = \"other\"", "scripts/a.sh", "acme-train", odd),
        ("scripts = \"app\"\n\"acme-*\" = \"other\"", "scripts/a.sh", "acme-train", odd),
        ("s = \"app\"\n\"acme-*\" = \"other\"", "s/a.sh", "acme-train", uneven),
    ] {
        fs::create_dir_all(workspace.path().join("jobs/rl")).unwrap();
        assert_eq!(judged(config, path, launch), expected, "{config} {path} {launch}");
    }
}

#[test]
fn the_project_tells_how_arguments_are_read() {
    let workspace = project("");
    let own = fs::read_to_string(workspace.path().join("rules/other/pack.toml")).unwrap();
    put(&workspace, "rules/other/pack.toml", &format!("arguments = \"omegaconf\"\n{own}"));
    // OmegaConf reads YAML, Hydra knows no `#`.
    put(&workspace, "jobs/run.sh", "acme-train m.size=a#1\n");
    put(&workspace, "jobs/new.sh", "acme-train m.size=a#2\n");
    let lines = ["show jobs/run.sh", "diff jobs/run.sh jobs/new.sh", "set jobs/run.sh m.size=a#2"];
    let codes =
        |flags: &str| lines.map(|line| workspace.hydrule(&format!("{line} {flags}")).run().code);
    let two = "packs = [\"rules/app\", \"rules/other\"]\n[launches]\n\"jobs\" = \"other\"\n";
    put(&workspace, "hydrule.toml", two);
    let told = codes("");
    put(&workspace, "hydrule.toml", "packs = [\"rules/app\"]\n");
    assert_eq!((told, codes("")), ([0, 1, 1], [1, 2, 2]));
    put(&workspace, "hydrule.toml", two);
    assert_eq!(codes("--no-project"), [1, 2, 2]);
}

#[test]
fn the_cluster_bounds_what_a_job_takes() {
    let invariant = "[[invariant]]\nid = \"gpus\"\ntitle = \"GPUs\"\nvalue = 'm.size * m.nodes'\n[let]\nhost_memory = 'm.size * 1GiB'\n[[option]]\nid = \"grow\"\ntitle = \"Grow\"\nwhen = 'm.size < 100'\nrewrite = ['m.size := it * 2']\nrelieves = [\"update\"]\nchanges = \"hardware\"\nsafety = \"safe\"\nwhy = \"more\"\nsource = \"a test\"\n";
    let workspace = project(&format!("{PACKS}[cluster]\nmax_gpus = 40\n"));
    put(&workspace, "rules/app/more.toml", invariant);
    put(&workspace, "jobs/run.sh", "python3 -m app.train m.size=16 m.nodes=2\n");
    assert!(check(&workspace, "").starts_with("exit code 0"), "{}", check(&workspace, ""));
    let refused = rewrite(&workspace, "--only grow");
    let why = "the job takes 64 GPUs, the cluster has 40 (hydrule.toml:3)";
    assert!(refused.contains("cluster-gpus") && squeezed(&refused).contains(why), "{refused}");
    assert!(rewrite(&workspace, "--only grow --no-project --pack rules/app").contains("m.size=32"));
    // Where it has too many already, no step takes more, and one that takes less is welcome.
    put(&workspace, "jobs/run.sh", "python3 -m app.train m.size=32 m.nodes=2\n");
    let refused = rewrite(&workspace, "--only grow");
    let why = "cluster-gpus is broken already, and this takes more: the job takes 128 GPUs";
    assert!(squeezed(&refused).contains(why), "{refused}");
    let json = workspace
        .hydrule("rewrite jobs/run.sh --fact oom.phase=update --only grow --output-format json")
        .run();
    assert!(json.out.contains("\"kind\": \"worsens\""), "{}", json.out);
    assert!(rewrite(&workspace, "--only halve").contains("m.size=16"));
    put(
        &workspace,
        "jobs/run.sh",
        "#!/bin/bash\n#SBATCH --mem=64G\npython3 -m app.train m.size=48 m.nodes=1\n",
    );
    put(
        &workspace,
        "hydrule.toml",
        &format!("{PACKS}[cluster]\nmax_gpus = 8\nhost_memory = \"32GiB\"\n"),
    );
    let found = check(&workspace, "");
    for rule in ["cluster-gpus", "cluster-slurm-memory", "cluster-host-memory"] {
        assert!(found.contains(rule), "{rule}: {found}");
    }
    let config = workspace.hydrule("config jobs").run().out;
    assert!(config.contains("cluster.host_memory  32GiB"), "{config}");
    for wrong in [
        "max_gpus = 0",
        "max_gpus = \"8\"",
        "host_memory = \"32G\"",
        "host_memory = \"0GiB\"",
        "max_gpu = 8",
    ] {
        put(&workspace, "hydrule.toml", &format!("{PACKS}[cluster]\n{wrong}\n"));
        assert!(
            check(&workspace, "").starts_with("exit code 2"),
            "{wrong}: {}",
            check(&workspace, "")
        );
    }
}

/// A text with single blanks, however it is laid out.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_project_tells_pack_parameters_and_what_is_off() {
    let plain = project(PACKS);
    assert!(rewrite(&plain, "").contains("m.size=8"), "{}", rewrite(&plain, ""));
    let held = project(&format!("{PACKS}params = [\"floor=16\"]\n"));
    assert!(!rewrite(&held, "").contains("m.size=8"));
    // Flags count before it.
    assert!(rewrite(&held, "--param floor=4").contains("m.size=8"));
    assert!(rewrite(&held, "--no-project --pack rules/app").contains("m.size=8"));
    let off = project(&format!("{PACKS}[off]\nhalve = \"too slow here\"\n"));
    assert!(!rewrite(&off, "").contains("m.size=8"));
    let explained = off.hydrule("explain jobs/run.sh --fact oom.phase=update").run();
    assert!(explained.out.contains("too slow here"), "{}", explained.out);
    assert!(explained.out.contains("hydrule.toml:3"), "{}", explained.out);
}

#[test]
fn check_heeds_the_project() {
    let workspace = project(PACKS);
    put(&workspace, "jobs/run.sh", "python3 -m app.train m.size=15\n");
    assert_eq!(workspace.hydrule("check jobs/run.sh").run().code, 1);
    put(&workspace, "hydrule.toml", &format!("{PACKS}[off]\neven = \"odd is fine\"\n"));
    assert_eq!(workspace.hydrule("check jobs/run.sh").run().code, 0);
    // A base configuration by glob: `m.size` must be one of its keys.
    put(
        &workspace,
        "hydrule.toml",
        &format!("{PACKS}[base]\n\"jobs/*.sh\" = \"conf/base.yaml\"\n"),
    );
    put(&workspace, "conf/base.yaml", "n: 1\n");
    let refused = workspace.hydrule("check jobs/run.sh").run();
    assert!(refused.out.contains("m.size"), "{}", refused.out);
    assert!(refused.out.contains("refused-override"), "{}", refused.out);
}

#[test]
fn with_several_packs_the_one_that_knows_the_launch_is_taken() {
    let workspace = project("packs = [\"rules/other\", \"rules/app\"]\nparams = [\"floor=16\"]\n");
    assert!(!rewrite(&workspace, "").contains("m.size=8"));
    let taken =
        workspace.hydrule("rewrite jobs/run.sh --fact oom.phase=update --output-format json");
    let json: Json = serde_json::from_str(&taken.run().out).unwrap();
    assert_eq!(json["pack"]["name"], "app", "{json:#}");
}

#[test]
fn the_closest_file_counts_and_extends_others() {
    let workspace = project(&format!("{PACKS}params = [\"floor=2\"]\n[off]\neven = \"above\"\n"));
    put(&workspace, "jobs/pyproject.toml", "[project]\nname = \"jobs\"\n");
    let above = workspace.hydrule("config jobs/run.sh").run().out;
    assert!(above.contains("hydrule.toml:2"), "{above}");
    put(
        &workspace,
        "jobs/pyproject.toml",
        "[tool.other]\nx = 1\n[tool.hydrule]\nextend = \"../hydrule.toml\"\nparams = [\"floor=4\"]\n[tool.hydrule.off]\nhalve = \"here\"\n",
    );
    snapshot("projects", "extended", &workspace.hydrule("config jobs/run.sh").run().shown());
    // Seen from inside, with paths that start from the file that says them.
    let inside = workspace.hydrule("config run.sh").at(&workspace.path().join("jobs")).run();
    assert!(inside.out.contains("../hydrule.toml:1"), "{}", inside.out);
    let json = workspace.hydrule("config jobs --output-format json").run().out;
    let json: Json = serde_json::from_str(&json).unwrap();
    let floor = json["values"].as_array().unwrap();
    let floor = floor.iter().find(|it| it["key"] == "params.floor").unwrap();
    assert_eq!((&floor["value"], &floor["line"]), (&Json::from("4"), &Json::from(5)));
    let none = workspace.hydrule("config jobs --no-project").run().out;
    assert!(none.contains("No project configuration"), "{none}");
}

#[test]
fn mistakes_are_told_where_they_stand() {
    let mut shown = String::new();
    for (what, config) in [
        ("an unknown key", "pakcs = [\"rules/app\"]\n"),
        ("an unknown rule", "packs = [\"rules/app\"]\n[off]\nhavle = \"why not\"\n"),
        ("no reason", "packs = [\"rules/app\"]\n[off]\nhalve = \" \"\n"),
        ("an unknown parameter", "packs = [\"rules/app\"]\nparams = [\"flor=2\"]\n"),
        ("another kind", "packs = [\"rules/app\"]\nparams = [\"floor=low\"]\n"),
        ("no override", "packs = [\"rules/app\"]\nparams = [\"floor=[1\"]\n"),
        ("no plain one", "packs = [\"rules/app\"]\nparams = [\"+floor=1\"]\n"),
        ("twice", "packs = [\"rules/app\"]\nparams = [\"floor=1\", \"floor=2\"]\n"),
        ("no pack", "packs = [\"rules/apps\"]\n"),
        ("no packs", "packs = []\n"),
        ("another version", "packs = [{ pack = \"rules/app\", version = \">=2\" }]\n"),
        ("to be fetched", "packs = [\"git+https://example.org/packs.git\"]\n"),
        ("another target", "packs = [\"rules/app\"]\ntarget = \"verl=0.9\"\n"),
        ("no file to extend", "extend = \"../none.toml\"\n"),
        ("a circle", "extend = \"hydrule.toml\"\n"),
        ("no TOML", "packs = [\n"),
        ("no base", "packs = [\"rules/app\"]\nbase = { \"jobs/*\" = \"none.yaml\" }\n"),
    ] {
        let workspace = project(config);
        let run = workspace.hydrule("check jobs/run.sh").run();
        assert_eq!(run.code, 2, "{what}: {}", run.shown());
        let text = run.err.replace(workspace.path().to_str().unwrap(), "…");
        shown.push_str(&format!("# {what}\n\n{text}\n"));
    }
    snapshot("projects", "mistakes", &shown);
}

#[test]
fn a_rule_of_any_pack_may_be_off() {
    let only = "\n[[option]]\nid = \"quarter\"\ntitle = \"x\"\nwhen = 'm.size > 4'\nrewrite = ['m.size := it / 4']\nrelieves = [\"update\"]\nchanges = \"nothing\"\nsafety = \"safe\"\nwhy = \"x\"\nsource = \"x\"\n";
    let workspace = project("packs = [\"rules/app\", \"rules/other\"]\n[off]\nquarter = \"no\"\n");
    assert_eq!(workspace.hydrule("config").run().code, 2);
    let other = workspace.read("rules/other/pack.toml");
    put(&workspace, "rules/other/more.toml", only);
    assert!(!other.contains("quarter"));
    assert_eq!(workspace.hydrule("config").run().code, 0);
    assert!(rewrite(&workspace, "").contains("m.size=8"));
}

/// A pack in a Python environment, laid out as pip does it.
#[test]
fn a_pack_may_be_in_a_python_package() {
    let workspace = project("packs = [{ pack = \"python:acme/rules/app\", version = \"1\" }]\n");
    let pack = workspace.read("rules/app/pack.toml");
    let site = "venv/lib/python3.12/site-packages";
    put(&workspace, &format!("{site}/acme/__init__.py"), "");
    put(&workspace, &format!("{site}/acme/rules/app/pack.toml"), &pack);
    put(&workspace, "venv/bin/python3", "exit 1\n");
    let run = |variable: &str, value: String| {
        let run = workspace.hydrule("rewrite jobs/run.sh --fact oom.phase=update");
        let run = run.env("VIRTUAL_ENV", "").env("CONDA_PREFIX", "").env("PATH", "/nowhere");
        run.env(variable, value).run().shown()
    };
    let venv = workspace.path().join("venv").display().to_string();
    assert!(run("VIRTUAL_ENV", venv.clone()).contains("m.size=8"));
    assert!(run("CONDA_PREFIX", venv.clone()).contains("m.size=8"));
    assert!(run("PATH", format!("{venv}/bin")).contains("m.size=8"));
    let none = run("PATH", "/nowhere".to_owned());
    assert!(none.contains("no Python environment was found"), "{none}");
    // Installed in place: the package is where a `.pth` file says.
    put(&workspace, "elsewhere/src/acme/rules/app/pack.toml", &pack);
    fs::remove_dir_all(workspace.path().join(site).join("acme")).unwrap();
    let lost = run("VIRTUAL_ENV", venv.clone());
    assert!(lost.contains("exit code 2") && lost.contains("site-packages/acme"), "{lost}");
    let source = workspace.path().join("elsewhere/src").display().to_string();
    put(&workspace, &format!("{site}/acme.pth"), &format!("import sys\n{source}\n"));
    assert!(run("VIRTUAL_ENV", venv).contains("m.size=8"));
}

/// A pack among the sources of crates, laid out as cargo does it.
#[test]
fn a_pack_may_be_in_a_crate() {
    let workspace = project("packs = [\"crate:acme-rules@0.2/rules\"]\n");
    let pack = workspace.read("rules/app/pack.toml");
    let index = "cargo/registry/src/index.crates.io-1949cf8c6b5b557f";
    for (folder, version) in [
        ("acme-rules-0.2.9", "1"),
        ("acme-rules-0.2.10", "2"),
        ("acme-rules-0.3.0", "3"),
        ("acme-rules-more-0.2.11", "4"),
    ] {
        let pack = pack.replace("version = \"1\"", &format!("version = {version:?}"));
        put(&workspace, &format!("{index}/{folder}/rules/pack.toml"), &pack);
    }
    let home = workspace.path().join("cargo");
    let config = || workspace.hydrule("config").env("CARGO_HOME", &home).run().shown();
    assert!(config().contains("(app 2)"), "{}", config());
    put(&workspace, "hydrule.toml", "packs = [\"crate:acme-rules/rules\"]\n");
    assert!(config().contains("(app 3)"), "{}", config());
    put(&workspace, "hydrule.toml", "packs = [\"crate:acme-rules@0.4/rules\"]\n");
    assert!(config().contains("there is 0.2.9, 0.2.10, 0.3.0"), "{}", config());
    put(&workspace, "hydrule.toml", "packs = [\"crate:acme-rule/rules\"]\n");
    assert!(config().contains("no crate `acme-rule`"), "{}", config());
}
