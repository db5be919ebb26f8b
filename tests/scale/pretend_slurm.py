"""A Slurm of two pretend nodes, both of them this machine: daemons in the foreground, all files in one folder.

    with Slurm(folder) as slurm:
        subprocess.run(["sbatch", "job.sh"], env=slurm.environment)

Needs slurmctld, slurmd and their clients on the path, and no other Slurm. Jobs run as whoever starts it. When
the block is left, however that is, every process that came of it has ended.
"""

import ctypes
import os
import re
import signal
import socket
import subprocess
import time

NODES = ("node1", "node2")
CPUS = 2

# What older versions want in place of `disabled`: folders that nothing is ever mounted on.
CGROUP = {True: "CgroupPlugin=disabled\n", False: "CgroupPlugin=cgroup/v1\nCgroupMountpoint={folder}/cgroup\n"}

CONFIG = """ClusterName=pretend
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
AuthType=auth/none
CredType=cred/none
SlurmUser={user}
SlurmdUser={user}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0,sched_interval=1
KillWait=2
NodeName=node1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs={cpus}
NodeName=node2 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs={cpus}
PartitionName=pretend Nodes=ALL Default=YES
"""

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
LIBC = ctypes.CDLL(None, use_errno=True)


def until(what, seconds, holds):
    """Waits until something holds, and returns it."""
    end = time.monotonic() + seconds
    while not (held := holds()):
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(0.1)
    return held


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for it in sockets:
        it.bind(("127.0.0.1", 0))
    ports = [it.getsockname()[1] for it in sockets]
    for it in sockets:
        it.close()
    return ports


def children(parent):
    """The processes that a process has started and that have not ended."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as stat:
                state, of = stat.read().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if int(of) == parent and state != "Z":
            found.append(int(name))
    return found


def descendants(parent):
    return [one for child in children(parent) for one in [child, *descendants(child)]]


class Slurm:
    def __init__(self, folder):
        self.folder, self.daemons = folder, {}
        self.environment = {**os.environ, "SLURM_CONF": str(folder / "slurm.conf")}

    def __enter__(self):
        for name in ("state", *NODES):
            (self.folder / name).mkdir(parents=True)
        version = subprocess.run(["slurmd", "-V"], stdout=subprocess.PIPE, text=True, timeout=20, check=True)
        year = int(re.search(r"(\d+)\.", version.stdout)[1])
        (self.folder / "cgroup.conf").write_text(CGROUP[year >= 24].format(folder=self.folder))
        host, user = socket.gethostname().split(".")[0], str(os.getuid())
        config = CONFIG.format(host=host, user=user, folder=self.folder, ports=free_ports(3), cpus=CPUS)
        (self.folder / "slurm.conf").write_text(config)
        # What daemons leave behind becomes a child of this process, where it is found.
        LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1)
        self.others = set(descendants(os.getpid()))
        try:
            self.start("slurmctld")
            for node in NODES:
                self.start("slurmd", "-N", node)
            until("two idle nodes", 30, lambda: self.nodes() == {"idle": 2})
        except BaseException:
            self.__exit__()
            raise
        return self

    def start(self, program, *arguments):
        name = " ".join([program, *arguments])
        with open(self.folder / f"{name}.log", "w") as log:
            self.daemons[name] = subprocess.Popen(
                [program, "-D", "-f", self.environment["SLURM_CONF"], *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=lambda: LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL),
            )

    def ask(self, *command):
        """What a client prints."""
        done = subprocess.run(command, env=self.environment, stdout=subprocess.PIPE, text=True, timeout=60)
        return done.stdout

    def nodes(self):
        """How many nodes are in each state."""
        for name, daemon in self.daemons.items():
            if daemon.poll() is not None:
                log = (self.folder / f"{name}.log").read_text()
                raise RuntimeError(f"{name} ended with {daemon.returncode}:\n{log}")
        lines = self.ask("sinfo", "--noheader", "--format", "%t %D").splitlines()
        return {state: int(number) for state, number in map(str.split, lines)}

    def tasks(self, job):
        """What became of the tasks of an array: state, exit code and node, by the task's number."""
        shown = self.ask("scontrol", "show", "job", "--oneliner", job)
        jobs = [dict(it.partition("=")[::2] for it in line.split()) for line in shown.splitlines() if line]
        named = ("JobState", "ExitCode", "BatchHost")
        return {it["ArrayTaskId"]: tuple(it.get(name) for name in named) for it in jobs}

    def ended(self, job, seconds):
        """Waits for an array; returns what became of its tasks."""
        going = {"PENDING", "RUNNING", "COMPLETING", "CONFIGURING", "SUSPENDED"}

        def tasks():
            found = self.tasks(job)
            return found if found and not going & {state for state, *_ in found.values()} else None

        return until(f"job {job}", seconds, tasks)

    def __exit__(self, *_):
        for daemon in self.daemons.values():
            daemon.terminate()
        for daemon in self.daemons.values():
            try:
                daemon.wait(timeout=5)
            except subprocess.TimeoutExpired:
                daemon.kill()
        left = lambda: [it for it in descendants(os.getpid()) if it not in self.others]

        def killed():
            for process in left():
                try:
                    os.kill(process, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            try:
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            except ChildProcessError:
                pass
            return not left()

        until("the end of what Slurm started", 20, killed)
