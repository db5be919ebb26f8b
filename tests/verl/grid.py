#!/usr/bin/env python3
"""Writes grid.jsonl: realistic launches of verl, each valid by itself, the same ones every time.

Run without arguments; needs nothing but Python. A line holds the name of a model, the overrides, the
directives of Slurm, what the log told, and the mean length of a sequence, or 0. Keys that begin with a
dot are below `actor_rollout_ref`.
"""

import json
import pathlib
import random

A, R, F, M = ".actor", ".rollout", ".ref", ".model"
POINTS = 560
# Attention heads, and the ones of keys and values.
HEADS = {"qwen2.5-7b": 28, "qwen2.5-0.5b": 14, "qwen3-8b": 32, "qwen3-0.6b": 16, "llama-3.1-8b": 32}
# Failures that options ask for by name; most come from PyTorch, which tells no signal of its own.
SIGNALS = ["vllm-no-kv-blocks", "sglang-no-kv-memory", "vllm-start-up", "sglang-graph-capture", "ray-node-memory"]


class Point:
    def __init__(self, dice):
        self.dice, self.overrides = dice, {}
        self.model = dice.choice(sorted(HEADS))
        self.strategy = dice.choice(["fsdp", "fsdp", "fsdp2", "fsdp2", "megatron"])
        self.megatron = self.strategy == "megatron"
        self.critic = self.chance(0.3)
        self.dynamic = self.chance(0.35)
        self.reference = self.chance(0.5)

    def chance(self, share):
        return self.dice.random() < share

    def set(self, key, value):
        self.overrides[key] = value

    def maybe(self, share, key, value):
        if self.chance(share):
            self.set(key, value)

    def divisor(self, number, most):
        """One of the largest divisors, so that there is something to lower."""
        found = [it for it in range(1, most + 1) if number % it == 0]
        return self.dice.choice(found[-3:])

    def build(self):
        self.machines()
        self.batches()
        self.passes()
        self.reference_model()
        self.training()
        self.engine()
        self.host()
        return self

    def machines(self):
        gpus, nodes = self.dice.choice([4, 4, 8, 8]), self.dice.choice([1, 1, 1, 2])
        self.set("trainer.n_gpus_per_node", gpus)
        self.set("trainer.nnodes", nodes)
        self.gpus, self.world = gpus, gpus * nodes
        self.split = 1
        if self.megatron:
            self.set("model_engine", "megatron")
            self.split = self.dice.choice([1, 2, 2, 4])
            self.set(f"{A}.megatron.tensor_model_parallel_size", self.split)
            self.set(f"{A}.megatron.optimizer_offload", self.chance(0.3))
            self.set(f"{A}.megatron.param_offload", self.chance(0.3))
        elif self.chance(0.2):
            self.split = 2
            self.set(f"{A}.ulysses_sequence_parallel_size", 2)
        self.set(f"{A}.strategy", self.strategy)
        self.ranks = self.world // self.split

    def batches(self):
        self.n = 1 if self.critic else self.dice.choice([4, 5, 8])
        mini = self.dice.choice([1, 2, 4]) * max(32, self.world)
        self.train = mini * self.dice.choice([1, 2, 4])
        if self.critic:
            self.set("algorithm.adv_estimator", "gae")
        else:
            self.set("algorithm.adv_estimator", self.dice.choice(["grpo", "grpo", "rloo"]))
        self.set("data.train_batch_size", self.train)
        self.set(f"{A}.ppo_mini_batch_size", mini)
        self.set(f"{R}.n", self.n)
        self.prompt, self.response = self.dice.choice([(512, 1024), (1024, 1024), (1024, 3072), (2048, 8192)])
        self.set("data.max_prompt_length", self.prompt)
        self.set("data.max_response_length", self.response)
        self.rows, self.mini_rows = self.train * self.n // self.ranks, mini * self.n // self.ranks
        self.mini = mini

    def passes(self):
        self.old_keys = not self.dynamic and not self.megatron and not self.critic and self.chance(0.06)
        longest = self.prompt + self.response
        on_rank = longest if self.megatron else longest // self.split
        if self.dynamic:
            self.set(f"{A}.use_dynamic_bsz", True)
            self.set(f"{A}.ppo_max_token_len_per_gpu", on_rank * self.dice.choice([1, 2, 2, 3, 4]))
            self.maybe(0.6, f"{R}.log_prob_max_token_len_per_gpu", on_rank * self.dice.choice([1, 2, 3, 8]))
            self.maybe(0.6, f"{F}.log_prob_max_token_len_per_gpu", on_rank * self.dice.choice([1, 2, 3, 8]))
            if self.critic:
                self.set("critic.ppo_max_token_len_per_gpu", longest * self.dice.choice([1, 2, 4]))
        elif self.old_keys:
            whole = self.world * self.dice.choice([2, 4])
            whole = whole if self.mini % whole == 0 else self.world
            self.set(f"{A}.ppo_micro_batch_size", whole)
            self.set(f"{R}.log_prob_micro_batch_size", self.world * 4)
            self.set(f"{F}.log_prob_micro_batch_size", self.world * 4)
        else:
            self.set(f"{A}.ppo_micro_batch_size_per_gpu", self.divisor(self.mini_rows, min(32, self.mini_rows)))
            for part in (R, F):
                self.set(f"{part}.log_prob_micro_batch_size_per_gpu", self.divisor(self.rows, min(64, self.rows)))
            if self.critic:
                self.set("critic.ppo_micro_batch_size_per_gpu", self.divisor(self.mini_rows, min(16, self.mini_rows)))
                if not self.megatron:
                    forward = self.divisor(self.rows, min(64, self.rows))
                    self.maybe(0.6, "critic.forward_micro_batch_size_per_gpu", forward)

    def reference_model(self):
        if self.reference:
            self.set(f"{A}.use_kl_loss", True)
            if not self.megatron:
                self.maybe(0.4, f"{F}.fsdp_config.param_offload", True)

    def training(self):
        self.maybe(0.15, f"{M}.enable_gradient_checkpointing", False)
        self.maybe(0.15, f"{A}.entropy_coeff", 0.001)
        self.maybe(0.1, f"{A}.calculate_entropy", True)
        self.maybe(0.15, f"{M}.use_fused_kernels", True)
        self.maybe(0.1, f"{M}.use_liger", True)
        self.maybe(0.1, f"{A}.checkpoint.save_contents", "['model','optimizer','extra','hf_model']")
        self.maybe(0.1, f"{A}.checkpoint.async_save", True)
        self.maybe(0.4, "trainer.save_freq", 20)
        self.maybe(0.15, "algorithm.rollout_correction.bypass_mode", True)
        if self.critic:
            self.maybe(0.2, "critic.model.enable_gradient_checkpointing", False)
        if self.megatron:
            return
        if self.split == 1:
            self.maybe(0.15, f"{M}.use_remove_padding", False)
        self.maybe(0.3, f"{A}.entropy_from_logits_with_chunking", True)
        self.maybe(0.1, f"{A}.entropy_checkpointing", True)
        self.maybe(0.15, f"{M}.enable_activation_offload", True)
        self.maybe(0.3, f"{A}.fsdp_config.param_offload", True)
        self.maybe(0.3, f"{A}.fsdp_config.optimizer_offload", True)
        self.maybe(0.1, f"{A}.fsdp_config.reshard_after_forward", False)
        self.maybe(0.1, f"{A}.fsdp_config.fsdp_size", 2)
        self.maybe(0.1, f"{A}.fsdp_config.use_no_sync_for_gradient_accumulation", True)
        self.maybe(0.1, f"{A}.fsdp_config.model_dtype", "bf16")
        if self.strategy == "fsdp2":
            self.maybe(0.2, f"{A}.fsdp_config.offload_policy", True)
        if self.critic:
            self.maybe(0.3, "critic.fsdp.param_offload", True)
            self.maybe(0.3, "critic.fsdp.optimizer_offload", True)
        if self.chance(0.12):
            self.set(f"{M}.lora_rank", 32)

    def engine(self):
        self.set(f"{R}.name", self.dice.choice(["vllm", "vllm", "sglang"]))
        splits = [it for it in (1, 2, 4) if HEADS[self.model] % it == 0 and self.gpus % it == 0]
        self.set(f"{R}.tensor_model_parallel_size", self.dice.choice(splits))
        self.set(f"{R}.gpu_memory_utilization", self.dice.choice([0.35, 0.5, 0.6, 0.7, 0.85]))
        self.maybe(0.12, f"{R}.free_cache_engine", False)
        self.maybe(0.15, f"{R}.enforce_eager", True)
        self.maybe(0.1, f"{R}.cudagraph_capture_sizes", "[1,2,4,8]")
        self.maybe(0.2, f"{R}.max_num_seqs", self.dice.choice([64, 512, 1024]))
        self.maybe(0.2, f"{R}.max_model_len", self.prompt + self.response + 1)
        if self.chance(0.2):
            self.set(f"{R}.enable_chunked_prefill", False)
            self.set(f"{R}.max_num_batched_tokens", self.prompt + self.response + 1)
        self.maybe(0.2, f"{R}.checkpoint_engine.update_weights_bucket_megabytes", 4096)

    def host(self):
        self.maybe(0.2, "data.dataloader_num_workers", 1)
        self.maybe(0.2, f"{R}.agent.num_workers", 1)
        self.maybe(0.2, "reward.num_workers", 2)

    def line(self):
        oom = {"free": self.dice.choice([5336000000, 42500000000])}
        oom["reserved_unallocated"] = self.dice.choice([4842000000] * 4 + [20000000000])
        if self.chance(0.4):
            oom["signal"] = self.dice.choice(SIGNALS)
        directives = {}
        if self.chance(0.5):
            directives = {"mem": self.dice.choice([500, 1000]) * 2**30, "gpus_per_node": self.gpus}
            directives["nodes"] = self.world // self.gpus
        mean = (self.prompt + self.response) * 5 // 8 if self.chance(0.4) else 0
        words = " ".join(f"{key}={value}" for key, value in self.overrides.items())
        return {"model": self.model, "mean_sequence": mean, "oom": oom, "sbatch": directives, "overrides": words}


def overrides(line):
    """The overrides of a line in full."""
    words = line["overrides"].split(" ")
    return [f"actor_rollout_ref{word}" if word.startswith(".") else word for word in words]


def lines():
    dice = random.Random(6)
    return [json.dumps(Point(dice).build().line()) for _ in range(POINTS)]


if __name__ == "__main__":
    pathlib.Path(__file__).with_name("grid.jsonl").write_text("\n".join(lines()) + "\n")
