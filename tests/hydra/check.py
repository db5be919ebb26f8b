#!/usr/bin/env python3
"""Compares a build of hydrule with the installed hydra-core on fresh random overrides.

usage: check.py BINARY [--seed N] [--count N] [--records DIR]

Every text goes through Hydra and through `BINARY parse --jsonl`, and one list of overrides for
every forty texts through Hydra's basic sweeper and `BINARY expand --jsonl`. With --records the
recorded answers in DIR (*.jsonl) are compared too. Exits 1 on any difference, having printed the
seed that shows it again. Needs hydra-core 1.3.8 for Python 3.11.
"""
import argparse
import json
import multiprocessing
import random
import subprocess
import sys
from pathlib import Path

import generate
import oracle

CHUNK = 500
LISTS_PER_TEXT = 1 / 40
UNCHECKED = {"error", "notes"}
SHOWN = 20


def ours(binary, command, lines):
    text = "".join(json.dumps(line) + "\n" for line in lines)
    # A non-zero exit says that some override was refused, which is nothing to stumble over here.
    done = subprocess.run([binary, command, "--jsonl", "--show-secrets"], input=text.encode(), capture_output=True)
    records = [json.loads(line) for line in done.stdout.decode().split("\n") if line]
    if len(records) != len(lines):
        sys.exit(f"{binary} {command}: {len(lines)} asked, {len(records)} answered\n{done.stderr.decode()}")
    return records


def differences(what, theirs, mine):
    """Yields (input, field, Hydra's, ours) for each field that differs."""
    for field, value in theirs.items():
        if field not in UNCHECKED and mine.get(field) != value:
            yield what, field, value, mine.get(field)


def texts_differ(binary, records):
    answers = ours(binary, "parse", [record["input"] for record in records])
    with oracle.room_to_write():
        return [it for record, answer in zip(records, answers)
                for it in differences(record["input"], record, answer)]


def jobs_differ(binary, records):
    answers = ours(binary, "expand", [{"args": record["args"]} for record in records])
    found = []
    for record, answer in zip(records, answers):
        fields = ["ok", "jobs", "lossy"] if record["ok"] else ["ok"]
        theirs = {field: record[field] for field in fields}
        theirs["lossy"] = [it if isinstance(it, str) else it["job"] for it in record["lossy"]]
        mine = {"jobs": [], "lossy": [], **answer}
        mine["lossy"] = [it if isinstance(it, str) else it["job"] for it in mine["lossy"]]
        found += differences(record["args"], theirs, mine)
    return found


def check_chunk(task):
    binary, seed, count = task
    sys.setrecursionlimit(1000)
    maker = generate.Maker(seed)
    texts = [maker.text() for _ in range(count)]
    lists = [maker.list() for _ in range(int(count * LISTS_PER_TEXT))]
    records = [record for record in map(oracle.answer, texts) if record]
    job_records = [record for record in map(oracle.answer_jobs, lists) if record]
    with oracle.room_to_write():
        found = texts_differ(binary, records) + jobs_differ(binary, job_records)
    accepted = sum(record["ok"] for record in records)
    slow = len(texts) - len(records) + len(lists) - len(job_records)
    return len(records), accepted, len(job_records), slow, found


def check_records(binary, folder):
    found, count = [], 0
    with oracle.room_to_write():
        for path in sorted(Path(folder).glob("*.jsonl")):
            records = [json.loads(line) for line in path.read_text().split("\n") if line]
            texts = [it for it in records if {"input", "ok", "error"} <= it.keys()]
            lists = [it for it in records if {"args", "ok", "jobs", "lossy"} <= it.keys()]
            texts = [{k: v for k, v in it.items() if k not in ("tokens", "source", "rule")} for it in texts]
            found += texts_differ(binary, texts) + jobs_differ(binary, lists)
            count += len(texts) + len(lists)
    return count, found


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("binary")
    options.add_argument("--seed", type=int, default=random.randrange(10**9))
    options.add_argument("--count", type=int, default=20000)
    options.add_argument("--records", metavar="DIR")
    asked = options.parse_args()
    binary = str(Path(asked.binary).resolve())
    print(f"seed {asked.seed}", flush=True)
    tasks = [(binary, asked.seed * 100003 + start, min(CHUNK, asked.count - start))
             for start in range(0, asked.count, CHUNK)]
    with multiprocessing.Pool(2) as pool:
        results = pool.map(check_chunk, tasks, chunksize=1)
    texts, accepted, lists, slow = (sum(it[i] for it in results) for i in range(4))
    found = [difference for it in results for difference in it[4]]
    recorded = 0
    if asked.records:
        recorded, more = check_records(binary, asked.records)
        found += more
    for what, field, theirs, mine in found[:SHOWN]:
        print(f"{json.dumps(what)[:400]}\n  {field}: Hydra {json.dumps(theirs)[:300]}\n  {field}: ours  {json.dumps(mine)[:300]}")
    print(f"{texts} texts ({accepted} accepted), {lists} lists, {recorded} recorded, "
          f"{slow} too slow or large for Hydra: {len(found)} differences")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
