//! What holds of many at once, and need not be asked of each.

/// Lists those that `hold`, asked of all of them at once and of halves only where that fails: to read a script again
/// takes as long for one change as for all. Lists of fewer than `fewest` that do not hold are left out.
pub fn halved<'a, T>(all: &'a [T], fewest: usize, hold: &dyn Fn(&[T]) -> bool) -> Vec<&'a T> {
    if all.is_empty() || hold(all) {
        return all.iter().collect();
    }
    if all.len() <= fewest {
        return Vec::new();
    }
    let (first, rest) = all.split_at(all.len() / 2);
    let mut kept = halved(first, fewest, hold);
    kept.extend(halved(rest, fewest, hold));
    kept
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn only_halves_that_fail_are_asked_again() {
        let asked = Cell::new(0);
        let hold = |some: &[u32]| {
            asked.set(asked.get() + 1);
            !some.contains(&3)
        };
        let all: Vec<u32> = (0..64).collect();
        let kept: Vec<u32> = halved(&all, 1, &hold).into_iter().copied().collect();
        assert!(kept.len() == 63 && !kept.contains(&3));
        assert_eq!(asked.get(), 13);
        assert_eq!(halved(&all, 4, &hold).len(), 60);
    }
}
