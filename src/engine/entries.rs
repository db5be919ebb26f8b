//! The overrides of a launch, shared by the states that have them in common, and found by key.

use std::fmt;
use std::hash::{BuildHasher as _, DefaultHasher, Hash, Hasher};
use std::sync::{Arc, OnceLock};

use foldhash::fast::FixedState;

use super::state::Entry;
use crate::path::KeyPath;

/// Where the overrides of each key stand: a table of the last place of every key, where a key is looked
/// for from the slot of its hash on.
struct ByKey {
    /// How many bits of a hash are left out to get a slot.
    shift: u32,
    slots: Vec<Option<usize>>,
    /// For every place the one before it that has the same key.
    earlier: Vec<Option<usize>>,
}

impl ByKey {
    fn of(list: &[Arc<Entry>]) -> Self {
        let size = (2 * list.len()).next_power_of_two().max(2);
        let (slots, earlier) = (vec![None; size], vec![None; list.len()]);
        let mut made = Self { shift: u64::BITS - size.trailing_zeros(), slots, earlier };
        for (at, entry) in list.iter().enumerate() {
            let slot = made.slot(&entry.key, list);
            let last = made.slots.get_mut(slot).and_then(|it| it.replace(at));
            if let Some(earlier) = made.earlier.get_mut(at) {
                *earlier = last;
            }
        }
        made
    }

    /// Finds the slot of a key, or the free one where it would be: half of the slots stay free.
    fn slot(&self, key: &str, list: &[Arc<Entry>]) -> usize {
        let hash = FixedState::default().hash_one(key) >> self.shift;
        let first = usize::try_from(hash).unwrap_or_default();
        let other = |slot: &usize| {
            let place = self.slots.get(*slot).copied().flatten();
            place.and_then(|at| list.get(at)).is_some_and(|entry| entry.key != key)
        };
        let slots = (first..self.slots.len()).chain(0..first);
        slots.into_iter().find(|slot| !other(slot)).unwrap_or(first)
    }

    /// Lists the places of a key, last to first.
    fn places(&self, key: &str, list: &[Arc<Entry>]) -> impl Iterator<Item = usize> {
        let last = self.slots.get(self.slot(key, list)).copied().flatten();
        std::iter::successors(last, |at| self.earlier.get(*at).copied().flatten())
    }
}

/// Overrides in argument order. A copy costs nothing until one of the two is changed.
#[derive(Clone, Default)]
pub struct Entries {
    list: Arc<Vec<Arc<Entry>>>,
    /// Finds the places in the list by key, made when first asked; shared by lists of the same keys.
    by_key: Arc<OnceLock<ByKey>>,
    /// What identifies the list, made when first asked.
    fingerprint: OnceLock<u64>,
    /// Whether any of them is a sweep, or interpolates, found out when first asked.
    swept: OnceLock<bool>,
    interpolated: OnceLock<bool>,
}

impl Entries {
    /// Makes the list of some overrides that have the keys of other ones, in the same order, so that both are
    /// found alike.
    #[must_use]
    pub fn of_same_keys(&self, list: Vec<Arc<Entry>>) -> Self {
        let keys = |list: &[Arc<Entry>]| list.iter().map(|it| it.key.clone()).collect::<Vec<_>>();
        debug_assert_eq!(keys(&list), keys(&self.list), "the keys differ");
        Self { list: Arc::new(list), by_key: Arc::clone(&self.by_key), ..Self::default() }
    }

    /// Tells whether both are known to have the same keys in the same order.
    pub(super) fn share_keys(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.by_key, &other.by_key)
    }

    /// Says whether any override is a sweep, and whether any interpolates, where that is known.
    pub fn know(&mut self, swept: bool, interpolated: bool) {
        self.swept = OnceLock::from(swept);
        self.interpolated = OnceLock::from(interpolated);
    }

    /// Lists the overrides, first to last.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Entry> + ExactSizeIterator {
        self.into_iter()
    }

    /// Returns the override at a place, counted from 0.
    pub fn get(&self, at: usize) -> Option<&Entry> {
        self.list.get(at).map(Arc::as_ref)
    }

    /// Returns the override at a place as it is shared.
    pub fn shared(&self, at: usize) -> Option<&Arc<Entry>> {
        self.list.get(at)
    }

    /// Lets the overrides be changed.
    pub fn edit(&mut self) -> &mut Vec<Arc<Entry>> {
        self.by_key = Arc::default();
        self.fingerprint = OnceLock::new();
        self.swept = OnceLock::new();
        self.interpolated = OnceLock::new();
        Arc::make_mut(&mut self.list)
    }

    /// Knows of the values what is still known when one of them is replaced.
    fn changed_to(&mut self, new: &Entry) {
        let still = |was: &OnceLock<bool>, is: bool| match was.get() {
            // None of the others is.
            Some(false) => OnceLock::from(is),
            _ => OnceLock::new(),
        };
        self.fingerprint = OnceLock::new();
        self.swept = still(&self.swept, new.is_swept());
        self.interpolated = still(&self.interpolated, new.interpolates());
    }

    /// Adds an override behind the others.
    pub fn push(&mut self, entry: Entry) {
        self.edit().push(Arc::new(entry));
    }

    /// Puts an override in the place of the one that wins for its key, or at the end.
    pub fn put(&mut self, entry: Entry) {
        let old = self.places(&entry.key).next();
        let Some(at) = old else { return self.push(entry) };
        // The keys are as they were, so they are found where they were.
        self.changed_to(&entry);
        if let Some(place) = Arc::make_mut(&mut self.list).get_mut(at) {
            *place = Arc::new(entry);
        }
    }

    /// Returns the override that decides a key, when one names exactly this key.
    pub fn winning(&self, key: &str) -> Option<&Entry> {
        self.get(self.places(key).next()?)
    }

    /// Returns the overrides that name the key or a section around it, last first.
    pub fn touching(&self, key: &KeyPath) -> impl Iterator<Item = &Entry> {
        let mut end = self.list.len();
        std::iter::from_fn(move || {
            let mut next = None;
            let mut around = Some(key.as_str());
            while let Some(key) = around {
                next = next.max(self.places(key).find(|at| *at < end));
                around = section_around(key);
            }
            end = next?;
            self.get(end)
        })
    }

    /// Lists the overrides of a later list but for those that are as here and decide the same: where
    /// rules have changed or added some, these alone.
    pub fn news_in<'a>(&'a self, later: &'a Self) -> impl Iterator<Item = &'a Entry> {
        let same = |(old, new): (&Arc<Entry>, &Arc<Entry>)| Arc::ptr_eq(old, new);
        let mut pairs = self.list.iter().zip(later.list.iter());
        let aligned = self.list.len() <= later.list.len()
            && pairs.all(|(old, new)| same((old, new)) || old.key == new.key);
        let all = later.list.iter().enumerate();
        let new = all.filter(move |(at, new)| {
            !(aligned && self.list.get(*at).is_some_and(|old| same((old, new))))
        });
        new.map(|(_, new)| new.as_ref())
    }

    /// Tells whether any override is a sweep.
    pub fn any_swept(&self) -> bool {
        *self.swept.get_or_init(|| self.iter().any(Entry::is_swept))
    }

    /// Tells whether any override interpolates something.
    pub(super) fn any_interpolates(&self) -> bool {
        *self.interpolated.get_or_init(|| self.iter().any(Entry::interpolates))
    }

    /// Tells whether both are the same list, without a look at what is in it.
    pub fn shares(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.list, &other.list)
    }

    /// Returns what identifies the overrides: the same number for the same keys and texts.
    pub fn fingerprint(&self) -> u64 {
        *self.fingerprint.get_or_init(|| {
            // DefaultHasher::new is fixed-key, so the number depends on nothing but the overrides.
            let mut hasher = DefaultHasher::new();
            for entry in self {
                let text = entry.value.as_ref().map(|it| it.text.as_str());
                (&entry.key, text.unwrap_or("?")).hash(&mut hasher);
            }
            hasher.finish()
        })
    }

    /// Lists the places of a key, last to first.
    fn places(&self, key: &str) -> impl Iterator<Item = usize> {
        self.by_key.get_or_init(|| ByKey::of(&self.list)).places(key, &self.list)
    }
}

/// Returns the key one level up, if there is one.
fn section_around(key: &str) -> Option<&str> {
    let dot = key.bytes().rposition(|byte| byte == b'.')?;
    key.get(..dot)
}

impl<'a> IntoIterator for &'a Entries {
    type Item = &'a Entry;
    type IntoIter = std::iter::Map<std::slice::Iter<'a, Arc<Entry>>, fn(&Arc<Entry>) -> &Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.iter().map(Arc::as_ref)
    }
}

impl From<Vec<Entry>> for Entries {
    fn from(entries: Vec<Entry>) -> Self {
        entries.into_iter().collect()
    }
}

impl FromIterator<Entry> for Entries {
    fn from_iter<T: IntoIterator<Item = Entry>>(entries: T) -> Self {
        entries.into_iter().map(Arc::new).collect::<Vec<_>>().into()
    }
}

impl From<Vec<Arc<Entry>>> for Entries {
    fn from(list: Vec<Arc<Entry>>) -> Self {
        Self { list: Arc::new(list), ..Self::default() }
    }
}

impl PartialEq for Entries {
    fn eq(&self, other: &Self) -> bool {
        self.shares(other) || self.list == other.list
    }
}

impl fmt::Debug for Entries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.list.fmt(f)
    }
}
