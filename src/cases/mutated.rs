use crate::pack::{Mutant, Text, read_toml};
use crate::text::{Faults, Source};

/// A mutant that no case notices.
#[derive(Debug, Clone)]
pub struct Survivor {
    /// The mutant.
    pub mutant: Mutant,
    /// A case that would notice it, in TOML, if one was found.
    pub case: Option<String>,
    /// Why nothing need notice it, if the pack says so.
    pub reason: Option<String>,
}

/// What became of the mutants of a pack.
#[derive(Debug, Clone)]
pub struct MutatedPack {
    /// The pack's name.
    pub name: String,
    /// How many mutants were tried.
    pub mutants: usize,
    /// How many were left out, since they say the same as the pack or as another one.
    pub equivalent: usize,
    /// Those that no case notices, in the order of the pack.
    pub survivors: Vec<Survivor>,
    /// Justifications of mutants that do not survive, or do not exist.
    pub stale: Vec<Justification>,
    /// How many cases were planned.
    pub plans: usize,
    /// How many cases were written into the pack.
    pub accepted: usize,
}

impl MutatedPack {
    /// Lists the survivors that nothing justifies.
    pub fn open(&self) -> impl Iterator<Item = &Survivor> {
        self.survivors.iter().filter(|it| it.reason.is_none())
    }

    /// Counts the mutants that a case notices.
    pub fn killed(&self) -> usize {
        self.mutants - self.survivors.len()
    }

    /// Counts the survivors that the pack justifies.
    pub fn justified(&self) -> usize {
        self.survivors.len() - self.open().count()
    }

    /// Tells whether every mutant is noticed or justified, and every justification needed.
    pub fn is_clean(&self) -> bool {
        self.open().next().is_none() && self.stale.is_empty()
    }
}

/// Why no case need notice a mutant.
#[derive(Debug, Clone)]
pub struct Justification {
    /// The rule, or `$name` for a named expression.
    pub rule: Text,
    /// What the mutant is called.
    pub mutant: Text,
    /// Why it may survive.
    pub reason: Text,
}

impl Justification {
    /// Tells whether a mutant is meant.
    pub fn is_of(&self, mutant: &Mutant) -> bool {
        self.rule.as_str() == mutant.rule && self.mutant.as_str() == mutant.name
    }
}

/// Reads the file that says which mutants need not be noticed: `[[survivor]]` tables.
///
/// # Errors
/// Every fault of the file.
pub fn read_justifications(source: &Source) -> Result<Vec<Justification>, Faults> {
    read_toml(source, "file of survivors", |reader| {
        let tables = reader.tables("survivor", "survivor").into_iter();
        let read = tables.map(|table| {
            let (rule, mutant) = (table.text("rule"), table.text("mutant"));
            let reason = table.text("reason");
            table.finish();
            Justification { rule, mutant, reason }
        });
        read.collect()
    })
}
