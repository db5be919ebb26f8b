#!/usr/bin/env bash
# Start: HOME=/home/someone run.sh
set -euxo pipefail

RAY_ADDRESS=${RAY_ADDRESS:-"http://localhost:8265"}
WORKING_DIR=${WORKING_DIR:-"/srv/verl"}
NNODES=2
MICRO=4

ray job submit --no-wait --runtime-env="${WORKING_DIR}/env.yaml" \
    --address "${RAY_ADDRESS}" \
    --working-dir "${WORKING_DIR}" \
    -- python3 -m verl.trainer.main_ppo \
    algorithm.adv_estimator=grpo \
    data.train_files="$HOME/data/train.parquet" \
    data.val_files="$HOME/data/test.parquet" \
    data.train_batch_size=256 \
    actor_rollout_ref.model.path="$HOME/models/qwen" \
    actor_rollout_ref.actor.ppo_mini_batch_size=64 \
    actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu=$MICRO \
    actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=$MICRO \
    actor_rollout_ref.ref.log_prob_micro_batch_size_per_gpu=$MICRO \
    actor_rollout_ref.rollout.name=vllm \
    actor_rollout_ref.rollout.n=8 \
    actor_rollout_ref.actor.use_kl_loss=True \
    +actor_rollout_ref.model.override_config.attention_dropout=0. \
    trainer.n_gpus_per_node=8 \
    trainer.nnodes="${NNODES}"
