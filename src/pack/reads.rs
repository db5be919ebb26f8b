//! What a rule reads, through named expressions and the defaults' interpolations.

use std::collections::BTreeSet;

use super::rule::{ByName, DefaultSet, Estimate, Expression, PEAK};
use crate::condition::Condition;
use crate::path::KeyPath;
use crate::value::Value;

/// The keys and directives that decide an expression, directly or not.
#[derive(Debug, Clone, Default)]
pub struct Reads {
    keys: BTreeSet<KeyPath>,
    directives: BTreeSet<String>,
}

impl Reads {
    /// Collects what expressions read.
    pub fn of<'a>(
        expressions: impl IntoIterator<Item = &'a Condition>,
        lets: &ByName<Expression>,
        estimates: &[Estimate],
        defaults: &[DefaultSet],
    ) -> Self {
        let mut reads = Self::default();
        let mut seen = BTreeSet::new();
        for expression in expressions {
            reads.follow(expression, lets, defaults, &mut seen);
        }
        if seen.contains(PEAK) {
            for estimate in estimates {
                for expression in estimate.when.iter().chain([&estimate.bytes]) {
                    reads.follow(&expression.condition, lets, defaults, &mut seen);
                }
            }
        }
        reads
    }

    fn follow(
        &mut self,
        expression: &Condition,
        lets: &ByName<Expression>,
        defaults: &[DefaultSet],
        seen: &mut BTreeSet<String>,
    ) {
        for name in expression.names() {
            if let Some(key) = name.key() {
                self.add_key(key.clone(), defaults);
            }
            let Some(fact) = name.fact() else { continue };
            if let Some(directive) = fact.strip_prefix("sbatch.") {
                self.directives.insert(directive.to_owned());
            }
            if fact == PEAK {
                seen.insert(PEAK.to_owned());
            }
            if let Some(named) = lets.get(fact).filter(|_| seen.insert(fact.to_owned())) {
                self.follow(&named.condition, lets, defaults, seen);
            }
        }
    }

    /// Adds a key, and those that its default refers to as `${key}`.
    fn add_key(&mut self, key: KeyPath, defaults: &[DefaultSet]) {
        if !self.keys.insert(key.clone()) {
            return;
        }
        for set in defaults {
            let Some(Value::Str(text)) = set.values.get(key.as_str()) else { continue };
            for part in text.split("${").skip(1) {
                let named = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
                let inner = part.split('}').next().unwrap_or_default();
                for word in inner.split(|c| !named(c)).filter(|word| !word.is_empty()) {
                    self.add_key(key.follow(word), defaults);
                }
            }
        }
    }

    /// Tells whether a change of the key may matter: it is read, or lies around or below what is.
    pub fn may_depend_on(&self, key: &str) -> bool {
        let key = KeyPath::new(key);
        self.keys.iter().any(|read| read.is_at_or_below(&key) || key.is_at_or_below(read))
    }

    /// Lists what is read: keys, and directives as `$sbatch.NAME`.
    pub fn names(&self) -> impl Iterator<Item = String> {
        let directives = self.directives.iter().map(|name| format!("$sbatch.{name}"));
        self.keys.iter().map(ToString::to_string).chain(directives)
    }

    /// Tells whether the directive is read.
    pub fn reads_directive(&self, name: &str) -> bool {
        self.directives.contains(name)
    }
}
