#!/usr/bin/env python3
"""What a machine and its users do to a program, done to hydrule many times.

    hostile.py BINARY [--seed N] [--kills 1000] [--large MIB]

Kills at random, two at once, interrupts, readers that go away, terminals that change their size, disks that
fill up, files that change while they are read, files of --large MiB and a pack of 100,000 rules. Every file
must be all old or all new, and read as it was at one time; nothing panics, and nothing opens a socket or starts
a program. Prints a line for each; exits with 1 at the first that is wrong.
"""

import argparse
import fcntl
import json
import os
import pty
import random
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections import Counter
from pathlib import Path

SCRIPT = "#!/bin/bash\npython3 -m verl.trainer.main_ppo \\\n    trainer.nnodes=1 \\\n    trainer.n_gpus_per_node=4\n"
SLURM = "#!/bin/bash\n#SBATCH --nodes=1\n#SBATCH --gres=gpu:4\nsrun bash run.sh\n"
BOTH = ["rewrite", "run.sh", "submit.slurm", "--pack", "verl", "--only", "more-gpus", "--unsafe", "--write"]
NO_NETWORK = {"socket", "connect", "sendto", "bind"}


def says(err, *reasons):
    """Tells whether one of these is said; lines break where they are full, which depends on the paths."""
    said = " ".join(err.decode(errors="replace").lower().split())
    return any(reason in said for reason in reasons)


def fail(what, *more):
    raise SystemExit("\n".join(["WRONG: " + what, *map(str, more)]))


class Tried:
    """The binary under test, and a folder that goes away."""

    def __init__(self, asked):
        self.binary, self.asked = str(Path(asked.binary).resolve()), asked
        self.rng = random.Random(asked.seed)

    def folder(self, base, name="job"):
        folder = Path(base) / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        (folder / ".git").mkdir()
        (folder / "run.sh").write_text(SCRIPT)
        (folder / "submit.slurm").write_text(SLURM)
        return folder

    def run(self, folder, *words, **more):
        more.setdefault("timeout", 300)
        done = subprocess.run([self.binary, *words], cwd=folder, capture_output=True, **more)
        if b"panicked" in done.stderr or done.returncode not in (0, 1, 2):
            fail(f"{words}: exit code {done.returncode}", done.stderr.decode(errors="replace")[:2000])
        return done

    def start(self, folder, *words, **more):
        more = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
        return subprocess.Popen([self.binary, *words], cwd=folder, **more)


def state(folder):
    return (folder / "run.sh").read_text(), (folder / "submit.slurm").read_text()


def journal(folder):
    path = folder / ".hydrule/journal.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def settled(tried, folder, old, new, what):
    """Lets the next start bring things to their end; says whether all is new."""
    tried.run(folder, "log")
    now = state(folder)
    if now not in (old, new):
        fail(f"{what}: neither old nor new", now)
    entries = journal(folder)
    if len(entries) != (now == new):
        fail(f"{what}: the journal has {len(entries)} entries", now)
    return now == new


def ended_at_random(tried, base, with_signal, times, name):
    folder = tried.folder(base)
    old = state(folder)
    begun = time.perf_counter()
    tried.run(folder, *BOTH)
    took, new = time.perf_counter() - begun, state(folder)
    if new == old:
        fail("nothing was written")
    ends = Counter()
    for _ in range(times):
        folder = tried.folder(base)
        run = tried.start(folder, *BOTH)
        time.sleep(tried.rng.uniform(0, took * 1.1))
        run.send_signal(with_signal)
        _, err = run.communicate(timeout=60)
        if b"panicked" in err or run.returncode not in (0, 1, 2, -with_signal):
            fail(f"{name}: exit code {run.returncode}", err.decode(errors="replace"))
        ended = "in time" if run.returncode == -with_signal else "too late"
        ends[ended, "new" if settled(tried, folder, old, new, name) else "old"] += 1
    said = ", ".join(f"{count} {ended} and all {what}" for (ended, what), count in sorted(ends.items()))
    print(f"{name} {times} times: {said}", flush=True)
    if not any(ended == "in time" for ended, _ in ends):
        fail(f"{name}: no run was ended while it ran")


def two_at_once(tried, base, times):
    ends = Counter()
    for _ in range(times):
        folder = tried.folder(base)
        runs = [tried.start(folder, "set", "run.sh", f"trainer.{key}", "--write") for key in ("nnodes=2", "n_gpus_per_node=8")]
        codes = []
        for run in runs:
            _, err = run.communicate(timeout=60)
            if run.returncode == 2 and not says(err, "another hydrule", "changed"):
                fail("two at once: an error without its reason", err.decode())
            codes.append(run.returncode)
        text = state(folder)[0]
        for code, line in zip(codes, ("nnodes=2", "n_gpus_per_node=8")):
            if (code == 0) != (line in text):
                fail(f"two at once: exit codes {codes}", text)
        if len(journal(folder)) != codes.count(0):
            fail(f"two at once: exit codes {codes}, {len(journal(folder))} entries")
        ends[tuple(sorted(codes))] += 1
    print(f"two at once {times} times: exit codes {dict(ends)}", flush=True)


def readers_that_go(tried, base):
    folder = tried.folder(base)
    lines = "".join(json.dumps({"id": n, "overrides": ["trainer.nnodes=1"]}) + "\n" for n in range(20000)).encode()
    (folder / "lines").write_bytes(lines)
    commands = [
        ("show", "run.sh"), ("check", "run.sh"), ("rewrite", "run.sh"), ("explain", "run.sh"), ("man",),
        ("rewrite", "run.sh", "--output-format", "html"), ("pack", "show", "verl"), ("rewrite", "--jsonl", "--pack", "verl"),
        ("parse", "a=1"), ("set", "run.sh", "trainer.nnodes=2"), ("completions", "bash"), ("--help",), ("schema", "pack"),
    ]
    for words in commands:
        for length in (0, 1, 100):
            with (folder / "lines").open("rb") as given:
                run = tried.start(folder, *words, stdin=given)
            run.stdout.read(length)
            run.stdout.close()
            err = run.stderr.read()
            run.wait(60)
            if b"panicked" in err or run.returncode not in (0, 1):
                fail(f"{words} into a closed pipe: exit code {run.returncode}", err.decode())
        with open("/dev/full", "w") as full:
            done = subprocess.run([tried.binary, *words], cwd=folder, stdout=full, stderr=subprocess.PIPE, input=lines[:4000])
        silent = done.returncode == 2 and not says(done.stderr, "cannot write the output")
        if b"panicked" in done.stderr or done.returncode not in (1, 2) or silent:
            fail(f"{words} onto a full disk: exit code {done.returncode}", done.stderr.decode())
    print(f"{len(commands)} commands into closed pipes and /dev/full", flush=True)


def resized(tried, base, times):
    folder = tried.folder(base)
    log = folder / "job.log"
    with log.open("w") as out:
        out.write("a line of a log that is as long as others\n" * 2_000_000)
    for _ in range(times):
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(folder)
            os.execv(tried.binary, [tried.binary, "rewrite", "run.sh", "--log", "job.log"])
        said, end = b"", None
        while end is None:
            size = struct.pack("HHHH", tried.rng.randint(0, 60), tried.rng.choice([0, 1, 2, 20, 80, 500, 65535]), 0, 0)
            fcntl.ioctl(terminal, termios.TIOCSWINSZ, size)
            os.set_blocking(terminal, False)
            try:
                said += os.read(terminal, 1 << 16)
            except (BlockingIOError, OSError):
                pass
            gone, status = os.waitpid(child, os.WNOHANG)
            end = status if gone else None
            time.sleep(0.002)
        os.close(terminal)
        code = os.waitstatus_to_exitcode(end)
        if b"panicked" in said or code not in (0, 1):
            fail(f"in a terminal that changes its size: exit code {code}", said.decode(errors="replace"))
    print(f"{times} runs in a terminal that changes its size", flush=True)


def full_disks(tried, base):
    """A disk of a few pages, filled more and more; else the largest size that a file may get."""
    tries = Counter()

    def once(folder, what, **more):
        old = state(folder)
        done = tried.run(folder, *BOTH, **more)
        new = state(folder) != old
        if new != (done.returncode == 1):
            fail(f"{what}: exit code {done.returncode}, written {new}", done.stderr.decode())
        if not new and not says(done.stderr, "no space", "disk is full", "too large"):
            fail(f"{what}: the reason is missing", done.stderr.decode())
        tried.run(folder, "log")
        if (state(folder) != old) != new:
            fail(f"{what}: the next start changed the files")
        tries["new" if new else "old"] += 1

    mount = Path(base) / "small"
    mount.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k", "none", str(mount)], capture_output=True)
    if made.returncode == 0:
        try:
            for free in range(0, 21):
                folder = tried.folder(mount)
                filler = mount / "filler"
                try:
                    filler.write_bytes(b"x" * (1 << 20))
                except OSError:
                    pass
                os.truncate(filler, max(0, filler.stat().st_size - free * 4096))
                once(folder, f"a disk with {free} free pages")
                filler.unlink(missing_ok=True)
        finally:
            subprocess.run(["umount", str(mount)], check=True)
        print(f"a disk that is full, {sum(tries.values())} times: {dict(tries)}", flush=True)
    else:
        print("SKIPPED: no disk of a few pages can be mounted:", made.stderr.decode().strip(), flush=True)
    tries.clear()
    for most in (0, 10, 60, 100, 130, 200, 500, 1000, 100_000):
        def limit(most=most):
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        once(tried.folder(base), f"files of {most} bytes at most", preexec_fn=limit)
    print(f"files that may not grow, {sum(tries.values())} times: {dict(tries)}", flush=True)


def large(tried, base, mib):
    folder = tried.folder(base)
    path = folder / "large"
    line = b"x" * (1 << 20)

    def fill(block, start=b"", end=b"\n"):
        with path.open("wb") as out:
            out.write(start)
            for _ in range(mib):
                out.write(block)
            out.write(end)

    def limited():
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))

    fill(line)
    refused = [("show", "large"), ("check", "large"), ("set", "large", "a=1", "--write"), ("rewrite", "run.sh", "--config", "large")]
    refused += [("rewrite", "run.sh", "--facts", "model=large"), ("rewrite", "run.sh", "--tried", "large"), ("check", "run.sh", "--project", "large")]
    if mib > 64:
        for words in refused:
            done = tried.run(folder, *words, preexec_fn=limited)
            if done.returncode != 2 or not says(done.stderr, "longer than"):
                fail(f"{words} with {mib} MiB: exit code {done.returncode}", done.stderr.decode(errors="replace")[:2000])
    failure = b"\ntorch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.11 GiB of which 1.25 GiB is free.\n"
    for name, block in (("one line", line), ("lines", b"y" * 99 + b"\n" + b"z" * ((1 << 20) - 100))):
        fill(block, end=failure)
        begun = time.perf_counter()
        done = tried.run(folder, "facts", "large", preexec_fn=limited)
        if done.returncode != 1 or b"2.00 GiB" not in done.stdout:
            fail(f"a log of {mib} MiB, {name}: exit code {done.returncode}", done.stdout.decode(errors="replace")[:2000])
        print(f"a log of {mib} MiB, {name}: {time.perf_counter() - begun:.1f} s within 1 GiB of memory", flush=True)
    path.unlink()


# Writes a file's two texts over each other, piece by piece, until it is ended.
OVERWRITE = """
import os, sys
file, texts = os.open(sys.argv[1], os.O_WRONLY), [open(it, "rb").read() for it in sys.argv[2:]]
while True:
    for text in texts:
        for at in range(0, len(text), 4096):
            os.pwrite(file, text[at:at + 4096], at)
"""


# Grows a file until it is ended.
GROW = """
import sys
with open(sys.argv[1], "ab") as out:
    while True:
        out.write(b"y" * 99 + b"\\n")
"""
# Gives others the time to write before every call that reads.
SLOWLY = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=read", "-e", "inject=read:delay_enter=50000"]


def changing(tried, base, times):
    """What is read while it is written: the one text or the other, or an error that says so."""
    if not shutil.which("strace"):
        print("SKIPPED: strace is not there", flush=True)
        return
    lines = lambda what: "".join(what.format(n) for n in range(2000))
    one, other = b"k=1", b"k=2"
    texts = {
        "script.sh": "python3 -m verl.trainer.main_ppo trainer.nnodes=1" + lines(" \\\n    +a.a{}.k=1") + "\n",
        "config.yaml": "a:\n" + lines("  a{}: {{note: 'k=1'}}\n"),
        "p/pack.toml": 'name = "p"\nversion = "1.0.0"\ndescription = "d"\n[[default]]\nof = "it"\nsource = "s"\n[default.values]\n'
        + lines("\"m.a{}\" = 'k=1'\n"),
    }
    commands = {"script.sh": ("show", "script.sh"), "config.yaml": ("compose", "--config", "config.yaml"),
                "p/pack.toml": ("pack", "show", "p", "--output-format", "json")}
    for name, text in texts.items():
        folder = tried.folder(base)
        (folder / "p").mkdir()
        path = folder / name
        for number, file in enumerate(("one", "other", name)):
            (folder / file).write_text(text.replace("k=1", "k=2") if number == 1 else text)
        ends = Counter()
        writer = subprocess.Popen([sys.executable, "-c", OVERWRITE, str(path), str(folder / "one"), str(folder / "other")])
        try:
            for _ in range(times):
                done = subprocess.run([*SLOWLY, tried.binary, *commands[name]], cwd=folder, capture_output=True, timeout=300)
                ones, others = done.stdout.count(one), done.stdout.count(other)
                if done.returncode == 2 and says(done.stderr, "changes while it is read"):
                    ends["refused"] += 1
                elif done.returncode not in (0, 1) or bool(ones) == bool(others):
                    fail(f"{name} changes: {ones} of one text and {others} of the other", done.stderr.decode()[:2000])
                else:
                    ends["read"] += 1
        finally:
            writer.kill()
            writer.wait()
        print(f"{name} written over while it is read, {times} times: {dict(ends)}", flush=True)


def changing_logs(tried, base, mib):
    """A log that is cut is told; one that grows is read as far as it was there."""
    folder = tried.folder(base)
    path = folder / "job.log"
    block = (b"y" * 99 + b"\n") * 10_000
    ends = Counter()
    for _ in range(10):
        with path.open("wb") as out:
            for _ in range(mib):
                out.write(block)
        run = tried.start(folder, "facts", "job.log")
        time.sleep(tried.rng.uniform(0, 0.1))
        os.truncate(path, tried.rng.randrange(mib << 20))
        _, err = run.communicate(timeout=60)
        if run.returncode == 2 and says(err, "was cut while it was read"):
            ends["told"] += 1
        elif run.returncode in (0, 1):
            ends["read before or after"] += 1
        else:
            fail("a log that is cut", run.returncode, err.decode())
    writer = subprocess.Popen([sys.executable, "-c", GROW, str(folder / "grows.log")])
    try:
        time.sleep(0.5)
        begun = time.perf_counter()
        tried.run(folder, "facts", "grows.log", timeout=60)
    finally:
        writer.kill()
        writer.wait()
    print(f"logs that are cut, 10 times: {dict(ends)}; one that grows: {time.perf_counter() - begun:.1f} s", flush=True)
    (folder / "grows.log").unlink()
    path.unlink()


def many_rules(tried, base, count):
    folder = tried.folder(base)
    (folder / "p").mkdir()
    with (folder / "p/pack.toml").open("w") as out:
        out.write('name = "p"\nversion = "1.0.0"\ndescription = "Many"\nlaunches = ["verl.trainer.main_ppo"]\n')
        for n in range(count):
            out.write(f"[[require]]\nid = 'r{n}'\nholds = 'm.k{n} > 1'\nfails_at = 'start-up'\nmessage = 'm'\nsource = 's'\n")
    begun = time.perf_counter()
    done = tried.run(folder, "check", "run.sh", "--pack", "p", "--no-project")
    took = time.perf_counter() - begun
    if done.returncode == 2:
        fail(f"a pack of {count} rules", done.stderr.decode()[:2000])
    print(f"a pack of {count} rules: {took:.1f} s", flush=True)


def alone(tried, base):
    """No command starts a program or opens a socket, whatever a pack names."""
    if not shutil.which("strace"):
        print("SKIPPED: strace is not there", flush=True)
        return
    folder = tried.folder(base)
    (folder / "p").mkdir()
    header = 'name = "p"\nversion = "1.0.0"\ndescription = "d"\n'
    (folder / "p/pack.toml").write_text(header + 'extend = ["https://example.org/pack", "git+ssh://x/y", "$(touch x)", "`touch x`", "python:x", "crate:x"]\n')
    (folder / "job.log").write_text("CUDA out of memory. Tried to allocate 2.00 GiB. `touch x` $(touch x)\n")
    commands = [("check", "run.sh"), BOTH, ("undo", "--write"), ("pack", "check", "p"), ("test", "p"), ("facts", "job.log"),
                ("rewrite", "run.sh", "--log", "job.log", "--output-format", "html"), ("explain", "run.sh", "--pack", "p")]
    for words in commands:
        log = folder / "trace"
        subprocess.run(["strace", "-f", "-qq", "-e", "trace=execve,execveat,socket,connect,bind,sendto", "-o", str(log), tried.binary, *words],
                       cwd=folder, capture_output=True, timeout=120)
        calls = [line.split(None, 1)[1] for line in log.read_text().splitlines()]
        started = [it for it in calls if it.startswith("exec")]
        reached = [it for it in calls if it.split("(")[0] in NO_NETWORK]
        if len(started) != 1 or reached:
            fail(f"{words} is not alone", *started, *reached)
    if (folder / "x").exists():
        fail("a pack ran something")
    print(f"{len(commands)} commands start no program and open no socket", flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("binary")
    options.add_argument("--seed", type=int, default=random.randrange(10**9))
    options.add_argument("--kills", type=int, default=1000)
    options.add_argument("--large", type=int, default=1024, metavar="MIB")
    options.add_argument("--rules", type=int, default=100_000)
    asked = options.parse_args()
    # What runs in the background has interrupts ignored, and so would all that it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    print(f"seed {asked.seed}", flush=True)
    tried = Tried(asked)
    with tempfile.TemporaryDirectory() as base:
        ended_at_random(tried, base, signal.SIGKILL, asked.kills, "killed")
        ended_at_random(tried, base, signal.SIGINT, asked.kills // 5, "interrupted")
        ended_at_random(tried, base, signal.SIGTERM, asked.kills // 10, "told to end")
        two_at_once(tried, base, asked.kills // 5)
        readers_that_go(tried, base)
        resized(tried, base, 5)
        full_disks(tried, base)
        alone(tried, base)
        changing(tried, base, 3)
        changing_logs(tried, base, 100)
        many_rules(tried, base, asked.rules)
        large(tried, base, asked.large)


main()
