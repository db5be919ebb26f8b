//! Options that never get their turn, because earlier ones always do.

use super::finding::Finding;
use super::input::{Input, Var};
use super::options::{SAMPLES, all_true, is_taken, relieved};
use super::proof::{Wanted, never};
use super::search::{Search, written};
use super::values::variables;
use crate::engine::{Request, Status};
use crate::pack::{PackOption, Safety};
use crate::text::join_and;

/// Finds shadowed options.
pub fn check(search: &Search<'_>) -> Vec<Finding> {
    let options = &search.pack.options;
    let each = options.iter().enumerate();
    each.filter_map(|(at, option)| shadowed(search, option, options.get(..at)?)).collect()
}

fn shadowed(search: &Search<'_>, option: &PackOption, earlier: &[PackOption]) -> Option<Finding> {
    let own = relieved(search, option);
    if !is_taken(option) || own.is_empty() || never(search.pack, &all_true(&option.when.condition))
    {
        return None;
    }
    let candidates: Vec<&PackOption> = earlier
        .iter()
        .filter(|it| is_taken(it) && (it.safety == Safety::Safe || option.safety == Safety::Unsafe))
        .filter(|it| always_viable(search, it))
        .collect();
    let mut by: Vec<&PackOption> = Vec::new();
    for place in &own {
        let here = candidates
            .iter()
            .copied()
            .filter(|it| it.relieves.contains(place) && !it.loads.contains(place));
        let here: Vec<&PackOption> = here.collect();
        for cover in covers(search, option, &here)? {
            if !by.iter().any(|known| known.id == cover.id) {
                by.push(cover);
            }
        }
    }
    let input = confirmed(search, option, &own)?;
    let ids: Vec<String> = by.iter().map(|it| it.id.clone()).collect();
    let names: Vec<String> = ids.iter().map(|id| format!("`{id}`")).collect();
    let mut rules = vec![option.id.clone()];
    rules.extend(ids);
    Some(Finding {
        code: "hydrule::verify::shadowed",
        rules,
        message: format!("option `{}` never gets its turn after {}", option.id, join_and(&names)),
        location: option.when.text.location.clone(),
        label: format!("wherever this is true, {} can be taken first", join_and(&names)),
        help: "put the narrower option first, or let the earlier one stop sooner".to_owned(),
        witness: input
            .witness("the condition is true, and an earlier option is taken at every step"),
    })
}

/// Nothing may stand against the earlier option: no bound holds it, and no requirement reads what it
/// writes.
fn always_viable(search: &Search<'_>, option: &PackOption) -> bool {
    let held = option.rewrite.iter().any(|rewrite| !rewrite.bounds().is_empty());
    !held
        && written(option).iter().all(|var| match var {
            Var::Key(key) => {
                !search.pack.requirements.iter().any(|it| search.pack.reads(it).may_depend_on(key))
            }
            Var::Name(_) => false,
        })
}

/// Finds one or two options of which one is true wherever this option is.
fn covers<'a>(
    search: &Search<'_>,
    option: &PackOption,
    earlier: &[&'a PackOption],
) -> Option<Vec<&'a PackOption>> {
    let own = all_true(&option.when.condition);
    let implied = |denied: &[Wanted]| {
        let same = |it: &Wanted| own.iter().any(|(part, _)| part.fragment() == it.0.fragment());
        let mut parts = own.clone();
        parts.extend(denied.iter().cloned());
        denied.iter().any(same) || proves(search, &parts, denied)
    };
    let denials = |it: &PackOption| -> Vec<Wanted> {
        it.when.condition.conjuncts().into_iter().map(|part| (part, false)).collect()
    };
    for one in earlier.iter().filter(|one| share(search, one, option)) {
        if denials(one).iter().all(|part| implied(std::slice::from_ref(part))) {
            return Some(vec![one]);
        }
    }
    for (at, one) in earlier.iter().enumerate() {
        for other in earlier.iter().skip(at + 1).filter(|other| share(search, one, other)) {
            let pairs = denials(one).into_iter().flat_map(|left| {
                denials(other).into_iter().map(move |right| vec![left.clone(), right])
            });
            if pairs.into_iter().all(|pair| implied(&pair)) {
                return Some(vec![one, other]);
            }
        }
    }
    None
}

/// Two options can only complete one another where they ask about the same thing.
fn share(search: &Search<'_>, one: &PackOption, other: &PackOption) -> bool {
    let theirs = variables(search.pack, &other.when.condition);
    variables(search.pack, &one.when.condition).iter().any(|var| theirs.contains(var))
}

/// A part that cannot be decided is left out of a proof, so a proof says something of the denied
/// parts only where they are not that.
fn proves(search: &Search<'_>, parts: &[Wanted], denied: &[Wanted]) -> bool {
    let clear = |it: &Wanted| super::proof::decidable(search.pack, &it.0);
    denied.iter().all(clear) && never(search.pack, parts)
}

/// Looks for an input on which the engine takes the option after all.
fn confirmed(search: &Search<'_>, option: &PackOption, places: &[String]) -> Option<Input> {
    let mut witness = None;
    for site in search.sites(&option.when.condition) {
        if !places.contains(&site.place) {
            continue;
        }
        for input in search.samples(option, &site, SAMPLES / 4) {
            for allow_unsafe in [false, true] {
                let request = Request { steps: Some(12), allow_unsafe, ..Request::default() };
                let plan = search.plan(&input, &request);
                let verdict = plan.verdicts.iter().find(|it| it.id == option.id)?;
                if plan.steps.is_empty() || matches!(verdict.status, Status::Chosen { .. }) {
                    return None;
                }
            }
            witness.get_or_insert(input);
        }
    }
    witness
}
