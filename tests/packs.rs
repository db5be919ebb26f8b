//! The packs that ship are what they should be.

use std::collections::BTreeSet;
use std::fs;

use hydrule::condition::Target;
use hydrule::pack::{Changes, EMBEDDED, Rewrite, Safety, load};

use crate::support::root;

#[test]
fn the_folder_and_the_program_hold_the_same_files() {
    let mut found = BTreeSet::new();
    for pack in fs::read_dir(root().join("rules")).unwrap().map(Result::unwrap) {
        if pack.path().is_dir() {
            for file in fs::read_dir(pack.path()).unwrap().map(Result::unwrap) {
                let path = file.path();
                if path.extension().is_some_and(|ending| ending == "toml") {
                    found.insert(path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned());
                }
            }
        }
    }
    let embedded: BTreeSet<String> =
        EMBEDDED.iter().flat_map(|pack| pack.files).map(|(path, _)| (*path).to_owned()).collect();
    assert_eq!(found, embedded);
}

/// The program trusts what its own packs say; from a folder all of it is parsed, compiled and checked.
#[test]
fn shipped_packs_are_sound() {
    for pack in EMBEDDED {
        assert!(load(pack.name).is_ok());
        let folder = root().join("rules").join(pack.name);
        if let Err(error) = load(folder.to_str().unwrap()) {
            panic!("{error:?}");
        }
    }
}

#[test]
fn what_changes_the_training_is_never_called_safe() {
    for pack in EMBEDDED {
        for option in load(pack.name).unwrap().options.iter() {
            let harmful = matches!(option.changes, Changes::Algorithm | Changes::Quality);
            assert!(!(harmful && option.safety == Safety::Safe), "{}", option.id);
        }
    }
}

/// A key that no default tells is unknown, and a rule that reads it would never fire.
#[test]
fn rules_read_keys_with_known_defaults() {
    // Dictionaries of free keys have no defaults: rules ask whether a launch sets such a key. The
    // name of verl's rollout engine has none, verl wants it to be set.
    // A template has no data of its own, and its groups set what only the composed configuration shows.
    let free = [
        "override_optimizer_config.",
        "engine_init_kwargs.",
        "overlong_buffer",
        "async_training.",
        "rollout.name",
        "data.batch_size",
        "data.num_workers",
        "trainer.devices",
        "trainer.accelerator",
        "paths.output_dir",
        "experiment",
    ];
    let is_free = |key: &str| key == "trainer" || free.iter().any(|part| key.contains(part));
    for pack in EMBEDDED {
        let pack = load(pack.name).unwrap();
        let mut unknown = BTreeSet::new();
        let mut check = |condition: &hydrule::condition::Condition| {
            for name in condition.names() {
                if let Some(key) = name.key()
                    && !pack.has_default(key.as_str())
                    && !is_free(key.as_str())
                {
                    unknown.insert(key.to_string());
                }
            }
        };
        for option in pack.options.iter() {
            check(&option.when.condition);
            for rewrite in &option.rewrite {
                if let Rewrite::Assign(assignment, _) = rewrite {
                    check(&assignment.value);
                    if let Target::Key(key) = &assignment.target {
                        let known = pack.has_default(key.as_str()) || is_free(key.as_str());
                        assert!(known, "{}: {key}", option.id);
                    }
                }
            }
        }
        for requirement in &pack.requirements {
            check(&requirement.holds.condition);
        }
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}
