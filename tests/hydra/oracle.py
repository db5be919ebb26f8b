#!/usr/bin/env python3
"""Asks the installed hydra-core what it makes of overrides.

usage: oracle.py           < texts.jsonl > records.jsonl     one JSON string a line
       oracle.py --jobs    < lists.jsonl > records.jsonl     one {"args": [...]} a line
       oracle.py --message < texts.jsonl > messages.jsonl    what a user of Hydra is told

Needs hydra-core 1.3.8 and Python 3.11. The encoding of a record is `hydrule parse --jsonl`'s.
"""
import itertools
import json
import random
import signal
import struct
import sys
import warnings

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser import types
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.grammar.gen.OverrideLexer import InputStream, OverrideLexer

MOST_ELEMENTS = 1000
MOST_JOBS = 5000
SECONDS = 10
# Python counts every frame against its recursion limit. Texts are read as if by a script that
# calls a function that calls a function that calls Hydra, whatever depth this one runs at.
FRAMES = 3

warnings.simplefilter("ignore")
parser = OverridesParser.create()


class TooSlow(BaseException):
    """Not an Exception, so that Hydra does not catch it."""


def _too_slow(*_):
    raise TooSlow


def _no_shuffle(shuffled):
    def shuffle(_items):
        shuffled.append(True)
    return shuffle


class hydra_as_in_a_script:
    """A time limit, Python's own recursion limit, and shuffling that keeps the order."""

    def __enter__(self):
        depth, frame = 0, sys._getframe(1)
        while frame:
            depth, frame = depth + 1, frame.f_back
        self.old = sys.getrecursionlimit(), random.shuffle, types.shuffle
        sys.setrecursionlimit(1000 + depth - FRAMES)
        self.shuffled = []
        random.shuffle = types.shuffle = _no_shuffle(self.shuffled)
        signal.signal(signal.SIGALRM, _too_slow)
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
        return self.shuffled

    def __exit__(self, *_):
        signal.setitimer(signal.ITIMER_REAL, 0)
        limit, random.shuffle, types.shuffle = self.old
        sys.setrecursionlimit(limit)


class room_to_write:
    """Encoding recurses too, and must not fail where Hydra does not."""

    def __enter__(self):
        self.old = sys.getrecursionlimit()
        sys.setrecursionlimit(30000)

    def __exit__(self, *_):
        sys.setrecursionlimit(self.old)


def interpolations(text):
    lexer = OverrideLexer(InputStream(text))
    lexer.removeErrorListeners()
    found = set()
    while (token := lexer.nextToken()).type != -1:
        if token.type == OverrideLexer.INTERPOLATION:
            found.add(token.text)
    return found


def encode(it, interps):
    again = lambda inner: encode(inner, interps)
    listed = lambda items: [again(item) for item in items]
    if it is None:
        return {"t": "null"}
    if isinstance(it, bool):
        return {"t": "bool", "v": it}
    if isinstance(it, int):
        return {"t": "int", "v": str(it)}
    if isinstance(it, float):
        bits = struct.pack(">d", it).hex() if it == it else "7ff8000000000000"
        return {"t": "float", "v": repr(it), "bits": bits}
    if isinstance(it, str):
        mark = {"interp": True} if any(interp in it for interp in interps) else {}
        return {"t": "str", "v": it, **mark}
    if isinstance(it, types.QuotedString):
        return {"t": "quoted", "q": it.quote.name, "v": it.text}
    if isinstance(it, list):
        return {"t": "list", "v": listed(it)}
    if isinstance(it, dict):
        return {"t": "dict", "v": [[again(key), again(value)] for key, value in it.items()]}
    if isinstance(it, types.ChoiceSweep):
        return {"t": "choice", "simple": it.simple_form, "shuffle": it.shuffle,
                "tags": sorted(it.tags), "v": listed(it.list)}
    if isinstance(it, types.RangeSweep):
        return {"t": "range", "start": again(it.start), "stop": again(it.stop),
                "step": again(it.step), "shuffle": it.shuffle, "tags": sorted(it.tags)}
    if isinstance(it, types.IntervalSweep):
        return {"t": "interval", "start": again(it.start), "end": again(it.end),
                "tags": sorted(it.tags)}
    if isinstance(it, types.Glob):
        return {"t": "glob", "include": again(it.include), "exclude": again(it.exclude)}
    return {"t": "opaque", "v": type(it).__name__}


def first_line(error):
    return str(error).split("\n", 1)[0]


def failed(error):
    cause = error.__cause__
    token = getattr(cause, "offendingToken", None)
    at = token.start if token is not None else getattr(cause, "startIndex", None)
    return {"class": type(error).__name__, "cause": type(cause).__name__ if cause else None,
            "at": at, "message": first_line(error)}


def asked(notes, name, ask):
    """Asks something that Hydra may fail at; a failure becomes a note."""
    try:
        return ask()
    except Exception as error:  # Hydra lets errors of any kind through.
        notes.append(f"{name}: {type(error).__name__}: {first_line(error)}")
        return None


def listed_sweep(override, notes):
    texts = list(itertools.islice(override.sweep_string_iterator(), MOST_ELEMENTS + 1))
    if len(texts) > MOST_ELEMENTS:
        notes.append("sweep: truncated")
    return texts[:MOST_ELEMENTS]


def answer(text):
    """Returns the record of one text; None where Hydra takes too long."""
    notes = []
    try:
        with hydra_as_in_a_script() as shuffled:
            try:
                override = parser.parse_override(text)
            except Exception as error:
                return {"input": text, "ok": False, "error": failed(error)}
            element = asked(notes, "element_string", override.get_value_element_as_str)
            discrete = override.is_discrete_sweep()
            sweep = asked(notes, "sweep", lambda: listed_sweep(override, notes)) if discrete else None
    except TooSlow:
        return None
    valued = override.value_type is not None
    with room_to_write():
        value = encode(override._value, interpolations(text)) if valued else None
    return {
        "input": text, "ok": True, "error": None,
        "type": override.type.name, "key": override.key_or_group, "package": override.package,
        "value_type": override.value_type.name if valued else None, "value": value,
        "element_string": element, "key_element": override.get_key_element(),
        "is_sweep": override.is_sweep_override(), "is_hydra": override.is_hydra_override(),
        "sweep": sweep, "notes": notes + ["random"] * bool(shuffled),
    }


def endless(override):
    if override.value_type is not types.ValueType.RANGE_SWEEP:
        return False
    return len(list(itertools.islice(override._value.range(), MOST_JOBS + 1))) > MOST_JOBS


def answer_jobs(args):
    """Returns what the basic sweeper makes of a list; None where that is too much to say."""
    record = {"args": args, "ok": False, "error": None, "jobs": [], "lossy": []}
    try:
        with hydra_as_in_a_script():
            overrides = parser.parse_overrides(args)
            if any(endless(override) for override in overrides):
                return None
            [jobs] = BasicSweeper.split_arguments(overrides, None)
            if len(jobs) > MOST_JOBS:
                return None
            record["lossy"] = lossy(overrides) if jobs else []
    except TooSlow:
        return None
    except Exception as error:
        record["error"] = {"class": type(error).__name__, "message": first_line(error)}
        return record
    record.update(ok=True, jobs=jobs)
    return record


def lossy(overrides):
    """Lists the job overrides that Hydra does not read as the value that the sweep held."""
    last = {}
    for override in overrides:
        last[override.get_key_element()] = override
    found = []
    for key, override in last.items():
        swept = override.is_sweep_override()
        for held in override.sweep_iterator() if swept else [override._value]:
            text = f"{key}={types.Override._get_value_element_as_str(held)}"
            try:
                again = encode(parser.parse_override(text)._value, ())
            except Exception:
                again = None
            if again != encode(held, ()):
                found.append(text)
    return found


def message(text):
    """Returns what Hydra prints for a text on its own, or in a run without --multirun."""
    try:
        [override] = parser.parse_overrides([text])
        if override.is_sweep_override():
            from hydra._internal.config_loader_impl import ConfigLoaderImpl
            from hydra.types import RunMode
            ConfigLoaderImpl.validate_sweep_overrides_legal([override], RunMode.RUN, False)
        return {"input": text, "message": None}
    except Exception as error:
        said = str(error) if type(error).__module__.startswith("hydra") else f"{type(error).__name__}: {error}"
        return {"input": text, "message": said}


def main():
    mode = sys.argv[1] if len(sys.argv) > 1 else ""
    for line in filter(str.strip, sys.stdin):
        asked_for = json.loads(line)
        if mode == "--jobs":
            record = answer_jobs(asked_for["args"])
        else:
            record = (message if mode == "--message" else answer)(asked_for)
        with room_to_write():
            print(json.dumps(record, ensure_ascii=True))


if __name__ == "__main__":
    main()
