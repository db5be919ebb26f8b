//! Characters and where they stand: sources, spans, edits, and the words messages are made of.

mod edit;
mod escape;
mod fault;
mod file;
mod finding;
mod pattern;
mod phrase;
pub mod secret;
mod shell;
mod source;

pub use edit::{Changed, Edit, Overlap, TextEdits, apply_edits};
pub use escape::in_toml_string;
pub use fault::{Fault, Faults};
pub use file::{read_bounded, read_file};
pub use finding::{Finding, Identity, Level, Mend};
pub use pattern::compile_pattern;
pub use phrase::{count, edit_distance, join_and, join_or, nearest, quantity};
pub use shell::shell_word;
pub use source::{
    LineColumn, Location, Said, Source, Span, Start, char_start, line_end, line_start,
};
