"""What the real programs print: sizes, messages and tracebacks of PyTorch, vLLM, SGLang and Ray.

The processes of a job are named by numbers that stay the same, so that a run can be compared with
another one.
"""

import sys

from .memory import CONTEXT, GIB

SITE = "/opt/venv/lib/python3.12/site-packages"
HOST, RUNNER, WORKER, SERVER, ENGINE, RAYLET = "10.0.3.17", 41822, 42310, 42188, 42544, 41507
ADVICE = (
    "If reserved but unallocated memory is large try setting PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True to avoid "
    "fragmentation.  See documentation for Memory Management  (https://pytorch.org/docs/stable/notes/cuda.html#environment-variables)"
)


def error(module, name):
    """A class whose name Python prints as that of the real one."""
    return type(name, (Exception,), {"__module__": module})


RemoteError = error("ray.exceptions", "RayTaskError(OutOfMemoryError)")
RemoteRuntimeError = error("ray.exceptions", "RayTaskError(RuntimeError)")
RemoteValueError = error("ray.exceptions", "RayTaskError(ValueError)")
RemoteAssertionError = error("ray.exceptions", "RayTaskError(AssertionError)")
HostError = error("ray.exceptions", "OutOfMemoryError")


def say(text, actor="TaskRunner", pid=RUNNER, file=sys.stdout):
    """Prints lines as Ray forwards them from a process of the job."""
    for line in text.splitlines():
        print(f"\x1b[36m({actor} pid={pid})\x1b[0m {line}", file=file, flush=True)


def size(number):
    """Bytes as c10::CachingAllocator::format_size writes them."""
    for limit, unit in ((1, "bytes"), (2**10, "KiB"), (2**20, "MiB")):
        if number <= limit * 1024:
            return f"{int(number)} bytes" if unit == "bytes" else f"{number / limit:.2f} {unit}"
    return f"{number / GIB:.2f} GiB"


def torch_oom(job, tried, held, taken, fragments):
    """PyTorch's message; none where the tensor fits. `held` is what tensors have, `taken` what others have."""
    capacity, fragments = job.capacity, fragments * held
    used = held + fragments + CONTEXT
    free = capacity - used - taken
    if tried <= free:
        return None
    other = f" Process {ENGINE} has {size(taken)} memory in use." if taken else ""
    return (
        f"torch.OutOfMemoryError: CUDA out of memory. Tried to allocate {size(tried)}. GPU 0 has a total capacity of "
        f"{size(capacity)} of which {size(max(free, 0))} is free.{other} Including non-PyTorch memory, this process has "
        f"{size(used)} memory in use. Of the allocated memory {size(held)} is allocated by PyTorch, and {size(fragments)} is "
        f"reserved by PyTorch but unallocated. {ADVICE}"
    )


def frame(path, line, function, code):
    return f'  File "{SITE}/{path}", line {line}, in {function}\n    {code}'


# Where a phase is called from, the method of the worker, and what that calls down to each tensor.
WORKERS = "verl/workers/engine_workers.py"
ENGINE_CODE = "verl/workers/engine/fsdp/transformer_impl.py"
TORCH = "torch/nn/modules/module.py"
HEAD = {
    "gathered": [frame("torch/distributed/fsdp/_flat_param.py", 1310, "_alloc_padded_unsharded_flat_param", "_alloc_storage(flat_param, numel)")],
    "logits": [frame("transformers/models/qwen2/modeling_qwen2.py", 451, "forward", "logits = self.lm_head(hidden_states[:, slice_indices, :])")],
    "temperature": [frame(ENGINE_CODE, 1357, "prepare_model_outputs", "logits = logits / temperature")],
    "entropy": [frame("verl/utils/torch_functional.py", 243, "entropy_from_logits", "pd = torch.nn.functional.softmax(logits, dim=-1)")],
    "chunks": [frame("verl/utils/torch_functional.py", 262, "entropy_from_logits_with_chunking", "pd_chunk = torch.nn.functional.softmax(chunk, dim=-1)")],
    "fused": [frame("verl/utils/kernel/linear_cross_entropy.py", 71, "forward", "logprobs, entropy = kernels.efficient_entropy_forward(hidden, weight)")],
}
BACKWARD = [
    frame(ENGINE_CODE, 701, "forward_backward_batch", "loss.backward()"),
    frame("torch/autograd/graph.py", 829, "_engine_run_backward", "return Variable._execution_engine.run_backward("),
]
LAYER = [frame("transformers/models/qwen2/modeling_qwen2.py", 46, "forward", "down_proj = self.down_proj(self.act_fn(self.gate_proj(x)) * self.up_proj(x))")]
ROLLOUT = frame(WORKERS, 742, "rollout_mode", "await self.rollout.update_weights(per_tensor_param)")
CUMEM = [
    frame("vllm/v1/worker/gpu_worker.py", 130, "wake_up", "allocator.wake_up(tags)"),
    frame("vllm/device_allocator/cumem.py", 227, "wake_up", "create_and_map(handle)"),
    frame("vllm/device_allocator/cumem.py", 78, "create_and_map", "python_create_and_map(*allocation_handle)"),
]

PHASES = {
    "weight_sync": (
        ("update_weights", "self.checkpoint_manager.update_weights()"), "actor_rollout_update_weights", [ROLLOUT],
        {
            "weights": [frame("vllm/device_allocator/cumem.py", 219, "resume_weights", "create_handle(size)")],
            "full": [frame("verl/utils/fsdp_utils.py", 611, "get_per_tensor_param", "yield name, param.full_tensor()")],
            "bucket": [frame("verl/workers/rollout/vllm_rollout/bucketed_weight_transfer.py", 96, "_init_buffer", "buffer = torch.empty(self.bucket_size, dtype=torch.uint8, device=device)")],
        },
    ),
    "wake_up": (("update_weights", "self.checkpoint_manager.update_weights()"), "actor_rollout_wake_up", [], {"pool": CUMEM}),
    "generation": (
        ("generate", "gen_batch_output = self.async_rollout_manager.generate_sequences(gen_batch)"), "SGLangHttpServer.generate", [],
        {
            "prefill": [frame("sglang/srt/managers/scheduler.py", 988, "event_loop_overlap", "result = self.run_batch(batch)"), *LAYER],
            "decode": [frame("sglang/srt/managers/scheduler.py", 988, "event_loop_overlap", "result = self.run_batch(batch)"),
                       frame("sglang/srt/layers/sampler.py", 83, "forward", "probs = torch.softmax(logits, dim=-1)")],
        },
    ),
    "log_prob": (
        ("_compute_old_log_prob", "output = self.actor_rollout_wg.compute_log_prob(batch_td)"), "actor_rollout_compute_log_prob",
        [frame(WORKERS, 541, "compute_log_prob", "output = self.actor.infer_batch(data)"),
         frame(ENGINE_CODE, 1203, "forward_step", "model_output = self.prepare_model_outputs(output=raw_output, output_args=output_args)")],
        HEAD,
    ),
    "ref_log_prob": (
        ("_compute_ref_log_prob", "output = self.ref_policy_wg.compute_ref_log_prob(batch_td)"), "ref_compute_ref_log_prob",
        [frame(WORKERS, 527, "compute_ref_log_prob", "output = self.ref.infer_batch(data)"),
         frame(ENGINE_CODE, 1203, "forward_step", "model_output = self.prepare_model_outputs(output=raw_output, output_args=output_args)")],
        HEAD,
    ),
    "critic_values": (
        ("_compute_values", "output = self.critic_wg.compute_values(batch_td)"), "critic_compute_values",
        [frame(WORKERS, 318, "infer_batch", "output = self.engine.infer_batch(data, loss_function=None)")], {"gathered": HEAD["gathered"], "layer": LAYER},
    ),
    "critic_update": (
        ("_update_critic", "critic_output = self.critic_wg.train_mini_batch(batch_td)"), "critic_train_mini_batch",
        [frame(WORKERS, 284, "train_mini_batch", "output = self.train_batch(mini_batch_td)")],
        {"gathered": HEAD["gathered"], "kept": LAYER, "gradients": BACKWARD, "layer": [*BACKWARD, *LAYER]},
    ),
    "actor_update": (
        ("_update_actor", "actor_output = self.actor_rollout_wg.update_actor(batch_td)"), "actor_rollout_update_actor",
        [frame(WORKERS, 566, "update_actor", "output = self.actor.train_mini_batch(data=data)"),
         frame(WORKERS, 284, "train_mini_batch", "output = self.train_batch(mini_batch_td)")],
        {**HEAD, "kept": LAYER, "gradients": BACKWARD, "layer": [*BACKWARD, *LAYER], "gradient": BACKWARD},
    ),
    "optimizer_step": (
        ("_update_actor", "actor_output = self.actor_rollout_wg.update_actor(batch_td)"), "actor_rollout_update_actor",
        [frame(WORKERS, 566, "update_actor", "output = self.actor.train_mini_batch(data=data)"),
         frame(ENGINE_CODE, 812, "optimizer_step", "self.optimizer.step()")],
        {"moments": [frame("torch/optim/adamw.py", 232, "step", "adamw("),
                     frame("torch/optim/adam.py", 721, "_multi_tensor_adam", "exp_avg_sq_sqrt = torch._foreach_sqrt(device_exp_avg_sqs)")]},
    ),
    "checkpoint": (
        ("_save_checkpoint", "self.actor_rollout_wg.save_checkpoint(actor_local_path)"), "actor_rollout_save_checkpoint",
        [frame(WORKERS, 688, "save_checkpoint", "self.actor.save_checkpoint(local_path, hdfs_path, global_step)")], {},
    ),
}


def remote(method, pid=WORKER):
    name = method if "." in method else f"WorkerDict.{method}"
    kind = name.partition(".")[0]
    return (
        f"\x1b[36mray::{name}()\x1b[39m (pid={pid}, ip={HOST}, actor_id=8a3e1f4f8b0e3a9f72bb32d101000000, "
        f"repr=<verl.single_controller.ray.base.{kind} object at 0x7f4a1c0b8e10>)"
    )


def runner(steps):
    """The head of every failure: the driver's task, and the step from which it called."""
    called, code = steps
    return "\n".join([
        f"\x1b[36mray::TaskRunner.run()\x1b[39m (pid={RUNNER}, ip={HOST}, actor_id=1f0c2c6d7b0b2a6f51e5c1a301000000, "
        "repr=<main_ppo.TaskRunner object at 0x7f0f5c1d2f50>)",
        frame("verl/trainer/ppo/ray_trainer.py", 1519, "fit", f"batch = self.{called}(batch)"),
        frame("verl/trainer/ppo/ray_trainer.py", 1204, called, code),
    ])


def in_worker(phase, place, message, kind=RemoteError, family="qwen2"):
    """The error that the driver gets when a worker fails in a phase."""
    steps, method, frames, places = PHASES[phase]
    lines = [runner(steps), f"{kind.__module__}.{kind.__name__}: {remote(method)}", *frames, *places.get(place, []), message]
    return kind("\n".join(lines).replace("qwen2", family))


def in_engine(frames, message):
    """Prints what the rollout's server says when its engine does not start; returns the driver's error."""
    head = f"(EngineCore_DP0 pid={ENGINE}) ERROR 11-27 09:14:02 [core.py:708] "
    lines = ["EngineCore failed to start.", "Traceback (most recent call last):", *"\n".join(frames).splitlines(), message]
    say("\n".join(head + line for line in lines), "vLLMHttpServer", SERVER, sys.stderr)
    steps = ("init_workers", "self.async_rollout_manager = AgentLoopManager(config=self.config, worker_group=self.actor_rollout_wg)")
    return RemoteRuntimeError("\n".join([
        runner(steps),
        f"ray.exceptions.RayTaskError(RuntimeError): {remote('vLLMHttpServer.launch_server', SERVER)}",
        frame("vllm/v1/engine/utils.py", 732, "wait_for_engine_startup", 'raise RuntimeError("Engine core initialization failed. "'),
        "RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}",
    ]))


def start_frames(last):
    return [
        frame("vllm/v1/engine/core.py", 699, "run_engine_core", "engine_core = EngineCoreProc(*args, **kwargs)"),
        frame("vllm/v1/engine/core.py", 92, "__init__", "self._initialize_kv_caches(vllm_config)"),
        last,
    ]


def ray_killed(phase, processes, total, threshold, cards):
    """Prints what the raylet says, returns the driver's error. Ray writes GB and counts 2^30 bytes."""
    used, method = sum(processes.values()), PHASES[phase][1]
    node = "3f8b1c0d9e7a4652b1d0c3e4f5a697880a1b2c3d4e5f60718293a4b5"
    print(
        f"\x1b[33m(raylet)\x1b[0m [2026-11-27 09:14:02,402 E {RAYLET} {RAYLET}] (raylet) node_manager.cc:3069: 1 Workers (tasks / "
        f"actors) killed due to memory pressure (OOM), 0 Workers crashed due to other reasons at node (ID: {node}, IP: {HOST}) over "
        f"the last time period. To see more information about the Workers killed on this node, use `ray logs raylet.out -ip {HOST}`",
        file=sys.stderr, flush=True,
    )
    each = used * 0.9 / cards
    users = "\n".join(f"{WORKER + card}\t{each / GIB:.2f}\tray::WorkerDict.{method}" for card in range(min(cards, 4)))
    return HostError(
        "Task was killed due to the node running low on memory.\n"
        f"Memory on the node (IP: {HOST}, ID: {node}) where the task (actor ID: 8a3e1f4f8b0e3a9f72bb32d101000000, "
        f"name=Xq0ZpEWorkerDict_0:0:WorkerDict.__init__, pid={WORKER}, memory used={each / GIB:.2f}GB) was running was "
        f"{used / GIB:.2f}GB / {total / GIB:.2f}GB ({used / total:.6f}), which exceeds the memory usage threshold of {threshold}. Ray "
        "killed this worker (ID: c0ffee00112233445566778899aabbccddeeff001122334455667788) because it was the most recently scheduled "
        f"task; to see more information about memory usage on this node, use `ray logs raylet.out -ip {HOST}`. Top 10 memory users:\n"
        f"PID\tMEM(GB)\tCOMMAND\n{users}\n"
    )
