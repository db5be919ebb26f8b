#!/usr/bin/env python3
"""Runs the forms of docs/scale.md under the real Spark or Ray Data, and compares with one run.

    frames.py spark|ray BINARY [SETS]

The blocks are taken out of the page. Spark wants `pip install pyspark` and a Java; Ray `pip install "ray[data]"`.
A set that cannot be read must fail the job. Exits with 1 where something is not so.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import page

BAD = '{"id": 1, "overrides": "none"}\n'


def spark(folder):
    from pyspark.sql import SparkSession

    session = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    try:
        exec(page.python("textFile"), {"spark": session, "os": os})
    finally:
        session.stop()
    return b"".join(it.read_bytes() for it in sorted((folder / "plans").glob("part-*")))


def ray(folder):
    import ray

    (folder / "sets").mkdir()
    split = page.command("split -n l/8 -d -a 4 --additional-suffix=.jsonl")
    subprocess.run(["bash", "-c", split], cwd=folder, check=True, timeout=60)
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        ray.data.DataContext.get_current().execution_options.preserve_order = True
        names = {"ray": ray, "subprocess": subprocess}
        exec(page.python("map_batches"), names)
        return b"".join(row["plan"] + b"\n" for row in names["plans"].iter_rows())
    finally:
        ray.shutdown()


def main():
    frame, hydrule = {"spark": spark, "ray": ray}[sys.argv[1]], Path(sys.argv[2]).resolve()
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 20_000
    with tempfile.TemporaryDirectory(prefix="hydrule-frames-") as name:
        for case in ("good", "bad"):
            folder = Path(name) / case
            (folder / "bin").mkdir(parents=True)
            (folder / "bin/hydrule").symlink_to(hydrule)
            os.environ["PATH"] = f"{folder / 'bin'}:{os.environ['PATH']}"
            os.chdir(folder)
            sets = "".join(page.sets(hydrule, count)) + (BAD if case == "bad" else "")
            (folder / "sets.jsonl").write_text(sets)
            with open("sets.jsonl") as input:
                command = [hydrule, "rewrite", "--jsonl", "--pack", "verl"]
                whole = subprocess.run(command, stdin=input, stdout=subprocess.PIPE, timeout=600)
            try:
                answers = frame(folder)
            except Exception as error:
                if case == "good":
                    raise
                print(f"a set that cannot be read fails the job: {type(error).__name__}")
                continue
            if case == "bad":
                sys.exit("error: a set that cannot be read fails nothing")
            if answers != whole.stdout:
                sys.exit("error: the pieces are not the whole")
            print(f"{count} sets: {len(answers)} bytes are the same as of one run")


main()
