//! `hydrule facts`: logs of any length and any number, for people and as data.

use std::fs;
use std::io::{self, Read, Write as _};
use std::path::Path;

use hydrule::pack::{EMBEDDED, Watch, load};
use hydrule::signal::{Scan, Signals};
use hydrule::text::Source;
use serde_json::Value as Json;

use crate::support::{Output, Run, root, snapshot};

fn facts(arguments: &str) -> Output {
    Run::hydrule(&format!("facts {arguments}")).run()
}

fn json(arguments: &str) -> Json {
    serde_json::from_str(&facts(&format!("{arguments} --output-format json")).out).unwrap()
}

#[test]
fn pages_for_people() {
    for name in ["log-prob-entropy", "cascade", "host-ray", "nccl-joined", "time-limit", "nothing"]
    {
        let output = facts(&format!("tests/logs/{name}.log"));
        assert_eq!(output.code, i32::from(name != "nothing"), "{name}");
        snapshot("facts", name, &output.shown());
    }
}

#[test]
fn the_same_as_data() {
    let output = facts("tests/logs/cascade.log --output-format json");
    snapshot("facts", "cascade-json", &output.shown());
    let data = json("tests/logs/log-prob-entropy.log");
    let first = &data["events"][0];
    for field in ["signal", "kind", "phase", "first_cause", "confidence", "location"] {
        assert!(!first[field].is_null(), "{field}");
    }
    let tried = &first["facts"]["tried"];
    assert!(tried["value"].is_i64() && tried["text"].as_str().unwrap().ends_with("iB"));
    assert!(tried["location"]["line"].is_i64());
    assert!(first["consequences"].is_array());
}

#[test]
fn the_size_tells_a_tensor_where_the_vocabulary_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("a.log");
    fs::write(&log, "CUDA out of memory. Tried to allocate 594.00 MiB. GPU 1 is full\n").unwrap();
    let config = folder.path().join("config.json");
    fs::write(&config, "{\"vocab_size\": 152064}").unwrap();
    let told = json(&format!("{} --facts model={}", log.display(), config.display()));
    let found = &told["events"][0]["facts"];
    assert_eq!(found["tensor_rows"]["value"], 1024);
    assert_eq!(found["tensor_dtype"]["value"], "fp32");
    let untold = json(&log.display().to_string());
    assert!(untold["events"][0]["facts"].get("tensor_rows").is_none());
    let other = json(&format!("{} --fact model.vocab_size=151936", log.display()));
    assert!(other["events"][0]["facts"].get("tensor_rows").is_none());
}

#[test]
fn what_ran_is_compared_with_the_script() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("run.sh");
    fs::write(
        &script,
        "python3 -m verl.trainer.main_ppo data.train_batch_size=512 trainer.nnodes=$N a.b=1\n",
    )
    .unwrap();
    let log = folder.path().join("a.log");
    let ran = "['data.train_batch_size=1024', 'trainer.nnodes=2', 'c.d=3']";
    fs::write(&log, format!("Error executing job with overrides: {ran}\n")).unwrap();
    let run = |script: &str| {
        let line = format!("facts a.log --script {script}");
        Run::hydrule(&line).at(folder.path()).run()
    };
    let output = run("run.sh");
    assert_eq!(output.code, 1);
    snapshot("facts", "differences", &output.shown());
    fs::write(&script, "python3 -m verl.trainer.main_ppo data.train_batch_size=1024 \"$@\"\n")
        .unwrap();
    assert_eq!(run("run.sh").code, 0);
    assert_eq!(run("missing.sh").code, 2);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

#[test]
fn compressed_logs_and_standard_input_are_read_alike() {
    let folder = tempfile::tempdir().unwrap();
    let plain = fs::read(root().join("tests/logs/log-prob-entropy.log")).unwrap();
    let half = plain.len() / 2;
    let (one, two) = plain.split_at(half);
    let forms = [
        ("plain", plain.clone()),
        ("gzip", gzip(&plain)),
        ("members", [gzip(one), gzip(two)].concat()),
        ("zstd", zstd(&plain)),
        ("frames", [zstd(one), zstd(two)].concat()),
    ];
    let mut pages: Vec<String> = Vec::new();
    for (name, bytes) in forms {
        fs::write(folder.path().join("log"), bytes).unwrap();
        let output = Run::hydrule("facts log").at(folder.path()).run();
        assert_eq!(output.code, 1, "{name}: {}", output.err);
        pages.push(output.out);
    }
    let piped = Run::hydrule("facts -").input(String::from_utf8(plain).unwrap()).run();
    pages.push(piped.out.replace("standard input", "log"));
    assert!(pages.windows(2).all(|pair| pair[0] == pair[1]), "{pages:#?}");
}

#[test]
fn damaged_logs_count_up_to_the_damage() {
    let folder = tempfile::tempdir().unwrap();
    let mut plain = fs::read(root().join("tests/logs/log-prob-entropy.log")).unwrap();
    let noise = (0..200_000_u32).map(|at| at.wrapping_mul(2_654_435_761).to_string() + "\n");
    plain.extend(noise.collect::<String>().bytes());
    for (name, whole) in [("log.gz", gzip(&plain)), ("log.zst", zstd(&plain))] {
        let path = folder.path().join(name);
        fs::write(&path, &whole[..whole.len() - 1000]).unwrap();
        let output = facts(&path.display().to_string());
        assert_eq!(output.code, 1, "{name}: {}", output.err);
        assert!(output.out.contains("is damaged"), "{name}: {}", output.out);
        fs::write(&path, &whole[..40]).unwrap();
        assert_eq!(facts(&path.display().to_string()).code, 2, "{name}");
    }
}

#[test]
fn hostile_input_is_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let noise: Vec<u8> =
        (0..300_000_u32).map(|it| (it.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    fs::write(at("binary"), &noise).unwrap();
    fs::write(at("empty"), "").unwrap();
    assert_eq!(facts(&at("binary")).code, 0);
    assert_eq!(facts(&at("empty")).code, 0);
    let missing = facts(&at("bynary"));
    assert_eq!(missing.code, 2);
    assert!(missing.err.contains("did you mean"), "{}", missing.err);
    let directory = facts(&folder.path().display().to_string());
    assert_eq!(directory.code, 2);
    assert!(directory.err.contains("it is a folder"), "{}", directory.err);
    assert_eq!(facts("").code, 2);
    assert_eq!(facts("tests/logs/cascade.log --pack nope").code, 2);

    let fifo = at("fifo");
    assert_eq!(Run::program("mkfifo").arg(&fifo).run().code, 0);
    let writer = std::thread::spawn({
        let fifo = fifo.clone();
        move || fs::write(fifo, "CUDA out of memory. Tried to allocate 2.00 GiB\n").unwrap()
    });
    assert_eq!(facts(&fifo).code, 1);
    writer.join().unwrap();
}

/// The first cause is the earliest of all logs; without times the order given decides.
#[test]
fn several_logs_are_one_job() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let oom = |gpu: u8| {
        format!(
            "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU {gpu} x\n"
        )
    };
    write("a.log", &format!("2026-03-01 10:00:09,000 INFO x\n{}", oom(0)));
    write("b.log", &format!("2026-03-01 10:00:07,500 INFO x\n{}", oom(1)));
    write("c.log", "ray.exceptions.ActorDiedError: The actor died\n");
    let run = |line: &str| Run::hydrule(&format!("facts {line}")).at(folder.path()).run();
    let first = |line: &str| {
        let data: Json =
            serde_json::from_str(&run(&format!("{line} --output-format json")).out).unwrap();
        let events = data["events"].as_array().unwrap().clone();
        let first = events.iter().find(|event| event["first_cause"] == true).unwrap();
        let file = first["location"]["file"].as_str().unwrap().to_owned();
        (file, data["first_cause_by"].clone())
    };
    assert_eq!(first("a.log"), ("a.log".into(), Json::Null));
    assert_eq!(first("a.log b.log"), ("b.log".into(), "time".into()));
    assert_eq!(first("c.log a.log b.log"), ("b.log".into(), "time".into()));
    write("b.log", &oom(1));
    assert_eq!(first("a.log b.log"), ("a.log".into(), "order given".into()));
    assert_eq!(first("b.log a.log c.log"), ("b.log".into(), "order given".into()));
    snapshot("facts", "several", &run("c.log a.log b.log").shown());
}

/// Gives at most so many bytes at once, in an order of sizes that looks like none.
struct Torn<'a> {
    rest: &'a [u8],
    most: usize,
    state: u64,
}

impl Read for Torn<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let count = 1 + (self.state >> 33) as usize % self.most;
        let count = count.min(out.len()).min(self.rest.len());
        let (now, rest) = self.rest.split_at(count);
        out[..count].copy_from_slice(now);
        self.rest = rest;
        Ok(count)
    }
}

fn in_blocks(signals: &Signals, bytes: &[u8], most: usize, seed: u64) -> Scan {
    let mut input = Torn { rest: bytes, most, state: seed };
    signals.read("log", &mut input, &mut |_| ()).unwrap()
}

fn watch() -> Watch {
    let packs: Vec<_> = EMBEDDED.iter().map(|pack| load(pack.name).unwrap()).collect();
    Watch::of(&packs)
}

fn logs_in(folder: &Path) -> Vec<Vec<u8>> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let logs = paths.filter(|path| path.extension().is_some_and(|ending| ending == "log"));
    logs.map(|path| fs::read(path).unwrap()).collect()
}

#[test]
fn blocks_of_any_size_tell_the_same() {
    let watch = watch();
    let logs = [logs_in(&root().join("tests/logs")), logs_in(&root().join("tests/logs/corpus"))];
    for (seed, log) in logs.concat().iter().enumerate() {
        let whole = watch.signals.read("log", &mut log.as_slice(), &mut |_| ()).unwrap();
        if let Ok(text) = str::from_utf8(log) {
            assert_eq!(whole, watch.signals.scan(&Source::new("log", text)));
        }
        for most in [7, 64, 900] {
            assert_eq!(in_blocks(&watch.signals, log, most, seed as u64), whole);
        }
    }
}

/// A log of many megabytes: places stay right, what is far away explains nothing, and a stack near by
/// does.
#[test]
fn long_logs_are_read_in_pieces() {
    let watch = watch();
    let stack = "(W pid=1) Traceback (most recent call last):\n(W pid=1)   File \"a.py\", line 3, in update_actor\n";
    let oom = "(W pid=1) torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB\n";
    let noise = |bytes: usize| "(W pid=2) é nothing to see\n".repeat(bytes / 28);
    let step = "(T pid=9) step:7 - perf/max_memory_allocated_gb:61.5 - x:1\n";
    let mut phases = Vec::new();
    for gap in [1 << 20, 3 << 20] {
        let text = [step, &noise(14 << 20), stack, &noise(gap), oom, &noise(1 << 20)].concat();
        let scan = in_blocks(&watch.signals, text.as_bytes(), 500_000, 3);
        let first = scan.first_cause().unwrap();
        phases.push(first.phase.as_ref().map(|phase| phase.name.clone()));
        let line = text[..text.find("(W pid=1) torch").unwrap()].lines().count() + 1;
        assert_eq!(first.location.line_column().line, line);
        let span = first.location.span;
        assert_eq!(&text[span.start..span.end], first.location.text());
        assert_eq!(first.facts["tried"].location.text(), "2.00 GiB");
        let step = scan.notes.iter().find(|note| note.signal == "step").unwrap();
        assert_eq!(step.facts["step"].text, "7");
    }
    assert_eq!(phases, [Some("actor_update".to_owned()), None]);
}

#[test]
fn one_line_of_many_megabytes_is_read_in_pieces() {
    let watch = watch();
    let filler = "x y ".repeat(5 << 20);
    let text = format!("{filler}CUDA out of memory. Tried to allocate 2.00 GiB{filler}");
    let scan = in_blocks(&watch.signals, text.as_bytes(), 300_000, 5);
    let first = scan.first_cause().unwrap();
    assert_eq!(first.facts["tried"].text, "2.00 GiB");
    assert_eq!(first.location.line_column().line, 1);
    assert_eq!(first.location.span.start, filler.len());
    assert_eq!(first.location.line_column().column, filler.len() + 1);
}

/// Escape sequences inside of words hide nothing, wherever blocks end.
#[test]
fn coloured_words_are_found() {
    let watch = watch();
    let message = "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 x";
    for at in 0..message.len() {
        let text = format!("log\n{}\x1b[01;31m{}\x1b[0m\n", &message[..at], &message[at..]);
        for most in [5, 4096] {
            let scan = in_blocks(&watch.signals, text.as_bytes(), most, at as u64);
            assert_eq!(scan.events.len(), 1, "{text:?}");
        }
    }
}

#[test]
fn bytes_that_are_no_text_keep_their_places() {
    let watch = watch();
    let mut bytes = b"\xff\xfe caf\xc3\xa9 \xe2\x82\n".to_vec();
    bytes.extend(b"\x80(W pid=1) CUDA out of memory. Tried to allocate 2.00 GiB\xff\n");
    let scan = in_blocks(&watch.signals, &bytes, 3, 1);
    let tried = &scan.first_cause().unwrap().facts["tried"];
    let span = tried.location.span;
    assert_eq!(&bytes[span.start..span.end], b"2.00 GiB");
    assert_eq!(tried.location.line_column().line, 2);
}
