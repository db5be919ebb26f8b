//! Which rules can matter on an input, found by the names that the input tells.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use foldhash::HashMap;
use indexmap::IndexMap;

use super::reads::Reads;
use super::rule::{Expression, Pack, PackOption, Requirement, VERSION};

/// Finds rules by what they read, so that a plan's time grows with the rules that matter. It is made
/// when it is first asked for: it needs every condition parsed.
#[derive(Debug, Default)]
pub struct RuleIndex {
    asked: AtomicBool,
    wakes: OnceLock<Wakes>,
    /// The requirements that read a key, by place in the pack.
    readers: OnceLock<BTreeMap<String, Vec<usize>>>,
}

/// Rules by their places in the pack.
#[derive(Debug, Default, Clone)]
pub struct Rules {
    /// The options.
    pub options: Vec<usize>,
    /// The requirements.
    pub requirements: Vec<usize>,
}

/// For every rule one name without which it cannot act.
#[derive(Debug, Default)]
struct Wakes {
    /// Rules that may act whatever is told.
    always: Rules,
    /// By the name, and by every section around a key.
    by_name: HashMap<String, Rules>,
}

impl Pack {
    /// Lists the rules that may act where these names are told; facts have their `$`. An option acts only
    /// where its condition is true; a requirement is broken only where its guard is true, and what must
    /// hold known.
    ///
    /// Who asks once, as a start of the program for one job does, gets all of them: to try each is
    /// quicker than to make the index.
    pub fn awake(&self, told: impl IntoIterator<Item: AsRef<str>>) -> Rules {
        match self.index.asked.swap(true, Ordering::Relaxed) {
            true => self.index.wakes.get_or_init(|| Wakes::of(self)).awake(told),
            false => self.all_rules(),
        }
    }

    /// Lists all rules.
    pub fn all_rules(&self) -> Rules {
        Rules {
            options: (0..self.options.len()).collect(),
            requirements: (0..self.requirements.len()).collect(),
        }
    }

    /// Lists the requirements that read a key, something around or below it, or `$sbatch.NAME`, by
    /// place in the pack.
    pub fn readers(&self, name: &str) -> BTreeSet<usize> {
        let readers = self.index.readers.get_or_init(|| {
            let mut readers: BTreeMap<String, Vec<usize>> = BTreeMap::new();
            for (at, rule) in self.requirements.iter().enumerate() {
                for name in self.reads(rule).names() {
                    readers.entry(name).or_default().push(at);
                }
            }
            readers
        });
        let mut found = BTreeSet::new();
        for outer in self_and_around(name) {
            found.extend(readers.get(outer).into_iter().flatten());
        }
        for rules in below(readers, name) {
            found.extend(rules);
        }
        found
    }

    /// Returns what one of the pack's requirements reads.
    pub fn reads<'a>(&self, rule: &'a Requirement) -> &'a Reads {
        rule.reads.get_or_init(|| {
            let conditions = rule.when.iter().chain([&rule.holds]).map(|it| &it.condition);
            Reads::of(conditions, &self.lets, &self.estimates, &self.defaults)
        })
    }
}

impl Wakes {
    fn of(pack: &Pack) -> Self {
        let names = Names::of(pack);
        let option = |it: &PackOption| it.when.condition.needed_to_hold();
        let requirement = |it: &Requirement| {
            let guard = it.when.as_ref().map(|when| when.condition.needed_to_hold());
            &guard.unwrap_or_default() | &it.holds.condition.needed_to_know()
        };
        let mut wakes = Self::default();
        wakes.add(pack.options.iter().map(option), &names, |rules| &mut rules.options);
        let requirements = pack.requirements.iter().map(requirement);
        wakes.add(requirements, &names, |rules| &mut rules.requirements);
        wakes
    }

    /// Adds the rules of one kind, each with what it needs.
    fn add(
        &mut self,
        needs: impl Iterator<Item = BTreeSet<String>>,
        names: &Names<'_>,
        kind: impl Fn(&mut Rules) -> &mut Vec<usize>,
    ) {
        for (at, needs) in needs.enumerate() {
            match needs.iter().find_map(|name| names.untold(name, &mut Vec::new())) {
                Some(name) => {
                    for around in self_and_around(&name) {
                        kind(self.by_name.entry(around.to_owned()).or_default()).push(at);
                    }
                }
                None => kind(&mut self.always).push(at),
            }
        }
    }

    fn awake(&self, told: impl IntoIterator<Item: AsRef<str>>) -> Rules {
        let mut awake = self.always.clone();
        for rules in told.into_iter().filter_map(|name| self.by_name.get(name.as_ref())) {
            awake.options.extend(&rules.options);
            awake.requirements.extend(&rules.requirements);
        }
        for kind in [&mut awake.options, &mut awake.requirements] {
            kind.sort_unstable();
            kind.dedup();
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
    defaults: HashSet<&'a str>,
}

impl<'a> Names<'a> {
    fn of(pack: &'a Pack) -> Self {
        let keys = pack.defaults.iter().flat_map(|set| set.values.keys());
        Self { lets: &pack.lets, defaults: keys.map(String::as_str).collect() }
    }

    /// Returns a name that must be told for this one to be, unless the pack may tell it.
    fn untold(&self, name: &str, open: &mut Vec<String>) -> Option<String> {
        let Some(fact) = name.strip_prefix('$') else {
            let default = self_and_around(name).any(|it| self.defaults.contains(it));
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
