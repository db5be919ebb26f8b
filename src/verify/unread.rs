//! Names that nothing reads.

use std::collections::BTreeSet;

use super::finding::{Finding, Witness};
use crate::condition::{Condition, Piece, pieces};
use crate::pack::{HOST_MEMORY, Pack, Rewrite};
use crate::text::Location;

/// Checks every parameter and named expression of the pack's own. A pack without rules
/// defines names for those that extend it.
pub fn check(pack: &Pack) -> Vec<Finding> {
    if pack.options.is_empty() && pack.requirements.is_empty() {
        return Vec::new();
    }
    let read = read(pack);
    let lets = pack.lets.iter().map(|(name, it)| (name.clone(), &it.text.location));
    let parameters = pack.parameters.iter();
    let parameters = parameters.map(|(name, it)| (format!("param.{name}"), &it.location));
    let idle = lets.chain(parameters).filter(|(name, _)| !read.contains(name.as_str()));
    let mut findings: Vec<Finding> = idle.map(|(name, location)| unread(&name, location)).collect();
    findings.retain(|it| pack.is_own(&it.location));
    findings
}

/// Collects the names after a `$` that rules, estimates, invariants and messages read, also through
/// named expressions.
fn read(pack: &Pack) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut open: Vec<String> = written(pack).iter().flat_map(facts).collect();
    // What a project's `[cluster]` bounds.
    open.push(HOST_MEMORY.to_owned());
    while let Some(name) = open.pop() {
        if let Some(named) = pack.lets.get(&name).filter(|_| !names.contains(&name)) {
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
    let options = pack.options.iter().map(|it| &it.when);
    let requirements = pack.requirements.iter();
    let requirements =
        requirements.flat_map(|it| it.when.iter().chain([&it.holds]).chain(&it.limits));
    let invariants = pack.invariants.iter().map(|it| &it.value);
    let estimates = pack.estimates.iter().flat_map(|it| it.when.iter().chain([&it.bytes]));
    let aliases = pack.aliases.iter().flat_map(|it| it.read.iter().chain(&it.write));
    let expressions = options.chain(requirements).chain(invariants).chain(estimates);
    let expressions = expressions.chain(aliases).chain(&pack.goal).map(|it| it.condition.clone());
    let messages = pack.requirements.iter().map(|it| &it.message);
    let messages = messages.chain(pack.estimates.iter().filter_map(|it| it.assumes.as_ref()));
    expressions
        .chain(rewrites(pack).flat_map(in_rewrite))
        .chain(messages.flat_map(|it| in_message(it)))
        .collect()
}

fn rewrites(pack: &Pack) -> impl Iterator<Item = &Rewrite> {
    let options = pack.options.iter().flat_map(|it| &it.rewrite);
    options.chain(pack.requirements.iter().flat_map(|it| &it.repair))
}

fn in_rewrite(rewrite: &Rewrite) -> Vec<Condition> {
    match rewrite {
        Rewrite::Plain(..) => Vec::new(),
        Rewrite::Assign(it, _) => it.bounds.iter().chain([&it.value]).cloned().collect(),
    }
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
