//! Packs that are made of packs.

use std::fs;

use hydrule::engine::World;
use hydrule::pack::{Pack, PackError, load};

use crate::support::{SMALL, Workspace, snapshot};

/// Packs of a test, each a folder.
struct Packs(Workspace);

impl Packs {
    fn new(packs: &[(&str, &str)]) -> Self {
        let workspace = Workspace::new();
        for (name, text) in packs {
            fs::create_dir_all(workspace.path().join(name)).unwrap();
            let header =
                format!("name = \"{name}\"\nversion = \"0.2.0\"\ndescription = \"of a test\"\n");
            let text =
                if text.contains("name = \"small\"") { (*text).to_owned() } else { header + text };
            workspace.write(&format!("{name}/pack.toml"), text);
        }
        Self(workspace)
    }

    fn load(&self, name: &str) -> Pack {
        match load(self.0.path().join(name).to_str().unwrap()) {
            Ok(pack) => pack,
            Err(error) => panic!("{error:?}"),
        }
    }

    /// Shows what the program says of a pack.
    fn said(&self, name: &str) -> String {
        self.0.hydrule(&format!("pack check {name}")).run().shown()
    }

    /// Returns the faults of a pack, in short.
    fn faults(&self, name: &str) -> Vec<String> {
        match load(self.0.path().join(name).to_str().unwrap()) {
            Ok(_) => Vec::new(),
            Err(PackError::Faulty(failed)) => {
                let here = format!("{}/", self.0.path().display());
                let lines = failed.iter().map(|it| it.to_string().replace(&here, ""));
                lines.flat_map(|it| it.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
            }
            Err(other) => panic!("{other}"),
        }
    }
}

/// A base with three options, two requirements and more.
fn base() -> String {
    format!(
        r#"{SMALL}
"m.size" = 8
"m.depth" = 4

[param]
floor = {{ default = 1, help = "no size below this" }}

[let]
half = 'm.size / 2'

[[invariant]]
id = "size"
title = "the size"
value = 'm.size'

[[estimate]]
phase = "update"
title = "the update"
bytes = 'm.size * 1GiB'
error = '10%'
source = "counted"

{}{}{}
[[require]]
id = "even"
holds = 'm.size % 2 == 0'
fails_at = "the start"
message = "{{m.size}} is odd"

[[require]]
id = "deep"
holds = 'm.depth >= 2'
fails_at = "the start"
message = "{{m.depth}} is flat"
"#,
        option("first", "m.size := $half"),
        option("second", "m.depth := it / 2"),
        option("third", "m.on := false"),
    )
}

fn option(id: &str, rewrite: &str) -> String {
    format!(
        r#"
[[option]]
id = "{id}"
title = "do {id}"
when = 'm.size > $param.floor'
rewrite = ['{rewrite}']
relieves = ["update"]
loads = []
changes = "speed"
cost = {{ time = 1.1 }}
safety = "safe"
why = "less"
source = "a test"
"#
    )
}

fn ids(pack: &Pack) -> Vec<&str> {
    pack.options.iter().map(|it| it.id.as_str()).collect()
}

#[test]
fn own_rules_come_first_and_replace_in_place() {
    let own = format!(
        "extend = [\"../small\"]\n[param]\nfloor = {{ default = 3 }}\n{}{}",
        option("second", "m.depth := 2"),
        option("mine", "m.size := it - 2"),
    );
    let packs = Packs::new(&[("small", &base()), ("mine", &own)]);
    let pack = packs.load("mine");
    assert_eq!(ids(&pack), ["mine", "first", "second", "third"]);
    assert_eq!(pack.options[2].rewrite[0].text().as_str(), "m.depth := 2");
    assert_eq!(pack.parameters["floor"].value.to_string(), "3");
    assert_eq!(pack.parameters["floor"].help, "no size below this");
    assert_eq!(pack.name, "mine");
    let parts: Vec<&str> = pack.parts.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(parts, ["mine", "small"]);
    assert!(pack.options[2].location.source.name().ends_with("mine/pack.toml"));
    assert!(pack.options[1].location.source.name().ends_with("/small/pack.toml"));
    assert!(!pack.options[1].location.source.name().contains(".."));
}

#[test]
fn every_kind_of_entry_is_had_and_replaced() {
    let own = r#"
extend = ["../small"]
[let]
half = 'm.size - 1'
[[invariant]]
id = "size"
title = "twice the size"
value = 'm.size * 2'
[[estimate]]
phase = "score"
title = "scoring"
bytes = '1GiB'
error = '1%'
source = "guessed"
[[phase]]
name = "update"
add_frames = ["refresh"]
[[phase]]
name = "load"
title = "loading"
frames = ["load"]
[[default]]
of = "ours"
source = "ours"
values = { "m.size" = 6, "m.new" = true }
[[signal]]
name = "other-oom"
event = "oom"
kind = "device"
pattern = 'no memory'
"#;
    let packs = Packs::new(&[("small", &base()), ("mine", own)]);
    let pack = packs.load("mine");
    assert_eq!(pack.lets["half"].text.as_str(), "m.size - 1");
    let titles: Vec<&str> = pack.invariants.iter().map(|it| it.title.as_str()).collect();
    assert_eq!(titles, ["twice the size"]);
    let estimates: Vec<&str> = pack.estimates.iter().map(|it| it.phase.as_str()).collect();
    assert_eq!(estimates, ["score", "update"]);
    let phases: Vec<&str> = pack.phases.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(phases, ["load", "update", "score"]);
    assert!(pack.phases[1].frame_names().eq(["update", "refresh"]));
    assert_eq!(World::default().default_of(&pack, "m.size").unwrap().0.to_string(), "6");
    assert_eq!(World::default().default_of(&pack, "m.depth").unwrap().0.to_string(), "4");
    let signals: Vec<&str> = pack.signal_defs.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(signals, ["other-oom", "device-oom"]);
}

/// Each pack is laid over what it extends, however many ways lead to it.
#[test]
fn a_pack_that_two_extend_comes_once() {
    let left = format!("extend = [\"../small\"]\n{}", option("first", "m.size := 2"));
    let right = format!(
        "extend = [\"../small\"]\n{}{}",
        option("first", "m.size := 4"),
        option("third", "m.on := true")
    );
    let packs = Packs::new(&[
        ("small", &base()),
        ("left", &left),
        ("right", &right),
        ("both", "extend = [\"../left\", \"../right\"]\n"),
    ]);
    let pack = packs.load("both");
    let rewrites: Vec<&str> = pack.options.iter().map(|it| it.rewrite[0].text().as_str()).collect();
    assert_eq!(rewrites, ["m.size := 2", "m.depth := it / 2", "m.on := true"]);
    assert_eq!(pack.parts.len(), 4);
}

#[test]
fn what_is_switched_off_is_gone_and_told() {
    let own = r#"
extend = ["../small"]
[off]
second = "the depth is fixed here"
even = "odd sizes are fine"
size = "nobody asks"
update = "counted for another model"
device-oom = "ours tells more"
[[signal]]
name = "other-oom"
event = "oom"
kind = "device"
pattern = 'no memory'
"#;
    let packs = Packs::new(&[("small", &base()), ("mine", own)]);
    let pack = packs.load("mine");
    assert_eq!(ids(&pack), ["first", "third"]);
    let requirements: Vec<&str> = pack.requirements.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(requirements, ["deep"]);
    assert!(pack.invariants.is_empty() && pack.estimates.is_empty());
    assert_eq!(pack.signal_defs.len(), 1);
    let off: Vec<(&str, &str)> = pack.off.iter().map(|it| (it.kind, it.id.as_str())).collect();
    let wanted = [
        ("option", "second"),
        ("requirement", "even"),
        ("invariant", "size"),
        ("estimate", "update"),
        ("signal", "device-oom"),
    ];
    assert_eq!(off, wanted);
    let explained = packs.0.hydrule("explain --pack mine -- m.size=3").run();
    assert!(explained.out.contains("Switched off (5)"), "{}", explained.out);
    assert!(explained.out.contains("the depth is fixed here"), "{}", explained.out);
    let one = packs.0.hydrule("explain --rule second --pack mine -- m.size=3").run();
    snapshot("compose", "off", &one.shown());
    let asked = packs.0.hydrule("rewrite --pack mine --only=second -- m.size=3").run();
    snapshot("compose", "off-asked-for", &asked.shown());
}

#[test]
fn what_is_defined_anew_is_on_again() {
    let packs = Packs::new(&[
        ("small", &base()),
        ("without", "extend = [\"../small\"]\n[off]\nfirst = \"too much\"\n"),
        ("again", &format!("extend = [\"../without\"]\n{}", option("first", "m.size := it - 1"))),
        ("still", "extend = [\"../without\"]\n[off]\nfirst = \"not ours either\"\n"),
    ]);
    assert_eq!(ids(&packs.load("again")), ["first", "second", "third"]);
    assert!(packs.load("again").off.is_empty());
    assert_eq!(packs.load("still").off[0].reason, "not ours either");
}

#[test]
fn a_pack_may_be_no_more_than_a_base() {
    let packs = Packs::new(&[
        ("parts", "[param]\nfloor = { default = 1, help = \"the least\" }\n"),
        ("whole", "extend = [\"../parts\"]\ngoal = 'a.b > $param.floor'\n"),
    ]);
    assert!(packs.load("parts").options.is_empty());
    assert!(packs.load("whole").goal.is_some());
    for pack in ["parts", "whole"] {
        let checked = packs.said(pack);
        assert!(checked.starts_with("exit code 0"), "{checked}");
    }
}

/// A pack of a third party: one parameter changed, one rule off, one of its own.
#[test]
fn a_third_party_extends_a_pack_that_ships() {
    let own = r#"
extend = [{ pack = "verl", version = ">=0.1" }]
requires = ">=0.1"

[param]
log_prob_stop = { default = 16 }

[off]
free-rollout-cache = "our engine sleeps by itself"

[[option]]
id = "one-epoch"
title = "Train for one epoch"
when = 'trainer.total_epochs > 1'
rewrite = ['trainer.total_epochs := 1']
relieves = ["log_prob"]
loads = []
changes = "speed"
cost = { time = 0.1 }
safety = "safe"
why = "Whatever comes after it cannot fail."
source = "ours"
"#;
    let packs = Packs::new(&[("ours", own)]);
    let workspace = Workspace::example();
    let path = packs.0.path().join("ours");
    let run = |line: &str| workspace.hydrule(line).arg("--pack").arg(&path).run();
    let first = run("rewrite run_grpo.sh submit_grpo.slurm --log slurm-4242.err");
    let first = first.shown().replace(&packs.0.path().display().to_string(), "PACKS");
    assert!(first.contains("trainer.total_epochs=1"), "{first}");
    let explained = run("explain run_grpo.sh submit_grpo.slurm --log slurm-4242.err");
    assert!(explained.out.contains("our engine sleeps by itself"), "{}", explained.out);
}

const FAULTY: &str = r#"
extend = ["../small", "../nowhere", "vrl", { pack = "../small", version = ">=2" }, 3]
[param]
floor = { default = "low" }
new = { default = 1 }
[off]
secnd = "a slip"
third = " "
[[phase]]
name = "updat"
add_frames = ["x"]
[[option]]
id = "bad"
"#;

#[test]
fn faults_of_all_packs_are_shown_where_they_are() {
    let broken = base().replace("'m.size / 2'", "'m.size / $nothing'");
    let packs = Packs::new(&[("small", &broken), ("mine", FAULTY)]);
    snapshot("compose", "faults", &packs.said("mine"));
    // Nothing stands in the way of seeing what the other faults hide.
    let own = "extend = [\"../small\"]\n[param]\nfloor = { default = \"low\" }\n\
               new = { default = 1 }\n[off]\nsecnd = \"a slip\"\nthird = \" \"\n\
               [[phase]]\nname = \"updat\"\nadd_frames = [\"x\"]\n";
    let packs = Packs::new(&[("small", &broken), ("mine", own)]);
    snapshot("compose", "more-faults", &packs.said("mine"));
}

#[test]
fn circles_are_named() {
    let packs = Packs::new(&[
        ("a", "extend = [\"../b\"]\n"),
        ("b", "extend = [\"../c\"]\n"),
        ("c", "extend = [\"../b\"]\n"),
        ("self", "extend = [\".\"]\n"),
    ]);
    snapshot("compose", "circle", &packs.said("a"));
    assert_eq!(packs.faults("self"), ["self/pack.toml:4:11: the pack extends itself: self → self"]);
}

/// A pack for a later hydrule may use what this one calls a fault; only the version is told.
#[test]
fn a_pack_may_be_for_another_hydrule() {
    let packs = Packs::new(&[
        ("later", "requires = \">=99\"\nthings = 3\nextend = [\"../nowhere\"]\n"),
        ("mine", "extend = [\"../later\"]\n"),
        ("wrong", "requires = \"newest\"\n"),
        ("fits", "requires = \">=0.1, <99\"\n"),
    ]);
    snapshot("compose", "requires", &packs.said("mine"));
    let shown = packs.faults("wrong");
    assert_eq!(shown.len(), 1, "{shown:?}");
    assert!(shown[0].starts_with("wrong/pack.toml:4:12: `newest` tells no versions"), "{shown:?}");
    assert!(packs.faults("fits").is_empty());
}
