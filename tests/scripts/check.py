#!/usr/bin/env python3
"""Compares what hydrule reads and writes with what bash passes, on generated scripts.

    check.py BINARY [--seed N] [--count 2000] [--keep FOLDER]

Every script runs under bash with programs that only write down their arguments. What `show` says is
known must be what bash passed; after `set --write`, what bash passes must differ in the wanted keys and
in nothing else, or the file must be as it was. Exits with 1 on any difference.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

import generate

# One write a call, so that those in the background do not mix.
STUB = """#!/bin/sh
printf '%s\\0' "${0##*/}" "$@" "$(printf '\\001')" >> "$RECORD"
"""
STUBS = ["python", "python3", "torchrun", "uv", "srun", "ray", "nohup", "env", "accelerate", "numactl", "bash", "mkdir", "sleep", "mystery", "xargs"]
SHELLS = {"bash", "sh"}
WITH_VALUE = {"--config-name", "-cn", "--config-path", "-cp", "--config-dir", "-cd", "--package", "-p", "--cfg", "-c", "--experimental-rerun"}
VALUES = ["5", "77", "[1,2]", "'a b'", '"it\'s"', "null", "x-y", "/p/q", "1e-3", "{a: 1}", "'$(touch x)'", "'`touch x`'", "'a\"b'", "'*'", "a\\,b"]


def key_of(text):
    element = text.split("=", 1)[0].lstrip("+~")
    return element.split("@", 1)[0]


class Case:
    """One script in a folder of its own."""

    def __init__(self, binary, stubs, seed, keep):
        self.binary, self.stubs, self.seed, self.keep = binary, stubs, seed, keep
        self.rng = random.Random(f"check {seed}")
        self.counts = collections.Counter()
        self.differences = []

    def differ(self, kind, text):
        self.counts[kind] += 1
        self.differences.append(f"seed {self.seed}: {kind}: {text}")

    def run(self):
        text, takes_arguments = generate.generate(self.seed)
        self.text = text
        self.arguments = ["z.z=9"] if takes_arguments else []
        with tempfile.TemporaryDirectory() as folder:
            self.folder = pathlib.Path(folder)
            self.file = self.folder / "run.sh"
            self.file.write_text(text)
            try:
                self.compare(text)
            except subprocess.TimeoutExpired:
                self.counts["ended late"] += 1
        if self.differences and self.keep:
            (self.keep / f"{self.seed}.sh").write_text(text)
        return self.counts, self.differences

    def compare(self, text):
        before = self.bash()
        if re.search(rb"syntax error|division by 0|invalid|bad |unbound|out of range|not a valid|parameter null|readonly", self.ended.stderr):
            # What bash does behind an error is its own; the reading must only not break.
            self.counts["an error in bash"] += 1
            self.show()
            return
        shown = self.show()
        if shown is None:
            return
        launches = shown["launches"]
        self.compare_launches(launches, before, shown["notes"])
        if launches:
            self.compare_edit(launches, before, text)

    # -- running ------------------------------------------------------------------------------------
    def bash(self):
        record = self.folder / "record"
        record.write_bytes(b"")
        work = self.folder / "work"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        environment = {"PATH": str(self.stubs), "RECORD": str(record), "HOME": "/home/u", "LANG": "C.UTF-8", **generate.TOLD}
        self.ended = subprocess.run(["/bin/bash", str(self.file), *self.arguments], cwd=work, env=environment, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=5)
        if (work / "x").exists():
            self.differ("a value was run", "")
        calls = record.read_bytes().decode("utf-8", "surrogateescape").split("\1\0")
        return [call.split("\0")[:-1] for call in calls[:-1]]

    def hydrule(self, *words):
        environment = [word for name, value in generate.TOLD.items() for word in ("--env", f"{name}={value}")]
        environment += ["--env", "HOME=/home/u"]
        return subprocess.run([self.binary, "--show-secrets", *words, *environment], cwd=self.folder, capture_output=True, text=True, timeout=20)

    def show(self):
        result = self.hydrule("show", "run.sh", "--output-format", "json")
        if "panicked" in result.stderr or result.returncode not in (0, 1, 2):
            self.differ("panic", result.stderr[:300])
            return None
        if result.returncode == 2:
            check = subprocess.run(["/bin/bash", "-n", str(self.file)], capture_output=True)
            if check.returncode == 0 and not check.stderr:
                self.differ("not parsed", result.stderr[:300])
            else:
                self.counts["no bash"] += 1
            return None
        return json.loads(result.stdout)["files"][0]

    # -- reading --------------------------------------------------------------------------------------
    def passed(self, calls):
        """The overrides of every call, by the module or file that runs."""
        out = collections.defaultdict(list)
        for call in calls:
            for index, word in enumerate(call):
                if re.fullmatch(r"(train/)?app\d+(\.py)?", word):
                    out[word].append(overrides(call[index + 1:]))
                    break
        return out

    def compare_launches(self, launches, calls, notes):
        passed = self.passed(calls)
        read = collections.defaultdict(list)
        for launch in launches:
            read[launch["program"]].append(launch)
            for it in launch["overrides"]:
                self.counts["overrides"] += 1
                if it["text"] is None:
                    self.counts["unknown"] += 1
                    why = re.sub(r"line \d+", "line", re.sub(r"`[^`]*`", "`…`", it["unknown"] or ""))
                    self.counts["why: " + re.sub(r"\b[A-Z][A-Z_]*\b", "NAME", why)] += 1
        for program, found in passed.items():
            if program not in read:
                like = re.compile(r"[+~]*[A-Za-z_$][\w./@$:-]*=")
                if not any(like.match(word) for words in found for word in words if word != "z.z=9"):
                    continue
                if notes or any("bash -c" in line and program in line for line in self.file.read_text().split("\n")):
                    self.counts["noted"] += 1
                    continue
                self.differ("launch not read", program)
            exact = " &" not in self.text and len(found) == len(read[program]) and not any(it["condition"] for it in read[program])
            for index, words in enumerate(found):
                if any("function" in note["message"] for note in notes):
                    self.counts["noted"] += 1
                    continue
                candidates = [read[program][index]] if exact else read[program]
                if candidates and not any(self.fits(launch, words) for launch in candidates):
                    shown = [[it["text"] if it["text"] is not None else it["key"] + "?" for it in launch["overrides"]] for launch in candidates]
                    self.differ("not what bash passes", f"{program}\n  bash {words}\n  read {shown}")
        for program, found in read.items():
            for launch in found:
                if not launch["condition"] and not notes and program.startswith(("app", "train/app")):
                    if not any(self.fits(launch, words) for words in passed.get(program, [])):
                        if not passed.get(program):
                            # An error ended the script, or an unknown did: the reading goes on.
                            self.counts["never runs"] += 1
                            continue
                        self.differ("read and not passed", f"{program} line {launch['line']}")

    def fits(self, launch, words):
        if launch["forwards_arguments"]:
            words = [word for word in words if word != "z.z=9"]
        texts = [it["text"] for it in launch["overrides"]]
        reach = {0}
        for text in texts:
            if text is None:
                reach = set(range(min(reach), len(words) + 1))
            else:
                reach = {at + 1 for at in reach if at < len(words) and words[at] == text}
            if not reach:
                return False
        return len(words) in reach

    # -- writing --------------------------------------------------------------------------------------
    def compare_edit(self, launches, before, text):
        launch = self.rng.choice(launches)
        # Several rounds of a loop are one launch to `set`.
        number = str(launch["number"])
        keys = [it["key"] for it in launch["overrides"] if re.fullmatch(r"[a-z_.]+", it["key"])]
        wanted = {}
        for _ in range(2 if self.rng.random() < 0.15 else 1):
            key = self.rng.choice(keys) if keys and self.rng.random() < 0.7 else self.rng.choice(generate.KEYS + ["new.key"])
            wanted[key] = None if self.rng.random() < 0.1 else self.rng.choice(VALUES)
        words = [f"~{key}" if value is None else f"{key}={value}" for key, value in wanted.items()]
        result = self.hydrule("set", "run.sh", *words, "--launch", number, "--write")
        now = self.file.read_text()
        if "panicked" in result.stderr:
            return self.differ("panic", result.stderr[:300])
        if result.returncode != 0:
            self.counts["refused"] += 1
            self.counts["refused: " + re.sub(r"`[^`]*`", "`…`", result.stderr.split("\n")[0])[:70]] += 1
            if now != text:
                self.differ("refused and written", str(words))
            return None
        self.counts["set"] += 1
        if any(wanted.get(it["key"], "") is None and it["text"] is None for it in launch["overrides"]):
            # A word that may stand for several was taken out.
            return None
        if not launch["program"].startswith(("app", "train/app")):
            return None
        after = self.bash()
        same = [it for it in launches if it["program"] == launch["program"]]
        self.compare_calls(launch, len(same), wanted, before, after, f"set {words} --launch {number}")
        # A command without overrides is a launch no more, and its number another's.
        left = launch["forwards_arguments"] or any(wanted.get(it["key"], "") is not None for it in launch["overrides"])
        if left and self.rng.random() < 0.2:
            again = self.hydrule("set", "run.sh", *words, "--launch", number, "--write")
            if again.returncode != 0 or self.file.read_text() != now:
                self.differ("not twice the same", f"{words} {again.stderr[:200]}")
        return None

    def compare_calls(self, launch, siblings, wanted, before, after, did):
        program = launch["program"]
        mine = lambda call: program in call
        # The stub of a shell gets the text in which the launch stands, and runs nothing.
        inner = lambda call: call[0] in SHELLS and any(program in word for word in call)
        other = lambda calls: sorted(call for call in calls if not mine(call) and not inner(call))
        # What runs in the background may come in any order.
        if other(before) != other(after):
            return self.differ("other commands changed", did)
        old = [call for call in before if mine(call)]
        new = [call for call in after if mine(call)]
        if " &" in self.text and len(old) > 1:
            return None
        if not old:
            # An error kept it from running, and the change may have taken the error away.
            return None
        if len(old) != len(new):
            return self.differ("calls came or went", did)
        met = 0
        for was, now in zip(old, new):
            at, to = was.index(program), now.index(program)
            if was[:at] != now[:to] or flags(was[at:]) != flags(now[to:]):
                return self.differ("the command itself changed", did)
            have = effective(overrides(now[to + 1:]))
            had = effective(overrides(was[at + 1:]))
            want = dict(had)
            for key, value in wanted.items():
                if value is None:
                    want.pop(key, None)
                else:
                    want[key] = value
            if have == had and have != want and siblings > 1:
                continue
            if have != want:
                changed = {key: (had.get(key), have.get(key)) for key in {*had, *have} if had.get(key) != have.get(key)}
                return self.differ("set changed something else", f"{did}: {changed}")
            met += 1
        self.counts["set, seen by bash"] += bool(met)
        if not met and old and not launch["condition"]:
            self.differ("set changed nothing", did)
        return None


def flags(words):
    return [word for word in words if word.startswith("-")]


def overrides(words):
    """The arguments without flags and their values."""
    out, skip = [], False
    for word in words:
        if skip:
            skip = False
        elif word.startswith("-"):
            skip = word in WITH_VALUE
        else:
            out.append(word)
    return out


def effective(words):
    out = {}
    for word in words:
        value = word.split("=", 1)[1] if "=" in word else "~" if word.startswith("~") else ""
        out[key_of(word)] = value
    return out


def one(job):
    return Case(*job).run()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("binary")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--keep", type=pathlib.Path)
    parser.add_argument("--first", type=int, default=30, help="how many differences to print")
    options = parser.parse_args()
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
    counts, differences = collections.Counter(), []
    with tempfile.TemporaryDirectory() as folder:
        stubs = pathlib.Path(folder)
        for name in STUBS:
            (stubs / name).write_text(STUB)
            (stubs / name).chmod(0o755)
        for name in ["cat", "tee"]:
            (stubs / name).symlink_to(shutil.which(name))
        jobs = [(os.path.abspath(options.binary), stubs, options.seed + index, options.keep) for index in range(options.count)]
        with concurrent.futures.ProcessPoolExecutor() as pool:
            for found, said in pool.map(one, jobs, chunksize=20):
                counts.update(found)
                differences.extend(said)
    for line in differences[:options.first]:
        print(line)
    for name, count in counts.most_common():
        print(f"{count:7} {name}")
    share = counts["unknown"] / max(counts["overrides"], 1)
    print(f"seed {options.seed}, {options.count} scripts: {len(differences)} differences, {share:.0%} of the overrides unknown")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
