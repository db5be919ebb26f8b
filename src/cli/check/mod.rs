//! `hydrule check`: what is wrong with launch scripts before they run.

mod examine;
mod job;
mod paths;
mod recognise;
mod scope;
mod select;

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::Done;
use super::args::{CheckArgs, CheckFormat};
use super::choose::none;
use super::console::Console;
use super::error::CliError;
use super::files::write_text;
use super::threads;
use crate::pack::Signs;
use crate::report::{
    Look, Paint, Report, check_concise, check_full, check_github, check_json, check_lines,
    check_summary,
};
use crate::text::{Finding, Level, count, join_and, join_or};
use job::{Looked, look_all};
use scope::Scopes;
use select::Selection;

/// `hydrule check`.
pub fn run(args: &CheckArgs, console: &mut Console) -> Result<Done, CliError> {
    let candidates = paths::collect(&args.paths)?;
    let scopes = Scopes::new(args)?;
    let threads = args.threads.unwrap_or_else(threads::usual);
    let looked = look_all(args, &scopes, &candidates.files, threads)?;
    let mut errors = candidates.errors;
    errors.extend(looked.errors.iter().cloned());
    if let Some(error) = untold(args, &scopes, &looked) {
        return Err(error);
    }
    let selection = Selection::of(args);
    selection.check(&scopes.requirements())?;
    if args.show_files {
        let lines: String = looked.files.iter().map(|file| format!("{}\n", file.name)).collect();
        console.print(&lines)?;
        return ended(Done::Clean, &errors, console);
    }
    let findings = looked.files.iter().flat_map(|file| &file.findings);
    let findings: Vec<Finding> = findings.filter(|it| selection.holds(&it.rule)).cloned().collect();
    let files: Vec<String> = looked.files.iter().map(|file| file.name.clone()).collect();
    let told = |(path, error): &(PathBuf, CliError)| (path.display().to_string(), error.message());
    let told: Vec<(String, String)> = errors.iter().map(told).collect();
    let report =
        Report { findings: &findings, files: &files, skipped: &looked.skipped, errors: &told };
    show(args, &report, console)?;
    for (path, why) in &looked.skipped {
        let paint = Paint::new(console.err);
        console.say(&format!("{} {path} is not checked: {why}.\n", paint.warn("!")));
    }
    if files.is_empty() && errors.is_empty() && !args.allow_empty {
        return Err(nothing(args));
    }
    if !files.is_empty() || errors.is_empty() {
        console.say(&check_summary(&report, &remarks(&scopes, &looked), console.err));
    }
    let heavy = findings.iter().any(|finding| finding.level > Level::Note);
    let done = if heavy && !args.exit_zero { Done::Proposed } else { Done::Clean };
    ended(done, &errors, console)
}

/// Prints the product: to stdout, or into the file that was asked for.
fn show(args: &CheckArgs, report: &Report<'_>, console: &mut Console) -> Result<(), CliError> {
    let look = match args.output_file {
        Some(_) => Look::PLAIN,
        None => console.out,
    };
    let text = match args.output_format {
        CheckFormat::Full => check_full(report, look),
        CheckFormat::Concise => check_concise(report, look),
        CheckFormat::Json => format!("{:#}\n", check_json(report)),
        CheckFormat::JsonLines => check_lines(report),
        CheckFormat::Github => check_github(report),
    };
    match &args.output_file {
        Some(path) => write_text(path, &text),
        None => console.print(&text),
    }
}

/// Tells the errors, which weigh more than what was found.
fn ended(
    done: Done,
    errors: &[(PathBuf, CliError)],
    console: &mut Console,
) -> Result<Done, CliError> {
    let mut told: Vec<&CliError> = Vec::new();
    for (_, error) in errors {
        // A mistake in a project's configuration is one, however many files it has.
        if !told.contains(&error) {
            console.error(error);
            told.push(error);
        }
    }
    Ok(if errors.is_empty() { done } else { Done::Failed })
}

/// What was given for a pack and reached none is a mistake.
fn untold(args: &CheckArgs, scopes: &Scopes<'_>, looked: &Looked) -> Option<CliError> {
    let told = [&args.param, &args.fact, &args.facts].into_iter().any(|it| !it.is_empty());
    let strangers: Vec<Signs> = looked.strangers().cloned().collect();
    let all_strange = strangers.len() == looked.launches() && scopes.names().is_empty();
    (told && all_strange && looked.errors.is_empty()).then(|| none(scopes.headers(), &strangers))
}

/// Says what there was to check in vain.
fn nothing(args: &CheckArgs) -> CliError {
    let places: Vec<String> =
        args.paths.paths.iter().map(|it| format!("`{}`", it.display())).collect();
    let help = "a launch script has a command with overrides, as in `python -m MODULE key=value …`; \
                --allow-empty makes this no error";
    CliError::plain(format!("there is no launch script in {}", join_and(&places))).helped(help)
}

/// Says which requirements were not checked.
fn remarks(scopes: &Scopes<'_>, looked: &Looked) -> Option<String> {
    let programs: BTreeSet<String> = looked
        .strangers()
        .flat_map(|it| &it.programs)
        .filter(|it| !it.is_empty())
        .map(|it| format!("`{it}`"))
        .collect();
    let (strange, all) = (looked.strangers().count(), looked.launches());
    let packs = scopes.names();
    if strange == 0 {
        return None;
    }
    let shown: Vec<String> = match programs.len() {
        0..=3 => programs.into_iter().collect(),
        many => vec![count(many, "program")],
    };
    let shown = if shown.is_empty() { "what is launched".to_owned() } else { join_or(&shown) };
    let (who, advice) = match packs.as_slice() {
        [] => ("no pack knows".to_owned(), "; --pack NAME|PATH gives one"),
        [one] => (format!("the pack {one} does not know"), ""),
        many => (format!("none of the packs {} knows", join_and(many)), ""),
    };
    let of = match strange == all {
        true => "No requirement was checked".to_owned(),
        false => format!(
            "{strange} of {all} {} met no requirement",
            if all == 1 { "launch" } else { "launches" }
        ),
    };
    Some(format!("{of}: {who} {shown}{advice}."))
}
