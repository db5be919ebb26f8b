use super::case::Case;
use crate::pack::{Pack, Text};
use crate::text::{Fault, Faults, Span, join_and, nearest};

/// The longest name of a case; a snapshot's file is named by it.
const LONGEST: usize = 100;

/// Finds what is wrong with the name of a case, which names a file on every system.
pub(super) fn bad_name(name: &str, at: Span) -> Option<Fault> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let why = if name.is_empty() {
        "it is empty"
    } else if name.chars().count() > LONGEST {
        "it has more than 100 characters"
    } else if name.contains(['/', '\\']) {
        "it holds a path separator"
    } else if !name.chars().all(plain) {
        "it holds something else than letters, digits, `-`, `_` and `.`"
    } else if name.starts_with('.') || name.ends_with('.') {
        "it begins or ends with a dot"
    } else {
        return None;
    };
    let message = format!("`{name}` cannot name a case: {why}");
    let fault = Fault::new("hydrule::case::name", at, message);
    Some(fault.labelled("its snapshot is a file of this name"))
}

/// Finds cases that share a name. Names that differ in case alone are one file on some systems.
pub fn repeated(cases: &[Case]) -> Vec<Faults> {
    let mut found = Vec::new();
    for (index, case) in cases.iter().enumerate() {
        let mut earlier = cases.iter().take(index);
        let Some(first) = earlier.find(|old| old.name.eq_ignore_ascii_case(&case.name)) else {
            continue;
        };
        let message = format!("another case is named `{}`", first.name);
        let fault = Fault::new("hydrule::case::repeated_name", case.at.span, message);
        let fault = match first.at.source == case.at.source {
            true => fault.with(first.at.span, "the first one"),
            false => fault.helped(format!("it is {}", first.at)),
        };
        found.push(Faults::one(case.at.source.clone(), fault.labelled("a second one")));
    }
    found
}

/// Finds names of rules in a case's expectations that the pack does not have.
pub fn check_rules(case: &Case, pack: &Pack) -> Vec<Fault> {
    let Some(expected) = &case.expected else { return Vec::new() };
    let options: Vec<&str> = pack.options.iter().map(|it| it.id.as_str()).collect();
    let requirements: Vec<&str> = pack.requirements.iter().map(|it| it.id.as_str()).collect();
    let rules: Vec<&str> = options.iter().chain(&requirements).copied().collect();
    let mut faults = Vec::new();
    let mut check = |texts: &[Text], known: &[&str], what: &str| {
        faults.extend(texts.iter().filter_map(|text| unknown_name(text, known, what, pack)));
    };
    for texts in [&expected.fired, &expected.silent, &expected.unknown] {
        check(texts, &rules, "rule");
    }
    if let Some(plan) = &expected.plan {
        check(&plan.texts, &options, "option");
    }
    if let Some(left) = &expected.left {
        check(&left.texts, &requirements, "requirement");
    }
    if let Some(phase) = &expected.phase {
        let places: Vec<&str> = pack.places().chain(["none", "unknown"]).collect();
        check(std::slice::from_ref(phase), &places, "phase");
    }
    if let Some(signal) = &expected.signal {
        let signals = pack.signal_defs.iter().map(|it| it.name.as_str());
        let signals: Vec<&str> = signals.chain(["none", "told"]).collect();
        check(std::slice::from_ref(signal), &signals, "signal");
    }
    faults
}

fn unknown_name(text: &Text, known: &[&str], what: &str, pack: &Pack) -> Option<Fault> {
    let name = text.as_str();
    if text.stands_in() || known.contains(&name) {
        return None;
    }
    let message = format!("the pack `{}` has no {what} `{name}`", pack.name);
    let fault = Fault::new("hydrule::case::unknown_name", text.location.span, message);
    Some(match nearest(name, known.iter().copied(), 1).first() {
        Some(near) => fault.labelled(format!("did you mean `{near}`?")),
        None if known.len() <= 20 => fault.helped(format!("it has {}", join_and(known))),
        None => fault.helped("`hydrule explain` lists every rule"),
    })
}
