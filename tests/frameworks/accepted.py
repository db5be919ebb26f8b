#!/usr/bin/env python3
"""Asks what other frameworks than verl read with about what options and repairs make of launches.

    accepted.py BINARY [--each 3] [--packages FOLDER] [--tree PACK=FOLDER]...

The launches are those of the packs' cases. Every one must be taken as it is; then every option is taken by
itself on every launch where it applies, and every launch is repaired. What results is read as the framework
reads it: each key must exist, come out as planned, and nothing else may change.

| pack        | read with                                        | on                                            |
| nemo-rl     | Hydra's override parser                          | the pack's defaults, or --tree with a checkout|
| skyrl       | its own from_cli_overrides and validate_cfg      | its dataclasses, of FOLDER/skyrl              |
| easyr1      | OmegaConf.from_cli over typed dataclasses        | the pack's defaults, or --tree with a checkout|
| verl-legacy | Hydra                                            | verl 0.2's own tree, of FOLDER/verl           |
| lightning   | Hydra, and the parameters of the real Trainer    | lightning/ here, or --tree with the template  |

Defaults of packs must be there in the real trees with these values. Exits with 1 where anything is wrong.
"""

import argparse
import ast
import collections
import copy
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import tomllib
import typing

# Before anything stands in: OmegaConf asks for attr, and does without.
from hydra import compose, initialize_config_dir
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig, OmegaConf

HERE = pathlib.Path(__file__).resolve().parent
RULES = HERE.parents[1] / "rules"
# What verl 0.2 says otherwise than the forks that the pack is for, whose tree is in no package.
DIFFERS = {"actor_rollout_ref.model.enable_gradient_checkpointing": True, "actor_rollout_ref.actor.ppo_micro_batch_size": None,
           "actor_rollout_ref.ref.log_prob_micro_batch_size": None, "critic.ppo_micro_batch_size": None,
           "actor_rollout_ref.rollout.log_prob_micro_batch_size": None, "critic.model.enable_gradient_checkpointing": True}
sys.path[:0] = [str(HERE.parent / "scripts"), str(HERE.parent / "verl")]
import stand_ins  # noqa: E402
from defaults import leaves  # noqa: E402


def tables(pack):
    """All tables of a pack's files, by name."""
    found = collections.defaultdict(list)
    for file in sorted((RULES / pack).glob("*.toml")):
        for name, content in tomllib.loads(file.read_text()).items():
            found[name].extend(content if isinstance(content, list) else [content])
    return found


def defaults(pack):
    """What the pack says by key of the newest version; the first table that has a key counts."""
    told = {}
    for table in tables(pack)["default"]:
        if table.get("versions", "").startswith("<"):
            continue
        for key, value in {**table["values"], **dict.fromkeys(table.get("null", []))}.items():
            told.setdefault(key, value)
    return told


def nested(flat):
    """The tree that keys with dots make."""
    tree = {}
    for key, value in flat.items():
        *parents, last = key.split(".")
        node = tree
        for part in parents:
            node = node.setdefault(part, {})
        node[last] = value
    return tree


# -- how each framework reads its arguments ------------------------------------------------------------
class Parsed:
    """A configuration without groups to which Hydra's override parser is applied."""

    parser = OverridesParser.create()

    def __init__(self, base):
        self.base = OmegaConf.create(base)
        OmegaConf.set_struct(self.base, True)

    def read(self, overrides):
        config = copy.deepcopy(self.base)
        ConfigLoaderImpl._apply_overrides_to_config(self.parser.parse_overrides(overrides), config)
        return config


class Composed:
    """A folder of configurations that Hydra composes; values that are not groups are applied to a copy."""

    def __init__(self, folder, name):
        self.folder, self.name, self.bases = str(folder), name, {}

    def read(self, overrides):
        parsed = Parsed.parser.parse_overrides(overrides)
        group = lambda it: os.path.isdir(os.path.join(self.folder, it.key_or_group))
        groups = tuple(text for it, text in zip(parsed, overrides) if group(it))
        if groups not in self.bases:
            with initialize_config_dir(self.folder, version_base=None):
                self.bases[groups] = compose(self.name, overrides=list(groups))
        config = copy.deepcopy(self.bases[groups])
        ConfigLoaderImpl._apply_overrides_to_config([it for it in parsed if not group(it)], config)
        return config


class Merged:
    """Typed dataclasses, a file if `config=` names one, and OmegaConf's own command line over it."""

    def __init__(self, structured, folder=HERE):
        self.structured, self.folder = OmegaConf.structured(structured), folder

    def read(self, overrides):
        words = OmegaConf.from_cli(list(overrides))
        config = self.structured
        if "config" in words:
            config = OmegaConf.merge(config, OmegaConf.load(self.folder / words.pop("config")))
        return OmegaConf.merge(config, words)


class SkyRL:
    """The real thing: SkyRL reads and checks the arguments itself."""

    checks_as_it_reads = True
    # An empty dictionary is no leaf any more once something is in it.
    derived = ("generator.eval_sampling_params.", "generator.inference_engine.engine_init_kwargs")

    def __init__(self, packages):
        sys.path[:0] = [str(packages / "skyrl"), str(packages / "skyrl-gym")]
        from skyrl.train.config import SkyRLTrainConfig
        from skyrl.train.utils.utils import validate_cfg

        self.reads, self.validates = SkyRLTrainConfig.from_cli_overrides, validate_cfg

    def read(self, overrides):
        # Checks write what they derive, so they get a copy. The logger would ask for an account.
        config = self.reads(list(overrides))
        return OmegaConf.create(dataclasses.asdict(config))

    def check(self, overrides):
        self.validates(self.reads([*overrides, "trainer.logger=console"]))


def typed(name, tree):
    """A dataclass as a framework would write it: each value with the type that its default has."""
    fields = []
    for key, value in tree.items():
        if isinstance(value, dict):
            kind = typed(key, value)
            fields.append((key, kind, dataclasses.field(default_factory=kind)))
        elif value is None or isinstance(value, str) and value.startswith("${"):
            fields.append((key, typing.Any, value))
        else:
            fields.append((key, type(value), value))
    return dataclasses.make_dataclass(name, fields)


def easyr1(tree):
    if tree is None:
        return Merged(typed("Config", nested(defaults("easyr1"))))
    sys.path.insert(0, str(tree))
    stand_ins.ABSENT.remove("vllm")
    from verl.trainer.config import PPOConfig

    return Merged(PPOConfig(), tree)


def inherited(file):
    """A configuration of NeMo-RL on top of those that it names."""
    config = OmegaConf.load(file)
    parents = config.pop("defaults", [])
    parents = [parents] if isinstance(parents, str) else parents
    return OmegaConf.merge(*(inherited(file.parent / it) for it in parents), config)


def nemo_rl(tree):
    for name, function in {"mul": lambda a, b: a * b, "add": lambda a, b: a + b, "max": max}.items():
        OmegaConf.register_new_resolver(name, function)
    return Parsed(nested(defaults("nemo-rl")) if tree is None else inherited(tree / "examples/configs/grpo_math_1B.yaml"))


class Lightning(Composed):
    """Besides: what stands below `trainer` must be a parameter of the real Trainer."""

    def __init__(self, packages, tree):
        super().__init__(tree / "configs" if tree else HERE / "lightning", "train.yaml")
        source = packages / "lightning/lightning/pytorch/trainer/trainer.py"
        trainer = next(it for it in ast.parse(source.read_text()).body if getattr(it, "name", "") == "Trainer")
        made = next(it for it in trainer.body if getattr(it, "name", "") == "__init__")
        self.parameters = {it.arg for it in made.args.kwonlyargs}

    def check(self, overrides):
        unknown = {*self.read(overrides).trainer} - self.parameters - {"_target_"}
        if unknown:
            raise TypeError(f"Trainer has no parameter {', '.join(sorted(unknown))}")


# Cases that are made to notice mistakes in the rules: their values are at the edges, and in no launch.
MADE = {"kills.toml", "survivors.toml"}
# Launches of versions that are in no package.
OLDER = {"skyrl": {"releases.toml"}}


# -- what is tried -------------------------------------------------------------------------------------
def launches(pack):
    """The overrides of the cases, each list once, and none at all."""
    found = [[]]
    left_out = MADE | OLDER.get(pack, set())
    written = [it for it in (RULES / pack / "cases").glob("*.toml") if it.name not in left_out]
    for file in sorted(written):
        cases = tomllib.loads(file.read_text())
        for case in cases["case"]:
            words = [*cases.get("common", {}).get("overrides", []), *case.get("overrides", [])]
            if words not in found:
                found.append(words)
    return found


class Trial:
    def __init__(self, binary, pack, framework, real, each):
        self.binary, self.pack, self.framework, self.real, self.each = binary, pack, framework, real, each
        self.counts, self.wrong = collections.Counter(), []

    def hydrule(self, lists, *words, facts=None):
        text = "\n".join(json.dumps({"id": at, "overrides": it, "facts": facts or {}}) for at, it in enumerate(lists))
        command = [self.binary, "rewrite", "--jsonl", "--show-secrets", "--no-project", "--unsafe", "--pack", str(RULES / self.pack), *words]
        result = subprocess.run(command, input=text, capture_output=True, text=True, timeout=300)
        if result.returncode == 2:
            sys.exit(f"{self.pack}: {words}: {result.stderr[:1000]}{result.stdout[:300]}")
        return [json.loads(line) for line in result.stdout.splitlines()]

    def refused(self, overrides, checked=True):
        """What the framework says against the arguments; nothing where it takes them."""
        try:
            self.framework.read(overrides)
            if checked and hasattr(self.framework, "check"):
                self.framework.check(overrides)
        except Exception as error:  # Whatever it raises is its answer.
            return f"{type(error).__name__}: {' '.join(str(error).split())}"[:300]
        return None

    def compare(self, what, before, plan):
        """A result must be read, hold what was planned, and differ in nothing else."""
        self.counts["results"] += 1
        error = self.refused(plan["overrides"], checked=False)
        if error:
            self.wrong.append(f"{what}: {error}")
            return
        old, new = self.framework.read(before), self.framework.read(plan["overrides"])
        planned = {it["key"]: it["after"] for it in plan["changes"]}
        for key, after in planned.items():
            if after is None:
                continue
            wanted = Parsed.parser.parse_override(after).value()
            wanted = OmegaConf.create({"it": wanted}).it if isinstance(wanted, (list, dict)) else wanted
            found = OmegaConf.select(new, key)
            if isinstance(wanted, str) and wanted.startswith("${"):
                continue
            if found != wanted or isinstance(found, bool) != isinstance(wanted, bool):
                self.wrong.append(f"{what}: {key} is {found!r}, planned was {after}")
        old, new = (dict(leaves(OmegaConf.to_container(it, resolve=False))) for it in (old, new))
        changed = {key for key in {*old, *new} if old.get(key, self) != new.get(key, self)}
        derived = getattr(self.framework, "derived", ())
        other = {key for key in changed if not any(key == it or key.startswith(f"{it}.") for it in planned)}
        other = sorted(key for key in other if not key.startswith(derived))
        if other:
            self.wrong.append(f"{what}: also changes {', '.join(other)}")

    def defaults(self):
        real = dict(leaves(OmegaConf.to_container(self.framework.read([]), resolve=False)))
        resolved = self.framework.read([])
        for key, value in defaults(self.pack).items():
            self.counts["defaults"] += 1
            if key in real and real[key] == DIFFERS.get(key, self):
                continue
            if key not in real:
                self.wrong.append(f"default {key}: there is no such key")
            elif real[key] != value and OmegaConf.select(resolved, key) != value:
                if not (isinstance(value, str) and value.startswith("${") and self.same(key, value, resolved)):
                    self.wrong.append(f"default {key}: {value!r}, but it is {real[key]!r}")

    @staticmethod
    def same(key, value, resolved):
        """Whether what the pack interpolates is what the framework derives."""
        return OmegaConf.select(resolved, value[2:-1]) == OmegaConf.select(resolved, key)

    def run(self):
        if self.real:
            self.defaults()
        all_launches = launches(self.pack)
        broken = [plan["broken"] for plan in self.hydrule(all_launches)]
        for words, found in zip(all_launches, broken):
            self.counts["launches"] += 1
            # Some of what is broken is refused while it is read.
            error = self.refused(words, checked=not found)
            if error and not (found and hasattr(self.framework, "checks_as_it_reads")):
                self.wrong.append(f"{' '.join(words)}: {error}")
        self.options([it for it in all_launches if not self.refused(it, checked=False)])

    def options(self, taken):
        phase = tables(self.pack)["phase"][0]["name"]
        for option in tables(self.pack)["option"]:
            if all(isinstance(it, str) and it.startswith("env:") for it in option["rewrite"]):
                continue
            plans = []
            for signal in ("torch-oom", "vllm-no-kv-blocks", "vllm-kv-below-max-len"):
                facts = {"oom.signal": signal, "oom.phase": phase, "oom.max_len": 131072}
                plans = plans or self.hydrule(taken, "--only", option["id"], facts=facts)
                plans = [plan for plan in plans if plan["changes"]]
            self.counts["options"] += 1
            if not plans:
                self.wrong.append(f"{option['id']} never applied")
            for plan in plans[:: max(1, len(plans) // self.each)][: self.each]:
                self.result(f"{option['id']} on launch {plan['id']}", taken[plan["id"]], plan)
        for plan in self.hydrule(taken, "--repair"):
            if plan["changes"]:
                self.counts["repaired"] += 1
                self.result(f"repair of launch {plan['id']}", taken[plan["id"]], plan)

    def result(self, what, before, plan):
        known = len(self.wrong)
        self.compare(what, before, plan)
        if len(self.wrong) == known and not self.refused(before):
            error = self.refused(plan["overrides"])
            self.wrong += [f"{what}: {error}"] if error else []


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("binary", type=os.path.abspath)
    parser.add_argument("--pack", action="append", help="only this one")
    parser.add_argument("--each", type=int, default=3, help="how many launches for each option")
    parser.add_argument("--packages", type=pathlib.Path, default=HERE.parents[1] / "target" / "frameworks")
    parser.add_argument("--tree", action="append", default=[], metavar="PACK=FOLDER")
    options = parser.parse_args()
    trees = {name: pathlib.Path(path).resolve() for name, path in (it.split("=", 1) for it in options.tree)}
    packages = options.packages.resolve()
    stand_ins.install()
    frameworks = {
        "nemo-rl": (nemo_rl(trees.get("nemo-rl")), "nemo-rl" in trees),
        "easyr1": (easyr1(trees.get("easyr1")), "easyr1" in trees),
        "verl-legacy": (legacy(packages, trees.get("verl-legacy")), True),
        "lightning": (Lightning(packages, trees.get("lightning")), False),
        "skyrl": (SkyRL(packages), True),
    }
    failed = False
    for pack, (framework, real) in frameworks.items():
        if options.pack and pack not in options.pack:
            continue
        trial = Trial(options.binary, pack, framework, real, options.each)
        trial.run()
        counts = ", ".join(f"{count} {name}" for name, count in trial.counts.items())
        print(f"{pack}: {counts}, {len(trial.wrong)} wrong", *trial.wrong, sep="\n    ")
        failed |= bool(trial.wrong) or not trial.counts["results"]
    return 1 if failed else 0


def legacy(packages, tree):
    return Composed((tree or packages / "verl") / "verl/trainer/config", "ppo_trainer")


if __name__ == "__main__":
    sys.exit(main())
