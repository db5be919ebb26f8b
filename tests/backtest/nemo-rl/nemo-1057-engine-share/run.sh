#!/usr/bin/env bash
# GRPO, training and generation on the same cards.
uv run python examples/run_grpo.py \
    policy.train_micro_batch_size=2 \
    policy.generation.vllm_cfg.gpu_memory_utilization=0.7 \
    policy.generation.vllm_cfg.tensor_parallel_size=2 \
    cluster.gpus_per_node=8
