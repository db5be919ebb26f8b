//! The Language Server Protocol: how an editor asks about the texts that it holds.
//!
//! [`serve`] reads messages, keeps the documents as the editor has them, and asks a [`Language`] what is
//! in them. Nothing here knows what a launch script is. Offsets are bytes inside, and whatever the editor
//! counts in outside; [`Lines`] turns the one into the other.

mod document;
mod language;
mod lines;
mod message;
mod server;
mod shown;
mod uri;
mod wire;

pub use document::Document;
pub use language::{Action, Completion, Hover, Language};
pub use lines::{Encoding, Lines, Position};
pub use server::{Ended, serve};
