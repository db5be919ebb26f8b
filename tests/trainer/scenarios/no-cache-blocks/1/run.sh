#!/usr/bin/env bash
set -euo pipefail

rollout=(
    actor_rollout_ref.rollout.tensor_model_parallel_size=1
    actor_rollout_ref.rollout.gpu_memory_utilization=${GPU_MEMORY_UTILIZATION:-0.18}
    actor_rollout_ref.rollout.max_model_len=1536
    actor_rollout_ref.rollout.n=5
    actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=8
)

python3 -m simulated.main_ppo algorithm.adv_estimator=grpo "${rollout[@]}" \
    data.max_response_length=1024 \
    actor_rollout_ref.model.path=models/qwen2.5-7b \
    actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu=8 \
    trainer.n_gpus_per_node=4 "$@" 2>&1 | cat
