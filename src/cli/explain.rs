use super::Done;
use super::args::{ExplainArgs, OutputFormat};
use super::console::Console;
use super::error::CliError;
use super::job::Job;
use crate::engine::{Request, plan};
use crate::report::{explain, explain_json};

/// `hydrule explain`.
pub fn run(args: &ExplainArgs, console: &mut Console) -> Result<Done, CliError> {
    let job = Job::load(&args.job)?;
    let request =
        Request { steps: args.job.steps, only: args.job.only.clone(), allow_unsafe: false };
    let plan = plan(&job.pack, &job.state, &job.world, &request);
    match args.job.output_format {
        OutputFormat::Json => {
            let json = explain_json(&job.pack, &plan);
            console.print(&format!("{json:#}\n"))?;
        }
        OutputFormat::Full => {
            let text = explain(&job.pack, &plan, &job.title, args.verbose, console.out);
            console.print(&text)?;
        }
    }
    Ok(Done::Clean)
}
