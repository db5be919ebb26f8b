//! What is wrong with the scripts of one job.

use std::sync::Arc;

use super::misspelt::misspelt;
use super::other_type::other_type;
use super::recognise::is_hydras;
use super::scope::{Rules, Scope};
use super::select::Selection;
use super::several::{apart, jobs_of};
use super::suppress::suppress;
use crate::cli::chain::Input;
use crate::cli::choose::signs_of;
use crate::cli::edits::Edits;
use crate::cli::error::CliError;
use crate::cli::found_base::{BaseFinder, FoundBase};
use crate::cli::job::{entries_of, in_source, named_file, tell_launch};
use crate::condition::{Outcome, Trace, Verdict, deciding_leaves};
use crate::config::{Config, Misfit};
use crate::engine::{
    Applied, Base, Entries, KeyChange, Pin, RequirementState, State, World, check_broken,
    check_one, check_requirements, mend, pinned, spares, two_names,
};
use crate::facts::{Missing, Provenance};
use crate::overrides::Language;
use crate::pack::{Pack, Requirement, Signs};
use crate::report::last_part;
use crate::surface::bash::{self, Launch, Script, Step};
use crate::surface::pins::{pinned_directives, pinned_keys};
use crate::surface::slurm;
use crate::text::{Fault, Finding, Level, Location, Mend, Source, Span, join_and, shell_word};

/// What was found in one script.
#[derive(Debug, Clone, Default)]
pub struct Examined {
    /// The findings, in the order of the text.
    pub findings: Vec<Finding>,
    /// How many launches stand in it.
    pub launches: usize,
    /// Those of them that no pack knows.
    pub strangers: Vec<Signs>,
    /// What else the launches may be of.
    pub others: Vec<String>,
    /// The base configurations that were found for them.
    pub bases: Vec<String>,
    /// How many findings comments have taken out.
    pub suppressed: usize,
    /// For each requirement that something untold kept from being judged: what that is.
    pub unjudged: Vec<Missing>,
}

/// Checks files of which some may start others.
pub struct Checker<'a> {
    /// What holds for the file.
    pub scope: &'a Scope<'a>,
    /// Its base configuration.
    pub config: Option<Arc<Config>>,
    /// What finds one for each launch where there is none.
    pub finder: Option<&'a BaseFinder>,
    /// All files of the job.
    pub inputs: &'a [Input],
    /// The rules that count.
    pub selection: &'a Selection<'a>,
    /// Whether to look for what mends the findings.
    pub mends: bool,
}

impl Checker<'_> {
    /// Checks one of the files.
    ///
    /// # Errors
    /// A pack that cannot be used.
    pub fn file(&self, input: &Input) -> Result<Examined, CliError> {
        let source = &input.script.source;
        let mut found = bash::findings(&input.script);
        if input.has_directives {
            found.extend(slurm::findings(source));
        }
        let mut examined = Examined::default();
        let own = input.script.launches.iter().enumerate();
        for (number, launch) in own.filter(|(_, it)| it.location.source == *source) {
            examined.launches += 1;
            let rules = self.scope.rules(launch)?;
            if rules.is_none() {
                examined.strangers.push(signs_of(launch));
            }
            examined.others.extend(self.scope.others(launch));
            let arguments = rules.map(|(pack, _)| pack.arguments.of(&launch.program));
            let language = arguments.unwrap_or_default();
            match (entries_of(&input.script, launch, language), rules) {
                (Err(faults), rules) if rules.is_some() || is_hydras(launch) => {
                    refused(source, launch, faults, &mut found);
                }
                (Err(_), _) => {}
                // Without a pack, a launch can still miss the configuration.
                (Ok(entries), None) if is_hydras(launch) => {
                    let (base, found_at) = self.base(None, launch, &entries);
                    examined.bases.extend(found_at);
                    let made = base.iter().map(|it| it.made(&entries));
                    found.extend(made.flat_map(|it| unfit(source, launch, &it.misfits)));
                }
                (Ok(_), None) => {}
                (Ok(entries), Some(rules)) => {
                    let (base, found_at) = self.base(Some(rules.0), launch, &entries);
                    examined.bases.extend(found_at);
                    found.extend(match &base {
                        Some(base) => unfit(source, launch, &base.made(&entries).misfits),
                        None => misspelt(rules.0, &input.script, launch, &entries),
                    });
                    found.extend(other_type(rules.0, &input.script, launch, &entries));
                    // Of a launch that is cut, the rest is not known to be missing.
                    if !is_cut(&input.script, launch) {
                        let (broken, unjudged) =
                            self.requirements(rules, input, (number, base), entries);
                        found.extend(broken);
                        examined.unjudged.extend(unjudged);
                    }
                }
            }
        }
        found.sort_by(|a, b| (a.fault.span, &a.rule).cmp(&(b.fault.span, &b.rule)));
        found.dedup_by(|later, earlier| later.is_same_as(earlier));
        found.retain(|it| self.selection.holds(&it.rule));
        for finding in &mut found {
            finding.flow = flow(&input.script, finding);
        }
        if self.mends {
            self.mend(input, &mut found);
        }
        (examined.findings, examined.suppressed) = suppress(&input.script, found, self.selection);
        Ok(examined)
    }

    /// Finds what mends the findings of the script itself; what is pinned stays.
    fn mend(&self, input: &Input, found: &mut [Finding]) {
        let mut open: Vec<&mut Finding> = found.iter_mut().filter(|it| it.fix.is_none()).collect();
        bash::mend(&input.script, &input.outside, &mut open);
        for finding in open {
            let keeps = finding.fix.as_ref().is_some_and(|fix| fix.safe);
            if !keeps && self.is_pinned(input, finding) {
                finding.fix = None;
            }
        }
    }

    /// The configuration that a launch starts from, and the name of one that nobody gave.
    pub fn base(
        &self,
        pack: Option<&Pack>,
        launch: &Launch,
        entries: &Entries,
    ) -> (Option<Base>, Option<String>) {
        let language = pack.map_or(Language::Hydra, |it| it.arguments.of(&launch.program));
        let names_one = named_file(Some(launch), entries).is_some();
        let finder = self.finder.filter(|_| self.config.is_none() && !names_one);
        let found = finder.and_then(|it| it.find(pack, launch, entries, language));
        match found {
            Some(FoundBase { base, name, .. }) => (Some(base), Some(name)),
            None => (self.config.clone().map(|it| Base::read_with(it, language)), None),
        }
    }

    /// What the rules may change of a launch, and what they may not.
    pub fn stand(
        &self,
        (pack, world): Rules<'_>,
        input: &Input,
        (launch, base): (&Launch, Option<Base>),
        entries: Entries,
    ) -> (State, World) {
        let language = pack.arguments.of(&launch.program);
        let mut state = State { entries, language, ..State::default() };
        let mut world = World { base, ..world.clone() };
        tell_launch(&mut world, launch);
        for giver in self.directive_givers(input) {
            let source = &giver.script.source;
            for (name, found) in slurm::directive_facts(&slurm::read_directives(source), source) {
                state.directives.entry(name).or_insert(found);
            }
            world.pins.extend(pinned_directives(source).into_iter().map(Pin::said));
            world.has_directives = true;
        }
        world.target = world.target.narrowed(pack, &state);
        if world.base.is_none() {
            world.unread = named_file(Some(launch), &state.entries).map(|(_, shown)| shown);
        }
        world.pins.extend(pinned_keys(&input.script, launch).into_iter().map(Pin::said));
        (state, world)
    }

    /// Requirements of the pack that the launch breaks, and what keeps others from being judged.
    fn requirements(
        &self,
        (pack, world): Rules<'_>,
        input: &Input,
        (number, base): (usize, Option<Base>),
        entries: Entries,
    ) -> (Vec<Finding>, Vec<Missing>) {
        let Some(launch) = input.script.launches.get(number) else { return Default::default() };
        let (state, world) = self.stand((pack, world), input, (launch, base), entries);
        let broken = check_broken(pack, &state, &world);
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
            let mut finding =
                broken_finding(rule, &check_one(rule, pack, &state, &world), advice, launch);
            let repair = repair.filter(|_| self.mends && pin.is_none());
            finding.fix = repair.and_then(|it| {
                let fix = self.fix(input, number, &it)?;
                let safe = fix.safe && spares(pack, &state, &it, &world);
                Some(fix.only_if(safe))
            });
            finding
        };
        let mut found: Vec<Finding> = repairs.iter().map(finding).chain(twice).collect();
        let known: Vec<&str> = broken.rules(pack).map(|it| it.id.as_str()).collect();
        let jobs = jobs_of(input, number, &state.entries, state.language);
        let judged: Vec<Judged> =
            jobs.into_iter().map(|it| Judged::of(it, pack, &state, &world)).collect();
        found.extend(in_one_job(pack, &judged, (&state.entries, &known), launch));
        // To judge all of them takes time, which is spared where nothing is untold.
        let untold = state.entries.iter().any(|it| it.value.is_err());
        let whole = || vec![Judged::of(state.entries.clone(), pack, &state, &world)];
        let judged = if judged.is_empty() && untold { whole() } else { judged };
        (found, judged.iter().flat_map(Judged::unjudged).collect())
    }

    /// Tells whether a finding is about a value that is pinned.
    fn is_pinned(&self, input: &Input, finding: &Finding) -> bool {
        let Some(key) = &finding.key else { return false };
        let told = self.scope.pins();
        let launches = input.script.launches.iter();
        let pins = launches.flat_map(|it| pinned_keys(&input.script, it));
        let pins = pins.map(Pin::said);
        told.into_iter().chain(pins).any(|pin| pin.holds(key))
    }

    /// The edits that make a repair: in the launch, or where others run by the same command, in all
    /// of them.
    fn fix(&self, input: &Input, number: usize, repair: &Applied) -> Option<Mend> {
        let what = format!("set {}", words(repair)?);
        let at = self.inputs.iter().position(|it| std::ptr::eq(it, input))?;
        let launches = &input.script.launches;
        let place = launches.get(number)?.location.span;
        let all = launches.iter().enumerate().filter(|(_, it)| it.location.span == place);
        let all: Vec<usize> = all.map(|(number, _)| number).collect();
        let changes: Vec<&KeyChange> = repair.changes.iter().collect();
        let edits = |launches: &[usize]| {
            let mut edits = Edits::default();
            if !changes.is_empty() {
                edits.launches(self.inputs, &changes, at, launches);
            }
            edits.directives(self.inputs, &repair.directives);
            (edits.refused.is_empty() && !edits.texts.is_empty()).then_some(edits.texts)
        };
        let alone = edits(&[number]);
        let safe = alone.is_some();
        let texts = alone.or_else(|| edits(&all).filter(|_| all.len() > 1))?;
        Some(Mend { what, safe, texts })
    }

    /// The scripts whose directives hold for a launch: its own, and those that start it.
    fn directive_givers<'b>(&'b self, input: &'b Input) -> impl Iterator<Item = &'b Input> {
        let starts =
            move |other: &&Input| std::ptr::eq(*other, input) || input.is_started_by(&other.script);
        self.inputs.iter().filter(starts).filter(|it| it.has_directives)
    }
}

/// The way of the value that a finding is about: where its variables are set and read, and where the
/// launch gets it.
fn flow(script: &Script, finding: &Finding) -> Vec<(Span, String)> {
    let Some(key) = &finding.key else { return Vec::new() };
    let launches = script.launches.iter().filter(|it| Some(&it.program) == finding.launch.as_ref());
    let arguments = launches.flat_map(|it| it.arguments.iter().filter(|it| it.key() == *key));
    let Some(argument) = arguments.last() else { return Vec::new() };
    let mut flow: Vec<(Span, String)> = Vec::new();
    let steps = argument.text.pieces.iter().flat_map(|it| &it.via).chain(&argument.array);
    for Step { variable, used, assigned, .. } in steps {
        let set = assigned.iter().map(|span| (*span, format!("`{variable}` is set")));
        flow.extend(set.chain([(*used, format!("`{variable}` is read"))]));
    }
    flow.push((argument.word, format!("`{key}` is what comes of it")));
    flow.retain(|(span, _)| script.holds(*span));
    let mut seen = Vec::new();
    flow.retain(|step| {
        !seen.contains(step) && {
            seen.push(step.clone());
            true
        }
    });
    flow
}

/// Overrides that do not fit the base configuration.
fn unfit(source: &Source, launch: &Launch, misfits: &[Misfit]) -> Vec<Finding> {
    let place = |it: &Misfit| Some(in_source(launch.arguments.get(it.index)?, it.fault.clone()));
    let mut found = Vec::new();
    refused(source, launch, misfits.iter().filter_map(place).collect(), &mut found);
    found
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

/// Tells whether overrides that were meant for a launch run as a command of their own.
fn is_cut(script: &Script, launch: &Launch) -> bool {
    let own = launch.location.span;
    let follows = |orphan: &Span| {
        let between = |it: &Launch| (own.end..orphan.start).contains(&it.location.span.start);
        own.start < orphan.start && !script.launches.iter().any(between)
    };
    let torn = script.torn.iter().any(|(text, _)| text.contains(own));
    torn || script.orphans.iter().any(follows)
}

/// What one of several jobs breaks, that is not known to be broken in all of them; each rule once.
fn in_one_job(
    pack: &Pack,
    jobs: &[Judged],
    (whole, known): (&Entries, &[&str]),
    launch: &Launch,
) -> Vec<Finding> {
    let open = pack.requirements.iter().enumerate();
    let open = open.filter(|(_, rule)| !known.contains(&rule.id.as_str()));
    let first = open.filter_map(|(at, rule)| {
        let mut judged = jobs.iter().filter_map(|job| Some((job, job.states.get(at)?)));
        let (job, state) = judged.find(|(_, state)| state.is_broken())?;
        let mut finding = broken_finding(rule, state, None, launch);
        let apart = apart(&job.state.entries, whole);
        if !apart.is_empty() {
            finding.fault.message.push_str(&format!(", in the job with {}", join_and(&apart)));
        }
        Some(finding)
    });
    first.collect()
}

/// A job, and what becomes of each requirement.
struct Judged {
    state: State,
    states: Vec<RequirementState>,
}

impl Judged {
    /// Judges a launch with other overrides.
    fn of(entries: Entries, pack: &Pack, state: &State, world: &World) -> Self {
        let state = State { entries, ..state.clone() };
        let states = check_requirements(pack, &state, world);
        Self { state, states }
    }

    /// Lists what the launch sets to something untold, for each requirement that cannot be judged for
    /// that.
    fn unjudged(&self) -> impl Iterator<Item = Missing> {
        let untold =
            |it: &&Missing| self.state.winning(&it.name).is_some_and(|it| it.value.is_err());
        self.states.iter().filter_map(move |state| match &state.verdict {
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

/// A repair as overrides and directives.
fn words(repair: &Applied) -> Option<String> {
    let keys = repair.changes.iter().filter_map(|change| change.after.as_deref().map(shell_word));
    let directives =
        repair.directives.iter().map(|(name, _, after)| format!("#SBATCH {name}={}", after.value));
    let words: Vec<String> = keys.chain(directives).collect();
    (!words.is_empty()).then(|| words.join(" "))
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
    let mut help = format!("fails at: {}", rule.fails_at);
    if let Some(advice) = advice {
        help.push_str(&format!("\n{advice}"));
    }
    let mut finding =
        Finding::new(&rule.id, rule.level, &location.source, fault.helped(help)).of(program);
    (finding.key, finding.page) = (key, rule.page.clone());
    finding
}

/// Overrides that Hydra would refuse; a stray brace that was found already says it better.
fn refused(source: &Source, launch: &Launch, faults: Vec<Fault>, found: &mut Vec<Finding>) {
    for fault in faults {
        let wrote = |it: &&bash::Argument| {
            let mut places = it.text.pieces.iter().map(|piece| piece.origin.span());
            it.word.contains(fault.span) || places.any(|place| place.contains(fault.span))
        };
        let argument = launch.arguments.iter().find(wrote);
        let about = |old: &Finding, it: &bash::Argument| {
            it.word.contains(old.fault.span) || brace_of(old, it)
        };
        let told =
            |old: &Finding| old.rule != "repeated-key" && argument.is_some_and(|it| about(old, it));
        if !found.iter().any(told) {
            let mut finding = Finding::new("refused-override", Level::Error, source, fault);
            finding.key = argument.map(bash::Argument::key);
            found.push(finding.of(&launch.program));
        }
    }
}

/// Tells whether a finding is about a brace that an argument takes from a variable.
fn brace_of(finding: &Finding, argument: &bash::Argument) -> bool {
    let mut places = argument.text.pieces.iter().map(|piece| piece.origin.span());
    finding.rule == "stray-brace" && places.any(|place| place.contains(finding.fault.span))
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
