//! Messages as bytes: a head with their length, an empty line, and JSON.

use std::io::{self, BufRead, Read as _, Write};

use serde_json::Value as Json;

use super::message::{Incoming, Refusal};
use crate::text::secret;

/// The longest line of a head.
const LONGEST_LINE: u64 = 4 << 10;

/// The longest message: far more than any text that an editor opens.
const LONGEST_MESSAGE: usize = 256 << 20;

/// Reads the next message; none where the editor has gone. A message that makes no sense is told, and the
/// next one is read as if nothing had been.
///
/// # Errors
/// What can be no message, after which nothing can be read.
pub fn read(input: &mut impl BufRead) -> io::Result<Option<Result<Incoming, Refusal>>> {
    let Some(length) = read_head(input)? else { return Ok(None) };
    let Some(length) = length else {
        return Ok(Some(Err(Refusal::parse("the head has no Content-Length"))));
    };
    if length > LONGEST_MESSAGE {
        let message = format!("a message of {length} bytes is longer than any text");
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    let mut body = Vec::new();
    input.take(length as u64).read_to_end(&mut body)?;
    if body.len() < length {
        return Ok(None);
    }
    let json: Result<Json, _> = serde_json::from_slice(&body);
    Ok(Some(match json {
        Ok(json) => Incoming::of(json),
        Err(error) => Err(Refusal::parse(&error.to_string())),
    }))
}

/// Reads a head up to its empty line: the length, if it tells one.
fn read_head(input: &mut impl BufRead) -> io::Result<Option<Option<usize>>> {
    let mut length = None;
    let mut begun = false;
    loop {
        let mut line = Vec::new();
        if input.take(LONGEST_LINE).read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim();
        match line.split_once(':') {
            _ if line.is_empty() && begun => return Ok(Some(length)),
            Some((name, value)) if name.trim().eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().ok();
            }
            _ => {}
        }
        begun |= !line.is_empty();
    }
}

/// Writes a message. Secrets are hidden but for the texts that an editor puts into a file.
///
/// # Errors
/// An editor that has gone.
pub fn write(output: &mut impl Write, json: &Json) -> io::Result<()> {
    let mut json = json.clone();
    let shown = |field: &str| !FILED.contains(&field);
    secret::visit_texts(&mut json, &shown, &|text| secret::hidden(text).into_owned());
    let body = json.to_string();
    write!(output, "Content-Length: {}\r\n\r\n{body}", body.len())?;
    output.flush()
}

/// The fields whose texts go into a file, or tell which.
const FILED: [&str; 4] = ["newText", "insertText", "uri", "documentChanges"];

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(text: &str) -> Vec<String> {
        let mut input = text.as_bytes();
        let mut all = Vec::new();
        loop {
            match read(&mut input) {
                Ok(Some(Ok(Incoming::Notification { method, .. }))) => all.push(method),
                Ok(Some(Ok(other))) => all.push(format!("{other:?}")),
                Ok(Some(Err(refusal))) => all.push(format!("{}", refusal.code)),
                Ok(None) => return all,
                Err(error) => {
                    all.push(error.to_string());
                    return all;
                }
            }
        }
    }

    #[test]
    fn messages_are_told_apart_whatever_stands_between() {
        let one = r#"{"method":"exit"}"#;
        let good = format!("Content-Length: {}\r\n\r\n{one}", one.len());
        let typed =
            format!("content-type: application/json\ncontent-length:{}\n\n{one}", one.len());
        for (text, wanted) in [
            (format!("{good}{typed}"), vec!["exit", "exit"]),
            (format!("\r\n{good}"), vec!["exit"]),
            (format!("Content-Length: 2\r\n\r\n{{{{{good}"), vec!["-32700", "exit"]),
            (format!("Content-Length: 2\r\n\r\n[]{good}"), vec!["-32600", "exit"]),
            (format!("hello\r\n\r\n{good}"), vec!["-32700", "exit"]),
            (format!("Content-Length: many\r\n\r\n{good}"), vec!["-32700", "exit"]),
            ("Content-Length: 99\r\n\r\n{}".to_owned(), vec![]),
            (String::new(), vec![]),
        ] {
            assert_eq!(heard(&text), wanted, "{text:?}");
        }
        let endless = "Content-Length: 99999999999999\r\n\r\n{}";
        assert!(heard(endless).concat().contains("longer than any text"));
    }
}
