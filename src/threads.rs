//! Work by several threads, answered in order.

use std::collections::VecDeque;
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
    let taken = AtomicUsize::new(0);
    let next = || {
        let at = taken.fetch_add(1, Ordering::Relaxed);
        Some((at, items.get(at)?))
    };
    of_each(threads.min(items.len()), next, work)
}

/// Works on what `next` gives, until it gives nothing, and returns the answers in the order of the numbers
/// that it gives with them, whatever the number of threads.
pub fn of_each<T, R: Send>(
    threads: usize,
    next: impl Fn() -> Option<(usize, T)> + Sync,
    work: impl Fn(T) -> R + Sync,
) -> Vec<R> {
    let done: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::new());
    let take = |()| {
        let mut mine = Vec::new();
        // What `next` locks is free again before the work begins.
        while let Some((number, item)) = next() {
            mine.push((number, work(item)));
        }
        locked(&done).extend(mine);
    };
    by_each(std::iter::repeat_n((), threads.max(1)), &take);
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, answer)| answer).collect()
}

/// Works on pieces: `next` fills one, and tells whether there was anything to fill it with; one thread for
/// each of what they keep works on it; and `done` gets it, in the order in which they were filled, whatever
/// the number of threads. A piece that is done is filled again, so that none of its memory need be made anew.
///
/// # Errors
/// The first of `next` or `done`, which ends it; what was filled before an error of `next` is done.
pub fn in_turn<T: Default + Send, K: Send, E: Send>(
    kept: &mut [K],
    next: impl FnMut(&mut T) -> Result<bool, E> + Send,
    work: impl Fn(&mut K, &mut T) + Sync,
    done: impl FnMut(&T) -> Result<(), E> + Send,
) -> Result<(), E> {
    let ahead = AHEAD * kept.len();
    let source = Mutex::new(Source { next, filled: 0, ended: false });
    let sink = Mutex::new(Sink { done, number: 0, waiting: VecDeque::new(), result: Ok(()) });
    let spare = Mutex::new(Vec::new());
    let moved = Condvar::new();
    by_each(kept.iter_mut(), &|kept: &mut K| {
        loop {
            let piece = locked(&spare).pop().unwrap_or_default();
            // The lock is given back before the work begins.
            let taken = locked(&source).take(piece);
            let Some((number, piece)) = taken else { break };
            let piece = piece.map(|mut piece| {
                work(kept, &mut piece);
                piece
            });
            let sink = moved.wait_while(locked(&sink), |it| it.is_far_behind(number, ahead));
            let mut sink = sink.unwrap_or_else(PoisonError::into_inner);
            let goes_on = sink.take(number, piece, |piece| locked(&spare).push(piece));
            drop(sink);
            moved.notify_all();
            if !goes_on {
                locked(&source).ended = true;
            }
        }
    });
    sink.into_inner().unwrap_or_else(PoisonError::into_inner).result
}

/// How many pieces for each thread may wait for one before them, which bounds the memory.
const AHEAD: usize = 4;

/// Fills pieces, numbered from 0.
struct Source<N> {
    next: N,
    filled: usize,
    ended: bool,
}

impl<N> Source<N> {
    fn take<T, E>(&mut self, mut piece: T) -> Option<(usize, Result<T, E>)>
    where
        N: FnMut(&mut T) -> Result<bool, E>,
    {
        if self.ended {
            return None;
        }
        let filled = (self.next)(&mut piece);
        self.ended = !matches!(filled, Ok(true));
        let number = self.filled;
        self.filled += 1;
        match filled {
            Ok(filled) => filled.then_some((number, Ok(piece))),
            Err(error) => Some((number, Err(error))),
        }
    }
}

/// Takes pieces in any order, and passes them on in that of their numbers.
struct Sink<D, T, E> {
    done: D,
    /// Of the piece that is passed on next.
    number: usize,
    /// That piece and those behind it, as far as they are there.
    waiting: VecDeque<Option<Result<T, E>>>,
    result: Result<(), E>,
}

impl<D: FnMut(&T) -> Result<(), E>, T, E> Sink<D, T, E> {
    fn is_far_behind(&self, number: usize, ahead: usize) -> bool {
        self.result.is_ok() && number >= self.number + ahead
    }

    /// Tells whether to go on; `free` gets the pieces that are done.
    fn take(&mut self, number: usize, piece: Result<T, E>, mut free: impl FnMut(T)) -> bool {
        let at = number - self.number;
        if self.waiting.len() <= at {
            self.waiting.resize_with(at + 1, || None);
        }
        if let Some(place) = self.waiting.get_mut(at) {
            *place = Some(piece);
        }
        while self.result.is_ok()
            && let Some(piece) = self.waiting.front_mut().and_then(Option::take)
        {
            self.waiting.pop_front();
            self.number += 1;
            self.result = piece.and_then(|piece| {
                let result = (self.done)(&piece);
                free(piece);
                result
            });
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

/// Locks, whatever became of a thread that had the lock before.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
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
        let next = |piece: &mut usize| match numbers.next() {
            Some(number) if number == wrong => Err("next"),
            Some(number) => {
                *piece = number;
                Ok(true)
            }
            None => Ok(false),
        };
        let work = |worked: &mut usize, number: &mut usize| {
            *worked += 1;
            thread::sleep(std::time::Duration::from_micros(300 * (*number as u64 % 2)));
        };
        let result = in_turn(&mut kept, next, work, |number| {
            all.push(*number);
            if *number == 90 { Err("done") } else { Ok(()) }
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
