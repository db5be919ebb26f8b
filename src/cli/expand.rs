use serde::Deserialize;
use serde_json::json;

use super::Done;
use super::args::ExpandArgs;
use super::console::Console;
use super::error::CliError;
use super::lines::each_line;
use crate::overrides::{Lossy, expand};
use crate::report::Paint;
use crate::text::{Faults, Source};

/// How many values of every key are checked for what a job would read differently.
const CHECKED: usize = 1000;

/// The most jobs that a line of JSON lists.
const MOST_LISTED: usize = 1_000_000;

#[derive(Deserialize)]
struct Line {
    args: Vec<String>,
}

/// `hydrule expand`.
pub fn run(args: &ExpandArgs, console: &mut Console) -> Result<Done, CliError> {
    if args.jsonl {
        return each_line(|line, out| {
            let line: Line = serde_json::from_str(line)?;
            writeln!(out, "{}", answer(&line.args)).map_err(serde_json::Error::io)
        });
    }
    let expansion = expand(&args.overrides).map_err(|faults| {
        let located = faults.into_iter().filter_map(|(index, fault)| {
            let text = args.overrides.get(index)?.as_str();
            Some(Faults::one(Source::new(format!("override {}", index + 1), text), fault))
        });
        CliError::Faults(located.collect())
    })?;
    let count = match expansion.count() {
        Some(count) if count == 1_u8.into() => "1 job".to_owned(),
        Some(count) => format!("{count} jobs"),
        None => "more jobs than can be counted".to_owned(),
    };
    let paint = Paint::new(console.out);
    console.print(&format!("{}\n", paint.strong(&count)))?;
    for (index, job) in expansion.jobs().take(args.most).enumerate() {
        console.print(&format!("{} {}\n", paint.faint(&format!("{index:>4}")), job.join(" ")))?;
    }
    if expansion.jobs().nth(args.most).is_some() {
        console.page(&paint.faint("   … --most N shows more\n"))?;
    }
    let paint = Paint::new(console.err);
    for Lossy { text, why } in expansion.lossy(CHECKED) {
        console.say(&format!("{} {text}: {why}\n", paint.warn("!")));
    }
    Ok(Done::Clean)
}

fn answer(args: &[String]) -> serde_json::Value {
    match expand(args) {
        Err(faults) => {
            let faults: Vec<_> = faults
                .into_iter()
                .map(|(index, fault)| json!({ "override": index, "code": fault.code, "message": fault.message }))
                .collect();
            json!({ "ok": false, "error": faults })
        }
        Ok(expansion) => {
            let many = expansion.jobs().nth(MOST_LISTED).is_some();
            let jobs: Vec<Vec<String>> = expansion.jobs().take(MOST_LISTED).collect();
            let lossy: Vec<_> = expansion
                .lossy(CHECKED)
                .into_iter()
                .map(|it| json!({ "job": it.text, "why": it.why }))
                .collect();
            json!({ "ok": true, "jobs": jobs, "lossy": lossy, "truncated": many })
        }
    }
}
