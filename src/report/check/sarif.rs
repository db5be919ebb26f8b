use indexmap::IndexMap;
use serde_json::{Value as Json, json};

use super::Report;
use super::fingerprint::fingerprints;
use crate::text::{Finding, Level, Mend, Source, Span};

/// Gives everything as SARIF 2.1.0, which code hosts show beside the code.
pub fn check_sarif(report: &Report<'_>) -> Json {
    let mut rules: IndexMap<&str, &Finding> = IndexMap::new();
    for finding in report.findings {
        rules.entry(&finding.rule).or_insert(finding);
    }
    let described: Vec<Json> = rules.values().map(|it| rule(it, report)).collect();
    let prints = fingerprints(report.findings);
    let results = report.findings.iter().zip(&prints);
    let results: Vec<Json> = results
        .map(|(finding, print)| result(finding, rules.get_index_of(finding.rule.as_str()), print))
        .collect();
    let errors = report.errors.iter().map(|(path, message)| {
        json!({
            "level": "error",
            "message": { "text": message },
            "locations": [{ "physicalLocation": { "artifactLocation": { "uri": uri(path) } } }],
        })
    });
    let errors: Vec<Json> = errors.collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "hydrule",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": described,
            } },
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": report.errors.is_empty(),
                "toolExecutionNotifications": errors,
            }],
            "results": results,
        }],
    })
}

/// Describes a rule: in the words for all of its findings where there are any, else in those of one.
fn rule(finding: &Finding, report: &Report<'_>) -> Json {
    let text = report.rules.get(&finding.rule).unwrap_or(&finding.fault.message);
    let mut rule = json!({
        "id": finding.rule,
        "name": finding.rule,
        "shortDescription": { "text": text },
        "help": { "text": text },
        "defaultConfiguration": { "level": finding.level.word() },
        "properties": {
            "tags": ["hydra", "correctness"],
            "problem.severity": match finding.level {
                Level::Error => "error",
                Level::Warning => "warning",
                Level::Note => "recommendation",
            },
        },
    });
    if let (Some(page), Some(fields)) = (&finding.page, rule.as_object_mut()) {
        fields.insert("helpUri".to_owned(), page.as_str().into());
    }
    rule
}

fn result(finding: &Finding, rule: Option<usize>, fingerprint: &str) -> Json {
    let Finding { source, fault, .. } = finding;
    let mut message = fault.message.clone();
    if let Some(help) = &fault.help {
        message.push_str(&format!("\n{help}"));
    }
    let also: Vec<Json> =
        fault.also.iter().map(|(span, label)| said_at(source, *span, label)).collect();
    let mut result = json!({
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": finding.level.word(),
        "message": { "text": message },
        "locations": [place(source, fault.span)],
        "relatedLocations": also,
        "partialFingerprints": { "hydruleFinding/v1": fingerprint },
    });
    let Some(fields) = result.as_object_mut() else { return result };
    if let Some(fix) = &finding.fix {
        fields.insert("fixes".to_owned(), json!([fix_of(fix)]));
    }
    if finding.flow.len() > 1 {
        let steps = finding.flow.iter();
        let steps: Vec<Json> =
            steps.map(|(span, what)| json!({ "location": said_at(source, *span, what) })).collect();
        let flow = json!([{ "threadFlows": [{ "locations": steps }] }]);
        fields.insert("codeFlows".to_owned(), flow);
    }
    result
}

/// Gives the edits of a fix, file by file.
fn fix_of(fix: &Mend) -> Json {
    let look = if fix.safe { "" } else { "; it deserves a look" };
    let changes = fix.texts.iter().map(|text| {
        let replacements = text.edits.iter().map(|edit| {
            json!({
                "deletedRegion": region(&text.source, edit.span),
                "insertedContent": { "text": edit.replacement },
            })
        });
        json!({
            "artifactLocation": { "uri": uri(text.source.name()) },
            "replacements": replacements.collect::<Vec<_>>(),
        })
    });
    json!({
        "description": { "text": format!("{}{look}", fix.what) },
        "artifactChanges": changes.collect::<Vec<_>>(),
    })
}

fn place(source: &Source, span: Span) -> Json {
    json!({ "physicalLocation": {
        "artifactLocation": { "uri": uri(source.name()) },
        "region": region(source, span),
    } })
}

fn said_at(source: &Source, span: Span, text: &str) -> Json {
    let mut place = place(source, span);
    if let Some(fields) = place.as_object_mut() {
        fields.insert("message".to_owned(), json!({ "text": text }));
    }
    place
}

fn region(source: &Source, span: Span) -> Json {
    let (start, end) = (source.line_column(span.start), source.line_column(span.end));
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    })
}

/// Writes a path as a reference: what is no plain character is percent-encoded.
fn uri(path: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    let mut out = String::new();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte));
            }
            b'\\' => out.push('/'),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    // A name with a colon would read as a scheme; it is encoded above.
    match path.starts_with('/') {
        true => format!("file://{out}"),
        false => out,
    }
}
