use super::Done;
use super::args::{ExplainArgs, OnUnknown, OutputFormat};
use super::console::Console;
use super::error::CliError;
use super::job::{Job, request};
use super::rewrite::refuse_unknown;
use crate::engine::{Plan, Request, plan};
use crate::pack::Pack;
use crate::report::{Explained, explain, explain_json};
use crate::text::{Fault, Span, nearest};

/// `hydrule explain`.
pub fn run(args: &ExplainArgs, console: &mut Console) -> Result<Done, CliError> {
    let job = Job::load(&args.job)?;
    check_rules(&job.pack, &args.rule)?;
    let request = request(&args.job, &job.pack, false)?;
    let plan = plan(&job.pack, &job.state, &job.world, &request);
    let explained =
        Explained { only: &args.rule, ..explained(&job, &plan, &request, args.job.on_unknown) };
    match args.output_format {
        OutputFormat::Json => console.print(&format!("{:#}\n", explain_json(&explained)))?,
        OutputFormat::Full => {
            let text = explain(&explained, args.verbose, console.out);
            console.page(&text)?;
        }
    }
    if args.job.on_unknown == OnUnknown::Fail {
        refuse_unknown(&plan)?;
    }
    Ok(Done::Clean)
}

/// Everything that is said of the rules of a job.
pub fn explained<'a>(
    job: &'a Job,
    plan: &'a Plan,
    request: &'a Request,
    on_unknown: OnUnknown,
) -> Explained<'a> {
    Explained {
        pack: &job.pack,
        plan,
        state: &job.state,
        world: &job.world,
        request,
        launch: &job.title,
        remarks: &job.remarks,
        only: &[],
        shows_unknown: on_unknown != OnUnknown::Ignore,
        hint: Some("--rule ID shows one rule whole, -v how each value was computed"),
    }
}

fn check_rules(pack: &Pack, ids: &[String]) -> Result<(), CliError> {
    let options = pack.options.iter().map(|it| it.id.as_str());
    let requirements = pack.requirements.iter().map(|it| it.id.as_str());
    let invariants = pack.invariants.iter().map(|it| it.id.as_str());
    let off = pack.off.iter().map(|it| it.id.as_str());
    let known: Vec<&str> = options.chain(requirements).chain(invariants).chain(off).collect();
    let Some(wrong) = ids.iter().find(|id| !known.contains(&id.as_str())) else { return Ok(()) };
    let message = format!("the pack `{}` has no rule `{wrong}`", pack.name);
    let fault = Fault::new("hydrule::argument::rule", Span::at(0), message);
    let fault = match nearest(wrong, known.iter().copied(), 1).first() {
        Some(near) => fault.helped(format!("did you mean `{near}`?")),
        None => fault.helped("`hydrule explain` without --rule lists every rule"),
    };
    Err(CliError::at_word(wrong, fault.labelled("no such rule")))
}
