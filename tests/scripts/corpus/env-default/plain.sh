#!/usr/bin/env bash
TRAIN_BATCH_SIZE=${TRAIN_BATCH_SIZE:-1024}
MICRO=${MICRO:-8}
UTIL="${UTIL:-0.6}"
python3 -m train.ppo \
    data.train_batch_size=${TRAIN_BATCH_SIZE} \
    actor.ppo_micro_batch_size_per_gpu="$MICRO" \
    rollout.gpu_memory_utilization=$UTIL \
    "$@"
