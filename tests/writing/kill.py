"""Kills hydrule at its system calls, and lets them fail, while it writes; needs strace.

    python3 tests/writing/kill.py target/release/hydrule

Every call from the first that opens `.hydrule`, or what becomes a report, on is killed once, and fails
once with each error it may fail with. After that, all files must be old or all new at the latest when
`hydrule log` has run; an error must be told with exit code 2, or have been got over.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

HYDRULE = str(Path(sys.argv[1]).resolve())
SCRIPT = "#!/bin/bash\npython3 -m verl.trainer.main_ppo \\\n    trainer.nnodes=1 \\\n    trainer.n_gpus_per_node=4\n"
SLURM = "#!/bin/bash\n#SBATCH --nodes=1\n#SBATCH --gres=gpu:4\nsrun bash run.sh\n"
ERRORS = {
    "openat": ["EACCES", "ENOSPC", "EINTR"],
    "write": ["ENOSPC", "EIO", "EINTR"],
    "fsync": ["EIO", "ENOSPC"],
    "rename": ["EACCES", "EIO"],
    "unlink": ["EACCES", "EIO"],
    "mkdir": ["EACCES", "ENOSPC"],
    "chmod": ["EPERM"],
    "fchmodat": ["EPERM"],
    "flock": ["EIO", "ENOLCK"],
    "ftruncate": ["EIO"],
    "read": ["EIO", "EINTR"],
}
CALL = re.compile(r"^(?:\[pid +\d+\] )?(\w+)\((.*)$")


# A time long ago, in seconds.
HOUR = 3600


class Tree:
    """A folder with scripts, a command that changes them, and what they are before and after."""

    def __init__(self, name, base, arguments, prepare=lambda folder: None):
        self.name, self.arguments = name, arguments
        self.base = base / name
        (self.base / "sub").mkdir(parents=True)
        (self.base / ".git").mkdir()
        (self.base / "run.sh").write_text(SCRIPT)
        (self.base / "run.sh").chmod(0o750)
        (self.base / "submit.slurm").write_text(SLURM)
        (self.base / "sub/real.sh").write_text(SCRIPT)
        (self.base / "link.sh").symlink_to("sub/link.sh")
        (self.base / "sub/link.sh").symlink_to("real.sh")
        prepare(self.base)
        self.old = self.state(self.base)
        trial = self.copy(base / "trial")
        log = base / "trace"
        # 1 where the pack finds something that is left.
        self.code = run(trial, "strace", "-f", "-o", str(log), HYDRULE, *arguments).returncode
        assert self.code in (0, 1), name
        self.new = self.state(trial)
        assert self.new != self.old, name
        self.calls = list(calls(log.read_text()))
        shutil.rmtree(trial)

    def copy(self, to):
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(self.base, to, symlinks=True)
        # What was changed a moment ago is read twice, so the calls would not be the same each time.
        for path in to.rglob("*"):
            os.utime(path, (HOUR, HOUR), follow_symlinks=False)
        return to

    @staticmethod
    def state(folder):
        # Of a report that was killed, what lay beside it stays under a hidden name.
        own = lambda path: ".hydrule" in path.parts or path.name.startswith(".report.html.")
        files = [path for path in folder.rglob("*") if not own(path)]
        kept = lambda path: os.readlink(path) if path.is_symlink() else path.read_text()
        return {
            str(path.relative_to(folder)): (kept(path), path.lstat().st_mode)
            for path in files
            if not path.is_dir()
        }


def calls(trace):
    """Yields name and number of each call that may matter, counted for each name from 1."""
    counted, begun = Counter(), False
    for line in trace.splitlines():
        found = CALL.match(re.sub(r"^\d+ +", "", line))
        if not found:
            continue
        name, arguments = found.groups()
        counted[name] += 1
        begun = begun or name in ("mkdir", "openat") and (".hydrule" in arguments or ".report.html" in arguments)
        talk = name == "write" and arguments.startswith(("1,", "2,"))
        if begun and not talk and name not in ("exit_group", "sigaltstack", "munmap", "brk"):
            yield name, counted[name]


def run(folder, *command, expect=None):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if expect is not None and done.returncode != expect:
        raise SystemExit(f"{command}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def inject(folder, name, what, number, arguments):
    how = f"inject={name}:{what}:when={number}"
    return run(folder, "strace", "-f", "-qq", "-e", f"trace={name}", "-e", how, "-o", "/dev/null",
               HYDRULE, *arguments)


def settled(tree, folder, what):
    """Starts hydrule once more and compares everything."""
    run(folder, HYDRULE, "log", expect=0)
    state = tree.state(folder)
    if state not in (tree.old, tree.new):
        raise SystemExit(f"{tree.name}, {what}: neither all old nor all new\n{json.dumps(state, indent=1)}")
    left = [path.name for path in (folder / ".hydrule").glob("pending*")] if (folder / ".hydrule").exists() else []
    if left and left != ["pending.new"]:
        raise SystemExit(f"{tree.name}, {what}: left behind {left}")
    return state == tree.new


def main():
    runs, ends = Counter(), Counter()
    with tempfile.TemporaryDirectory() as temporary:
        base = Path(temporary)
        both = ["rewrite", "run.sh", "submit.slurm", "--pack", "verl", "--only", "more-gpus", "--unsafe", "--write"]
        undone = lambda folder: run(folder, HYDRULE, *both)
        reported = lambda folder: (folder / "report.html").write_text("an older report\n")
        report = [*both[:-1], "--output-format", "html", "-o", "report.html"]
        trees = [
            Tree("one", base, ["set", "run.sh", "trainer.nnodes=2", "--write"]),
            Tree("link", base, ["set", "link.sh", "trainer.nnodes=2", "--write"]),
            Tree("two", base, both),
            Tree("undo", base, ["undo", "--write"], undone),
            Tree("report", base, report, reported),
        ]
        for tree in trees:
            for name, number in tree.calls:
                what = f"killed at {name} {number}"
                folder = tree.copy(base / "tree")
                done = inject(folder, name, "signal=KILL", number, tree.arguments)
                runs["kills"] += 1
                if done.returncode != -9 and done.returncode != 137:
                    raise SystemExit(f"{tree.name}, {what}: exit code {done.returncode}")
                # Recovery is killed as well, in every third run at another of its calls.
                if (folder / ".hydrule/pending.json").exists():
                    at = 1 + runs["kills"] % 3
                    inject(folder, "rename" if runs["kills"] % 2 else "unlink", "signal=KILL", at, ["log"])
                    runs["kills of recovery"] += 1
                ends["new" if settled(tree, folder, what) else "old"] += 1
            for name, number in tree.calls:
                for error in ERRORS.get(name, []):
                    what = f"{error} from {name} {number}"
                    folder = tree.copy(base / "tree")
                    done = inject(folder, name, f"error={error}", number, tree.arguments)
                    runs["errors"] += 1
                    new = tree.state(folder) == tree.new
                    if done.returncode != (tree.code if new else 2) or "panicked" in done.stderr:
                        raise SystemExit(f"{tree.name}, {what}: exit code {done.returncode}, new {new}\n{done.stderr}")
                    if not new and tree.state(folder) != tree.old:
                        raise SystemExit(f"{tree.name}, {what}: half written\n{done.stderr}")
                    if error == "EINTR" and not new:
                        raise SystemExit(f"{tree.name}, {what}: given up\n{done.stderr}")
                    if settled(tree, folder, what) != new:
                        raise SystemExit(f"{tree.name}, {what}: the next start changed the files\n{done.stderr}")
    print(", ".join(f"{count} {name}" for name, count in runs.items()), dict(ends))
    assert ends["old"] and ends["new"]


main()
