//! A small input on which one rule acts, to show what it does.

use super::finding::Witness;
use super::input::{Input, Site, Var};
use super::options::all_true;
use super::search::{Attempt, Search};
use crate::condition::Condition;
use crate::engine::{Applied, World, check_broken, check_one, mend};
use crate::pack::{Pack, PackOption, Requirement};

/// How many inputs are tried before an example is given up.
const TRIED: usize = 10;

/// An input, and what a rule does with it.
#[derive(Debug)]
pub struct Example {
    /// The input in the words of the command line; what it shows is empty.
    pub input: Witness,
    /// What a rule cannot change there.
    pub world: World,
    /// The place that failed; none for a requirement.
    pub place: Option<String>,
    /// What changes; nothing for a requirement without a repair.
    pub applied: Option<Applied>,
    /// What a requirement says of the input.
    pub message: Option<String>,
}

/// Finds an input on which an option helps: at a failure that it relieves, if it relieves any.
pub fn example_of_option(pack: &Pack, option: &PackOption) -> Option<Example> {
    let search = Search::new(pack);
    let relieved = |place: &str| option.relieves.iter().any(|it| it == place);
    let mut inputs = search.samples_at(option, relieved, TRIED);
    if inputs.is_empty() {
        inputs = search.samples_at(option, |_| true, TRIED);
    }
    let acts = |input: &Input| match search.attempt(option, input) {
        Attempt::Does(applied) if applied.repaired_by.is_empty() => Some(applied),
        _ => None,
    };
    let input = inputs.iter().find(|it| acts(it).is_some())?;
    let wanted = all_true(&option.when.condition);
    let small = smallest(input, &|it| search.satisfies(it, &wanted, false) && acts(it).is_some());
    let applied = *acts(&small)?;
    let place = small.site.as_ref().map(|site| site.place.clone());
    let (input, (_, world)) = (small.witness(""), small.build(pack));
    Some(Example { input, world, place, applied: Some(applied), message: None })
}

/// Finds an input that breaks a requirement, and what its repair makes of it.
pub fn example_of_requirement(pack: &Pack, rule: &Requirement) -> Option<Example> {
    let search = Search::new(pack);
    let mut wanted: Vec<(Condition, bool)> =
        rule.when.iter().flat_map(|when| all_true(&when.condition)).collect();
    wanted.push((rule.holds.condition.clone(), false));
    let start = search.base.at(&Site::told("oom", "host"));
    let found = search.solve(&start, &wanted, false)?;
    let found = Input { site: None, ..found };
    let broken = |input: &Input| {
        let (state, world) = input.build(pack);
        let judged = check_one(rule, pack, &state, &world);
        judged.is_broken().then_some(judged.message)
    };
    let small = smallest(&found, &|it| broken(it).is_some());
    let message = broken(&small)?;
    let (state, world) = small.build(pack);
    let broken = check_broken(pack, &state, &world);
    let mended = mend(pack, (&state, &broken), &world, &|id| id == rule.id).ok();
    let applied = mended.map(|(applied, _)| applied);
    let applied = applied.filter(|it| !it.changes.is_empty() || !it.directives.is_empty());
    let input = small.witness("");
    Some(Example { input, world, place: None, applied, message: Some(message) })
}

/// Takes out of an input what is not needed, one value after the other.
fn smallest(input: &Input, fits: &dyn Fn(&Input) -> bool) -> Input {
    let mut small = input.clone();
    let vars: Vec<Var> = small.values.keys().cloned().collect();
    for var in vars {
        let mut without = small.clone();
        without.values.remove(&var);
        if fits(&without) {
            small = without;
        }
    }
    small
}
