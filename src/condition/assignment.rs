use std::fmt;

use super::ast::Condition;
use crate::path::KeyPath;
use crate::text::{Fault, Said, Span};

/// A rewrite of the form `target := expression`.
#[derive(Debug, Clone)]
pub struct Assignment {
    /// What is set.
    pub target: Target,
    /// Whether the key may be one that the configuration lacks: `++key := expression`.
    pub adds: bool,
    /// What to; `it` is the target's value before.
    pub value: Condition,
    /// Where the expression starts in the rewrite's text, in bytes.
    pub value_offset: usize,
    /// What holds the computed value back.
    pub bounds: Bounds,
}

/// What a computed value is held to. Expressions, since a bound may depend on the launch.
#[derive(Debug, Clone, Default)]
pub struct Bounds {
    /// It goes no lower.
    pub floor: Option<Condition>,
    /// It goes no higher.
    pub cap: Option<Condition>,
    /// It becomes the largest divisor of this number that is not above it.
    pub largest_divisor: Option<Condition>,
}

impl Bounds {
    /// Lists the expressions.
    pub fn iter(&self) -> impl Iterator<Item = &Condition> {
        [&self.floor, &self.cap, &self.largest_divisor].into_iter().flatten()
    }
}

/// What an assignment sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A configuration key.
    Key(KeyPath),
    /// A directive of the Slurm script: `sbatch:gpus_per_node`.
    Directive(String),
    /// An environment variable of the job: `env:NAME`.
    Environment(String),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => write!(f, "{key}"),
            Self::Directive(name) => write!(f, "sbatch:{name}"),
            Self::Environment(name) => write!(f, "env:{name}"),
        }
    }
}

impl Assignment {
    /// Reads a rewrite; nothing if it is no assignment, and so a plain override.
    pub fn parse(text: &str) -> Option<Result<Self, Vec<Fault>>> {
        Self::read(text, Condition::parse)
    }

    /// Takes a rewrite that was checked before, as [`Condition::sound`] takes its expression.
    pub fn sound(text: &Said) -> Option<Self> {
        let read = match text {
            Said::Borrowed(text) => Self::read(text, |value| Ok(Condition::sound(value))),
            Said::Owned(text) => Self::read(text, |value| Ok(Condition::sound(value.to_owned()))),
        };
        read?.ok()
    }

    fn read<'a>(
        text: &'a str,
        expression: impl FnOnce(&'a str) -> Result<Condition, Vec<Fault>>,
    ) -> Option<Result<Self, Vec<Fault>>> {
        let (target, value) = text.split_once(":=")?;
        let (adds, name) = match target.trim().strip_prefix("++") {
            Some(key) if !key.contains(':') => (true, key),
            _ => (false, target.trim()),
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || "_.:/@-$".contains(c);
        if name.is_empty() || !name.chars().all(plain) {
            return None;
        }
        let value_offset = target.len() + 2;
        let parsed = expression(value).map_err(|faults| {
            faults.into_iter().map(|fault| fault.shifted(value_offset)).collect::<Vec<Fault>>()
        });
        Some(parsed.and_then(|value| {
            let start = target.len() - target.trim_start().len();
            let target = read_target(name, Span::new(start, start + name.len()))?;
            Ok(Self { target, adds, value, value_offset, bounds: Bounds::default() })
        }))
    }
}

fn read_target(name: &str, span: Span) -> Result<Target, Vec<Fault>> {
    match name.split_once(':') {
        Some(("sbatch", directive)) => Ok(Target::Directive(directive.to_owned())),
        Some(("env", variable)) => Ok(Target::Environment(variable.to_owned())),
        Some((surface, _)) => {
            let message = format!("there is no surface `{surface}` to write to");
            let fault = Fault::new("hydrule::condition::unknown_surface", span, message);
            Err(vec![fault.helped("write a key, `sbatch:DIRECTIVE` or `env:NAME`")])
        }
        None => Ok(Target::Key(KeyPath::new(name))),
    }
}
