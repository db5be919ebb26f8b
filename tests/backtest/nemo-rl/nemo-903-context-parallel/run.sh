#!/usr/bin/env bash
# A small model on long sequences, 64 nodes.
uv run python examples/run_sft.py \
    ++policy.dtensor_cfg.enabled=false \
    ++policy.megatron_cfg.enabled=true \
    ++policy.megatron_cfg.tensor_model_parallel_size=1 \
    ++policy.megatron_cfg.context_parallel_size=2 \
    ++policy.train_global_batch_size=1024 \
    ++policy.train_micro_batch_size=1 \
    ++policy.max_total_sequence_length=32768 \
    cluster.num_nodes=64 \
    cluster.gpus_per_node=8
