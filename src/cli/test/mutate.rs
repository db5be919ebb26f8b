//! `hydrule test --mutate`: small mistakes in the rules, and whether a case notices them.

use std::io::{IsTerminal as _, Write as _, stderr};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::find::{self, SURVIVORS, TestPack};
use super::kill::{Draft, comes_to, expected, holds};
use super::prepared::Prepared;
use super::run::{self};
use crate::cases::{
    Case, Justification, MutatedPack, Outcome, Snap, Survivor, Truth, compare, read_justifications,
};
use crate::cli::Done;
use crate::cli::args::{TestArgs, TestFormat};
use crate::cli::console::Console;
use crate::cli::error::CliError;
use crate::cli::files::{read_text, write_itself};
use crate::cli::packs_here;
use crate::condition::{Condition, Outcome as Computed};
use crate::engine::View;
use crate::pack::{self, Field, Mutant, PEAK, Pack};
use crate::report::{mutants_concise, mutants_full, mutants_json, mutants_summary};
use crate::text::Faults;
use crate::threads::{self, in_order};
use crate::verify::Differ;

/// The file that accepted cases are written to.
const KILLS: &str = "kills.toml";

/// Cases with more steps than this take long, and come last.
const LADDER: usize = 6;

/// How many mutants are tried between two lines of progress.
const PROGRESS: usize = 25;

/// Tries the mutants of all packs.
pub fn run(args: &TestArgs, console: &mut Console) -> Result<Done, CliError> {
    if args.output_format == TestFormat::Junit {
        return Err(CliError::plain("mutants are no cases, and have no JUnit report")
            .helped("use --output-format json"));
    }
    let threads = args.threads.unwrap_or_else(threads::usual);
    let mut done = Vec::new();
    for folder in packs_here::folders(&args.packs)? {
        let pack = find::load(&folder)?;
        if !pack.cases.is_empty() || pack.has_rules() {
            done.push(Suite::new(&pack, threads)?.mutate(args.accept, args.check)?);
        }
    }
    if done.is_empty() {
        return Err(CliError::plain("there is no rule to change"));
    }
    match args.output_format {
        TestFormat::Json => console.print(&format!("{:#}\n", mutants_json(&done)))?,
        TestFormat::Concise => console.page(&mutants_concise(&done, console.out))?,
        _ => console.page(&mutants_full(&done, console.out))?,
    }
    console.say(&mutants_summary(&done, console.err));
    let clean = done.iter().all(MutatedPack::is_clean);
    Ok(if clean { Done::Clean } else { Done::Proposed })
}

/// A case and what comes of it without any mistake.
struct Tried<'a> {
    case: &'a Case,
    outcome: Outcome,
    prepared: Prepared,
}

/// The cases of a pack, ready to be run on many mutants.
struct Suite<'a> {
    pack: &'a TestPack,
    tried: Vec<Tried<'a>>,
    threads: usize,
    /// Packs that no thread changes just now: reading one anew takes longer than running a case.
    spare: Mutex<Vec<Pack>>,
    plans: AtomicUsize,
}

impl<'a> Suite<'a> {
    /// Runs all cases on the pack as it is.
    ///
    /// # Errors
    /// A pack without cases, and cases that fail already.
    fn new(pack: &'a TestPack, threads: usize) -> Result<Self, CliError> {
        let runs = in_order(&pack.cases, threads, |case| {
            let outcome = run::run(&pack.pack, case)?;
            Ok::<_, Vec<Faults>>((outcome, Prepared::new(&pack.pack, case)?))
        });
        let mut tried = Vec::new();
        for (case, run) in pack.cases.iter().zip(runs) {
            let (outcome, prepared) = run.map_err(CliError::Faults)?;
            tried.push(Tried { case, outcome, prepared });
        }
        let failing = tried.iter().find(|it| !compare(it.case, &it.outcome).is_empty());
        if let Some(failing) = failing {
            let message = format!("the case `{}/{}` fails already", pack.name, failing.case.name);
            return Err(CliError::plain(message).helped("hydrule test shows why"));
        }
        if tried.is_empty() {
            let message =
                format!("the pack `{}` has no case that could notice a mistake", pack.name);
            return Err(
                CliError::plain(message).helped("docs/testing.md shows how a case is written")
            );
        }
        let (spare, plans) = (Mutex::default(), AtomicUsize::new(tried.len()));
        Ok(Self { pack, tried, threads, spare, plans })
    }

    /// Tries the mutants, and looks for cases that notice the survivors; `checks` where nobody
    /// wants those.
    fn mutate(&self, accept: bool, checks: bool) -> Result<MutatedPack, CliError> {
        let mutants = self.pack.pack.mutants();
        // What an extended pack defines is for its own cases to notice.
        let own = |it: &Mutant| self.pack.pack.is_own(&it.place);
        let all: Vec<Mutant> = mutants.all.into_iter().filter(own).collect();
        let progress = Progress::new(&self.pack.name, all.len());
        let noticed = in_order(&all, self.threads, |mutant| {
            progress.step();
            self.noticed(mutant)
        });
        progress.end();
        let number = all.len();
        let mut left = Vec::new();
        for (mutant, noticed) in all.into_iter().zip(noticed) {
            if !noticed? {
                left.push(mutant);
            }
        }
        let justified = self.justifications()?;
        let (known, open): (Vec<Mutant>, Vec<Mutant>) =
            left.into_iter().partition(|it| justified.iter().any(|why| why.is_of(it)));
        let is_stale = |why: &Justification| !known.iter().any(|it| why.is_of(it));
        let stale = justified.iter().filter(|it| is_stale(it)).cloned().collect();
        let mut survivors = if checks {
            let alone = |mutant| Survivor { mutant, case: None, reason: None };
            open.into_iter().map(alone).collect()
        } else {
            self.kill(open)?
        };
        let accepted = if accept { self.write(&survivors)? } else { 0 };
        survivors.extend(known.into_iter().map(|mutant| {
            let why = justified.iter().find(|why| why.is_of(&mutant));
            let reason = why.map(|why| why.reason.as_str().to_owned());
            Survivor { mutant, case: None, reason }
        }));
        Ok(MutatedPack {
            name: self.pack.name.clone(),
            mutants: number,
            equivalent: mutants.equivalent,
            survivors,
            stale,
            plans: self.plans.load(Ordering::Relaxed),
            accepted,
        })
    }

    fn justifications(&self) -> Result<Vec<Justification>, CliError> {
        let path = self.pack.folder.join("cases").join(SURVIVORS);
        if !path.exists() {
            return Ok(Vec::new());
        }
        find::check_inside(&self.pack.folder, &path).map_err(CliError::plain)?;
        let source = read_text(&path, false).map_err(CliError::plain)?;
        Ok(read_justifications(&source)?)
    }

    /// Does something with the pack as a mutant has it.
    fn with<T>(&self, mutant: &Mutant, work: impl FnOnce(&Arc<Pack>) -> T) -> Result<T, CliError> {
        let spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut pack = match spare {
            Some(pack) => pack,
            None => {
                let shown = self.pack.folder.display().to_string();
                pack::load(&shown).map_err(|error| CliError::pack(&shown, error))?
            }
        };
        let mut change = mutant.change.clone();
        pack.exchange(mutant.field, &mut change);
        let shared = Arc::new(pack);
        let answer = work(&shared);
        if let Ok(mut pack) = Arc::try_unwrap(shared) {
            pack.exchange(mutant.field, &mut change);
            self.spare.lock().unwrap_or_else(PoisonError::into_inner).push(pack);
        }
        Ok(answer)
    }

    /// Tells whether a case fails on a mutant. Those come first that expect something of the rule, then those
    /// on which it fires, and of these the quickest.
    fn noticed(&self, mutant: &Mutant) -> Result<bool, CliError> {
        let weight = |it: &&Tried<'_>| {
            let own = it.outcome.ruled.iter().find(|ruled| ruled.id == mutant.rule);
            let own = own.map_or(2, |own| match (own.chosen, own.truth) {
                (true, _) => 0,
                (_, Truth::Fired) => 1,
                _ => 2,
            });
            let named = it.prepared.names(&mutant.rule);
            (!named, it.prepared.length() > LADDER, own, it.prepared.length())
        };
        let may = |it: &&Tried<'_>| it.prepared.may_notice(&self.pack.pack, mutant);
        let mut order: Vec<&Tried<'_>> = self.tried.iter().filter(may).collect();
        order.sort_by_key(weight);
        self.with(mutant, |pack| {
            order.iter().any(|it| {
                self.count();
                !it.prepared.is_the_same(pack, it.case, mutant.field)
                    && fails(it.case, &it.outcome, run::run(pack, it.case).ok().as_ref())
            })
        })
    }

    fn count(&self) {
        self.plans.fetch_add(1, Ordering::Relaxed);
    }

    /// Looks for cases that notice the mutants, rule by rule. A case that was found for one is tried
    /// on those that follow.
    fn kill(&self, open: Vec<Mutant>) -> Result<Vec<Survivor>, CliError> {
        let mut rules: Vec<Vec<Mutant>> = Vec::new();
        for mutant in open {
            match rules.last_mut().filter(|it| it.iter().any(|it| it.rule == mutant.rule)) {
                Some(rule) => rule.push(mutant),
                None => rules.push(vec![mutant]),
            }
        }
        let what = format!("{}: cases for rules", self.pack.name);
        let progress = Progress::new(&what, rules.len());
        let found = in_order(&rules, self.threads, |mutants| {
            progress.step();
            self.kill_all_of(mutants)
        });
        progress.end();
        let found: Vec<Vec<Survivor>> = found.into_iter().collect::<Result<_, _>>()?;
        Ok(found.into_iter().flatten().collect())
    }

    fn kill_all_of(&self, mutants: &[Mutant]) -> Result<Vec<Survivor>, CliError> {
        let differ = Differ::new(&self.pack.pack);
        let mut made: Vec<Made> = Vec::new();
        let mut survivors = Vec::new();
        for mutant in mutants {
            let mut known = None;
            for it in &made {
                if self.is_noticed_by(mutant, it)? {
                    known = Some(it.text.clone());
                    break;
                }
            }
            let case = match known {
                Some(text) => Some(text),
                None => {
                    let new = self.killing(&differ, mutant, made.len())?;
                    let text = new.as_ref().map(|it| it.text.clone());
                    made.extend(new);
                    text
                }
            };
            survivors.push(Survivor { mutant: mutant.clone(), case, reason: None });
        }
        Ok(survivors)
    }

    /// Makes the smallest case that notices a mutant.
    fn killing(
        &self,
        differ: &Differ<'_>,
        mutant: &Mutant,
        made: usize,
    ) -> Result<Option<Made>, CliError> {
        for candidate in differ.candidates(mutant) {
            let mut draft = Draft::new(&self.pack.pack, candidate);
            let Some(mut told) = self.apart(&draft, mutant)? else { continue };
            let mut at = 0;
            while let Some(smaller) = draft.smaller().into_iter().nth(at) {
                match self.apart(&smaller, mutant)? {
                    Some(less) => (draft, told) = (smaller, less),
                    None => at += 1,
                }
            }
            let name = self.free_name(&mutant.rule, made);
            let title = format!("Notices in {}", mutant.name);
            let text = draft.text(&name, Some(&title), &told.expected, told.restless);
            let case = draft.case(&name, &told.expected, told.restless);
            let Some(case) = case else { continue };
            let made = Made { case, outcome: told.outcome, text };
            let passes = !fails(&made.case, &made.outcome, Some(&made.outcome));
            if passes && self.is_noticed_by(mutant, &made)? {
                return Ok(Some(made));
            }
        }
        Ok(None)
    }

    /// Returns a name that no case has.
    fn free_name(&self, rule: &str, made: usize) -> String {
        let stem = format!("kills-{}-", rule.trim_start_matches('$'));
        let taken = self.pack.cases.iter().filter_map(|it| it.name.strip_prefix(&stem));
        let last = taken.filter_map(|it| it.parse::<usize>().ok()).max().unwrap_or_default();
        format!("{stem}{}", last + made + 1)
    }

    /// Returns what a mutant's place says, as an expression that can be asked for.
    fn asked(&self, mutant: &Mutant) -> Option<String> {
        match mutant.field {
            Field::Let(_) => Some(mutant.rule.clone()),
            Field::Bytes(_) | Field::Holding(_) => Some(format!("(${PEAK} ?? 0GiB)")),
            _ => None,
        }
    }

    /// Says what the pack makes of an expression on a case, where a mutant makes something else of it.
    fn valued(&self, case: &Case, mutant: &Mutant) -> Result<Option<String>, CliError> {
        let Some(asked) = self.asked(mutant) else { return Ok(None) };
        let value = |pack: &Arc<Pack>| {
            let (state, world, _) = run::inputs(pack, case).ok()?;
            let condition = Condition::parse(&asked).ok()?;
            Some(condition.outcome(&View::new(pack, &state, &world)))
        };
        let Some(Computed::Known(right)) = value(&self.pack.pack) else { return Ok(None) };
        let wrong = self.with(mutant, value)?;
        let same = matches!(&wrong, Some(Computed::Known(wrong)) if wrong.same_as(&right));
        Ok(if same { None } else { comes_to(&asked, &right) })
    }

    /// Says what tells the pack from a mutant on an input, if anything does.
    fn apart(&self, draft: &Draft, mutant: &Mutant) -> Result<Option<Told>, CliError> {
        let Some(case) = draft.case("made", &[], false) else { return Ok(None) };
        self.count();
        let Ok(outcome) = run::run(&self.pack.pack, &case) else { return Ok(None) };
        let expected = match self.valued(&case, mutant)? {
            Some(condition) => vec![holds(&condition)],
            None => {
                self.count();
                let other = self.with(mutant, |pack| run::run(pack, &case))?;
                let Ok(other) = other else { return Ok(None) };
                expected(&mutant.rule, &outcome, &other)
            }
        };
        let restless = outcome.again.is_some();
        Ok((!expected.is_empty()).then_some(Told { outcome, expected, restless }))
    }

    fn is_noticed_by(&self, mutant: &Mutant, made: &Made) -> Result<bool, CliError> {
        self.count();
        self.with(mutant, |pack| {
            fails(&made.case, &made.outcome, run::run(pack, &made.case).ok().as_ref())
        })
    }

    /// Begins a file of cases, with the line that names the schema where the pack's other ones have it.
    fn head(&self) -> String {
        let first = self.pack.cases.iter().find_map(|it| it.at.source.text().lines().next());
        let schema = first.filter(|it| it.starts_with("#:schema"));
        let schema = schema.map_or(String::new(), |it| format!("{it}\n"));
        format!(
            "{schema}# Made by `hydrule test --mutate --accept`: each notices a small mistake in the rules.\n"
        )
    }

    /// Adds the made cases to the pack.
    fn write(&self, survivors: &[Survivor]) -> Result<usize, CliError> {
        let mut texts: Vec<&String> = Vec::new();
        for text in survivors.iter().filter_map(|it| it.case.as_ref()) {
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        if texts.is_empty() {
            return Ok(0);
        }
        let path: PathBuf = self.pack.folder.join("cases").join(KILLS);
        let mut all = match path.exists() {
            true => read_text(&path, false).map_err(CliError::plain)?.text().to_owned(),
            false => self.head(),
        };
        for text in &texts {
            all.push('\n');
            all.push_str(text);
        }
        write_itself(&path, &all)?;
        Ok(texts.len())
    }
}

/// A case that was made.
struct Made {
    case: Case,
    outcome: Outcome,
    text: String,
}

/// What tells a pack from a mutant.
struct Told {
    outcome: Outcome,
    expected: Vec<String>,
    restless: bool,
}

/// Tells whether a case fails, compared with what comes of it without any mistake. A case that
/// cannot be run fails.
fn fails(case: &Case, right: &Outcome, outcome: Option<&Outcome>) -> bool {
    let Some(outcome) = outcome else { return true };
    !compare(case, outcome).is_empty()
        || (case.snap == Snap::Kept && outcome.page.trim_end() != right.page.trim_end())
}

/// A line on a terminal that counts.
struct Progress<'a> {
    what: &'a str,
    total: usize,
    done: AtomicUsize,
    shown: bool,
}

impl<'a> Progress<'a> {
    fn new(what: &'a str, total: usize) -> Self {
        Self { what, total, done: AtomicUsize::new(0), shown: stderr().is_terminal() }
    }

    fn step(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed);
        if self.shown && done.is_multiple_of(PROGRESS) {
            let _ = write!(stderr().lock(), "\r{}: {done} of {}", self.what, self.total);
        }
    }

    /// Takes the line away.
    fn end(&self) {
        if self.shown {
            let _ = write!(stderr().lock(), "\r\x1b[K");
        }
    }
}
