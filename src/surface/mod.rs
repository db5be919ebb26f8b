//! Places where overrides live and can be changed: launch scripts, Slurm directives, YAML
//! configurations, run folders.

pub mod bash;
pub mod run_folder;
pub mod slurm;
pub mod yaml;
