//! Places where overrides live and can be changed: launch scripts, Slurm directives, YAML
//! configurations, run folders, and commands hosted in Makefiles and workflows.

pub mod bash;
pub mod hosted;
pub mod marks;
pub mod pins;
pub mod run_folder;
pub mod slurm;
pub mod yaml;
