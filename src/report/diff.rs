use similar::{ChangeTag, TextDiff};

use super::paint::Paint;
use crate::text::Source;

/// One file before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// The path as the user wrote it.
    pub path: String,
    /// The text that was read.
    pub before: String,
    /// The text that would be written.
    pub after: String,
}

impl FileChange {
    /// Makes the change of a text that was read.
    pub fn new(source: &Source, after: String) -> Self {
        Self { path: source.name().to_owned(), before: source.text().to_owned(), after }
    }
}

/// Writes one file's change as a unified diff that `git apply` and `patch -p1` accept.
pub fn unified_diff(change: &FileChange, paint: Paint) -> String {
    let path = shown_path(&change.path);
    // git ends a name that holds a blank with a tab, and so tells it from a time stamp.
    let tab = if path.contains(' ') { "\t" } else { "" };
    let (old, new) = (format!("a/{path}{tab}"), format!("b/{path}{tab}"));
    let diff = TextDiff::from_lines(&change.before, &change.after);
    let body = diff
        .unified_diff()
        .context_radius(3)
        .missing_newline_hint(true)
        .header(&old, &new)
        .to_string();
    let text = format!("diff --git a/{path} b/{path}\n{body}");
    text.split_inclusive('\n').map(|line| painted(line, paint)).collect()
}

/// Writes what differs between two texts, with some lines around it and without line numbers.
pub(super) fn text_diff(before: &str, after: &str, paint: Paint) -> String {
    let diff = TextDiff::from_lines(before, after);
    let mut out = String::new();
    for (index, group) in diff.grouped_ops(3).iter().enumerate() {
        if index > 0 {
            out.push_str(&format!("{}\n", paint.faint("…")));
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let line = format!("{}{}", change.tag(), change.value().trim_end_matches('\n'));
            out.push_str(&format!(
                "{}\n",
                match change.tag() {
                    ChangeTag::Delete => paint.gone(&line),
                    ChangeTag::Insert => paint.good(&line),
                    ChangeTag::Equal => line,
                }
            ));
        }
    }
    out
}

fn painted(line: &str, paint: Paint) -> String {
    let (body, end) = match line.strip_suffix('\n') {
        Some(body) => (body, "\n"),
        None => (line, ""),
    };
    let body = match body {
        _ if body.starts_with("+++") || body.starts_with("---") || body.starts_with("diff ") => {
            paint.strong(body)
        }
        _ if body.starts_with('+') => paint.good(body),
        _ if body.starts_with('-') => paint.gone(body),
        _ if body.starts_with("@@") => paint.name(body),
        _ => body.to_owned(),
    };
    format!("{body}{end}")
}

/// Makes a path relative to the working directory, which is where `git apply` looks.
fn shown_path(path: &str) -> String {
    let here = std::env::current_dir().ok();
    let relative = here.and_then(|here| {
        std::path::Path::new(path).strip_prefix(here).ok().map(|path| path.display().to_string())
    });
    let path = relative.unwrap_or_else(|| path.to_owned());
    path.trim_start_matches("./").trim_start_matches('/').to_owned()
}
