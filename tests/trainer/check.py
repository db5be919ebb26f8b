#!/usr/bin/env python3
"""Lets jobs fail, asks hydrule for the change, and runs them again, until they train.

    check.py BINARY [--record] [--only NAME…] [--pack FOLDER]

Every scenario of scenarios.toml is a real launch script that starts the simulated trainer through bash.
It must train after no more runs than the cheapest plan predicts, with no step that was not needed, none
after which the job fails earlier than before, and with the batches that the plans tell. What happens is
compared with the recording, or written there with --record. Packs with a false claim must not pass.
Needs hydra-core in the Python that runs this. Exits with 1 on any fault.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SCENARIOS = HERE / "scenarios"
# Below the card by what is in no tensor: the context, and pieces that cannot be used.
GOAL, CARD = "$peak < 77GiB", "oom.capacity=79.18GiB"
MOST_RUNS, MOST_STEPS = 8, 6
# Where a run can fail, in the order in which a run comes by.
PLACES = ["engine_init", "weight_sync", "wake_up", "generation", "log_prob", "ref_log_prob", "critic", "actor_update", "optimizer_step", "checkpoint"]
# A pack that claims what is not so: the scenario that must find it, and how a rule's text changes.
FALSE_PACKS = [
    ("the critic's value pass is said to have the memory of its update", "critic", "smaller-critic-forward-micro-batch", r'relieves = \[', 'relieves = ["critic", '),
    ("the share is lowered where it is too small already", "no-cache-blocks", "more-memory-for-rollout", r"\+ 10\.5\)", "- 1.5)"),
    ("offload is said to take host memory away", "host-slurm", "offload-activations", r'(?s)relieves = \[.*?\]\nloads = \[.*?\]', 'relieves = ["actor_update", "host"]\nloads = []'),
    ("no micro batch must divide the batch", "odd-micro-batch", "log-prob-micro-batch-divides-train-batch", r"(?s).*", ""),
]


class Scenario:
    def __init__(self, table):
        self.name, self.files, self.flags = table["name"], table["files"], table.get("flags", [])
        self.signal, self.place, self.predict = table.get("signal"), table.get("place"), table["predict"]
        self.facts = table.get("facts", [])
        self.start = SCENARIOS / self.name / "1"


class Job:
    """A scenario's scripts in a folder of their own, started as a user or Slurm would."""

    def __init__(self, scenario, folder, binary, pack=None):
        self.scenario, self.folder, self.binary, self.pack = scenario, pathlib.Path(folder), binary, pack
        for name in scenario.files:
            shutil.copy(scenario.start / name, self.folder / name)
        (self.folder / "models").symlink_to(HERE / "models")

    def texts(self):
        return {name: (self.folder / name).read_text() for name in self.scenario.files}

    def run(self):
        """Runs the first script; returns the exit code and leaves what was printed in job.log."""
        first = self.scenario.files[0]
        path = f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
        env = {"PATH": path, "HOME": "/home/user", "PYTHONPATH": str(HERE), "PYTHONDONTWRITEBYTECODE": "1", **self.granted()}
        ended = subprocess.run(["bash", first], cwd=self.folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
        log = neutral(ended.stdout)
        if ended.returncode == 137 and first.endswith(".slurm"):
            log += "slurmstepd: error: Detected 1 oom_kill event in StepId=1048576.batch. Some of the step tasks have been OOM Killed.\n"
        (self.folder / "job.log").write_text(log)
        return ended.returncode

    def granted(self):
        """What Slurm tells a job of its directives."""
        text = (self.folder / self.scenario.files[0]).read_text()
        granted = {}
        if memory := re.search(r"^#SBATCH --mem=(\d+)G", text, re.M):
            granted["SLURM_MEM_PER_NODE"] = str(int(memory[1]) * 1024)
        if cards := re.search(r"^#SBATCH --gres=gpu:(\d+)", text, re.M):
            granted["SLURM_GPUS_ON_NODE"] = cards[1]
        return granted

    def hydrule(self, *arguments):
        """Runs `hydrule rewrite` on the scripts and the log."""
        pack = ["--pack", self.pack] if self.pack else []
        command = [self.binary, "rewrite", *self.scenario.files, "--log", "job.log", *pack, *arguments]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=60)

    def plan(self, *arguments):
        ended = self.hydrule("--output-format", "json", *arguments)
        assert ended.returncode in (0, 1), f"{' '.join(arguments)}: {ended.stderr}"
        return json.loads(ended.stdout)

    def write(self, *arguments):
        ended = self.hydrule("--write", *arguments)
        assert ended.returncode == 0, f"--write {' '.join(arguments)}: {ended.stderr}"


def neutral(log):
    """Takes out what differs between machines and runs."""
    log = log.replace(str(ROOT), "/home/user/project")
    return re.sub(r"(line \d+:) +\d+( Killed)", r"\1 43117\2", log)


def options(plan):
    """What a plan does: its options, or the requirements that it mends."""
    steps = [step["option"] for step in plan["steps"]]
    mended = (plan["repair"] or {}).get("rules", [])
    return mended + steps


class Walk:
    """From the first failure to the run that trains, or to where it goes no further."""

    def __init__(self, scenario, binary, pack=None):
        self.scenario, self.binary, self.pack = scenario, binary, pack
        self.runs, self.places, self.steps, self.faults = [], [], [], []
        self.invariants = {}
        with tempfile.TemporaryDirectory() as folder:
            self.walk(Job(scenario, folder, binary, pack))

    def walk(self, job):
        place = None
        while len(self.runs) < MOST_RUNS:
            code = job.run()
            self.runs.append({**job.texts(), "job.log": (job.folder / "job.log").read_text()})
            if code == 0 and len(self.runs) == 1:
                self.faults.append("the first run trains")
            if code == 0:
                return
            plan = job.plan(*self.scenario.flags)
            place = self.look(plan, place)
            if not options(plan):
                self.faults.append(f"run {len(self.runs)} fails and nothing is proposed")
                return
            self.steps.append(options(plan))
            for invariant in plan["invariants"]:
                if invariant["effect"] != "preserved":
                    self.invariants[invariant["id"]] = invariant["to"]
            job.write(*self.scenario.flags)
        self.faults.append(f"does not train in {MOST_RUNS} runs")

    def look(self, plan, before):
        failure = plan["failure"] or {}
        place = failure.get("place")
        if len(self.runs) == 1 and (failure.get("signal"), place) != (self.scenario.signal, self.scenario.place):
            self.faults.append(f"the first log is read as {failure.get('signal')} in {place}")
        untrue = [name for name in self.scenario.facts if len(self.runs) == 1 and not failure["facts"].get(name, {}).get("value")]
        if untrue:
            self.faults.append(f"the first log does not tell {', '.join(untrue)}")
        if place in PLACES and before in PLACES and PLACES.index(place) < PLACES.index(before):
            self.faults.append(f"after {', '.join(self.steps[-1])} the job fails in {place}, earlier than in {before}")
        self.places.append(place)
        return place

    def batches(self):
        """What is trained, as each run tells: equal unless a plan says that it changes something."""
        told = [re.search(r"simulated: (.*)", run["job.log"])[1] for run in self.runs]
        if not self.invariants and len(set(told)) > 1:
            self.faults.append(f"plans preserve what is trained, but it changes: {told[0]} / {told[-1]}")

    def in_a_row(self, steps):
        """Tries a start with these steps; true if it trains."""
        with tempfile.TemporaryDirectory() as folder:
            job = Job(self.scenario, folder, self.binary, self.pack)
            (job.folder / "job.log").write_text(self.runs[0]["job.log"])
            for step in steps:
                if options(job.plan("--only", step)):
                    job.write("--only", step)
            return job.run() == 0

    def needed(self):
        flat = [option for step in self.steps for option in step]
        if len(flat) < 2 or "--repair" in self.scenario.flags:
            return
        for index, option in enumerate(flat):
            if self.in_a_row(flat[:index] + flat[index + 1 :]):
                self.faults.append(f"{option} was not needed: the job trains without it")

    def predicted(self):
        """How many steps the cheapest plan has, told after the first failure alone."""
        if self.scenario.predict == "phases":
            firsts = [run for run, place in enumerate(self.places) if run == 0 or self.places[run - 1] != place]
            each = [self.shortest(first) for first in firsts]
            return None if None in each else sum(each)
        with tempfile.TemporaryDirectory() as folder:
            job = Job(self.scenario, folder, self.binary, self.pack)
            (job.folder / "job.log").write_text(self.runs[0]["job.log"])
            if self.scenario.predict == "goal":
                model = re.search(r"models/[\w.-]+", "".join(job.texts().values()))[0]
                goal = ["--facts", f"model={model}/config.json", "--fact", CARD, "--goal", GOAL]
                plan = job.plan(*goal)
                if plan["goal"]["status"] != "reached":
                    self.faults.append(f"{GOAL}: {plan['goal']['status']}, {plan['goal']['because']}")
                    return None
                job.write(*goal)
                return len(plan["steps"]) if job.run() == 0 else None
        return self.shortest()

    def shortest(self, first=0):
        """The fewest steps of the ladder after a run that train, or fail in a later phase where several are looked at."""
        flags = self.scenario.flags
        if "--repair" in flags:
            return 1
        for steps in range(1, MOST_STEPS + 1):
            with tempfile.TemporaryDirectory() as folder:
                job = Job(self.scenario, folder, self.binary, self.pack)
                for name, text in self.runs[first].items():
                    (job.folder / name).write_text(text)
                job.write("--steps", str(steps), *flags)
                if job.run() == 0 or self.scenario.predict == "phases" and self.is_past(job, self.places[first]):
                    return steps
        return None

    def is_past(self, job, place):
        """Tells whether a run failed in a later phase."""
        return PLACES.index(job.plan()["failure"]["place"]) > PLACES.index(place)

    def judge(self):
        """Looks for everything that a walk must not have; returns what is recorded of it."""
        predicted = self.predicted()
        if predicted is None:
            self.faults.append("what the plan predicts does not train")
        elif len(self.runs) > 1 + predicted:
            steps = " → ".join(", ".join(step) for step in self.steps)
            self.faults.append(f"{len(self.runs)} runs, the cheapest plan predicts {1 + predicted}: {steps}")
        self.batches()
        self.needed()
        return {"steps": self.steps, "runs": len(self.runs), "predicted": predicted}


def compare(walk, outcome, record):
    """Compares a walk with its recording, or writes it."""
    folder = SCENARIOS / walk.scenario.name
    wanted = {f"{number}/{name}": text for number, run in enumerate(walk.runs, 1) for name, text in run.items()}
    wanted["outcome.json"] = json.dumps(outcome, indent=2) + "\n"
    found = {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}
    if found == wanted:
        return []
    if not record:
        different = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
        return [f"differs from the recording in {', '.join(different)}; --record writes it anew"]
    shutil.rmtree(folder)
    for name, text in wanted.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return []


def check(scenario, binary, record, pack):
    walk = Walk(scenario, binary, pack)
    outcome = walk.judge()
    if not walk.faults:
        walk.faults += compare(walk, outcome, record)
    return walk, outcome


def false_pack(rule, pattern, replacement, folder):
    """Copies the pack with one rule changed; the change must be one."""
    shutil.copytree(ROOT / "rules", folder / "rules")
    changed = 0
    for path in (folder / "rules" / "verl").glob("*.toml"):
        parts = re.split(r"(?m)^(?=\[)", path.read_text())
        for index, part in enumerate(parts):
            if f'id = "{rule}"' in part:
                parts[index] = re.sub(pattern, replacement, part, count=1)
                changed += parts[index] != part
        path.write_text("".join(parts))
    assert changed == 1, f"{rule} is not there, or {pattern} is not in it"
    return folder / "rules" / "verl"


def refuses(claim, scenario, binary, rule, pattern, replacement):
    """Walks with a pack that claims what is not so; returns what is found, which must be something."""
    with tempfile.TemporaryDirectory() as folder:
        pack = false_pack(rule, pattern, replacement, pathlib.Path(folder))
        walk = Walk(scenario, binary, pack)
        outcome = json.loads((SCENARIOS / scenario.name / "outcome.json").read_text())
        if len(walk.runs) > 1 + outcome["predicted"]:
            walk.faults.append(f"{len(walk.runs)} runs instead of {1 + outcome['predicted']}")
        return walk.faults


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=lambda path: str(pathlib.Path(path).resolve()))
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--only", nargs="*", metavar="NAME")
    parser.add_argument("--pack", metavar="FOLDER", type=lambda path: pathlib.Path(path).resolve(), help="a pack that the binary does not hold yet")
    arguments = parser.parse_args()
    scenarios = [Scenario(table) for table in tomllib.loads((HERE / "scenarios.toml").read_text())["scenario"]]
    chosen = [scenario for scenario in scenarios if not arguments.only or scenario.name in arguments.only]
    assert chosen, "no such scenario"
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        walks = pool.map(lambda scenario: check(scenario, arguments.binary, arguments.record, arguments.pack), chosen)
        for walk, outcome in walks:
            failed += bool(walk.faults)
            steps = " → ".join(", ".join(step) for step in walk.steps)
            print(f"{'✗' if walk.faults else '✓'} {walk.scenario.name}: {outcome['runs']} runs, predicted {outcome['predicted']} steps: {steps}")
            for fault in walk.faults:
                print(f"    {fault}")
        named = {scenario.name: scenario for scenario in chosen}
        false_packs = [false for false in FALSE_PACKS if false[1] in named] if not failed else []
        found = pool.map(lambda false: refuses(false[0], named[false[1]], arguments.binary, *false[2:]), false_packs)
        for (claim, *_), faults in zip(false_packs, found):
            failed += not faults
            print(f"{'✓ found out' if faults else '✗ not found out'}: {claim}: {'; '.join(faults)}")
    if failed:
        sys.exit(f"{failed} faults")


if __name__ == "__main__":
    main()
