//! Lines of JSON, each answered with a line of JSON.

use std::io::{self, BufRead, BufReader, BufWriter, Write};

use foldhash::HashMap;
use serde_json::json;

use super::Done;
use super::console::Hiding;
use super::error::CliError;
use super::input::{Input, unreadable};
use crate::text::{count, secret};

/// How many bytes of the input are read at once.
const BUFFER: usize = 64 << 10;

/// Answers every line of standard input with one line, as soon as no more input is there. A line that is no JSON
/// of the right shape is answered too, so that lines stay in step, and makes the command fail in the end.
pub fn each_line(
    answer: impl Fn(&str, &mut dyn Write) -> Result<(), serde_json::Error>,
) -> Result<Done, CliError> {
    let mut input = BufReader::with_capacity(BUFFER, Input::standard()?);
    let mut out = BufWriter::new(io::stdout().lock());
    let mut known = Known::default();
    let mut line = Vec::new();
    let (mut number, mut wrong, mut first) = (0_usize, 0_usize, 0_usize);
    loop {
        line.clear();
        number += 1;
        if !input.buffer().contains(&b'\n') && !input.get_ref().is_ready() {
            out.flush().map_err(|error| closed(&error))?;
        }
        let read = input.read_until(b'\n', &mut line).map_err(|error| unreadable(&error))?;
        if read == 0 {
            break;
        }
        let text = line.trim_ascii();
        if text.is_empty() {
            continue;
        }
        if let Some(answer) = known.answers.get(text) {
            out.write_all(answer).map_err(|error| closed(&error))?;
            continue;
        }
        // A line is answered by itself, so that what is remembered does not grow with their number.
        secret::forget();
        secret::learn(&String::from_utf8_lossy(text));
        let mut copied = Copied { out: &mut out, copy: Some(Vec::new()) };
        match answered(text, &answer, &mut copied) {
            Ok(()) => known.keep(text, copied.copy),
            Err(Refused::Line(why)) => {
                wrong += 1;
                first = if wrong == 1 { number } else { first };
                let error = json!({ "code": "hydrule::input::line", "message": why });
                let record = json!({ "ok": false, "line": number, "error": error }).to_string();
                let record = secret::hidden(&record);
                writeln!(out, "{record}").map_err(|error| closed(&error))?;
            }
            Err(Refused::Output(error)) => return Err(closed(&error)),
        }
    }
    out.flush().map_err(|error| closed(&error))?;
    if wrong == 0 {
        return Ok(Done::Clean);
    }
    Err(unread(wrong, first))
}

/// Tells how many lines could not be read, and the number of the first of them.
pub fn unread(wrong: usize, first: usize) -> CliError {
    let message = format!("{} of standard input cannot be read", count(wrong, "line"));
    CliError::plain(message).helped(format!("the first is line {first}"))
}

/// Tells why the output could not be written; that nobody reads it any more is no error.
pub fn closed(error: &io::Error) -> CliError {
    match error.kind() {
        io::ErrorKind::BrokenPipe => CliError::ClosedPipe,
        _ => CliError::plain(format!("cannot write the output: {error}")),
    }
}

/// Why a line has no answer.
enum Refused {
    /// It is wrong.
    Line(String),
    /// Nobody takes the answer.
    Output(io::Error),
}

fn answered(
    line: &[u8],
    answer: &impl Fn(&str, &mut dyn Write) -> Result<(), serde_json::Error>,
    out: &mut impl Write,
) -> Result<(), Refused> {
    let text = str::from_utf8(line)
        .map_err(|error| Refused::Line(format!("the line is not UTF-8: {error}")))?;
    let mut out = Hiding::new(out);
    answer(text, &mut out).map_err(|error| match error.io_error_kind() {
        Some(_) => Refused::Output(error.into()),
        None => Refused::Line(error.to_string()),
    })?;
    out.flush().map_err(Refused::Output)
}

/// The answers to lines that were read before: a sweep says the same again and again.
#[derive(Default)]
struct Known {
    answers: HashMap<Box<[u8]>, Box<[u8]>>,
    /// How many bytes they take, about.
    size: usize,
}

/// How many bytes of answers are remembered, and what each takes beside its texts.
const REMEMBERED: usize = 16 << 20;
const EACH: usize = 100;
/// Longer answers are not remembered.
const LONGEST: usize = 16 << 10;

impl Known {
    fn keep(&mut self, line: &[u8], answer: Option<Vec<u8>>) {
        let Some(answer) = answer else { return };
        if self.size > REMEMBERED {
            *self = Self::default();
        }
        self.size += line.len() + answer.len() + EACH;
        self.answers.insert(line.into(), answer.into());
    }
}

/// Writes, and keeps a copy of what is not too long.
struct Copied<W: Write> {
    out: W,
    copy: Option<Vec<u8>>,
}

impl<W: Write> Write for Copied<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write_all(bytes)?;
        if let Some(copy) = self.copy.take_if(|copy| copy.len() + bytes.len() > LONGEST) {
            drop(copy);
        }
        self.copy.iter_mut().for_each(|copy| copy.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    // The end of all lines is when the output is flushed.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
