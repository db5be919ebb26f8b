//! Conditions: three-valued expressions over configuration keys and facts.
//!
//! [`Condition::parse`] reads the text, [`check`] finds what can be known to be wrong before
//! anything runs, and [`Condition::evaluate`] computes an [`Outcome`] and the [`Trace`] behind it.
//! The world is seen through [`Scope`] alone; the engine implements it.

mod assignment;
mod ast;
mod boundary;
mod builtins;
mod check;
mod escape;
mod eval;
mod mistake;
mod mutate;
mod needs;
mod outcome;
mod parse;
mod range;
mod reference;
mod scan;
mod shape;
mod shipped;
mod syntax;
mod template;
mod trace;
mod vain;

pub use assignment::{Assignment, Bounds, Target};
pub use ast::{Condition, NameUse};
pub use boundary::{Reading, ReadingRole};
pub use check::{KeyKnown, Names, Type, check, noun};
pub use eval::{Scope, largest_divisor};
pub use outcome::{Evaluation, Outcome, Verdict};
pub use reference::reference;
pub use template::{Piece, pieces};
pub use trace::{Trace, deciding_leaves};
