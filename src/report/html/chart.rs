//! The predicted peaks of memory, phase by phase, as bars.

use std::collections::BTreeSet;

use maud::{Markup, html};

use crate::engine::{EstimateState, Peak};
use crate::report::human::{Reported, capacity};
use crate::report::words;
use crate::text::quantity;

/// Draws two bars for each phase, before the plan and after it, against what the GPU has.
pub fn peaks(reported: &Reported<'_>) -> Markup {
    let states = &reported.plan.estimates;
    let capacity = capacity(reported.world);
    let failed = reported.world.failure.as_ref().and_then(|it| it.place.as_deref());
    let scale = Scale::of(states, capacity);
    let assumed: BTreeSet<&str> = states.iter().filter_map(|it| it.assumes.as_deref()).collect();
    html! {
        section {
            h2 { "Memory per GPU" }
            @if states.is_empty() {
                p {
                    "No peak can be predicted: " code { "--facts model=config.json" }
                    " tells the model's sizes, where the pack has formulas for its phases."
                }
            } @else {
                p.legend {
                    span.swatch.before {} " before  " span.swatch.after {} " after the plan"
                    @if let Some(has) = capacity { "  " span.swatch.has {} " the GPU has " (quantity(has)) }
                }
                table.chart {
                    @for state in states {
                        tr.failed[failed == Some(state.phase.as_str())] {
                            th scope="row" {
                                (state.title)
                                @if failed == Some(state.phase.as_str()) { " " span.mark { "failed" } }
                            }
                            td {
                                div.track {
                                    (scale.bar("before", &state.before, state.error))
                                    (scale.bar("after", &state.after, state.error))
                                    @if let Some(has) = capacity { div.has style=(scale.left(has)) {} }
                                }
                            }
                            td.peak {
                                (words::peaks(state)) " " span.faint { (words::error_bar(state)) }
                                @let fits = words::fits(state, capacity);
                                @if !fits.is_empty() { " " span.mark { (fits) } }
                            }
                        }
                    }
                }
                @for text in assumed { p.faint { (text) } }
            }
        }
    }
}

/// How many bytes the whole width is.
struct Scale(f64);

impl Scale {
    #[expect(clippy::cast_precision_loss, reason = "a bar is a few hundred pixels long")]
    fn of(states: &[EstimateState], capacity: Option<i64>) -> Self {
        let ends = states.iter().flat_map(|state| {
            [&state.before, &state.after].map(|peak| match peak {
                Peak::Bytes(bytes) => *bytes as f64 * (1.0 + state.error),
                Peak::None | Peak::Unknown(_) => 0.0,
            })
        });
        Self(ends.chain(capacity.map(|it| it as f64)).fold(1.0, f64::max) * 1.02)
    }

    #[expect(clippy::cast_precision_loss, reason = "a bar is a few hundred pixels long")]
    fn percent(&self, bytes: i64) -> f64 {
        (bytes as f64 / self.0 * 100.0).clamp(0.0, 100.0)
    }

    fn left(&self, bytes: i64) -> String {
        format!("left:{:.2}%", self.percent(bytes))
    }

    /// A bar with its error, which reaches as far to both sides.
    fn bar(&self, class: &str, peak: &Peak, error: f64) -> Markup {
        let Peak::Bytes(bytes) = peak else {
            return html! { div class={ "bar " (class) } {} };
        };
        let width = self.percent(*bytes);
        let (low, high) = (width * (1.0 - error), (width * (1.0 + error)).min(100.0));
        html! {
            div class={ "bar " (class) } {
                div.fill style=(format!("width:{width:.2}%")) {}
                div.error style=(format!("left:{low:.2}%;width:{:.2}%", high - low)) {}
            }
        }
    }
}
