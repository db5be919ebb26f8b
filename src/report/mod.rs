//! Showing what was found and decided: for people, and as data.
//!
//! Everything here turns values into text; nothing decides. miette is known to `fault` alone.

mod backtest;
mod case;
mod check;
mod diff;
mod edited;
mod explain;
mod facts;
mod fault;
mod goal;
mod html;
mod human;
mod json;
mod junit;
mod mutants;
mod pack;
mod paint;
mod tests;
mod words;

pub use backtest::{backtest_json, backtest_text};
pub use case::{case_page, not_held, ruled};
pub use check::{
    Fixes, Report, check_concise, check_full, check_github, check_gitlab, check_json, check_junit,
    check_lines, check_sarif, check_statistics, check_statistics_json, check_summary,
};
pub use diff::{FileChange, unified_diff};
pub use edited::{edited_json, edited_text, placed, refusal_json, site_texts};
pub use explain::{Explained, explain, explain_json};
pub use facts::{Comparison, Difference, LogFacts, facts_json, facts_page};
pub use fault::render_faults;
pub use html::rewrite_html;
pub use human::{Reported, rewrite_report};
pub use json::{location, rewrite_json};
pub use mutants::{mutants_concise, mutants_full, mutants_json, mutants_summary};
pub use pack::{
    AnyRule, pack_json, pack_page, pack_text, packs_json, packs_text, rule_text, rules_json,
};
pub use paint::{Look, Paint, Part, fitted, side_by_side};
pub use tests::{
    TestView, case_full, tests_concise, tests_full, tests_json, tests_junit, tests_summary,
};
pub use words::{last_part, one_line, unknown as unknown_text};
