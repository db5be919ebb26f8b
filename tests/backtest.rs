//! What the packs advise on failures whose working fix is known.

use std::fs;
use std::path::PathBuf;

use serde_json::Value as Json;

use crate::support::{Run, Workspace, root, snapshot};

/// The scores of the triples that ship. A change of a pack shows here what it does to them.
#[test]
fn the_shipped_triples() {
    let shown = Run::hydrule("backtest tests/backtest").run();
    snapshot("backtest", "shipped", &shown.shown());
}

fn triples() -> Vec<PathBuf> {
    let packs = fs::read_dir(root().join("tests/backtest")).unwrap().map(|it| it.unwrap().path());
    let folders = packs.flat_map(|pack| fs::read_dir(pack).unwrap().map(|it| it.unwrap().path()));
    folders.collect()
}

#[test]
fn the_data_tell_the_same_as_the_table() {
    let out = Run::hydrule("backtest tests/backtest --output-format json").run();
    assert_eq!(out.code, 0, "{}", out.err);
    let json: Json = serde_json::from_str(&out.out).unwrap();
    let list = json["triples"].as_array().unwrap();
    assert_eq!(list.len(), triples().len());
    let worked = list.iter().filter(|it| it["worked"] == true).count();
    assert_eq!(json["worked"]["count"], worked);
    assert_eq!(json["in_vain"]["count"], list.len() - worked);
    let ranks: Vec<Option<f64>> = list
        .iter()
        .filter(|it| it["worked"] == true)
        .map(|it| it["held"]["rank"].as_f64())
        .collect();
    let many: f64 = ranks.iter().map(|_| 1.0).sum();
    let mean = ranks.iter().flatten().map(|rank| 1.0 / rank).sum::<f64>() / many;
    assert!((json["worked"]["mean_reciprocal_rank"].as_f64().unwrap() - mean).abs() < 1e-12);
    for triple in list {
        let name = triple["name"].as_str().unwrap();
        let reference = triple["reference"].as_str().unwrap();
        let (repository, number) = reference.split_once(['#', '@']).unwrap();
        assert_eq!(repository.split('/').count(), 2, "{name}: {reference}");
        assert!(number.chars().all(|c| c.is_ascii_hexdigit()), "{name}: {reference}");
        assert!(!triple["note"].as_str().unwrap().is_empty(), "{name} has no note");
        // What the log tells is known to the pack, or the triple would test nothing.
        assert!(triple["signal"].is_string() && triple["place"].is_string(), "{name}");
        if let (Some(rank), Some(ladder)) =
            (triple["held"]["rank"].as_u64(), triple["ladder"].as_array())
        {
            assert!(rank >= 1 && rank <= ladder.len() as u64, "{name}");
            assert!(triple["held"]["step"].as_u64().unwrap() >= rank, "{name}");
        }
    }
}

const PACK: &str = r#"
name = "small"
version = "1.0.0"
description = "A pack for tests."
launches = ["train.py"]

[[signal]]
name = "short"
event = "oom"
kind = "device"
pattern = 'out of memory in (?<where>\w+)'
types = { where = "text" }
phase = "update"

[[phase]]
name = "update"
title = "the update"
frames = ["update"]

[[default]]
of = "1"
source = "the manual"
values = { "m.micro" = 8, "m.share" = 0.5, "m.offload" = false, "linked" = "${m.share}" }
null = ["m.limit"]

"#;

fn option(id: &str, safety: &str, when: &str, rewrite: &str) -> String {
    format!(
        r#"
[[option]]
id = "{id}"
title = "Do {id}"
when = '{when}'
rewrite = ['{rewrite}']
relieves = ["update"]
loads = []
changes = "speed"
cost = {{ time = 1.1 }}
safety = "{safety}"
why = "It holds less."
source = "the manual"
"#
    )
}

/// Makes a pack and one triple for each fix.
fn small(fixes: &[&str]) -> Workspace {
    let workspace = Workspace::new();
    let pack = [
        PACK.to_owned(),
        option("split", "unsafe", "m.micro == 1", "m.limit := 512"),
        option("halve", "safe", "m.micro > 1", "m.micro := it / 2"),
        option("offload", "safe", "m.offload == false", "m.offload := true"),
        option("share", "safe", "m.share > 0.35", "m.share := it - 0.1"),
    ];
    workspace.write("small.toml", pack.concat());
    for (index, fix) in fixes.iter().enumerate() {
        let folder = workspace.path().join(format!("triples/{index}"));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("run.sh"), "python train.py m.micro=8\n").unwrap();
        fs::write(folder.join("job.log"), "RuntimeError: out of memory in update\n").unwrap();
        fs::write(folder.join("fix.toml"), fix).unwrap();
    }
    workspace
}

fn fix(changed: &str, worked: bool) -> String {
    format!("changed = [{changed}]\nworked = {worked}\nreference = \"job 1\"\n")
}

#[test]
fn a_change_is_held_where_it_moves_the_same_way() {
    // What was changed, at which rank and step it is held, and where all of it.
    let cases = [
        // Halved three times, and still one rung.
        ("\"m.micro=4\"", Some((1, 1)), Some(1)),
        ("\"m.micro=7\"", Some((1, 1)), Some(1)),
        ("\"m.micro=16\"", None, None),
        ("\"m.offload=true\"", Some((2, 4)), Some(2)),
        ("\"m.share=0.45\"", Some((3, 5)), Some(3)),
        ("\"m.share=0.9\"", None, None),
        // The key takes its value from the other one.
        ("\"linked=0.2\"", Some((3, 5)), Some(3)),
        // Unsafe options come after all safe ones, wherever they stand.
        ("\"m.limit=4096\"", Some((4, 7)), Some(4)),
        ("\"~m.micro\"", None, None),
        ("\"m.share=0.4\", \"m.micro=1\"", Some((1, 1)), Some(3)),
        ("\"m.micro=1\", \"m.other=3\"", Some((1, 1)), None),
    ];
    let fixes: Vec<String> = cases.iter().map(|(changed, ..)| fix(changed, true)).collect();
    let workspace = small(&fixes.iter().map(String::as_str).collect::<Vec<_>>());
    let out = workspace.hydrule("backtest triples --pack small.toml --output-format json").run();
    assert_eq!(out.code, 0, "{}", out.err);
    let json: Json = serde_json::from_str(&out.out).unwrap();
    let mut triples: Vec<&Json> = json["triples"].as_array().unwrap().iter().collect();
    triples.sort_by_key(|it| it["name"].as_str().unwrap().parse::<usize>().unwrap());
    for ((changed, held, whole), triple) in cases.iter().zip(triples) {
        let at = |it: &Json| it["rank"].as_u64().zip(it["step"].as_u64());
        assert_eq!(at(&triple["held"]), *held, "{changed}: {triple:#}");
        assert_eq!(triple["all_held"]["rank"].as_u64(), *whole, "{changed}: {triple:#}");
    }
}

#[test]
fn what_did_not_help_counts_against_the_pack() {
    let fixes = [fix("\"m.micro=4\"", false), fix("\"m.limit=9\"", false), fix("\"m.x=1\"", true)];
    let workspace = small(&fixes.iter().map(String::as_str).collect::<Vec<_>>());
    let run = workspace.hydrule("backtest triples --pack small.toml").run();
    snapshot("backtest", "in-vain", &run.shown());
}

#[test]
fn other_kinds_of_jobs() {
    let workspace = small(&[&fix("\"m.micro=4\"", true), &fix("\"sbatch:mem=64G\"", true)]);
    let [plain, slurm] = [0, 1].map(|index| workspace.path().join(format!("triples/{index}")));
    fs::remove_file(plain.join("run.sh")).unwrap();
    fs::write(plain.join("overrides.txt"), "# the job\nm.micro=8\n\n").unwrap();
    let script = "#!/bin/bash\n#SBATCH --mem=32G\nbash run.sh\n";
    fs::write(slurm.join("job.slurm"), script).unwrap();
    let out = workspace.hydrule("backtest triples --pack small.toml --output-format json").run();
    assert_eq!(out.code, 0, "{}", out.err);
    let json: Json = serde_json::from_str(&out.out).unwrap();
    assert_eq!(json["triples"][0]["held"]["rank"], 1);
    assert_eq!(json["triples"][1]["changed"][0]["direction"], "up");
    assert_eq!(json["triples"][1]["held"], Json::Null);
}

#[test]
fn bad_input_is_told_with_its_place() {
    let workspace = small(&[
        "changed = [\"m.micro=4\"]\nworked = \"yes\"\nreference = \"\"\nfixed = true\n",
        "changed = [\"m.micro=[1\", \"m.share=0.1,0.2\"]\nworked = true\nreference = \"job 1\"\n",
        "changed = []\n",
        "changed = \"m.micro=4\"\nworked = true\nreference = \"job 1\"\n",
        "changed = [\n",
    ]);
    let run = workspace.hydrule("backtest triples --pack small.toml").run();
    snapshot("backtest", "faulty-fixes", &run.shown());
    let workspace = small(&[&fix("\"m.micro=8\"", true)]);
    let run = workspace.hydrule("backtest triples --pack small.toml").run();
    snapshot("backtest", "no-move", &run.shown());
    let workspace = small(&[&fix("\"sbatch:memory=8\"", true)]);
    let run = workspace.hydrule("backtest triples --pack small.toml").run();
    snapshot("backtest", "no-directive", &run.shown());
}

#[test]
fn nothing_to_score_is_an_error() {
    let workspace = small(&[&fix("\"m.micro=4\"", true)]);
    fs::create_dir(workspace.path().join("empty")).unwrap();
    let mut shown = String::new();
    for line in ["backtest empty", "backtest nowhere", "backtest small.toml"] {
        shown.push_str(&workspace.hydrule(line).run().shown());
    }
    for missing in ["job.log", "run.sh"] {
        fs::rename(workspace.path().join("triples/0").join(missing), workspace.path().join("away"))
            .unwrap();
        let run = workspace.hydrule("backtest triples --pack small.toml").run();
        shown.push_str(&run.shown());
        fs::rename(workspace.path().join("away"), workspace.path().join("triples/0").join(missing))
            .unwrap();
    }
    snapshot("backtest", "nothing", &shown);
}
