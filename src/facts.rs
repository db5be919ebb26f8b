//! What looking a name up can answer, and where the answer comes from.

use std::fmt;

use indexmap::IndexMap;

use crate::text::Location;
use crate::value::Value;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Provenance {
    /// Read in a text: a script, an argument list, a configuration, a log.
    Text(Location),
    /// A default of the target application, as its pack states it.
    Default {
        /// Whose default, such as `verl 0.9`.
        of: String,
    },
    /// A pack's parameter.
    Parameter,
    /// Computed by a rule of this plan.
    Rule {
        /// The rule's id.
        id: String,
    },
    /// Computed by an expression, such as a `let` of a pack.
    Computed,
}

impl fmt::Display for Provenance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(location) => write!(f, "{location}"),
            Self::Default { of } => write!(f, "default of {of}"),
            Self::Parameter => f.write_str("pack parameter"),
            Self::Rule { id } => write!(f, "set by {id}"),
            Self::Computed => f.write_str("computed"),
        }
    }
}

/// A value and where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The value.
    pub value: Value,
    /// Its provenance.
    pub from: Provenance,
}

/// A name that nothing tells, and what would tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The name as a condition writes it.
    pub name: String,
    /// Why it is unknown, such as `no base configuration was given`.
    pub why: String,
    /// What the user can do, such as a flag to give.
    pub supply: String,
}

/// What looking a name up answers. The three never turn into one another.
#[derive(Debug, Clone, PartialEq)]
pub enum Lookup {
    /// It has this value; null is a value.
    Set(Found),
    /// It is known not to exist.
    Absent,
    /// Nothing tells.
    Unknown(Missing),
}

/// Located values that a run knows beyond its overrides, by dotted name without the `$`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts(IndexMap<String, Found>);

impl Facts {
    /// Adds a fact; a later one of the same name replaces the earlier.
    pub fn insert(&mut self, name: impl Into<String>, value: Value, from: Provenance) {
        self.0.insert(name.into(), Found { value, from });
    }

    /// Returns the fact of this name.
    pub fn get(&self, name: &str) -> Option<&Found> {
        self.0.get(name)
    }

    /// Returns all facts in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Found)> {
        self.0.iter().map(|(name, found)| (name.as_str(), found))
    }

    /// Adds all of `other`, which wins.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}

/// How the value of a Slurm directive is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DirectiveKind {
    /// GPUs on each node, an integer that several options tell.
    Gpus,
    /// A number of nodes; of a range the least.
    Nodes,
    /// An integer above zero.
    Count,
    /// A number of bytes.
    Memory,
    /// A time in minutes, an integer; seconds count as a whole minute.
    Minutes,
    /// Text.
    Text,
}

/// The directives that rules can read as `$sbatch.NAME` and write as `sbatch:NAME`: the name, the
/// option of `sbatch` that states it, and how.
pub const DIRECTIVES: [(&str, &str, DirectiveKind); 18] = [
    ("gpus_per_node", "gpus-per-node", DirectiveKind::Gpus),
    ("nodes", "nodes", DirectiveKind::Nodes),
    ("ntasks", "ntasks", DirectiveKind::Count),
    ("ntasks_per_node", "ntasks-per-node", DirectiveKind::Count),
    ("cpus_per_task", "cpus-per-task", DirectiveKind::Count),
    ("cpus_per_gpu", "cpus-per-gpu", DirectiveKind::Count),
    ("mem", "mem", DirectiveKind::Memory),
    ("mem_per_cpu", "mem-per-cpu", DirectiveKind::Memory),
    ("mem_per_gpu", "mem-per-gpu", DirectiveKind::Memory),
    ("time", "time", DirectiveKind::Text),
    ("minutes", "time", DirectiveKind::Minutes),
    ("job_name", "job-name", DirectiveKind::Text),
    ("output", "output", DirectiveKind::Text),
    ("error", "error", DirectiveKind::Text),
    ("partition", "partition", DirectiveKind::Text),
    ("account", "account", DirectiveKind::Text),
    ("qos", "qos", DirectiveKind::Text),
    ("constraint", "constraint", DirectiveKind::Text),
];
