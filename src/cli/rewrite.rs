use std::mem::ManuallyDrop;

use super::Done;
use super::args::{JobArgs, OnUnknown, RewriteArgs, RewriteFormat};
use super::commit::{begin, commit, planned};
use super::console::Console;
use super::edits::Edits;
use super::error::CliError;
use super::explain::explained;
use super::files::{put, refuse_over};
use super::job::{Job, request};
use super::jsonl;
use crate::condition::Verdict;
use crate::engine::{Plan, Pursued, RequirementState, Status, plan, tried_record};
use crate::pack::Safety;
use crate::report::{
    Look, Paint, Reported, render_faults, rewrite_html, rewrite_json, rewrite_report, unknown_text,
};
use crate::text::{count, shell_word};

/// `hydrule rewrite`.
pub fn run(args: &RewriteArgs, console: &mut Console) -> Result<Done, CliError> {
    if args.jsonl {
        return jsonl::run(args);
    }
    let JobArgs { files, log, start, .. } = &args.job;
    refuse_over(args.output_file.as_deref(), files.iter().chain(log).chain(&start.config))?;
    begin(files, args.write, console)?;
    // The end of the program gives back what a job takes, and sooner than could be done piece by piece.
    let job = ManuallyDrop::new(Job::load(&args.job)?);
    let request = request(&args.job, &job.pack, args.r#unsafe)?;
    let mut plan = plan(&job.pack, &job.state, &job.world, &request);
    let edits = Edits::make(&job, &plan)?;
    job.tell_base(&mut plan);
    let reported = Reported {
        pack: &job.pack,
        plan: &plan,
        launch: job.title.clone(),
        world: &job.world,
        remarks: job.remarks.iter().chain(&edits.notes).cloned().collect(),
        files: edits.files.clone(),
        sites: edits.sites.clone(),
        refused: edits.refused.clone(),
        tried: tried_record(&job.state, &job.world),
        shows_unknown: args.job.on_unknown != OnUnknown::Ignore,
    };
    let arguments = job.gives_arguments().then(|| arguments(&plan));
    let command = job.folder.as_ref().zip(arguments.as_ref());
    let command = command.map(|(folder, arguments)| folder.command(arguments));
    // Overrides are for the shell to read, so what is for people makes way.
    let is_data = args.output_format != RewriteFormat::Full;
    let look = match (&args.output_file, &arguments) {
        (Some(_), _) => Look::PLAIN,
        (None, Some(_)) => console.err,
        (None, None) => console.out,
    };
    let text = match args.output_format {
        RewriteFormat::Full => rewrite_report(&reported, look),
        RewriteFormat::Json => {
            let json = rewrite_json(&reported, arguments.as_deref(), command.as_deref());
            format!("{json:#}\n")
        }
        RewriteFormat::Html => {
            rewrite_html(&reported, &explained(&job, &plan, &request, args.job.on_unknown))
        }
    };
    match (&args.output_file, &arguments) {
        (None, Some(_)) if !is_data => console.say(&text),
        (file, _) => put(file.as_deref(), &text, console)?,
    }
    match (&command, &arguments) {
        _ if is_data && args.output_file.is_none() => {}
        (Some(command), _) => console.print(&format!("{command}\n"))?,
        (None, Some(arguments)) => print_arguments(arguments, console)?,
        (None, None) => {}
    }
    finish(args, &job, &plan, &edits, console)
}

fn finish(
    args: &RewriteArgs,
    job: &Job,
    plan: &Plan,
    edits: &Edits,
    console: &mut Console,
) -> Result<Done, CliError> {
    if let Some(faults) = &edits.fault {
        let drawn = render_faults(faults, console.err);
        console.tell(&drawn);
    }
    if args.job.on_unknown == OnUnknown::Fail {
        refuse_unknown(plan)?;
    }
    refuse_repair(plan)?;
    let left = |states: &[RequirementState]| states.iter().any(RequirementState::is_broken);
    if plan.is_empty() {
        let missed = plan.pursuit.as_ref().is_some_and(|it| !matches!(it.outcome, Pursued::True));
        let missed = missed || left(&plan.requirements);
        return Ok(if missed { Done::Proposed } else { Done::Clean });
    }
    let paint = Paint::new(console.err);
    if !args.write {
        let hint = match (&edits.fault, job.gives_arguments()) {
            (None, false) => "Nothing was written; --write makes the change.\n",
            _ => "",
        };
        console.say(&paint.faint(hint));
        return Ok(Done::Proposed);
    }
    if job.gives_arguments() {
        return Err(CliError::plain(
            "--write needs files to change: plain overrides and run folders have nowhere to be written",
        ));
    }
    check_safety(args, job, plan)?;
    if !edits.refused.is_empty() || edits.fault.is_some() {
        return Err(CliError::plain("not all of the change can be made, so nothing was written")
            .helped("make the change shown above by hand"));
    }
    commit(&args.job.files, &edits.files, planned(job, plan), console)?;
    Ok(if left(&plan.after) { Done::Proposed } else { Done::Clean })
}

/// Fails where the user asked for repairs that cannot be made.
fn refuse_repair(plan: &Plan) -> Result<(), CliError> {
    let asked = plan.repair.as_ref().filter(|repair| repair.asked);
    match asked.map(|repair| &repair.outcome) {
        Some(Err(_)) => Err(CliError::plain("the repairs cannot be made, so nothing was written")),
        _ => Ok(()),
    }
}

/// Fails where a rule needs something that nothing tells.
pub fn refuse_unknown(plan: &Plan) -> Result<(), CliError> {
    let options = plan.verdicts.iter().filter_map(|verdict| match &verdict.status {
        Status::Unknown(missing) => Some((verdict.id.as_str(), missing)),
        _ => None,
    });
    let requirements = plan.requirements.iter().filter_map(|state| match &state.verdict {
        Verdict::Unknown(missing) => Some((state.id.as_str(), missing)),
        _ => None,
    });
    let goal = plan.pursuit.iter().filter_map(|it| match &it.outcome {
        Pursued::Unknown(missing) => Some(("the goal", missing)),
        _ => None,
    });
    let all: Vec<_> = goal.chain(options).chain(requirements).collect();
    let Some((id, missing)) = all.first() else { return Ok(()) };
    let text = unknown_text(missing);
    let message = format!("{} read something unknown; {id}: {text}", count(all.len(), "rule"));
    Err(CliError::plain(message).helped("--on-unknown=warn only reports them"))
}

/// Steps that change what is trained are written only for those who asked for them.
fn check_safety(args: &RewriteArgs, job: &Job, plan: &Plan) -> Result<(), CliError> {
    let unsafe_step = plan.steps.iter().find(|step| {
        let option = job.pack.options.iter().find(|option| option.id == step.option);
        option.is_some_and(|option| option.safety != Safety::Safe)
    });
    let Some(step) =
        unsafe_step.filter(|step| !args.r#unsafe && !args.job.only.contains(&step.option))
    else {
        return Ok(());
    };
    let message =
        format!("`{}` changes more than memory and speed, so nothing was written", step.option);
    Err(CliError::plain(message)
        .helped(format!("write it with --unsafe, or with --only {}", step.option)))
}

/// Lists the overrides of the result, in order.
pub fn arguments(plan: &Plan) -> Vec<String> {
    let entries = plan.result.entries.iter();
    entries.filter_map(|entry| entry.value.as_ref().ok().map(|it| it.text.clone())).collect()
}

/// Prints one override a line, unquoted: an unquoted `$(…)` splits at blanks and nothing else.
fn print_arguments(arguments: &[String], console: &mut Console) -> Result<(), CliError> {
    let fragile: Vec<&String> =
        arguments.iter().filter(|it| it.contains([' ', '\t', '\n', '*', '?'])).collect();
    if let Some(first) = fragile.first() {
        let paint = Paint::new(console.err);
        let text = format!(
            "{} {} would not survive an unquoted $(…), such as {}; read the lines with `mapfile -t`.\n",
            paint.warn("!"),
            count(fragile.len(), "override"),
            shell_word(first)
        );
        console.say(&text);
    }
    let mut text = arguments.join("\n");
    text.push('\n');
    console.print(&text)
}
