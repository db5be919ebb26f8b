//! The `hydrule` command.

fn main() {}
