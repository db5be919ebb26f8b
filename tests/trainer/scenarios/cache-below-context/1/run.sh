#!/usr/bin/env bash
# The model takes 131072 tokens, the data needs 2048.
set -euo pipefail

python3 -m simulated.main_ppo \
    algorithm.adv_estimator=grpo \
    data.max_prompt_length=1024 \
    data.max_response_length=1024 \
    actor_rollout_ref.model.path=models/llama-3.1-8b \
    actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu=4 \
    actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=4 \
    actor_rollout_ref.rollout.tensor_model_parallel_size=1 \
    actor_rollout_ref.rollout.gpu_memory_utilization=0.4 \
    actor_rollout_ref.rollout.n=8 \
    trainer.n_gpus_per_node=8 \
    "$@"
