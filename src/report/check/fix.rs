use serde_json::{Value as Json, json};
use similar::{ChangeTag, TextDiff};

use crate::report::json::location;
use crate::report::paint::Paint;
use crate::text::{Changed, Edit, Finding, Mend, Source};

/// How many changed lines are shown.
const SHOWN: usize = 12;

/// Shows the lines that a fix changes, and how to make it.
pub fn fix_text(finding: &Finding, fix: &Mend, paint: Paint) -> String {
    let how = match fix.safe {
        true => "--fix makes this change",
        false => "--fix --unsafe-fixes makes this change, which deserves a look",
    };
    let mut out = format!("{} {how}:\n", paint.name("   fix:"));
    for text in &fix.texts {
        if text.source != finding.source {
            out.push_str(&format!("        {}\n", text.source.name()));
        }
        if let Ok(parts) = text.changed() {
            out.push_str(&changed_lines(&text.source, &parts, paint));
        }
    }
    out
}

/// Shows what differs in the lines that edits change, as one finds it in the whole text.
fn changed_lines(source: &Source, parts: &[Changed<'_>], paint: Paint) -> String {
    let mut lines = Vec::new();
    // How many lines there are more than before, above a part.
    let mut more = 0_isize;
    for part in parts {
        let line = source.line_column(part.at).line;
        let above = more;
        let diff = TextDiff::from_lines(part.before, &part.after);
        for change in diff.iter_all_changes().filter(|it| it.tag() != ChangeTag::Equal) {
            let old = change.old_index().map(|index| line + index);
            let new = change.new_index().map(|index| (line + index).saturating_add_signed(above));
            let value = change.value().trim_end_matches(['\n', '\r']);
            let text = format!("{} {value}", change.tag());
            let text = match change.tag() {
                ChangeTag::Delete => paint.gone(&text),
                _ => paint.good(&text),
            };
            let number = old.or(new).unwrap_or_default();
            lines.push(format!("{} {text}\n", paint.faint(&format!("{number:>7}"))));
            more += match change.tag() {
                ChangeTag::Delete => -1,
                _ => 1,
            };
        }
    }
    let hidden = lines.len().saturating_sub(SHOWN);
    lines.truncate(SHOWN);
    if hidden > 0 {
        lines.push(paint.faint(&format!("        … and {hidden} more lines\n")));
    }
    lines.concat()
}

/// Gives a fix as data.
pub fn fix_json(fix: &Mend) -> Json {
    let edits: Vec<Json> = edits_of(fix)
        .map(|(source, edit)| {
            json!({
                "file": source.name(),
                "location": location(&source.at(edit.span)),
                "content": edit.replacement,
            })
        })
        .collect();
    json!({
        "applicability": if fix.safe { "safe" } else { "unsafe" },
        "message": fix.what,
        "edits": edits,
    })
}

fn edits_of(fix: &Mend) -> impl Iterator<Item = (&Source, &Edit)> {
    fix.texts.iter().flat_map(|text| text.edits.iter().map(|edit| (&text.source, edit)))
}
