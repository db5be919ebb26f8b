//! A log tells the same however it comes in: in pieces and blocks of any size, searched by any number of
//! threads, and whether or not literals are searched for before lines are read.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::fs;
use std::io::{self, Read};

use hydrule::pack::{Pack, Phase, load};
use hydrule::signal::{Confidence, Kind, Portions, Scan, SignalDef, Signals};

use crate::support::root;

/// Gives so many bytes at once.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let most = out.len().min(self.1);
        self.0.read(&mut out[..most])
    }
}

fn scan(signals: &Signals, log: &[u8], piece: usize) -> Scan {
    signals.read("log", &mut Pieces(log, piece), &mut |_| ()).unwrap()
}

/// Searches blocks of this size on several threads, from the first one on.
fn scan_blocks(signals: &Signals, log: &[u8], block: usize) -> Scan {
    let portions = Portions { block, alone: 0, threads: 3 };
    signals.read_in(portions, "log", &mut Pieces(log, 997), &mut |_| ()).unwrap()
}

/// The signals of a pack, with one that never matches and has no literal, so that every line is read.
fn tried_on_every_line(pack: &Pack) -> Signals {
    let never = SignalDef {
        name: "never".to_owned(),
        event: "never".to_owned(),
        kind: Kind::Unknown,
        confidence: Confidence::Open,
        pattern: r"[^\s\S]".to_owned(),
        types: Vec::new(),
        phase: None,
    };
    let phases = pack.phases.iter().map(Phase::to_def).collect();
    Signals::trusted(pack.signal_defs.iter().cloned().chain([never]).collect(), phases)
}

/// The logs that are tests elsewhere.
fn logs() -> Vec<(String, Vec<u8>)> {
    let folders =
        ["tests/logs", "tests/logs/corpus"].map(|folder| fs::read_dir(root().join(folder)));
    let files = folders.into_iter().flat_map(Result::unwrap).map(|entry| entry.unwrap().path());
    let logs = files.filter(|path| path.extension().is_some_and(|it| it == "log"));
    logs.map(|path| (path.display().to_string(), fs::read(path).unwrap())).collect()
}

#[test]
fn pieces_and_literals_change_nothing() {
    let pack = load("verl").unwrap();
    let slow = tried_on_every_line(&pack);
    let logs = logs();
    assert!(logs.len() > 150, "{} logs", logs.len());
    for (name, log) in logs {
        let whole = scan(pack.signals(), &log, usize::MAX);
        assert!(scan(pack.signals(), &log, 7) == whole, "{name} in pieces");
        for block in [7, 61, 1000] {
            assert!(
                scan_blocks(pack.signals(), &log, block) == whole,
                "{name} in blocks of {block}"
            );
        }
        assert!(scan(&slow, &log, usize::MAX) == whole, "{name} without literals");
    }
}

/// Of many blocks, with carriage returns, escape sequences, lines that are longer than a block, and messages
/// across every kind of border.
#[test]
fn long_logs_tell_the_same_in_any_pieces() {
    let pack = load("verl").unwrap();
    let slow = tried_on_every_line(&pack);
    let message = "(W pid=3) CUDA \x1b[31mout of\x1b[0m mem\x1b[1mory. Tried to allocate 2.00 GiB";
    let filler = |at: usize| match at % 5 {
        0 => format!("\x1b[36m(W pid={})\x1b[0m Rollout: {at}%|█\r", at % 7),
        1 => format!("(T pid=1) step:{at} - perf/max_memory_allocated_gb:{at}.5\n"),
        2 => format!("  File \"/a/b.py\", line {at}, in update_actor\n"),
        3 => format!("[rank{}]: what is left of {at}\r\n", at % 8),
        _ => format!("{}\x1b[2m {at}\n", "é".repeat(at % 90)),
    };
    for (long, apart) in [(0, 64 << 10), (140 << 10, 200 << 10)] {
        let (mut log, mut at, mut next) = (String::new(), 0, apart - 900);
        while log.len() < 700 << 10 {
            log.push_str(&filler(at));
            at += 1;
            if log.len() > next {
                log.push_str(&"left step:1 - ".repeat(long / 14));
                log.push_str(message);
                log.push_str(&" and so on".repeat(long / 10));
                log.push('\n');
                next = log.len() + apart + at % 97;
            }
        }
        let log = log.into_bytes();
        let whole = scan(pack.signals(), &log, usize::MAX);
        assert!(!whole.events.is_empty() && !whole.notes.is_empty(), "{}", whole.events.len());
        assert!(scan(pack.signals(), &log, 65_521) == whole, "{long} in pieces");
        for block in [997, 65_521] {
            assert!(
                scan_blocks(pack.signals(), &log, block) == whole,
                "{long} in blocks of {block}"
            );
        }
        if long == 0 {
            assert!(scan(&slow, &log, usize::MAX) == whole, "without literals");
        }
    }
}
