#!/usr/bin/env bash
DATA=(
    data.train_batch_size=256
    data.max_response_length=1024
)
ACTOR=(
    actor.ppo_mini_batch_size=64
    actor.param_offload=False
)
ROLLOUT=(
    rollout.n=8
    rollout.gpu_memory_utilization=0.6
)
python3 -m train.ppo \
    "${DATA[@]}" \
    "${ACTOR[@]}" \
    "${ROLLOUT[@]}" \
    "$@"
