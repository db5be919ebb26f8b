#!/usr/bin/env bash
# A rank scores 1050 responses: 50 divides them, a quarter of 50 does not.
set -euo pipefail

python3 -m simulated.main_ppo \
    algorithm.adv_estimator=grpo \
    data.train_batch_size=840 \
    data.max_response_length=1536 \
    actor_rollout_ref.model.path=models/qwen2.5-7b \
    actor_rollout_ref.actor.ppo_mini_batch_size=168 \
    actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu=6 \
    actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=10 \
    actor_rollout_ref.rollout.gpu_memory_utilization=0.5 \
    actor_rollout_ref.rollout.n=5 \
    trainer.n_gpus_per_node=4
