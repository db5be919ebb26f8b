//! `hydrule test`: the cases of packs, run and compared.

mod each;
mod find;
mod kill;
mod mutate;
mod prepared;
mod review;
mod run;
mod watch;

use std::path::Path;

use regex_lite::Regex;

use super::Done;
use super::args::{TestArgs, TestFormat, Unreferenced};
use super::console::Console;
use super::error::CliError;
use super::files::{entries_in, read_text, remove_file, write_itself};
use super::packs_here;
use crate::cases::{
    Case, Compared, Coverage, Outcome, Snap, Snapshot, Status, Tested, TestedPack, compare,
    is_pending, pending_name, snapshot_name,
};
use crate::report::{TestView, tests_concise, tests_full, tests_json, tests_junit, tests_summary};
use crate::text::{Fault, Faults, Source, Span, compile_pattern};
use crate::threads::{self, in_order};
pub use each::{PackTest, pack_tests};
use find::TestPack;

/// `hydrule test`.
pub fn run(args: &TestArgs, console: &mut Console) -> Result<Done, CliError> {
    if in_ci() && (args.accept || args.review) {
        return Err(CliError::plain("CI is set, and CI accepts no snapshot")
            .helped("accept them where you work, and commit them"));
    }
    if args.mutate {
        return mutate::run(args, console);
    }
    if args.watch { watch::run(args, console) } else { once(args, console) }
}

/// Tells whether this runs in CI, where nobody looks at what is accepted.
fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|it| !matches!(it.as_str(), "" | "0" | "false"))
}

/// Runs all cases once.
fn once(args: &TestArgs, console: &mut Console) -> Result<Done, CliError> {
    let filter = args.filter.as_deref().map(filter).transpose()?;
    let mut packs = Vec::new();
    for folder in packs_here::folders(&args.packs)? {
        let pack = find::load(&folder)?;
        // What only gives others their signals is tested by them.
        if !args.packs.is_empty() || pack.has_rules() || !pack.cases.is_empty() {
            packs.push(pack);
        }
    }
    let left_out = select(&mut packs, filter.as_ref(), args)?;
    let threads = args.threads.unwrap_or_else(threads::usual);
    let mut tested = tested(&packs, &left_out, filter.is_some(), threads)?;
    let checks = args.check || in_ci();
    if args.review {
        review::run(&packs, &mut tested, console)?;
    }
    let wrote = Snapshots { args, checks }.settle(&packs, &mut tested)?;
    let view = TestView {
        look: console.out,
        checks,
        rejects: wrote.rejects,
        coverage: args.coverage,
        requires: args.require_coverage,
        whole: false,
    };
    let passed = passed(&tested, view);
    match args.output_format {
        // What was shown one by one is not shown again.
        TestFormat::Full if args.review => {}
        TestFormat::Full => console.page(&tests_full(&tested, view))?,
        TestFormat::Concise => console.page(&tests_concise(&tested, view))?,
        TestFormat::Json => console.print(&format!("{:#}\n", tests_json(&tested, view, passed)))?,
        TestFormat::Junit => console.print(&tests_junit(&tested, view))?,
    }
    let view = TestView { look: console.err, ..view };
    console.say(&tests_summary(&tested, view));
    console.say(&hint(&tested, &wrote));
    let erred = statuses(&tested, checks).any(|status| status == Status::Error);
    if erred {
        return Err(CliError::plain("a case could not be run"));
    }
    Ok(if passed { Done::Clean } else { Done::Proposed })
}

fn statuses(packs: &[TestedPack], checks: bool) -> impl Iterator<Item = Status> + '_ {
    packs.iter().flat_map(move |pack| pack.cases.iter().map(move |case| case.status(checks)))
}

fn passed(packs: &[TestedPack], view: TestView) -> bool {
    let gap = |pack: &TestedPack| {
        pack.knows_no_launch() || pack.coverage.rules.values().any(|it| it.gap().is_some())
    };
    statuses(packs, view.checks).all(|status| status == Status::Passed)
        && !(view.rejects && packs.iter().any(|pack| !pack.unreferenced.is_empty()))
        && !(view.requires && packs.iter().any(gap))
}

fn hint(packs: &[TestedPack], wrote: &Wrote) -> String {
    let waits = packs.iter().flat_map(|it| &it.cases).any(|case| case.pending().is_some());
    match (waits, wrote.accepted) {
        (_, number @ 1..) => format!("Accepted {}.\n", crate::text::count(number, "snapshot")),
        (true, 0) if wrote.pending => {
            "hydrule test --review shows new and changed snapshots; --accept takes all.\n"
                .to_owned()
        }
        _ => String::new(),
    }
}

fn filter(text: &str) -> Result<Regex, CliError> {
    compile_pattern(text).map_err(|(span, why)| {
        let fault = Fault::new("hydrule::argument::filter", span, why);
        CliError::at_word(text, fault.labelled("no regular expression"))
    })
}

/// Leaves out the cases that the filter does not match; returns how many of each pack.
///
/// # Errors
/// A pack without cases, and a filter that nothing matches: a run that tests nothing fails.
fn select(
    packs: &mut [TestPack],
    filter: Option<&Regex>,
    args: &TestArgs,
) -> Result<Vec<usize>, CliError> {
    let mut all = Vec::new();
    for pack in packs.iter_mut() {
        if pack.cases.is_empty() {
            let cases = pack.folder.join("cases");
            let message = format!("the pack `{}` has no case in {}", pack.name, cases.display());
            return Err(
                CliError::plain(message).helped("docs/testing.md shows how a case is written")
            );
        }
        let before = pack.cases.len();
        let matches = |case: &Case| {
            filter.is_none_or(|it| {
                it.is_match(&case.name) || it.is_match(&format!("{}/{}", pack.name, case.name))
            })
        };
        pack.cases.retain(matches);
        all.push(before - pack.cases.len());
    }
    if packs.iter().all(|pack| pack.cases.is_empty()) {
        let wanted = args.filter.as_deref().unwrap_or_default();
        let fault = Fault::new("hydrule::argument::filter", Span::at(0), "no case has such a name");
        return Err(CliError::at_word(wanted, fault.labelled("matches nothing")));
    }
    Ok(all)
}

/// Runs the cases of all packs.
fn tested(
    packs: &[TestPack],
    left_out: &[usize],
    filtered: bool,
    threads: usize,
) -> Result<Vec<TestedPack>, CliError> {
    let mut all = Vec::new();
    for (pack, left_out) in packs.iter().zip(left_out) {
        let cases = in_order(&pack.cases, threads, |case| test(pack, case));
        let options = pack.pack.options.iter().map(|it| it.id.as_str());
        let requirements = pack.pack.requirements.iter().map(|it| it.id.as_str());
        let mut coverage = Coverage::of(options.chain(requirements));
        cases.iter().for_each(|case| coverage.count(&case.ruled));
        let unreferenced = if filtered { Vec::new() } else { unreferenced(pack)? };
        let name = pack.name.clone();
        all.push(TestedPack { name, cases, coverage, unreferenced, left_out: *left_out });
    }
    Ok(all)
}

fn test(pack: &TestPack, case: &Case) -> Tested {
    let name = case.name.clone();
    let at = case.at.clone();
    match run::run(&pack.pack, case) {
        Err(faults) => {
            let (ruled, compared) = (Vec::new(), Compared::NotKept);
            Tested { name, at, result: Err(faults), compared, ruled, known: None }
        }
        Ok(outcome) => {
            let (result, compared) = match compared(pack, case, &outcome) {
                Ok(compared) => (Ok(compare(case, &outcome)), compared),
                Err(faults) => (Err(vec![faults]), Compared::NotKept),
            };
            let scripted = case.inputs.files.iter().any(|it| !it.is_yaml());
            let tells = !pack.pack.launches.is_empty() || !pack.pack.keys.is_empty();
            let known = (scripted && tells).then_some(!outcome.known_by.is_empty());
            Tested { name, at, result, compared, ruled: outcome.ruled, known }
        }
    }
}

/// Compares a case's page with its snapshot.
fn compared(pack: &TestPack, case: &Case, outcome: &Outcome) -> Result<Compared, Faults> {
    if case.snap == Snap::None {
        return Ok(Compared::NotKept);
    }
    let new = Snapshot { title: case.title.clone(), content: outcome.page.trim_end().to_owned() };
    let path = pack.snapshots.join(snapshot_name(&case.name));
    if !path.exists() {
        return Ok(Compared::New(new));
    }
    let old = match path.is_symlink() {
        true => Err(format!("cannot read `{}`: it is a link", path.display())),
        false => read_text(&path, false),
    };
    let old = old.map_err(|why| {
        let source = Source::new(path.display().to_string(), "");
        Faults::one(source, Fault::new("hydrule::case::snapshot", Span::at(0), why))
    })?;
    let old = Snapshot::read(old.text());
    Ok(if old.shows_the_same(&new) { Compared::Same } else { Compared::Changed { old, new } })
}

/// Lists the files of snapshots that belong to no case, or to one that keeps none.
fn unreferenced(pack: &TestPack) -> Result<Vec<String>, CliError> {
    let mut found = Vec::new();
    for path in entries_in(&pack.snapshots)? {
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some((case, _)) = is_pending(&file) else { continue };
        let kept = pack.cases.iter().any(|it| it.name == case && it.snap == Snap::Kept);
        if !kept {
            found.push(file);
        }
    }
    Ok(found)
}

/// What was written.
#[derive(Default)]
struct Wrote {
    accepted: usize,
    /// Whether snapshots wait for a review.
    pending: bool,
    /// Whether unreferenced snapshots are a fault.
    rejects: bool,
}

/// What to do with new, changed and unreferenced snapshots.
struct Snapshots<'a> {
    args: &'a TestArgs,
    checks: bool,
}

impl Snapshots<'_> {
    /// Accepts or puts aside what is new, and deletes what no case has any more.
    fn settle(&self, packs: &[TestPack], tested: &mut [TestedPack]) -> Result<Wrote, CliError> {
        let mut wrote = Wrote::default();
        for (pack, tested) in packs.iter().zip(tested.iter_mut()) {
            let erred = tested.cases.iter().any(|case| case.result.is_err());
            for case in &mut tested.cases {
                self.settle_case(&pack.snapshots, case, &mut wrote)?;
            }
            let deletes = match self.args.unreferenced {
                Unreferenced::Delete => !self.checks,
                Unreferenced::Auto => self.args.accept,
                Unreferenced::Reject => false,
            };
            if deletes && !erred {
                for file in &tested.unreferenced {
                    remove_file(&pack.snapshots.join(file))?;
                }
            } else {
                wrote.rejects = true;
            }
        }
        Ok(wrote)
    }

    fn settle_case(
        &self,
        folder: &Path,
        case: &mut Tested,
        wrote: &mut Wrote,
    ) -> Result<(), CliError> {
        if self.checks || case.result.is_err() {
            return Ok(());
        }
        match case.pending() {
            None => remove_file(&folder.join(pending_name(&case.name)))?,
            Some(new) if self.args.accept => {
                accept(folder, &case.name, new)?;
                case.compared = Compared::Same;
                wrote.accepted += 1;
            }
            // What was reviewed and skipped waits as before.
            Some(new) => {
                if !self.args.review {
                    write_itself(&folder.join(pending_name(&case.name)), &new.write())?;
                }
                wrote.pending = true;
            }
        }
        Ok(())
    }
}

/// Makes a page the snapshot of a case.
fn accept(folder: &Path, case: &str, new: &Snapshot) -> Result<(), CliError> {
    write_itself(&folder.join(snapshot_name(case)), &new.write())?;
    remove_file(&folder.join(pending_name(case)))
}
