#!/usr/bin/env bash
# Long answers: the update has the largest tensors here.
set -euo pipefail

DATA=(
    data.train_batch_size=512
    data.max_prompt_length=1024
    data.max_response_length=3072
)
ACTOR=(
    actor_rollout_ref.model.path=models/llama-3.1-8b
    actor_rollout_ref.actor.ppo_mini_batch_size=128
    actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu=8  # one step of accumulation
)
ROLLOUT=(
    actor_rollout_ref.rollout.n=8
    actor_rollout_ref.rollout.gpu_memory_utilization=0.55
    actor_rollout_ref.rollout.max_model_len=4096
    actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=4
)

python3 -m simulated.main_ppo \
    algorithm.adv_estimator=grpo \
    "${DATA[@]}" \
    "${ACTOR[@]}" \
    "${ROLLOUT[@]}" \
    trainer.n_gpus_per_node=8 \
    "$@"
