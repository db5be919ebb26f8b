//! The configuration of a project.

use serde_json::Value as Json;

use super::shape::{by_name, count, either, file, flag, packs, table, text, texts};

/// Describes `hydrule.toml`.
pub fn schema() -> Json {
    let fields = vec![
        ("extend", text("Another file of this kind to go on from, seen from this one")),
        ("packs", packs("The packs of the project; the first one that knows a launch is taken")),
        ("target", text("The version of the application: verl=0.9.1")),
        ("params", texts("Values of parameters, in override syntax: micro_batch_floor=2")),
        ("pins", texts("Keys that no rule changes, in which `*` is any text, or sbatch:NAME")),
        ("off", by_name(text("Why it is off"), "Rules that shall not count")),
        (
            "launches",
            by_name(
                text("The pack's name"),
                "Of which pack launches are, by a glob over programs, or a folder of programs and scripts",
            ),
        ),
        (
            "cluster",
            table(
                "What the cluster has",
                &[],
                vec![
                    ("max_gpus", count("How many GPUs a job may have")),
                    ("host_memory", text("The memory of one node: 512GiB")),
                ],
            ),
        ),
        (
            "base",
            either(
                &[
                    by_name(
                        text("The base configuration"),
                        "Base configurations by a glob over files",
                    ),
                    flag("Whether base configurations are found that nobody names"),
                ],
                "Base configurations",
            ),
        ),
    ];
    file("hydrule project configuration", table("Which packs a project uses, and how", &[], fields))
}
