//! Hydra's override language, as hydra-core 1.3.8 reads it.
//!
//! [`parse`] reads one override. [`Element`] keeps everything Hydra keeps, down to quotes and
//! unbounded integers; [`Override::value`] gives the plain value where there is one. Printing,
//! sweeps and records follow Hydra's own functions to the letter, recorded answers prove it.

mod ast;
mod calls;
mod decimal;
mod depth;
mod language;
mod mistake;
mod mistaken_call;
mod mistaken_key;
mod pairs;
mod parse;
mod paste;
mod primitive;
mod print;
mod python;
mod range;
mod record;
mod sort;
mod stuck;
mod sweep;
mod swept;
mod template;

pub use ast::{Choice, Element, Glob, Interval, Number, Override, OverrideKind, Quote, Range};
pub use depth::{DEEPEST, LONGEST};
pub use language::Language;
pub use mistake::LINE_END;
pub use parse::parse;
pub use print::{element_text, value_text};
pub use record::record;
pub use sweep::{Expansion, Lossy, expand};
pub use swept::single;
pub use template::{Argument, PathPart, Piece, Template};
