//! What is wrong with the scripts of one job.

use std::borrow::Cow;
use std::cell::LazyCell;
use std::sync::Arc;

use foldhash::HashMap;

use super::misspelt::misspelt;
use super::other_type::other_type;
use super::recognise::is_hydras;
use super::remedy::Remedy;
use super::scope::{Rules, Scope};
use super::select::Selection;
use super::suppress::suppress;
use crate::cli::chain::Input;
use crate::cli::choose::signs_of;
use crate::cli::error::CliError;
use crate::cli::found_base::{BaseFinder, FoundBase};
use crate::cli::job::{entries_of, in_source, named_file, tell_launch};
use crate::config::{Config, Misfit};
use crate::engine::{Base, Entries, Pin, State, World};
use crate::facts::Missing;
use crate::overrides::Language;
use crate::pack::{Pack, Signs};
use crate::surface::bash::{self, Launch, Script, Step};
use crate::surface::pins::pinned_directives;
use crate::surface::slurm;
use crate::text::{Fault, Finding, Level, Source, Span};

/// What was found in one script.
#[derive(Debug, Clone, Default)]
pub struct Examined {
    /// The findings, in the order of the text.
    pub findings: Vec<Finding>,
    /// How many launches stand in it.
    pub launches: usize,
    /// Where they stand, in the order of the text; those that run by the same command, once.
    pub places: Vec<Span>,
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

impl Examined {
    /// Returns the number of the place that holds a span: which launch it is about.
    pub fn place(&self, span: Span) -> Option<usize> {
        let behind = self.places.partition_point(|it| it.start <= span.start);
        let at = behind.checked_sub(1)?;
        self.places.get(at).filter(|it| it.contains(span)).map(|_| at)
    }
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
        let mut remedies: Vec<(usize, Remedy)> = Vec::new();
        let own = input.script.launches.iter().enumerate();
        for (number, launch) in own.filter(|(_, it)| it.location.source == *source) {
            examined.launches += 1;
            examined.places.push(launch.location.span);
            let signs = signs_of(launch);
            let rules = self.scope.rules(&signs)?;
            match rules {
                Some((pack, _)) => examined.others.extend(self.scope.others(&pack.name, &signs)),
                None => examined.strangers.push(signs),
            }
            let arguments = rules.map(|(pack, _)| pack.arguments.of(&launch.program));
            let language = arguments.unwrap_or_default();
            let counts = rules.is_some() || is_hydras(launch);
            match entries_of(&input.script, launch, language) {
                Err(faults) if counts => refused(source, launch, faults, &mut found),
                Ok(entries) if counts => {
                    let news = self.launch(input, (number, launch), rules, entries, &mut examined);
                    for (finding, remedy) in news {
                        remedies.extend(remedy.map(|it| (found.len(), it)));
                        found.push(finding);
                    }
                }
                _ => {}
            }
        }
        let counts = |at: &usize| found.get(*at).is_some_and(|it| self.selection.holds(&it.rule));
        remedies.retain(|(at, _)| counts(at));
        let all: Vec<&Remedy> = remedies.iter().map(|(_, it)| it).collect();
        for ((at, _), fix) in remedies.iter().zip(self.fixes(input, &all)) {
            if let Some(finding) = found.get_mut(*at) {
                finding.fix = fix;
            }
        }
        found.sort_by(|a, b| (a.fault.span, &a.rule).cmp(&(b.fault.span, &b.rule)));
        found.dedup_by(|later, earlier| later.is_same_as(earlier));
        found.retain(|it| self.selection.holds(&it.rule));
        let keyed = LazyCell::new(|| input.script.launches.iter().map(by_key).collect::<Vec<_>>());
        for finding in &mut found {
            finding.flow = flow(&input.script, &keyed, finding);
        }
        if self.mends {
            self.mend(input, &mut found);
        }
        examined.places.sort_unstable();
        examined.places.dedup();
        (examined.findings, examined.suppressed) = suppress(&input.script, found, self.selection);
        Ok(examined)
    }

    /// Finds what is wrong with a launch whose overrides can be read; without a pack that is what its base
    /// configuration does not have.
    fn launch(
        &self,
        input: &Input,
        (number, launch): (usize, &Launch),
        rules: Option<Rules<'_>>,
        entries: Entries,
        examined: &mut Examined,
    ) -> Vec<(Finding, Option<Remedy>)> {
        let (base, found_at) = self.base(rules.map(|(pack, _)| pack), launch, &entries);
        examined.bases.extend(found_at);
        let made = base.as_ref().map(|it| it.made(&entries));
        let misfits = made.iter().flat_map(|it| &it.misfits);
        let mut found = unfit(&input.script.source, launch, misfits);
        let alone = |it: Finding| (it, None);
        let Some(rules) = rules else { return found.into_iter().map(alone).collect() };
        if base.is_none() {
            found.extend(misspelt(rules.0, &input.script, launch, &entries));
        }
        found.extend(other_type(rules.0, &input.script, launch, &entries));
        let mut found: Vec<(Finding, Option<Remedy>)> = found.into_iter().map(alone).collect();
        // Of a launch that is cut, the rest is not known to be missing.
        if !is_cut(&input.script, launch) {
            let (broken, unjudged) = self.requirements(rules, input, (number, base), entries);
            found.extend(broken);
            examined.unjudged.extend(unjudged);
        }
        found
    }

    /// Finds what mends the findings of the script itself; what is pinned stays.
    fn mend(&self, input: &Input, found: &mut [Finding]) {
        let mut open: Vec<&mut Finding> = found.iter_mut().filter(|it| it.fix.is_none()).collect();
        bash::mend(&input.script, &input.outside, &mut open);
        let pins = LazyCell::new(|| self.pins(input));
        for finding in open {
            let keeps = finding.fix.as_ref().is_some_and(|fix| fix.safe);
            let pinned = |key: &String| pins.iter().any(|pin| pin.holds(key));
            if !keeps && finding.key.as_ref().is_some_and(pinned) {
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
        world.pins.extend(input.pinned_keys(launch).into_iter().map(Pin::said));
        (state, world)
    }

    /// What is pinned in any launch of a script.
    fn pins(&self, input: &Input) -> Vec<Pin> {
        let launches = input.script.launches.iter();
        let said = launches.flat_map(|it| input.pinned_keys(it)).map(Pin::said);
        self.scope.pins().into_iter().chain(said).collect()
    }

    /// The scripts whose directives hold for a launch: its own, and those that start it.
    fn directive_givers<'b>(&'b self, input: &'b Input) -> impl Iterator<Item = &'b Input> {
        let starts =
            move |other: &&Input| std::ptr::eq(*other, input) || input.is_started_by(&other.script);
        self.inputs.iter().filter(starts).filter(|it| it.has_directives)
    }
}

/// The last argument of each key. A launch may have as many findings as arguments.
type ByKey<'a> = HashMap<Cow<'a, str>, &'a bash::Argument>;

fn by_key(launch: &Launch) -> ByKey<'_> {
    launch.arguments.iter().map(|it| (it.key(), it)).collect()
}

/// The way of the value that a finding is about: where its variables are set and read, and where the
/// launch gets it.
fn flow(script: &Script, keyed: &[ByKey<'_>], finding: &Finding) -> Vec<(Span, String)> {
    let Some(key) = &finding.key else { return Vec::new() };
    let launches = || script.launches.iter().zip(keyed);
    let own = || launches().filter(|(it, _)| Some(&it.program) == finding.launch.as_ref());
    let around = own().filter(|(it, _)| it.location.span.contains(finding.fault.span));
    let found = around.chain(own().rev()).find_map(|(_, arguments)| arguments.get(key.as_str()));
    let Some(argument) = found else { return Vec::new() };
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
fn unfit<'a>(
    source: &Source,
    launch: &Launch,
    misfits: impl Iterator<Item = &'a Misfit>,
) -> Vec<Finding> {
    let place = |it: &Misfit| Some(in_source(launch.arguments.get(it.index)?, it.fault.clone()));
    let mut found = Vec::new();
    refused(source, launch, misfits.filter_map(place).collect(), &mut found);
    found
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
            finding.key = argument.map(|it| it.key().into_owned());
            found.push(finding.of(&launch.program));
        }
    }
}

/// Tells whether a finding is about a brace that an argument takes from a variable.
fn brace_of(finding: &Finding, argument: &bash::Argument) -> bool {
    let mut places = argument.text.pieces.iter().map(|piece| piece.origin.span());
    finding.rule == "stray-brace" && places.any(|place| place.contains(finding.fault.span))
}
