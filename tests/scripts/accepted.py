#!/usr/bin/env python3
"""Asks the real verl whether it takes what launch scripts pass, before and after they are changed.

    accepted.py BINARY [--seconds 150]

Runs the scripts that start verl under bash, with programs that only write down their arguments. The real
Hydra composes verl's own configuration with them, and verl's own checks must pass: on the scripts as they
are, after changes of single keys, after what the rules answer to failures, and on every step of the
example's ladder. What Hydra makes of a change may differ only below the keys that were changed, and in what
interpolates them. Exits with 1 where verl refuses what it took before, but for what EXPECTED lists.
"""

import argparse
import collections
import contextlib
import concurrent.futures
import functools
import importlib.util
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import warnings

from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

import stand_ins
from check import STUB

HERE = pathlib.Path(__file__).resolve().parent
EXAMPLE = HERE.parents[1] / "examples" / "verl-oom"
PHASES = ["log_prob", "ref_log_prob", "actor_update", "optimizer_step", "critic", "wake_up", "weight_sync",
          "generation", "engine_init", "model_init", "host_side", "checkpoint"]
# Values that verl takes in every script of ours.
SETTINGS = ["data.max_response_length=256", "actor_rollout_ref.rollout.gpu_memory_utilization=0.35",
            "actor_rollout_ref.actor.fsdp_config.param_offload=True", "actor_rollout_ref.rollout.n=2",
            "actor_rollout_ref.actor.fsdp_config.offload_policy=True", "data.train_batch_size=512",
            "actor_rollout_ref.model.enable_activation_offload=True", "actor_rollout_ref.rollout.max_num_seqs=128",
            "actor_rollout_ref.actor.entropy_checkpointing=True", "actor_rollout_ref.rollout.enforce_eager=True",
            "actor_rollout_ref.actor.use_dynamic_bsz=True", "trainer.n_gpus_per_node=4"]
# What verl refuses, by a part of what it says, and why that is not ours.
EXPECTED = {"Expect only one architecture": "a critic is built from the model's own files"}
HOME = "/home/user"


class Refused(Exception):
    """Hydra or verl does not take the arguments."""


# -- verl ----------------------------------------------------------------------------------------------
@functools.cache
def checks():
    """verl's own checks; importing them takes a second."""
    stand_ins.install()
    warnings.simplefilter("ignore")
    from verl.utils.config import omega_conf_to_dataclass, validate_config

    return validate_config, omega_conf_to_dataclass


@functools.cache
def configuration():
    root = importlib.util.find_spec("verl").submodule_search_locations[0]
    return os.path.join(root, "trainer", "config")


def composed(arguments):
    """The configuration as Hydra composes it, and as plain values by key."""
    try:
        with initialize_config_dir(configuration(), version_base=None):
            config = compose("ppo_trainer", overrides=list(arguments))
        leaves = {}
        flatten(OmegaConf.to_container(config, resolve=False), "", leaves)
        return config, leaves
    except Exception as error:
        raise Refused(f"Hydra: {said(error)}") from error


def flatten(node, at, leaves):
    if isinstance(node, dict) and node:
        for key, value in node.items():
            flatten(value, f"{at}.{key}" if at else str(key), leaves)
    else:
        leaves[at] = node


def validate(config):
    validate_config, as_dataclass = checks()
    gae = config.algorithm.adv_estimator == "gae"
    reference = bool(config.actor_rollout_ref.actor.use_kl_loss or config.algorithm.use_kl_in_reward)
    try:
        with contextlib.redirect_stdout(None):
            validate_config(config, use_reference_policy=reference, use_critic=gae)
        for part in ["actor_rollout_ref.actor", "actor_rollout_ref.rollout"]:
            as_dataclass(OmegaConf.select(config, part))
    except Exception as error:
        raise Refused(f"verl: {said(error)}") from error


def said(error):
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:300]


# -- scripts -------------------------------------------------------------------------------------------
class Job:
    """The files of a job in a folder of its own."""

    def __init__(self, binary, source):
        self.binary = binary
        self.name = f"{source.parent.name}/{source.name}"
        self.folder = pathlib.Path(tempfile.mkdtemp())
        sources = [source] if source.is_file() else [it for it in source.iterdir() if it.suffix in (".sh", ".slurm")]
        for file in sources:
            shutil.copy(file, self.folder)
        self.files = sorted(file.name for file in sources)
        self.script = next(name for name in self.files if name.endswith(".sh"))
        self.entry = next((name for name in self.files if name.endswith(".slurm")), self.script)
        start = re.search(r"^# Start: (.*)$", (self.folder / self.script).read_text(), re.M)
        words = start[1].split() if start else []
        at = next((index for index, word in enumerate(words) if word.endswith(".sh")), len(words))
        self.arguments = words[at + 1:]
        self.environment = {"HOME": HOME, **dict(word.split("=", 1) for word in words[:at])}
        stubs = self.folder / "programs"
        stubs.mkdir()
        for name in ["python", "python3", "ray"]:
            (stubs / name).write_text(STUB)
            (stubs / name).chmod(0o755)
        for name in ["bash", "cat", "tee"]:
            (stubs / name).symlink_to(shutil.which(name))
        self.first = self.texts()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder)

    def texts(self):
        return {name: (self.folder / name).read_bytes() for name in self.files}

    def reset(self):
        for name, text in self.first.items():
            (self.folder / name).write_bytes(text)

    def passed(self):
        """What verl gets behind its module, as bash passes it."""
        record = self.folder / "record"
        record.write_bytes(b"")
        environment = {**self.environment, "PATH": str(self.folder / "programs"), "RECORD": str(record)}
        subprocess.run(["bash", self.entry, *self.arguments], cwd=self.folder, env=environment, timeout=20,
                       stdin=subprocess.DEVNULL, capture_output=True)
        words = record.read_text().split("\0")
        return words[words.index("verl.trainer.main_ppo") + 1:-2]

    def hydrule(self, command, *words):
        told = [f"--env={name}={value}" for name, value in self.environment.items()]
        told += [f"--args={word}" for word in self.arguments]
        return subprocess.run([self.binary, "--show-secrets", *command.split(), *words, *told], cwd=self.folder,
                              capture_output=True, text=True, timeout=60)


class Trial:
    """Everything that is tried on one job."""

    def __init__(self, job, deadline):
        self.job, self.deadline = job, deadline
        self.counts = collections.Counter()
        self.wrong = []

    def ask(self, what, base=None, keys=()):
        """Lets Hydra and verl judge what bash passes now; `keys` may differ from `base`."""
        try:
            config, leaves = composed(self.job.passed())
            self.counts["composed"] += 1
            validate(config)
            self.counts["validated"] += 1
        except Refused as error:
            why = next((why for part, why in EXPECTED.items() if part in str(error)), None)
            self.counts[f"refused as expected: {why}" if why else "refused by Hydra or verl"] += 1
            if not why:
                self.wrong.append(f"{self.job.name}: {what}: {error}")
            return None
        if base is not None:
            changed = {key for key in {*base, *leaves} if base.get(key, self) != leaves.get(key, self)}
            below = lambda key: any(key == it or key.startswith(f"{it}.") or it.startswith(f"{key}.") for it in keys)
            other = sorted(key for key in changed if not below(key))
            if other:
                self.wrong.append(f"{self.job.name}: {what}: also changes {other}")
        return leaves

    def late(self):
        if time.monotonic() > self.deadline:
            self.counts["left out, no time"] += 1
            return True
        return False

    def set(self, setting, base):
        if self.late():
            return
        self.job.reset()
        if self.job.hydrule("set", self.job.script, setting, "--write").returncode != 0:
            self.counts["set refused"] += 1
            return
        self.counts["set"] += 1
        self.ask(f"set {setting}", base, [setting.split("=")[0]])

    def rewrite(self, what, base, *words):
        """Writes what the rules answer; returns the new configuration, none where nothing is changed."""
        if self.late():
            return None
        result = self.job.hydrule("rewrite --output-format json --write", *words, *self.job.files)
        if not result.stdout.startswith("{"):
            self.counts["rewrite refused"] += 1
            if self.job.name.startswith("verl-oom"):
                self.wrong.append(f"{self.job.name}: {what}: {result.stderr[:300]}")
            return None
        plan = json.loads(result.stdout)
        if not plan["changes"]:
            return None
        self.counts["rewritten"] += 1
        return self.ask(what, base, [change["key"] for change in plan["changes"]])


def corpus_script(binary, source, number, deadline):
    with Job(binary, source) as job:
        trial = Trial(job, deadline)
        base = trial.ask("as it is")
        if base is not None:
            for index, setting in enumerate(SETTINGS):
                if index % 2 == number % 2:
                    trial.set(setting, base)
            for phase in PHASES:
                job.reset()
                trial.rewrite(f"after {phase}", base, "--fact", f"oom.phase={phase}")
    return trial.counts, trial.wrong


def ladder(binary, deadline):
    """The example, one step after the other until none is left."""
    with Job(binary, EXAMPLE) as job:
        trial = Trial(job, deadline)
        base = trial.ask("as it is")
        log = str(EXAMPLE / "slurm-4242.err")
        for step in range(1, 101):
            base = base and trial.rewrite(f"step {step}", base, "--log", log, "--unsafe")
            if base is None:
                break
            trial.counts["steps of the ladder"] += 1
        else:
            trial.wrong.append("the ladder does not end")
        return trial.counts, trial.wrong


def option(binary, identifier, deadline):
    """One option by itself, taken as often as it applies."""
    with Job(binary, EXAMPLE) as job:
        trial = Trial(job, deadline)
        _, base = composed(job.passed())
        trial.counts["options"] += 1
        if trial.rewrite(f"only {identifier}", base, "--only", identifier, "--unsafe") is not None:
            trial.counts["options that apply"] += 1
        return trial.counts, trial.wrong


def options_of(pack):
    text = "".join(file.read_text() for file in sorted(pack.glob("*.toml")))
    return re.findall(r'\[\[option\]\]\nid = "([^"]+)"', text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("binary", type=os.path.abspath)
    parser.add_argument("--seconds", type=float, default=150, help="start nothing new after this time")
    options = parser.parse_args()
    deadline = time.monotonic() + options.seconds
    forms = sorted(HERE.glob("corpus/verl-*"))
    scripts = [source for form in forms for source in sorted(form.iterdir())]
    identifiers = options_of(HERE.parents[1] / "rules" / "verl")
    counts, wrong = collections.Counter(), []
    with concurrent.futures.ProcessPoolExecutor() as pool:
        jobs = [pool.submit(ladder, options.binary, deadline)]
        jobs += [pool.submit(option, options.binary, it, deadline) for it in identifiers]
        jobs += [pool.submit(corpus_script, options.binary, it, number, deadline) for number, it in enumerate(scripts)]
        for job in jobs:
            found, said_wrong = job.result()
            counts.update(found)
            wrong.extend(said_wrong)
    for line in wrong:
        print(line)
    for name, count in sorted(counts.items()):
        print(f"{count:5} {name}")
    if not identifiers or counts["steps of the ladder"] < 3 or counts["composed"] < len(scripts):
        wrong.append("too little was tried")
        print(wrong[-1])
    print(f"{len(scripts)} scripts, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
