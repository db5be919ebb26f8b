#!/usr/bin/env bash
set -x

python3 -m train.ppo \
    data.train_batch_size=1024 \
    actor.ppo_mini_batch_size=256 \
    actor.ppo_micro_batch_size_per_gpu=16 \
    rollout.gpu_memory_utilization=0.6 \
    trainer.n_gpus_per_node=8
