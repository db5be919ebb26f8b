#!/usr/bin/env python3
"""Compares what the verl pack says of releases with what the real Hydra composes of verl's own trees.

Each argument is a release and the folder that it is unpacked in: 0.8.0=target/verl/0.8.0. For each,
every default that the pack has must be there with this very value, interpolations as they are written;
one that is not there must be a key that the pack says the release does not have. The keys that a
release adds must be new in it, and those that it drops be gone. Exits with 1 where something differs.

Needs hydra-core; verl itself need not be installed.
"""

import pathlib
import sys
import tomllib

from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

PACK = pathlib.Path(__file__).resolve().parents[2] / "rules" / "verl"
# The overrides that give the tree of each table, by what its source says behind the last comma.
TREES = {"composed with model_engine=megatron": ["model_engine=megatron"]}


def leaves(node, at=""):
    if isinstance(node, dict) and node:
        for key, value in node.items():
            yield from leaves(value, f"{at}.{key}" if at else str(key))
    else:
        yield at, node


def number(text):
    parts = [int(it) for it in text.split(".")]
    return tuple(parts + [0] * (3 - len(parts)))


def holds(versions, release):
    """Tells whether a release is one of a table's `versions`."""
    tests = {">=": tuple.__ge__, "<": tuple.__lt__, "=": tuple.__eq__}
    for part in (it.strip() for it in versions.split(",")):
        sign = next(it for it in tests if part.startswith(it))
        if not tests[sign](release, number(part.removeprefix(sign))):
            return False
    return True


def covers(glob, key):
    return key == glob or glob.endswith(".*") and key.startswith(glob[:-1])


def tree(folder, overrides):
    config = pathlib.Path(folder, "verl", "trainer", "config").resolve()
    with initialize_config_dir(str(config), version_base=None):
        composed = compose("ppo_trainer", overrides=overrides)
    return dict(leaves(OmegaConf.to_container(composed, resolve=False)))


def knows(release, key, releases):
    """Tells whether a release has a key, as far as the pack says."""
    for one in releases:
        is_later = number(one["number"]) > release
        changed = one.get("adds" if is_later else "drops", [])
        if any(covers(glob, key) for glob in changed):
            return False
    return True


def wrong_defaults(name, folder, tables, releases):
    release, told, trees = number(name), {}, {}
    for table in tables:
        if holds(table.get("versions", ">=0.0"), release):
            values = {**table.get("values", {}), **dict.fromkeys(table.get("null", []))}
            overrides = TREES.get(table["source"].split(", ")[-1], [])
            told |= {key: (value, tuple(overrides)) for key, value in values.items() if key not in told}
    for key, (value, overrides) in told.items():
        if overrides not in trees:
            trees[overrides] = tree(folder, list(overrides))
        real = trees[overrides]
        if key not in real and knows(release, key, releases):
            yield f"{key}: verl {name} has no such key"
        elif key in real and (real[key], type(real[key])) != (value, type(value)):
            yield f"{key}: {value!r}, but verl {name} has {real[key]!r}"
    print(f"verl {name}: {len(told)} defaults")


def wrong_keys(folders, releases):
    """Looks for each key that a release adds or drops in its own tree and in those before it."""
    trees = {number(name): tree(folder, []) for name, folder in folders.items()}
    for one in releases:
        at = number(one["number"])
        before = [keys for release, keys in trees.items() if release < at]
        since = [keys for release, keys in trees.items() if release >= at]
        for word, (absent, there) in {"adds": (before, since), "drops": (since, before)}.items():
            for glob in one.get(word, []):
                has = lambda keys: any(covers(glob, key) for key in keys)
                if any(map(has, absent)) or at in trees and not any(map(has, there)):
                    yield f"{glob}: it is not so that {one['number']} {word} it"


def main():
    folders = dict(argument.split("=", 1) for argument in sys.argv[1:])
    tables = tomllib.loads((PACK / "defaults.toml").read_text())["default"]
    releases = tomllib.loads((PACK / "pack.toml").read_text())["release"]
    wrong = list(wrong_keys(folders, releases))
    for name, folder in folders.items():
        wrong += wrong_defaults(name, folder, tables, releases)
    for line in wrong:
        print(line)
    print(f"{len(folders)} releases, {len(wrong)} wrong")
    return 1 if wrong or not folders else 0


if __name__ == "__main__":
    sys.exit(main())
