use std::io::{self, BufRead, BufWriter, Write};

use serde_json::json;

use super::Done;
use super::args::ParseArgs;
use super::console::{Console, Hiding};
use super::error::CliError;
use crate::overrides::{parse, record};
use crate::report::Paint;
use crate::text::{Faults, Source, count, secret};

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
                console.page(&described)?;
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

/// Answers every line of standard input with one line. A line that is no JSON of the right shape is
/// answered too, so that lines stay in step, and makes the command fail in the end.
pub fn each_line(
    answer: impl Fn(&str, &mut dyn Write) -> Result<(), serde_json::Error>,
) -> Result<Done, CliError> {
    let mut input = io::stdin().lock();
    let mut out = Hiding::new(BufWriter::new(io::stdout().lock()));
    let mut line = Vec::new();
    let (mut number, mut wrong) = (0_usize, Vec::new());
    loop {
        line.clear();
        number += 1;
        let read = input.read_until(b'\n', &mut line);
        let read =
            read.map_err(|error| CliError::plain(format!("cannot read the input: {error}")))?;
        if read == 0 {
            break;
        }
        let text = line.trim_ascii();
        if text.is_empty() {
            continue;
        }
        // A line is answered by itself, so that what is remembered does not grow with their number.
        secret::forget();
        secret::learn(&String::from_utf8_lossy(text));
        let answered = match std::str::from_utf8(text) {
            Ok(text) => answer(text, &mut out).map_err(|error| match error.io_error_kind() {
                Some(_) => Err(error),
                None => Ok(error.to_string()),
            }),
            Err(error) => Err(Ok(format!("the line is not UTF-8: {error}"))),
        };
        match answered {
            Ok(()) => {}
            Err(Ok(why)) => {
                wrong.push(number);
                let error = json!({ "code": "hydrule::input::line", "message": why });
                let record = json!({ "ok": false, "line": number, "error": error });
                writeln!(out, "{record}").map_err(|error| closed(&error))?;
            }
            Err(Err(error)) => return Err(closed(&error.into())),
        }
    }
    out.flush().map_err(|error| closed(&error))?;
    match wrong.first() {
        None => Ok(Done::Clean),
        Some(first) => {
            let message =
                format!("{} of standard input cannot be read", count(wrong.len(), "line"));
            Err(CliError::plain(message).helped(format!("the first is line {first}")))
        }
    }
}

fn closed(error: &io::Error) -> CliError {
    match error.kind() {
        io::ErrorKind::BrokenPipe => CliError::ClosedPipe,
        _ => CliError::plain(format!("cannot write the output: {error}")),
    }
}
