//! Which rules can matter on an input, found by the names that the input tells.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use foldhash::HashMap;

use super::reads::Reads;
use super::rule::{ByName, Expression, Pack, PackOption, Requirement, VERSION};

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

/// Which of the names that are told each rule reads: the rule's place and the name's, in order.
#[derive(Debug, Default, Clone)]
pub struct ReadBy {
    options: Vec<(usize, usize)>,
    requirements: Vec<(usize, usize)>,
}

impl ReadBy {
    /// Lists the places of the names that an option's condition reads.
    pub fn option(&self, at: usize) -> impl Iterator<Item = usize> + Clone {
        of_rule(&self.options, at)
    }

    /// Lists the places of the names that a requirement reads.
    pub fn requirement(&self, at: usize) -> impl Iterator<Item = usize> + Clone {
        of_rule(&self.requirements, at)
    }
}

fn of_rule(pairs: &[(usize, usize)], rule: usize) -> impl Iterator<Item = usize> + Clone {
    let start = pairs.partition_point(|(other, _)| *other < rule);
    let rest = pairs.get(start..).unwrap_or_default();
    rest.iter().take_while(move |(other, _)| *other == rule).map(|(_, place)| *place)
}

/// For every rule one name without which it cannot act.
#[derive(Debug, Default)]
struct Wakes {
    /// Rules that may act whatever is told.
    always: Rules,
    by_name: HashMap<String, Concerned>,
}

/// The rules that a name concerns, where it is told.
#[derive(Debug, Default)]
struct Concerned {
    /// Those that cannot act without the name or something below it.
    awake: Rules,
    /// Those that read it or something below it.
    read: Rules,
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
            true => self.wakes().awake(told, |_, _| {}),
            false => self.all_rules(),
        }
    }

    /// Lists the rules that may act as [`Self::awake`] does, and which of the names each rule reads.
    pub fn awake_and_read(&self, told: impl IntoIterator<Item: AsRef<str>>) -> (Rules, ReadBy) {
        // Enough for most, so that they seldom grow.
        let room = || Vec::with_capacity(64);
        let mut read_by = ReadBy { options: room(), requirements: room() };
        let rules = self.wakes().awake(told, |place, read| {
            read_by.options.extend(read.options.iter().map(|at| (*at, place)));
            read_by.requirements.extend(read.requirements.iter().map(|at| (*at, place)));
        });
        read_by.options.sort_unstable();
        read_by.requirements.sort_unstable();
        (rules, read_by)
    }

    fn wakes(&self) -> &Wakes {
        self.index.wakes.get_or_init(|| Wakes::of(self))
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
        for (at, rule) in pack.options.iter().enumerate() {
            let condition = &rule.when.condition;
            let reads = Reads::of([condition], &pack.lets, &pack.estimates, &pack.defaults);
            wakes.add(at, &option(rule), &reads, &names, |rules| &mut rules.options);
        }
        for (at, rule) in pack.requirements.iter().enumerate() {
            let reads = pack.reads(rule);
            wakes.add(at, &requirement(rule), reads, &names, |rules| &mut rules.requirements);
        }
        wakes
    }

    /// Adds a rule with what it needs and what it reads.
    fn add(
        &mut self,
        at: usize,
        needs: &BTreeSet<String>,
        reads: &Reads,
        names: &Names<'_>,
        kind: impl Fn(&mut Rules) -> &mut Vec<usize>,
    ) {
        match needs.iter().find_map(|name| names.untold(name, &mut Vec::new())) {
            Some(name) => {
                for around in self_and_around(&name) {
                    kind(&mut self.concerned(around).awake).push(at);
                }
            }
            None => kind(&mut self.always).push(at),
        }
        for name in reads.names() {
            for around in self_and_around(&name) {
                kind(&mut self.concerned(around).read).push(at);
            }
        }
    }

    fn concerned(&mut self, name: &str) -> &mut Concerned {
        self.by_name.entry(name.to_owned()).or_default()
    }

    /// Lists the rules that may act; `reads` is given the place of each name and the rules that read it.
    fn awake(
        &self,
        told: impl IntoIterator<Item: AsRef<str>>,
        mut reads: impl FnMut(usize, &Rules),
    ) -> Rules {
        let mut awake = self.always.clone();
        for (place, name) in told.into_iter().enumerate() {
            let Some(concerned) = self.by_name.get(name.as_ref()) else { continue };
            awake.options.extend(&concerned.awake.options);
            awake.requirements.extend(&concerned.awake.requirements);
            reads(place, &concerned.read);
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
    lets: &'a ByName<Expression>,
    defaults: HashSet<&'a str>,
}

impl<'a> Names<'a> {
    fn of(pack: &'a Pack) -> Self {
        let keys = pack.defaults.iter().flat_map(|set| set.values.keys());
        Self { lets: &pack.lets, defaults: keys.map(AsRef::as_ref).collect() }
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
