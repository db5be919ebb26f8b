//! Making fixes: each is tried on the whole job before it is offered or made.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::apart::Proof;
use super::baseline::Baseline;
use super::examine::Examined;
use super::job::Looker;
use super::suppress::UNUSED;
use crate::cli::args::CheckArgs;
use crate::cli::kind::host_of;
use crate::overrides::LINE_END;
use crate::surface::hosted::{self, shell_text};
use crate::text::{Edit, Finding, Identity, Level, Mend, Source, TextEdits};

/// How often fixes are made, each time of all that is found then.
const ROUNDS: usize = 50;

/// How many fixes are each tried alone; more than these are tried together, then in halves.
const ALONE: usize = 20;

/// The rule whose fix gives a launch overrides that it never got, in which something else may be wrong.
const REVEALING: &str = "broken-continuation";

/// The rule that hides others, since nobody can read the launch; its fix changes no override.
const HIDING: &str = "blank-after-backslash";

/// Tells whether a finding hides others, as a line end of Windows does that makes an override none.
pub(super) fn hides(finding: &Finding) -> bool {
    finding.rule == HIDING || finding.fault.code == LINE_END
}

/// What the user asks of fixes.
#[derive(Debug, Clone, Copy)]
pub struct Asks {
    /// Whether to make them.
    pub makes: bool,
    /// Whether those count that somebody should look at.
    pub unsafe_too: bool,
}

impl Asks {
    /// Takes what the arguments say.
    pub fn of(args: &CheckArgs) -> Self {
        Self { makes: args.fix || args.diff, unsafe_too: args.unsafe_fixes }
    }

    /// Tells whether a fix counts.
    pub fn takes(self, fix: &Mend) -> bool {
        fix.safe || self.unsafe_too
    }
}

/// Makes the fixes of one job.
pub struct Fixer<'a, 'b, 'c> {
    /// Looks into its scripts.
    pub looker: &'a Looker<'b, 'c>,
    /// What is let be.
    pub baseline: Option<&'a Baseline>,
    /// What the user asks.
    pub asks: Asks,
    /// The only text that fixes may change, by its name; all of the job where there is none.
    pub within: Option<&'a str>,
}

/// A script in the end.
pub struct Settled {
    /// Its text.
    pub source: Source,
    /// What is found in it, with the fixes that surely mend.
    pub examined: Examined,
    /// What was found in it and is mended, each as it stood in the text of its time.
    pub fixed: Vec<Finding>,
}

/// The scripts of a job at some time, and what is found in them.
pub(super) struct Standing {
    pub(super) scripts: Vec<(PathBuf, Source)>,
    pub(super) examined: Vec<Examined>,
}

/// What came of making some fixes, which mended what they are for.
struct Made {
    after: Standing,
    mended: Vec<Finding>,
    /// Whether anything is found that was not before.
    news: bool,
}

impl Fixer<'_, '_, '_> {
    /// Makes the fixes that the user asks for, until there is none; of the findings that are left,
    /// keeps the fixes that surely mend them.
    pub fn settle(&self, scripts: Vec<(PathBuf, Source)>, examined: Vec<Examined>) -> Vec<Settled> {
        let mut now = Standing { scripts, examined };
        let mut fixed: Vec<Finding> = Vec::new();
        for _ in 0..ROUNDS {
            let wanted = self.wanted(&now);
            let all: Vec<&Finding> = wanted.iter().collect();
            let Some(made) = self.make(&now, &all) else { break };
            now = made.after;
            fixed.extend(made.mended);
        }
        self.prove(&mut now);
        let settled = now.scripts.into_iter().zip(now.examined).map(|((_, source), examined)| {
            let own = fixed.iter().filter(|it| it.source.name() == source.name());
            let fixed = own.cloned().collect();
            Settled { source, examined, fixed }
        });
        settled.collect()
    }

    /// Lists the findings to fix: those that are not let be.
    fn wanted(&self, now: &Standing) -> Vec<Finding> {
        if !self.asks.makes {
            return Vec::new();
        }
        let found: Vec<Finding> =
            now.examined.iter().flat_map(|it| &it.findings).cloned().collect();
        let mut open = match self.baseline {
            Some(baseline) => baseline.apply(found, &[]).0,
            None => found,
        };
        let takes = |fix: &Mend| self.asks.takes(fix) && self.stays_within(fix);
        open.retain(|it| it.fix.as_ref().is_some_and(takes));
        open
    }

    /// Tells whether a fix changes nothing but the text that may be changed.
    fn stays_within(&self, fix: &Mend) -> bool {
        self.within.is_none_or(|name| fix.texts.iter().all(|it| it.source.name() == name))
    }

    /// Makes all fixes that do not meet, or where that does not do, those that may, or a half of them that does.
    fn make(&self, now: &Standing, wanted: &[&Finding]) -> Option<Made> {
        let takes = |news: bool, reveals: bool| !news || self.asks.unsafe_too && reveals;
        let made = self.attempt(now, wanted, true);
        let made = made.filter(|it| takes(it.news, it.mended.iter().all(reveals)));
        if made.is_some() || wanted.len() < 2 {
            return made;
        }
        let may = |(it, proof): &(&Finding, Proof)| match proof {
            Proof::Open => true,
            Proof::Fails => false,
            Proof::Mends { news } => takes(*news, reveals(it)),
        };
        let proofs = if wanted.len() > ALONE { self.apart(now, wanted) } else { Vec::new() };
        let most = wanted.iter().copied().zip(proofs).filter(may).map(|(it, _)| it);
        let most: Vec<&Finding> = most.collect();
        if wanted.len() > ALONE && most.len() < wanted.len() {
            return self.make(now, &most);
        }
        let (first, second) = wanted.split_at(wanted.len() / 2);
        self.make(now, first).or_else(|| self.make(now, second))
    }

    /// Makes the fixes of some findings, those left out that meet an earlier one; nothing where they
    /// do not mend what they are for.
    fn attempt(&self, now: &Standing, wanted: &[&Finding], mends: bool) -> Option<Made> {
        let (mended, after) = self.tried(now, wanted, mends)?;
        let (old, new) = (counted(&now.examined), counted(&after.examined));
        let gone =
            mended.iter().map(Finding::identity).all(|it| count(&new, &it) < count(&old, &it));
        let hidden = mended.iter().all(hides);
        let news = new.iter().any(|(it, n)| it.1 != UNUSED && *n > count(&old, it));
        gone.then_some(Made { after, mended, news: news && !hidden })
    }

    /// Makes the fixes of some findings, those left out that meet an earlier one, and looks at what is left then.
    pub(super) fn tried(
        &self,
        now: &Standing,
        wanted: &[&Finding],
        mends: bool,
    ) -> Option<(Vec<Finding>, Standing)> {
        let (mut mended, edits) = joined(wanted);
        let scripts = changed(&now.scripts, &edits).or_else(|| {
            // One of them cannot be made at all.
            let can = |it: &&&Finding| {
                it.fix.as_ref().is_some_and(|fix| changed(&now.scripts, &fix.texts).is_some())
            };
            let able: Vec<&Finding> = wanted.iter().filter(can).copied().collect();
            let (left, edits) = joined(&able);
            mended = left;
            changed(&now.scripts, &edits)
        })?;
        if mended.is_empty() || scripts == now.scripts {
            return None;
        }
        // What bash cannot read any more is no fix.
        let examined = self.looker.together(&scripts, mends).ok()?;
        Some((mended, Standing { scripts, examined }))
    }

    /// Takes away every fix that does not mend; one that brings something to light deserves a look.
    fn prove(&self, now: &mut Standing) {
        let found = now.examined.iter().flat_map(|it| &it.findings);
        let fixable: Vec<&Finding> = found.filter(|it| it.fix.is_some()).collect();
        let mut proved = self.proved(now, &fixable).into_iter();
        let found = now.examined.iter_mut().flat_map(|it| &mut it.findings);
        for finding in found.filter(|it| it.fix.is_some()) {
            finding.fix = proved.next().flatten();
        }
    }

    /// Returns the fix of each finding if it mends: tried alone, or with many others where nothing new
    /// is found after all of them.
    fn proved(&self, now: &Standing, findings: &[&Finding]) -> Vec<Option<Mend>> {
        if findings.len() <= ALONE {
            return findings.iter().map(|it| self.proved_alone(now, it)).collect();
        }
        let all = |it: &Made| !it.news && it.mended.len() == findings.len();
        if self.attempt(now, findings, false).is_some_and(|it| all(&it)) {
            return findings.iter().map(|it| it.fix.clone()).collect();
        }
        let proofs = self.apart(now, findings);
        let open = findings.iter().zip(&proofs).filter(|(_, proof)| **proof == Proof::Open);
        let open: Vec<&Finding> = open.map(|(it, _)| *it).collect();
        let (first, second) = open.split_at(open.len() / 2);
        let mut halves = self.proved(now, first).into_iter().chain(self.proved(now, second));
        let proved = findings.iter().zip(proofs).map(|(it, proof)| match proof {
            Proof::Open => halves.next().flatten(),
            Proof::Fails => None,
            Proof::Mends { news } => kept(it, news),
        });
        proved.collect()
    }

    fn proved_alone(&self, now: &Standing, finding: &Finding) -> Option<Mend> {
        self.attempt(now, &[finding], false).and_then(|made| kept(finding, made.news))
    }
}

/// Tells whether a fix is there to bring something to light.
fn reveals(finding: &Finding) -> bool {
    finding.rule == REVEALING
}

/// Returns the fix of a finding that it mends; with news it deserves a look, or is none.
fn kept(finding: &Finding, news: bool) -> Option<Mend> {
    let fix = finding.fix.clone().filter(|_| !news || reveals(finding))?;
    let safe = fix.safe && !news;
    Some(fix.only_if(safe))
}

/// Returns how many there are of what was counted.
pub(super) fn count<K: Ord>(of: &BTreeMap<K, usize>, it: &K) -> usize {
    of.get(it).copied().unwrap_or_default()
}

/// Puts the edits of fixes together; left out are those that meet an earlier one.
fn joined(findings: &[&Finding]) -> (Vec<Finding>, Vec<TextEdits>) {
    let mut all: Vec<TextEdits> = Vec::new();
    let mut taken = Vec::new();
    for finding in findings {
        let Some(fix) = finding.fix.as_ref().filter(|fix| !meets_any(&all, fix)) else { continue };
        for text in &fix.texts {
            match all.iter_mut().find(|it| it.source == text.source) {
                Some(old) => old.edits.extend(text.edits.iter().cloned()),
                None => all.push(text.clone()),
            }
        }
        taken.push((*finding).clone());
    }
    (taken, all)
}

/// Tells whether an edit of a fix meets one of others.
fn meets_any(all: &[TextEdits], fix: &Mend) -> bool {
    let old = |text: &TextEdits| all.iter().find(|it| it.source == text.source);
    let both = fix.texts.iter().filter_map(|text| Some((old(text)?, text)));
    both.into_iter()
        .any(|(old, text)| text.edits.iter().any(|new| old.edits.iter().any(|it| meet(it, new))))
}

/// Tells whether two edits share a byte, or one inserts where the other begins or ends.
fn meet(one: &Edit, other: &Edit) -> bool {
    let (first, second) = (one.span, other.span);
    match first.is_empty() || second.is_empty() {
        true => first.start <= second.end && second.start <= first.end,
        false => first.start < second.end && second.start < first.end,
    }
}

/// Makes edits in the scripts of a job; nothing where one of them has no such text, or cannot hold
/// what they write.
fn changed(scripts: &[(PathBuf, Source)], edits: &[TextEdits]) -> Option<Vec<(PathBuf, Source)>> {
    let mut scripts = scripts.to_vec();
    for text in edits {
        let own = |(path, source): &&mut (PathBuf, Source)| {
            source.name() == text.source.name() && read_from(path, source, &text.source)
        };
        let (path, source) = scripts.iter_mut().find(own)?;
        let after = text.applied().ok()?;
        let after = match host_of(path) {
            None => after,
            Some(host) => hosted::edited(source, host, &text.edits, &after).ok()?,
        };
        *source = Source::new(source.name(), after);
    }
    Some(scripts)
}

/// Tells whether a text is what was read of a file.
fn read_from(path: &Path, source: &Source, text: &Source) -> bool {
    match host_of(path) {
        None => source == text,
        Some(host) => shell_text(source, host) == *text,
    }
}

/// Counts what is wrong.
fn counted(examined: &[Examined]) -> BTreeMap<Identity, usize> {
    let mut counts = BTreeMap::new();
    let all = examined.iter().flat_map(|it| &it.findings);
    for finding in all.filter(|it| it.level > Level::Note) {
        *counts.entry(finding.identity()).or_default() += 1;
    }
    counts
}
