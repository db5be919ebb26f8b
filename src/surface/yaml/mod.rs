//! YAML configurations: overrides made in the file that holds the values.
//!
//! [`edit()`] composes the overrides as Hydra would, finds what differs, and changes the bytes of
//! that alone. After every change the text is read again: where anything else came out different,
//! the change is refused with the lines to write by hand.

mod change;
mod edit;
mod layout;
mod place;

pub use edit::{Edited, How, Refusal, Site, edit};
