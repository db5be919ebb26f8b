//! The variables of a script.

use super::layers::Layers;
use super::names::Names;
use super::state::{Var, elements_size};

/// Variables by name.
#[derive(Clone, Default)]
pub struct Vars(Layers<Kept>);

/// What a variable holds.
#[derive(Clone)]
struct Kept {
    var: Var,
    /// About how many bytes it takes, once something was appended: what was there is counted once.
    grown: Option<usize>,
}

impl Kept {
    fn new(var: Var) -> Self {
        Self { var, grown: None }
    }
}

impl Vars {
    /// Returns what a variable holds.
    pub fn get(&self, name: &str) -> Option<&Var> {
        self.0.get(name).map(|it| &it.var)
    }

    /// Tells whether there is a variable.
    pub fn contains_key(&self, name: &str) -> bool {
        self.0.get(name).is_some()
    }

    /// Lists the names, with what they hold.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Var)> {
        self.0.iter().map(|(name, it)| (name, &it.var))
    }

    /// Lists the variables that do not hold the same in both.
    pub fn changed(&self, other: &Self) -> Names {
        let mut names = self.0.apart(&other.0);
        names.retain(|name| self.get(name) != other.get(name));
        names
    }

    /// Sets a variable.
    pub fn insert(&mut self, name: String, var: Var) {
        self.0.insert(name, Kept::new(var));
    }

    /// Takes a variable away.
    pub fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// Appends to a text or an array where it stands, and returns how many bytes it takes now, about; without
    /// the like to append to, gives back what was to be appended.
    pub fn append(&mut self, name: &str, added: Var) -> Result<usize, Var> {
        let added_size = added.size();
        let Some(Kept { var, grown }) = self.0.get_mut(name) else { return Err(added) };
        let before = match (var, added) {
            (Var::Text(old), Var::Text(added)) => {
                let before = grown.unwrap_or_else(|| old.size());
                old.pieces.extend(added.pieces);
                before
            }
            (Var::Array(old), Var::Array(added)) => {
                let before = grown.unwrap_or_else(|| elements_size(old));
                old.extend(added);
                before
            }
            (_, added) => return Err(added),
        };
        *grown = Some(before + added_size);
        Ok(before + added_size)
    }
}

impl FromIterator<(String, Var)> for Vars {
    fn from_iter<I: IntoIterator<Item = (String, Var)>>(vars: I) -> Self {
        Self(vars.into_iter().map(|(name, var)| (name, Kept::new(var))).collect())
    }
}
