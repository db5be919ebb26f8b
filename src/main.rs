//! The `hydrule` command.

fn main() -> std::process::ExitCode {
    hydrule::cli::main()
}
