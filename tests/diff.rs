//! `hydrule diff`: keys by value and type, whatever holds them.

use crate::support::{Workspace, snapshot};

#[test]
fn keys_are_compared_by_value_and_type_across_forms() {
    let workspace = Workspace::example();
    workspace
        .write("list.txt", "# overrides\nlr=1e-3\na.b={x:1,y:[1,2]}\nname='1'\nz=1\nz=2\nu=true\n")
        .write(
            "overrides.yaml",
            "- lr=0.001\n- a.b.x=1.0\n- a.b.y=[1,2]\n- +name=1\n- ~z\n- u=True\n",
        )
        .write(
            "same.jsonl",
            "{\"overrides\": []}\n{\"id\": 1, \"overrides\": [\"lr=0.001\", \"z=2\"]}\n",
        )
        .write("old.yaml", "lr: 0.001\nz: 1\ngone: {x: 1}\nl: [1, a]\n")
        .write("new.yaml", "lr: 1.0e-3\nz: 1.0\nnew: ~\nl: [1, 'a']\n")
        .write("run.sh", "python3 main.py lr=0.001 z=$Z l=[1,a]\n")
        .write("two.sh", "python3 main.py lr=1\npython3 main.py lr=2\n")
        .write("Makefile", "all:\n\tpython3 main.py lr=1\n")
        .write("bad.txt", "lr=1\nlr==\n");
    let mut shown = String::new();
    for line in [
        "diff list.txt overrides.yaml",
        "diff list.txt list.txt",
        "diff same.jsonl:2 list.txt",
        "diff same.jsonl:9 list.txt",
        "diff old.yaml new.yaml",
        "diff old.yaml run.sh",
        "diff run.sh run.sh --env Z=1",
        "diff two.sh two.sh:2",
        "diff two.sh:1 two.sh:2 --output-format json",
        "diff two.sh:3 two.sh:2",
        "diff Makefile two.sh:2",
        "diff bad.txt list.txt",
        "diff none.txt list.txt",
    ] {
        shown.push_str(&format!("# {line}\n{}", workspace.hydrule(line).run().shown()));
    }
    snapshot("diff", "forms", &shown);
    let output = workspace.hydrule("diff submit_grpo.slurm run_grpo.sh").run();
    assert!(output.out.contains("- $sbatch.gpus_per_node: 4"), "{}", output.out);
}

#[test]
fn foreign_languages_are_refused_everywhere() {
    let workspace = Workspace::new();
    for name in ["Makefile", "x.mk", "Dockerfile", "train.py"] {
        workspace.write(name, "run:\n\t$(PYTHON) main.py lr=1\n");
        for command in ["set NAME lr=2", "show NAME", "rewrite NAME", "diff NAME NAME"] {
            let output = workspace.hydrule(&command.replace("NAME", name)).run();
            assert_eq!(output.code, 2, "{command} {name}");
            assert!(output.err.contains("which is not read"), "{}", output.err);
        }
    }
}
