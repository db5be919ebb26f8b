#!/usr/bin/env bash
set -euo pipefail

offload=True

python3 -m simulated.main_ppo \
    algorithm.adv_estimator=grpo \
    data.max_response_length=1024 \
    actor_rollout_ref.model.path=models/qwen2.5-7b \
    actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu=4 \
    actor_rollout_ref.actor.fsdp_config.param_offload=$offload \
    actor_rollout_ref.actor.fsdp_config.optimizer_offload=False \
    actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=4 \
    actor_rollout_ref.rollout.gpu_memory_utilization=0.5 \
    actor_rollout_ref.rollout.n=8 \
    trainer.n_gpus_per_node=4 \
    "$@"
