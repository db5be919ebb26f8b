//! Which values are worth trying: those that the rules name, and their neighbours.

use std::collections::{BTreeMap, BTreeSet};

use super::input::{Var, targets};
use crate::condition::Condition;
use crate::facts::{DIRECTIVES, DirectiveKind};
use crate::pack::{Pack, Rewrite, VERSION};
use crate::signal::FactType;
use crate::value::Value;

const GIB: i64 = 1 << 30;

/// The values to try, by variable.
pub struct Values {
    by_var: BTreeMap<Var, Vec<Value>>,
}

impl Values {
    /// Collects them from every expression of a pack.
    pub fn of(pack: &Pack) -> Self {
        let mut values = Self { by_var: BTreeMap::new() };
        for condition in expressions(pack) {
            for used in condition.names() {
                if let Some(var) = Var::of(&used) {
                    let start = start_values(pack, &var);
                    values.by_var.entry(var).or_insert(start);
                }
            }
            for term in condition.terms() {
                values.add_term(pack, &term);
            }
        }
        for parameter in pack.parameters.keys() {
            let var = Var::Name(format!("param.{parameter}"));
            let start = start_values(pack, &var);
            values.by_var.entry(var).or_insert(start);
        }
        values
    }

    /// Returns the values to try for a variable.
    pub fn get(&self, var: &Var) -> &[Value] {
        self.by_var.get(var).map_or(&[], Vec::as_slice)
    }

    fn add_term(&mut self, pack: &Pack, term: &[Condition]) {
        for (value, name) in term.iter().filter_map(Condition::as_membership) {
            if let Some(var) = Var::of(&name) {
                push(self.by_var.entry(var).or_default(), Value::List(vec![value]));
            }
        }
        let mut others: Vec<Value> = Vec::new();
        for operand in term {
            others.extend(operand.as_literal());
            if let Some(Var::Name(name)) = operand.as_name().as_ref().and_then(Var::of) {
                let parameter = name.strip_prefix("param.").and_then(|it| pack.parameters.get(it));
                others.extend(parameter.map(|parameter| parameter.value.clone()));
            }
        }
        for operand in term {
            for var in operand.names().iter().filter_map(Var::of) {
                let list = self.by_var.entry(var).or_default();
                for value in others.iter().flat_map(around) {
                    push(list, value);
                }
            }
        }
    }
}

/// Lists every expression that decides something.
fn expressions(pack: &Pack) -> impl Iterator<Item = &Condition> {
    pack.lets.values().map(|it| &it.condition).chain(of_rules(pack))
}

/// Lists the expressions of options and requirements: when they apply, what holds, and what they write.
pub fn of_rules(pack: &Pack) -> impl Iterator<Item = &Condition> {
    let rewrites = pack.options.iter().flat_map(|option| &option.rewrite);
    let repairs = pack.requirements.iter().flat_map(|requirement| &requirement.breach.repair);
    let written = rewrites.chain(repairs).flat_map(|rewrite| match rewrite {
        Rewrite::Plain(..) => Vec::new(),
        Rewrite::Assign(it, _) => [&it.value].into_iter().chain(it.bounds.iter()).collect(),
    });
    let options = pack.options.iter().map(|option| &option.when.condition);
    let requirements = pack.requirements.iter();
    let requirements = requirements
        .flat_map(|it| it.when.iter().chain([&it.holds]).map(|expression| &expression.condition));
    options.chain(requirements).chain(written)
}

fn start_values(pack: &Pack, var: &Var) -> Vec<Value> {
    let ints = || [1, 2, 4, 8].map(Value::Int).to_vec();
    match var {
        Var::Key(key) => {
            let values = pack.defaults_of(key).flat_map(|default| match default {
                Value::Str(text) if text.contains("${") => Vec::new(),
                Value::Null => ints(),
                default => around(default),
            });
            if pack.has_default(key) { values.collect() } else { ints() }
        }
        Var::Name(name) if name == VERSION => targets(pack),
        Var::Name(name) => match name.split_once('.') {
            Some(("param", parameter)) => {
                let default = pack.parameters.get(parameter).map(|it| it.value.clone());
                default.iter().flat_map(around).collect()
            }
            Some(("env", _)) => ["", "0", "1"].map(|it| Value::Str(it.to_owned())).to_vec(),
            Some(("sbatch", directive)) => {
                let kind = DIRECTIVES.iter().find(|(name, ..)| *name == directive);
                match kind.map(|(.., kind)| kind) {
                    Some(DirectiveKind::Memory) => {
                        [64, 512].map(|it| Value::Bytes(it * GIB)).to_vec()
                    }
                    Some(DirectiveKind::Text) => Vec::new(),
                    _ => ints(),
                }
            }
            Some((event, fact)) => fact_values(pack, event, fact),
            None => Vec::new(),
        },
    }
}

fn fact_values(pack: &Pack, event: &str, fact: &str) -> Vec<Value> {
    let defs = pack.signal_defs.iter().filter(|def| def.event == event);
    let kind = defs.flat_map(|def| &def.types).find(|(name, _)| name == fact).map(|(_, it)| *it);
    match kind {
        Some(FactType::Bytes | FactType::Gib) => {
            [1, 8, 40, 80].map(|it| Value::Bytes(it * GIB)).to_vec()
        }
        Some(FactType::Int) => [0, 1, 2, 8].map(Value::Int).to_vec(),
        Some(FactType::Float) => [0.0, 0.5, 1.0].map(Value::Float).to_vec(),
        _ => Vec::new(),
    }
}

/// Returns a value and its neighbours, where it has any.
pub fn around(value: &Value) -> Vec<Value> {
    match value {
        Value::Bool(_) => vec![Value::Bool(false), Value::Bool(true)],
        Value::Int(int) => {
            let near = [Some(*int), int.checked_sub(1), int.checked_add(1)];
            let far = [int.checked_mul(2), Some(int / 2)];
            near.into_iter().chain(far).flatten().map(Value::Int).collect()
        }
        Value::Bytes(bytes) => {
            let near = [Some(*bytes), bytes.checked_sub(1), bytes.checked_add(1)];
            let far = [bytes.checked_mul(2), Some(bytes / 2)];
            near.into_iter().chain(far).flatten().map(Value::Bytes).collect()
        }
        Value::Float(float) => [*float, float - 0.05, float + 0.05, float - 0.2, float + 0.2]
            .map(|it| Value::Float((it * 1000.0).round() / 1000.0))
            .to_vec(),
        other => vec![other.clone()],
    }
}

/// Adds a value that is not there yet.
pub fn push(list: &mut Vec<Value>, value: Value) {
    if !list.contains(&value) {
        list.push(value);
    }
}

/// Lists every variable that decides an expression: through named expressions, and through the
/// defaults that refer to other keys.
pub fn variables(pack: &Pack, condition: &Condition) -> Vec<Var> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    collect(pack, condition, &mut found, &mut seen);
    found
}

fn collect(pack: &Pack, condition: &Condition, out: &mut Vec<Var>, seen: &mut BTreeSet<Var>) {
    for var in condition.names().iter().filter_map(Var::of) {
        if !seen.insert(var.clone()) {
            continue;
        }
        let named = match &var {
            Var::Name(name) => pack.lets.get(name.as_str()),
            Var::Key(_) => None,
        };
        match named {
            Some(expression) => collect(pack, &expression.condition, out, seen),
            None => {
                out.push(var.clone());
                add_referred(pack, &var, out, seen);
            }
        }
    }
}

/// A default such as `${oc.select:a.b,1}` is decided by `a.b`.
fn add_referred(pack: &Pack, var: &Var, out: &mut Vec<Var>, seen: &mut BTreeSet<Var>) {
    let Var::Key(key) = var else { return };
    let texts = pack.defaults_of(key).filter_map(|default| match default {
        Value::Str(text) => Some(text),
        _ => None,
    });
    for part in texts.flat_map(|text| text.split("${").skip(1)) {
        let inner = part.split('}').next().unwrap_or_default();
        let inner = inner.rsplit(':').next().unwrap_or(inner);
        let name = inner.split(',').next().unwrap_or(inner).trim();
        if !name.starts_with('.') && pack.has_default(name) {
            let next = Var::Key(name.to_owned());
            if seen.insert(next.clone()) {
                out.push(next.clone());
                add_referred(pack, &next, out, seen);
            }
        }
    }
}
