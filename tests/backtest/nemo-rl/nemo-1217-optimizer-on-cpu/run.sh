#!/usr/bin/env bash
# 32B parameters on one node of eight 80 GB cards.
uv run python examples/run_grpo.py \
    policy.model_name=/models/base-32b \
    policy.dtensor_cfg.enabled=false \
    policy.megatron_cfg.enabled=true \
    policy.megatron_cfg.tensor_model_parallel_size=8 \
    policy.megatron_cfg.activation_checkpointing=true \
    policy.megatron_cfg.empty_unused_memory_level=2 \
    policy.train_micro_batch_size=1 \
    policy.logprob_batch_size=1 \
    policy.generation.vllm_cfg.tensor_parallel_size=4 \
    cluster.gpus_per_node=8
