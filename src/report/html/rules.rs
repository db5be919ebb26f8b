//! Every rule with what decided it, folded up.

use indexmap::IndexMap;
use maud::{Markup, html};

use super::plan::about;
use crate::condition::Trace;
use crate::report::explain::{RuleRef, Ruling, Standing, rows, verdict_word};
use crate::report::human::{Reported, not_chosen};
use crate::report::words;

/// The options: those of the plan, then the others by why they are not in it.
pub fn options(reported: &Reported<'_>, rulings: &[Ruling<'_>]) -> Markup {
    let ruling = |id: &str| rulings.iter().find(|it| it.is_option() && it.id() == id);
    let chosen: Vec<&Ruling<'_>> =
        reported.plan.steps.iter().filter_map(|it| ruling(&it.option)).collect();
    html! {
        section {
            h2 { "Why, and why not the others" }
            @if !chosen.is_empty() {
                h3 { "Part of the plan" }
                @for it in chosen { (option(reported, it)) }
            }
            @for (heading, verdicts) in not_chosen(reported) {
                h3 { "Not chosen: " (heading) }
                @for it in verdicts.iter().filter_map(|it| ruling(&it.id)) { (option(reported, it)) }
            }
        }
    }
}

fn option(reported: &Reported<'_>, ruling: &Ruling<'_>) -> Markup {
    let RuleRef::Option(option, verdict) = &ruling.rule else { return html! {} };
    let reason =
        words::reason_in_group(&verdict.status, &verdict.trace, Some(option), reported.pack);
    html! {
        details {
            summary { code { (option.id) } " " (reason) }
            @if reason != option.title { p { (option.title) } }
            (about(option))
            (evaluation(&ruling.trace))
            @for text in ruling.flip().into_iter().chain(ruling.lift.as_ref().map(words::lift)) {
                p.faint { (text) }
            }
        }
    }
}

/// The requirements by verdict, those that are broken first.
pub fn requirements(rulings: &[Ruling<'_>]) -> Markup {
    let mut groups: IndexMap<(Standing, &str), Vec<&Ruling<'_>>> = IndexMap::new();
    for ruling in rulings {
        if let RuleRef::Requirement(_, state) = &ruling.rule {
            groups.entry((ruling.standing, verdict_word(state))).or_default().push(ruling);
        }
    }
    groups.sort_keys();
    html! {
        @if !groups.is_empty() {
            section {
                h2 { "Requirements" }
                @for ((_, word), rulings) in groups {
                    details.group {
                        summary { (rulings.len()) " " (word) }
                        @for it in rulings { (requirement(it)) }
                    }
                }
            }
        }
    }
}

fn requirement(ruling: &Ruling<'_>) -> Markup {
    let RuleRef::Requirement(rule, state) = &ruling.rule else { return html! {} };
    html! {
        details {
            summary { code { (rule.id) } " " (state.message) }
            dl {
                dt { "holds" } dd { code { (words::one_line(rule.holds.condition.fragment())) } }
                dt { "fails at" } dd { (rule.breach.fails_at) }
                @if let Some(source) = &rule.breach.source { dt { "source" } dd { (source) } }
            }
            (evaluation(&ruling.trace))
            @if let Some(text) = ruling.flip() { p.faint { (text) } }
        }
    }
}

/// The evaluation of a condition, a line for each part.
fn evaluation(trace: &Trace) -> Markup {
    let class = |truth: Option<bool>, known: bool| match (truth, known) {
        (Some(true), _) => "true",
        (Some(false), _) => "false",
        (None, false) => "unknown",
        (None, true) => "value",
    };
    html! {
        table.trace {
            @for row in rows(trace) {
                tr {
                    td style=(format!("padding-left:{}em", row.depth)) {
                        code { (row.short.filter(|_| row.depth > 0).unwrap_or(&row.text)) }
                    }
                    td class=(class(row.truth, row.known)) { (row.value) }
                    td.place { (row.from) }
                }
            }
        }
    }
}
