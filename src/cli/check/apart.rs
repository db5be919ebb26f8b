//! Fixes of many launches, each judged by what becomes of its own launch.

use std::collections::{BTreeMap, HashSet};
use std::hash::Hash;
use std::path::PathBuf;

use super::examine::Examined;
use super::fix::{Fixer, Standing, count, hides};
use super::suppress::UNUSED;
use crate::cli::kind::host_of;
use crate::text::{Finding, Identity, Level, Source};

/// What is known of a fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// It mends what it is for.
    Mends {
        /// Whether something is wrong with the launch then that was not before.
        news: bool,
    },
    /// It does not.
    Fails,
    /// Nothing: it must be tried alone.
    Open,
}

/// A launch: the script by index, and its place there.
type Place = (usize, usize);

/// What is wrong with each launch of a script, and how often; with what is none of them, at no place.
type Counts = BTreeMap<Option<usize>, BTreeMap<Identity, usize>>;

impl Fixer<'_, '_, '_> {
    /// Tries fixes that stay in the text of a launch, one of each launch at a time, so that all are tried by reading
    /// the scripts as often as one launch has some.
    pub fn apart(&self, now: &Standing, findings: &[&Finding]) -> Vec<Proof> {
        let mut proofs = vec![Proof::Open; findings.len()];
        let placed = findings.iter().enumerate();
        let mut open: Vec<(usize, Place)> =
            placed.filter_map(|(number, it)| Some((number, place_of(now, it)?))).collect();
        while open.len() > 1 {
            let (round, rest) = one_of_each(open, |(_, place)| *place);
            let places = round.iter().map(|(_, place)| *place).collect();
            let wanted: Vec<&Finding> =
                round.iter().filter_map(|(number, _)| findings.get(*number).copied()).collect();
            let tried = self.tried(now, &wanted, false);
            let tried = tried.filter(|(mended, _)| mended.len() == wanted.len());
            if let Some((_, after)) = tried
                && let Some(news) = Changes::between(now, &after, &places)
            {
                for ((number, place), finding) in round.iter().zip(&wanted) {
                    if let Some(proof) = proofs.get_mut(*number) {
                        *proof = news.proof(*place, finding);
                    }
                }
            }
            open = rest;
        }
        proofs
    }
}

/// Takes the first of those that have the same place; returns the others as well.
pub fn one_of_each<T, P: Eq + Hash>(all: Vec<T>, place: impl Fn(&T) -> P) -> (Vec<T>, Vec<T>) {
    let mut places = HashSet::new();
    all.into_iter().partition(|it| places.insert(place(it)))
}

/// Returns the launch in whose text all edits of a finding's fix stay.
fn place_of(now: &Standing, finding: &Finding) -> Option<Place> {
    let [text] = finding.fix.as_ref()?.texts.as_slice() else { return None };
    let own = |(path, source): &(PathBuf, Source)| {
        *source == text.source && *source == finding.source && host_of(path).is_none()
    };
    let script = now.scripts.iter().position(own)?;
    let examined = now.examined.get(script)?;
    let mut places = text.edits.iter().map(|it| examined.place(it.span));
    let place = places.next()??;
    places.all(|it| it == Some(place)).then_some((script, place))
}

/// What was wrong before and after some fixes.
struct Changes {
    old: Vec<Counts>,
    new: Vec<Counts>,
}

impl Changes {
    /// Compares; nothing where anything is new that is about none of the launches.
    fn between(before: &Standing, after: &Standing, places: &HashSet<Place>) -> Option<Self> {
        let pairs = before.examined.iter().zip(&after.examined);
        let same = pairs.clone().all(|(old, new)| old.places.len() == new.places.len());
        let (old, new): (Vec<Counts>, Vec<Counts>) =
            pairs.map(|(old, new)| (counted(old), counted(new))).unzip();
        let elsewhere = |script: usize, place: &Option<usize>| {
            place.is_none_or(|place| !places.contains(&(script, place)))
        };
        let mut scripts = old.iter().zip(&new).enumerate();
        let spared = scripts.all(|(script, (old, new))| {
            let mut others = new.keys().filter(|place| elsewhere(script, place));
            others.all(|place| !has_news(old, new, *place))
        });
        (same && spared).then_some(Self { old, new })
    }

    fn proof(&self, (script, place): Place, finding: &Finding) -> Proof {
        let (Some(old), Some(new)) = (self.old.get(script), self.new.get(script)) else {
            return Proof::Open;
        };
        let own = finding.identity();
        let times = |of: &Counts| of.get(&Some(place)).map_or(0, |it| count(it, &own));
        if times(old) == 0 {
            return Proof::Open;
        }
        if times(new) >= times(old) {
            return Proof::Fails;
        }
        let news = has_news(old, new, Some(place));
        Proof::Mends { news: news && !hides(finding) }
    }
}

/// Tells whether anything is wrong at a place that was not before, or more often.
fn has_news(old: &Counts, new: &Counts, place: Option<usize>) -> bool {
    let before = |it: &Identity| old.get(&place).map_or(0, |old| count(old, it));
    let mut here = new.get(&place).into_iter().flatten();
    here.any(|(it, n)| it.1 != UNUSED && *n > before(it))
}

/// Counts what is wrong with each launch.
fn counted(examined: &Examined) -> Counts {
    let mut counts = Counts::new();
    for finding in examined.findings.iter().filter(|it| it.level > Level::Note) {
        let here = counts.entry(examined.place(finding.fault.span)).or_default();
        *here.entry(finding.identity()).or_default() += 1;
    }
    counts
}
