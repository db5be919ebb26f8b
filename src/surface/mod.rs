//! Places where overrides live and can be changed: launch scripts and Slurm directives.

pub mod bash;
pub mod slurm;
