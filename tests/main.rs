//! The one test binary: a module for each area.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod aliases;
mod architecture;
mod arguments;
mod backtest;
mod base_found;
mod book;
mod bounds;
mod broken;
mod cases;
mod cel;
mod chain;
mod check;
mod check_files;
mod check_fix;
mod check_reports;
mod check_suppressed;
mod compose;
mod conditions;
mod config;
mod corpus;
mod dependencies;
mod diff;
mod directions;
mod edits;
mod end_to_end;
mod estimates;
mod example;
mod facts;
mod faults;
mod frameworks;
mod goals;
mod hosted;
mod hostile;
mod html;
mod hydra;
mod injection;
mod jsonl;
mod kleene;
mod laws;
mod lets;
mod log_corpus;
mod log_pieces;
mod look;
mod lsp;
mod mutate;
mod packs;
mod packs_cli;
mod pages;
mod pins;
mod projects;
mod relevance;
mod repairs;
mod run_folders;
mod schemas;
mod scripts;
mod secrets;
mod signals;
mod slurm;
mod starter;
mod statics;
mod support;
mod transaction;
mod tried;
mod turns;
mod tutorial;
mod verify;
mod versions;
mod writing;
mod yaml;
