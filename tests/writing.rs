//! The program writes all files or none, keeps a journal, and undoes.

use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

use hydrule::transaction::{LocalDisk, hash, history};

use crate::support::{Output, Run, Workspace, snapshot};

const SCRIPT: &str =
    "python3 -m verl.trainer.main_ppo \\\n    trainer.nnodes=1 \\\n    trainer.n_gpus_per_node=4\n";
const SLURM: &str = "#!/bin/bash\n#SBATCH --nodes=1\n#SBATCH --gres=gpu:4\nsrun bash run.sh\n";

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("run.sh", SCRIPT).write("submit.slurm", SLURM);
    workspace
}

/// Replaces what is different in every run.
fn timeless(workspace: &Workspace, text: &str) -> String {
    let time = regex::Regex::new(r"20\d\d-\d\d-\d\d[ T]\d\d:\d\d:\d\d( UTC|Z)").unwrap();
    let real = fs::canonicalize(workspace.path()).unwrap();
    time.replace_all(text, "TIME").replace(&real.display().to_string(), "FOLDER")
}

fn ok(output: &Output) {
    assert_eq!(output.code, 0, "{}", output.shown());
}

fn refused(output: &Output, why: &str) {
    assert_eq!(output.code, 2, "{}", output.shown());
    assert!(output.err.contains(why), "{}", output.shown());
}

/// Writes both files; the pack finds more in them, so the exit code says that something is left.
fn both(workspace: &Workspace) {
    let output = workspace.hydrule(BOTH).run();
    assert_eq!(output.code, 1, "{}", output.shown());
    assert!(output.err.contains("Wrote 2 files"), "{}", output.shown());
}

const SET: &str = "set run.sh trainer.nnodes=2 --write";
const BOTH: &str = "rewrite run.sh submit.slurm --only more-gpus --unsafe --write";

#[test]
fn what_was_written_is_listed_and_undone() {
    let workspace = workspace();
    let mut text = String::new();
    for line in [
        "log",
        BOTH,
        SET,
        "log",
        "undo 1",
        "undo",
        "undo --write",
        "undo --write",
        "log",
        "undo --write",
        "undo 2",
        "undo 7",
        "undo 4 --write",
        "log --output-format json",
    ] {
        let output = workspace.hydrule(line).run();
        // What rewrite reports is a snapshot of its own.
        let shown = if line == BOTH { output.err.clone() } else { output.shown() };
        text.push_str(&format!("$ hydrule {line}\n{}\n", timeless(&workspace, &shown)));
        if line.starts_with("undo 2") {
            assert_eq!(workspace.read("run.sh"), SCRIPT);
            assert_eq!(workspace.read("submit.slurm"), SLURM);
        }
    }
    snapshot("writing", "session", &text);
    assert!(workspace.read("run.sh").contains("n_gpus_per_node=8"));
}

#[test]
fn undo_gives_up_later_changes_only_when_told() {
    let workspace = workspace();
    ok(&workspace.hydrule(SET).run());
    let mine = workspace.read("run.sh").replace("n_gpus_per_node=4", "n_gpus_per_node=6");
    workspace.write("run.sh", &mine);
    let real = fs::canonicalize(workspace.path()).unwrap().join("run.sh");
    refused(
        &workspace.hydrule("undo --write").run(),
        &format!("{}:3: changed since transaction 1, so it cannot be undone", real.display()),
    );
    assert_eq!(workspace.read("run.sh"), mine);
    let forced = workspace.hydrule("undo --force").run();
    assert_eq!(forced.code, 1);
    assert!(forced.out.contains("-    trainer.n_gpus_per_node=6"), "{}", forced.shown());
    ok(&workspace.hydrule("undo --force --write").run());
    assert_eq!(workspace.read("run.sh"), SCRIPT);
    ok(&workspace.hydrule("undo 2 --write").run());
    assert_eq!(workspace.read("run.sh"), mine);
    fs::remove_file(workspace.path().join("run.sh")).unwrap();
    refused(&workspace.hydrule("undo 3 --force").run(), "there is no such file");
}

/// What a crash between two renames leaves is told, and brought to its end.
#[test]
fn an_interrupted_transaction_is_completed() {
    for (command, code) in [("log", 0), ("undo", 1), (SET, 0)] {
        let workspace = workspace();
        both(&workspace);
        let line = workspace.read(".hydrule/journal.jsonl");
        let new = workspace.read("submit.slurm");
        let intent = format!(
            "{{\"entry\":{},\"temporaries\":[\".hydrule-1-0-1\",\".hydrule-1-1-1\"],\"journal_length\":0}}",
            line.trim()
        );
        workspace.write("submit.slurm", SLURM).write(".hydrule-1-1-1", &new);
        workspace.write(".hydrule/pending.json", &intent);
        let warned = workspace.hydrule("set run.sh trainer.nnodes=2").run();
        assert!(
            warned.err.contains("`hydrule log` brings what it left to its end"),
            "{}",
            warned.err
        );
        let output = workspace.hydrule(command).run();
        assert_eq!(output.code, code, "{}", output.shown());
        let said = timeless(&workspace, output.err.lines().next().unwrap());
        let wanted = "! Transaction 1 (rewrite, TIME, on run.sh, submit.slurm) was interrupted; it is completed now.";
        assert_eq!(said, wanted);
        assert_eq!(workspace.read("submit.slurm"), new);
        assert!(!workspace.path().join(".hydrule-1-1-1").exists());
        assert!(!workspace.path().join(".hydrule/pending.json").exists());
    }
}

#[test]
fn the_lock_names_its_holder() {
    let workspace = workspace();
    ok(&workspace.hydrule(SET).run());
    let lock = workspace.path().join(".hydrule/lock");
    let held = File::options().read(true).write(true).open(&lock).unwrap();
    held.lock().unwrap();
    workspace.write(".hydrule/lock", "hydrule set, process 42 on node7, since TIME");
    let output = workspace.hydrule("set run.sh trainer.nnodes=3 --write").run();
    refused(
        &output,
        "another hydrule is writing here: hydrule set, process 42 on node7, since TIME",
    );
    assert!(workspace.read("run.sh").contains("nnodes=2"));
    drop(held);
    ok(&workspace.hydrule("set run.sh trainer.nnodes=3 --write").run());
}

/// Many at once: each writes or is refused, and the journal tells exactly what happened.
#[test]
fn many_write_at_once() {
    let workspace = workspace();
    let outputs: Vec<Output> = std::thread::scope(|scope| {
        let start = |number: usize| {
            let run = workspace.hydrule(&format!("set run.sh trainer.nnodes={number} --write"));
            scope.spawn(move || run.run())
        };
        let threads: Vec<_> = (2..18).map(start).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for output in outputs.iter().filter(|output| output.code != 0) {
        let known = ["another hydrule is writing here", "it was changed after it was read"];
        assert_eq!(output.code, 2, "{}", output.shown());
        assert!(known.iter().any(|it| output.err.contains(it)), "{}", output.shown());
        assert!(output.err.contains("no file was changed"), "{}", output.shown());
    }
    let root = fs::canonicalize(workspace.path()).unwrap();
    let history = history(&LocalDisk, &root).unwrap();
    assert!(history.damaged.is_empty());
    assert_eq!(history.entries.len(), outputs.iter().filter(|output| output.code == 0).count());
    assert!(!history.entries.is_empty());
    let mut last = hash(SCRIPT.as_bytes());
    for entry in &history.entries {
        assert_eq!(entry.files[0].before, last);
        last = entry.files[0].after.clone();
    }
    assert_eq!(hash(workspace.read("run.sh").as_bytes()), last);
}

#[test]
fn a_file_keeps_what_it_is() {
    let workspace = workspace();
    let path = workspace.path().join("run.sh");
    fs::create_dir(workspace.path().join("links")).unwrap();
    symlink("../run.sh", workspace.path().join("links/one")).unwrap();
    symlink("links/one", workspace.path().join("two.sh")).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o751)).unwrap();
    let named = rustix::fs::setxattr(&path, "user.note", b"mine", rustix::fs::XattrFlags::empty());
    ok(&workspace.hydrule("set two.sh trainer.nnodes=2 --write").run());
    assert!(workspace.read("run.sh").contains("nnodes=2"));
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o751);
    assert!(fs::symlink_metadata(workspace.path().join("two.sh")).unwrap().is_symlink());
    assert!(fs::symlink_metadata(workspace.path().join("links/one")).unwrap().is_symlink());
    // Not every file system has such attributes.
    if named.is_ok() {
        let mut note = [0; 4];
        rustix::fs::getxattr(&path, "user.note", note.as_mut_slice()).unwrap();
        assert_eq!(&note, b"mine");
    }
    assert_eq!(fs::metadata(workspace.path().join(".hydrule")).unwrap().mode() & 0o777, 0o700);
}

#[test]
fn the_same_change_again_changes_nothing() {
    let workspace = workspace();
    workspace.write("run.sh", "python3 -m app a.b=1 $N \\\n    +n.w={a:$0 x\n");
    let set = || {
        workspace.hydrule("set run.sh --write").arg("+n.w={a: [1, x]}").run();
        workspace.read("run.sh")
    };
    let once = set();
    assert!(once.ends_with("'++n.w={a: [1, x]}'\n"), "{once}");
    assert_eq!(set(), once);
}

/// The texts that are kept belong to whom the files do, also where root works in another user's folder.
#[test]
fn what_is_kept_is_for_the_owner_of_the_file_alone() {
    const OTHER: u32 = 65534;
    let workspace = workspace();
    let own = fs::metadata(workspace.path()).unwrap().uid();
    let given = std::os::unix::fs::chown(workspace.path(), Some(OTHER), None).is_ok();
    let kept = |name: &str| workspace.path().join(".hydrule").join(name);
    let mut seen = 0;
    for (text, owner, mode) in
        [(SCRIPT.to_owned(), own, 0o600), (format!("{SCRIPT}#\n"), OTHER, 0o644)]
    {
        if owner == OTHER && !given {
            continue;
        }
        workspace.write("run.sh", &text);
        let path = workspace.path().join("run.sh");
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        std::os::unix::fs::chown(&path, Some(owner), None).unwrap();
        ok(&workspace.hydrule("set run.sh trainer.nnodes=2 --write").run());
        for text in [text, workspace.read("run.sh")] {
            let about = fs::metadata(kept("objects").join(hash(text.as_bytes()))).unwrap();
            assert_eq!((about.uid(), about.mode() & 0o777), (owner, 0o600));
            seen += 1;
        }
        assert_eq!(fs::metadata(&path).unwrap().uid(), owner);
    }
    assert!(seen == if given { 4 } else { 2 });
    let folder = if given { OTHER } else { own };
    for name in ["", "objects", "journal.jsonl", "lock", ".gitignore"] {
        let about = fs::metadata(kept(name)).unwrap();
        let mode = if about.is_dir() { 0o700 } else { 0o600 };
        assert_eq!((about.uid(), about.mode() & 0o777), (folder, mode), "{name}");
    }
}

#[test]
fn what_cannot_be_replaced_without_loss_is_refused() {
    let workspace = workspace();
    let path = workspace.path().join("run.sh");
    let set = |file: &str| workspace.hydrule(&format!("set {file} trainer.nnodes=2 --write")).run();
    fs::set_permissions(&path, Permissions::from_mode(0o444)).unwrap();
    refused(&set("run.sh"), "cannot write `run.sh`: it is read-only");
    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    fs::hard_link(&path, workspace.path().join("other.sh")).unwrap();
    refused(&set("run.sh"), "it has 2 names (hard links)");
    fs::create_dir(workspace.path().join("folder")).unwrap();
    refused(&set("folder"), "folder");
    let made = Run::program("mkfifo").arg(workspace.path().join("pipe")).run();
    assert_eq!(made.code, 0);
    refused(&set("pipe"), "cannot write `pipe`: it is not a regular file");
    refused(&set("/dev/zero"), "cannot write `/dev/zero`: it is not a regular file");
    refused(&set("gone.sh"), "cannot read `gone.sh`: there is no such file");
    assert_eq!(workspace.read("run.sh"), SCRIPT);
    assert!(!workspace.path().join(".hydrule").exists());
}

#[test]
fn a_journal_that_came_along_chooses_nothing_to_write_over() {
    for (link, target, why) in [
        (".hydrule/lock", "elsewhere/kept", "it is a link"),
        (".hydrule/journal.jsonl", "elsewhere/kept", "it is a link"),
        (".hydrule/objects", "elsewhere", "is not a folder"),
        (".hydrule", "elsewhere", "is not a folder"),
    ] {
        let workspace = workspace();
        let at = |name: &str| workspace.path().join(name);
        workspace.write("elsewhere/kept", "keep me");
        fs::create_dir_all(at(link).parent().unwrap()).unwrap();
        symlink(at(target), at(link)).unwrap();
        refused(&workspace.hydrule(SET).run(), why);
        assert_eq!(workspace.read("run.sh"), SCRIPT);
        assert_eq!(workspace.read("elsewhere/kept"), "keep me");
        assert_eq!(fs::read_dir(at("elsewhere")).unwrap().count(), 1, "{link}");
    }
}

#[test]
fn a_journal_that_came_along_changes_nothing_that_it_does_not_name() {
    for (link, target) in [("run.sh", "../outside/run.sh"), ("jobs", "../outside")] {
        let workspace = Workspace::new();
        let at = |name: &str| workspace.path().join(name);
        let file = if link == "jobs" { "jobs/run.sh" } else { link };
        workspace.write(&format!("tree/{file}"), SCRIPT).write("tree/.git/HEAD", "");
        let hydrule = |line: &str| workspace.hydrule(line).at(&at("tree")).run();
        ok(&hydrule(&format!("set {file} trainer.nnodes=2 --write")));
        fs::create_dir(at("outside")).unwrap();
        fs::rename(at("tree").join(file), at("outside/run.sh")).unwrap();
        let _ = fs::remove_dir(at("tree/jobs"));
        symlink(target, at("tree").join(link)).unwrap();
        for line in ["undo", "undo --write", "undo --write --force"] {
            refused(&hydrule(line), "leads to");
        }
        assert!(workspace.read("outside/run.sh").contains("nnodes=2"));
    }
}

#[test]
fn names_need_not_be_text() {
    let workspace = workspace();
    let name = OsStr::from_bytes(b"r\xff\n'$x.sh");
    fs::write(workspace.path().join(name), SCRIPT).unwrap();
    let run = workspace.hydrule("set").arg(name).args(["trainer.nnodes=2", "--write"]);
    ok(&run.run());
    assert!(fs::read_to_string(workspace.path().join(name)).unwrap().contains("nnodes=2"));
    ok(&workspace.hydrule("undo --write").run());
    assert_eq!(fs::read_to_string(workspace.path().join(name)).unwrap(), SCRIPT);
}

/// Git's root has the journal, and git does not see it.
#[test]
fn a_report_goes_over_nothing_that_it_is_about() {
    let workspace = workspace();
    workspace.write("job.log", "torch.OutOfMemoryError: CUDA out of memory.\n");
    symlink("run.sh", workspace.path().join("link")).unwrap();
    for line in [
        "rewrite run.sh submit.slurm -o run.sh",
        "rewrite run.sh submit.slurm --log job.log -o ./job.log",
        "rewrite run.sh submit.slurm --only more-gpus --unsafe --write -o link",
        "check run.sh -o run.sh",
        "check run.sh --fix -o link",
    ] {
        refused(&workspace.hydrule(line).run(), "-o would write the report over");
    }
    assert_eq!(workspace.read("run.sh"), SCRIPT);
    assert!(workspace.hydrule("check . -o report.txt").run().code < 2);
    assert!(workspace.hydrule("check . -o report.txt").run().code < 2);
}

#[test]
fn a_report_may_have_any_name_though_one_was_killed() {
    let workspace = workspace();
    let report = "r".repeat(255);
    let output = workspace.hydrule("check run.sh -o").arg(&report).run();
    assert!(output.code < 2 && !workspace.read(&report).is_empty(), "{}", output.shown());
    // In a container the next process may have the same number.
    let killed = "echo half > .report.$$; exec \"$0\" check run.sh -o report";
    let hydrule = env!("CARGO_BIN_EXE_hydrule");
    let run = Run::program("bash").args(["-c", killed, hydrule]).at(workspace.path());
    let output = run.run();
    assert!(output.code < 2 && !workspace.read("report").is_empty(), "{}", output.shown());
}

#[test]
fn the_journal_stands_in_the_repository_and_is_ignored() {
    let workspace = workspace();
    let git = |line: &str| Run::program("git").args(line.split(' ')).at(workspace.path()).run();
    ok(&git("init --quiet"));
    fs::create_dir_all(workspace.path().join("jobs/a")).unwrap();
    workspace.write("jobs/a/run.sh", SCRIPT);
    ok(&workspace.hydrule("set jobs/a/run.sh trainer.nnodes=2 --write").run());
    assert!(workspace.path().join(".hydrule/journal.jsonl").exists());
    assert!(!git("status --short").out.contains("hydrule"));
    let elsewhere = Workspace::new();
    refused(&elsewhere.hydrule("log").run(), "no `.hydrule` in");
    let folder = workspace.path().join("jobs/a");
    ok(&elsewhere.hydrule("undo --write --folder").arg(&folder).run());
    assert_eq!(workspace.read("jobs/a/run.sh"), SCRIPT);
}

#[test]
fn a_damaged_journal_is_told() {
    let workspace = workspace();
    ok(&workspace.hydrule(SET).run());
    let line = workspace.read(".hydrule/journal.jsonl");
    let half = &line[..line.len() / 2];
    workspace.write(".hydrule/journal.jsonl", format!("{line}\u{0}\n{half}"));
    let output = workspace.hydrule("log").run();
    ok(&output);
    for number in [2, 3] {
        let said = format!("journal.jsonl:{number}: this line of the journal cannot be read");
        assert!(output.err.contains(&said), "{}", output.shown());
    }
    ok(&workspace.hydrule("undo --write").run());
    assert_eq!(workspace.read("run.sh"), SCRIPT);
    workspace.write(".hydrule/pending.json", "{");
    refused(&workspace.hydrule(SET).run(), "pending.json` is damaged");
}

/// The next plan can know which configuration failed, and how.
#[test]
fn the_journal_tells_what_was_tried() {
    let workspace = Workspace::example();
    let line = "rewrite run_grpo.sh submit_grpo.slurm --log slurm-4242.err --write";
    let output = workspace.hydrule(line).run();
    assert!(output.err.contains("Wrote"), "{}", output.shown());
    let entry =
        &history(&LocalDisk, &fs::canonicalize(workspace.path()).unwrap()).unwrap().entries[0];
    let tried = entry.record.tried.as_ref().unwrap();
    assert_eq!(tried["outcome"], "failed");
    assert_eq!(tried["phase"], "log_prob");
    let before = entry.record.changes[0].before.as_deref().unwrap();
    assert!(tried["overrides"].as_array().unwrap().iter().any(|it| it == before), "{tried}");
}
