//! How fast hydrule is beside what it is compared with: ratios of one run, on one machine.
//!
//! `cargo bench` runs all, `cargo bench -- cold plan` the named ones. Nothing here fails for being slow:
//! `.ci/run` guards against that by counting instructions (`benches/instructions.py`).

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench prints, and fails by panicking"
)]

mod cold;
mod growth;
mod jsonl;
mod pairs;
mod parse;
mod plan;
mod scan;

/// A bench: its name, and what prints its table.
type Bench = (&'static str, fn());

const BENCHES: [Bench; 6] = [
    ("parse", parse::run),
    ("jsonl", jsonl::run),
    ("scan", scan::run),
    ("cold", cold::run),
    ("plan", plan::run),
    ("growth", growth::run),
];

fn main() {
    // Cargo adds `--bench`.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|it| !it.starts_with('-')).collect();
    let unknown = wanted.iter().find(|it| BENCHES.iter().all(|(name, _)| name != it));
    assert!(unknown.is_none(), "there is no bench `{}`", unknown.unwrap());
    for (name, run) in BENCHES {
        if wanted.is_empty() || wanted.iter().any(|it| it == name) {
            println!("== {name}");
            run();
            println!();
        }
    }
}
