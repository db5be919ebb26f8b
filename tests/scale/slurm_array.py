#!/usr/bin/env python3
"""Runs the job arrays of docs/scale.md under a real Slurm of two pretend nodes.

    slurm_array.py BINARY [SETS]

Scripts and commands are taken out of the page. One piece of the sets has a line that cannot be read, one is killed
half way, and both are run again; then the pieces, one behind the other, must be what one run prints. Exits with 1
where they are not.
"""

import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import page
from pretend_slurm import NODES, Slurm, until

HYDRULE = Path(sys.argv[1]).resolve()
SETS = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
PIECES = 8
BROKEN, KILLED = "3", "5"
LOGS = 20
# It takes half a minute on two cores that nobody else uses.
SECONDS = 300


class Failed(Exception):
    pass


def check(holds, *what):
    if not holds:
        raise Failed(" ".join(map(str, what)))


class Shell:
    """Runs commands of the page as a reader would."""

    def __init__(self, folder, environment):
        self.folder, self.environment = folder, environment

    def __call__(self, command):
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            timeout=SECONDS,
        )
        check(done.returncode in (0, 1), command, "ended with", done.returncode)
        return done.stdout.decode()

    def submitted(self, command):
        said = self(command)
        number = re.fullmatch(r"Submitted batch job (\d+)\n", said)
        check(number, command, "said", repr(said))
        return number[1]


def feed_some(pipe, text, answers):
    """Gives a task its piece until it has answered something, and no end; returns what must be closed."""

    def opened():
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            return None

    answered = lambda: answers.exists() and answers.stat().st_size
    end = until("a task that reads the pipe", 60, opened)
    os.set_blocking(end, True)
    rest = memoryview(text)[: text.rindex(b"\n", 0, -1)]
    while rest and not answered():
        rest = rest[os.write(end, rest[: 1 << 14]) :]
    until("answers to some of a piece", 60, answered)
    return end


def plans(slurm, shell):
    folder = shell.folder
    (folder / "plans.sbatch").write_text(page.file("plans.sbatch"))
    (folder / "sets.jsonl").write_text("".join(page.sets(HYDRULE, SETS)))
    for command in ("mkdir sets", "split -n l/8 -d -a 4 --additional-suffix=.jsonl"):
        shell(page.command(command))
    shell("hydrule rewrite --jsonl --pack verl -j 2 < sets.jsonl > whole.jsonl")
    whole = (folder / "whole.jsonl").read_bytes()
    check(b'"error":' not in whole, "the sets themselves cannot be read")
    check(b'"option":' in whole, "no plan proposes anything")

    broken, killed = (folder / f"sets/{int(it):04}.jsonl" for it in (BROKEN, KILLED))
    good = {it: it.read_bytes() for it in (broken, killed)}
    lines = good[broken].splitlines(keepends=True)
    middle = len(lines) // 2
    broken.write_bytes(b"".join([*lines[:middle], b"no set\n", *lines[middle:]]))
    killed.unlink()
    os.mkfifo(killed)

    job = shell.submitted(page.command("sbatch plans"))
    part = folder / f"plans/{killed.stem}.part"
    end = feed_some(killed, good[killed], part)
    slurm.ask("scancel", f"{job}_{KILLED}")
    tasks = slurm.ended(job, SECONDS)
    os.close(end)
    for number in map(str, range(PIECES)):
        state, code, _ = tasks[number]
        # Either the shell is killed first, or what it runs, of which it then tells.
        wanted = {BROKEN: [("FAILED", "2:0")], KILLED: [("CANCELLED", "0:15"), ("CANCELLED", "143:0")]}
        check((state, code) in wanted.get(number, [("COMPLETED", "0:0")]), "task", number, state, code)
    check({node for *_, node in tasks.values()} == set(NODES), "not every node took part:", tasks)

    answered = subprocess.run(
        [HYDRULE, "rewrite", "--jsonl", "--pack", "verl"],
        input=good[killed],
        stdout=subprocess.PIPE,
        timeout=SECONDS,
    ).stdout
    left = part.read_bytes()
    check(answered.startswith(left) and 0 < len(left) < len(answered), "the killed piece is no beginning")
    said = (folder / f"plans/{broken.stem}.err").read_text()
    check("1 line of standard input" in said and f"line {middle + 1}\n" in said, "the broken piece says", said)
    missing = shell(page.command("for piece in sets/*")).split()
    check(missing == [f"sets/{it.name}" for it in (broken, killed)], "missing are", missing)

    killed.unlink()
    for piece, text in good.items():
        piece.write_bytes(text)
    again = page.command("sbatch --array=3")
    check(f"--array={BROKEN} " in again, "the page starts another task again:", again)
    job = shell.submitted(again.replace(f"--array={BROKEN}", f"--array={BROKEN},{KILLED}"))
    tasks = slurm.ended(job, SECONDS)
    check(set(tasks) == {BROKEN, KILLED}, "tasks", tasks)
    check({it[:2] for it in tasks.values()} == {("COMPLETED", "0:0")}, "tasks", tasks)
    check(shell(page.command("for piece in sets/*")) == "", "something is missing")
    shell(page.command("cat plans/*.jsonl >"))
    check((folder / "plans.jsonl").read_bytes() == whole, "the pieces are not the whole")
    check(not list(folder.glob("plans/*.part")), "a part is left")

    print(f"{SETS} sets: {PIECES} pieces, one broken and one killed, are the whole")


def facts(slurm, shell):
    """One log is missing, which fails its task and no other, and keeps no log from being read."""
    folder = shell.folder
    (folder / "facts.sbatch").write_text(page.file("facts.sbatch"))
    shell(page.command("mkdir logs"))
    names = sorted(page.ROOT.glob("tests/logs/*.log"))[:LOGS]
    check(len(names) == LOGS, "there are only", len(names), "logs")
    names[LOGS // 2 :] = [folder / "--gone \\ log", *names[LOGS // 2 :]]
    (folder / "logs.txt").write_text("".join(f"{name}\n" for name in names))
    shell(page.command("split -n l/8 -d -a 4 --additional-suffix=.txt"))
    tasks = slurm.ended(shell.submitted("sbatch facts.sbatch"), SECONDS)
    failed = [number for number, (state, code, _) in tasks.items() if (state, code) == ("FAILED", "2:0")]
    check(len(failed) == 1 and len(tasks) == PIECES, "tasks", tasks)
    said = (folder / f"facts/{int(failed[0]):04}.err").read_text()
    check("--gone" in said, "the missing log says", said)
    pieces = sorted([*folder.glob("facts/*.json"), *folder.glob("facts/*.part")])
    check(len(pieces) == PIECES, "pieces", pieces)
    each = (f"hydrule facts --output-format json -- {shlex.quote(str(name))} 2> said.txt" for name in names)
    whole = "".join(shell(f"{one} || [ $? -le 2 ]") for one in each)
    check("".join(it.read_text() for it in pieces) == whole, "the facts are not those of each log")
    check(whole.count('"format": 1') == LOGS, "logs were left out")
    print(f"{LOGS} logs: {PIECES} pieces are the whole, with one log more that is not there")


def ended(number, _):
    raise Failed(f"ended by signal {number}")


def main():
    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, ended)
    signal.alarm(SECONDS)
    with tempfile.TemporaryDirectory(prefix="hydrule-slurm-") as name:
        folder = Path(name).resolve()
        (folder / "bin").mkdir()
        (folder / "bin/hydrule").symlink_to(HYDRULE)
        (folder / "work").mkdir()
        try:
            with Slurm(folder / "slurm") as slurm:
                path = f"{folder / 'bin'}:{os.environ['PATH']}"
                shell = Shell(folder / "work", {**slurm.environment, "PATH": path})
                plans(slurm, shell)
                facts(slurm, shell)
        except (Failed, OSError, RuntimeError, subprocess.SubprocessError) as error:
            for log in sorted((folder / "slurm").glob("*.log")):
                print(f"-- {log.name}\n" + "\n".join(log.read_text().splitlines()[-30:]), file=sys.stderr)
            sys.exit(f"error: {error}")


main()
