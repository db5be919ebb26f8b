//! The parser of bash gives up on some texts by panicking; here that is one of its errors.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    static CONTAINED: Cell<bool> = const { Cell::new(false) };
}

/// Asks the parser; nothing where it panics, which then tells nobody.
pub fn contained<T>(ask: impl FnOnce() -> T) -> Option<T> {
    static SILENCED: Once = Once::new();
    SILENCED.call_once(|| {
        let told = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !CONTAINED.get() {
                told(panic);
            }
        }));
    });
    CONTAINED.set(true);
    let answer = panic::catch_unwind(AssertUnwindSafe(ask));
    CONTAINED.set(false);
    answer.ok()
}
