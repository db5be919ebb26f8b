//! An evaluation as a table: the expression, indented by depth, its value, and where that is from.

use super::super::paint::{Paint, wrapped};
use super::super::words;
use crate::condition::{Outcome, Trace};
use crate::facts::Provenance;
use crate::value::Value;

/// The columns before the tree.
const INDENT: usize = 6;

/// The narrowest that expressions may become.
const NARROW: usize = 24;

/// One node of an evaluation.
pub struct Row {
    /// The expression.
    pub text: String,
    /// What to write where the text does not fit.
    pub short: Option<&'static str>,
    /// How deep in the tree it stands.
    pub depth: usize,
    /// Its value in words.
    pub value: String,
    /// Its truth, where it has one.
    pub truth: Option<bool>,
    /// Where the value is from; empty where the nodes below tell.
    pub from: String,
    /// Whether the value is known.
    pub known: bool,
}

/// Lists the nodes of an evaluation, each before its parts.
pub fn rows(trace: &Trace) -> Vec<Row> {
    let mut rows = Vec::new();
    collect(trace, 0, &mut rows);
    rows
}

/// Draws the tree, one node a line. An expression that does not fit stands above its value.
pub fn tree(trace: &Trace, paint: Paint, width: usize) -> String {
    let mut rows = rows(trace);
    let chars = |text: &str| text.chars().count();
    let values = rows.iter().map(|row| chars(&row.value)).max().unwrap_or(0).min(width / 4);
    let froms = rows.iter().map(|row| chars(&row.from)).max().unwrap_or(0);
    let most = width.saturating_sub(INDENT + 2 + values + 2 + froms).max(NARROW);
    for row in &mut rows {
        let long = 2 * row.depth + chars(&row.text) > most;
        if let Some(short) = row.short.filter(|_| long) {
            row.text = short.to_owned();
        }
    }
    let lengths = rows.iter().map(|row| 2 * row.depth + chars(&row.text));
    let texts = lengths.filter(|length| *length <= most).max().unwrap_or(most);
    let mut out = String::new();
    for row in &rows {
        let indent = " ".repeat(INDENT + 2 * row.depth);
        let fits = 2 * row.depth + chars(&row.text) <= texts;
        if fits {
            out.push_str(&format!("{indent}{:<1$}", row.text, texts - 2 * row.depth));
        } else {
            for text in wrapped(&row.text, width.saturating_sub(indent.len()).max(NARROW)) {
                out.push_str(&format!("{indent}{text}\n"));
            }
            out.pop();
            out.push_str(&format!("\n{}", " ".repeat(INDENT + texts)));
        }
        let value = format!("{:<values$}", row.value);
        let value = match (row.truth, row.known) {
            (Some(true), _) => paint.good(&value),
            (Some(false), _) => paint.gone(&value),
            (None, false) => paint.warn(&value),
            (None, true) => value,
        };
        let line = match row.from.as_str() {
            "" => format!("  {}", value),
            from => format!("  {value}  {}", paint.faint(from)),
        };
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

fn collect(trace: &Trace, depth: usize, rows: &mut Vec<Row>) {
    let truth = match &trace.outcome {
        Outcome::Known(Value::Bool(truth)) => Some(*truth),
        _ => None,
    };
    let literal = trace.children.is_empty() && trace.from.is_none() && !trace.is_name();
    if literal && depth > 0 && matches!(trace.outcome, Outcome::Known(_)) {
        return;
    }
    // What is computed is told by the rows below.
    let from = match &trace.from {
        Some(Provenance::Text(at)) => {
            let place = at.line_column();
            format!("{}:{}:{}", at.source.name(), place.line, place.column)
        }
        Some(Provenance::Computed) if !trace.children.is_empty() => String::new(),
        Some(from) => from.to_string(),
        None => String::new(),
    };
    let joined = trace.joined();
    rows.push(Row {
        text: words::one_line(&trace.text),
        short: joined.as_ref().map(|(all, _)| if *all { "all of" } else { "any of" }),
        depth,
        value: words::outcome(trace),
        truth,
        from,
        known: matches!(trace.outcome, Outcome::Known(_)),
    });
    let children = joined.map_or_else(|| trace.children.iter().collect(), |(_, parts)| parts);
    for child in children {
        collect(child, depth + 1, rows);
    }
}
