#!/usr/bin/env python3
"""Runs the steps of action.yml as a runner would, on scripts that are right and wrong.

    action.py BINARY

Needs PyYAML. Inputs are filled in as GitHub does; the installation finds BINARY on the path. Exits with
1 where a step does something else than it should.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = """#!/bin/bash
python3 -m verl.trainer.main_ppo \\
    algorithm.adv_estimator=grpo \\
    data.train_batch_size={batch} \\
    actor_rollout_ref.actor.ppo_mini_batch_size=64 \\
    actor_rollout_ref.actor.use_dynamic_bsz=True \\
    actor_rollout_ref.rollout.log_prob_use_dynamic_bsz=True \\
    actor_rollout_ref.rollout.name=vllm \\
    actor_rollout_ref.rollout.n=8
"""

failures = []


def run(folder, binary, given):
    """All steps, with the inputs that are given; the code of the first that fails, and what was printed."""
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    inputs = {name: told.get("default", "") for name, told in action["inputs"].items()} | given
    context = {f"inputs.{name}": value for name, value in inputs.items()} | {"github.action_path": str(ROOT)}
    fill = lambda text: re.sub(r"\$\{\{\s*([\w.-]+)\s*\}\}", lambda found: context[found[1]], text)
    printed = ""
    for step in action["runs"]["steps"]:
        assert "${{" not in step["run"], "an input would be read as a command"
        environment = os.environ | {name: fill(value) for name, value in step.get("env", {}).items()}
        environment |= {"CI": "true", "GITHUB_ACTIONS": "true", "PATH": f"{binary.parent}:{os.environ['PATH']}"}
        # As GitHub starts bash.
        done = subprocess.run(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]], cwd=folder, env=environment, capture_output=True, text=True)
        printed += done.stdout + done.stderr
        if done.returncode:
            return done.returncode, printed
    return 0, printed


def expect(what, held, output):
    print(f"{'ok' if held else 'FAILED':7}{what}")
    if not held:
        failures.append(what)
        print(output)


def main(binary):
    binary = pathlib.Path(binary).resolve()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "good").mkdir()
        (folder / "two words").mkdir()
        (folder / "good/run.sh").write_text(SCRIPT.format(batch=1024))
        (folder / "two words/run.sh").write_text(SCRIPT.format(batch=65))
        code, output = run(folder, binary, {"paths": "good"})
        expect("a script that is right passes", code == 0, output)
        code, output = run(folder, binary, {"paths": "good\ntwo words\n"})
        expect("one that is wrong fails, with its line", code == 1 and re.search(r"^::(?:error|warning) .*file=two words/run.sh,.*line=\d", output, re.M), output)
        code, output = run(folder, binary, {"output-format": "sarif", "output-file": "out.sarif", "args": "--exit-zero"})
        report = folder / "out.sarif"
        expect("SARIF goes to its file", code == 0 and json.loads(report.read_text())["runs"][0]["results"], output)
        code, output = run(folder, binary, {"paths": "good\n$(touch canary)`touch canary`;touch canary"})
        expect("an input is never a command", code == 2 and not (folder / "canary").exists(), output)
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
