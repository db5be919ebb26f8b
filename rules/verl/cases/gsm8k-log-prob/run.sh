#!/usr/bin/env bash
set -euo pipefail

LOG_PROB_MICRO_BATCH=${LOG_PROB_MICRO_BATCH:-32}

python3 -m verl.trainer.main_ppo \
    algorithm.adv_estimator=grpo \
    data.train_batch_size=256 \
    actor_rollout_ref.actor.ppo_mini_batch_size=64 \
    actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu=4 \
    actor_rollout_ref.rollout.n=4 \
    actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=$LOG_PROB_MICRO_BATCH \
    trainer.n_gpus_per_node=4 \
    "$@"
