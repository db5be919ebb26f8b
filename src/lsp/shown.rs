//! Findings and what is done about them, as the editor takes them.

use std::path::Path;

use indexmap::IndexMap;
use serde_json::{Map, Value as Json, json};

use super::document::Document;
use super::language::{Action, Completion, Hover};
use super::lines::{Encoding, Lines};
use super::message::with;
use super::uri;
use crate::text::{Edit, Finding, Level, Mend, Source, Span, TextEdits};

/// The rule whose findings stand at text that does nothing.
const UNNECESSARY: [&str; 1] = ["unused-suppression"];

/// Says where things are, in the editor's words.
pub struct Places<'a> {
    /// The open documents, by what the editor calls them.
    pub documents: &'a IndexMap<String, Document>,
    /// What a column counts.
    pub encoding: Encoding,
}

impl Places<'_> {
    fn open(&self, source: &Source) -> Option<&Document> {
        let whole = std::path::absolute(source.name()).ok();
        let is_it = |it: &&Document| it.name() == source.name() || whole.as_ref() == Some(&it.path);
        self.documents.values().find(is_it)
    }

    /// Returns what the editor calls a text.
    pub fn uri(&self, source: &Source) -> String {
        let open = self.open(source).map(|it| it.uri.clone());
        open.unwrap_or_else(|| uri::of_path(Path::new(source.name())))
    }

    fn range(&self, source: &Source, span: Span) -> Json {
        match self.open(source) {
            // What was read may have blanks for what is no shell; its bytes stand in the same places.
            Some(open) => open.lines().range(open.text(), span, self.encoding),
            None => Lines::of(source.text()).range(source.text(), span, self.encoding),
        }
    }

    /// Gives a finding as data.
    pub fn diagnostic(&self, finding: &Finding) -> Json {
        let Finding { source, fault, .. } = finding;
        let uri = self.uri(source);
        let severity = match finding.level {
            Level::Error => 1,
            Level::Warning => 2,
            Level::Note => 3,
        };
        let label = Some((fault.span, fault.label.clone())).filter(|(_, label)| !label.is_empty());
        let mut labels: Vec<&(Span, String)> = label.iter().chain(&fault.also).collect();
        for step in &finding.flow {
            // What is labelled already needs no second word.
            if !labels.iter().any(|(known, _)| step.0.contains(*known)) {
                labels.push(step);
            }
        }
        let related = labels.into_iter().map(|(span, label)| {
            let location = json!({ "uri": uri, "range": self.range(source, *span) });
            json!({ "location": location, "message": label })
        });
        let related: Vec<Json> = related.collect();
        let help = fault.help.as_ref().map_or(String::new(), |help| format!("\n{help}"));
        let shown = json!({
            "range": self.range(source, fault.span),
            "severity": severity,
            "code": finding.rule,
            "source": "hydrule",
            "message": format!("{}{help}", fault.message),
        });
        let related = (!related.is_empty()).then(|| related.into());
        let page = finding.page.as_ref().map(|page| json!({ "href": page }));
        let shown = with(shown, "codeDescription", page);
        let unnecessary = UNNECESSARY.contains(&finding.rule.as_str());
        let shown = with(shown, "relatedInformation", related);
        with(shown, "tags", unnecessary.then(|| json!([1])))
    }

    /// Gives something that can be done as data.
    pub fn action(&self, action: &Action, finding: &Finding, kind: &str) -> Json {
        let Mend { what, safe, .. } = &action.mend;
        let mut title = sentence(what);
        if !safe {
            title.push_str(" (unsafe: look at it first)");
        }
        json!({
            "title": title,
            "kind": kind,
            "diagnostics": [self.diagnostic(finding)],
            "isPreferred": *safe && action.mends,
            "edit": { "changes": self.changes(&action.mend.texts) },
        })
    }

    /// Gives what mends all as data.
    pub fn mend_all(&self, mend: &Mend, kind: &str) -> Json {
        let edit = json!({ "changes": self.changes(&mend.texts) });
        json!({ "title": sentence(&mend.what), "kind": kind, "edit": edit })
    }

    fn changes(&self, texts: &[TextEdits]) -> Json {
        let mut changes = Map::new();
        for TextEdits { source, edits } in texts {
            let edit = |it: &Edit| {
                let it = whole_ends(source.text(), it);
                json!({ "range": self.range(source, it.span), "newText": it.replacement })
            };
            changes.insert(self.uri(source), edits.iter().map(edit).collect());
        }
        Json::Object(changes)
    }

    /// Gives an explanation as data.
    pub fn hover(&self, document: &Document, hover: &Hover, kind: &str) -> Json {
        let range = document.lines().range(document.text(), hover.span, self.encoding);
        json!({ "contents": { "kind": kind, "value": hover.text }, "range": range })
    }

    /// Gives what may stand somewhere as data.
    pub fn completions(&self, document: &Document, all: &[Completion]) -> Json {
        let item = |it: &Completion| {
            let range = document.lines().range(document.text(), it.span, self.encoding);
            json!({
                "label": it.label,
                "kind": 10,
                "detail": it.detail,
                "filterText": it.text.trim_end_matches('='),
                "textEdit": { "range": range, "newText": it.text },
            })
        };
        json!({ "isIncomplete": false, "items": all.iter().map(item).collect::<Vec<_>>() })
    }
}

/// Begins a text with a capital letter.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|it| it.to_uppercase().collect::<String>());
    first.unwrap_or_default() + letters.as_str()
}

/// Makes an edit that takes one half of `\r\n` take both: no place lies between them.
fn whole_ends(text: &str, edit: &Edit) -> Edit {
    let Edit { mut span, mut replacement } = edit.clone();
    let parts = |at: usize| {
        let both = at.checked_sub(1).and_then(|start| text.get(start..at + 1));
        both == Some("\r\n")
    };
    if parts(span.end) {
        replacement.push('\n');
        span.end += 1;
    }
    if parts(span.start) {
        replacement.insert(0, '\r');
        span.start -= 1;
    }
    Edit { span, replacement }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_at_the_end_of_a_line_are_places_of_the_protocol() {
        let changed = |start, end, new: &str| {
            let edit = whole_ends("a\r\nb", &Edit::new(Span::new(start, end), new));
            ((edit.span.start, edit.span.end), edit.replacement)
        };
        assert_eq!(changed(1, 2, ""), ((1, 3), "\n".to_owned()));
        assert_eq!(changed(2, 3, ""), ((1, 3), "\r".to_owned()));
        assert_eq!(changed(2, 2, "x"), ((1, 3), "\rx\n".to_owned()));
        assert_eq!(changed(1, 3, ""), ((1, 3), String::new()));
        assert_eq!(changed(0, 1, "c"), ((0, 1), "c".to_owned()));
    }
}
