use std::fmt::Write as _;

/// The ending of accepted snapshots.
const ACCEPTED: &str = ".snap";

/// The ending of snapshots that wait for a review; `cargo insta review` finds them by it.
const PENDING: &str = ".snap.new";

/// A page under its name, in the format of insta's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// What the case is about.
    pub title: Option<String>,
    /// The page.
    pub content: String,
}

/// Names the snapshot of a case.
pub fn snapshot_name(case: &str) -> String {
    format!("{case}{ACCEPTED}")
}

/// Names the one that waits for a review.
pub fn pending_name(case: &str) -> String {
    format!("{case}{PENDING}")
}

/// Tells whether a file's name is that of a snapshot that waits, or an accepted one; `None` for
/// anything else. The case's name comes along.
pub fn is_pending(file: &str) -> Option<(&str, bool)> {
    let pending = file.strip_suffix(PENDING).map(|case| (case, true));
    pending.or_else(|| file.strip_suffix(ACCEPTED).map(|case| (case, false)))
}

impl Snapshot {
    /// Reads a file of insta's format; what stands in front of the page is not compared, since
    /// insta writes more there.
    pub fn read(text: &str) -> Self {
        let text = text.replace("\r\n", "\n");
        let body = text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n"));
        let (head, content) = body.unwrap_or(("", &text));
        let title = head.lines().find_map(|line| line.strip_prefix("description: "));
        let title = title.and_then(|it| serde_json::from_str(it).ok());
        Self { title, content: content.trim_end().to_owned() }
    }

    /// Writes the file. A JSON string is a YAML string as well.
    pub fn write(&self) -> String {
        let mut text = String::from("---\nexpression: hydrule test\n");
        if let Some(title) = &self.title {
            let quoted = serde_json::Value::from(title.as_str());
            let _ = writeln!(text, "description: {quoted}");
        }
        let _ = write!(text, "---\n{}\n", self.content.trim_end());
        text
    }

    /// Tells whether two show the same page.
    pub fn shows_the_same(&self, other: &Self) -> bool {
        self.content.trim_end() == other.content.trim_end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let snapshot =
            Snapshot { title: Some("a \"b\": c".to_owned()), content: "x\n---\ny".to_owned() };
        assert_eq!(Snapshot::read(&snapshot.write()), snapshot);
    }

    #[test]
    fn a_file_of_insta_is_read() {
        let text = "---\nsource: tests/a.rs\nassertion_line: 3\nexpression: x\n---\r\npage\n\n";
        assert_eq!(Snapshot::read(text).content, "page");
        assert_eq!(Snapshot::read("no head\n").content, "no head");
    }

    #[test]
    fn names_tell_what_waits() {
        assert_eq!(is_pending("a.snap.new"), Some(("a", true)));
        assert_eq!(is_pending("a.b.snap"), Some(("a.b", false)));
        assert_eq!(is_pending("a.txt"), None);
    }
}
