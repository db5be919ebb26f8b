use similar::udiff::UnifiedDiffHunk;
use similar::{ChangeTag, DiffOp, TextDiff};

use super::paint::Paint;
use crate::text::{Source, secret};

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
    let hunks = hunks(&diff);
    let mut body: String = hunks.iter().map(ToString::to_string).collect();
    let mut changed = hunks.iter().flat_map(|it| it.iter_changes());
    if changed.any(|it| it.tag() != ChangeTag::Equal && secret::is_hidden(it.value())) {
        // Whoever applied this would write the mask: no tool shall take it for a diff.
        body = body.replace("@@ -", "@@ hides a secret -");
    }
    let text = format!("diff --git a/{path} b/{path}\n--- {old}\n+++ {new}\n{body}");
    text.split_inclusive('\n').map(|line| painted(line, paint)).collect()
}

/// Makes the parts of a diff, with three lines around each change, but none that holds a secret: what is hidden
/// there could not be found in the file again.
fn hunks<'a>(diff: &'a TextDiff<'a, 'a, str>) -> Vec<Hunk<'a>> {
    let shows = |at: usize| !diff.old_slice(at).is_some_and(secret::is_hidden);
    let mut hunks = Vec::new();
    for group in diff.grouped_ops(3) {
        let mut ops = Vec::new();
        for op in group {
            let DiffOp::Equal { old_index, new_index, len } = op else {
                ops.push(op);
                continue;
            };
            let part = |from: usize, len: usize| DiffOp::Equal {
                old_index: old_index + from,
                new_index: new_index + from,
                len,
            };
            let shown = (0..len).take_while(|at| shows(old_index + at)).count();
            if shown == len {
                ops.push(op);
                continue;
            }
            let after = (0..len).rev().take_while(|at| shows(old_index + at)).count();
            if shown == 0 && !ops.is_empty() {
                secret::cut();
            }
            ops.push(part(0, shown));
            hunks.push(std::mem::replace(&mut ops, vec![part(len - after, after)]));
        }
        hunks.push(ops);
    }
    let changes = |ops: &Vec<DiffOp>| ops.iter().any(|op| !matches!(op, DiffOp::Equal { .. }));
    let full = |it: &DiffOp| !matches!(it, DiffOp::Equal { len: 0, .. });
    let changing = hunks.into_iter().filter(changes);
    let whole = changing.map(|ops| ops.into_iter().filter(full).collect());
    whole.map(|ops| UnifiedDiffHunk::new(ops, diff, true)).collect()
}

type Hunk<'a> = UnifiedDiffHunk<'a, 'a, 'a, str>;

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
