use serde_json::{Value as Json, json};
use similar::{ChangeTag, TextDiff};

use crate::report::json::location;
use crate::report::paint::Paint;
use crate::text::{Edit, Finding, Mend, Source};

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
        if let Ok(after) = text.applied() {
            out.push_str(&changed_lines(text.source.text(), &after, paint));
        }
    }
    out
}

fn changed_lines(before: &str, after: &str, paint: Paint) -> String {
    let diff = TextDiff::from_lines(before, after);
    let changed = || diff.iter_all_changes().filter(|it| it.tag() != ChangeTag::Equal);
    let lines = changed().map(|change| {
        let number = change.old_index().or(change.new_index()).map_or(0, |index| index + 1);
        let value = change.value().trim_end_matches(['\n', '\r']);
        let line = format!("{} {value}", change.tag());
        let line = match change.tag() {
            ChangeTag::Delete => paint.gone(&line),
            _ => paint.good(&line),
        };
        format!("{} {line}\n", paint.faint(&format!("{number:>7}")))
    });
    let mut out: String = lines.take(SHOWN).collect();
    let more = changed().count().saturating_sub(SHOWN);
    if more > 0 {
        out.push_str(&paint.faint(&format!("        … and {more} more lines\n")));
    }
    out
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
