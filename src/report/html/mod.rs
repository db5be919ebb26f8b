//! The page of a rewrite as one HTML file that needs nothing else: to attach to a job or a pull request.
//!
//! Nothing in it runs or is fetched, which its policy says to the browser; all texts are escaped.

mod chart;
mod plan;
mod rules;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::diff::{FileChange, unified_diff};
use super::explain::Explained;
use super::human::Reported;
use super::paint::{Look, Paint};

/// What the browser may load: its own styles.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// Writes the page: what failed, the plan, the memory before and after, the changes of files, and for
/// every rule what decided it.
pub fn rewrite_html(reported: &Reported<'_>, explained: &Explained<'_>) -> String {
    let rulings = explained.rulings();
    let title = format!("hydrule: {}", reported.launch);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                title { (title) }
                style { (PreEscaped(include_str!("page.css"))) }
            }
            body {
                header { h1 { (reported.launch) } }
                main {
                    (plan::failure(reported))
                    (plan::remarks(&reported.remarks))
                    (plan::broken(reported))
                    (plan::steps(reported))
                    (chart::peaks(reported))
                    (plan::invariants(reported))
                    (diffs(reported))
                    (rules::options(reported, &rulings))
                    (rules::requirements(&rulings))
                }
                footer {
                    "hydrule " (env!("CARGO_PKG_VERSION")) ", pack "
                    (reported.pack.name) " " (reported.pack.version)
                }
            }
        }
    };
    page.into_string() + "\n"
}

/// The changes of files as a diff; what could not be changed is said by the remarks above it.
fn diffs(reported: &Reported<'_>) -> Markup {
    html! {
        @if !reported.files.is_empty() || !reported.refused.is_empty() {
            section {
                h2 { "Changes" }
                (plan::remarks(&reported.refused))
                @for file in &reported.files { (diff(file)) }
            }
        }
    }
}

fn diff(file: &FileChange) -> Markup {
    let text = unified_diff(file, Paint::new(Look::PLAIN));
    let class = |line: &str| match line {
        _ if line.starts_with("+++") || line.starts_with("---") || line.starts_with("diff ") => {
            "file"
        }
        _ if line.starts_with('+') => "added",
        _ if line.starts_with('-') => "gone",
        _ if line.starts_with("@@") => "hunk",
        _ => "same",
    };
    html! {
        pre.diff {
            @for line in text.lines() { span class=(class(line)) { (line) "\n" } }
        }
    }
}
