//! What holds for all inputs, shown on finitely many.
//!
//! Where conditions only compare names with values and with one another, inputs differ only in how
//! the names lie between the values. One input for every such order stands for all of them, so a
//! conjunction that none of these satisfies is never true. Remainders of division by a number add to
//! the order the place within a period. Parts of another form are left out, which can only make a
//! conjunction easier to satisfy: what is proven holds with them as well.

use std::collections::{BTreeMap, BTreeSet};

use super::input::{Var, is_version, targets};
use crate::condition::{Condition, Scope, Verdict};
use crate::facts::{Found, Lookup, Missing, Provenance};
use crate::pack::Pack;
use crate::path::KeyPath;
use crate::value::Value;

/// The most inputs that are tried for one proof.
const MOST: usize = 20_000;

/// The longest common period of the remainders of one name.
const LONGEST: i64 = 240;

/// A condition that is wanted true or false.
pub type Wanted = (Condition, bool);

/// Tells whether no input makes all conditions come out as wanted; false where that is not proven.
pub fn never(pack: &Pack, wanted: &[Wanted]) -> bool {
    // Where there are too many inputs with the remainders, there may be few without.
    never_of(pack, wanted, false) || never_of(pack, wanted, true)
}

fn never_of(pack: &Pack, wanted: &[Wanted], remainders: bool) -> bool {
    let mut domains = Domains { remainders, ..Domains::default() };
    let decidable: Vec<&Wanted> =
        wanted.iter().filter(|(condition, _)| domains.add(pack, condition)).collect();
    if decidable.is_empty() {
        return false;
    }
    let Some(domains) = domains.finish(pack) else { return false };
    let mut point = Point { pack, values: BTreeMap::new() };
    !exists(&decidable, &domains, &mut point)
}

/// Tells whether a condition is nothing but comparisons of names and values.
pub fn decidable(pack: &Pack, condition: &Condition) -> bool {
    flat_terms(pack, condition, &mut Vec::new(), 0)
}

/// Tries all values of the first open variable, then of the next.
fn exists(wanted: &[&Wanted], open: &[(Var, Vec<Value>)], point: &mut Point<'_>) -> bool {
    let Some(((var, values), rest)) = open.split_first() else {
        return wanted.iter().all(|(condition, truth)| {
            let wanted = if *truth { Verdict::True } else { Verdict::False };
            condition.verdict(point) == wanted
        });
    };
    values.iter().any(|value| {
        point.values.insert(var.clone(), value.clone());
        exists(wanted, rest, point)
    })
}

/// What the names are compared with.
#[derive(Default)]
struct Domains {
    values: BTreeMap<Var, Vec<Value>>,
    linked: BTreeSet<(Var, Var)>,
    /// Whether conditions with remainders take part.
    remainders: bool,
    /// After how many integers the remainders of a name come again.
    periods: BTreeMap<Var, i64>,
}

impl Domains {
    /// Adds a condition's comparisons; false, and nothing added, if it has other parts.
    fn add(&mut self, pack: &Pack, condition: &Condition) -> bool {
        let mut terms = Vec::new();
        if !flat_terms(pack, condition, &mut terms, 0) {
            return false;
        }
        let periodic = |it: &Condition| it.as_remainder().is_some();
        if !self.remainders && terms.iter().flatten().any(periodic) {
            return false;
        }
        for term in terms {
            let mut vars: Vec<Var> = term.iter().filter_map(|it| Var::of(&it.as_name()?)).collect();
            for (name, by) in term.iter().filter_map(Condition::as_remainder) {
                let Some(var) = Var::of(&name) else { continue };
                let period = self.periods.entry(var.clone()).or_insert(1);
                *period = common_multiple(*period, by);
                vars.push(var);
            }
            let literals: Vec<Value> = term.iter().filter_map(Condition::as_literal).collect();
            for var in &vars {
                self.values.entry(var.clone()).or_default().extend(literals.iter().cloned());
                for other in vars.iter().filter(|other| *other != var) {
                    self.linked.insert((var.clone(), other.clone()));
                }
            }
        }
        true
    }

    /// Returns one value for each order that a variable can be in; nothing if they are too many.
    fn finish(mut self, pack: &Pack) -> Option<Vec<(Var, Vec<Value>)>> {
        self.share_values();
        let mut size = 1_usize;
        let mut all = Vec::new();
        for (var, named) in &self.values {
            let near = self.linked.iter().filter(|(one, _)| one == var).count();
            let mut values = closed(pack, var).unwrap_or_else(|| spread(named, near.min(3) + 1));
            if let Some(period) = self.periods.get(var) {
                // Remainders of names that are compared with one another are left undecided.
                let alone = near == 0 && *period <= LONGEST;
                values.extend(alone.then(|| integers(named, *period))??);
            }
            size = size.checked_mul(values.len().max(1)).filter(|size| *size <= MOST)?;
            all.push((var.clone(), values));
        }
        Some(all)
    }

    /// Variables that are compared with one another are compared with each other's values, too.
    fn share_values(&mut self) {
        for _ in 0..self.linked.len() {
            for (one, other) in &self.linked {
                let more = self.values.get(other).cloned().unwrap_or_default();
                let own = self.values.entry(one.clone()).or_default();
                for value in more {
                    super::values::push(own, value);
                }
            }
        }
    }
}

fn common_multiple(one: i64, other: i64) -> i64 {
    let (mut divisor, mut rest) = (one, other);
    while rest != 0 {
        (divisor, rest) = (rest, divisor % rest);
    }
    (one / divisor).saturating_mul(other)
}

/// Returns the integers that lie within a period of a named one or of 0, where the sign of
/// remainders changes; nothing where other numbers are named.
fn integers(named: &[Value], period: i64) -> Option<Vec<Value>> {
    let mut all = BTreeSet::new();
    for value in named.iter().chain([&Value::Int(0)]) {
        match value {
            Value::Int(at) => {
                all.extend(at.saturating_sub(period)..=at.saturating_add(period));
            }
            Value::Float(_) | Value::Bytes(_) => return None,
            _ => {}
        }
    }
    Some(all.into_iter().map(Value::Int).collect())
}

/// Follows names of the pack that stand for one value, name or remainder.
fn resolved(pack: &Pack, operand: Condition) -> Condition {
    let mut at = operand;
    for _ in 0..16 {
        let named = at.as_name().and_then(|used| pack.lets.get(used.fact()?));
        match named.map(|it| &it.condition) {
            Some(it) if is_plain(it) => at = it.clone(),
            _ => break,
        }
    }
    at
}

fn is_plain(it: &Condition) -> bool {
    it.as_literal().is_some() || it.as_name().is_some() || it.as_remainder().is_some()
}

/// Takes a condition apart, named conditions included; false if a part is more than a comparison
/// of names and values.
fn flat_terms(
    pack: &Pack,
    condition: &Condition,
    out: &mut Vec<Vec<Condition>>,
    depth: usize,
) -> bool {
    condition.terms().into_iter().all(|term| {
        let let_of = |it: &Condition| {
            let used = it.as_name()?;
            pack.lets.get(used.fact()?).map(|named| named.condition.clone())
        };
        if let [only] = term.as_slice()
            && let Some(named) = let_of(only)
        {
            return depth < 16 && flat_terms(pack, &named, out, depth + 1);
        }
        let term: Vec<Condition> = term.into_iter().map(|it| resolved(pack, it)).collect();
        let open = |it: &Condition| {
            let name = it.as_name().or_else(|| it.as_remainder().map(|(name, _)| name));
            name.is_none_or(|used| used.fact().is_none_or(|it| !pack.lets.contains_key(it)))
        };
        let periodic = term.iter().any(|it| it.as_remainder().is_some());
        let named = term.iter().filter(|it| it.as_literal().is_none()).count();
        let simple = term.iter().all(|it| is_plain(it) && open(it)) && (!periodic || named == 1);
        out.push(term);
        simple
    })
}

/// The facts of a failure that take words of the pack only.
fn closed(pack: &Pack, var: &Var) -> Option<Vec<Value>> {
    let Var::Name(name) = var else { return None };
    if *var == Var::target() {
        return Some(targets(pack));
    }
    let (event, fact) = name.split_once('.')?;
    let signals: Vec<_> = pack.signal_defs.iter().filter(|def| def.event == event).collect();
    if signals.is_empty() {
        return None;
    }
    let words: BTreeSet<String> = match fact {
        "phase" => places(pack).into_iter().collect(),
        "signal" => signals.iter().map(|def| def.name.clone()).chain(["told".to_owned()]).collect(),
        "kind" => signals
            .iter()
            .map(|def| def.kind.name().to_owned())
            .chain(["device", "host"].map(str::to_owned))
            .collect(),
        _ => return None,
    };
    Some(words.into_iter().map(Value::Str).collect())
}

/// Lists where a failure can be: the pack's phases, those that signals tell, and the host.
pub fn places(pack: &Pack) -> Vec<String> {
    pack.places().map(str::to_owned).collect()
}

/// Returns the named values, `between` values in every gap of the numbers, and one of every kind.
fn spread(named: &[Value], between: usize) -> Vec<Value> {
    let mut all =
        vec![Value::Null, Value::Bool(false), Value::Bool(true), Value::Str("‹other›".to_owned())];
    let mut numbers: Vec<f64> = named.iter().filter_map(Value::as_number).collect();
    let mut bytes: Vec<i64> = named
        .iter()
        .filter_map(|it| if let Value::Bytes(bytes) = it { Some(*bytes) } else { None })
        .collect();
    numbers.sort_by(f64::total_cmp);
    numbers.dedup();
    bytes.sort_unstable();
    bytes.dedup();
    for value in named {
        super::values::push(&mut all, value.clone());
    }
    if bytes.is_empty() {
        all.extend(gaps(&numbers, between).into_iter().map(Value::Float));
    } else {
        for at in &bytes {
            for step in [-2, -1, 1, 2] {
                all.push(Value::Bytes(at.saturating_add(step)));
            }
        }
    }
    all
}

fn gaps(numbers: &[f64], between: usize) -> Vec<f64> {
    let (Some(first), Some(last)) = (numbers.first(), numbers.last()) else {
        return (1..=between).filter_map(|at| u32::try_from(at).ok()).map(f64::from).collect();
    };
    let mut edges = vec![first - 8.0];
    edges.extend(numbers);
    edges.push(last + 8.0);
    let parts = u32::try_from(between + 1).map_or(2.0, f64::from);
    let mut all = Vec::new();
    for pair in edges.windows(2) {
        let [low, high] = pair else { continue };
        let steps = (1..=between).filter_map(|at| u32::try_from(at).ok());
        all.extend(steps.map(|at| low + (high - low) * f64::from(at) / parts));
    }
    all
}

/// An input that sets nothing but the variables of a proof.
struct Point<'a> {
    pack: &'a Pack,
    values: BTreeMap<Var, Value>,
}

impl Point<'_> {
    fn answer(&self, var: &Var) -> Lookup {
        match self.values.get(var) {
            Some(value) => Lookup::Set(Found { value: value.clone(), from: Provenance::Computed }),
            None => Lookup::Unknown(Missing {
                name: var.shown(),
                why: String::new(),
                supply: String::new(),
            }),
        }
    }
}

impl Scope for Point<'_> {
    fn config(&self, key: &KeyPath) -> Lookup {
        self.answer(&Var::Key(key.as_str().to_owned()))
    }

    fn name(&self, name: &str) -> Lookup {
        let told = self.values.get(&Var::target());
        if let Some(is) = told.and_then(|told| is_version(name, told)) {
            let (value, from) = (Value::Bool(is), Provenance::Computed);
            return Lookup::Set(Found { value, from });
        }
        let Some(named) = self.pack.lets.get(name) else {
            return self.answer(&Var::Name(name.to_owned()));
        };
        match named.condition.outcome(self) {
            crate::condition::Outcome::Known(value) => {
                Lookup::Set(Found { value, from: Provenance::Computed })
            }
            _ => self.answer(&Var::Name(name.to_owned())),
        }
    }

    fn it(&self) -> Lookup {
        Lookup::Absent
    }

    fn switched(&self, key: &KeyPath) -> Lookup {
        self.answer(&Var::Key(key.as_str().to_owned()))
    }
}
