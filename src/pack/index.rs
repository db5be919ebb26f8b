//! Which rules can matter on an input, found by the names that the input tells.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use indexmap::IndexMap;

use super::rule::{DefaultSet, Expression, PackOption, Requirement, VERSION};
use crate::path::KeyPath;

/// Finds rules by what they read, so that a plan's time grows with the rules that matter.
#[derive(Debug, Default)]
pub struct RuleIndex {
    options: Wakes,
    requirements: Wakes,
    /// The requirements that read a key, by place in the pack.
    readers: BTreeMap<String, Vec<usize>>,
}

/// For every rule one name without which it cannot act.
#[derive(Debug, Default)]
struct Wakes {
    /// Rules that may act whatever is told.
    always: Vec<usize>,
    /// By the name, and by every section around a key.
    by_name: HashMap<String, Vec<usize>>,
    rules: usize,
}

impl RuleIndex {
    /// Indexes the rules of a pack: an option acts only where its condition is true, a requirement
    /// only where its guard is true and what must hold is known.
    pub(super) fn of(
        options: &[PackOption],
        requirements: &[Requirement],
        lets: &IndexMap<String, Expression>,
        defaults: &[DefaultSet],
    ) -> Self {
        let names = Names { lets, defaults };
        let needs = |option: &PackOption| option.when.condition.needed_to_hold();
        let options = Wakes::of(options.iter().map(needs), &names);
        let broken = |rule: &Requirement| {
            let guard = rule.when.as_ref().map(|when| when.condition.needed_to_hold());
            &guard.unwrap_or_default() | &rule.holds.condition.needed_to_know()
        };
        let mut readers: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, rule) in requirements.iter().enumerate() {
            for name in rule.reads.names() {
                readers.entry(name).or_default().push(at);
            }
        }
        let requirements = Wakes::of(requirements.iter().map(broken), &names);
        Self { options, requirements, readers }
    }

    /// Tells for each option whether it may act where these names are told; facts have their `$`.
    pub fn options<'a>(&self, told: impl IntoIterator<Item = &'a str>) -> Vec<bool> {
        self.options.awake(told)
    }

    /// Tells for each requirement whether it may be broken where these names are told.
    pub fn requirements<'a>(&self, told: impl IntoIterator<Item = &'a str>) -> Vec<bool> {
        self.requirements.awake(told)
    }

    /// Lists the requirements that read a key, something around or below it, or `$sbatch.NAME`.
    pub fn readers(&self, name: &str) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        for outer in self_and_around(name) {
            found.extend(self.readers.get(outer).into_iter().flatten());
        }
        for rules in below(&self.readers, name) {
            found.extend(rules);
        }
        found
    }
}

impl Wakes {
    fn of(needs: impl Iterator<Item = BTreeSet<String>>, names: &Names<'_>) -> Self {
        let mut wakes = Self::default();
        for (at, needs) in needs.enumerate() {
            wakes.rules = at + 1;
            match needs.iter().find_map(|name| names.untold(name, &mut Vec::new())) {
                Some(name) => {
                    for around in self_and_around(&name) {
                        wakes.by_name.entry(around.to_owned()).or_default().push(at);
                    }
                }
                None => wakes.always.push(at),
            }
        }
        wakes
    }

    fn awake<'a>(&self, told: impl IntoIterator<Item = &'a str>) -> Vec<bool> {
        let mut awake = vec![false; self.rules];
        let mut wake = |rules: &[usize]| {
            for at in rules {
                if let Some(awake) = awake.get_mut(*at) {
                    *awake = true;
                }
            }
        };
        wake(&self.always);
        for name in told {
            if let Some(rules) = self.by_name.get(name) {
                wake(rules);
            }
        }
        awake
    }
}

/// Lists a key and the sections around it.
fn self_and_around(key: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(key), |it| it.rsplit_once('.').map(|(around, _)| around))
}

/// Lists what stands below a key.
fn below<'a>(
    all: &'a BTreeMap<String, Vec<usize>>,
    key: &str,
) -> impl Iterator<Item = &'a Vec<usize>> {
    // `/` follows `.`, so these are the names that begin with the key and a dot.
    all.range(format!("{key}.")..format!("{key}/")).map(|(_, rules)| rules)
}

/// What a pack itself tells of names.
struct Names<'a> {
    lets: &'a IndexMap<String, Expression>,
    defaults: &'a [DefaultSet],
}

impl Names<'_> {
    /// Returns a name that must be told for this one to be, unless the pack may tell it.
    fn untold(&self, name: &str, open: &mut Vec<String>) -> Option<String> {
        let Some(fact) = name.strip_prefix('$') else {
            let default = self.defaults.iter().any(|set| {
                let own = KeyPath::new(name);
                set.values.keys().any(|key| own.is_at_or_below(&KeyPath::new(key.as_str())))
            });
            return (!default).then(|| name.to_owned());
        };
        if let Some(expression) = self.lets.get(fact) {
            if open.iter().any(|it| it == fact) {
                return None;
            }
            open.push(fact.to_owned());
            let needs = expression.condition.needed_to_know();
            let found = needs.iter().find_map(|name| self.untold(name, open));
            open.pop();
            return found;
        }
        // A parameter has a default, and a pack knows versions; the peak is computed from much.
        let own = fact.starts_with("param.") || fact.starts_with(VERSION);
        (fact.contains('.') && !own).then(|| name.to_owned())
    }
}
