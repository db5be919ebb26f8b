//! Maps whose copies share what they have in common.

use std::sync::Arc;

use super::names::{ByName, Names};

/// Values by name. A branch is read on a copy of the variables, and a script may have thousands of both: a copy
/// takes what changed since, and two copies are compared by that.
#[derive(Clone)]
pub struct Layers<V> {
    shared: Arc<ByName<V>>,
    /// What differs from that; none for a name that was taken away.
    own: ByName<Option<V>>,
}

/// How many names may differ from what copies share, however few those are.
const FEW: usize = 16;

impl<V: Clone> Layers<V> {
    /// Returns what belongs to a name.
    pub fn get(&self, name: &str) -> Option<&V> {
        match self.own.get(name) {
            Some(own) => own.as_ref(),
            None => self.shared.get(name),
        }
    }

    /// Returns what belongs to a name, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut V> {
        if !self.own.contains_key(name) {
            let is_alone = Arc::get_mut(&mut self.shared).is_some();
            if is_alone {
                return Arc::get_mut(&mut self.shared)?.get_mut(name);
            }
            self.settle();
            self.own.insert(name.to_owned(), Some(self.shared.get(name)?.clone()));
        }
        self.own.get_mut(name)?.as_mut()
    }

    /// Sets what belongs to a name.
    pub fn insert(&mut self, name: String, value: V) {
        self.own.insert(name, Some(value));
        self.settle();
    }

    /// Takes a name away.
    pub fn remove(&mut self, name: &str) {
        if self.shared.contains_key(name) {
            self.own.insert(name.to_owned(), None);
            self.settle();
        } else {
            self.own.shift_remove(name);
        }
    }

    /// Lists the names, with what belongs to them.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &V)> {
        let shared = self.shared.iter().filter(|(name, _)| !self.own.contains_key(*name));
        let own = self.own.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
        shared.chain(own)
    }

    /// Lists all names that may not stand for the same in both.
    pub fn apart(&self, other: &Self) -> Names {
        if Arc::ptr_eq(&self.shared, &other.shared) {
            return self.own.keys().chain(other.own.keys()).cloned().collect();
        }
        self.iter().chain(other.iter()).map(|(name, _)| name.clone()).collect()
    }

    /// Makes what is shared anew where much differs from it: a square root of it, so that copies are small, and the
    /// making of all is rare.
    fn settle(&mut self) {
        let many = self.own.len();
        if many <= FEW || many * many <= self.shared.len() {
            return;
        }
        let shared = Arc::make_mut(&mut self.shared);
        for (name, value) in self.own.drain(..) {
            match value {
                Some(value) => drop(shared.insert(name, value)),
                None => drop(shared.shift_remove(&name)),
            }
        }
    }
}

impl<V> Default for Layers<V> {
    fn default() -> Self {
        Self { shared: Arc::default(), own: ByName::default() }
    }
}

impl<V: Clone> FromIterator<(String, V)> for Layers<V> {
    fn from_iter<I: IntoIterator<Item = (String, V)>>(values: I) -> Self {
        Self { shared: Arc::new(values.into_iter().collect()), own: ByName::default() }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn all(layers: &Layers<usize>) -> BTreeMap<String, usize> {
        layers.iter().map(|(name, value)| (name.clone(), *value)).collect()
    }

    #[test]
    fn they_hold_what_a_plain_map_does() {
        let (mut layers, mut plain) = (Layers::default(), BTreeMap::new());
        let mut copies = Vec::new();
        for at in 0..2_000_usize {
            let name = format!("v{}", at * 7919 % 300);
            match at % 5 {
                0 => {
                    layers.remove(&name);
                    plain.remove(&name);
                }
                1 => {
                    if let (Some(mine), Some(theirs)) =
                        (layers.get_mut(&name), plain.get_mut(&name))
                    {
                        (*mine, *theirs) = (at, at);
                    }
                }
                _ => {
                    layers.insert(name.clone(), at);
                    plain.insert(name.clone(), at);
                }
            }
            assert_eq!(layers.get(&name), plain.get(&name));
            if at % 40 == 0 {
                copies.push((layers.clone(), plain.clone()));
            }
        }
        assert_eq!(all(&layers), plain);
        for (copy, plain) in &copies {
            assert_eq!(all(copy), *plain);
            let apart = copy.apart(&layers);
            let same = |name: &&String| copy.get(name) == layers.get(name);
            let names = plain.keys().chain(copy.own.keys());
            assert!(names.filter(|it| !apart.contains(*it)).all(|it| same(&it)));
        }
    }
}
