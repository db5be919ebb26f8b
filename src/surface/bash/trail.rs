//! Lists that grow at their end and share what they began with.

use std::fmt;
use std::iter::successors;
use std::sync::Arc;

/// A list whose copies share its items. Each value keeps the variables that it went through: copied item by item, a
/// chain of assignments would take memory by the square of its length.
pub struct Trail<T>(Option<Arc<Link<T>>>);

struct Link<T> {
    item: T,
    before: Trail<T>,
    length: usize,
}

impl<T> Trail<T> {
    /// Adds an item at the end; copies made before do not get it.
    pub fn push(&mut self, item: T) {
        let before = Self(self.0.take());
        let length = before.len() + 1;
        self.0 = Some(Arc::new(Link { item, before, length }));
    }

    /// Returns how many items it has.
    pub fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |link| link.length)
    }

    /// Tells whether it has none.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Returns the item at the end.
    pub fn last(&self) -> Option<&T> {
        self.0.as_ref().map(|link| &link.item)
    }

    /// Lists the items, first to last.
    pub fn iter(&self) -> std::iter::Rev<std::vec::IntoIter<&T>> {
        let items: Vec<&T> = self.backwards().map(|link| &link.item).collect();
        items.into_iter().rev()
    }

    fn backwards(&self) -> impl Iterator<Item = &Arc<Link<T>>> {
        successors(self.0.as_ref(), |link| link.before.0.as_ref())
    }
}

impl<T> Drop for Trail<T> {
    fn drop(&mut self) {
        // One after the other: a long list whose links each end the one before would take all of the stack.
        let mut last = self.0.take();
        while let Some(mut link) = last.and_then(Arc::into_inner) {
            last = link.before.0.take();
        }
    }
}

impl<T> Clone for Trail<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Default for Trail<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: PartialEq> PartialEq for Trail<T> {
    fn eq(&self, other: &Self) -> bool {
        let pairs = self.backwards().zip(other.backwards());
        let mut own = pairs.take_while(|(mine, theirs)| !Arc::ptr_eq(mine, theirs));
        self.len() == other.len() && own.all(|(mine, theirs)| mine.item == theirs.item)
    }
}

impl<T: Eq> Eq for Trail<T> {}

impl<T: fmt::Debug> fmt::Debug for Trail<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'a, T> IntoIterator for &'a Trail<T> {
    type Item = &'a T;
    type IntoIter = std::iter::Rev<std::vec::IntoIter<&'a T>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T> Extend<T> for Trail<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, items: I) {
        items.into_iter().for_each(|item| self.push(item));
    }
}

impl<T> FromIterator<T> for Trail<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut trail = Self::default();
        trail.extend(items);
        trail
    }
}

/// Joins lists; the first is not copied.
impl<T: Clone> FromIterator<Trail<T>> for Trail<T> {
    fn from_iter<I: IntoIterator<Item = Trail<T>>>(trails: I) -> Self {
        let joined = trails.into_iter().reduce(|mut joined, next| {
            joined.extend(next.iter().cloned());
            joined
        });
        joined.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_share_what_was_there_and_nothing_after() {
        let mut one: Trail<u32> = [1, 2].into_iter().collect();
        let mut other = one.clone();
        assert!(one == other);
        one.push(3);
        other.push(4);
        assert!(one != other && one.len() == 3 && other.last() == Some(&4));
        assert_eq!(format!("{one:?} {other:?}"), "[1, 2, 3] [1, 2, 4]");
        let joined: Trail<u32> = [one, Trail::default(), other].into_iter().collect();
        assert!(joined == [1, 2, 3, 1, 2, 4].into_iter().collect());
    }

    #[test]
    fn a_long_one_ends_on_a_small_stack() {
        drop((0..1_000_000).collect::<Trail<usize>>());
    }
}
