//! What failed, and what the plan does about it.

use maud::{Markup, html};

use crate::engine::{Applied, Step};
use crate::pack::{PackOption, Safety};
use crate::report::goal::{SHOWN, goal_section};
use crate::report::human::{Reported, nothing, place, told_facts};
use crate::report::paint::Look;
use crate::report::words;
use crate::text::{Level, join_and};

/// The failure with its facts.
pub fn failure(reported: &Reported<'_>) -> Markup {
    let Some(failure) = &reported.world.failure else { return html! {} };
    let title = failure.place.as_deref().map(|place| reported.pack.phase_title(place));
    let phase = failure.place.as_ref().zip(failure.place_from.as_ref());
    html! {
        section.failure {
            h2 { (words::failed(&failure.event, title)) }
            p.place { (failure.event.location) }
            dl {
                @for (label, text) in told_facts(&failure.event) { dt { (label) } dd { (text) } }
                @if let Some((place, from)) = phase {
                    dt { "phase" }
                    dd {
                        (place) ", told by " code { (from.text().trim()) } "  (" (words::line_of(from)) ")"
                    }
                }
            }
        }
    }
}

/// What the reader should know about the input.
pub fn remarks(texts: &[String]) -> Markup {
    html! { @for text in texts { p.remark { (text) } } }
}

/// The requirements that are broken.
pub fn broken(reported: &Reported<'_>) -> Markup {
    let broken: Vec<_> = reported.plan.requirements.iter().filter(|it| it.is_broken()).collect();
    let rule = |id: &str| reported.pack.requirements.iter().find(|it| it.id == id);
    html! {
        @if !broken.is_empty() {
            section {
                h2 { "What is wrong before anything is changed" }
                @for state in broken {
                    @let rule = rule(&state.id);
                    div.card.bad[rule.is_none_or(|it| it.level == Level::Error)] {
                        h3 { (state.message) " " code { (state.id) } }
                        dl {
                            @if let Some(rule) = rule {
                                dt { "fails at" } dd { (rule.breach.fails_at) }
                                @if let Some(source) = &rule.breach.source { dt { "source" } dd { (source) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The plan, step by step.
pub fn steps(reported: &Reported<'_>) -> Markup {
    let plan = reported.plan;
    let repair = plan.repair.as_ref().filter(|it| it.asked).and_then(|it| it.outcome.as_ref().ok());
    let repair = repair.filter(|it| !it.repaired_by.is_empty());
    html! {
        section {
            h2 { "Plan" }
            @if let Some(applied) = repair {
                div.card {
                    h3 { "Mend what is broken before any step " code { (join_and(&applied.repaired_by)) } }
                    (changes(reported, applied))
                }
            }
            @for (index, step) in plan.steps.iter().enumerate() { (one_step(reported, index + 1, step)) }
            @if let Some(pursuit) = &plan.pursuit {
                pre { (goal_section(pursuit, reported.pack, SHOWN, Look::PLAIN).trim()) }
            } @else if plan.steps.is_empty() && repair.is_none() {
                p { (nothing(reported)) }
            }
        }
    }
}

fn one_step(reported: &Reported<'_>, number: usize, step: &Step) -> Markup {
    let Some(option) = reported.pack.options.iter().find(|it| it.id == step.option) else {
        return html! {};
    };
    html! {
        div.card.step {
            h3 { span.number { (number) } " " (option.title) " " code { (option.id) } }
            (changes(reported, &step.applied))
            (about(option))
        }
    }
}

/// What a pack says of an option.
pub fn about(option: &PackOption) -> Markup {
    html! {
        dl {
            dt { "why" } dd { (option.why) }
            @if let Some(caveat) = &option.caveat { dt { "caveat" } dd { (caveat) } }
            dt { "cost" } dd { (words::costs(option)) }
            dt { "changes" } dd { (words::changes(option.changes)) }
            dt { "relieves" } dd { (words::relief(option)) }
            @if option.safety != Safety::Safe { dt { "safety" } dd { (words::safety_text(option.safety)) } }
            dt { "source" } dd { (option.source) }
        }
    }
}

fn changes(reported: &Reported<'_>, applied: &Applied) -> Markup {
    html! {
        table.changes {
            @for change in &applied.changes {
                tr {
                    th scope="row" { code { (change.key) } }
                    td { (words::arrow(change, reported.pack, reported.world)) }
                    td.place { (place(reported, change)) }
                }
            }
            @for (name, before, after) in &applied.directives {
                tr {
                    th scope="row" { code { "#SBATCH " (name) } }
                    td { (before.value) " → " (after.value) }
                    td.place { (before.from) }
                }
            }
        }
        @for skipped in &applied.skipped { p.remark { "left out: " (skipped) } }
    }
}

/// What becomes of what should stay.
pub fn invariants(reported: &Reported<'_>) -> Markup {
    html! {
        @if !reported.plan.is_empty() && !reported.plan.invariants.is_empty() {
            section {
                h2 { "Invariants" }
                dl.wide {
                    @for state in &reported.plan.invariants {
                        dt { (state.title) } dd { (words::invariant(&state.effect)) }
                    }
                }
            }
        }
    }
}
