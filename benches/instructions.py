"""Counts the instructions of a few commands under valgrind, and refuses what grew.

    python3 benches/instructions.py target/release/hydrule            # compare
    python3 benches/instructions.py target/release/hydrule --record   # write the counts down

Counts hardly depend on the machine or on what else runs, so a guard against slowness needs no clock. What
is recorded may grow by a tenth, and by what another C library does at a start, before it is refused.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RECORD = ROOT / "benches/instructions.json"
EXAMPLE = ROOT / "examples/verl-oom"
# How much more is refused, beside what any start may take, and how much less is worth recording.
MORE, START, LESS = 1.10, 300_000, 0.90

COMMANDS = {
    "--version": ["--version"],
    "show a script": ["show", "run_grpo.sh"],
    "check a script": ["check", "run_grpo.sh"],
    "set a key": ["set", "run_grpo.sh", "data.train_batch_size=512"],
    "facts of a log": ["facts", "slurm-4242.err"],
    "rewrite with a log": ["rewrite", "run_grpo.sh", "--log", "slurm-4242.err"],
    "1,000 lines of --jsonl": ["rewrite", "--jsonl", "-j", "1", "--pack", "lightning"],
}


def lines() -> str:
    """What `--jsonl` reads; the other commands read nothing."""
    sets = range(1000)
    texts = ([f"data.batch_size={at % 64 + 1}", f"trainer.devices={at % 8 + 1}", f"model.lr=0.{at}"] for at in sets)
    return "".join(json.dumps({"id": at, "overrides": text}) + "\n" for at, text in enumerate(texts))


def count(hydrule: str, arguments: list[str], folder: Path) -> int:
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", hydrule, *arguments]
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, cwd=EXAMPLE, env=environment, input=lines(), capture_output=True, text=True)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode not in (0, 1) or not found:
        sys.exit(f"{' '.join(arguments)}: exit {done.returncode}\n{done.stderr}")
    return int(found[1])


def main(hydrule: str, record: bool) -> int:
    hydrule = str(Path(hydrule).resolve())
    known = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    counts, failed = {}, 0
    with tempfile.TemporaryDirectory() as folder:
        for what, arguments in COMMANDS.items():
            counts[what] = count(hydrule, arguments, Path(folder))
            before = known.get(what, counts[what])
            ratio = counts[what] / before
            word = "MORE" if counts[what] > before * MORE + START else "less" if ratio < LESS else "ok"
            failed += word == "MORE"
            print(f"{word:<6} {what:<24} {counts[what] / 1e6:10.2f} million   {ratio:.3f} of what is recorded")
    if record:
        RECORD.write_text(json.dumps(counts, indent=2) + "\n")
        return 0
    missing = COMMANDS.keys() - known.keys()
    if missing:
        print(f"not recorded: {', '.join(sorted(missing))}")
    print(f"{len(counts)} commands counted, {failed} take more instructions than recorded")
    return 1 if failed or missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], "--record" in sys.argv[2:]))
