#!/usr/bin/env bash
# 8B parameters, one node.
uv run examples/run_sft.py \
    --config=examples/configs/sft_openmathinstruct2.yaml \
    cluster.num_nodes=1 \
    cluster.gpus_per_node=8 \
    policy.dtensor_cfg.enabled=true \
    policy.megatron_cfg.enabled=false \
    policy.dtensor_cfg.tensor_parallel_size=2 \
    policy.train_micro_batch_size=8
