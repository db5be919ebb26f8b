//! The page that a case's snapshot holds: what was decided and what becomes of the job, as plain
//! text that is the same everywhere.

use similar::TextDiff;

use super::diff::unified_diff;
use super::human::Reported;
use super::paint::{Look, Paint};
use super::words;
use crate::cases::{Ruled, Truth};
use crate::condition::Verdict;
use crate::engine::{
    Applied, InvariantEffect, Judgement, Peak, Plan, Rejection, RequirementState, Status,
};
use crate::facts::Missing;
use crate::pack::{Pack, PackOption, Safety};
use crate::text::secret;

/// Says how every rule came out; why, only of those that are asked for.
pub fn ruled(pack: &Pack, plan: &Plan, asks: &dyn Fn(&str) -> bool) -> Vec<Ruled> {
    let options = pack.options.iter().zip(&plan.verdicts).map(|(option, verdict)| {
        let why = || words::reason(&verdict.status, &verdict.trace, None, pack);
        let truth = match verdict.trace.outcome.as_truth() {
            _ if matches!(verdict.status, Status::Unknown(_) | Status::Failed(_)) => Truth::Unknown,
            Some(true) => Truth::Fired,
            Some(false) => Truth::Silent,
            None if matches!(verdict.status, Status::NotApplicable) => Truth::Silent,
            None => Truth::Unknown,
        };
        let chosen = matches!(verdict.status, Status::Chosen { .. });
        let why = if asks(&option.id) { why() } else { String::new() };
        Ruled { id: option.id.clone(), truth, chosen, why }
    });
    let requirements = plan.requirements.iter().map(|state| {
        let truth = match &state.verdict {
            Verdict::False => Truth::Fired,
            Verdict::True | Verdict::Absent(_) => Truth::Silent,
            Verdict::Unknown(_) | Verdict::Failed(_) => Truth::Unknown,
        };
        let why = if asks(&state.id) { why_required(state) } else { String::new() };
        Ruled { id: state.id.clone(), truth, chosen: false, why }
    });
    options.chain(requirements).collect()
}

/// Says why a condition is not true, if it is not.
pub fn not_held(judgement: &Judgement) -> Option<String> {
    match &judgement.verdict {
        Verdict::True => None,
        Verdict::False => Some(words::leaves(&judgement.trace)),
        Verdict::Absent(name) => Some(format!("`{name}` is absent")),
        Verdict::Unknown(missing) => Some(words::unknown(missing)),
        Verdict::Failed(fault) => Some(fault.message.clone()),
    }
}

fn why_required(state: &RequirementState) -> String {
    match &state.verdict {
        Verdict::False => state.message.clone(),
        Verdict::Unknown(missing) => words::unknown(missing),
        Verdict::Failed(fault) => fault.message.clone(),
        _ => words::leaves(&state.trace),
    }
}

/// Writes the page. Rules that have nothing to do with the case are left out, so that a new one
/// changes no page but those that it matters to. An invariant that stays is told where it was asked to.
pub fn case_page(
    reported: &Reported<'_>,
    preserve: &[&str],
    before: &[String],
    after: &[String],
) -> String {
    let mut page = Sections::default();
    page.add("launch", vec![reported.launch.clone()]);
    page.add("failure", failure(reported));
    page.add("plan", plan(reported));
    page.add("rules", rules(reported.plan, reported.pack));
    page.add("requirements", requirements(reported.plan));
    page.add("invariants", invariants(reported.plan, preserve));
    page.add("estimates", estimates(reported.plan));
    let paint = Paint::new(Look::PLAIN);
    let diffs = reported.files.iter().flat_map(|file| {
        let text = unified_diff(file, paint);
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    });
    let sites = reported.sites.iter().map(|(key, site)| format!("{key}: {site}"));
    page.add("places", sites.collect());
    page.add("diff", diffs.collect());
    page.add("arguments", arguments(before, after));
    page.add("by hand", reported.refused.clone());
    page.add("remarks", reported.remarks.clone());
    secret::masked(&page.text).into_owned()
}

#[derive(Default)]
struct Sections {
    text: String,
}

impl Sections {
    fn add(&mut self, title: &str, lines: Vec<String>) {
        if lines.is_empty() {
            return;
        }
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(title);
        self.text.push('\n');
        for line in lines.iter().flat_map(|it| it.split('\n')) {
            let line = format!("  {line}");
            self.text.push_str(line.trim_end());
            self.text.push('\n');
        }
    }
}

fn failure(reported: &Reported<'_>) -> Vec<String> {
    let Some(failure) = &reported.world.failure else { return Vec::new() };
    let place = failure.place.as_deref().unwrap_or("unknown");
    let event = &failure.event;
    let by = match event.signal.as_str() {
        "told" => "told by the case".to_owned(),
        signal => format!("{signal} ({})", event.location),
    };
    let mut lines = vec![format!("{place}, {by}")];
    for (name, fact) in &event.facts {
        lines.push(format!("{name} = {}", fact.value));
    }
    lines
}

fn plan(reported: &Reported<'_>) -> Vec<String> {
    let (plan, pack) = (reported.plan, reported.pack);
    let mut lines = Vec::new();
    if let Some(Ok(applied)) = plan.repair.as_ref().filter(|it| it.asked).map(|it| &it.outcome)
        && !applied.repaired_by.is_empty()
    {
        lines.push(format!("repairs of {}", applied.repaired_by.join(", ")));
        lines.extend(changed(applied, reported));
    }
    // Without numbers, so that a step that comes first changes no line of those that follow.
    for step in &plan.steps {
        lines.push(match pack.options.iter().find(|it| it.id == step.option) {
            Some(option) => price(option),
            None => step.option.clone(),
        });
        lines.extend(changed(&step.applied, reported));
        if !step.applied.repaired_by.is_empty() {
            lines.push(format!("   repaired by {}", step.applied.repaired_by.join(", ")));
        }
        lines.extend(step.applied.skipped.iter().map(|it| format!("   left out: {it}")));
    }
    if lines.is_empty() {
        lines.push("nothing".to_owned());
    }
    lines
}

/// Says what a step is paid with. Which peaks it lowers is seen by the failures that it answers.
fn price(option: &PackOption) -> String {
    let changes = words::changes(option.changes);
    let mut line = format!("{}: {}; changes {changes}", option.id, words::costs(option));
    if !option.loads.is_empty() {
        line.push_str(&format!("; loads {}", option.loads.join(", ")));
    }
    if option.safety != Safety::Safe {
        line.push_str(&format!("; {}", words::safety(option.safety)));
    }
    line
}

/// Writes what is changed, without the places, which tell nothing where there are no files.
fn changed(applied: &Applied, reported: &Reported<'_>) -> Vec<String> {
    let keys = applied.changes.iter().map(|change| {
        let arrow = words::arrow(change, reported.pack, reported.world);
        format!("   {}: {arrow}", change.key)
    });
    let directives = applied.directives.iter();
    let directives = directives.map(|(name, before, after)| {
        format!("   #SBATCH {name}: {} → {}", before.value, after.value)
    });
    keys.chain(directives).collect()
}

fn rules(plan: &Plan, pack: &Pack) -> Vec<String> {
    let line = |status: &Status, id: &str| {
        let (word, why) = match status {
            Status::NotApplicable
            | Status::NotSelected
            | Status::Rejected(
                Rejection::DoesNotRelieve { .. } | Rejection::NoFailure | Rejection::PlaceUnknown,
            ) => return None,
            Status::Chosen { .. } => ("chosen", String::new()),
            Status::Later => ("later", String::new()),
            Status::NeedsUnsafe => ("unsafe", String::new()),
            Status::Shown => ("shown", String::new()),
            Status::LeftOut => ("left out", String::new()),
            Status::Unknown(missing) if is_outside(missing) => return None,
            Status::Unknown(missing) => ("unknown", first_name(missing)),
            Status::Rejected(rejection) => ("rejected", words::rejected(rejection, None, pack)),
            Status::Failed(fault) => ("failed", fault.message.clone()),
        };
        Some(ruling(word, id, &why))
    };
    plan.verdicts.iter().filter_map(|verdict| line(&verdict.status, &verdict.id)).collect()
}

fn requirements(plan: &Plan) -> Vec<String> {
    let line = |before: &RequirementState, after: &RequirementState| {
        let (word, why) = match (&before.verdict, &after.verdict) {
            (Verdict::False, Verdict::False) => ("broken", after.message.clone()),
            (Verdict::False, _) => ("mended", before.message.clone()),
            (_, Verdict::False) => ("breaks", after.message.clone()),
            (Verdict::Failed(fault), _) => ("failed", fault.message.clone()),
            (Verdict::Unknown(missing), _) if is_outside(missing) => return None,
            (Verdict::Unknown(missing), _) => ("unknown", first_name(missing)),
            _ => return None,
        };
        Some(ruling(word, &before.id, &why))
    };
    let both = plan.requirements.iter().zip(&plan.after);
    both.filter_map(|(before, after)| line(before, after)).collect()
}

fn ruling(word: &str, id: &str, why: &str) -> String {
    let why = if why.is_empty() { String::new() } else { format!(": {why}") };
    format!("{word:<8}  {id}{why}")
}

/// Tells whether something is missing that no override tells, such as the memory of a node: that is
/// missing in most cases, and says nothing of this one.
fn is_outside(missing: &[Missing]) -> bool {
    missing.first().is_some_and(|it| it.name.starts_with('$'))
}

fn first_name(missing: &[Missing]) -> String {
    missing.first().map(|it| it.name.clone()).unwrap_or_default()
}

fn invariants(plan: &Plan, preserve: &[&str]) -> Vec<String> {
    let told = plan.invariants.iter().filter(|_| !plan.is_empty());
    let told = told.filter_map(|state| match &state.effect {
        InvariantEffect::Preserved(_) if !preserve.contains(&state.id.as_str()) => None,
        InvariantEffect::Preserved(_) | InvariantEffect::Changed(..) => {
            Some(format!("{} {}", state.id, words::invariant(&state.effect)))
        }
        InvariantEffect::Unknown(missing) => {
            Some(format!("{} is unknown: {}", state.id, first_name(missing)))
        }
    });
    told.collect()
}

/// Lists the predicted peaks that are known before or after the plan.
fn estimates(plan: &Plan) -> Vec<String> {
    let is_known = |peak: &Peak| matches!(peak, Peak::Bytes(_));
    let known = plan.estimates.iter().filter(|it| is_known(&it.before) || is_known(&it.after));
    known.map(|it| format!("{}: {} {}", it.phase, words::peaks(it), words::error_bar(it))).collect()
}

/// Lists the arguments of the launch before and after in one: what goes, what comes, what stays.
fn arguments(before: &[String], after: &[String]) -> Vec<String> {
    let lines = |texts: &[String]| texts.iter().map(|it| format!("{it}\n")).collect::<String>();
    let (before, after) = (lines(before), lines(after));
    let diff = TextDiff::from_lines(&before, &after);
    let changes = diff.iter_all_changes();
    changes.map(|it| format!("{} {}", it.tag(), it.value().trim_end_matches('\n'))).collect()
}
