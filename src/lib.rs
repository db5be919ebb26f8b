//! hydrule: declarative rules over Hydra overrides.

pub mod cases;
pub mod condition;
pub mod config;
pub mod engine;
pub mod facts;
pub mod lsp;
pub mod overrides;
pub mod pack;
pub mod path;
pub mod report;
pub mod signal;
pub mod surface;
pub mod text;
pub mod transaction;
pub mod value;
pub mod verify;

mod threads;

#[doc(hidden)]
pub mod cli;
