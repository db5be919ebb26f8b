//! Names that nothing reads.

use std::collections::BTreeSet;

use super::finding::{Finding, Witness};
use super::values::of_rules;
use crate::condition::{Condition, Piece, pieces};
use crate::pack::{HOST_MEMORY, Pack};
use crate::text::Location;

/// Checks every parameter and named expression of the pack's own. A pack without rules
/// defines names for those that extend it.
pub fn check(pack: &Pack) -> Vec<Finding> {
    if pack.options.is_empty() && pack.requirements.is_empty() {
        return Vec::new();
    }
    let read = read(pack);
    let lets = pack.lets.iter().map(|(name, it)| (name.to_string(), &it.text.location));
    let parameters = pack.parameters.iter();
    let parameters = parameters.map(|(name, it)| (format!("param.{name}"), &it.location));
    let own = lets.chain(parameters).filter(|(_, location)| pack.is_own(location));
    let idle = own.filter(|(name, _)| !read.contains(name));
    idle.map(|(name, location)| unread(&name, location)).collect()
}

/// Collects the names after a `$` that rules, estimates, invariants and messages read, also through
/// named expressions.
fn read(pack: &Pack) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut open: Vec<String> = written(pack).iter().flat_map(facts).collect();
    // What a project's `[cluster]` bounds.
    open.push(HOST_MEMORY.to_owned());
    while let Some(name) = open.pop() {
        if let Some(named) = pack.lets.get(name.as_str()).filter(|_| !names.contains(&name)) {
            open.extend(facts(&named.condition));
        }
        names.insert(name);
    }
    names
}

fn facts(condition: &Condition) -> Vec<String> {
    condition.names().iter().filter_map(|it| it.fact()).map(str::to_owned).collect()
}

/// Lists all expressions but the named ones.
fn written(pack: &Pack) -> Vec<Condition> {
    let limits = pack.requirements.iter().filter_map(|it| it.limits.as_ref());
    let invariants = pack.invariants.iter().map(|it| &it.value);
    let estimates = pack.estimates.iter().flat_map(|it| it.when.iter().chain([&it.bytes]));
    let aliases = pack.aliases.iter().flat_map(|it| it.read.iter().chain(&it.write));
    let told = limits.chain(invariants).chain(estimates).chain(aliases).chain(&pack.goal);
    let messages = pack.requirements.iter().map(|it| it.breach.message.as_ref());
    let messages = messages.chain(pack.estimates.iter().filter_map(|it| it.assumes.as_deref()));
    of_rules(pack)
        .chain(told.map(|it| &it.condition))
        .cloned()
        .chain(messages.flat_map(in_message))
        .collect()
}

fn in_message(message: &str) -> Vec<Condition> {
    let parse = |piece: Piece<'_>| match piece {
        Piece::Expression(text, _) => Condition::parse(text).ok(),
        Piece::Text(_) | Piece::Open(_) => None,
    };
    pieces(message).into_iter().filter_map(parse).collect()
}

fn unread(name: &str, location: &Location) -> Finding {
    Finding {
        code: "hydrule::verify::unread",
        rules: vec![format!("${name}")],
        message: format!("nothing reads `${name}`"),
        location: location.clone(),
        label: "no rule, estimate, invariant or message names it".to_owned(),
        help: "take it out, or read it where it was meant to be read".to_owned(),
        witness: Witness::default(),
    }
}
