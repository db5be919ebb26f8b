"""Changes random YAML files with `hydrule set` and reads them with the real OmegaConf and PyYAML.

usage: edits.py HYDRULE [--seed N] [--count N]

Every file that hydrule writes must hold what OmegaConf makes of the old file and the override, and
PyYAML without OmegaConf's additions must see the same types in everything that changed. A refusal
must leave the file alone; the share of refusals is printed.
"""

import argparse
import collections
import pathlib
import random
import subprocess
import sys
import tempfile

import yaml
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import QuotedString
from omegaconf import OmegaConf

parser = argparse.ArgumentParser()
parser.add_argument("hydrule")
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--count", type=int, default=500)
args = parser.parse_args()
rng = random.Random(args.seed)
reader = OverridesParser.create()

KEYS = ["a", "b", "lr", "no", "1", "x y", "'q'", "n_gpus", "é"]
SCALARS = [
    "1", "0.5", "true", "False", "off", "null", "~", "", "word", "two words", "'q'", '"d"', "'it''s'", "1e-6",
    "'1e-6'", "007", "2020-01-01", "|\n%  block\n%  text", ">-\n%  folded", "text\n%  goes on", "&m 7", "!!str 8", "${a}",
    "[]", "{}", "[1, 'x', [2]]", "{k: v, l: [1]}", "[\n%  1, # one\n%  2\n%]", "'two\n%  lines'",
]
VALUES = [
    "2", "-7", "2.5", "1e-3", "1e-7", "1e20", "inf", "nan", "true", "null", "word", "two words", "'on'", "'1e-3'", "'1:30'",
    "'0o7'", "'007'", "'~'", "''", "'2020-01-01'", "'- x'", "'a: b'", "'x #y'", "'#x'", "'*a'", "'&a'", "'!a'", "'%a'", "'@a'",
    "'tab\there'", "'line\nbreak'", "' lead'", "'trail '", "'it\\'s'", "'\"d\"'", "'a\\b'", "'[x'", "'{x'", "'x,y'", "'x]'", "'?'",
    "'<<'", "'='", "'.inf'", "'0x1f'", "'1_000'", "'yes'", "'Null'", "é", "[1,b,'1']", "[]", "{}", "{k:1,l:[x]}", "'---'", "'...'",
    "'\\t'", "'- '", "'x:'", "'null'", "0.1", "'\u2028'", "'\x07'", "'`x'", "'|'", "'>'",
]


def scalar(indent):
    text = rng.choice(SCALARS).replace("%", " " * indent)
    return text + rng.choice(["", "", "", " # comment", "   # {odd: [comment"]) if "\n" not in text else text


def section(indent, depth):
    out = []
    for key in rng.sample(KEYS, rng.randint(1, 4)):
        if rng.random() < 0.2:
            out.append(rng.choice(["", "# between", " " * indent + "# own line"]))
        out.extend(entry(" " * indent + key + ":", indent, depth))
    return out


def entry(head, indent, depth):
    kind = rng.random()
    if depth and kind < 0.4:
        return [head + rng.choice(["", "", " # head"]), *section(indent + rng.choice([2, 2, 4]), depth - 1)]
    if depth and kind < 0.55:
        shift = rng.choice([0, 2])
        items = []
        for _ in range(rng.randint(1, 3)):
            if rng.random() < 0.3:
                first, *rest = section(indent + shift + 2, 0)
                while not first.strip() or first.strip().startswith("#"):
                    first, *rest = section(indent + shift + 2, 0)
                items += [" " * (indent + shift) + "- " + first.strip(), *rest]
            else:
                items.append(" " * (indent + shift) + "- " + scalar(indent + shift + 2))
        return [head, *items]
    return [head + " " + scalar(indent + 2)]


def document():
    text = "\n".join(section(0, 3)) + "\n"
    if rng.random() < 0.1:
        text = "---\n" + text
    if rng.random() < 0.15:
        text = text.rstrip("\n")
    return text.replace("\n", "\r\n") if rng.random() < 0.15 else text


def keys_of(node, prefix=""):
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else []
    for key, value in pairs:
        if isinstance(key, (str, int)) and not isinstance(key, bool) and (isinstance(key, str) or isinstance(node, list)):
            if isinstance(key, str) and not key.isidentifier():
                continue
            yield f"{prefix}{key}"
            yield from keys_of(value, f"{prefix}{key}.")


def plain(value):
    if isinstance(value, QuotedString):
        return value.text
    if isinstance(value, list):
        return [plain(it) for it in value]
    if isinstance(value, dict):
        return {plain(key): plain(it) for key, it in value.items()}
    return value


def typed(node):
    if isinstance(node, dict):
        return {(type(key).__name__, key): typed(it) for key, it in node.items()}
    if isinstance(node, list):
        return [typed(it) for it in node]
    return (type(node).__name__, repr(node))


def load(text):
    return OmegaConf.to_container(OmegaConf.create(text), resolve=False)


seen = collections.Counter()
folder = tempfile.TemporaryDirectory()
path = pathlib.Path(folder.name) / "c.yaml"
while seen["case"] < args.count:
    text = document()
    try:
        before = load(text)
        old_plain = yaml.safe_load(text)
    except Exception:
        continue
    if not isinstance(before, dict):
        continue
    seen["case"] += 1
    known = list(keys_of(before)) or ["a"]
    key = rng.choice(known) if rng.random() < 0.7 else rng.choice(known + ["new"]) + rng.choice([".fresh", ".fresh.deep"])
    delete = rng.random() < 0.15
    override = f"~{key}" if delete else f"{key}={rng.choice(VALUES)}"
    try:
        parsed = reader.parse_override(override)
    except Exception:
        seen["no override"] += 1
        continue
    path.write_bytes(text.encode())
    run = subprocess.run([pathlib.Path(args.hydrule).resolve(), "set", "c.yaml", override, "--write"], cwd=folder.name, capture_output=True, text=True)
    after = path.read_bytes().decode()
    if run.returncode == 2:
        if "panicked" in run.stderr or after != text:
            sys.exit(f"refused, and wrote:\n{text}\n{override}\n{run.stderr}")
        seen["refused: " + run.stderr.splitlines()[0]] += 1
        continue
    wanted = OmegaConf.create(text)
    parts = key.split(".")
    try:
        if delete:
            parent = OmegaConf.select(wanted, ".".join(parts[:-1])) if parts[:-1] else wanted
            if parts[-1] in parent or isinstance(before, dict):
                del parent[parts[-1]]
        else:
            OmegaConf.update(wanted, key, plain(parsed.value()), merge=True, force_add=True)
        expected = OmegaConf.to_container(wanted, resolve=False)
    except Exception as error:
        # OmegaConf itself cannot; what hydrule wrote must still be a configuration.
        load(after)
        seen[f"only hydrule: {type(error).__name__}"] += 1
        continue
    found = load(after)
    if typed(found) != typed(expected):
        sys.exit(f"before:\n{text}\n{override}\nafter:\n{after}\nwanted {expected}\nfound  {found}")
    new_plain = yaml.safe_load(after)
    node, other = new_plain, found
    for part in parts if not delete else []:
        if isinstance(node, (dict, list)):
            node = node[int(part)] if isinstance(node, list) else node.get(part)
            other = other[int(part)] if isinstance(other, list) else other.get(part)
    if not delete and typed(node) != typed(other):
        old_node = old_plain
        for part in parts:
            if isinstance(old_node, (dict, list)):
                old_node = old_node[int(part)] if isinstance(old_node, list) else old_node.get(part)
        if typed(node) != typed(old_node):
            sys.exit(f"PyYAML alone reads another type:\n{after}\n{override}\n{node!r} {other!r}")
    if ("\r\n" in text) != ("\r\n" in after) and "\n" in after:
        sys.exit(f"line ends changed:\n{text!r}\n{after!r}")
    seen["exact"] += 1

for what, many in sorted(seen.items(), key=lambda it: -it[1]):
    print(f"{many:6} {what}")
