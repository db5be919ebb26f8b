//! The command line: definitions only.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::examples;

/// Declarative rules over Hydra overrides.
#[derive(Debug, Parser)]
#[command(name = "hydrule", version = env!("HYDRULE_VERSION"), max_term_width = 100, disable_help_subcommand = true)]
#[command(
    about = "Reads a Hydra launch script and the log of its failed job, and shows or makes the change that helps"
)]
#[command(after_help = examples::HYDRULE)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// When to use colours.
    // Last, wherever the number of commands would put it.
    #[arg(long, global = true, value_enum, default_value_t = ColorWhen::Auto, display_order = 900)]
    pub color: ColorWhen,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// Where the output is a terminal; NO_COLOR, FORCE_COLOR and CLICOLOR are heeded.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Propose the change that answers a failure, as a diff; make it with --write
    Rewrite(RewriteArgs),
    /// Find what went wrong in a job's logs: what failed first, in which phase, with which numbers
    Facts(FactsArgs),
    /// Show for every rule whether it fired and why, with the values it read
    Explain(ExplainArgs),
    /// Find what is wrong with launch scripts before they run
    Check(CheckArgs),
    /// Change given overrides in a launch script or YAML file, as a diff; make it with --write
    Set(SetArgs),
    /// Show each launch of a script and its overrides, with where each value comes from
    Show(ShowArgs),
    /// Show which keys differ between two scripts, run folders, configurations or lists of overrides
    Diff(DiffArgs),
    /// Show how Hydra 1.3.8 reads an override
    Parse(ParseArgs),
    /// Show the jobs that a multirun makes of its overrides
    Expand(ExpandArgs),
    /// Show the configuration that overrides make of a base configuration
    Compose(ComposeArgs),
    /// Run the cases of rule packs, and compare what comes of them with what is expected
    Test(TestArgs),
    /// Show what the project's configuration says, and where
    Config(ConfigArgs),
    /// Print what a file of packs, cases or a project may hold, as JSON Schema for editors
    Schema(SchemaArgs),
    /// Work on rule packs
    Pack(PackArgs),
    /// Show everything about a rule: what, why, its source, and an example of what it does
    Rule(RuleArgs),
    /// Score a pack on failures whose fix is known: at which rank it proposes what worked
    Backtest(BacktestArgs),
    /// Serve an editor: findings as you type, fixes, explanations and keys to choose from
    Lsp(LspArgs),
    /// List what --write has written here, newest first
    Log(LogArgs),
    /// Take back what --write has written, as a diff; make the change with --write
    Undo(UndoArgs),
    /// Print what completes commands and flags in a shell
    Completions(CompletionsArgs),
    /// Print the manual page, or write one for each command
    Man(ManArgs),
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum OutputFormat {
    /// For people.
    #[default]
    Full,
    /// As JSON.
    Json,
}

/// What to do about rules whose condition reads something that nothing tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum OnUnknown {
    /// Leave them out of the report.
    Ignore,
    /// Report them, with what would tell.
    #[default]
    Warn,
    /// Report them, and fail.
    Fail,
}

/// Where the project's configuration is.
#[derive(Debug, Clone, Default, Args)]
pub struct ProjectArgs {
    /// The project's configuration [default: the closest hydrule.toml above the first file]
    #[arg(long, value_name = "FILE", conflicts_with = "no_project")]
    pub project: Option<PathBuf>,
    /// Read no project's configuration
    #[arg(long)]
    pub no_project: bool,
}

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

/// Which findings count.
#[derive(Debug, Clone, Default, Args)]
pub struct SelectArgs {
    /// Only these rules, each told by what its id begins with [default: ALL]
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub select: Vec<String>,
    /// All but these rules; of --select and --ignore the longer text decides
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub ignore: Vec<String>,
}

/// What the job is: its files, its log, and what is known besides.
#[derive(Debug, Default, Args)]
pub struct JobArgs {
    /// The files of one job: launch and Slurm scripts, a configuration in YAML; or a run folder
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The log of the failed job; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// The base configuration: a YAML file, such as a run folder's `.hydra/config.yaml`
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Look for no base configuration where none is given
    #[arg(long)]
    pub no_base: bool,
    /// Which rules hold for it.
    #[command(flatten)]
    pub rules: PackRules,
    /// Which launch of the files is meant, counted from 1
    #[arg(long, value_name = "N")]
    pub launch: Option<usize>,
    /// A variable of the job's environment
    #[arg(long, value_name = "NAME=VALUE")]
    pub env: Vec<String>,
    /// The arguments that the scripts are started with [default: any]
    #[arg(long, value_name = "ARG", num_args = 0..)]
    pub args: Option<Vec<String>>,
    /// A fact, in Hydra's override syntax: oom.phase=wake_up, oom.free=4.97GiB
    #[arg(long, value_name = "NAME=VALUE")]
    pub fact: Vec<String>,
    /// Facts from a JSON, YAML or TOML file: model=config.json gives $model.hidden_size and so on
    #[arg(long, value_name = "NAME=FILE")]
    pub facts: Vec<String>,
    /// Earlier configurations and what came of them: JSON lines, or the journal of --write
    #[arg(long, value_name = "FILE")]
    pub tried: Vec<PathBuf>,
    /// A parameter of the pack: micro_batch_floor=2
    #[arg(long, value_name = "NAME=VALUE")]
    pub param: Vec<String>,
    /// Consider only these options, and take each once even if it does not help this failure
    #[arg(long, value_name = "ID", value_delimiter = ',', num_args = 1..)]
    pub only: Vec<String>,
    /// How many steps to take [default: 1, or one for each ID of --only]
    #[arg(long, value_name = "N")]
    pub steps: Option<usize>,
    /// Take the cheapest steps that make a condition true: '$peak < 70GiB'
    #[arg(long, value_name = "EXPR", conflicts_with = "steps")]
    pub goal: Option<String>,
    /// How much a dimension of the cost counts towards the cheapest: time=2 [default: 1 each]
    #[arg(long, value_name = "DIMENSION=NUMBER")]
    pub weight: Vec<String>,
    /// Take no step that makes a requirement unknown which was not
    #[arg(long)]
    pub strict: bool,
    /// Take no step that changes this invariant
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub preserve: Vec<String>,
    /// Never change this key, or what is below it: a key, in which `*` is any text, or sbatch:NAME
    #[arg(long, value_name = "KEY")]
    pub pin: Vec<String>,
    /// First make the repairs of broken requirements: of these, or of all
    #[arg(long, value_name = "ID", value_delimiter = ',', num_args = 0.., require_equals = true)]
    pub repair: Option<Vec<String>>,
    /// What to do about rules that read something unknown
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = OnUnknown::Warn)]
    pub on_unknown: OnUnknown,
    /// Plain overrides instead of files
    #[arg(last = true, value_name = "OVERRIDE")]
    pub overrides: Vec<String>,
}

/// How the change that answers a failure is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum RewriteFormat {
    /// For people: the plan, why not the others, and the diff.
    #[default]
    Full,
    /// As JSON.
    Json,
    /// As one page for a browser, with the memory of each phase and what decided every rule.
    Html,
}

/// `hydrule rewrite`.
#[derive(Debug, Args)]
#[command(after_help = examples::REWRITE)]
pub struct RewriteArgs {
    /// The job.
    #[command(flatten)]
    pub job: JobArgs,
    /// How to print the result
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = RewriteFormat::Full)]
    pub output_format: RewriteFormat,
    /// Write what would be printed to a file
    #[arg(short = 'o', long, value_name = "FILE", conflicts_with = "jsonl")]
    pub output_file: Option<PathBuf>,
    /// Write the change to the files
    #[arg(long)]
    pub write: bool,
    /// Also write steps that change what is trained, or on what machines
    #[arg(long)]
    pub r#unsafe: bool,
    /// Read one {"id", "overrides", "facts"} a line from standard input, write one plan a line
    #[arg(long, conflicts_with_all = ["files", "overrides", "log", "config", "launch", "write"])]
    pub jsonl: bool,
    /// How many threads plan lines of JSON [default: as many as there are processors]
    #[arg(short = 'j', long, value_name = "N", requires = "jsonl", value_parser = threads)]
    pub threads: Option<usize>,
}

fn threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=256) => Ok(number),
        _ => Err("a number from 1 to 256 belongs here".to_owned()),
    }
}

/// `hydrule facts`.
#[derive(Debug, Args)]
#[command(after_help = examples::FACTS)]
pub struct FactsArgs {
    /// Logs of one job, also compressed with gzip or zstd; `-` reads standard input
    #[arg(value_name = "LOG", required = true)]
    pub logs: Vec<PathBuf>,
    /// The job's files: what Hydra says it ran is compared with the launch in them
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub script: Vec<PathBuf>,
    /// The pack whose signals are looked for: a name or a folder [default: all that ship]
    #[arg(long, value_name = "NAME|PATH")]
    pub pack: Option<String>,
    /// Which launch of the files is meant, counted from 1 [default: the one that the log ran]
    #[arg(long, value_name = "N", requires = "script")]
    pub launch: Option<usize>,
    /// A variable of the job's environment
    #[arg(long, value_name = "NAME=VALUE")]
    pub env: Vec<String>,
    /// The arguments that the scripts are started with [default: any]
    #[arg(long, value_name = "ARG", num_args = 0..)]
    pub args: Option<Vec<String>>,
    /// A fact, in Hydra's override syntax: model.vocab_size=152064 tells which tensor was too large
    #[arg(long, value_name = "NAME=VALUE")]
    pub fact: Vec<String>,
    /// Facts from a JSON, YAML or TOML file: model=config.json
    #[arg(long, value_name = "NAME=FILE")]
    pub facts: Vec<String>,
    /// How to print the result
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = OutputFormat::Full)]
    pub output_format: OutputFormat,
}

/// `hydrule explain`.
#[derive(Debug, Args)]
#[command(after_help = examples::EXPLAIN)]
pub struct ExplainArgs {
    /// The job.
    #[command(flatten)]
    pub job: JobArgs,
    /// Show only these options, requirements and invariants, with all that the pack says of them
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub rule: Vec<String>,
    /// Show the whole evaluation of every condition
    #[arg(long, short)]
    pub verbose: bool,
    /// How to print the result
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = OutputFormat::Full)]
    pub output_format: OutputFormat,
}

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum CheckFormat {
    /// For people: every finding with the text it is about.
    #[default]
    Full,
    /// A line for each finding.
    Concise,
    /// As JSON.
    Json,
    /// As JSON, a line for each finding.
    JsonLines,
    /// As commands of GitHub's workflows, which show findings beside the lines of a pull request.
    Github,
    /// As JUnit XML, which CI systems show.
    Junit,
    /// As SARIF 2.1.0, which code hosts and editors read.
    Sarif,
}

/// Which files are meant.
#[derive(Debug, Default, Args)]
pub struct PathArgs {
    /// Launch scripts and Slurm scripts, and folders in which every launch script is meant; `-` reads one
    /// script from standard input
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// The name of what comes from standard input: for its place in the project, and in findings
    #[arg(long, value_name = "PATH")]
    pub stdin_filename: Option<PathBuf>,
    /// Leave out what a glob matches, written as in a .gitignore
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,
    /// Leave it out even where it is named, as by a hook
    #[arg(long)]
    pub force_exclude: bool,
    /// Look also into what git ignores
    #[arg(long)]
    pub no_respect_gitignore: bool,
}

/// `hydrule check`.
#[derive(Debug, Default, Args)]
#[command(after_help = examples::CHECK)]
pub struct CheckArgs {
    /// The files.
    #[command(flatten)]
    pub paths: PathArgs,
    /// Which findings count.
    #[command(flatten)]
    pub selected: SelectArgs,
    /// Let be what this file knows: findings by file, rule, key and launch, never by line
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write the fixes that keep what is trained, until none is left
    #[arg(long)]
    pub fix: bool,
    /// Count fixes that somebody should look at: with --fix and --diff, make them as well
    #[arg(long)]
    pub unsafe_fixes: bool,
    /// Print the fixes as a diff, and write nothing
    #[arg(long)]
    pub diff: bool,
    /// Exit with 1 where a fix was made, even if nothing is left
    #[arg(long)]
    pub exit_non_zero_on_fix: bool,
    /// Write everything that is found into the baseline
    #[arg(long, requires = "baseline", conflicts_with_all = ["fix", "diff"])]
    pub accept_new: bool,
    /// The base configuration that the launches start from
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Look for no base configuration where none is given
    #[arg(long)]
    pub no_base: bool,
    /// Which rules hold for it.
    #[command(flatten)]
    pub rules: PackRules,
    /// A variable of the job's environment
    #[arg(long, value_name = "NAME=VALUE")]
    pub env: Vec<String>,
    /// The arguments that the scripts are started with [default: any]
    #[arg(long, value_name = "ARG", num_args = 0..)]
    pub args: Option<Vec<String>>,
    /// A fact, in Hydra's override syntax
    #[arg(long, value_name = "NAME=VALUE")]
    pub fact: Vec<String>,
    /// Facts from a JSON, YAML or TOML file
    #[arg(long, value_name = "NAME=FILE")]
    pub facts: Vec<String>,
    /// A parameter of the pack
    #[arg(long, value_name = "NAME=VALUE")]
    pub param: Vec<String>,
    /// Fix nothing that changes this key
    #[arg(long, value_name = "KEY")]
    pub pin: Vec<String>,
    /// List the files that would be checked
    #[arg(long)]
    pub show_files: bool,
    /// How many threads look into files [default: as many as there are processors]
    #[arg(short = 'j', long, value_name = "N", value_parser = threads)]
    pub threads: Option<usize>,
    /// Exit with 0 whatever is found; errors still give 2
    #[arg(long)]
    pub exit_zero: bool,
    /// Exit with 0 where there is no launch script
    #[arg(long)]
    pub allow_empty: bool,
    /// How to print the findings
    #[arg(
        long, value_enum, value_name = "FORMAT", default_value_t = CheckFormat::Full,
        env = "HYDRULE_OUTPUT_FORMAT", hide_env = true
    )]
    pub output_format: CheckFormat,
    /// Write the findings to a file
    #[arg(short = 'o', long, value_name = "FILE")]
    pub output_file: Option<PathBuf>,
}

/// `hydrule set`.
#[derive(Debug, Args)]
#[command(after_help = examples::SET)]
pub struct SetArgs {
    /// The launch script, a configuration in YAML, or a run folder
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Overrides to set; `~KEY` deletes one, `sbatch:NAME=VALUE` sets a Slurm directive
    #[arg(value_name = "KEY=VALUE", required = true)]
    pub overrides: Vec<String>,
    /// Write the change to the file
    #[arg(long)]
    pub write: bool,
    /// Change also what is pinned
    #[arg(long)]
    pub force: bool,
    /// Refuse where this key, or what is below it, would change as well
    #[arg(long, value_name = "KEY")]
    pub pin: Vec<String>,
    /// Where the project's configuration is.
    #[command(flatten)]
    pub project: ProjectArgs,
    /// Which launches of the file are meant, counted from 1: 2, or 1,2 for a change of both
    #[arg(long, value_name = "N", value_delimiter = ',')]
    pub launch: Vec<usize>,
    /// Keys that may change along, where they read the same variable; `*` stands for any text
    #[arg(long, value_name = "KEY", value_delimiter = ',')]
    pub also: Vec<String>,
    /// A variable of the job's environment
    #[arg(long, value_name = "NAME=VALUE")]
    pub env: Vec<String>,
    /// The arguments that the scripts are started with [default: any]
    #[arg(long, value_name = "ARG", num_args = 0..)]
    pub args: Option<Vec<String>>,
    /// How to print the result
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = OutputFormat::Full)]
    pub output_format: OutputFormat,
}

/// `hydrule show`.
#[derive(Debug, Args)]
#[command(after_help = examples::SHOW)]
pub struct ShowArgs {
    /// Launch scripts, configurations in YAML, run folders
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Where the project's configuration is.
    #[command(flatten)]
    pub project: ProjectArgs,
    /// A variable of the job's environment
    #[arg(long, value_name = "NAME=VALUE")]
    pub env: Vec<String>,
    /// The arguments that the scripts are started with [default: any]
    #[arg(long, value_name = "ARG", num_args = 0..)]
    pub args: Option<Vec<String>>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = OutputFormat::Full)]
    pub output_format: OutputFormat,
}

/// `hydrule diff`.
#[derive(Debug, Args)]
#[command(after_help = examples::DIFF)]
pub struct DiffArgs {
    /// The old side: a launch script, run folder, YAML file, list of overrides or JSONL; FILE:N is its
    /// launch, job or line N
    #[arg(value_name = "A")]
    pub old: String,
    /// The new side
    #[arg(value_name = "B")]
    pub new: String,
    /// Where the project's configuration is.
    #[command(flatten)]
    pub project: ProjectArgs,
    /// A variable of the jobs' environment
    #[arg(long, value_name = "NAME=VALUE")]
    pub env: Vec<String>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = OutputFormat::Full)]
    pub output_format: OutputFormat,
}

/// `hydrule parse`.
#[derive(Debug, Args)]
#[command(after_help = examples::PARSE)]
pub struct ParseArgs {
    /// Overrides
    #[arg(value_name = "OVERRIDE", required_unless_present = "jsonl", allow_hyphen_values = true)]
    pub overrides: Vec<String>,
    /// Read one JSON string a line from standard input, write one record a line
    #[arg(long, conflicts_with = "overrides")]
    pub jsonl: bool,
}

/// `hydrule expand`.
#[derive(Debug, Args)]
#[command(after_help = examples::EXPAND)]
pub struct ExpandArgs {
    /// Overrides of the multirun
    #[arg(last = true, value_name = "OVERRIDE", required_unless_present = "jsonl")]
    pub overrides: Vec<String>,
    /// Read one {"args": […]} a line from standard input, write {"ok", "jobs"} a line
    #[arg(long, conflicts_with = "overrides")]
    pub jsonl: bool,
    /// How many jobs to print
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub most: usize,
}

/// `hydrule compose`.
#[derive(Debug, Args)]
#[command(after_help = examples::COMPOSE)]
pub struct ComposeArgs {
    /// The base configuration: a YAML file, such as a run folder's `.hydra/config.yaml`
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Show only this key, interpolations resolved, and where its value comes from
    #[arg(long, value_name = "KEY")]
    pub get: Vec<String>,
    /// A variable of the job's environment, for ${oc.env:NAME}
    #[arg(long, value_name = "NAME=VALUE")]
    pub env: Vec<String>,
    /// Overrides
    #[arg(last = true, value_name = "OVERRIDE")]
    pub overrides: Vec<String>,
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

/// `hydrule config`.
#[derive(Debug, Args)]
#[command(after_help = examples::CONFIG)]
pub struct ConfigArgs {
    /// A file or folder of the project [default: the current folder]
    #[arg(value_name = "PATH")]
    pub path: Option<PathBuf>,
    /// Where the project's configuration is.
    #[command(flatten)]
    pub project: ProjectArgs,
    /// Look for no base configuration where none is given
    #[arg(long)]
    pub no_base: bool,
    /// How to print the result
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = OutputFormat::Full)]
    pub output_format: OutputFormat,
}

/// What a schema describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// The files of a rule pack.
    Pack,
    /// The configuration of a project: hydrule.toml.
    Config,
    /// The cases of a pack.
    Case,
    /// What `check --output-format json` prints.
    Check,
}

/// `hydrule schema`.
#[derive(Debug, Args)]
#[command(after_help = examples::SCHEMA)]
pub struct SchemaArgs {
    /// What it describes
    #[arg(value_enum, value_name = "WHAT")]
    pub of: SchemaOf,
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
    /// The pack it stands in: a name or a folder [default: all packs that ship]
    #[arg(long, value_name = "NAME|PATH")]
    pub pack: Option<String>,
    /// How to print the result
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = OutputFormat::Full)]
    pub output_format: OutputFormat,
}

/// `hydrule pack check`.
#[derive(Debug, Args)]
#[command(after_help = examples::PACK_CHECK)]
pub struct PackCheckArgs {
    /// Rule packs: names, folders or files
    #[arg(value_name = "NAME|PATH", required = true)]
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
    /// The rule pack: a name or a folder [default: the one that each triple names]
    #[arg(long, value_name = "NAME|PATH")]
    pub pack: Option<String>,
    /// How to print the result
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = OutputFormat::Full)]
    pub output_format: OutputFormat,
}

/// `hydrule lsp`.
#[derive(Debug, Args)]
#[command(after_help = examples::LSP)]
pub struct LspArgs {
    /// Which findings count.
    #[command(flatten)]
    pub selected: SelectArgs,
    /// The base configuration that the launches start from
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Look for no base configuration where none is given
    #[arg(long)]
    pub no_base: bool,
    /// Which rules hold for it.
    #[command(flatten)]
    pub rules: PackRules,
    /// A variable of the jobs' environment
    #[arg(long, value_name = "NAME=VALUE")]
    pub env: Vec<String>,
    /// A parameter of the pack
    #[arg(long, value_name = "NAME=VALUE")]
    pub param: Vec<String>,
    /// Some editors say how they speak; there is no other way
    #[arg(long, hide = true)]
    pub stdio: bool,
}

/// `hydrule log`.
#[derive(Debug, Args)]
#[command(after_help = examples::LOG)]
pub struct LogArgs {
    /// A folder of the tree that was written
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    pub folder: PathBuf,
    /// How to print the result
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = OutputFormat::Full)]
    pub output_format: OutputFormat,
}

/// `hydrule undo`.
#[derive(Debug, Args)]
#[command(after_help = examples::UNDO)]
pub struct UndoArgs {
    /// The transaction, as `hydrule log` numbers them [default: the latest that is not undone]
    #[arg(value_name = "ID")]
    pub id: Option<u64>,
    /// Write the change to the files
    #[arg(long)]
    pub write: bool,
    /// Give up what was changed in the files since
    #[arg(long)]
    pub force: bool,
    /// A folder of the tree that was written
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    pub folder: PathBuf,
}

/// `hydrule completions`.
#[derive(Debug, Args)]
#[command(after_help = examples::COMPLETIONS)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

/// `hydrule man`.
#[derive(Debug, Args)]
#[command(after_help = examples::MAN)]
pub struct ManArgs {
    /// Write the pages of all commands into this folder [default: print the page of hydrule itself]
    #[arg(value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
}
