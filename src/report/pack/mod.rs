//! What packs hold: as lists, rule by rule, as a page and as data.

mod data;
mod fields;
mod page;
mod rule;
mod show;

pub use data::{pack_json, packs_json, rules_json};
pub use page::pack_page;
pub use rule::{AnyRule, rule_text};
pub use show::{pack_text, packs_text};

use crate::condition::Condition;
use crate::pack::{Pack, PackOption, Requirement, Rewrite, headers};
use crate::text::{Level, join_and};

use super::words;

/// Says how the launches of a pack's target are told.
fn told_by(pack: &Pack) -> String {
    // Of a pack that ships only its own globs choose it, not those of what it extends.
    let header = headers().into_iter().find(|it| it.name == pack.name);
    let (launches, keys) = match &header {
        Some(header) => (&header.launches, &header.keys),
        None => (&pack.launches, &pack.keys),
    };
    match (launches.is_empty(), keys.is_empty()) {
        (true, true) => "nothing; other packs extend it, or --pack names it".to_owned(),
        (false, true) => launches.join(", "),
        (true, false) => format!("keys {}", keys.join(", ")),
        (false, false) => format!("{}; keys {}", launches.join(", "), keys.join(", ")),
    }
}

/// Writes a rewrite with its bounds.
fn rewrite_text(rewrite: &Rewrite) -> String {
    let set = words::one_line(rewrite.text().as_str());
    let bounds = rewrite.bounds().into_iter();
    let bounds = bounds.map(|(word, bound)| format!(", {} {bound}", word.replace('_', " ")));
    set + &bounds.collect::<String>()
}

/// Says in one line what an option relieves, costs and changes.
fn effect(option: &PackOption) -> String {
    let names = |names: &[String]| join_and(names);
    let mut parts = Vec::new();
    parts.push(match option.relieves.as_slice() {
        [] => "relieves nothing".to_owned(),
        relieved => format!("relieves {}", names(relieved)),
    });
    if !option.loads.is_empty() {
        parts.push(format!("loads {}", names(&option.loads)));
    }
    let costs = option.cost.iter().filter(|(name, amount)| {
        let free = if matches!(name.as_str(), "time" | "hardware") { 1.0 } else { 0.0 };
        (**amount - free).abs() > f64::EPSILON
    });
    let costs: Vec<String> = costs.map(|(name, amount)| words::cost(name, *amount)).collect();
    if !costs.is_empty() {
        parts.push(costs.join(", "));
    }
    parts.push(format!("changes {}", words::changes(option.changes)));
    parts.join("; ")
}

/// Heads the moment at which a broken requirement shows: as a failure, or only as a loss.
fn when_broken(rule: &Requirement) -> &'static str {
    if rule.level == Level::Error { "fails at" } else { rule.level.word() }
}

/// Lists the named expressions that conditions read, directly or not, in the order of the pack.
fn named<'a>(pack: &'a Pack, conditions: &[&Condition]) -> Vec<(&'a str, String)> {
    let mut read: Vec<String> = Vec::new();
    let mut open: Vec<&Condition> = conditions.to_vec();
    while let Some(condition) = open.pop() {
        for name in condition.names() {
            let Some(fact) = name.fact() else { continue };
            let Some(expression) = pack.lets.get(fact) else { continue };
            if !read.iter().any(|known| known == fact) {
                read.push(fact.to_owned());
                open.push(&expression.condition);
            }
        }
    }
    let lets = pack.lets.iter().filter(|(name, _)| read.iter().any(|known| known == *name));
    lets.map(|(name, it)| (name.as_ref(), words::one_line(it.text.as_str()))).collect()
}
