//! The sentences for engine verdicts, shared by every reporter.

use indexmap::IndexSet;

use crate::condition::{Outcome, Target, Trace, Verdict, deciding_leaves};
use crate::engine::{
    Applied, Bisected, Bound, Change, EstimateState, InvariantEffect, KeyChange, Peak, Plan, Range,
    Reason, Rejection, Status, Turn, World,
};
use crate::facts::{Missing, Provenance};
use crate::pack::{Changes, Pack, PackOption, Rewrite, Safety};
use crate::signal::{Event, Kind};
use crate::text::{Location, join_and, quantity};
use crate::value::Value;

/// Says what failed, in the phase of this title.
pub fn failed(event: &Event, title: Option<&str>) -> String {
    let gpu = event.facts.get("gpu").map(|fact| format!("GPU {}", fact.value));
    let what = match event.kind {
        Kind::Device => format!("{} ran out of memory", gpu.as_deref().unwrap_or("A GPU")),
        Kind::Host => return "The host ran out of memory".to_owned(),
        Kind::Unknown | Kind::Note => "The job failed".to_owned(),
    };
    match title {
        Some(title) => format!("{what} during {title}"),
        None => format!("{what}, in a phase that the log does not tell"),
    }
}

/// Says whether memory was there but in pieces, where the numbers tell.
pub fn fragmented(event: &Event) -> Option<&'static str> {
    let found = event.facts.get("fragmented")?.value == Value::Bool(true);
    found.then_some("what is reserved but unused would hold it, in pieces too small")
}

/// Names a status in one word, as JSON and tests see it.
pub fn status_word(status: &Status) -> &'static str {
    match status {
        Status::Chosen { .. } => "chosen",
        Status::Later | Status::NeedsUnsafe => "later",
        Status::LeftOut => "left out",
        Status::Shown => "shown",
        Status::NotApplicable => "not applicable",
        Status::Unknown(_) => "unknown",
        Status::Rejected(_) => "rejected",
        Status::NotSelected => "not selected",
        Status::Failed(_) => "failed",
    }
}

/// Says in one sentence why an option has its status.
pub fn reason(status: &Status, trace: &Trace, caveat: Option<&str>, pack: &Pack) -> String {
    match status {
        Status::Chosen { steps } => {
            let steps: Vec<String> = steps.iter().map(ToString::to_string).collect();
            format!("step {} of this plan", join_and(&steps))
        }
        Status::Later => {
            "would help as well; an earlier option of the pack is taken first".to_owned()
        }
        Status::NeedsUnsafe => match caveat {
            Some(caveat) => format!("would help; needs --unsafe: {caveat}"),
            None => "would help; needs --unsafe, since it changes more than speed".to_owned(),
        },
        Status::LeftOut => "could be applied; the plan does without it".to_owned(),
        Status::Shown => match caveat {
            Some(caveat) => format!("for you to weigh, never written: {caveat}"),
            None => "for you to weigh, never written".to_owned(),
        },
        Status::NotApplicable => format!("does not apply: {}", leaves(trace)),
        Status::Unknown(missing) => unknown(missing),
        Status::Rejected(rejection) => rejected(rejection, caveat, pack),
        Status::NotSelected => "--only excludes it".to_owned(),
        Status::Failed(fault) => fault.message.clone(),
    }
}

/// Heads the options that share a status.
pub fn group(status: &Status, pack: &Pack) -> String {
    match status {
        Status::Chosen { .. } => "part of the plan".to_owned(),
        Status::Later => {
            "would help as well; an earlier option of the pack is taken first".to_owned()
        }
        Status::NeedsUnsafe => {
            "would help, changes more than memory and speed (--unsafe)".to_owned()
        }
        Status::LeftOut => "could be applied".to_owned(),
        Status::Shown => "for you to weigh; never written".to_owned(),
        Status::NotApplicable => "does not apply".to_owned(),
        Status::Unknown(_) => "something is not known".to_owned(),
        Status::NotSelected => "not asked for".to_owned(),
        Status::Failed(_) => "failed to compute".to_owned(),
        Status::Rejected(rejection) => match rejection {
            Rejection::DoesNotRelieve { place } => {
                format!("does not lower {}", peak(pack, place))
            }
            Rejection::Loads { place } => format!("raises {}", peak(pack, place)),
            Rejection::NoFailure | Rejection::PlaceUnknown => rejected(rejection, None, pack),
            Rejection::Held { .. } => "is at its bound".to_owned(),
            Rejection::TriedBefore { .. } => "failed before, or something lighter did".to_owned(),
            _ => "cannot be applied".to_owned(),
        },
    }
}

/// Gives the title of an option with what it would set in the job's environment, where no file says it.
fn with_environment(option: &PackOption) -> String {
    let set = option.rewrite.iter().filter_map(|it| {
        let Rewrite::Assign(assignment, _) = it else { return None };
        let Target::Environment(name) = &assignment.target else { return None };
        assignment.value.as_literal().map(|value| format!("{name}={value}"))
    });
    let set: Vec<String> = set.collect();
    if set.is_empty() {
        option.title.to_string()
    } else {
        format!("{}: {}", option.title, set.join(" "))
    }
}

/// Says in one sentence what the group's heading leaves open.
pub fn reason_in_group(
    status: &Status,
    trace: &Trace,
    option: Option<&PackOption>,
    pack: &Pack,
) -> String {
    let caveat = option.and_then(|option| option.caveat.clone());
    let title = option.map(|option| match status {
        Status::Shown => with_environment(option),
        _ => option.title.to_string(),
    });
    let title = title.unwrap_or_default();
    match status {
        Status::NotApplicable => leaves(trace),
        Status::Unknown(missing) => {
            let text = unknown(missing);
            text.strip_prefix("unknown: ").unwrap_or(&text).to_owned()
        }
        Status::Rejected(Rejection::DoesNotRelieve { .. } | Rejection::Loads { .. })
        | Status::NeedsUnsafe
        | Status::Shown => match caveat {
            Some(caveat) => format!("{title}. {caveat}"),
            None => title,
        },
        Status::Later | Status::LeftOut | Status::NotSelected => title,
        Status::Rejected(Rejection::NoFailure | Rejection::PlaceUnknown) => title,
        _ => reason(status, trace, caveat.as_deref(), pack),
    }
}

/// Says what is missing and how to supply it.
pub fn unknown(missing: &[Missing]) -> String {
    let Some(first) = missing.first() else { return "unknown".to_owned() };
    let supply =
        if first.supply.is_empty() { String::new() } else { format!("; {}", first.supply) };
    format!("unknown: {}, {}{supply}", first.name, first.why)
}

/// Says in one sentence why an option or a repair is rejected.
pub fn rejected(rejection: &Rejection, caveat: Option<&str>, pack: &Pack) -> String {
    let with_caveat = |text: String| match caveat {
        Some(caveat) => format!("{text}: {caveat}"),
        None => text,
    };
    match rejection {
        Rejection::DoesNotRelieve { place } => {
            with_caveat(format!("does not lower {}", peak(pack, place)))
        }
        Rejection::Loads { place } => with_caveat(format!("raises {}", peak(pack, place))),
        Rejection::NoFailure => "no failure is known; give --log FILE".to_owned(),
        Rejection::PlaceUnknown => {
            "the log does not tell what failed; give --fact oom.phase=NAME".to_owned()
        }
        Rejection::ChangesNothing => "everything it sets is so already".to_owned(),
        Rejection::TriedBefore { phase, bytes, from } => {
            let place = phase.as_deref().map_or(String::new(), |phase| match phase {
                "host" => " for want of host memory".to_owned(),
                phase => format!(" during {}", title(pack, phase)),
            });
            let bytes =
                bytes.map_or(String::new(), |bytes| format!(", asking for {}", quantity(bytes)));
            format!("is no lighter than what failed{place}{bytes} ({from})")
        }
        Rejection::Held { key, bound } => format!("{} is {bound}", last_part(key)),
        Rejection::Breaks { requirement, message } => {
            format!("would break {requirement}: {message}")
        }
        Rejection::Worsens { requirement, message } => {
            format!("{requirement} is broken already, and this takes more: {message}")
        }
        Rejection::NeedsUnknown(missing) => format!("needs a repair that is {}", unknown(missing)),
        Rejection::Unsettled(unsettled) => format!("repairs contradict: {}", unsettled.why()),
        Rejection::Pinned { key, by } => format!("{} is pinned by {by}", last_part(key)),
        Rejection::ChangesInvariant { id, effect } => {
            format!("--preserve excludes it: {id} {}", invariant(effect))
        }
        Rejection::LeavesUnknown { requirement, missing } => {
            format!("--strict excludes it: it makes {requirement} {}", unknown(missing))
        }
    }
}

/// Names the peak of a phase; titles may begin with `the`.
pub fn peak(pack: &Pack, place: &str) -> String {
    let title = title(pack, place);
    format!("the {} peak", title.strip_prefix("the ").unwrap_or(title))
}

/// Names a phase for people.
pub fn title<'a>(pack: &'a Pack, place: &'a str) -> &'a str {
    if place == "host" { "host memory" } else { pack.phase_title(place) }
}

/// Shows the leaves that decide a condition, with their values and where those come from.
pub fn leaves(trace: &Trace) -> String {
    let leaves = deciding_leaves(trace);
    let shown: Vec<String> = leaves.iter().take(3).map(|leaf| leaf_text(leaf)).collect();
    if shown.is_empty() { outcome(trace) } else { shown.join("; ") }
}

/// Shows one deciding node by the values of the names below it, or by its text where it reads none.
fn leaf_text(leaf: &Trace) -> String {
    let mut read = Vec::new();
    collect_values(leaf, &mut read);
    if read.is_empty() { leaf.text.clone() } else { join_and(&read) }
}

fn collect_values(trace: &Trace, out: &mut Vec<String>) {
    if trace.is_name() {
        let text = format!("{} is {}", last_part(&trace.text), outcome(trace));
        if !out.contains(&text) {
            out.push(text);
        }
        return;
    }
    for child in &trace.children {
        collect_values(child, out);
    }
}

/// Returns the names whose values decide an evaluation, what the user wrote first.
pub fn deciding(trace: &Trace) -> Vec<&Trace> {
    let mut names: Vec<&Trace> = Vec::new();
    for leaf in deciding_leaves(trace) {
        collect_names(leaf, &mut names);
    }
    let written = |it: &&Trace| !matches!(it.from, Some(Provenance::Text(_)));
    names.sort_by_key(written);
    names
}

/// A truth with a name is told by what decides it, a number with a name by itself.
fn collect_names<'a>(trace: &'a Trace, names: &mut Vec<&'a Trace>) {
    let truth = matches!(trace.outcome, Outcome::Known(Value::Bool(_)));
    match trace.children.first().filter(|_| trace.is_name()) {
        Some(definition) if truth => {
            for leaf in deciding_leaves(definition) {
                collect_names(leaf, names);
            }
        }
        None if !trace.is_name() => {
            for child in &trace.children {
                collect_names(child, names);
            }
        }
        _ if names.iter().any(|known| known.text == trace.text) => {}
        _ => names.push(trace),
    }
}

/// Says in a line what decides an evaluation: names, values, and where those are from.
pub fn because(trace: &Trace) -> String {
    let names = deciding(trace);
    let mut shown: Vec<String> = names.iter().take(3).map(|it| placed(it)).collect();
    if names.len() > 3 {
        shown.push(format!("and {} more", names.len() - 3));
    }
    if shown.is_empty() {
        return format!("{} is {}", one_line(&trace.text), outcome(trace));
    }
    shown.join("; ")
}

fn placed(name: &Trace) -> String {
    let value = format!("{} is {}", last_part(&name.text), outcome(name));
    match name.from.as_ref().and_then(origin) {
        Some(from) => format!("{value}, {from}"),
        None => value,
    }
}

/// Says in a word or two where a value is from; nothing where it was computed.
fn origin(from: &Provenance) -> Option<String> {
    match from {
        Provenance::Default { .. } => Some("default".to_owned()),
        Provenance::Parameter => Some("parameter".to_owned()),
        Provenance::Computed => None,
        other => Some(other.to_string()),
    }
}

/// Writes a text that may go over several lines in one.
pub fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

/// Says what one missing name is and how to supply it.
pub fn missing(missing: &Missing) -> String {
    let text = unknown(std::slice::from_ref(missing));
    text.trim_start_matches("unknown: ").to_owned()
}

/// Says what would make a rejected option taken.
pub fn lift(turn: &Turn) -> String {
    match (&turn.change, turn.name.ends_with(".phase")) {
        (Change::OneOf(phases), true) => {
            let phases: Vec<String> = phases.iter().map(ToString::to_string).collect();
            format!("would be taken if the phase were {}", phases.join(" or "))
        }
        _ => self::turn(turn, "be taken"),
    }
}

/// Says what there is to know of an option before it is taken, in labelled texts.
pub fn about(option: &PackOption) -> impl Iterator<Item = (&'static str, String)> {
    let why = [("why", option.why.to_string())].into_iter();
    let caveat = option.caveat.iter().map(|it| ("caveat", it.to_string()));
    let rest = [
        ("cost", costs(option)),
        ("changes", changes(option.changes).to_owned()),
        ("relieves", relief(option)),
    ];
    why.chain(caveat).chain(rest)
}

/// Writes all costs of an option.
pub fn costs(option: &PackOption) -> String {
    let costs: Vec<String> = option.cost.iter().map(|(name, amount)| cost(name, *amount)).collect();
    if costs.is_empty() { "none".to_owned() } else { costs.join(", ") }
}

/// Says which peaks an option lowers and raises.
pub fn relief(option: &PackOption) -> String {
    let list = |names: &[String]| match names {
        [] => "nothing".to_owned(),
        names => names.join(", "),
    };
    format!("{}; loads {}", list(&option.relieves), list(&option.loads))
}

/// Shortens a key to its last name, with the one before where that is short; facts and calls stay
/// whole.
pub fn last_part(name: &str) -> &str {
    let whole = name.starts_with('$') || name.contains('(');
    let Some((before, last)) = name.rsplit_once('.').filter(|_| !whole) else { return name };
    if last.len() > SHORT {
        return last;
    }
    let section = before.rsplit('.').next().map_or(0, str::len);
    name.get(name.len() - last.len() - 1 - section..).unwrap_or(name)
}

/// A last part of a key that is so short or shorter needs the part before to be understood.
const SHORT: usize = 8;

/// Shows an outcome in a word or value.
pub fn outcome(trace: &Trace) -> String {
    match &trace.outcome {
        Outcome::Known(value) => value.to_string(),
        Outcome::Absent { .. } => "absent".to_owned(),
        Outcome::Unknown(_) => "unknown".to_owned(),
        Outcome::Failed(fault) => fault.message.clone(),
    }
}

/// Says what an option changes about the training.
pub fn changes(changes: Changes) -> &'static str {
    match changes {
        Changes::Nothing => "nothing about the training",
        Changes::Speed => "only the speed",
        Changes::Algorithm => "the algorithm: what each update is computed from",
        Changes::Quality => "the quality of the result",
        Changes::Hardware => "the machines the job needs",
    }
}

/// Names a safety as the pack writes it.
pub fn safety(safety: Safety) -> &'static str {
    match safety {
        Safety::Safe => "safe",
        Safety::Unsafe => "unsafe",
        Safety::Display => "display",
    }
}

/// Says how a plan treats an option of this safety.
pub fn safety_text(safety: Safety) -> &'static str {
    match safety {
        Safety::Safe => "safe: written with --write",
        Safety::Unsafe => "unsafe: written only with --unsafe, or when named with --only",
        Safety::Display => "display: shown only; never written",
    }
}

/// Writes one dimension of a cost for people.
pub fn cost(name: &str, amount: f64) -> String {
    match name {
        "time" if amount < 1.0 => format!("{:.0} % less time", (1.0 - amount) * 100.0),
        "time" => format!("{:.0} % more time", (amount - 1.0) * 100.0),
        "hardware" => format!("{amount} × the hardware"),
        _ => format!("weighs {amount} on the {}", name.replace('_', " ")),
    }
}

/// Splits an override's text into what precedes the value and the value.
pub fn value_of(text: &str) -> &str {
    text.split_once('=').map_or(text, |(_, value)| value)
}

/// Writes a change of one key as `old → new`.
pub fn arrow(change: &KeyChange, pack: &Pack, world: &World) -> String {
    let before = match (&change.before, world.default_of(pack, &change.key)) {
        (Some(before), _) => value_of(before).to_owned(),
        (None, Some((default, _))) => format!("{default} (default)"),
        (None, None) => "not set".to_owned(),
    };
    let after = change.after.as_deref().map_or("removed", value_of);
    format!("{before} → {after}")
}

/// Says between which tried values a new one lies.
pub fn bisected(bisected: &Bisected) -> String {
    let (failed, worked) = (&bisected.failed, &bisected.worked);
    let from = failed.1.as_ref().map_or("in this run".to_owned(), |from| format!("({from})"));
    format!("{}, which failed {from}, and {}, which worked ({})", failed.0, worked.0, worked.1)
}

/// Says what becomes of an invariant.
pub fn invariant(effect: &InvariantEffect) -> String {
    match effect {
        InvariantEffect::Preserved(value) => format!("preserved at {value}"),
        InvariantEffect::Changed(from, to) => format!("changes {from} → {to}"),
        InvariantEffect::Unknown(missing) => unknown(missing),
    }
}

/// Writes a predicted peak before and after.
pub fn peaks(state: &EstimateState) -> String {
    let word = |peak: &Peak| match peak {
        Peak::Bytes(bytes) => quantity(*bytes),
        Peak::None => "none".to_owned(),
        Peak::Unknown(missing) => unknown(missing),
    };
    if state.before == state.after {
        return word(&state.after);
    }
    format!("{} → {}", word(&state.before), word(&state.after))
}

/// Writes the error bar of a predicted peak; nothing where none is known.
pub fn error_bar(state: &EstimateState) -> String {
    let known = |peak: &Peak| matches!(peak, Peak::Bytes(_));
    if known(&state.before) || known(&state.after) {
        format!("± {:.0} %", state.error * 100.0)
    } else {
        String::new()
    }
}

/// Says whether the peak after the plan fits a GPU of `capacity` bytes, error bar included;
/// nothing where it surely does, or where nothing tells.
pub fn fits(state: &EstimateState, capacity: Option<i64>) -> &'static str {
    #[expect(clippy::cast_precision_loss, reason = "error bars are far wider")]
    let share = match (&state.after, capacity) {
        (Peak::Bytes(peak), Some(capacity)) if capacity > 0 => *peak as f64 / capacity as f64,
        _ => return "",
    };
    if share * (1.0 - state.error) > 1.0 {
        "too much"
    } else if share > 1.0 {
        "probably too much"
    } else if share * (1.0 + state.error) > 1.0 {
        "may be too much"
    } else {
        ""
    }
}

/// Writes `line N` where the file is plain from the context.
pub fn line_of(location: &Location) -> String {
    format!("line {}", location.line_column().line)
}

/// Writes what repairs do to the keys and directives that are `mine`, one a line.
pub fn changed(
    applied: &Applied,
    pack: &Pack,
    world: &World,
    mine: &dyn Fn(&str) -> bool,
) -> Vec<String> {
    let keys = applied.changes.iter().filter(|change| mine(&change.key)).map(|change| {
        let from = change.before_from.as_ref().map(|from| format!("  ({from})"));
        let arrow = arrow(change, pack, world);
        format!("{}: {arrow}{}", change.key, from.unwrap_or_default())
    });
    let directives = applied.directives.iter();
    let directives = directives.filter(|(name, ..)| mine(&format!("sbatch:{name}")));
    let directives = directives.map(|(name, before, after)| {
        format!("#SBATCH {name}: {} → {}  ({})", before.value, after.value, before.from)
    });
    keys.chain(directives).collect()
}

/// Says which requirements cannot be judged, and what would tell; nothing where all can.
pub fn unknown_requirements(plan: &Plan) -> Option<String> {
    let missing = plan.requirements.iter().filter_map(|state| match &state.verdict {
        Verdict::Unknown(missing) => missing.first(),
        _ => None,
    });
    let missing: Vec<&Missing> = missing.collect();
    let first = missing.first()?;
    let named: IndexSet<&str> = missing.iter().map(|it| it.name.as_str()).collect();
    let more = match named.len() {
        1 => String::new(),
        many => format!(" (and {} more; `hydrule explain` lists them)", many - 1),
    };
    let count = match missing.len() {
        1 => "1 requirement reads".to_owned(),
        many => format!("{many} requirements read"),
    };
    let text = unknown(std::slice::from_ref(first));
    Some(format!("{count} something unknown: {}{more}.", text.trim_start_matches("unknown: ")))
}

/// Says why no option is left, and which wish of the user stands in the way of one.
pub fn none_left(plan: &Plan) -> String {
    let wish = plan.verdicts.iter().find_map(|verdict| match &verdict.status {
        Status::Rejected(Rejection::LeavesUnknown { requirement, missing }) => Some(format!(
            "--strict refuses `{}`, since {requirement} becomes {}",
            verdict.id,
            unknown(missing)
        )),
        Status::Rejected(Rejection::Pinned { key, by }) => {
            Some(format!("`{}` would change {key}, which is pinned by {by}", verdict.id))
        }
        Status::Rejected(Rejection::ChangesInvariant { id, effect }) => {
            Some(format!("--preserve {id} refuses `{}`: {id} {}", verdict.id, invariant(effect)))
        }
        _ => None,
    });
    match wish {
        Some(wish) => format!("Nothing to propose: {wish}."),
        None => "Nothing to propose: no option of the pack is left for this failure.".to_owned(),
    }
}

/// Says what would turn a verdict around: `would fire if n > 2; it is 1, run.sh:3`.
pub fn turn(turn: &Turn, would: &str) -> String {
    let name = last_part(&turn.name);
    let condition = match &turn.change {
        Change::OneOf(values) => match values.as_slice() {
            [one] => format!("{name} == {one}"),
            many => format!("{name} in {}", listed(many)),
        },
        Change::NoneOf(values) => match values.as_slice() {
            [one] => format!("{name} != {one}"),
            many => format!("{name} not in {}", listed(many)),
        },
        Change::Within(range) => within(name, range),
        Change::Set => format!("the launch set {}", turn.name),
        Change::Unset => format!("the launch did not set {}", turn.name),
    };
    let now = match (&turn.now, &turn.change) {
        (_, Change::Set) => "nothing sets it".to_owned(),
        (Some(now), _) => match origin(&now.from) {
            Some(from) => format!("it is {}, {from}", now.value),
            None => format!("it is {}", now.value),
        },
        (None, _) => "it does not exist".to_owned(),
    };
    format!("would {would} if {condition}; {now}")
}

/// Writes a list of values as a condition does, the first few of many.
fn listed(values: &[Value]) -> String {
    let shown: Vec<String> = values.iter().take(4).map(ToString::to_string).collect();
    let more = if values.len() > 4 { ", …" } else { "" };
    format!("[{}{more}]", shown.join(", "))
}

fn within(name: &str, range: &Range) -> String {
    let sign = |bound: &Bound| if bound.inclusive { "<=" } else { "<" };
    match (&range.low, &range.high) {
        (Some(low), Some(high)) => {
            format!("{} {} {name} {} {}", low.value, sign(low), sign(high), high.value)
        }
        (Some(low), None) => {
            let sign = if low.inclusive { ">=" } else { ">" };
            format!("{name} {sign} {}", low.value)
        }
        (None, Some(high)) => format!("{name} {} {}", sign(high), high.value),
        (None, None) => format!("{name} were any number"),
    }
}

/// Says why an option is no step towards a goal.
pub fn why_not(reason: &Reason) -> String {
    let rule = reason.rule.as_deref().unwrap_or_default();
    match reason.kind.as_str() {
        "condition" => format!("does not apply: {}", reason.text),
        "unknown" => format!("unknown: {}", reason.text),
        "requirement" => format!("would break {rule}: {}", reason.text),
        "invariant" => format!("would change {rule}: {}", reason.text),
        "strict" => format!("makes {rule} unknown: {}", reason.text),
        "unsettled" => format!("cannot be settled: {}", reason.text),
        _ => reason.text.clone(),
    }
}

/// Tells whether an option that applies is forbidden by a rule, or by what is not known.
pub fn is_forbidden(reason: &Reason) -> bool {
    !matches!(reason.kind.as_str(), "condition" | "changes nothing" | "bound")
}
