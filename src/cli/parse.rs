use std::io::{self, BufRead, BufWriter, Write};

use super::Done;
use super::args::ParseArgs;
use super::console::Console;
use super::error::CliError;
use crate::overrides::{parse, record};
use crate::report::Paint;
use crate::text::{Faults, Source};

/// `hydrule parse`.
pub fn run(args: &ParseArgs, console: &mut Console) -> Result<Done, CliError> {
    if args.jsonl {
        return each_line(|line, out| {
            let text: String = serde_json::from_str(line)?;
            writeln!(out, "{}", record(&text)).map_err(serde_json::Error::io)
        });
    }
    let mut faulty = Vec::new();
    for (index, text) in args.overrides.iter().enumerate() {
        match parse(text) {
            Ok(_) => {
                let described = describe(text, Paint::new(console.out));
                console.print(&described)?;
            }
            Err(fault) => {
                let source = Source::new(format!("override {}", index + 1), text.as_str());
                faulty.push(Faults::one(source, fault));
            }
        }
    }
    if faulty.is_empty() { Ok(Done::Clean) } else { Err(CliError::Faults(faulty)) }
}

fn describe(text: &str, paint: Paint) -> String {
    let record = record(text);
    let mut out = format!("{}\n", paint.strong(text));
    for field in
        ["type", "key", "package", "value_type", "value", "element_string", "key_element", "sweep"]
    {
        match record.get(field) {
            None | Some(serde_json::Value::Null) => {}
            Some(serde_json::Value::String(text)) => {
                out.push_str(&format!("  {} {text}\n", paint.faint(&format!("{field:<15}"))));
            }
            Some(other) => {
                out.push_str(&format!("  {} {other}\n", paint.faint(&format!("{field:<15}"))));
            }
        }
    }
    out
}

/// Answers every line of standard input with one line.
pub fn each_line(
    answer: impl Fn(&str, &mut dyn Write) -> Result<(), serde_json::Error>,
) -> Result<Done, CliError> {
    let mut input = io::stdin().lock();
    let mut out = BufWriter::new(io::stdout().lock());
    let mut line = Vec::new();
    let mut number = 0;
    loop {
        line.clear();
        number += 1;
        let read = input.read_until(b'\n', &mut line);
        let read =
            read.map_err(|error| CliError::plain(format!("cannot read the input: {error}")))?;
        if read == 0 {
            return out.flush().map(|()| Done::Clean).map_err(|error| closed(&error));
        }
        let text = std::str::from_utf8(&line)
            .map_err(|error| wrong_line(number, &format!("it is not UTF-8: {error}")))?;
        let text = text.trim_end_matches(['\n', '\r']);
        if text.trim().is_empty() {
            continue;
        }
        answer(text, &mut out).map_err(|error| match error.io_error_kind() {
            Some(io::ErrorKind::BrokenPipe) => CliError::ClosedPipe,
            _ => wrong_line(number, &error.to_string()),
        })?;
    }
}

fn wrong_line(number: usize, why: &str) -> CliError {
    CliError::plain(format!("line {number} of standard input: {why}"))
}

fn closed(error: &io::Error) -> CliError {
    match error.kind() {
        io::ErrorKind::BrokenPipe => CliError::ClosedPipe,
        _ => CliError::plain(format!("cannot write the output: {error}")),
    }
}
