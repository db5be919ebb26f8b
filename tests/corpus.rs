//! The project's own launch scripts, one folder for each form: what bash passes to the programs,
//! before and after a change, against what is read and what is planned.
//!
//! Each script gets a few of its changes; with `HYDRULE_CORPUS=all`, every one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};

use regex::Regex;
use serde_json::Value;

use crate::support::{Output, Run, Workspace, root};

/// A script that is started, and what it is started with.
#[derive(Debug)]
struct Case {
    form: String,
    name: String,
    /// The files in the folder it runs in, by name.
    files: Vec<(String, Vec<u8>)>,
    /// The file that is started.
    entry: String,
    /// The file that is read and changed.
    file: String,
    environment: Vec<(String, String)>,
    arguments: Vec<String>,
}

fn corpus() -> PathBuf {
    root().join("tests/scripts/corpus")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    found.sort();
    found
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

/// Reads all scripts; a folder in a form's folder is one job of several files.
fn cases() -> Vec<Case> {
    let forms = entries(&corpus()).into_iter().filter(|it| it.is_dir());
    forms.flat_map(|form| entries(&form).into_iter().map(|path| case(&path))).collect()
}

fn case(path: &Path) -> Case {
    let paths = if path.is_dir() { entries(path) } else { vec![path.to_owned()] };
    let files: Vec<_> = paths.iter().map(|it| (name(it), fs::read(it).unwrap())).collect();
    let file = if path.is_dir() { "run.sh".to_owned() } else { name(path) };
    let chained = files.iter().any(|(name, _)| name == "submit.slurm");
    let entry = if chained { "submit.slurm".to_owned() } else { file.clone() };
    let form = name(path.parent().unwrap());
    let mut case = Case {
        name: format!("{form}/{}", name(path)),
        form,
        files,
        entry,
        file,
        environment: vec![("HOME".to_owned(), "/home/user".to_owned())],
        arguments: Vec::new(),
    };
    let text = case.text();
    if let Some(line) = text.lines().find_map(|line| line.strip_prefix("# Start: ")) {
        let mut words = line.split_whitespace();
        for word in words.by_ref().take_while(|word| !word.ends_with(".sh")) {
            let (name, value) = word.split_once('=').unwrap();
            case.environment.retain(|it| it.0 != name);
            case.environment.push((name.to_owned(), value.to_owned()));
        }
        case.arguments = words.map(str::to_owned).collect();
    }
    case
}

impl Case {
    fn text(&self) -> String {
        let (_, bytes) = self.files.iter().find(|(name, _)| *name == self.file).unwrap();
        String::from_utf8(bytes.clone()).unwrap()
    }

    /// Tells whether programs may start in any order.
    fn has_background(&self) -> bool {
        self.text().lines().any(|line| line.ends_with(" &"))
    }
}

#[test]
fn every_form_has_its_scripts() {
    let text = fs::read_to_string(corpus().join("forms.toml")).unwrap();
    let table = toml::de::DeTable::parse(&text).unwrap().into_inner();
    let cases = cases();
    assert!(cases.len() >= 150, "{} scripts", cases.len());
    let found: BTreeSet<&str> = cases.iter().map(|case| case.form.as_str()).collect();
    let listed: BTreeSet<&str> = table.keys().map(|form| form.as_ref().as_ref()).collect();
    assert_eq!(found, listed, "a folder for each form, and none besides");
    for form in &listed {
        let sign = table[*form].get_ref().get("sign").unwrap().get_ref().as_str().unwrap();
        let sign = Regex::new(sign).unwrap();
        let scripts: Vec<&Case> = cases.iter().filter(|case| case.form == **form).collect();
        let least = if form.starts_with("verl-") { 4 } else { 2 };
        assert!(scripts.len() >= least, "{form} has {} scripts", scripts.len());
        for case in scripts {
            let shows =
                |(_, bytes): &(String, Vec<u8>)| sign.is_match(std::str::from_utf8(bytes).unwrap());
            assert!(case.files.iter().any(shows), "{} does not show its form", case.name);
        }
    }
}

// -- Running -----------------------------------------------------------------------------------------

/// Writes down its name and its arguments. One write a call, so that those in the background do not mix.
const STUB: &str =
    "#!/bin/sh\nprintf '%s\\0' \"${0##*/}\" \"$@\" \"$(printf '\\001')\" >> \"$RECORD\"\n";
const STUBS: [&str; 12] = [
    "python",
    "python3",
    "torchrun",
    "uv",
    "srun",
    "ray",
    "accelerate",
    "tune",
    "docker",
    "apptainer",
    "deepspeed",
    "numactl",
];
/// What a script may ask the machine, with an answer that is always the same.
const ANSWERS: [(&str, &str); 3] =
    [("hostname", "node1"), ("date", "20260101"), ("nvidia-smi", "GPU 0\nGPU 1")];
const TOOLS: [&str; 13] = [
    "bash", "sh", "cat", "tee", "env", "nohup", "timeout", "dirname", "basename", "mkdir", "wc",
    "grep", "sleep",
];

/// The only folder that scripts find programs in.
fn programs() -> &'static Path {
    static FOLDER: OnceLock<Workspace> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = Workspace::new();
        let answers = ANSWERS.map(|(name, text)| (name, format!("#!/bin/sh\necho '{text}'\n")));
        for (name, text) in STUBS.iter().map(|name| (*name, STUB.to_owned())).chain(answers) {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        for tool in TOOLS {
            let path = std::env::var("PATH").unwrap();
            let mut folders = path.split(':').map(|it| Path::new(it).join(tool));
            let found = folders.find(|it| it.exists()).unwrap();
            std::os::unix::fs::symlink(found, folder.path().join(tool)).unwrap();
        }
        folder
    });
    folder.path()
}

/// A case in a folder of its own.
struct Job<'a> {
    case: &'a Case,
    folder: Workspace,
}

impl<'a> Job<'a> {
    fn new(case: &'a Case) -> Self {
        let job = Self { case, folder: Workspace::new() };
        job.reset();
        job
    }

    /// Puts the files back as they are in the corpus.
    fn reset(&self) {
        for (name, bytes) in &self.case.files {
            fs::write(self.folder.path().join(name), bytes).unwrap();
        }
    }

    fn files(&self) -> Vec<Vec<u8>> {
        let path = |name: &String| self.folder.path().join(name);
        self.case.files.iter().map(|(name, _)| fs::read(path(name)).unwrap()).collect()
    }

    /// Runs the script; returns the words of every program it starts. The pipe behind 9 stays open
    /// until what runs in the background has ended, too.
    fn run(&self) -> Vec<Vec<String>> {
        let record = self.folder.path().join("record");
        fs::write(&record, "").unwrap();
        let command = "exec 9>&1; exec timeout 30 bash \"$0\" \"$@\" > /dev/null 2>&1";
        let mut bash = Command::new("bash");
        bash.args(["-c", command, &self.case.entry]).args(&self.case.arguments);
        bash.env_clear().env("PATH", programs()).env("RECORD", &record).env("LANG", "C.UTF-8");
        bash.envs(self.case.environment.iter().map(|(name, value)| (name, value)));
        bash.current_dir(self.folder.path()).stdin(Stdio::null());
        let ended = bash.output().unwrap();
        assert_ne!(ended.status.code(), Some(124), "{} does not end", self.case.name);
        let written = String::from_utf8(fs::read(&record).unwrap()).unwrap();
        let calls = written.split_terminator("\u{1}\0");
        let words = |call: &str| call.split_terminator('\0').map(str::to_owned).collect();
        let mut calls: Vec<Vec<String>> = calls.map(words).collect();
        if self.case.has_background() {
            calls.sort_by_key(|words| words.iter().take(3).cloned().collect::<Vec<_>>());
        }
        calls
    }

    /// Runs `hydrule` with what the job is started with.
    fn hydrule(&self, line: &str, words: &[&str]) -> Output {
        let environment = self.case.environment.iter().map(|it| format!("--env={}={}", it.0, it.1));
        let arguments = self.case.arguments.iter().map(|it| format!("--args={it}"));
        let told = environment.chain(arguments);
        let output = Run::hydrule(line).args(words).args(told).at(self.folder.path()).run();
        assert!(!output.err.contains("panicked"), "{}: {}", self.case.name, output.err);
        output
    }
}

// -- Reading -----------------------------------------------------------------------------------------

/// A word as `show` tells it.
struct Shown {
    text: Option<String>,
    several: bool,
}

/// A launch as `show` tells it.
struct Launch {
    number: usize,
    conditional: bool,
    launcher: Vec<Shown>,
    program: Shown,
    arguments: Vec<Shown>,
    keys: Vec<String>,
}

impl Launch {
    fn read(json: &Value) -> Self {
        let list = |name: &str| {
            let word = |it: &Value| Shown {
                text: it["text"].as_str().map(str::to_owned),
                several: it["several"].as_bool().unwrap(),
            };
            json[name].as_array().unwrap().iter().map(word).collect::<Vec<_>>()
        };
        let program = json["program"].as_str().filter(|it| !it.is_empty()).map(str::to_owned);
        let keys = json["overrides"].as_array().unwrap().iter();
        Self {
            number: usize::try_from(json["number"].as_u64().unwrap()).unwrap(),
            conditional: !json["condition"].is_null(),
            launcher: list("launcher"),
            program: Shown { text: program, several: false },
            arguments: list("arguments"),
            keys: keys.map(|it| it["key"].as_str().unwrap().to_owned()).collect(),
        }
    }

    /// Returns the place of the program among the words that bash passed, if they are this launch's.
    fn fits(&self, call: &[String]) -> Option<usize> {
        (0..call.len()).find(|at| {
            let (before, after) = call.split_at(*at);
            let launchers = 0..self.launcher.len().max(1);
            launchers.clone().any(|from| fit(self.launcher.get(from..).unwrap_or(&[]), before))
                && fit(std::slice::from_ref(&self.program), &after[..1])
                && fit(&self.arguments, &after[1..])
        })
    }
}

/// Tells whether words are those that were told; one that is not known is one word, or any number.
fn fit(told: &[Shown], words: &[String]) -> bool {
    let mut reached: BTreeSet<usize> = BTreeSet::from([0]);
    for word in told {
        reached = match (&word.text, word.several) {
            (Some(text), _) => {
                reached.iter().filter(|at| words.get(**at) == Some(text)).map(|at| at + 1).collect()
            }
            (None, false) => reached.iter().map(|at| at + 1).collect(),
            (None, true) => {
                reached.first().map_or_else(BTreeSet::new, |first| (*first..=words.len()).collect())
            }
        };
    }
    reached.contains(&words.len())
}

/// A program that bash started, and the launch that it is: its number, and where the program stands.
struct Call {
    words: Vec<String>,
    launch: Option<(usize, usize)>,
}

/// What the overrides behind the program set by key, and all other words.
fn effect(words: &[String], program: usize) -> (BTreeMap<String, String>, Vec<&String>) {
    let (head, arguments) = words.split_at(words.len().min(program + 1));
    let mut set = BTreeMap::new();
    let mut others: Vec<&String> = head.iter().collect();
    for word in arguments {
        let (key, value) = word.split_once('=').unwrap_or((word, "~"));
        if word.starts_with('-') || !word.contains('=') && !word.starts_with('~') {
            others.push(word);
        } else {
            set.insert(key.trim_start_matches(['+', '~']).to_owned(), value.to_owned());
        }
    }
    (set, others)
}

/// Finds the launch of every call, in their order, or tells what does not agree. A launch with a
/// condition may run any number of times, all others once.
fn matched(case: &Case, launches: &[Launch], calls: Vec<Vec<String>>) -> Result<Vec<Call>, String> {
    let mut next = 0;
    let mut out: Vec<Call> = Vec::new();
    let mut met = BTreeSet::new();
    let anywhere = case.has_background();
    for words in calls {
        let from = if anywhere { 0 } else { next };
        let again = |at: &usize| launches[*at].conditional || !met.contains(at);
        let mut candidates = (from..launches.len()).filter(again);
        let found = candidates.find_map(|at| launches[at].fits(&words).map(|place| (at, place)));
        match found {
            Some((at, place)) => {
                met.insert(at);
                next = at;
                out.push(Call { words, launch: Some((launches[at].number, place)) });
            }
            None if words.iter().skip(1).any(|word| word.contains('=')) => {
                return Err(format!("not read: {words:?}"));
            }
            None => out.push(Call { words, launch: None }),
        }
    }
    let never = |(at, launch): &(usize, &Launch)| !launch.conditional && !met.contains(at);
    match launches.iter().enumerate().find(never) {
        Some((_, launch)) => Err(format!("launch {} is read and never runs", launch.number)),
        None => Ok(out),
    }
}

// -- Changing ----------------------------------------------------------------------------------------

/// What is set: a key with its value, or none to take it out.
type Wanted = BTreeMap<String, Option<String>>;

/// Keys that answer a lack of memory; most scripts have few of them.
const KEYS: [&str; 10] = [
    "data.train_batch_size",
    "data.max_response_length",
    "actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu",
    "actor_rollout_ref.actor.ppo_mini_batch_size",
    "actor_rollout_ref.actor.fsdp_config.param_offload",
    "actor_rollout_ref.rollout.gpu_memory_utilization",
    "actor_rollout_ref.rollout.n",
    "actor_rollout_ref.model.enable_activation_offload",
    "trainer.n_gpus_per_node",
    "rollout.enforce_eager",
];
/// Values as Hydra reads them; bash must not.
const VALUES: [&str; 6] = ["3", "0.55", "True", "[1, 2]", "'$(touch x) \"q\"'", "a\\,b"];

/// The changes that are tried on a launch: of its own keys, then of others, one taken out.
fn changes(launch: &Launch) -> Vec<(String, Wanted)> {
    let own = launch.keys.iter().map(String::as_str).filter(|key| !key.is_empty());
    let mut keys: Vec<&str> = Vec::new();
    for key in own.clone().take(5).chain(KEYS).chain(own.skip(5)) {
        if !keys.contains(&key)
            && key.chars().all(|c| c.is_ascii_alphanumeric() || "._".contains(c))
        {
            keys.push(key);
        }
    }
    keys.truncate(12);
    let set = keys.iter().enumerate().map(|(at, key)| {
        let value = VALUES[(at + launch.number) % VALUES.len()].to_owned();
        (format!("{key}={value}"), Wanted::from([((*key).to_owned(), Some(value))]))
    });
    // Without any override it would be a launch no more, and the next one would get its number.
    let out = keys.first().filter(|_| launch.keys.len() > 1);
    let out = out.map(|key| (format!("~{key}"), Wanted::from([((*key).to_owned(), None)])));
    set.chain(out).collect()
}

/// What came of all changes.
#[derive(Default)]
struct Report {
    counts: BTreeMap<String, usize>,
    refused: Vec<String>,
    wrong: Vec<String>,
}

impl Report {
    fn count(&mut self, what: &str) {
        *self.counts.entry(what.to_owned()).or_default() += 1;
    }

    fn wrong(&mut self, case: &Case, what: &str, why: &str) {
        self.wrong.push(format!("{}: {what}: {why}", case.name));
    }

    fn refused(&mut self, case: &Case, what: &str, output: &Output) {
        self.count("refused");
        let reason = output.err.lines().find(|line| line.contains('×')).unwrap_or(&output.err);
        self.refused.push(format!("{}: {what}: {}", case.name, reason.trim()));
    }

    fn add(&mut self, other: Self) {
        for (name, count) in other.counts {
            *self.counts.entry(name).or_default() += count;
        }
        self.refused.extend(other.refused);
        self.wrong.extend(other.wrong);
    }
}

/// Tells how what bash passes after a change of these launches differs from what was wanted.
fn difference(
    before: &[Call],
    after: &[Vec<String>],
    number: usize,
    wanted: &Wanted,
) -> Option<String> {
    if before.len() != after.len() {
        return Some(format!("{} programs were started, now {}", before.len(), after.len()));
    }
    before.iter().zip(after).find_map(|(old, new)| {
        let Some((_, at)) = old.launch.filter(|(of, _)| *of == number) else {
            return (old.words != *new).then(|| format!("another program gets {new:?}"));
        };
        let (mut set, others) = effect(&old.words, at);
        for (key, value) in wanted {
            match value {
                Some(value) => set.insert(key.clone(), value.clone()),
                None => set.remove(key),
            };
        }
        ((set, others) != effect(new, at)).then(|| format!("bash passes {new:?}"))
    })
}

/// Tries one change: it must be made exactly, or refused with all files as they were.
fn try_set(
    job: &Job<'_>,
    before: &[Call],
    number: usize,
    change: &(String, Wanted),
    report: &mut Report,
) {
    let (words, wanted) = change;
    let launch = number.to_string();
    let set = |more: &[&str]| {
        job.hydrule("set", &[&[&job.case.file, words.as_str(), "--launch", &launch], more].concat())
    };
    job.reset();
    let old = job.files();
    let output = set(&["--write"]);
    let new = job.files();
    report.count("changes");
    if output.code != 0 {
        if new != old {
            report.wrong(job.case, words, "refused and written");
        }
        return report.refused(job.case, words, &output);
    }
    if let Some(why) = difference(before, &job.run(), number, wanted) {
        return report.wrong(job.case, words, &why);
    }
    let again = set(&["--write"]);
    if again.code != 0 || job.files() != new {
        return report.wrong(job.case, words, &format!("not twice the same: {}", again.err));
    }
    report.count("exact");
}

/// The failures that rewrites of verl's scripts answer.
const PHASES: [&str; 4] = ["log_prob", "actor_update", "wake_up", "generation"];

/// Lets the rules answer a failure; what they plan must be what bash passes then.
fn try_rewrite(job: &Job<'_>, before: &[Call], phase: &str, report: &mut Report) {
    job.reset();
    let old = job.files();
    let fact = format!("oom.phase={phase}");
    let files = job.case.files.iter().map(|(name, _)| name.as_str());
    let words: Vec<&str> = [fact.as_str()].into_iter().chain(files).collect();
    let output = job.hydrule("rewrite --output-format json --write --fact", &words);
    let what = format!("rewrite for {phase}");
    report.count("rewrites");
    let Ok(json) = serde_json::from_str::<Value>(&output.out) else {
        if job.files() != old {
            report.wrong(job.case, &what, "refused and written");
        }
        return report.refused(job.case, &what, &output);
    };
    let planned = json["changes"].as_array().unwrap().iter().map(|change| {
        let value = change["after"].as_str().and_then(|it| it.split_once('='));
        (change["key"].as_str().unwrap().to_owned(), value.map(|it| it.1.to_owned()))
    });
    let planned: Wanted = planned.collect();
    if planned.is_empty() {
        return report.count("nothing to rewrite");
    }
    match difference(before, &job.run(), 1, &planned) {
        Some(why) => report.wrong(job.case, &what, &format!("{planned:?}: {why}")),
        None => report.count("rewrites exact"),
    }
}

/// Compares everything about one script.
fn examine(case: &Case, at: usize, all: bool) -> Report {
    let mut report = Report::default();
    let job = Job::new(case);
    let calls = job.run();
    let shown = job.hydrule("show --output-format json", &[&case.file]);
    let json: Value = serde_json::from_str(&shown.out).unwrap();
    let file = &json["files"][0];
    let launches: Vec<Launch> =
        file["launches"].as_array().unwrap().iter().map(Launch::read).collect();
    report.count("scripts");
    let unread = case.text().contains("# Unread: ");
    if unread {
        let told =
            [&file["notes"], &file["starts"]].iter().any(|it| !it.as_array().unwrap().is_empty());
        if !launches.is_empty() || !told {
            report.wrong(case, "show", "reads what it cannot, or does not say that it does not");
        }
        return report;
    }
    let overrides = calls.iter().flatten().any(|word| word.contains('='));
    if !overrides && launches.is_empty() && !calls.is_empty() {
        report.count("nothing is passed");
        return report;
    }
    if calls.is_empty() || launches.is_empty() {
        report.wrong(case, "show", &format!("{} launches, {} calls", launches.len(), calls.len()));
        return report;
    }
    let before = match matched(case, &launches, calls) {
        Ok(before) => before,
        Err(why) => {
            report.wrong(case, "show", &why);
            return report;
        }
    };
    let numbers: BTreeMap<usize, &Launch> = launches.iter().map(|it| (it.number, it)).collect();
    let sample =
        |at: usize, of: usize, index: usize| all || index == at % of || index == (at + of / 2) % of;
    for (number, launch) in numbers {
        report.count("launches");
        let changes = changes(launch);
        for (index, change) in changes.iter().enumerate() {
            if sample(at, changes.len(), index) {
                try_set(&job, &before, number, change, &mut report);
            }
        }
    }
    if case.form.starts_with("verl-") {
        for (index, phase) in PHASES.iter().enumerate() {
            if sample(at, PHASES.len(), index) {
                try_rewrite(&job, &before, phase, &mut report);
            }
        }
    }
    if job.folder.path().join("x").exists() {
        report.wrong(case, "set", "a value was run");
    }
    report
}

#[test]
#[expect(clippy::print_stdout, reason = "the figures are what is asked for with --nocapture")]
fn what_bash_passes_is_what_was_planned() {
    let all = std::env::var("HYDRULE_CORPUS").is_ok_and(|it| it == "all");
    let cases = cases();
    let next = AtomicUsize::new(0);
    let total = Mutex::new(Report::default());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(at) else { return };
                    let report = examine(case, at, all);
                    total.lock().unwrap().add(report);
                }
            });
        }
    });
    let mut report = total.into_inner().unwrap();
    report.refused.sort();
    report.wrong.sort();
    println!("{:#?}\n{}", report.counts, report.refused.join("\n"));
    assert!(report.wrong.is_empty(), "{}", report.wrong.join("\n"));
    let count = |name: &str| report.counts.get(name).copied().unwrap_or_default();
    assert!(count("refused") * 100 <= 3 * count("changes"), "{}", report.refused.join("\n"));
}
