use indexmap::IndexMap;
use serde_json::{Value as Json, json};

use super::Report;
use crate::report::paint::{Look, Paint, wrapped};

/// What is counted of a rule.
#[derive(Default)]
struct Counted {
    found: usize,
    fixable: usize,
}

/// Counts findings by rule, the most frequent first.
fn counted<'a>(report: &'a Report<'_>) -> IndexMap<&'a str, Counted> {
    let mut rules: IndexMap<&str, Counted> = IndexMap::new();
    for finding in report.findings {
        let counted = rules.entry(&finding.rule).or_default();
        counted.found += 1;
        counted.fixable += usize::from(report.is_fixable(finding));
    }
    rules.sort_by(|one, a, other, b| b.found.cmp(&a.found).then(one.cmp(other)));
    rules
}

/// Shows how often each rule finds something, and what it finds.
pub fn check_statistics(report: &Report<'_>, look: Look) -> String {
    let (rules, paint) = (counted(report), Paint::new(look));
    let ids = rules.keys().map(|id| id.chars().count()).max().unwrap_or(0);
    let column = 5 + 2 + 3 + 1 + ids + 2;
    let mut out = String::new();
    for (id, Counted { found, fixable }) in &rules {
        let mark = match fixable {
            0 => "   ".to_owned(),
            all if all == found => paint.good("[*]"),
            _ => paint.good("[+]"),
        };
        let what = without_values(report.rules.get(*id).map_or("", String::as_str));
        let rows = wrapped(&what, look.width.saturating_sub(column).max(28));
        let what = rows.join(&format!("\n{}", " ".repeat(column)));
        let padding = " ".repeat(ids - id.chars().count().min(ids));
        let line = format!("{found:>5}  {mark} {}{padding}  {what}", paint.name(id));
        out.push_str(&format!("{}\n", line.trim_end()));
    }
    out
}

/// Leaves out of a rule's message what each finding fills in.
fn without_values(message: &str) -> String {
    let mut parts = message.split('{');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |out, part| match part.split_once('}') {
        Some((_, rest)) => out + "…" + rest,
        None => out + "{" + part,
    })
}

/// Gives the same as data.
pub fn check_statistics_json(report: &Report<'_>) -> Json {
    let rules = counted(report);
    let rules = rules.iter().map(|(id, Counted { found, fixable })| {
        json!({ "rule": id, "count": found, "fixable": fixable })
    });
    json!({ "format": 1, "statistics": rules.collect::<Vec<_>>() })
}
