use indexmap::IndexMap;

use super::outcome::{Ruled, Truth};

/// How often a rule came out in each way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RuleCounts {
    /// How often it fired.
    pub fired: usize,
    /// How often it was silent.
    pub silent: usize,
    /// How often it was undecided.
    pub unknown: usize,
    /// How often a plan took it.
    pub chosen: usize,
}

/// What no case shows of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    /// It never fired.
    NeverFired,
    /// It never stayed silent.
    NeverSilent,
}

impl RuleCounts {
    /// Returns what no case shows, the worse one first.
    pub fn gap(self) -> Option<Gap> {
        match (self.fired, self.silent) {
            (0, _) => Some(Gap::NeverFired),
            (_, 0) => Some(Gap::NeverSilent),
            _ => None,
        }
    }
}

/// How often each rule of a pack came out in each way over its cases.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    /// The counts by id, in the order of the pack.
    pub rules: IndexMap<String, RuleCounts>,
}

impl Coverage {
    /// Starts with rules that nothing has tried.
    pub fn of<'a>(ids: impl IntoIterator<Item = &'a str>) -> Self {
        let rules = ids.into_iter().map(|id| (id.to_owned(), RuleCounts::default())).collect();
        Self { rules }
    }

    /// Counts one case.
    pub fn count(&mut self, ruled: &[Ruled]) {
        for rule in ruled {
            let counts = self.rules.entry(rule.id.clone()).or_default();
            match rule.truth {
                Truth::Fired => counts.fired += 1,
                Truth::Silent => counts.silent += 1,
                Truth::Unknown => counts.unknown += 1,
            }
            counts.chosen += usize::from(rule.chosen);
        }
    }

    /// Lists the rules with a gap of a kind.
    pub fn with_gap(&self, gap: Gap) -> Vec<&str> {
        let rules = self.rules.iter().filter(|(_, counts)| counts.gap() == Some(gap));
        rules.map(|(id, _)| id.as_str()).collect()
    }
}
