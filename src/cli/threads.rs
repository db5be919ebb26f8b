//! Work by several threads, answered in order.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
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
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::with_capacity(items.len()));
    let take = |()| {
        let mut mine = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { break };
            mine.push((at, work(item)));
        }
        locked(&done).extend(mine);
    };
    by_each(std::iter::repeat_n((), threads.min(items.len())), &take);
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, answer)| answer).collect()
}

/// Works on what `next` gives until it gives nothing, by one thread for each of what they keep, and hands
/// the answers to `done` in the order of what was given, whatever the number of threads.
///
/// # Errors
/// The first of `next` or `done`, which ends it; what was given before an error of `next` is done.
pub fn in_turn<T, K: Send, R: Send, E: Send>(
    kept: &mut [K],
    next: impl FnMut() -> Result<Option<T>, E> + Send,
    work: impl Fn(&mut K, T) -> R + Sync,
    done: impl FnMut(R) -> Result<(), E> + Send,
) -> Result<(), E> {
    let ahead = AHEAD * kept.len();
    let source = Mutex::new(Source { next, given: 0, ended: false });
    let sink = Mutex::new(Sink { done, number: 0, waiting: BTreeMap::new(), result: Ok(()) });
    let moved = Condvar::new();
    by_each(kept.iter_mut(), &|kept: &mut K| {
        loop {
            // The lock is given back before the work begins.
            let taken = locked(&source).take();
            let Some((number, item)) = taken else { break };
            let answer = item.map(|item| work(kept, item));
            let sink = moved.wait_while(locked(&sink), |it| it.is_far_behind(number, ahead));
            let goes_on = sink.unwrap_or_else(PoisonError::into_inner).take(number, answer);
            moved.notify_all();
            if !goes_on {
                locked(&source).ended = true;
            }
        }
    });
    sink.into_inner().unwrap_or_else(PoisonError::into_inner).result
}

/// How many answers for each thread may wait for one before them, which bounds the memory.
const AHEAD: usize = 4;

/// Gives items, numbered from 0.
struct Source<N> {
    next: N,
    given: usize,
    ended: bool,
}

impl<N> Source<N> {
    fn take<T, E>(&mut self) -> Option<(usize, Result<T, E>)>
    where
        N: FnMut() -> Result<Option<T>, E>,
    {
        if self.ended {
            return None;
        }
        let item = (self.next)().transpose();
        self.ended = !matches!(item, Some(Ok(_)));
        let number = self.given;
        self.given += 1;
        Some((number, item?))
    }
}

/// Takes answers in any order, and passes them on in that of their numbers.
struct Sink<D, R, E> {
    done: D,
    /// Of the answer that is passed on next.
    number: usize,
    waiting: BTreeMap<usize, Result<R, E>>,
    result: Result<(), E>,
}

impl<D: FnMut(R) -> Result<(), E>, R, E> Sink<D, R, E> {
    fn is_far_behind(&self, number: usize, ahead: usize) -> bool {
        self.result.is_ok() && number >= self.number + ahead
    }

    /// Tells whether to go on.
    fn take(&mut self, number: usize, answer: Result<R, E>) -> bool {
        self.waiting.insert(number, answer);
        while self.result.is_ok()
            && let Some(answer) = self.waiting.remove(&self.number)
        {
            self.number += 1;
            self.result = answer.and_then(&mut self.done);
        }
        self.result.is_ok()
    }
}

/// Does the work for each of what is kept, by one thread each; the first is this one.
fn by_each<K: Send>(kept: impl Iterator<Item = K>, work: &(impl Fn(K) + Sync)) {
    let mut kept = kept;
    let Some(own) = kept.next() else { return };
    thread::scope(|scope| {
        for other in kept {
            // Without another thread, this one does the work.
            let spawned: io::Result<_> =
                thread::Builder::new().stack_size(STACK).spawn_scoped(scope, move || work(other));
            drop(spawned);
        }
        work(own);
    });
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts to 100 and adds up what comes, by so many threads; the later of two is often the quicker.
    fn passed_on(threads: usize, wrong: usize) -> (Vec<usize>, Result<(), &'static str>) {
        let mut numbers = 0..100;
        let mut kept = vec![0; threads];
        let mut all = Vec::new();
        let next = || match numbers.next() {
            Some(number) if number == wrong => Err("next"),
            other => Ok(other),
        };
        let work = |worked: &mut usize, number: usize| {
            *worked += 1;
            thread::sleep(std::time::Duration::from_micros(300 * (number as u64 % 2)));
            number
        };
        let result = in_turn(&mut kept, next, work, |number| {
            all.push(number);
            if number == 90 { Err("done") } else { Ok(()) }
        });
        assert!(kept.iter().sum::<usize>() >= all.len());
        (all, result)
    }

    #[test]
    fn answers_keep_their_order_and_the_first_error_ends_them() {
        for threads in [1, 2, 5] {
            assert_eq!(passed_on(threads, 1000), ((0..=90).collect(), Err("done")));
            assert_eq!(passed_on(threads, 20), ((0..20).collect(), Err("next")));
            assert_eq!(passed_on(threads, 0), (Vec::new(), Err("next")));
        }
    }
}
