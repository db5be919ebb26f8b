//! Work by several threads, answered in order.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// The stack of a thread, as large as that of the first one usually is.
const STACK: usize = 8 << 20;

/// Returns how many threads to use where nobody says.
pub fn usual() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Works on items; each thread takes the next one that nobody has. The answers are in the order of
/// the items, whatever the number of threads.
pub fn in_order<T: Sync, R: Send>(
    items: &[T],
    threads: usize,
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    in_order_with(items, &mut vec![(); threads], |(), item| work(item))
}

/// Works on items as [`in_order`] does, by one thread for each of what they keep from item to item.
pub fn in_order_with<T: Sync, K: Send, R: Send>(
    items: &[T],
    kept: &mut [K],
    work: impl Fn(&mut K, &T) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::with_capacity(items.len()));
    let take = |kept: &mut K| {
        let mut mine = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { break };
            mine.push((at, work(kept, item)));
        }
        done.lock().unwrap_or_else(PoisonError::into_inner).extend(mine);
    };
    let Some((own, others)) = kept.split_first_mut() else { return Vec::new() };
    thread::scope(|scope| {
        for other in others.iter_mut().take(items.len().saturating_sub(1)) {
            // Without another thread, this one does the work.
            let take = &take;
            let work = move || take(other);
            let spawned: io::Result<_> =
                thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
            drop(spawned);
        }
        take(own);
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, answer)| answer).collect()
}
