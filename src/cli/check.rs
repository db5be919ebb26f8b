//! `hydrule check`: what is wrong with launch scripts before they run.

use std::path::{Path, PathBuf};

use indexmap::IndexSet;
use serde_json::json;

use super::Done;
use super::args::{CheckArgs, OutputFormat};
use super::chain::{Input, read_inputs};
use super::choose::{none, signs_of, signs_of_inputs};
use super::console::Console;
use super::error::CliError;
use super::files::read_script;
use super::job::{entries_of, in_source, knows, named_file, outside};
use super::project::Project;
use super::told::Known;
use crate::condition::{Outcome, Trace, deciding_leaves};
use crate::config::{Config, compose};
use crate::engine::{
    Base, Entry, RequirementState, State, World, check_requirements, mend, two_names,
};
use crate::facts::Provenance;
use crate::overrides::Override;
use crate::pack::{Header, Pack, Requirement, choose, headers};
use crate::report::{Paint, finding_json, findings_summary, findings_text, last_part};
use crate::surface::bash::{self, Launch};
use crate::surface::slurm;
use crate::text::{Fault, Finding, Level, Location, Source, Span, shell_word};

/// `hydrule check`.
pub fn run(args: &CheckArgs, console: &mut Console) -> Result<Done, CliError> {
    let project = Project::of(&args.project, args.files.first().map(PathBuf::as_path))?;
    let outside = outside(&args.env, args.args.clone())?;
    let inputs = read_inputs(&args.files, &outside)?;
    let packs = Packs::load(args, &project, &inputs)?;
    let given = args.config.as_ref().map(|path| read_script(path)).transpose()?;
    let mut findings: Vec<Finding> = Vec::new();
    for input in &inputs {
        let own = Path::new(input.script.source.name());
        let config = given.clone().map_or_else(|| project.base_of(own), |it| Ok(Some(it)))?;
        let config = config.map(|it| Config::read(&it)).transpose()?;
        findings.extend(Checker { packs: &packs, config, inputs: &inputs }.file(input));
    }
    match args.output_format {
        OutputFormat::Json => {
            let findings: Vec<_> = findings.iter().map(finding_json).collect();
            let files: Vec<_> = inputs.iter().map(|input| input.script.source.name()).collect();
            let data = json!({ "format": 1, "files": files, "findings": findings });
            console.print(&format!("{data:#}\n"))?;
        }
        OutputFormat::Full => {
            console.print(&findings_text(&findings, console.out))?;
            console.say(&findings_summary(&findings, inputs.len(), console.err));
            console.say(&Paint::new(console.err).faint(packs.remark(&inputs)));
        }
    }
    let heavy = findings.iter().any(|finding| finding.level > Level::Note);
    Ok(if heavy { Done::Proposed } else { Done::Clean })
}

/// A pack, and what is known beside the files.
type Rules = (Pack, World);

/// The packs that the launches need.
struct Packs {
    loaded: Vec<Rules>,
    /// What tells the packs apart; none where the user or the project names one.
    headers: Vec<Header>,
}

impl Packs {
    /// Loads the pack that the user or the project names, or every one that knows a launch.
    fn load(args: &CheckArgs, project: &Project, inputs: &[Input]) -> Result<Self, CliError> {
        let known = Known {
            env: &args.env,
            fact: &args.fact,
            facts: &args.facts,
            param: &args.param,
            target: args.target.as_deref(),
            project,
        };
        let rules = |pack: Pack| known.world(&pack).map(|world| (pack, world));
        let named = args.pack.as_deref();
        if named.is_some() || project.packs().is_some() {
            let pack = project.pack(named, &|| Ok(signs_of_inputs(inputs, None)))?;
            return Ok(Self { loaded: vec![rules(pack)?], headers: Vec::new() });
        }
        let launches = signs_of_inputs(inputs, None);
        let headers = headers();
        let names: IndexSet<&str> =
            launches.iter().filter_map(|it| choose(&headers, it).one()).collect();
        let told = [&args.param, &args.fact, &args.facts].into_iter().any(|it| !it.is_empty());
        if names.is_empty() && told {
            return Err(none(&headers, &launches));
        }
        let load = |name: &str| rules(project.named(name)?);
        let loaded = names.into_iter().map(load).collect::<Result<_, _>>()?;
        Ok(Self { loaded, headers })
    }

    /// Returns the pack whose requirements a launch must meet.
    fn of(&self, launch: &Launch) -> Option<&Rules> {
        if self.headers.is_empty() {
            return self.loaded.iter().find(|(pack, _)| knows(pack, launch));
        }
        let name = choose(&self.headers, &signs_of(launch)).one()?;
        self.loaded.iter().find(|(pack, _)| pack.name == name)
    }

    /// Says that no requirement was checked, where that is so.
    fn remark(&self, inputs: &[Input]) -> &'static str {
        let launched = inputs.iter().any(|it| !it.script.launches.is_empty());
        match self.loaded.as_slice() {
            [] if launched => {
                "No pack knows what is launched, so no requirement was checked; --pack NAME|PATH gives one.\n"
            }
            _ => "",
        }
    }
}

/// Checks files of which some may start others.
struct Checker<'a> {
    packs: &'a Packs,
    config: Option<Config>,
    inputs: &'a [Input],
}

impl Checker<'_> {
    fn file(&self, input: &Input) -> Vec<Finding> {
        let source = &input.script.source;
        let mut found = bash::findings(&input.script);
        if input.has_directives {
            found.extend(slurm::findings(source));
        }
        let own = input.script.launches.iter().filter(|it| it.location.source == *source);
        for launch in own {
            match entries_of(&input.script, launch) {
                Err(faults) => refused(source, launch, faults, &mut found),
                Ok(entries) => {
                    let Some(rules) = self.packs.of(launch) else { continue };
                    found.extend(self.misfits(source, launch, &entries));
                    found.extend(self.requirements(rules, input, launch, entries));
                }
            }
        }
        found.sort_by(|a, b| (a.fault.span, &a.rule).cmp(&(b.fault.span, &b.rule)));
        found.dedup();
        found
    }

    /// Overrides that do not fit the base configuration.
    fn misfits(&self, source: &Source, launch: &Launch, entries: &[Entry]) -> Vec<Finding> {
        let Some(config) = &self.config else { return Vec::new() };
        let known = entries.iter().zip(&launch.arguments);
        let known =
            known.filter_map(|(entry, argument)| Some((entry.value.as_ref().ok()?, argument)));
        let (overrides, arguments): (Vec<Override>, Vec<_>) =
            known.map(|(parsed, argument)| (parsed.clone(), argument)).unzip();
        let Err(misfits) = compose(config, &overrides) else { return Vec::new() };
        let mut faults = Vec::new();
        for misfit in misfits {
            if let Some(argument) = arguments.get(misfit.index) {
                faults.push(in_source(argument, misfit.fault));
            }
        }
        let mut found = Vec::new();
        refused(source, launch, faults, &mut found);
        found
    }

    /// Requirements of the pack that the launch breaks.
    fn requirements(
        &self,
        (pack, world): &Rules,
        input: &Input,
        launch: &Launch,
        entries: Vec<Entry>,
    ) -> Vec<Finding> {
        let mut state = State { entries, ..State::default() };
        let base = self.config.clone().map(Base::new);
        let mut world = World { base, ..world.clone() };
        for giver in self.directive_givers(input) {
            let source = &giver.script.source;
            for (name, found) in slurm::directive_facts(&slurm::read_directives(source), source) {
                state.directives.entry(name).or_insert(found);
            }
            world.has_directives = true;
        }
        world.target = world.target.narrowed(pack, &state);
        if self.config.is_none() {
            world.unread = named_file(Some(launch), &state.entries).map(|(_, shown)| shown);
        }
        let states = check_requirements(pack, &state, &world);
        let twice = two_names(pack, &state).into_iter();
        let twice = twice.filter_map(|names| two_named(pack, names, &state, launch));
        let broken = pack.requirements.iter().zip(&states).filter(|(_, it)| it.is_broken());
        let finding = |(rule, broken): (&Requirement, &RequirementState)| {
            let repair = repair(pack, &rule.id, (&state, &states), &world);
            broken_finding(rule, broken, repair, &launch.location)
        };
        broken.map(finding).chain(twice).collect()
    }

    /// The scripts whose directives hold for a launch: its own, and those that start it.
    fn directive_givers<'b>(&'b self, input: &'b Input) -> impl Iterator<Item = &'b Input> {
        let starts =
            move |other: &&Input| std::ptr::eq(*other, input) || input.is_started_by(&other.script);
        self.inputs.iter().filter(starts).filter(|it| it.has_directives)
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
    let source = launch.location.source.clone();
    let rule = "two-names".to_owned();
    Some(Finding { rule, level: Level::Error, key: Some(old), source, fault })
}

/// What would mend one broken requirement, as overrides.
fn repair(
    pack: &Pack,
    id: &str,
    before: (&State, &[RequirementState]),
    world: &World,
) -> Option<String> {
    let (applied, _) = mend(pack, before, world, &|mended| mended == id).ok()?;
    let keys = applied.changes.iter().filter_map(|change| change.after.as_deref().map(shell_word));
    let directives =
        applied.directives.iter().map(|(name, _, after)| format!("#SBATCH {name}={}", after.value));
    let words: Vec<String> = keys.chain(directives).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

fn broken_finding(
    rule: &Requirement,
    state: &RequirementState,
    repair: Option<String>,
    launch: &Location,
) -> Finding {
    let mut places = Vec::new();
    for leaf in deciding_leaves(&state.trace) {
        places_of(leaf, &launch.source, &mut places);
    }
    let mut places = places.into_iter();
    let (span, label, key) = match places.next() {
        Some((key, label, at)) => (at.span, label, Some(key)),
        None => (first_line(launch), "this launch".to_owned(), None),
    };
    let code = "hydrule::requirement::broken";
    let mut fault = Fault::new(code, span, state.message.clone()).labelled(label);
    for (_, label, at) in places {
        fault = fault.with(at.span, label);
    }
    let mut help = format!("fails at: {}", rule.fails_at);
    if let Some(repair) = repair {
        help.push_str(&format!("\nset {repair}"));
    }
    let fault = fault.helped(help);
    let (level, source) = (rule.level, launch.source.clone());
    Finding { rule: rule.id.clone(), level, key, source, fault }
}

/// Overrides that Hydra would refuse; a stray brace that was found already says it better.
fn refused(source: &Source, launch: &Launch, faults: Vec<Fault>, found: &mut Vec<Finding>) {
    for fault in faults {
        let argument = launch.arguments.iter().find(|it| it.word.contains(fault.span));
        let told = |old: &Finding| {
            old.rule != "repeated-key"
                && argument.is_some_and(|it| it.word.contains(old.fault.span))
        };
        if !found.iter().any(told) {
            let key = argument.map(bash::Argument::key);
            let rule = "refused-override".to_owned();
            found.push(Finding { rule, level: Level::Error, key, source: source.clone(), fault });
        }
    }
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
