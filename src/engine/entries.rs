//! The overrides of a launch, shared by the states that have them in common, and found by key.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use super::state::Entry;
use crate::path::KeyPath;

/// Overrides in argument order. A copy costs nothing until one of the two is changed.
#[derive(Clone, Default)]
pub struct Entries {
    list: Arc<Vec<Entry>>,
    /// The places in the list by key, those of one key first to last; made when first asked.
    by_key: OnceLock<Arc<[usize]>>,
}

impl Entries {
    /// Lets the overrides be changed.
    pub fn edit(&mut self) -> &mut Vec<Entry> {
        self.by_key = OnceLock::new();
        Arc::make_mut(&mut self.list)
    }

    /// Adds an override behind the others.
    pub fn push(&mut self, entry: Entry) {
        self.edit().push(entry);
    }

    /// Puts an override in the place of the one that wins for its key, or at the end.
    pub fn put(&mut self, entry: Entry) {
        let old = self.places(&entry.key).last().copied();
        let place = old.and_then(|at| Arc::make_mut(&mut self.list).get_mut(at));
        match place {
            // The keys are as they were, so they are found where they were.
            Some(place) => *place = entry,
            None => self.push(entry),
        }
    }

    /// Returns the override that decides a key, when one names exactly this key.
    pub fn winning(&self, key: &str) -> Option<&Entry> {
        self.list.get(*self.places(key).last()?)
    }

    /// Returns the overrides that name the key or a section around it, last first.
    pub fn touching(&self, key: &KeyPath) -> impl Iterator<Item = &Entry> {
        let mut places = Vec::new();
        let mut around = Some(key.as_str());
        while let Some(key) = around {
            places.extend_from_slice(self.places(key));
            around = key.rsplit_once('.').map(|(section, _)| section);
        }
        places.sort_unstable();
        places.into_iter().rev().filter_map(|at| self.list.get(at))
    }

    /// Returns the places of a key, first to last.
    fn places(&self, key: &str) -> &[usize] {
        let by_key = self.by_key.get_or_init(|| {
            let mut places: Vec<usize> = (0..self.list.len()).collect();
            places.sort_by_key(|at| self.key(*at));
            places.into()
        });
        let start = by_key.partition_point(|at| self.key(*at) < key);
        let rest = by_key.get(start..).unwrap_or_default();
        let end = rest.iter().take_while(|at| self.key(**at) == key).count();
        rest.get(..end).unwrap_or_default()
    }

    fn key(&self, at: usize) -> &str {
        self.list.get(at).map_or("", |entry| &entry.key)
    }
}

impl Deref for Entries {
    type Target = [Entry];

    fn deref(&self) -> &[Entry] {
        &self.list
    }
}

impl<'a> IntoIterator for &'a Entries {
    type Item = &'a Entry;
    type IntoIter = std::slice::Iter<'a, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.iter()
    }
}

impl From<Vec<Entry>> for Entries {
    fn from(list: Vec<Entry>) -> Self {
        Self { list: Arc::new(list), by_key: OnceLock::new() }
    }
}

impl FromIterator<Entry> for Entries {
    fn from_iter<T: IntoIterator<Item = Entry>>(entries: T) -> Self {
        entries.into_iter().collect::<Vec<Entry>>().into()
    }
}

impl PartialEq for Entries {
    fn eq(&self, other: &Self) -> bool {
        self.list == other.list
    }
}

impl fmt::Debug for Entries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.list.fmt(f)
    }
}
