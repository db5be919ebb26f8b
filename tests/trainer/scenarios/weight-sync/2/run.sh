#!/usr/bin/env bash
set -euo pipefail

bucket_mb=10240

python3 -m simulated.main_ppo \
    algorithm.adv_estimator=grpo \
    data.max_response_length=1024 \
    actor_rollout_ref.model.path=models/qwen2.5-7b \
    actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu=2 \
    actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=2 \
    actor_rollout_ref.rollout.tensor_model_parallel_size=1 \
    actor_rollout_ref.rollout.gpu_memory_utilization=0.45 \
    actor_rollout_ref.rollout.checkpoint_engine.update_weights_bucket_megabytes=$bucket_mb \
    actor_rollout_ref.rollout.n=8 \
    trainer.n_gpus_per_node=4
