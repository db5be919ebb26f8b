#!/usr/bin/env bash
# Rollout and training on cards of their own; new weights are sent over NCCL.
set -xeuo pipefail

n_gpus=${NUM_GPUS:-8}
half=$((n_gpus / 2))

common=(
    data.train_files="$HOME/data/gsm8k/train.parquet"
    data.val_files="$HOME/data/gsm8k/test.parquet"
    data.max_prompt_length=1024
    data.max_response_length=2048
    data.train_batch_size=0
    algorithm.adv_estimator=grpo
    actor_rollout_ref.hybrid_engine=False
    actor_rollout_ref.model.path="$HOME/models/Qwen2.5-0.5B-Instruct"
    actor_rollout_ref.actor.strategy=fsdp2
    actor_rollout_ref.actor.ppo_mini_batch_size=16
    actor_rollout_ref.actor.use_dynamic_bsz=True
    actor_rollout_ref.actor.use_kl_loss=False
    actor_rollout_ref.rollout.name=vllm
    actor_rollout_ref.rollout.n=16
    actor_rollout_ref.rollout.calculate_log_probs=True
    actor_rollout_ref.rollout.tensor_model_parallel_size=2
    actor_rollout_ref.rollout.gpu_memory_utilization=0.70
    actor_rollout_ref.rollout.checkpoint_engine.backend=nccl
    actor_rollout_ref.rollout.checkpoint_engine.update_weights_bucket_megabytes=1024
    trainer.nnodes=1
    trainer.n_gpus_per_node=$half
)

python3 -m verl.experimental.fully_async_policy.fully_async_main "${common[@]}" "$@"
