"""Runs one simulated job: `python3 -m simulated.main_ppo KEY=VALUE…`, with verl's keys.

Every phase of every step is counted. The first that does not fit the card or the node ends the run
as it ends in verl; else the run trains to its end and exits with 0.
"""

import os
import signal

import hydra

from . import checks, words
from .memory import CONTEXT, FRAGMENTS, GIB, Job

# Ray kills a worker at this share of the node's memory, unless its monitor is off.
THRESHOLD = 0.95


def start_engine(job):
    """What vLLM and SGLang check before they serve."""
    config, rollout = job.config, job.rollout
    held = job.start() * (1 + FRAGMENTS) + CONTEXT + config.sim.taken_gib * GIB
    free = job.capacity - held
    if rollout.name == "vllm" and free < job.share:
        raise words.in_engine(
            words.start_frames(words.frame("vllm/v1/worker/gpu_worker.py", 187, "init_device", "raise ValueError(")),
            f"ValueError: Free memory on device ({free / GIB:.2f}/{job.capacity / GIB:.2f} GiB) on startup is less than desired GPU "
            f"memory utilization ({rollout.gpu_memory_utilization}, {job.share / GIB:.2f} GiB). Decrease GPU memory utilization or "
            "reduce GPU memory used by other processes.",
        )
    say = f"INFO 11-27 09:13:48 [gpu_model_runner.py:2392] Model loading took {job.weights / GIB:.4f} GiB and 3.118294 seconds"
    words.say(say, "vLLMHttpServer", words.SERVER)
    check_cache(job)
    if rollout.name != "vllm":
        return
    held += job.share
    if held + job.graphs > job.capacity:
        raise words.in_engine(
            words.start_frames(words.frame("vllm/v1/worker/gpu_model_runner.py", 3390, "capture_model", "self._capture_cudagraphs(")),
            words.torch_oom(job, job.graphs, held, 0, FRAGMENTS),
        )
    # The share has room for the activations of a profile, which the sampler may use.
    if held + job.graphs + max(0, job.sampler - job.engine_activations) > job.capacity:
        raise words.in_engine(
            words.start_frames(words.frame("vllm/v1/worker/gpu_model_runner.py", 3104, "_dummy_sampler_run", "raise RuntimeError(")),
            f"RuntimeError: CUDA out of memory occurred when warming up sampler with {rollout.max_num_seqs} dummy requests. Please try "
            "lowering `max_num_seqs` or `gpu_memory_utilization` when initializing the engine.",
        )


def check_cache(job):
    memory, rollout = job.kv_memory(), job.rollout
    place = words.frame("vllm/v1/core/kv_cache_utils.py", 699, "check_enough_kv_cache_memory", "raise ValueError(")
    if memory <= 0:
        raise words.in_engine(
            words.start_frames(place),
            "ValueError: No available memory for the cache blocks. Try increasing `gpu_memory_utilization` when initializing the engine.",
        )
    longest = rollout.max_model_len or job.model.context
    if memory < longest * job.kv_token:
        raise words.in_engine(
            words.start_frames(place),
            f"ValueError: To serve at least one request with the models's max seq len ({longest}), ({longest * job.kv_token / GIB:.2f} "
            f"GiB KV cache is needed, which is larger than the available KV cache memory ({memory / GIB:.2f} GiB). Based on the "
            f"available memory, the estimated maximum model length is {int(memory / job.kv_token) // 16 * 16}. Try increasing "
            "`gpu_memory_utilization` or decreasing `max_model_len` when initializing the engine.",
        )


def fits_host(job, phase, more=0):
    """Ray's monitor or the job's control group ends what needs more than the node or Slurm grants."""
    processes = {**job.host(), "save": more}
    used, node = sum(processes.values()), job.config.sim.host_gib * GIB
    granted = int(os.environ.get("SLURM_MEM_PER_NODE", 0)) * 2**20 or node
    watched = os.environ.get("RAY_memory_monitor_refresh_ms") != "0"
    total = min(node, granted)
    if watched and used > THRESHOLD * total:
        raise words.ray_killed(phase, processes, total, THRESHOLD, job.config.trainer.n_gpus_per_node)
    if used > total:
        os.kill(os.getpid(), signal.SIGKILL)


def run_phase(job, phase):
    """Makes the tensors of a phase one by one; returns the bytes at its peak."""
    check = {name: getattr(checks, name) for name in ("weight_sync", "log_prob", "ref_log_prob", "critic_update", "actor_update")}
    check.get(phase.name, lambda job: None)(job)
    held = phase.resident
    # An engine takes its memory once, in one piece.
    fragments = FRAGMENTS if phase.name == "generation" else job.fragments
    taken = job.config.sim.taken_gib * GIB
    for place, wanted in phase.tensors or [("", 0)]:
        message = words.torch_oom(job, wanted, held, taken, fragments)
        if message and place == "pool":
            message = "RuntimeError: CUDA Error: out of memory at /workspace/csrc/cumem_allocator.cpp:62"
            words.say(message.partition(": ")[2], "WorkerDict", words.WORKER)
            raise words.in_worker(phase.name, place, message, words.RemoteRuntimeError)
        if message:
            raise words.in_worker(phase.name, place, message, family=job.model.family)
        held += wanted
    return held


def train(job):
    config = job.config
    for step in range(1, config.sim.steps + 1):
        fits_host(job, "generation")
        peak = max(run_phase(job, phase) for phase in job.phases())
        if config.trainer.save_freq > 0 and step % config.trainer.save_freq == 0:
            fits_host(job, "checkpoint", job.host_of_checkpoint())
        words.say(
            f"step:{step} - training/global_step:{step} - actor/entropy:{0.31 / step:.3f} - critic/rewards/mean:{0.4 + 0.02 * step:.3f} - "
            f"response_length/max:{config.data.max_response_length:.1f} - perf/max_memory_allocated_gb:{peak / GIB:.2f} - "
            f"perf/cpu_memory_used_gb:{sum(job.host().values()) / GIB:.2f}"
        )


def simulate(job):
    data, actor = job.config.data, job.actor
    words.say(
        f"simulated: {job.responses} responses a step, {job.mini} a mini batch, "
        f"{data.train_batch_size / actor.ppo_mini_batch_size * actor.ppo_epochs:g} optimizer steps, "
        f"{data.max_response_length} tokens a response, {job.world} GPUs"
    )
    checks.start_up(job)
    checks.workers(job)
    start_engine(job)
    train(job)
    words.say("Training finished")


def run_ppo(config):
    try:
        simulate(Job(config))
    except Exception as error:
        # What happened in other processes leaves no frames of this one.
        raise error.with_traceback(None)


@hydra.main(config_path="conf", config_name="ppo_trainer", version_base=None)
def main(config):
    run_ppo(config)


if __name__ == "__main__":
    main()
