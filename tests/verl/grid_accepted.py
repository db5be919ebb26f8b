#!/usr/bin/env python3
"""Asks the real Hydra and verl's own checks about what options make of the launches of the grid.

    grid_accepted.py BINARY [--each 1]

Every launch of grid.jsonl must be accepted as it is. Then every option is taken by itself where it
applies, on so many launches each, spread over the grid: verl must take the result. The configuration is
composed once for each engine; the overrides of a launch are applied to copies of it by Hydra's own code.
Exits with 1 where something is refused, or where an option never applied that is not in NEVER.
"""

import argparse
import collections
import copy
import json
import os
import pathlib
import subprocess
import sys

from hydra import compose, initialize_config_dir
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.override_parser.overrides_parser import OverridesParser

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "scripts"))
import accepted  # noqa: E402
import grid  # noqa: E402

# What verl looks up outside of its configuration, by a part of what it says.
ELSEWHERE = {**accepted.EXPECTED, "vllm version None": "ranks of LoRA are looked up in vLLM"}
# Options that no launch of the grid can show here, and why.
SHOWN = "is only shown, never written"
DIRECTIVE = "changes a directive of Slurm alone"
NEVER = {"train-lora": SHOWN, "expandable-segments": SHOWN, "raise-ray-threshold": SHOWN, "one-micro-batch": SHOWN,
         "whole-node-memory": SHOWN, "more-host-memory": DIRECTIVE, "more-nodes": "asks for --param nodes_limit"}
# What an option asks about besides, so that it can act at all.
ABOUT = {"fit-update-bucket": {"oom.phase": "weight_sync", "model.vocab_size": 151936, "model.hidden_size": 896}}


class Verl:
    def __init__(self):
        self.parser = OverridesParser.create()
        self.bases = {}
        for engine in ("dp", "megatron"):
            with initialize_config_dir(accepted.configuration(), version_base=None):
                self.bases[engine] = compose("ppo_trainer", overrides=[f"model_engine={engine}"])

    def refuses(self, overrides):
        """What it says against a launch; none where it takes it, or asks for files that are not here."""
        engine = "megatron" if "model_engine=megatron" in overrides else "dp"
        config = copy.deepcopy(self.bases[engine])
        words = [it for it in self.parser.parse_overrides(overrides) if it.key_or_group != "model_engine"]
        try:
            ConfigLoaderImpl._apply_overrides_to_config(words, config)
            accepted.validate(config)
        except accepted.Refused as error:
            return None if any(part in str(error) for part in ELSEWHERE) else str(error)
        except Exception as error:
            return accepted.said(error)
        return None


def planned(binary, option, lines):
    """The overrides that an option makes of each launch, for those where it does anything."""
    words = []
    for number, line in lines:
        facts = {f"oom.{name}": value for name, value in line["oom"].items() if name == "signal"}
        facts |= {"oom.phase": "log_prob", "oom.tried": "1GiB", "oom.free": "512MiB"}
        if "signal" in line["oom"]:
            sizes = {"free": line["oom"]["free"], "capacity": 85018000000}
            facts |= {f"oom.{name}": f"{size / 2**30:.2f}GiB" for name, size in sizes.items()}
        facts |= ABOUT.get(option, {})
        words.append(json.dumps({"id": number, "overrides": grid.overrides(line), "facts": facts}))
    command = [binary, "rewrite", "--jsonl", "--show-secrets", "--unsafe", "--only", option]
    result = subprocess.run(command, input="\n".join(words), capture_output=True, text=True, timeout=600)
    if result.returncode == 2:
        sys.exit(f"{option}: {result.stderr[:1000]}{result.stdout[:300]}")
    plans = [json.loads(line) for line in result.stdout.splitlines()]
    return [(plan["id"], plan["overrides"]) for plan in plans if plan["changes"]]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("binary", type=os.path.abspath)
    parser.add_argument("--each", type=int, default=1, help="how many launches for each option")
    options = parser.parse_args()
    lines = [json.loads(line) for line in (HERE / "grid.jsonl").read_text().splitlines()]
    wrong = [] if [json.dumps(line) for line in lines] == grid.lines() else ["grid.py makes another grid.jsonl"]
    verl, counts = Verl(), collections.Counter()
    for number, line in enumerate(lines):
        error = verl.refuses(grid.overrides(line))
        if error:
            wrong.append(f"launch {number} as it is: {error}")
    identifiers = accepted.options_of(HERE.parents[1] / "rules" / "verl")
    for index, option in enumerate(identifiers):
        start = index * 31 % len(lines)
        numbered = list(enumerate(lines))
        found = planned(options.binary, option, (numbered[start:] + numbered[:start])[:120])
        found = found or planned(options.binary, option, numbered)
        counts[option] = len(found)
        step = max(1, len(found) // options.each)
        for number, overrides in found[::step][:options.each]:
            counts[""] += 1
            error = verl.refuses(overrides)
            if error:
                wrong.append(f"{option} on launch {number}: {error}")
    never = [it for it in identifiers if not counts[it] and it not in NEVER]
    wrong += [f"{it} never applied" for it in never] + [f"{it} does apply" for it in NEVER if counts[it]]
    for option in identifiers:
        print(f"{counts[option]:5} {option}{'  ' + NEVER[option] if option in NEVER else ''}")
    print(*wrong, sep="\n")
    print(f"{len(lines)} launches, {counts['']} results of {len(identifiers)} options, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
