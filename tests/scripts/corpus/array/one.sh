#!/usr/bin/env bash
ARGS=(
    data.train_batch_size=256
    actor.ppo_micro_batch_size_per_gpu=8   # fits 80 GB
    rollout.n=5
)
python3 -m train.ppo "${ARGS[@]}"
