#!/usr/bin/env bash
set -euo pipefail

MODEL=${MODEL:-models/qwen3-8b}
n_gpus=${N_GPUS:-4}
log_prob_micro_batch=${LOG_PROB_MICRO_BATCH:-8}
ref_micro_batch=${REF_MICRO_BATCH:-24}

python3 -m simulated.main_ppo \
    algorithm.adv_estimator=grpo \
    data.train_batch_size=768 \
    data.max_prompt_length=1024 \
    data.max_response_length=1024 \
    actor_rollout_ref.model.path="$MODEL" \
    actor_rollout_ref.actor.ppo_mini_batch_size=192 \
    actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu=8 \
    actor_rollout_ref.actor.use_kl_loss=True \
    actor_rollout_ref.actor.kl_loss_coef=0.001 \
    actor_rollout_ref.ref.log_prob_micro_batch_size_per_gpu=$ref_micro_batch \
    actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=$log_prob_micro_batch \
    actor_rollout_ref.rollout.gpu_memory_utilization=0.5 \
    actor_rollout_ref.rollout.n=4 \
    trainer.n_gpus_per_node="$n_gpus" \
    "$@" 2>&1
