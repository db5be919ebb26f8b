#!/usr/bin/env python3
"""Compares the defaults of the verl pack with what the real Hydra composes of verl's own tree.

Needs hydra-core and verl, which may be installed without what it depends on. Every default must be
there with this very value, interpolations as they are written. Exits with 1 where one differs.
"""

import importlib.util
import os
import pathlib
import sys
import tomllib

from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

DEFAULTS = pathlib.Path(__file__).resolve().parents[2] / "rules" / "verl" / "defaults.toml"
# The overrides that give the tree of each table, by what its source says behind the last comma.
TREES = {"composed": [], "composed with model_engine=megatron": ["model_engine=megatron"]}


def leaves(node, at=""):
    if isinstance(node, dict) and node:
        for key, value in node.items():
            yield from leaves(value, f"{at}.{key}" if at else str(key))
    else:
        yield at, node


def main():
    root = importlib.util.find_spec("verl").submodule_search_locations[0]
    counted, wrong = 0, []
    for table in tomllib.loads(DEFAULTS.read_text())["default"]:
        overrides = TREES[table["source"].split(", ")[-1]]
        with initialize_config_dir(os.path.join(root, "trainer", "config"), version_base=None):
            config = compose("ppo_trainer", overrides=overrides)
        real = dict(leaves(OmegaConf.to_container(config, resolve=False)))
        told = {**table["values"], **dict.fromkeys(table.get("null", []))}
        for key, value in told.items():
            counted += 1
            if key not in real:
                wrong.append(f"{key}: verl has no such key")
            elif (real[key], type(real[key])) != (value, type(value)):
                wrong.append(f"{key}: {value!r}, but verl has {real[key]!r}")
    for line in wrong:
        print(line)
    print(f"{counted} defaults, {len(wrong)} wrong")
    return 1 if wrong or not counted else 0


if __name__ == "__main__":
    sys.exit(main())
