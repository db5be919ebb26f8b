#!/usr/bin/env bash
set -euo pipefail

train_batch_size=${TRAIN_BATCH_SIZE:-256}
micro=${MICRO:-16}

ACTOR=(
    actor_rollout_ref.actor.ppo_mini_batch_size=${PPO_MINI_BATCH_SIZE:-64}
    actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu=${micro}
    actor_rollout_ref.actor.use_kl_loss=True
)
ROLLOUT=(
    actor_rollout_ref.rollout.name=vllm
    actor_rollout_ref.rollout.n=${ROLLOUT_N:-8}
    actor_rollout_ref.rollout.gpu_memory_utilization=${GPU_MEM_UTIL:-0.85}
    actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=${micro}
)
REF=(
    actor_rollout_ref.ref.log_prob_micro_batch_size_per_gpu=${micro}
)

LAUNCH=(python3)
"${LAUNCH[@]}" -m verl.trainer.main_ppo \
    algorithm.adv_estimator=grpo \
    data.train_batch_size=$train_batch_size \
    actor_rollout_ref.model.path=/models/qwen3 \
    trainer.n_gpus_per_node=8 \
    "${ACTOR[@]}" "${ROLLOUT[@]}" "${REF[@]}" "$@"
