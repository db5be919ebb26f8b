//! Reading a job's log: which failure came first, in which phase, with which numbers.
//!
//! ```text
//! log text ─ clean ─▶ lines of streams ─ scan ─▶ events with facts, notes, launched overrides
//!                                         ▲
//!                 signals of a pack ─ compile
//! ```
//!
//! A log is many processes talking at once. `clean` takes colours, prefixes and suffixes off a line
//! and keeps the way back to the bytes they came from; `blocks` reads a log of any length and searches
//! it, with `prefilter`, for literals of the patterns, on several threads; around them `reader` takes
//! lines, and only there `scan` tries patterns; `trace` collects each process's stack so that a failure
//! knows where it happened. Which messages and which frames mean what is said by the pack alone.

mod block;
mod blocks;
mod clean;
mod def;
mod event;
mod held;
mod launched;
mod needle;
mod prefilter;
mod reader;
mod scan;
mod signals;
mod tensor;
mod time;
mod trace;

pub use blocks::Portions;
pub use clean::Origin;
pub use def::{Confidence, FactType, Kind, PhaseDef, SignalDef};
pub use event::{Event, Fact, Order, PhaseFound, Scan};
pub use launched::{Launched, LaunchedOverride};
pub use signals::Signals;
pub use time::Time;
