//! The requirements that a launch breaks, and what mends each.

use super::examine::Checker;
use super::remedy::{Remedy, words};
use super::scope::Rules;
use super::several::{apart, jobs_of};
use crate::cli::chain::Input;
use crate::condition::{Outcome, Trace, Verdict, deciding_leaves};
use crate::engine::{
    Applied, Base, Broken, Entries, RequirementState, State, World, check_broken, check_one, mend,
    pinned, requirement_verdicts, spares, two_names,
};
use crate::facts::{Missing, Provenance};
use crate::pack::{Pack, Requirement};
use crate::report::last_part;
use crate::surface::bash::Launch;
use crate::text::{Fault, Finding, Level, Location, Source, Span, join_and};

impl Checker<'_> {
    /// Requirements of the pack that the launch breaks, and what keeps others from being judged.
    pub fn requirements(
        &self,
        (pack, world): Rules<'_>,
        input: &Input,
        (number, base): (usize, Option<Base>),
        entries: Entries,
    ) -> (Vec<(Finding, Option<Remedy>)>, Vec<Missing>) {
        let Some(launch) = input.script.launches.get(number) else { return Default::default() };
        let (state, world) = self.stand((pack, world), input, (launch, base), entries);
        let jobs = jobs_of(input, number, &state.entries, state.language);
        // To judge all of them takes time, which is spared where nothing is untold.
        let untold = world.unread.is_some() || state.entries.iter().any(|it| it.value.is_err());
        let whole = (jobs.is_empty() && untold)
            .then(|| JudgedJob::of(state.entries.clone(), pack, &state, &world));
        let broken = match &whole {
            Some(judged) => Broken::of(&judged.verdicts),
            None => check_broken(pack, &state, &world),
        };
        let twice = two_names(pack, &state).into_iter();
        let twice = twice.filter_map(|names| two_named(pack, names, &state, launch));
        let repair = |rule: &Requirement| {
            let mends = |id: &str| id == rule.id;
            mend(pack, (&state, &broken), &world, &mends).ok().map(|(it, _)| it)
        };
        let repairs: Vec<(&Requirement, Option<Applied>)> =
            broken.rules(pack).map(|rule| (rule, repair(rule))).collect();
        let finding = |(rule, repair): &(&Requirement, Option<Applied>)| {
            let first = repair.as_ref().and_then(|it| waits_for(pack, (rule, it), &repairs));
            let repair = repair.clone().filter(|_| first.is_none());
            let pin = repair.as_ref().and_then(|it| pinned(&world.pins, it));
            let advice = repair.as_ref().and_then(words).map(|it| match &pin {
                None => format!("set {it}"),
                Some((key, pin)) => {
                    format!("setting {it} would mend it, but {key} is pinned by {}", pin.by)
                }
            });
            let advice = advice.or_else(|| first.map(|id| format!("mend {id} first")));
            let finding =
                broken_finding(rule, &check_one(rule, pack, &state, &world), advice, launch);
            let repair = repair.filter(|_| self.mends && pin.is_none());
            let remedy = repair.and_then(|it| {
                let spares = spares(pack, &state, &it, &world);
                Remedy::new(number, it, spares)
            });
            (finding, remedy)
        };
        let alone = |it: Finding| (it, None);
        let mut found: Vec<(Finding, Option<Remedy>)> =
            repairs.iter().map(finding).chain(twice.map(alone)).collect();
        let known: Vec<&str> = broken.rules(pack).map(|it| it.id.as_str()).collect();
        let judged: Vec<JudgedJob> =
            jobs.into_iter().map(|it| JudgedJob::of(it, pack, &state, &world)).collect();
        let in_one = in_one_job((pack, &world), &judged, (&state.entries, &known), launch);
        found.extend(in_one.into_iter().map(alone));
        (found, whole.iter().chain(&judged).flat_map(JudgedJob::unjudged).collect())
    }
}

/// Names the error that comes before a repair: nothing of it is mended by the repair, and the rule reads all
/// that it is about, or what its own repair changes.
fn waits_for<'a>(
    pack: &Pack,
    (rule, own): (&Requirement, &Applied),
    repairs: &[(&'a Requirement, Option<Applied>)],
) -> Option<&'a str> {
    let depends = |rule: &Requirement, repair: &Applied| {
        repair.changes.iter().any(|it| pack.reads(rule).may_depend_on(&it.key))
    };
    let read: Vec<String> = pack.reads(rule).names().collect();
    let about = |other: &Requirement| pack.reads(other).names().all(|name| read.contains(&name));
    let first = |(other, repair): &&(&Requirement, Option<Applied>)| {
        let before = about(other) || repair.as_ref().is_some_and(|it| depends(rule, it));
        // What is only a warning may stay as it is.
        other.id != rule.id && other.level == Level::Error && !depends(other, own) && before
    };
    repairs.iter().find(first).map(|(other, _)| other.id.as_str())
}

/// What one of several jobs breaks, that is not known to be broken in all of them; each rule once.
fn in_one_job(
    (pack, world): Rules<'_>,
    jobs: &[JudgedJob],
    (whole, known): (&Entries, &[&str]),
    launch: &Launch,
) -> Vec<Finding> {
    let open = pack.requirements.iter().enumerate();
    let open = open.filter(|(_, rule)| !known.contains(&rule.id.as_str()));
    let first = open.filter_map(|(at, rule)| {
        let job = jobs.iter().find(|job| job.verdicts.get(at) == Some(&Verdict::False))?;
        let state = check_one(rule, pack, &job.state, world);
        let mut finding = broken_finding(rule, &state, None, launch);
        let apart = apart(&job.state.entries, whole);
        if !apart.is_empty() {
            finding.fault.message.push_str(&format!(", in the job with {}", join_and(&apart)));
        }
        Some(finding)
    });
    first.collect()
}

/// A job, and what becomes of each requirement.
struct JudgedJob {
    state: State,
    verdicts: Vec<Verdict>,
    /// Whether the launch starts from a configuration that is not at hand.
    lacks_file: bool,
}

impl JudgedJob {
    /// Judges a launch with other overrides.
    fn of(entries: Entries, pack: &Pack, state: &State, world: &World) -> Self {
        let state = State { entries, ..state.clone() };
        let verdicts = requirement_verdicts(pack, &state, world);
        Self { state, verdicts, lacks_file: world.unread.is_some() }
    }

    /// Lists what the launch sets to something untold, or leaves to a configuration that is not at hand, for
    /// each requirement that cannot be judged for that.
    fn unjudged(&self) -> impl Iterator<Item = Missing> {
        let untold = |it: &&Missing| match self.state.winning(&it.name) {
            Some(entry) => entry.value.is_err(),
            None => self.lacks_file && !it.name.starts_with('$'),
        };
        self.verdicts.iter().filter_map(move |verdict| match verdict {
            Verdict::Unknown(missing) => missing.iter().find(untold).cloned(),
            _ => None,
        })
    }
}

/// A setting that a launch makes under an old and a new name.
fn two_named(
    pack: &Pack,
    (old, new): (String, String),
    state: &State,
    launch: &Launch,
) -> Option<Finding> {
    let at = |key: &str| match &state.winning(key)?.from {
        Provenance::Text(at) if at.source == launch.location.source => Some(at.span),
        _ => None,
    };
    let message = format!("`{old}` and `{new}` are two names of one setting");
    let target = &pack.target;
    let span = at(&old).unwrap_or_else(|| first_line(&launch.location));
    let fault = Fault::new("hydrule::check::two_names", span, message)
        .labelled("the old name")
        .helped(format!("no version of {target} takes both; leave one out"));
    let fault = match at(&new) {
        Some(span) => fault.with(span, "the new name"),
        None => fault,
    };
    let finding = Finding::new("two-names", Level::Error, &launch.location.source, fault);
    Some(finding.about(old).of(&launch.program))
}

fn broken_finding(
    rule: &Requirement,
    state: &RequirementState,
    advice: Option<String>,
    launch: &Launch,
) -> Finding {
    let Launch { location, program, .. } = launch;
    let mut places = Vec::new();
    for leaf in deciding_leaves(&state.trace) {
        places_of(leaf, &location.source, &mut places);
    }
    let mut places = places.into_iter();
    let (span, label, key) = match places.next() {
        Some((key, label, at)) => (at.span, label, Some(key)),
        None => (first_line(location), "this launch".to_owned(), None),
    };
    let code = "hydrule::requirement::broken";
    let mut fault = Fault::new(code, span, state.message.clone()).labelled(label);
    for (_, label, at) in places {
        fault = fault.with(at.span, label);
    }
    let mut help = format!("fails at: {}", rule.breach.fails_at);
    if let Some(advice) = advice {
        help.push_str(&format!("\n{advice}"));
    }
    let mut finding =
        Finding::new(&rule.id, rule.level, &location.source, fault.helped(help)).of(program);
    (finding.key, finding.page) = (key, rule.page.clone());
    finding
}

/// Collects the names under a node that were read in a source: name, what it is, place.
fn places_of(node: &Trace, source: &Source, out: &mut Vec<(String, String, Location)>) {
    if let (true, Some(Provenance::Text(at)), Outcome::Known(value)) =
        (node.is_name(), &node.from, &node.outcome)
        && at.source == *source
        && !out.iter().any(|(_, _, old)| old.span == at.span)
    {
        let label = format!("{} is {value}", last_part(&node.text));
        out.push((node.text.clone(), label, at.clone()));
    }
    for child in &node.children {
        places_of(child, source, out);
    }
}

/// The part of a launch on its first line.
fn first_line(launch: &Location) -> Span {
    let line = launch.text().lines().next().unwrap_or_default();
    let length = line.trim_end_matches(['\\', ' ', '\t']).len();
    Span::new(launch.span.start, launch.span.start + length)
}
