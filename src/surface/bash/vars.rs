//! The variables of a script.

use std::collections::HashMap;

use indexmap::IndexMap;

use super::state::{Var, elements_size};

/// Variables by name.
#[derive(Clone, Default)]
pub struct Vars {
    held: IndexMap<String, Var>,
    /// About how many bytes those take that were appended to: what was there is counted once.
    grown: HashMap<String, usize>,
}

impl Vars {
    /// Returns what a variable holds.
    pub fn get(&self, name: &str) -> Option<&Var> {
        self.held.get(name)
    }

    /// Tells whether there is a variable.
    pub fn contains_key(&self, name: &str) -> bool {
        self.held.contains_key(name)
    }

    /// Lists the names.
    pub fn keys(&self) -> impl Iterator<Item = &String> {
        self.held.keys()
    }

    /// Lists the names, with what they hold.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Var)> {
        self.held.iter()
    }

    /// Sets a variable; returns what it held.
    pub fn insert(&mut self, name: String, var: Var) -> Option<Var> {
        self.grown.remove(&name);
        self.held.insert(name, var)
    }

    /// Takes a variable away.
    pub fn shift_remove(&mut self, name: &str) -> Option<Var> {
        self.grown.remove(name);
        self.held.shift_remove(name)
    }

    /// Appends to a text or an array where it stands, and returns how many bytes it takes now, about; without
    /// the like to append to, gives back what was to be appended.
    pub fn append(&mut self, name: &str, added: Var) -> Result<usize, Var> {
        let (old, added_size) = (self.held.get_mut(name), added.size());
        let counted = self.grown.get(name).copied();
        let before = match (old, added) {
            (Some(Var::Text(old)), Var::Text(added)) => {
                let before = counted.unwrap_or_else(|| old.size());
                old.pieces.extend(added.pieces);
                before
            }
            (Some(Var::Array(old)), Var::Array(added)) => {
                let before = counted.unwrap_or_else(|| elements_size(old));
                old.extend(added);
                before
            }
            (_, added) => return Err(added),
        };
        self.grown.insert(name.to_owned(), before + added_size);
        Ok(before + added_size)
    }
}

impl FromIterator<(String, Var)> for Vars {
    fn from_iter<I: IntoIterator<Item = (String, Var)>>(vars: I) -> Self {
        Self { held: vars.into_iter().collect(), grown: HashMap::new() }
    }
}
