//! Whatever goes wrong while files are written, they are all old or all new.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hydrule::transaction::{
    Disk as _, Ending, FileEdit, Problem, Record, Store, Written, history, undoing, write,
};

use crate::support::disk::{Fault, MemoryDisk};

/// Files and what they become: path, old text, new text, mode.
type Scenario = &'static [(&'static str, &'static str, &'static str, u32)];

const SCENARIOS: [Scenario; 4] = [
    &[("/w/run.sh", "old 1\n", "new 1\n", 0o755)],
    &[("/w/run.sh", "old 1\n", "new 1\n", 0o755), ("/w/submit.slurm", "old 2", "new 2", 0o600)],
    &[
        ("/w/a/run.sh", "old 1\n", "", 0o644),
        ("/w/b/run.sh", "", "new 2\n", 0o640),
        ("/w/b/more.sh", "old 3\n", "new 3\n", 0o600),
    ],
    &[
        ("/w/a/run.sh", "same\n", "new\n", 0o644),
        ("/w/a/two.sh", "same\n", "new\n", 0o700),
        ("/w/b/three.sh", "old 3\n", "same\n", 0o644),
        ("/w/four.sh", "old 4\n", "new 4\n", 0o644),
    ],
];

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

fn disk(scenario: Scenario) -> MemoryDisk {
    let files: Vec<_> = scenario.iter().map(|(path, old, _, mode)| (*path, *old, *mode)).collect();
    MemoryDisk::with(&files)
}

fn edits(scenario: Scenario) -> Vec<FileEdit> {
    let edit = |(path, old, new, _): &(&str, &str, &str, u32)| FileEdit {
        path: PathBuf::from(path),
        before: old.as_bytes().to_vec(),
        after: new.as_bytes().to_vec(),
    };
    scenario.iter().map(edit).collect()
}

fn make(disk: &MemoryDisk, scenario: Scenario) -> Result<Written, Problem> {
    let record = Record { command: "set".to_owned(), ..Record::default() };
    write(disk, &edits(scenario), record, now())
}

fn is(disk: &MemoryDisk, scenario: Scenario, new: bool) -> bool {
    scenario.iter().all(|(path, old, fresh, mode)| {
        disk.text(path).as_deref() == Some(if new { fresh } else { old })
            && disk.mode(path) == *mode
    })
}

fn root(scenario: Scenario) -> PathBuf {
    let folders: Vec<&Path> =
        scenario.iter().filter_map(|(path, ..)| Path::new(path).parent()).collect();
    let common = folders[0].ancestors().find(|it| folders.iter().all(|f| f.starts_with(it)));
    common.unwrap().to_owned()
}

/// Starts anew after a crash and checks everything that is promised; returns whether all is new.
fn recovers(disk: &MemoryDisk, scenario: Scenario, what: &str) -> bool {
    disk.restart();
    let root = root(scenario);
    let store = Store::open(disk, root.clone(), "recovery", now()).unwrap();
    let recovered = store.recover().unwrap_or_else(|it| panic!("{what}: {it:?}"));
    let (old, new) = (is(disk, scenario, false), is(disk, scenario, true));
    assert!(old != new, "{what}: neither old nor new: {:?}", disk.names());
    if let Some(recovered) = recovered {
        assert_eq!(recovered.ending == Ending::Completed, new, "{what}");
    }
    let names = disk.names();
    assert!(!names.iter().any(|name| name.contains("/.hydrule-")), "{what}: {names:?}");
    assert!(!names.iter().any(|name| name.ends_with("pending.json")), "{what}: {names:?}");
    let history = history(disk, &root).unwrap();
    assert!(history.damaged.is_empty(), "{what}: {history:?}");
    assert_eq!(history.entries.len(), usize::from(new), "{what}");
    assert!(store.recover().unwrap().is_none(), "{what}");
    new
}

/// After any crash the same transaction can be made, or what was made can be undone.
fn goes_on(disk: &MemoryDisk, scenario: Scenario, new: bool, what: &str) {
    if !new {
        make(disk, scenario).unwrap_or_else(|it| panic!("{what}: {it:?}"));
    }
    assert!(is(disk, scenario, true), "{what}");
    let root = root(scenario);
    let history = history(disk, &root).unwrap();
    let undoing = undoing(disk, &root, &history, history.latest().unwrap(), false).unwrap();
    write(disk, &undoing.edits, undoing.record, now()).unwrap();
    assert!(is(disk, scenario, false), "{what}");
}

fn operations(scenario: Scenario) -> usize {
    let disk = disk(scenario);
    make(&disk, scenario).unwrap();
    disk.operations()
}

#[test]
fn killed_at_any_operation() {
    let mut runs = 0;
    let mut ends = [0, 0];
    for scenario in SCENARIOS {
        for at in 1..=operations(scenario) {
            let what = format!("killed at {at}");
            let disk = disk(scenario);
            disk.fail(at, Fault::Kill);
            let _ = make(&disk, scenario);
            let new = recovers(&disk, scenario, &what);
            ends[usize::from(new)] += 1;
            goes_on(&disk, scenario, new, &what);
            runs += 1;
        }
    }
    assert!(runs > 300 && ends.iter().all(|it| *it > 10), "{runs} {ends:?}");
}

/// Recovery may be killed as well, at any of its operations.
#[test]
fn killed_again_while_recovering() {
    let mut runs = 0;
    for scenario in [SCENARIOS[0], SCENARIOS[1]] {
        for at in 1..=operations(scenario) {
            let killed = disk(scenario);
            killed.fail(at, Fault::Kill);
            let _ = make(&killed, scenario);
            for again in 1.. {
                let disk = killed.copy();
                disk.fail(again, Fault::Kill);
                let store = Store::open(&disk, root(scenario), "recovery", now());
                let _ = store.and_then(|store| store.recover());
                let done = disk.operations() < again;
                recovers(&disk, scenario, &format!("killed at {at}, then {again}"));
                runs += 1;
                if done {
                    break;
                }
            }
        }
    }
    assert!(runs > 1_000, "{runs}");
}

#[test]
fn power_lost_at_any_operation() {
    let mut runs = 0;
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for scenario in SCENARIOS {
        for at in 1..=operations(scenario) + 1 {
            for _ in 0..3 {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                let disk = disk(scenario);
                disk.fail(at, Fault::Kill);
                let done = make(&disk, scenario).is_ok();
                disk.lose_power(random);
                let what = format!("power lost at {at}, luck {random:#x}");
                let new = recovers(&disk, scenario, &what);
                assert!(new || !done, "{what}: what was reported as written is gone");
                goes_on(&disk, scenario, new, &what);
                runs += 1;
            }
        }
    }
    assert!(runs > 1_000, "{runs}");
}

/// An operation that fails leaves everything old, or is got over; nothing waits for recovery.
#[test]
fn any_operation_fails() {
    let mut runs = 0;
    let faults = [
        Fault::Error(ErrorKind::StorageFull),
        Fault::Error(ErrorKind::PermissionDenied),
        Fault::Error(ErrorKind::NotFound),
        Fault::Error(ErrorKind::Other),
        Fault::Error(ErrorKind::Interrupted),
        Fault::Short,
        Fault::Full,
        Fault::Broken,
    ];
    for scenario in SCENARIOS {
        for (at, fault) in (1..=operations(scenario)).flat_map(|at| faults.map(|fault| (at, fault)))
        {
            let what = format!("{fault:?} at {at}");
            let disk = disk(scenario);
            disk.fail(at, fault);
            let made = make(&disk, scenario);
            let unharmed = matches!(fault, Fault::Error(ErrorKind::Interrupted) | Fault::Short);
            assert!(made.is_ok() || !unharmed, "{what}: {made:?}");
            if fault != Fault::Broken {
                assert!(is(&disk, scenario, made.is_ok()), "{what}: {made:?}");
            }
            if let Err(problem) = &made {
                let said = problem.help.contains("no file was changed");
                assert!(said || fault == Fault::Broken, "{what}: {problem:?}");
            }
            let new = recovers(&disk, scenario, &what);
            assert!(new == made.is_ok() || fault == Fault::Broken, "{what}: {made:?}");
            goes_on(&disk, scenario, new, &what);
            runs += 1;
        }
    }
    assert!(runs > 1_000, "{runs}");
}

/// What someone writes between a crash and the next start is never overwritten.
#[test]
fn edited_after_a_crash() {
    let mut runs = 0;
    for scenario in SCENARIOS {
        for at in 1..=operations(scenario) {
            for edited in 0..scenario.len() {
                let disk = disk(scenario);
                disk.fail(at, Fault::Kill);
                let _ = make(&disk, scenario);
                disk.restart();
                disk.edit(scenario[edited].0, "mine\n");
                let what = format!("killed at {at}, {edited} edited");
                let store = Store::open(&disk, root(scenario), "recovery", now()).unwrap();
                store.recover().unwrap_or_else(|it| panic!("{what}: {it:?}"));
                assert_eq!(disk.text(scenario[edited].0).unwrap(), "mine\n", "{what}");
                let rest = || scenario.iter().enumerate().filter(|(index, _)| *index != edited);
                let all = |new: bool| {
                    rest().all(|(_, (path, old, fresh, _))| {
                        disk.text(path).as_deref() == Some(if new { fresh } else { old })
                    })
                };
                assert!(all(true) || all(false), "{what}");
                runs += 1;
            }
        }
    }
    assert!(runs > 700, "{runs}");
}

#[test]
fn a_file_that_changed_since_it_was_read_stops_all() {
    let scenario = SCENARIOS[1];
    let disk = disk(scenario);
    disk.edit("/w/submit.slurm", "mine");
    let problem = make(&disk, scenario).unwrap_err();
    assert!(problem.message.contains("it was changed after it was read"), "{problem:?}");
    assert_eq!(disk.text("/w/run.sh").unwrap(), "old 1\n");
    assert_eq!(disk.text("/w/submit.slurm").unwrap(), "mine");
}

#[test]
fn a_line_that_a_crash_has_torn_spoils_no_other() {
    let scenario = SCENARIOS[0];
    let disk = disk(scenario);
    make(&disk, scenario).unwrap();
    disk.append(Path::new("/w/.hydrule/journal.jsonl")).unwrap().write(b"{\"format\":1,").unwrap();
    let found = history(&disk, Path::new("/w")).unwrap();
    let undoing = undoing(&disk, Path::new("/w"), &found, found.latest().unwrap(), false).unwrap();
    write(&disk, &undoing.edits, undoing.record, now()).unwrap();
    let found = history(&disk, Path::new("/w")).unwrap();
    assert_eq!(found.entries.iter().map(|it| it.id).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(found.damaged.len(), 1);
    assert_eq!(found.damaged[0].0, 2);
    assert_eq!(found.undone().into_iter().collect::<Vec<_>>(), [1]);
}

#[test]
fn one_file_is_not_written_twice() {
    let disk = disk(SCENARIOS[0]);
    let twice = [edits(SCENARIOS[0]), edits(SCENARIOS[0])].concat();
    let problem = write(&disk, &twice, Record::default(), now()).unwrap_err();
    assert_eq!(problem.message, "`/w/run.sh` and `/w/run.sh` are the same file");
    assert!(is(&disk, SCENARIOS[0], false));
}

#[test]
fn a_journal_that_someone_planted_is_not_used() {
    let scenario = SCENARIOS[0];
    let (disk, planted) = (disk(scenario), PathBuf::from("/.hydrule"));
    disk.make_folder(&planted).unwrap();
    disk.give(&planted, 2);
    assert_eq!(make(&disk, scenario).unwrap().root, Path::new("/w"));
    let disk = self::disk(scenario);
    disk.make_folder(Path::new("/w/.hydrule")).unwrap();
    disk.give(Path::new("/w/.hydrule"), 2);
    let problem = make(&disk, scenario).unwrap_err();
    assert!(problem.message.contains("belongs to another user"), "{problem:?}");
    assert!(is(&disk, scenario, false));
}

#[test]
fn an_intent_that_leads_out_of_the_tree_is_refused() {
    let scenario = SCENARIOS[0];
    let disk = disk(scenario);
    make(&disk, scenario).unwrap();
    let line = disk.text("/w/.hydrule/journal.jsonl").unwrap();
    for path in ["../x.sh", "/x.sh", "a/../../x.sh", "", "."] {
        let line = line.trim().replace("\"run.sh\"", &format!("{path:?}"));
        let intent = format!(
            "{{\"entry\":{line},\"temporaries\":[\".hydrule-1-0-1\"],\"journal_length\":0}}"
        );
        let path = Path::new("/w/.hydrule/pending.json");
        let _ = disk.remove(path);
        disk.create(path).unwrap().write(intent.as_bytes()).unwrap();
        let store = Store::open(&disk, PathBuf::from("/w"), "test", now()).unwrap();
        let problem = store.recover().unwrap_err();
        assert!(problem.message.contains("names files elsewhere"), "{problem:?}");
    }
}
