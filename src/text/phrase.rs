/// Writes a count with its noun: `1 rule`, `3 rules`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Joins names as prose: `a`, `a and b`, `a, b and c`.
pub fn join_and<S: AsRef<str>>(names: &[S]) -> String {
    joined(names, "and")
}

/// Joins names as prose: `a`, `a or b`, `a, b or c`.
pub fn join_or<S: AsRef<str>>(names: &[S]) -> String {
    joined(names, "or")
}

fn joined<S: AsRef<str>>(names: &[S], word: &str) -> String {
    match names {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [most @ .., last] => {
            let most: Vec<&str> = most.iter().map(AsRef::as_ref).collect();
            format!("{} {word} {}", most.join(", "), last.as_ref())
        }
    }
}

/// Returns up to `limit` candidates near `name`, nearest first: few edits apart, or the same last
/// dotted part.
pub fn nearest<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    limit: usize,
) -> Vec<&'a str> {
    let last = name.rsplit('.').next().unwrap_or(name);
    let allowed = (name.chars().count() / 4).clamp(1, 4);
    let mut scored: Vec<(usize, &str)> = candidates
        .into_iter()
        .filter_map(|candidate| {
            let distance = edit_distance(name, candidate);
            let same_last = candidate.rsplit('.').next() == Some(last) && candidate != name;
            let score = if same_last { distance.min(allowed) } else { distance };
            (score <= allowed).then_some((score, candidate))
        })
        .collect();
    scored.sort();
    scored.dedup();
    scored.into_iter().take(limit).map(|(_, candidate)| candidate).collect()
}

/// Counts the insertions, deletions, replacements and swaps of neighbours between two words
/// (optimal string alignment).
pub fn edit_distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut older: Vec<usize> = Vec::new();
    let mut previous: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let mut current = vec![i + 1];
        for (j, b) in right.iter().enumerate() {
            let at =
                |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX / 2);
            let mut best = (at(&previous, j) + usize::from(a != b))
                .min(at(&previous, j + 1) + 1)
                .min(at(&current, j) + 1);
            let swapped =
                i > 0 && j > 0 && left.get(i - 1) == Some(b) && right.get(j - 1) == Some(a);
            if swapped {
                best = best.min(at(&older, j - 1) + 1);
            }
            current.push(best);
        }
        older = std::mem::replace(&mut previous, current);
    }
    previous.last().copied().unwrap_or(0)
}

/// Writes a number of bytes in the largest binary unit that keeps it at least 1: `17.66 GiB`.
pub fn quantity(bytes: i64) -> String {
    const UNITS: [(&str, f64); 4] = [
        ("TiB", 1_099_511_627_776.0),
        ("GiB", 1_073_741_824.0),
        ("MiB", 1_048_576.0),
        ("KiB", 1024.0),
    ];
    #[expect(clippy::cast_precision_loss, reason = "two decimals are shown")]
    let exact = bytes as f64;
    match UNITS.iter().find(|(_, size)| exact.abs() >= *size) {
        Some((unit, size)) => format!("{:.2} {unit}", exact / size),
        None => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_come_nearest_first() {
        let keys = ["data.train_batch_size", "data.val_batch_size", "trainer.nnodes"];
        assert_eq!(nearest("data.train_batchsize", keys, 1), ["data.train_batch_size"]);
        assert_eq!(nearest("nnodes", keys, 2), ["trainer.nnodes"]);
        assert_eq!(nearest("data.tarin_batch_size", keys, 1), ["data.train_batch_size"]);
        assert!(nearest("zzz", keys, 2).is_empty());
    }

    #[test]
    fn prose_is_prose() {
        assert_eq!(join_and(&["a", "b", "c"]), "a, b and c");
        assert_eq!(count(1, "rule"), "1 rule");
        assert_eq!(quantity(18_962_245_878), "17.66 GiB");
        assert_eq!(quantity(12), "12 bytes");
    }
}
