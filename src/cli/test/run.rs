//! One case: planned as `hydrule rewrite` would, and then again on what came of it.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::cases::{Again, Case, CaseFile, Outcome};
use crate::cli::chain::inputs_of;
use crate::cli::choose::signs_of;
use crate::cli::edits::Edits;
use crate::cli::error::CliError;
use crate::cli::facts::{check_group, read_group};
use crate::cli::goal;
use crate::cli::job::{Job, Parts};
use crate::cli::rewrite::arguments;
use crate::cli::told::{
    check_fact, check_ids, check_invariants, check_repairs, quantity_or, set_parameter, told_target,
};
use crate::cli::tried;
use crate::condition::Condition;
use crate::engine::{Decision, Plan, Request, RequirementState, State, World, decide, judge, plan};
use crate::facts::Provenance;
use crate::pack::{Pack, Signs, Text};
use crate::report::{Explained, FileChange, Look, Reported, case_page, explain, not_held, ruled};
use crate::surface::{bash, slurm};
use crate::text::{Fault, Faults, Source, shell_word};

/// The most steps of a ladder that are taken to see whether it ends.
const LONGEST: usize = 64;

/// Runs a case.
///
/// # Errors
/// Inputs that cannot be read, each with its place in the case.
pub fn run(pack: &Arc<Pack>, case: &Case) -> Result<Outcome, Vec<Faults>> {
    Runner { pack, case }.run().map_err(|error| placed(case, error))
}

/// Explains every rule on a case, as `hydrule explain` does.
///
/// # Errors
/// As for [`run`].
pub fn trace(pack: &Arc<Pack>, case: &Case, look: Look) -> Result<String, Vec<Faults>> {
    Runner { pack, case }.trace(look).map_err(|error| placed(case, error))
}

/// Reads the inputs of a case, and what is asked.
///
/// # Errors
/// As for [`run`].
pub fn inputs(pack: &Arc<Pack>, case: &Case) -> Result<(State, World, Request), Vec<Faults>> {
    let runner = Runner { pack, case };
    let read = || {
        let job = runner.job(Knows::TheFailure, &[])?;
        Ok((job.state, job.world, runner.request()?))
    };
    read().map_err(|error| placed(case, error))
}

/// Reads the conditions that a case expects to hold.
///
/// # Errors
/// Every mistake in one of them, where the case writes it.
pub fn conditions(pack: &Pack, case: &Case) -> Result<Vec<Condition>, Faults> {
    let texts = case.expected.iter().flat_map(|it| &it.holds);
    let read = texts.map(|text| {
        pack.condition(text.as_str()).map_err(|faults| Faults {
            source: text.location.source.clone(),
            faults: faults.into_iter().map(|it| text.blame(it)).collect(),
        })
    });
    read.collect()
}

struct Runner<'a> {
    pack: &'a Arc<Pack>,
    case: &'a Case,
}

/// Tells whether the second plan knows of the failure.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Knows {
    TheFailure,
    Nothing,
}

impl Runner<'_> {
    fn run(&self) -> Result<Outcome, CliError> {
        let case = self.case;
        let job = self.job(Knows::TheFailure, &[])?;
        let request = self.request()?;
        let mut plan = plan(self.pack, &job.state, &job.world, &request);
        let edits = Edits::make(&job, &plan)?;
        job.tell_base(&mut plan);
        let broken = |states: &[RequirementState]| {
            let broken = states.iter().filter(|it| it.is_broken());
            broken.map(|it| it.id.clone()).collect::<Vec<_>>()
        };
        let named =
            |id: &str| case.expected.iter().any(|it| it.named().any(|text| text.as_str() == id));
        let after = arguments(&plan);
        let place = job.world.failure.as_ref().map(|it| it.place.clone());
        let again = if case.idempotent { self.again(&job, &plan, &edits)? } else { None };
        Ok(Outcome {
            ruled: ruled(self.pack, &plan, &named),
            plan: plan.steps.iter().map(|step| step.option.clone()).collect(),
            changes: changes(&plan),
            findings: broken(&plan.requirements).into_iter().chain(in_scripts(&job)).collect(),
            left: broken(&plan.after),
            known_by: signs(&job).globs_of(self.pack),
            phase: place.map_or("none".to_owned(), |it| it.unwrap_or("unknown".to_owned())),
            signal: job
                .world
                .failure
                .as_ref()
                .map_or("none".to_owned(), |it| it.event.signal.clone()),
            holds: self.holds(&job)?,
            page: self.page(&job, &plan, edits, &after)?,
            overrides: after,
            again,
        })
    }

    /// Judges what the case expects to hold.
    fn holds(&self, job: &Job) -> Result<Vec<Option<String>>, CliError> {
        let expected = conditions(self.pack, self.case)?;
        let judged = expected.iter().map(|it| judge(it, self.pack, &job.state, &job.world));
        Ok(judged.map(|it| not_held(&it)).collect())
    }

    fn trace(&self, look: Look) -> Result<String, CliError> {
        let job = self.job(Knows::TheFailure, &[])?;
        let request = self.request()?;
        let plan = plan(self.pack, &job.state, &job.world, &request);
        let explained = Explained {
            pack: self.pack,
            plan: &plan,
            state: &job.state,
            world: &job.world,
            request: &request,
            launch: &job.title,
            remarks: &job.remarks,
            only: &[],
            shows_unknown: true,
            hint: None,
        };
        Ok(explain(&explained, false, look))
    }

    fn page(
        &self,
        job: &Job,
        plan: &Plan,
        edits: Edits,
        after: &[String],
    ) -> Result<String, CliError> {
        let texts = |job: &Job| -> Vec<String> {
            let known = job.state.entries.iter().filter_map(|it| it.value.as_ref().ok());
            known.map(|it| it.text.clone()).collect()
        };
        let before = texts(job);
        // Where an old value is passed on as well, only the changed files tell all that is passed.
        let passed = edits.repeats.then(|| self.job(Knows::Nothing, &edits.files)).transpose()?;
        let after = passed.map_or(after.to_vec(), |it| texts(&it));
        let fault = edits.fault.iter().flat_map(|it| &it.faults).map(|it| it.message.clone());
        let reported = Reported {
            pack: self.pack,
            plan,
            launch: job.title.clone(),
            world: &job.world,
            remarks: job.remarks.iter().chain(&edits.notes).cloned().chain(fault).collect(),
            files: edits.files,
            sites: edits.sites,
            refused: edits.refused,
            tried: None,
            shows_unknown: true,
        };
        let preserve: Vec<&str> = self.case.asked.preserve.iter().map(Text::as_str).collect();
        Ok(case_page(&reported, &preserve, &before, &after))
    }

    /// Reads the inputs; files that a plan changed as they become.
    fn parts(
        &self,
        knows: Knows,
        changed: &[FileChange],
        outside: &bash::Outside,
    ) -> Result<Parts, CliError> {
        let inputs = &self.case.inputs;
        let now = |source: &Source| now(source, changed);
        let (yaml, scripts): (Vec<&CaseFile>, Vec<&CaseFile>) =
            inputs.files.iter().partition(|file| file.is_yaml());
        let script = |it: &CaseFile| (PathBuf::from(it.source.name()), now(&it.source));
        Ok(Parts {
            inputs: inputs_of(scripts.into_iter().map(script).collect(), outside)?,
            yaml: yaml.first().map(|it| now(&it.source)),
            config: inputs.config.as_ref().map(|file| file.source.clone()),
            finder: None,
            folder: None,
            log: inputs
                .log
                .as_ref()
                .filter(|_| knows == Knows::TheFailure)
                .map(|it| self.pack.signals().scan(&it.source)),
            damage: None,
            overrides: inputs.overrides.iter().map(|text| text.as_str().to_owned()).collect(),
            launch: inputs.launch,
        })
    }

    fn job(&self, knows: Knows, changed: &[FileChange]) -> Result<Job, CliError> {
        let inputs = &self.case.inputs;
        let world = self.world(knows)?;
        let outside = bash::Outside {
            environment: inputs.environment.clone(),
            arguments: inputs.arguments.clone(),
            load: Some(self.taken_in(changed)),
            ..bash::Outside::default()
        };
        let parts = self.parts(knows, changed, &outside)?;
        Job::assemble(self.pack.clone(), world, parts, outside)
    }

    /// Gives the scripts the files of the case to take in, as a plan changed them, and no others.
    fn taken_in(&self, changed: &[FileChange]) -> bash::Load {
        let inputs = &self.case.inputs;
        let files = inputs.files.iter().chain(&inputs.beside);
        let files: Vec<Source> = files.map(|it| now(&it.source, changed)).collect();
        bash::Load::new(move |path| {
            let name = inside(path)?;
            files.iter().find(|it| it.name() == name).cloned()
        })
    }

    fn world(&self, knows: Knows) -> Result<World, CliError> {
        let inputs = &self.case.inputs;
        let mut world = World { environment: inputs.environment.clone(), ..World::default() };
        for (name, value, at) in &inputs.parameters {
            set_parameter(self.pack, &mut world, name, quantity_or(value.clone())).map_err(
                |fault| Faults::one(at.source.clone(), Fault { span: at.span, ..fault }),
            )?;
        }
        if let Some(text) = &inputs.target {
            let told = told_target(self.pack, text.as_str(), "the case");
            world.target = told.map_err(|error| error.moved_to(text))?;
        }
        for (group, file) in &inputs.fact_files {
            let at = |error: CliError| error.moved_to(group);
            check_group(self.pack, group.as_str(), group.as_str()).map_err(at)?;
            read_group(&mut world, self.pack, group.as_str().to_owned(), &file.source)?;
        }
        for (name, value, at) in &inputs.facts {
            let value = quantity_or(value.clone());
            check_fact(self.pack, name, &value).map_err(|error| {
                let place =
                    |fault| Faults::one(at.source.clone(), Fault { span: at.span, ..fault });
                error.into_fault().map_or_else(|other| other, |fault| place(fault).into())
            })?;
            if knows == Knows::TheFailure || !name.ends_with(".phase") {
                world.facts.insert(name.trim_start_matches('$'), value, Provenance::Computed);
            }
        }
        if let Some(file) = &inputs.tried {
            world.tried.extend(tried::read(self.pack, &file.source)?);
        }
        Ok(world)
    }

    fn request(&self) -> Result<Request, CliError> {
        let asked = &self.case.asked;
        let ids =
            |texts: &[Text]| texts.iter().map(|it| it.as_str().to_owned()).collect::<Vec<_>>();
        let each = |texts: &[Text], check: &dyn Fn(&[String]) -> Result<(), CliError>| {
            let mut texts = texts.iter();
            texts.try_for_each(|text| {
                check(&[text.as_str().to_owned()]).map_err(|error| error.moved_to(text))
            })
        };
        each(&asked.only, &|ids| check_ids(self.pack, ids))?;
        each(&asked.preserve, &|ids| check_invariants(self.pack, ids))?;
        each(asked.repair.as_deref().unwrap_or_default(), &|ids| check_repairs(self.pack, ids))?;
        let goal = asked.goal.as_ref().map(Text::as_str);
        Ok(Request {
            steps: asked.steps,
            only: ids(&asked.only),
            allow_unsafe: asked.allow_unsafe,
            strict: asked.strict,
            preserve: ids(&asked.preserve),
            repair: asked.repair.as_deref().map(ids),
            goal: goal::read(self.pack, goal, asked.steps, &asked.weights)?,
        })
    }

    /// Plans again on the job as the plan leaves it, and says what would change once more.
    ///
    /// Without a new failure nothing may change: files that were edited are read again, and repairs
    /// must have settled. With a goal, the failure stays, since the goal is now reached or out of
    /// reach. And with the same failure again and again, the ladder must come to its end.
    fn again(&self, job: &Job, first: &Plan, edits: &Edits) -> Result<Option<Again>, CliError> {
        let request = self.request()?;
        let knows = if request.goal.is_some() { Knows::TheFailure } else { Knows::Nothing };
        let mut second = self.job(knows, &edits.files)?;
        let by_hand = !edits.refused.is_empty() || edits.fault.is_some();
        if by_hand || job.gives_arguments() {
            second.state = first.result.clone();
        }
        let asked = Request { only: Vec::new(), ..request };
        let asked = Request { repair: repairs(first, &asked), ..asked };
        let plan = decide(self.pack, &second.state, &second.world, &asked);
        let mut lines = changes(&plan);
        let by = plan.steps.iter().map(|step| format!("by {}", step.option));
        let repairs = plan.repair.iter().filter(|it| it.asked && it.outcome.is_err());
        lines.extend(by.chain(repairs.map(|_| "repairs that do not settle".to_owned())));
        if !by_hand && !job.gives_arguments() {
            lines.extend(misread(first, &second));
        }
        if !lines.is_empty() {
            let message = "planned again, what came of it changes once more".to_owned();
            return Ok(Some(Again { message, lines }));
        }
        let climbs = asked.goal.is_none() && !first.steps.is_empty();
        Ok(if climbs { self.endless(job, first, asked) } else { None })
    }

    /// Climbs the ladder to its end with the same failure; names the steps where it has none.
    fn endless(&self, job: &Job, first: &Plan, asked: Request) -> Option<Again> {
        let asked = Request { steps: Some(LONGEST), repair: None, ..asked };
        let ladder = decide(self.pack, &first.result, &job.world, &asked);
        let earlier = first.steps.iter().map(|step| step.applied.state.fingerprint());
        let mut seen: Vec<u64> = [job.state.fingerprint(), first.start.fingerprint()]
            .into_iter()
            .chain(earlier)
            .collect();
        for (index, step) in ladder.steps.iter().enumerate() {
            let now = step.applied.state.fingerprint();
            if seen.contains(&now) {
                let taken = first.steps.iter().chain(ladder.steps.iter().take(index + 1));
                let lines = taken.map(|step| step.option.clone()).collect();
                let message = "failing again and again, it comes back to where it was".to_owned();
                return Some(Again { message, lines });
            }
            seen.push(now);
        }
        let last = ladder.steps.last().filter(|_| ladder.steps.len() == LONGEST)?;
        let message = format!("failing again and again, it has no end after {LONGEST} steps");
        Some(Again { message, lines: vec![format!("{} is still taken", last.option)] })
    }
}

/// Returns what tells which pack is the launch's.
fn signs(job: &Job) -> Signs {
    let chosen =
        job.chosen.and_then(|(at, launch)| job.inputs.get(at)?.script.launches.get(launch));
    let keys = || job.state.entries.iter().map(|it| it.key.clone());
    chosen.map_or_else(|| Signs { keys: keys().collect(), ..Signs::default() }, signs_of)
}

/// Returns a text as a plan changed it.
fn now(source: &Source, changed: &[FileChange]) -> Source {
    let changed = changed.iter().find(|it| it.path == source.name());
    changed.map_or(source.clone(), |it| Source::new(source.name(), it.after.as_str()))
}

/// Returns the name that a path has in the case's folder, where the scripts run; none if it leads out.
fn inside(path: &Path) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    for part in path.components() {
        match part {
            Component::Normal(part) => parts.push(part.to_string_lossy().into_owned()),
            Component::CurDir => {}
            Component::ParentDir => drop(parts.pop()?),
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(parts.join("/"))
}

/// Returns the repairs that must have settled: those that were asked for, and those of what held.
fn repairs(first: &Plan, asked: &Request) -> Option<Vec<String>> {
    if let Some(repair) = &asked.repair {
        return Some(repair.clone());
    }
    let broke = first.requirements.iter().zip(&first.after);
    let broke = broke.filter(|(before, after)| !before.is_broken() && after.is_broken());
    let broke: Vec<String> = broke.map(|(before, _)| before.id.clone()).collect();
    (!broke.is_empty()).then_some(broke)
}

/// Says where files that were edited and read again give something else than was planned.
fn misread(first: &Plan, second: &Job) -> Vec<String> {
    let changes = first.result.changes_to(&second.state);
    let known = changes.iter().filter(|it| {
        let now = second.state.winning(&it.key).is_some_and(|entry| entry.value.is_ok());
        now && first.changes.iter().any(|planned| planned.key == it.key)
    });
    known
        .map(|it| format!("the edited files give {}", it.after.as_deref().unwrap_or("nothing")))
        .collect()
}

/// Lists what a plan changes, as it becomes.
fn changes(plan: &Decision) -> Vec<String> {
    let gone = |key: &str| format!("~{key}");
    let keys = plan.changes.iter().map(|it| it.after.clone().unwrap_or_else(|| gone(&it.key)));
    let directives = plan.directives.iter();
    let directives = directives
        .map(|(name, _, after)| format!("sbatch:{name}={}", shell_word(&after.value.to_string())));
    keys.chain(directives).collect()
}

/// Lists the rules of what is found in the scripts themselves.
fn in_scripts(job: &Job) -> Vec<String> {
    let mut rules: Vec<String> = Vec::new();
    for input in &job.inputs {
        rules.extend(bash::findings(&input.script).into_iter().map(|it| it.rule));
        if input.has_directives {
            let found = slurm::findings(&input.script.source);
            rules.extend(found.into_iter().map(|it| it.rule));
        }
    }
    rules
}

/// Moves every fault of an error to where its text is written: in the case's TOML, or in one of its
/// files.
fn placed(case: &Case, error: CliError) -> Vec<Faults> {
    let plain = |message: String, help: Option<String>| {
        let fault = Fault::new("hydrule::case::refused", case.at.span, message);
        let fault = Fault { help, ..fault.labelled("in this case") };
        vec![Faults::one(case.at.source.clone(), fault)]
    };
    match error {
        CliError::Faults(all) => {
            let mut out: Vec<Faults> = Vec::new();
            let faults = all.into_iter().flat_map(|it| {
                let source = it.source;
                it.faults.into_iter().map(move |fault| (source.clone(), fault))
            });
            for (source, fault) in faults {
                let (source, fault) = moved(case, source, fault);
                match out.iter_mut().find(|old| old.source == source) {
                    Some(old) => old.faults.push(fault),
                    None => out.push(Faults::one(source, fault)),
                }
            }
            out
        }
        CliError::Plain { message, help } => plain(message, help),
        CliError::ClosedPipe => plain("the output was closed".to_owned(), None),
    }
}

fn moved(case: &Case, source: Source, fault: Fault) -> (Source, Fault) {
    let inputs = &case.inputs;
    let by_number = source.name().strip_prefix("override ").and_then(|it| it.parse().ok());
    let number = by_number.and_then(|number: usize| number.checked_sub(1));
    if let Some(text) = number.and_then(|index| inputs.overrides.get(index)) {
        return (text.location.source.clone(), text.blame(fault));
    }
    if let ("--goal", Some(goal)) = (source.name(), &case.asked.goal) {
        return (goal.location.source.clone(), goal.blame(fault));
    }
    let facts = inputs.fact_files.iter().map(|(_, file)| file);
    let files = inputs.files.iter().chain(&inputs.log).chain(&inputs.config).chain(&inputs.tried);
    let file = files.chain(facts).find(|file| file.source.name() == source.name());
    match file {
        Some(file) => file.blame(fault),
        None if source.name() == "command line" => {
            (case.at.source.clone(), Fault { span: case.at.span, ..fault })
        }
        None => (source, fault),
    }
}
