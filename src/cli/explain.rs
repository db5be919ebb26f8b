use super::Done;
use super::args::{ExplainArgs, OutputFormat};
use super::console::Console;
use super::error::CliError;
use super::job::{Job, request};
use crate::engine::plan;
use crate::report::{Explained, explain, explain_json};

/// `hydrule explain`.
pub fn run(args: &ExplainArgs, console: &mut Console) -> Result<Done, CliError> {
    let job = Job::load(&args.job)?;
    let request = request(&args.job, &job.pack, false)?;
    let plan = plan(&job.pack, &job.state, &job.world, &request);
    let explained = Explained {
        pack: &job.pack,
        plan: &plan,
        state: &job.state,
        world: &job.world,
        launch: &job.title,
    };
    match args.job.output_format {
        OutputFormat::Json => console.print(&format!("{:#}\n", explain_json(&explained)))?,
        OutputFormat::Full => {
            let text = explain(&explained, args.verbose, console.out);
            console.print(&text)?;
        }
    }
    Ok(Done::Clean)
}
