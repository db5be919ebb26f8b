#!/usr/bin/env bash
set -euo pipefail

train_tp=1
actor_offload=False

python3 -m verl.experimental.fully_async_policy.fully_async_main \
    --config-name=fully_async_ppo_megatron_trainer.yaml \
    data.max_prompt_length=1024 \
    data.max_response_length=2048 \
    actor_rollout_ref.hybrid_engine=False \
    actor_rollout_ref.model.path=$HOME/models/Qwen2.5-0.5B-Instruct \
    actor_rollout_ref.actor.strategy=megatron \
    actor_rollout_ref.actor.ppo_mini_batch_size=16 \
    actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu=2 \
    actor_rollout_ref.actor.use_kl_loss=False \
    actor_rollout_ref.actor.megatron.tensor_model_parallel_size=$train_tp \
    actor_rollout_ref.actor.megatron.param_offload=$actor_offload \
    actor_rollout_ref.actor.megatron.optimizer_offload=$actor_offload \
    actor_rollout_ref.rollout.name=vllm \
    actor_rollout_ref.rollout.n=16 \
    actor_rollout_ref.rollout.gpu_memory_utilization=0.80 \
    actor_rollout_ref.rollout.checkpoint_engine.backend=nccl \
    trainer.nnodes=1 \
    trainer.n_gpus_per_node=4 "$@"
