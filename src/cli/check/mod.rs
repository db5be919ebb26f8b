//! `hydrule check`: what is wrong with launch scripts before they run.

mod apart;
mod baseline;
mod broken;
mod buffer;
mod examine;
mod fix;
mod job;
mod misspelt;
mod opened;
mod other_type;
mod paths;
mod recognise;
mod remedy;
mod scope;
mod select;
mod several;
mod suppress;
mod warning;

use std::collections::{BTreeMap, BTreeSet};
use std::mem::ManuallyDrop;
use std::path::PathBuf;

use super::Done;
use super::args::{CheckArgs, CheckFormat};
use super::choose::{here_knowing, none};
use super::commit::{begin, commit};
use super::console::Console;
use super::error::CliError;
use super::files::{put, refuse_over};
use crate::pack::Signs;
use crate::report::{
    FileChange, Fixes, Look, Paint, Report, check_concise, check_full, check_github, check_gitlab,
    check_json, check_junit, check_lines, check_sarif, check_statistics, check_statistics_json,
    check_summary, unified_diff,
};
use crate::text::{Finding, Level, count, join_and, join_or};
use crate::transaction::{Record, RecordedStep};
use baseline::Baseline;
pub use buffer::{Buffer, Buffers, Known};
use job::{CheckedFile, Looked, look_all};
pub use opened::Opened;
use scope::Scopes;
use select::Selection;
pub use select::own_rules;

/// `hydrule check`.
pub fn run(args: &CheckArgs, console: &mut Console) -> Result<Done, CliError> {
    refuse_statistics(args)?;
    refuse_over(args.output_file.as_deref(), &args.paths.paths)?;
    let candidates = paths::collect(&args.paths)?;
    // The end of the program gives back what packs take, and sooner than could be done piece by piece.
    let scopes = ManuallyDrop::new(Scopes::new(args)?);
    let selection = Selection::of(args);
    let baseline = args.baseline.as_deref();
    let baseline = baseline.map(|path| Baseline::read(path, args.accept_new)).transpose()?;
    let paths: Vec<PathBuf> = candidates.files.iter().map(|it| it.path.clone()).collect();
    let given = candidates.given.as_deref();
    let writes = asked(args) == Fixes::Made && given.is_none() && !args.show_files;
    if writes {
        begin(&paths, true, console)?;
    }
    let looked = look_all(args, &scopes, &selection, baseline.as_ref(), &candidates.files)?;
    let mut errors = candidates.errors;
    errors.extend(looked.errors.iter().cloned());
    give_back(args, given, &looked, console)?;
    refuse_untold(args, &scopes, &looked)?;
    selection.check(&scopes)?;
    if args.show_files {
        list(&looked, console)?;
        return ended(Done::Clean, &errors, console);
    }
    let files: Vec<String> = looked.names().map(str::to_owned).collect();
    let found: Vec<Finding> = all(&looked, |file| &file.findings);
    let fixed: Vec<Finding> = all(&looked, |file| &file.fixed);
    let (findings, known, stale) = weigh(args, baseline.as_ref(), found, &files)?;
    let rules = told(&scopes, findings.iter().chain(&fixed));
    let unread = shown(&errors);
    let report = Report {
        findings: &findings,
        fixed: &fixed,
        fixes: asked(args),
        unsafe_fixes: args.unsafe_fixes,
        files: &files,
        skipped: &looked.skipped,
        errors: &unread,
        bases: &looked.bases(),
        suppressed: looked.files.iter().map(|file| file.suppressed).sum(),
        known,
        stale: &stale,
        rules: &rules,
    };
    let changes = changed(&looked);
    if writes && !changes.is_empty() {
        commit(&paths, &changes, record(&fixed), console)?;
    }
    match report.fixes {
        Fixes::Shown => show_diff(args, &changes, console)?,
        fixes => show(args, &report, given.is_some() && fixes == Fixes::Made, console)?,
    }
    warn(&report, &looked, console);
    if files.is_empty() && errors.is_empty() && !args.allow_empty {
        return Err(nothing(args));
    }
    if !files.is_empty() || errors.is_empty() {
        console.say(&check_summary(&report, &remarks(&scopes, &looked), console.err));
    }
    ended(done(args, &report), &errors, console)
}

/// Says what the rules of findings find.
fn told<'a>(
    scopes: &Scopes<'_>,
    findings: impl Iterator<Item = &'a Finding>,
) -> BTreeMap<String, String> {
    let ids: BTreeSet<&str> = findings.map(|it| it.rule.as_str()).collect();
    let mut rules = scopes.requirements(|id| ids.contains(id));
    let own = own_rules().filter(|(id, _)| ids.contains(id));
    rules.extend(own.map(|(id, what)| (id.to_owned(), what.to_owned())));
    rules
}

/// Statistics have two formats.
fn refuse_statistics(args: &CheckArgs) -> Result<(), CliError> {
    match args.output_format {
        CheckFormat::Full | CheckFormat::Json => Ok(()),
        _ if !args.statistics => Ok(()),
        _ => Err(CliError::plain("--statistics are printed as full or json")),
    }
}

/// Names the files that were checked.
fn list(looked: &Looked, console: &mut Console) -> Result<(), CliError> {
    let lines: String = looked.names().map(|name| format!("{name}\n")).collect();
    console.print(&lines)
}

/// Names files and what is wrong with them.
fn shown(errors: &[(PathBuf, CliError)]) -> Vec<(String, String)> {
    let told = errors.iter().map(|(path, error)| (path.display().to_string(), error.message()));
    told.collect()
}

/// Lists the files that fixes change.
fn changed(looked: &Looked) -> Vec<FileChange> {
    let changes = looked.files.iter().map(|file| &file.change);
    changes.filter(|it| it.before != it.after).cloned().collect()
}

/// Prints what came from standard input, with the fixes. What cannot be fixed is given back as it is:
/// an editor takes it for its text.
fn give_back(
    args: &CheckArgs,
    given: Option<&[u8]>,
    looked: &Looked,
    console: &mut Console,
) -> Result<(), CliError> {
    let asked = asked(args) == Fixes::Made && !args.show_files;
    let Some(Ok(text)) = given.filter(|_| asked).map(str::from_utf8) else { return Ok(()) };
    let fixed = looked.files.first().map(|file| file.change.after.as_str());
    console.give(fixed.unwrap_or(text))
}

/// Says what the exit code tells, errors apart.
fn done(args: &CheckArgs, report: &Report<'_>) -> Done {
    let heavy = report.findings.iter().any(|finding| finding.level > Level::Note);
    let fixed = !report.fixed.is_empty();
    let proposed = match report.fixes {
        Fixes::Shown => fixed,
        Fixes::Made | Fixes::Offered => heavy || args.exit_non_zero_on_fix && fixed,
    };
    if proposed && !args.exit_zero { Done::Proposed } else { Done::Clean }
}

/// The findings of all files.
fn all(looked: &Looked, of: fn(&CheckedFile) -> &[Finding]) -> Vec<Finding> {
    looked.files.iter().flat_map(of).cloned().collect()
}

/// What the user asks to do with fixes.
fn asked(args: &CheckArgs) -> Fixes {
    match (args.fix, args.diff) {
        (_, true) => Fixes::Shown,
        (true, false) => Fixes::Made,
        (false, false) => Fixes::Offered,
    }
}

/// Says for the journal which findings were mended, and how.
fn record(fixed: &[Finding]) -> Record {
    let step = |it: &Finding| RecordedStep {
        rule: it.rule.clone(),
        why: it.fix.as_ref().map_or(String::new(), |fix| fix.what.clone()),
    };
    let steps = fixed.iter().map(step).collect();
    Record { command: "check".to_owned(), steps, ..Record::default() }
}

/// Prints the changes instead of the findings.
fn show_diff(
    args: &CheckArgs,
    changes: &[FileChange],
    console: &mut Console,
) -> Result<(), CliError> {
    let look = look(args, console);
    let text: String = changes.iter().map(|it| unified_diff(it, Paint::new(look))).collect();
    put(args.output_file.as_deref(), &text, console)
}

/// Takes out what the baseline knows, or makes it know everything; returns the findings that stay, how
/// many do not, and what is known and found no more.
fn weigh(
    args: &CheckArgs,
    baseline: Option<&Baseline>,
    found: Vec<Finding>,
    files: &[String],
) -> Result<(Vec<Finding>, usize, Vec<String>), CliError> {
    let Some(baseline) = baseline else { return Ok((found, 0, Vec::new())) };
    if !args.accept_new {
        return Ok(baseline.apply(found, files));
    }
    baseline.accept(&found, files)?;
    let all = found.len();
    let notes = found.into_iter().filter(|it| it.level == Level::Note);
    let notes: Vec<Finding> = notes.collect();
    let known = all - notes.len();
    Ok((notes, known, Vec::new()))
}

/// Tells what was not checked, what the baseline need not know any more, and what else may be meant.
fn warn(report: &Report<'_>, looked: &Looked, console: &mut Console) {
    let paint = Paint::new(console.err);
    for (path, why) in report.skipped {
        console.say(&format!("{} {path} is not checked: {why}.\n", paint.warn("!")));
    }
    for entry in report.stale {
        let text = format!("The baseline knows what is no more found: {entry}.");
        console.say(&format!("{} {text}\n", paint.warn("!")));
    }
    if !report.bases.is_empty() {
        let named: Vec<String> = report.bases.iter().map(|it| format!("`{it}`")).collect();
        let what = if named.len() > 3 { count(named.len(), "file") } else { join_and(&named) };
        let text = format!("Base configuration found: {what}; --no-base leaves it out.");
        console.say(&format!("{} {text}\n", paint.warn("!")));
    }
    for other in looked.others() {
        console.say(&format!("{} {other}\n", paint.warn("!")));
    }
}

/// Prints the findings: to stdout, or into the file that was asked for; to stderr where the text of the
/// script takes stdout.
fn show(
    args: &CheckArgs,
    report: &Report<'_>,
    beside_text: bool,
    console: &mut Console,
) -> Result<(), CliError> {
    let aside = beside_text && args.output_file.is_none();
    let look = if aside { console.err } else { look(args, console) };
    let text = match args.output_format {
        CheckFormat::Json if args.statistics => format!("{:#}\n", check_statistics_json(report)),
        _ if args.statistics => look.spelled(&check_statistics(report, look)).into_owned(),
        CheckFormat::Full => look.spelled(&check_full(report, look)).into_owned(),
        CheckFormat::Concise => look.spelled(&check_concise(report, look)).into_owned(),
        CheckFormat::Json => format!("{:#}\n", check_json(report)),
        CheckFormat::JsonLines => check_lines(report),
        CheckFormat::Github => check_github(report),
        CheckFormat::Gitlab => format!("{:#}\n", check_gitlab(report)),
        CheckFormat::Junit => check_junit(report),
        CheckFormat::Sarif => format!("{:#}\n", check_sarif(report)),
    };
    if aside {
        console.tell(&text);
        return Ok(());
    }
    put(args.output_file.as_deref(), &text, console)
}

/// How the product looks where it goes.
fn look(args: &CheckArgs, console: &Console) -> Look {
    if args.output_file.is_some() { Look::PLAIN } else { console.out }
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
fn refuse_untold(args: &CheckArgs, scopes: &Scopes<'_>, looked: &Looked) -> Result<(), CliError> {
    let told = [&args.param, &args.fact, &args.facts].into_iter().any(|it| !it.is_empty());
    let strangers: Vec<Signs> = looked.strangers().cloned().collect();
    let all_strange = strangers.len() == looked.launches() && scopes.names().is_empty();
    match told && all_strange && looked.errors.is_empty() {
        true => Err(none(scopes.headers(), &strangers)),
        false => Ok(()),
    }
}

/// Says what there was to check in vain.
fn nothing(args: &CheckArgs) -> CliError {
    let places: Vec<String> =
        args.paths.paths.iter().map(|it| format!("`{}`", it.display())).collect();
    let help = "a launch script has a command with overrides, as in `python -m MODULE key=value …`; \
                --allow-empty makes this no error";
    CliError::plain(format!("there is no launch script in {}", join_and(&places))).helped(help)
}

/// Says what was not checked, and why.
fn remarks(scopes: &Scopes<'_>, looked: &Looked) -> Vec<String> {
    let started = looked.started.iter().map(|(script, other)| {
        format!("{script} starts {other}, which is not checked here: name both for the whole job.")
    });
    started.chain(unheld(scopes, looked)).chain(unjudged(looked)).collect()
}

/// Says how many requirements were not judged since a launch sets something to what nothing tells.
fn unjudged(looked: &Looked) -> Option<String> {
    let all = looked.unjudged().count();
    let first = looked.unjudged().next()?;
    let names: BTreeSet<&str> = looked.unjudged().map(|it| it.name.as_str()).collect();
    let more = match names.len() {
        1 => String::new(),
        many => format!(", and {} more", count(many - 1, "key")),
    };
    let verb = if all == 1 { "was" } else { "were" };
    Some(format!(
        "{} {verb} not judged: `{}` is not known, {}{more}.",
        count(all, "requirement"),
        first.name,
        first.why
    ))
}

/// Says which requirements were not checked.
fn unheld(scopes: &Scopes<'_>, looked: &Looked) -> Option<String> {
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
    let advice = || {
        let strangers: Vec<Signs> = looked.strangers().cloned().collect();
        let here = here_knowing(&strangers);
        format!("; --pack {} gives one", here.as_deref().unwrap_or("NAME|PATH"))
    };
    let (who, advice) = match packs.as_slice() {
        [] => ("no pack knows".to_owned(), advice()),
        [one] => (format!("the pack {one} does not know"), String::new()),
        many => (format!("none of the packs {} knows", join_and(many)), String::new()),
    };
    let of = match strange == all {
        true => "No requirement was checked".to_owned(),
        false => format!(
            "{strange} of {all} {} held against no requirement",
            if all == 1 { "launch was" } else { "launches were" }
        ),
    };
    Some(format!("{of}: {who} {shown}{advice}."))
}
