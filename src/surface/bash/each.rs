//! Changes of many launches, each as if it were the only one.

use std::collections::HashMap;

use super::edit::{Forced, How, Site, Wanted, check, draft};
use super::halved::halved;
use super::launch::Script;
use super::state::Outside;
use super::verify::verify_all;
use crate::text::{Edit, Span, apply_edits};

/// How many changes are each looked at alone rather than in ever smaller parts.
const FEW: usize = 8;

/// A change, and the edits that make it.
struct Draft<'a> {
    /// Its index.
    number: usize,
    wanted: Wanted<'a>,
    edits: Vec<Edit>,
}

/// Makes changes that each do alone as well, and reads the script again for all of them at once. Nothing for those
/// that [`edit`](super::edit()) must look at by themselves: the ones that do not stay in the text of their launch,
/// or whose launch shares its text with another one.
pub fn edit_each(
    script: &Script,
    outside: &Outside,
    wanted: &[Wanted<'_>],
) -> Vec<Option<Vec<Edit>>> {
    let mut runs: HashMap<Span, usize> = HashMap::new();
    script.launches.iter().for_each(|it| *runs.entry(it.location.span).or_default() += 1);
    let alone = |place: &Span| runs.get(place) == Some(&1);
    let drafts = wanted.iter().enumerate().filter_map(|(number, wanted)| {
        let (_, edits) = contained(script, wanted).filter(|(place, _)| alone(place))?;
        Some(Draft { number, wanted: *wanted, edits })
    });
    let drafts: Vec<Draft<'_>> = drafts.collect();
    let mut made = vec![None; wanted.len()];
    for draft in halved(&drafts, FEW, &|some| are_exact(script, outside, some)) {
        if let Some(made) = made.get_mut(draft.number) {
            *made = Some(draft.edits.clone());
        }
    }
    made
}

/// Returns the edits of a change that stays in the text of its launch, and where that is.
fn contained(script: &Script, wanted: &Wanted<'_>) -> Option<(Span, Vec<Edit>)> {
    let [launch] = wanted.launches else { return None };
    let place = script.launches.get(*launch)?.location.span;
    check(script, wanted).ok()?;
    let drafted = draft(script, wanted, &Forced::default()).ok()?;
    let simple = |it: &Site| matches!(it.how, How::Literal | How::Inserted(None) | How::Removed);
    let stays =
        drafted.sites.iter().all(simple) && drafted.edits.iter().all(|it| place.contains(it.span));
    stays.then_some((place, drafted.edits))
}

/// Reads the script with all drafts made: does each launch get what is wanted of it, and nothing else?
fn are_exact(script: &Script, outside: &Outside, drafts: &[Draft<'_>]) -> bool {
    let edits: Vec<Edit> = drafts.iter().flat_map(|it| &it.edits).cloned().collect();
    let wanted: Vec<Wanted<'_>> = drafts.iter().map(|it| it.wanted).collect();
    apply_edits(script.source.text(), &edits)
        .is_ok_and(|text| verify_all(script, outside, &wanted, &text).is_ok())
}
