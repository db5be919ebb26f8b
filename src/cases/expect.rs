use super::case::{Case, Listed};
use super::outcome::{Outcome, Truth};
use crate::overrides::{self, Override, value_text};
use crate::pack::Text;
use crate::text::Fault;

/// One expectation that does not hold.
#[derive(Debug, Clone)]
pub struct Mismatch {
    /// What, and where in the case's file it is expected.
    pub fault: Fault,
    /// The list that was expected, where one was.
    pub expected: Option<Vec<String>>,
    /// The list that came of it, or what else belongs to the sentence.
    pub actual: Vec<String>,
}

impl Mismatch {
    fn of(text: &Text, message: String, label: String) -> Self {
        let fault = Fault::new(WRONG, text.location.span, message).labelled(label);
        Self { fault, expected: None, actual: Vec::new() }
    }
}

/// The code of every expectation that does not hold.
const WRONG: &str = "hydrule::case::not_as_expected";

/// Compares what came of a case with what it expects.
pub fn compare(case: &Case, outcome: &Outcome) -> Vec<Mismatch> {
    let mut found = Vec::new();
    if let Some(expected) = &case.expected {
        let named = [
            (&expected.fired, Truth::Fired),
            (&expected.silent, Truth::Silent),
            (&expected.unknown, Truth::Unknown),
        ];
        for (texts, truth) in named {
            found.extend(texts.iter().filter_map(|text| rule(text, truth, outcome)));
        }
        let lists = [
            (&expected.plan, &outcome.plan, "the plan takes other options", true),
            (&expected.changes, &outcome.changes, "the plan changes something else", false),
            (&expected.overrides, &outcome.overrides, "other overrides result", true),
            (&expected.findings, &outcome.findings, "something else is found", false),
            (&expected.left, &outcome.left, "something else stays broken", false),
            (&expected.known_by, &outcome.known_by, "the pack knows the launch otherwise", false),
        ];
        for (expected, actual, message, ordered) in lists {
            let expected = expected.as_ref();
            let wrong = expected.and_then(|it| list(it, actual, message, ordered));
            found.extend(wrong.map(|it| explained(it, outcome)));
        }
        let held = expected.holds.iter().zip(&outcome.holds);
        found.extend(held.filter_map(|(text, why)| {
            let why = why.as_ref()?;
            Some(Mismatch::of(
                text,
                format!("it does not hold: {why}"),
                "expected to hold".to_owned(),
            ))
        }));
        let words = [
            (&expected.phase, &outcome.phase, "the place of the failure is"),
            (&expected.signal, &outcome.signal, "the signal of the failure is"),
        ];
        for (wanted, actual, what) in words {
            let wrong = wanted.as_ref().filter(|it| it.as_str() != actual);
            found.extend(wrong.map(|it| {
                Mismatch::of(
                    it,
                    format!("{what} `{actual}`"),
                    format!("expected `{}`", it.as_str()),
                )
            }));
        }
    }
    if let Some(again) = outcome.again.as_ref().filter(|_| case.idempotent) {
        let message = again.message.as_str();
        let fault = Fault::new("hydrule::case::not_idempotent", case.at.span, message)
            .labelled("planned again, it must come to rest")
            .helped("mend the rules, or say `idempotent = false` and a `reason`");
        found.push(Mismatch { fault, expected: None, actual: again.lines.clone() });
    }
    found
}

fn rule(text: &Text, wanted: Truth, outcome: &Outcome) -> Option<Mismatch> {
    let ruled = outcome.ruled.iter().find(|it| it.id == text.as_str())?;
    if ruled.truth == wanted {
        return None;
    }
    let why = if ruled.why.is_empty() { String::new() } else { format!(": {}", ruled.why) };
    let message = format!("`{}` {}{why}", ruled.id, ruled.truth.verb());
    Some(Mismatch::of(text, message, format!("expected to be {}", wanted.word())))
}

/// Says of rules that were expected why they did not come.
fn explained(mismatch: Mismatch, outcome: &Outcome) -> Mismatch {
    let expected = mismatch.expected.as_deref().unwrap_or_default();
    let left_out = |id: &String| expected.contains(id) && !mismatch.actual.contains(id);
    let ruled = outcome.ruled.iter().filter(|it| left_out(&it.id) && !it.why.is_empty());
    let why: Vec<String> =
        ruled.map(|it| format!("`{}` {}: {}", it.id, it.truth.verb(), it.why)).collect();
    match why.is_empty() {
        true => mismatch,
        false => Mismatch { fault: mismatch.fault.helped(why.join("\n")), ..mismatch },
    }
}

/// Writes an override as Hydra prints its value, since `x=true` and `x=True` say the same.
fn meant(text: &str) -> String {
    let said = |it: &Override| Some(it.rewritten(&value_text(&it.value()?)));
    overrides::parse(text).ok().as_ref().and_then(said).unwrap_or_else(|| text.to_owned())
}

fn list(expected: &Listed, actual: &[String], message: &str, ordered: bool) -> Option<Mismatch> {
    let sorted = |mut all: Vec<String>| {
        if !ordered {
            all.sort();
        }
        all
    };
    let wanted = sorted(expected.texts.iter().map(|text| text.as_str().to_owned()).collect());
    let got = sorted(actual.to_vec());
    let said = |all: &[String]| sorted(all.iter().map(|it| meant(it)).collect());
    if said(&wanted) == said(&got) {
        return None;
    }
    let fault = Fault::new(WRONG, expected.at.span, message).labelled("expected");
    Some(Mismatch { fault, expected: Some(wanted), actual: got })
}
