#!/usr/bin/env bash
ENGINE=${ENGINE:-vllm}
if [ "$ENGINE" = "sglang" ]; then
    UTIL=0.5
    BATCH=128
else
    UTIL=0.7
    BATCH=256
fi
python3 -m train.ppo rollout.name=$ENGINE rollout.gpu_memory_utilization=$UTIL data.train_batch_size=$BATCH
