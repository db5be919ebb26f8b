//! Places where overrides live and can be changed: launch scripts, Slurm directives, YAML
//! configurations.

pub mod bash;
pub mod slurm;
pub mod yaml;
