"""What docs/scale.md tells to write and to run, and sets of overrides to try it on."""

import json
import random
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/scale.md").read_text()


def file(name):
    """The file that the page tells to write."""
    found = re.findall(rf"^\*\*{re.escape(name)}\*\*\n\n```\w+\n(.*?)^```$", PAGE, re.M | re.S)
    assert len(found) == 1, f"docs/scale.md has {name} {len(found)} times"
    return found[0]


def command(start):
    """The command of the page that begins so."""
    found = set(re.findall(rf"^\$ ({re.escape(start)}.*)$", PAGE, re.M))
    assert len(found) == 1, f"docs/scale.md has {len(found)} commands `{start}…`"
    return found.pop()


def python(name):
    """The block of Python that calls this."""
    found = [it for it in re.findall(r"^```python\n(.*?)^```$", PAGE, re.M | re.S) if name in it]
    assert len(found) == 1, f"docs/scale.md has {len(found)} blocks with {name}"
    return found[0]


def sets(hydrule, count):
    """Lines that a hard job would have: what the example ran, varied; blank lines, and separators that only
    some languages take for ends of lines."""
    log = ROOT / "examples/verl-oom/slurm-4242.err"
    read = subprocess.run(
        [hydrule, "facts", log, "--output-format", "json"], stdout=subprocess.PIPE, timeout=60
    )
    overrides = json.loads(read.stdout)["launched"]["overrides"]
    chance = random.Random(1)
    phases = ["log_prob", "actor_update", "ref_log_prob", "wake_up", None]

    def varied(override):
        key, _, value = override.partition("=")
        if "micro_batch" in key or key.endswith("rollout.n"):
            value = 2 ** chance.randrange(6)
        return f"{key}={value}"

    for number in range(count):
        line = {"id": number, "overrides": [varied(it) for it in overrides]}
        if phase := chance.choice(phases):
            line["facts"] = {"oom.phase": phase}
        if number % 97 == 0:
            line["id"] = f"ü \u2028 \u0085 \x0c {number}"
            line["overrides"].append(f"+trainer.api_key=very-secret-{number}")
        yield json.dumps(line, ensure_ascii=number % 2 == 0) + "\n" + "\n" * (number % 501 == 0)
