//! What a script's comments take out of the findings.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use super::select::{Selection, own_rules, shipped};
use crate::surface::bash::Script;
use crate::surface::marks::{Mark, Marks, Says, lines_of};
use crate::surface::pins::idle_pins;
use crate::text::{Fault, Finding, Level, Mend, Span, nearest};

/// The rule about comments that ignore nothing.
pub const UNUSED: &str = "unused-suppression";

/// The rules about comments that speak to hydrule: id and what each finds.
pub const COMMENT_RULES: [(&str, &str); 3] = [
    (UNUSED, "a comment ignores a rule that finds nothing there"),
    ("unused-pin", "a comment pins what no launch sets"),
    ("unknown-comment", "a comment speaks to hydrule and says nothing that it understands"),
];

/// Takes out what comments ignore; returns what stays, and how much goes. A comment that ignores nothing
/// is a finding itself, as long as its rule counts.
pub fn suppress(
    script: &Script,
    found: Vec<Finding>,
    selection: &Selection<'_>,
) -> (Vec<Finding>, usize) {
    let source = &script.source;
    let marks = Marks::read(source);
    let commands: Vec<Span> = script
        .launches
        .iter()
        .map(|it| it.location.span)
        .filter(|span| script.holds(*span))
        .collect();
    let mut used = vec![false; marks.all.len()];
    let all = found.len();
    // Few scripts have a comment, and fewer one that names no rule.
    let names = || found.iter().map(|it| it.rule.clone()).collect();
    let known: BTreeSet<String> = if marks.all.is_empty() { BTreeSet::new() } else { names() };
    let mut kept: Vec<Finding> = found
        .into_iter()
        .filter(|finding| {
            let hits = |mark: &Mark| {
                matches!(&mark.says, Says::Ignore { rule, .. } if *rule == finding.rule)
                    && is_about(mark, script, finding, &commands)
            };
            let mut hit = false;
            for (_, used) in marks.all.iter().zip(&mut used).filter(|(mark, _)| hits(mark)) {
                (*used, hit) = (true, true);
            }
            !hit
        })
        .collect();
    let gone = all - kept.len();
    for (mark, _) in marks.all.iter().zip(used).filter(|(_, used)| !used) {
        let Says::Ignore { rule, .. } = &mark.says else { continue };
        if selection.holds(rule) {
            let own = own_rules().any(|(id, _)| id == rule);
            let meant = if own { None } else { meant_by(rule, &known) };
            let help = match meant {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "take it out of the comment".to_owned(),
            };
            let message = format!("`{rule}` finds nothing here");
            let fault = Fault::new("hydrule::mark::unused", mark.span, message)
                .labelled("this ignores nothing")
                .helped(help);
            let mut finding = Finding::new(UNUSED, Level::Warning, source, fault);
            // What a pack's rule finds may depend on what is told here and now.
            let edit = marks.without(source, mark);
            finding.fix = edit
                .map(|it| Mend::safe(format!("take `{rule}` out"), source, vec![it]).only_if(own));
            kept.push(finding);
        }
    }
    for (span, message) in idle_pins(script) {
        let fault = Fault::new("hydrule::mark::idle", span, message)
            .labelled("this pins nothing")
            .helped("move it to the override that it is about, or take it out");
        kept.push(Finding::new("unused-pin", Level::Warning, source, fault));
    }
    for fault in marks.faults {
        kept.push(Finding::new("unknown-comment", Level::Warning, source, fault));
    }
    kept.retain(|it| selection.holds(&it.rule));
    kept.sort_by_key(|it| it.fault.span);
    (kept, gone)
}

/// Finds the rule that a name comes near which no rule has, among those that ship and those that found
/// something. All packs are read for it.
fn meant_by(name: &str, found: &BTreeSet<String>) -> Option<String> {
    let shipped = shipped().unwrap_or_default();
    let known = shipped.iter().chain(found).map(String::as_str);
    let near = nearest(name, known, 1).first().copied().filter(|near| *near != name);
    near.map(str::to_owned)
}

/// Tells whether a comment is about one of the places of a finding.
fn is_about(mark: &Mark, script: &Script, finding: &Finding, commands: &[Span]) -> bool {
    let fault = &finding.fault;
    let mut spans = fault.also.iter().map(|(span, _)| *span).chain([fault.span]);
    spans.any(|span| {
        let command = commands.iter().find(|it| it.contains(span));
        let command: Option<RangeInclusive<usize>> =
            command.map(|it| lines_of(&script.source, *it));
        mark.is_about(&lines_of(&script.source, span), command.as_ref())
    })
}
