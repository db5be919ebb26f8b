//! Inputs on which a pack and one of its mutants may differ.

use super::finding::Witness;
use super::input::{Input, Site};
use super::proof::Wanted;
use super::search::Search;
use super::values::variables;
use crate::condition::Condition;
use crate::pack::{
    Change, Estimate, Expression, Field, Mutant, Pack, PackOption, Requirement, Rewrite, Safety,
};

/// How many inputs are proposed for one mutant.
const MOST: usize = 16;

/// How many steps bring most ladders to the option that is meant.
const LADDER: usize = 24;

/// An input, and what to ask there.
#[derive(Debug, Clone, Default)]
pub struct Candidate {
    /// The input.
    pub witness: Witness,
    /// The option to force.
    pub only: Option<String>,
    /// The requirement whose repair is asked for.
    pub repair: Option<String>,
    /// How many steps to take.
    pub steps: Option<usize>,
    /// Whether unsafe options may be taken.
    pub allow_unsafe: bool,
}

/// Looks for inputs that tell mutants of a pack from the pack.
pub struct Differ<'a> {
    search: Search<'a>,
}

impl<'a> Differ<'a> {
    /// Prepares the search.
    pub fn new(pack: &'a Pack) -> Self {
        Self { search: Search::new(pack) }
    }

    /// Proposes inputs for a mutant, the most promising first; each must still be tried.
    pub fn candidates(&self, mutant: &Mutant) -> Vec<Candidate> {
        let pack = self.search.pack;
        let found = match (mutant.field, &mutant.change) {
            (Field::When(at), Change::Condition(new)) => {
                pack.options.get(at).map(|option| self.conditions(option, new))
            }
            (Field::Guard(at) | Field::Holds(at), Change::Condition(new)) => {
                let rule = pack.requirements.get(at);
                rule.map(|rule| self.requirement(rule, mutant.field, new))
            }
            (Field::Let(at), Change::Condition(new)) => {
                pack.lets.get_index(at).map(|(name, old)| self.named(name, old, new))
            }
            (Field::Rewrite(at), Change::Rewrites(new)) => {
                pack.options.get(at).map(|option| self.rewrites(option, new))
            }
            (Field::Relieves(at), Change::Phases(rest)) => {
                pack.options.get(at).map(|option| self.phases(option, rest))
            }
            (Field::Bytes(at) | Field::Holding(at), Change::Condition(new)) => {
                pack.estimates.get(at).map(|it| self.estimate(it, mutant.field, new))
            }
            (Field::Repair(at), Change::Rewrites(new)) => {
                pack.requirements.get(at).map(|rule| self.repairs(rule, new))
            }
            _ => None,
        };
        let mut found = found.unwrap_or_default();
        found.truncate(MOST);
        found
    }

    /// Solves for both ways in which two conditions may differ.
    fn apart(
        &self,
        start: &Input,
        with: &[Wanted],
        (old, new): (&Condition, &Condition),
    ) -> Vec<Input> {
        let ways = [(true, false), (false, true)].map(|(first, second)| {
            let mut wanted = with.to_vec();
            wanted.extend([(old.clone(), first), (new.clone(), second)]);
            self.search.solve(start, &wanted, false)
        });
        let mut found: Vec<Input> = ways.into_iter().flatten().collect();
        if found.is_empty() {
            found.extend(self.undecided(start, with, (old, new)));
        }
        found
    }

    /// Looks near inputs that decide a condition for one on which just one of two is undecided.
    fn undecided(
        &self,
        start: &Input,
        with: &[Wanted],
        (old, new): (&Condition, &Condition),
    ) -> Option<Input> {
        let starts = [true, false].into_iter().filter_map(|truth| {
            let mut wanted = with.to_vec();
            wanted.push((old.clone(), truth));
            self.search.solve(start, &wanted, false)
        });
        let starts: Vec<Input> = starts.chain([start.clone()]).collect();
        let mut near = starts.iter().flat_map(|from| {
            let vars = variables(self.search.pack, old).into_iter();
            vars.flat_map(|var| {
                let without = from.without(&var);
                let values = self.search.values.get(&var).iter();
                values.map(|value| from.with(&var, value)).chain([without]).collect::<Vec<_>>()
            })
        });
        near.find(|input| self.search.decides(old, input) != self.search.decides(new, input))
    }

    fn conditions(&self, option: &PackOption, new: &Condition) -> Vec<Candidate> {
        let old = &option.when.condition;
        let starts = self.sites(option).into_iter().map(|site| self.search.base.at(&site));
        let inputs = starts.flat_map(|start| self.apart(&start, &[], (old, new)));
        inputs.take(MOST).map(|input| plain(&input)).collect()
    }

    /// Lists some failures that an option is about, those that it relieves first.
    fn sites(&self, option: &PackOption) -> Vec<Site> {
        let mut sites = self.search.sites(&option.when.condition);
        sites.sort_by_key(|site| !option.relieves.contains(&site.place));
        sites.truncate(4);
        sites
    }

    fn requirement(&self, rule: &Requirement, field: Field, new: &Condition) -> Vec<Candidate> {
        let base = &self.search.base;
        let holds = &rule.holds.condition;
        let inputs = match (field, &rule.when) {
            (Field::Guard(_), Some(guard)) => {
                self.apart(base, &[(holds.clone(), false)], (&guard.condition, new))
            }
            _ => self.apart(base, &guards(rule), (holds, new)),
        };
        inputs.iter().map(plain).collect()
    }

    fn named(&self, name: &str, old: &Expression, new: &Condition) -> Vec<Candidate> {
        let pack = self.search.pack;
        let other = format!("({}) != ({})", old.condition.text(), new.text());
        let Ok(other) = Condition::parse(&other) else { return Vec::new() };
        let mut found: Vec<Input> = self
            .search
            .solve(&self.search.base, &[(other.clone(), true)], false)
            .into_iter()
            .collect();
        for rule in pack.requirements.iter().filter(|rule| {
            rule.when.iter().chain([&rule.holds]).any(|it| reads(pack, &it.condition, name, 0))
        }) {
            for truth in [false, true] {
                let mut wanted = guards(rule);
                wanted.extend([(rule.holds.condition.clone(), truth), (other.clone(), true)]);
                found.extend(self.search.solve(&self.search.base, &wanted, false));
            }
        }
        for option in pack.options.iter().filter(|it| reads(pack, &it.when.condition, name, 0)) {
            let Some(site) = self.sites(option).into_iter().next() else { continue };
            for truth in [true, false] {
                let wanted = [(option.when.condition.clone(), truth), (other.clone(), true)];
                found.extend(self.search.solve(&self.search.base.at(&site), &wanted, false));
            }
            if found.len() >= MOST {
                break;
            }
        }
        found.iter().map(plain).collect()
    }

    /// Fails where an estimate is for, on inputs that it comes out differently on.
    fn estimate(&self, estimate: &Estimate, field: Field, new: &Condition) -> Vec<Candidate> {
        let start = self.search.base.at(&self.search.site_of(&estimate.phase));
        let when = estimate.when.as_ref().map(|it| &it.condition);
        let inputs = match (field, when) {
            (Field::Holding(_), Some(when)) => self.apart(&start, &[], (when, new)),
            _ => {
                let other = format!("({}) != ({})", estimate.bytes.condition.text(), new.text());
                let Ok(other) = Condition::parse(&other) else { return Vec::new() };
                let guard = when.iter().map(|it| ((*it).clone(), true));
                let wanted: Vec<Wanted> = guard.chain([(other, true)]).collect();
                self.search.solve(&start, &wanted, false).into_iter().collect()
            }
        };
        inputs.iter().map(plain).collect()
    }

    /// Forces an option on inputs on which it wants something else, sound ones first.
    fn rewrites(&self, option: &PackOption, new: &[Rewrite]) -> Vec<Candidate> {
        let sites = self.sites(option).into_iter();
        let mut samples = sites.map(|site| self.search.samples(option, &site, MOST));
        let samples = samples.find(|found| !found.is_empty()).unwrap_or_default();
        let when = [(option.when.condition.clone(), true)];
        let both = (option.rewrite.as_slice(), new);
        let find = |sound| {
            let keeps = |it: &Input| {
                self.search.satisfies(it, &when, false)
                    && self.search.satisfies(it, &[], true) == sound
            };
            self.search.otherwise(&samples, both, &keeps, MOST / 2)
        };
        let forced = |input: &Input| Candidate {
            only: Some(option.id.clone()),
            allow_unsafe: option.safety == Safety::Unsafe,
            ..plain(input)
        };
        [true, false].into_iter().flat_map(find).map(|input| forced(&input)).collect()
    }

    /// Climbs the ladder of a phase that the mutant has lost.
    fn phases(&self, option: &PackOption, rest: &[String]) -> Vec<Candidate> {
        let Some(gone) = option.relieves.iter().find(|it| !rest.contains(it)) else {
            return Vec::new();
        };
        let samples = self.search.samples(option, &self.search.site_of(gone), 4);
        let asked = |input: &Input, steps: Option<usize>| Candidate {
            steps,
            allow_unsafe: option.safety == Safety::Unsafe,
            ..plain(input)
        };
        let short = samples.iter().map(|input| asked(input, None));
        short.chain(samples.iter().map(|input| asked(input, Some(LADDER)))).collect()
    }

    /// Asks for a repair on inputs on which it wants something else.
    fn repairs(&self, rule: &Requirement, new: &[Rewrite]) -> Vec<Candidate> {
        let mut wanted = guards(rule);
        wanted.push((rule.holds.condition.clone(), false));
        let Some(first) = self.search.solve(&self.search.base, &wanted, false) else {
            return Vec::new();
        };
        let keeps = |it: &Input| self.search.satisfies(it, &wanted, false);
        let found = self.search.otherwise(&[first], (&rule.breach.repair, new), &keeps, MOST);
        let asked = |input: &Input| Candidate { repair: Some(rule.id.clone()), ..plain(input) };
        found.iter().map(asked).collect()
    }
}

fn plain(input: &Input) -> Candidate {
    Candidate { witness: input.witness(""), ..Candidate::default() }
}

fn guards(rule: &Requirement) -> Vec<Wanted> {
    rule.when.iter().map(|when| (when.condition.clone(), true)).collect()
}

/// Tells whether a condition reads a named expression, directly or through others.
fn reads(pack: &Pack, condition: &Condition, name: &str, depth: usize) -> bool {
    // Named expressions lead nowhere in circles, and no further than there are some.
    depth <= pack.lets.len()
        && condition.names().iter().filter_map(|used| used.fact()).any(|used| {
            let next = pack.lets.get(used);
            used == name || next.is_some_and(|it| reads(pack, &it.condition, name, depth + 1))
        })
}
