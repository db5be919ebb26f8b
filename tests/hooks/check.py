#!/usr/bin/env python3
"""Runs the hooks of .pre-commit-hooks.yaml under the real pre-commit and prek.

    check.py BINARY PRE_COMMIT PREK

A repository of hooks is made from this one as it is committed, and one of scripts that uses it. The
only thing that is not real is the compiler: `cargo install` puts BINARY where cargo would put what it
builds, so that the check takes seconds; the release build of CI is what compiles. Exits with 1 where a
hook does something else than it should.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]

CARGO = """#!/usr/bin/env bash
# install --bins --root ENV --path .: what cargo would build is put there; everything else is cargo's.
[ "$1" = install ] || exec {cargo} "$@"
shift
while [ $# -gt 0 ]; do
    case $1 in
        --root) root=$2; shift ;;
        --path) path=$2; shift ;;
    esac
    shift
done
[ -f "$path/Cargo.toml" ] || {{ echo "no package at $path" >&2; exit 1; }}
mkdir -p "$root/bin"
cp {binary} "$root/bin/hydrule"
"""

# prek asks rustup for the compiler, and takes the cargo beside it.
RUSTUP = """#!/usr/bin/env bash
[ "$*" != "which rustc" ] || {{ echo {folder}/rustc; exit; }}
exec {rustup} "$@"
"""

CONFIG = """repos:
  - repo: {hooks}
    rev: v0.0.1
    hooks:
      - id: {hook}
"""

GOOD = """#!/usr/bin/env bash
python3 -m verl.trainer.main_ppo \\
    algorithm.adv_estimator=grpo \\
    data.train_batch_size=1024 \\
    actor_rollout_ref.actor.ppo_mini_batch_size=64 \\
    actor_rollout_ref.actor.use_dynamic_bsz=True \\
    actor_rollout_ref.rollout.log_prob_use_dynamic_bsz=True \\
    actor_rollout_ref.rollout.name=vllm \\
    actor_rollout_ref.rollout.n=8 \\
    trainer.n_gpus_per_node=8 \\
    trainer.nnodes=1
"""

# 65 does not divide 1024.
BAD = GOOD.replace("ppo_mini_batch_size=64", "ppo_mini_batch_size=65")

# A blank after a backslash: the shell ends the command there.
BLANK = GOOD.replace("ppo_mini_batch_size=64 \\\n", "ppo_mini_batch_size=64 \\ \n")
assert BLANK != GOOD

failures = []


class Repository:
    """A repository of scripts, and one of the two programs in it."""

    def __init__(self, program, home, environment):
        self.program, self.environment = program, environment
        self.folder = home / "scripts"
        self.folder.mkdir()
        self.git("init", "--quiet")

    def git(self, *args):
        return subprocess.run(["git", *args], cwd=self.folder, env=self.environment, capture_output=True, text=True, check=True).stdout

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def hook(self, hooks, name):
        self.write(".pre-commit-config.yaml", CONFIG.format(hooks=hooks.as_uri(), hook=name))
        self.git("add", ".pre-commit-config.yaml")

    def run(self, *args):
        done = subprocess.run([self.program, "run", *args], cwd=self.folder, env=self.environment, capture_output=True, text=True, errors="replace")
        return done.returncode, done.stdout + done.stderr


def expect(what, held, output):
    print(f"{'ok' if held else 'FAILED':7}{what}")
    if not held:
        failures.append(what)
        print(output)


def hook_repository(home, environment):
    """The committed state of this repository, with a tag: what a `rev:` names."""
    hooks = home / "hooks"
    git = lambda *args: subprocess.run(["git", *args], cwd=hooks, env=environment, check=True, capture_output=True)
    subprocess.run(["git", "clone", "--quiet", "--depth", "1", ROOT.as_uri(), str(hooks)], env=environment, check=True)
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", hooks)
    git("add", "-A")
    git("commit", "--quiet", "--allow-empty", "-m", "hooks")
    git("tag", "v0.0.1")
    return hooks


def report(repository, hooks):
    """The hook that reports."""
    repository.hook(hooks, "hydrule")
    repository.write("run.sh", GOOD)
    repository.write("with space.slurm", GOOD)
    repository.write("README.md", "python -m verl.trainer.main_ppo data.train_batch_size=7\n")
    repository.write("tools.sh", "#!/bin/sh\necho no launch\n")
    repository.git("add", "-A")
    code, output = repository.run("--all-files")
    expect("clean scripts pass, and no other file is looked at", code == 0 and "Passed" in output, output)
    repository.write("bad.slurm", BAD)
    repository.git("add", "-A")
    code, output = repository.run()
    expect("a script that is not executable, .slurm, is found", code == 1 and "bad.slurm" in output, output)
    repository.git("rm", "--quiet", "--cached", "bad.slurm")
    (repository.folder / "bad.slurm").unlink()
    repository.git("add", "-A")
    repository.git("commit", "--quiet", "-m", "clean", "--no-verify")
    repository.write("run.sh", BAD)
    code, output = repository.run()
    expect("what is not staged is not checked", code == 0, output)
    expect("and stays as it was", (repository.folder / "run.sh").read_text() == BAD, output)
    repository.git("checkout", "--quiet", "run.sh")


def many(repository, hooks):
    """Two hundred files with blanks in their names, and bytes that are no text."""
    repository.hook(hooks, "hydrule")
    for index in range(200):
        repository.write(f"jobs/{index // 20}/run {index}.sh", GOOD)
    repository.git("add", "-A")
    code, output = repository.run("--all-files")
    expect("200 scripts pass", code == 0, output[-1500:])
    repository.write("latin.sh", b"# caf\xe9\n" + GOOD.encode())
    repository.git("add", "-A")
    code, output = repository.run("--all-files")
    expect("one that is not UTF-8 is told", code == 1 and "exit code: 2" in output and "latin.sh" in output, output[-1500:])
    (repository.folder / "latin.sh").unlink()
    repository.git("rm", "--quiet", "--cached", "latin.sh")
    repository.write("jobs/7/run 150.sh", BAD)
    repository.git("add", "-A")
    code, output = repository.run("--all-files")
    expect("one of 200 is found", code == 1 and "run 150.sh" in output, output[-1500:])
    repository.git("rm", "-r", "--quiet", "--cached", "jobs")
    shutil.rmtree(repository.folder / "jobs")


def fix(repository, hooks):
    """The hook that writes safe repairs: it fails, the file is mended, and after `git add` it passes."""
    repository.hook(hooks, "hydrule-fix")
    repository.write("run.sh", BLANK)
    repository.git("add", "-A")
    code, output = repository.run()
    mended = (repository.folder / "run.sh").read_text()
    expect("a repair is made, and the commit stops", code == 1 and mended == GOOD, output)
    repository.git("add", "-A")
    code, output = repository.run()
    expect("after git add it passes", code == 0, output)
    repository.write("run.sh", BAD)
    repository.git("add", "-A")
    code, output = repository.run()
    mended = (repository.folder / "run.sh").read_text()
    expect("what would change the training is not touched", code == 1 and mended == BAD, output)


def packs(repository, hooks, binary):
    """The hook that runs the cases of packs."""
    repository.hook(hooks, "hydrule-test")
    subprocess.run([binary, "pack", "new", "mine"], cwd=repository.folder, env=repository.environment, check=True, stdout=subprocess.DEVNULL)
    # Where the pack is written, which is never CI: there nothing is accepted.
    desk = {name: value for name, value in repository.environment.items() if name != "CI"}
    subprocess.run([binary, "test", "--accept"], cwd=repository.folder, env=desk, check=True, stdout=subprocess.DEVNULL)
    repository.git("add", "-A")
    code, output = repository.run()
    expect("a pack's cases pass", code == 0 and "Passed" in output, output)
    rules = repository.folder / "rules/mine/rules.toml"
    rules.write_text(rules.read_text().replace(":= it / 2", ":= it / 4"))
    repository.git("add", "-A")
    code, output = repository.run()
    expect("a rule that does something else fails", code == 1 and "micro-batch-is-halved" in output, output)


def stand_in(folder, binary):
    """A toolchain that is the real one but for what `cargo install` builds."""
    folder.mkdir()
    scripts = {"cargo": CARGO.format(cargo=shutil.which("cargo"), binary=binary), "rustc": f'#!/usr/bin/env bash\nexec {shutil.which("rustc")} "$@"\n'}
    if rustup := shutil.which("rustup"):
        scripts["rustup"] = RUSTUP.format(folder=folder, rustup=rustup)
    for name, text in scripts.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)


def main(binary, *programs):
    binary = pathlib.Path(binary).resolve()
    for program in map(pathlib.Path, programs):
        print(f"-- {program.name}")
        with tempfile.TemporaryDirectory() as home:
            home = pathlib.Path(home)
            stand_in(home / "bin", binary)
            (home / "gitconfig").write_text("[user]\nname = A Reader\nemail = reader@example.org\n[init]\ndefaultBranch = main\n[protocol \"file\"]\nallow = always\n[safe]\ndirectory = *\n")
            environment = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PRE_COMMIT"))}
            environment |= {
                "PATH": f"{home / 'bin'}:{environment['PATH']}",
                "GIT_CONFIG_GLOBAL": str(home / "gitconfig"),
                "PRE_COMMIT_HOME": str(home / "cache"),
                "PREK_HOME": str(home / "cache"),
                "PRE_COMMIT_COLOR": "never",
            }
            hooks = hook_repository(home, environment)
            repository = Repository(program.resolve(), home, environment)
            report(repository, hooks)
            many(repository, hooks)
            fix(repository, hooks)
            packs(repository, hooks, binary)
    print(f"hooks: {len(failures)} failures")
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
