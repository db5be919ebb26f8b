//! Work on rule packs.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{OutputFormat, ProjectArgs, threads};
use crate::cli::examples;

/// Which pack judges a launch, as what.
#[derive(Debug, Clone, Default, Args)]
pub struct PackRules {
    /// The rule pack: a name or a folder [default: the project's, else the one that knows the launch]
    #[arg(long, value_name = "NAME|PATH")]
    pub pack: Option<String>,
    /// Where the project's configuration is.
    #[command(flatten)]
    pub project: ProjectArgs,
    /// The version of the application: verl=0.9.1 [default: what the keys of the launch tell]
    #[arg(long, value_name = "NAME=VERSION")]
    pub target: Option<String>,
}

impl PackRules {
    /// Names a pack, and leaves the project's configuration aside.
    pub fn of(pack: &str) -> Self {
        let project = ProjectArgs { project: None, no_project: true };
        Self { pack: Some(pack.to_owned()), project, target: None }
    }
}

/// How the results of cases are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TestFormat {
    /// For people: every difference, and what no case shows.
    Full,
    /// A line for each case that does not pass.
    Concise,
    /// As JSON.
    Json,
    /// As JUnit XML, which CI systems show.
    Junit,
}

/// What to do about snapshots whose case is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Unreferenced {
    /// Delete them with --accept, else fail.
    Auto,
    /// Delete them.
    Delete,
    /// Fail.
    Reject,
}

/// `hydrule test`.
#[derive(Debug, Args)]
#[command(after_help = examples::TEST)]
pub struct TestArgs {
    /// Rule packs: folders, or names of folders in rules/ [default: the packs found here]
    #[arg(value_name = "PACK")]
    pub packs: Vec<String>,
    /// Run only the cases whose name, or PACK/NAME, matches
    #[arg(long, value_name = "REGEX")]
    pub filter: Option<String>,
    /// Take every new and changed snapshot
    #[arg(long, group = "snapshots")]
    pub accept: bool,
    /// Show new and changed snapshots one by one, and ask what to do with each
    #[arg(long, group = "snapshots")]
    pub review: bool,
    /// Write nothing; a case without its snapshot fails [default where CI is set]
    #[arg(long, group = "snapshots")]
    pub check: bool,
    /// What to do about snapshots whose case is gone; a run with --filter leaves them alone
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = Unreferenced::Auto)]
    pub unreferenced: Unreferenced,
    /// Show how often each rule fired, stayed silent and was unknown over the cases
    #[arg(long)]
    pub coverage: bool,
    /// Fail where a rule never fired or never stayed silent
    #[arg(long, conflicts_with = "filter")]
    pub require_coverage: bool,
    /// Make small mistakes in the rules, and list those that no case notices; --accept writes the
    /// cases that notice them, --check looks for none
    #[arg(long, conflicts_with_all = ["filter", "review", "coverage", "require_coverage", "watch"])]
    pub mutate: bool,
    /// Run again whenever a file of a pack changes
    #[arg(long, conflicts_with_all = ["accept", "review"])]
    pub watch: bool,
    /// How many threads run cases [default: as many as there are processors]
    #[arg(short = 'j', long, value_name = "N", value_parser = threads)]
    pub threads: Option<usize>,
    /// How to print the results
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = TestFormat::Full)]
    pub output_format: TestFormat,
}

/// `hydrule pack`.
#[derive(Debug, Args)]
pub struct PackArgs {
    /// What to do with the pack.
    #[command(subcommand)]
    pub command: PackCommand,
}

/// What can be done with packs.
#[derive(Debug, Subcommand)]
pub enum PackCommand {
    /// Make a new pack: small, with a word on everything in it, and passing its checks
    New(PackNewArgs),
    /// List the packs that ship: what each is for, what it holds, and how its launches are told
    List(PackListArgs),
    /// Show a pack whole: its ladder in order, requirements, invariants, parameters, phases, signals
    Show(PackShowArgs),
    /// Find rules that can never act, fight one another or go too far, each with an input that shows it
    Check(PackCheckArgs),
}

/// `hydrule pack new`.
#[derive(Debug, Args)]
#[command(after_help = examples::PACK_NEW)]
pub struct PackNewArgs {
    /// The pack's name: lower-case letters, digits, - and _
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The folder in which the pack's folder is made
    #[arg(long = "in", value_name = "FOLDER", default_value = "rules")]
    pub folder: PathBuf,
}

/// `hydrule pack list`.
#[derive(Debug, Args)]
#[command(after_help = examples::PACK_LIST)]
pub struct PackListArgs {
    /// How to print the result
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = OutputFormat::Full)]
    pub output_format: OutputFormat,
}

/// How a whole pack is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PageFormat {
    /// For people.
    Full,
    /// As JSON.
    Json,
    /// As a page of Markdown.
    Markdown,
}

/// `hydrule pack show`.
#[derive(Debug, Args)]
#[command(after_help = examples::PACK_SHOW)]
pub struct PackShowArgs {
    /// The rule pack: a name or a folder
    #[arg(value_name = "NAME|PATH")]
    pub pack: String,
    /// How to print the result
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = PageFormat::Full)]
    pub output_format: PageFormat,
}

/// `hydrule rule`.
#[derive(Debug, Args)]
#[command(after_help = examples::RULE)]
pub struct RuleArgs {
    /// The id of an option, a requirement or an invariant
    #[arg(value_name = "ID")]
    pub id: String,
    /// The pack it stands in: a name or a folder [default: the project's packs, and all that ship]
    #[arg(long, value_name = "NAME|PATH")]
    pub pack: Option<String>,
    /// Where the project's configuration is.
    #[command(flatten)]
    pub project: ProjectArgs,
    /// How to print the result
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = OutputFormat::Full)]
    pub output_format: OutputFormat,
}

/// `hydrule pack check`.
#[derive(Debug, Args)]
#[command(after_help = examples::PACK_CHECK)]
pub struct PackCheckArgs {
    /// Rule packs: names, folders, or names of folders in rules/ [default: the packs found here]
    #[arg(value_name = "NAME|PATH")]
    pub packs: Vec<String>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = OutputFormat::Full)]
    pub output_format: OutputFormat,
}

/// `hydrule backtest`.
#[derive(Debug, Args)]
#[command(after_help = examples::BACKTEST)]
pub struct BacktestArgs {
    /// Folders of triples: a job's files and `job.log`, and in `fix.toml` what a person changed and
    /// whether it worked
    #[arg(value_name = "FOLDER", required = true)]
    pub folders: Vec<PathBuf>,
    /// The rule pack: a name or a folder [default: the one that each triple names, else the project's,
    /// else the one that knows the launch]
    #[arg(long, value_name = "NAME|PATH")]
    pub pack: Option<String>,
    /// Where the project's configuration is.
    #[command(flatten)]
    pub project: ProjectArgs,
    /// How to print the result
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = OutputFormat::Full)]
    pub output_format: OutputFormat,
}
