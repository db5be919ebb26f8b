//! Python's `sorted` on elements: its order, its errors, and what it makes of NaN.

use super::ast::Element;

/// Two values that Python cannot order.
#[derive(Debug)]
pub struct Unorderable;

/// From this size on Python merges runs; below, it inserts into one.
const MERGE_FROM: usize = 64;

/// Sorts stably; with `reverse`, equal values keep their order too.
pub fn sorted(mut items: Vec<Element>, reverse: bool) -> Result<Vec<Element>, Unorderable> {
    if reverse {
        items.reverse();
    }
    if items.len() < MERGE_FROM {
        insertion_sort(&mut items)?
    } else {
        merge_sort(&mut items)?
    }
    if reverse {
        items.reverse();
    }
    Ok(items)
}

/// Finds the run at the front, then inserts each further item by bisection. NaN makes the result
/// depend on exactly these comparisons.
fn insertion_sort(items: &mut Vec<Element>) -> Result<(), Unorderable> {
    let run = front_run(items)?;
    for at in run..items.len() {
        let Some(pivot) = items.get(at).cloned() else { break };
        let (mut low, mut high) = (0, at);
        while low < high {
            let middle = low + (high - low) / 2;
            let Some(other) = items.get(middle) else { break };
            if less(&pivot, other)? { high = middle } else { low = middle + 1 }
        }
        let moved = items.remove(at);
        items.insert(low, moved);
    }
    Ok(())
}

/// Returns the length of the ascending run at the front, turning a descending one around.
fn front_run(items: &mut [Element]) -> Result<usize, Unorderable> {
    let mut pairs = items.windows(2);
    let Some([first, second]) = pairs.next() else { return Ok(items.len()) };
    let descending = less(second, first)?;
    let mut length = 2;
    for pair in pairs {
        if let [left, right] = pair {
            if less(right, left)? != descending {
                break;
            }
            length += 1;
        }
    }
    if let Some(run) = items.get_mut(..length).filter(|_| descending) {
        run.reverse();
    }
    Ok(length)
}

fn merge_sort(items: &mut [Element]) -> Result<(), Unorderable> {
    let mut failed = false;
    let mut order = |left: &Element, right: &Element| {
        let mut less = |a: &Element, b: &Element| less(a, b).inspect_err(|_| failed = true);
        if less(left, right).unwrap_or(false) {
            std::cmp::Ordering::Less
        } else if less(right, left).unwrap_or(false) {
            std::cmp::Ordering::Greater
        } else {
            std::cmp::Ordering::Equal
        }
    };
    let mut sorted: Vec<Element> = Vec::with_capacity(items.len());
    for item in items.iter() {
        // Bisection keeps the sort stable and, unlike the library's, needs no total order.
        let at = sorted.partition_point(|other| order(other, item) != std::cmp::Ordering::Greater);
        sorted.insert(at, item.clone());
    }
    if failed {
        return Err(Unorderable);
    }
    items.clone_from_slice(&sorted);
    Ok(())
}

/// Python's `<`.
fn less(left: &Element, right: &Element) -> Result<bool, Unorderable> {
    match (left, right) {
        (Element::Number(left), Element::Number(right)) => {
            Ok(left.compare(right) == Some(std::cmp::Ordering::Less))
        }
        (Element::Str(left), Element::Str(right)) => Ok(left < right),
        (Element::List(left), Element::List(right)) => {
            match left.iter().zip(right).find(|(a, b)| !equal(a, b)) {
                Some((a, b)) => less(a, b),
                None => Ok(left.len() < right.len()),
            }
        }
        _ => Err(Unorderable),
    }
}

/// Python's `==`: numbers compare across kinds, dicts without regard to order.
pub fn equal(left: &Element, right: &Element) -> bool {
    match (left, right) {
        (Element::Number(left), Element::Number(right)) => {
            left.compare(right) == Some(std::cmp::Ordering::Equal)
        }
        (Element::List(left), Element::List(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(a, b)| equal(a, b))
        }
        (Element::Dict(left), Element::Dict(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, value)| {
                    let other = right.iter().find(|(other, _)| equal(key, other));
                    other.is_some_and(|(_, other)| equal(value, other))
                })
        }
        (left, right) => left == right,
    }
}
