#!/usr/bin/env bash
set -euo pipefail
export HYDRA_FULL_ERROR=0

# Groups of two cards keep whole copies of the state among them.
fsdp_size=2
micro_batch=1

ARGS=(
    algorithm.adv_estimator=grpo
    data.max_response_length=512
    actor_rollout_ref.model.path=models/qwen2.5-7b
    actor_rollout_ref.actor.fsdp_config.fsdp_size=$fsdp_size
    actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu=$micro_batch
    actor_rollout_ref.actor.use_kl_loss=True
    actor_rollout_ref.ref.log_prob_micro_batch_size_per_gpu=$micro_batch
    actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=$micro_batch
    actor_rollout_ref.rollout.gpu_memory_utilization=0.3
    actor_rollout_ref.rollout.n=4
)
ARGS+=(
    actor_rollout_ref.actor.fsdp_config.optimizer_offload=True
    trainer.n_gpus_per_node=4
)

exec python3 -m simulated.main_ppo "${ARGS[@]}"
