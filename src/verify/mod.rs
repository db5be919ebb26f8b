//! The pack verifier: what a pack's rules do wrong, each with an input on which they do it.
//!
//! A suspicion comes from the rules' text or from a bounded, deterministic search over inputs made
//! of the values the rules themselves name. What is claimed for all inputs (a rule is dead, an
//! option is shadowed) is proven over comparisons of names with values, where finitely many inputs
//! stand for all. Every finding is then put to the engine on its witness, and only what the engine
//! confirms is reported.

mod backtest;
mod differ;
mod example;
mod finding;
mod input;
mod ladders;
mod options;
mod proof;
mod requirements;
mod search;
mod shadow;
mod unread;
mod values;

pub use backtest::{Direction, HIGH, Hold, Ladder, Move, Scored, Subject, Totals};
pub use differ::{Candidate, Differ};
pub use example::{Example, example_of_option, example_of_requirement};
pub use finding::{Finding, Witness};

use std::collections::BTreeSet;

use crate::pack::Pack;

/// Finds the faults of a pack's rules, in the order of the pack's files.
pub fn check(pack: &Pack) -> Vec<Finding> {
    let search = search::Search::new(pack);
    let mut findings = options::check(&search);
    findings.extend(shadow::check(&search));
    findings.extend(requirements::check(&search));
    findings.extend(ladders::check(&search));
    findings.extend(unread::check(pack));
    findings.sort_by_key(|it| {
        (it.location.source.name().to_owned(), it.location.span, it.code, it.rules.clone())
    });
    let mut known = BTreeSet::new();
    findings.retain(|it| known.insert((it.code, subject(it).to_vec())));
    findings
}

/// One circle and one gap is told once, from wherever it is entered.
fn subject(finding: &Finding) -> &[String] {
    let once = ["hydrule::verify::cycle", "hydrule::verify::ladder_gap"];
    let most = if once.contains(&finding.code) { 1 } else { usize::MAX };
    finding.rules.get(..most.min(finding.rules.len())).unwrap_or_default()
}
