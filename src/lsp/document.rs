//! A text as the editor has it, whatever is on the disk.

use std::env;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::lines::{Encoding, Lines, Position};
use super::message::Refusal;
use crate::text::{Source, secret};

/// An open document.
#[derive(Debug, Clone)]
pub struct Document {
    /// What the editor calls it.
    pub uri: String,
    /// Where it is, or would be if it were written beside the project's files.
    pub path: PathBuf,
    /// The editor's word for its language, such as `shellscript`.
    pub language: String,
    /// The editor's number of this state of the text.
    pub version: Option<i64>,
    text: String,
    lines: Lines,
}

impl Document {
    /// Takes a document that was opened.
    pub fn new(uri: &str, path: PathBuf, language: &str, text: &str) -> Self {
        let (uri, language) = (uri.to_owned(), language.to_owned());
        secret::learn(text);
        Self { uri, path, language, version: None, text: text.to_owned(), lines: Lines::of(text) }
    }

    /// Returns the text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the lines of the text.
    pub fn lines(&self) -> &Lines {
        &self.lines
    }

    /// Returns what messages call it: its path, seen from the current folder where it lies below that.
    pub fn name(&self) -> String {
        let here = env::current_dir().ok();
        let below = here.and_then(|here| self.path.strip_prefix(here).ok().map(Path::to_owned));
        below.as_ref().unwrap_or(&self.path).display().to_string()
    }

    /// Returns the text as a source.
    pub fn source(&self) -> Source {
        Source::new(self.name(), self.text.as_str())
    }

    /// Returns the byte at a place.
    pub fn offset(&self, at: Position, encoding: Encoding) -> usize {
        self.lines.offset(&self.text, at, encoding)
    }

    /// Makes one change: of a part, or of the whole text.
    ///
    /// # Errors
    /// A change that says nothing.
    pub fn change(&mut self, change: &Json, encoding: Encoding) -> Result<(), Refusal> {
        let text = change.get("text").and_then(Json::as_str);
        let text = text.ok_or_else(|| Refusal::params("text"))?;
        match change.get("range").filter(|it| !it.is_null()) {
            None => text.clone_into(&mut self.text),
            Some(range) => {
                let at = |end: &str| {
                    let at = range.get(end).and_then(Position::read);
                    at.map(|at| self.offset(at, encoding)).ok_or_else(|| Refusal::params("range"))
                };
                let (start, end) = (at("start")?, at("end")?);
                self.text.replace_range(start.min(end)..end.max(start), text);
            }
        }
        self.lines = Lines::of(&self.text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn changed(text: &str, changes: &[Json]) -> String {
        let mut document = Document::new("untitled:a", PathBuf::from("a"), "shellscript", text);
        for change in changes {
            document.change(change, Encoding::Utf16).unwrap();
        }
        document.text().to_owned()
    }

    #[test]
    fn changes_are_made_one_after_the_other() {
        let part = |from: (usize, usize), to: (usize, usize), text: &str| {
            let at = |(line, character)| json!({ "line": line, "character": character });
            json!({ "range": { "start": at(from), "end": at(to) }, "text": text })
        };
        let changes = [part((0, 3), (0, 4), "B"), part((1, 0), (1, 0), "x=1 ")];
        assert_eq!(changed("a🦀b\r\nc", &changes), "a🦀B\r\nx=1 c");
        assert_eq!(changed("abc", &[part((0, 2), (0, 1), "-"), json!({"text": "new"})]), "new");
        assert_eq!(changed("abc", &[part((0, 2), (0, 1), "-")]), "a-c");
        assert_eq!(changed("abc\n", &[part((0, 0), (9, 9), "")]), "");
    }

    #[test]
    fn a_change_that_says_nothing_is_refused() {
        let mut document = Document::new("untitled:a", PathBuf::from("a"), "", "text");
        for change in [json!({}), json!(3), json!({"text": "x", "range": {"start": 1}})] {
            assert!(document.change(&change, Encoding::Utf16).is_err(), "{change}");
        }
        assert_eq!(document.text(), "text");
    }
}
