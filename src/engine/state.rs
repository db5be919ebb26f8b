use std::borrow::Cow;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use indexmap::IndexMap;

use super::entries::Entries;
use crate::facts::{Found, Provenance};
use crate::overrides::{Language, Override, OverrideKind};
use crate::path::KeyPath;

/// One override of a launch, or one whose text nothing tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key or group, without sigil and package.
    pub key: String,
    /// The override, or why its value is unknown.
    pub value: Result<Override, String>,
    /// Where it was read, or which rule wrote it.
    pub from: Provenance,
}

/// What rules may change: the overrides in argument order, and the directives of the job script.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    /// The overrides, first to last.
    pub entries: Entries,
    /// Directives by canonical name, without `sbatch.`.
    pub directives: IndexMap<String, Found>,
    /// The language that the overrides are written in.
    pub language: Language,
}

/// One key's winning override before and after.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyChange {
    /// The key, without sigil.
    pub key: String,
    /// The winning override's full text before; none where nothing set the key.
    pub before: Option<String>,
    /// Where that was read.
    pub before_from: Option<Provenance>,
    /// The winning override's full text after; none where the override goes.
    pub after: Option<String>,
}

impl State {
    /// Returns the override that decides a key, when one names exactly this key.
    pub fn winning(&self, key: &str) -> Option<&Entry> {
        self.entries.winning(key)
    }

    /// Returns the overrides that name the key or a section around it, last first.
    pub fn touching(&self, key: &KeyPath) -> impl Iterator<Item = &Entry> {
        self.entries.touching(key)
    }

    /// Lists the names that are told: the keys of overrides, and directives as `$sbatch.NAME`.
    pub fn told(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let directives = self.directives.keys().map(|name| Cow::from(format!("$sbatch.{name}")));
        self.entries.iter().map(|entry| Cow::from(&entry.key)).chain(directives)
    }

    /// Puts an override in the place of the one that wins for its key, or at the end.
    pub fn put(&mut self, wanted: Override, from: Provenance) {
        self.entries.put(Entry { key: wanted.key.clone(), value: Ok(wanted), from });
    }

    /// Returns what identifies the state: the same number for the same overrides and directives.
    pub fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.entries.fingerprint().hash(&mut hasher);
        for (name, found) in &self.directives {
            (name, found.value.to_string()).hash(&mut hasher);
        }
        hasher.finish()
    }

    /// Lists the keys whose winning override differs, in the order of the later state.
    pub fn changes_to(&self, after: &Self) -> Vec<KeyChange> {
        let mut changes = Vec::new();
        if self.entries.shares(&after.entries) {
            return changes;
        }
        for entry in self.entries.news_in(&after.entries) {
            let wins = after.winning(&entry.key).is_some_and(|winner| std::ptr::eq(winner, entry));
            let before = self.winning(&entry.key);
            let text = |entry: &Entry| entry.value.as_ref().ok().map(|it| it.text.clone());
            if !wins || before.is_some_and(|before| before.value == entry.value) {
                continue;
            }
            changes.push(KeyChange {
                key: entry.key.clone(),
                before: before.and_then(text),
                before_from: before.map(|before| before.from.clone()),
                after: text(entry),
            });
        }
        changes
    }

    /// Lists the directives that differ: name, before, after.
    pub fn directive_changes_to(&self, after: &Self) -> Vec<(String, Found, Found)> {
        let changed = after.directives.iter().filter_map(|(name, now)| {
            let before = self.directives.get(name)?;
            (before.value != now.value).then(|| (name.clone(), before.clone(), now.clone()))
        });
        changed.collect()
    }
}

impl Entry {
    /// Tells whether the override deletes its key.
    pub fn deletes(&self) -> bool {
        matches!(&self.value, Ok(parsed) if parsed.kind == OverrideKind::Delete)
    }

    /// Tells whether the override interpolates something, so that it reads other keys.
    pub fn interpolates(&self) -> bool {
        // To look for the sign alone is much quicker.
        let interpolates = |text: &str| text.contains('$') && text.contains("${");
        self.value.as_ref().is_ok_and(|it| interpolates(&it.text))
    }

    /// Tells whether the override stands for several values.
    pub(super) fn is_swept(&self) -> bool {
        self.value.as_ref().is_ok_and(Override::is_sweep)
    }
}
