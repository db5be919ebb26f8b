//! `hydrule pack new`.

use std::fs;
use std::os::unix::fs::symlink;

use hydrule::pack::EMBEDDED;

use crate::support::{Workspace, snapshot};

#[test]
fn a_new_pack_passes_all_that_is_asked_of_packs() {
    let workspace = Workspace::new();
    for name in ["acme", "a", "my-trainer_2"] {
        let made = workspace.hydrule("pack new").arg(name).run();
        assert_eq!(made.code, 0, "{made:?}");
        if name == "acme" {
            snapshot("starter", "made", &made.shown());
        }
        let folder = format!("rules/{name}");
        let checked = workspace.hydrule("pack check").arg(&folder).run();
        assert_eq!(checked.code, 0, "{checked:?}");
        assert!(checked.out.contains("1 option and 1 requirement, no fault found"), "{checked:?}");
        let tested = workspace.hydrule("test --check").arg(&folder).run();
        assert_eq!(tested.code, 0, "{tested:?}");
        assert!(tested.err.contains("1 case: 1 passed"), "{tested:?}");
    }
    let beside: Vec<_> = fs::read_dir(workspace.path().join("rules")).unwrap().collect();
    assert_eq!(beside.len(), 3, "{beside:?}");
}

#[test]
fn it_goes_where_it_is_told() {
    let workspace = Workspace::new();
    let made = workspace.hydrule("pack new acme --in").arg("a b/packs").run();
    assert_eq!(made.code, 0, "{made:?}");
    let command =
        made.out.lines().find_map(|line| line.trim().strip_prefix("hydrule test ")).unwrap();
    let word = command.split("  ").next().unwrap();
    assert_eq!(word, "'a b/packs/acme'");
    assert_eq!(workspace.hydrule("test").arg("a b/packs/acme").run().code, 0);
}

#[test]
fn nothing_is_ever_overwritten() {
    let workspace = Workspace::new();
    let rules = workspace.path().join("rules");
    fs::create_dir_all(rules.join("empty")).unwrap();
    fs::create_dir_all(rules.join("full")).unwrap();
    workspace.write("rules/full/pack.toml", "mine").write("rules/file", "mine");
    symlink("nowhere", rules.join("link")).unwrap();
    let before = fs::read_dir(&rules).unwrap().count();
    for name in ["empty", "full", "file", "link"] {
        let refused = workspace.hydrule("pack new").arg(name).run();
        assert_eq!(refused.code, 2, "{refused:?}");
        assert!(refused.err.contains(&format!("there is a `rules/{name}` already")), "{refused:?}");
    }
    assert_eq!(workspace.read("rules/full/pack.toml"), "mine");
    assert_eq!(workspace.read("rules/file"), "mine");
    assert_eq!(fs::read_dir(&rules).unwrap().count(), before);
    assert_eq!(fs::read_dir(rules.join("empty")).unwrap().count(), 0);
    let below = workspace.hydrule("pack new acme --in rules/file").run();
    assert_eq!(below.code, 2);
    assert!(below.err.contains("cannot make `rules/file/acme`"), "{below:?}");
}

#[test]
fn names_that_are_none_are_refused() {
    let workspace = Workspace::new();
    let shipped = EMBEDDED.iter().map(|pack| pack.name);
    let wrong = ["", ".", "..", "Acme", "my pack", "1st", "rules/acme", "acme.train", "ä", "-x/y"];
    for name in shipped.chain(wrong) {
        let refused = workspace.hydrule("pack new --").arg(name).run();
        assert_eq!(refused.code, 2, "{name}: {refused:?}");
        assert!(refused.err.contains("help:"), "{name}: {refused:?}");
        assert!(refused.out.is_empty());
    }
    assert_eq!(fs::read_dir(workspace.path()).unwrap().count(), 0);
    let advised = workspace.hydrule("pack new Acme.Train").run();
    snapshot("starter", "no-name", &advised.shown());
    snapshot("starter", "taken", &workspace.hydrule("pack new verl").run().shown());
}
