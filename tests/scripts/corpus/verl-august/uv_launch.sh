#!/usr/bin/env bash
set -euo pipefail

RUNNER=${RUNNER:-python}
case "$RUNNER" in
    uv) LAUNCH=(uv run python) ;;
    *) LAUNCH=("$RUNNER") ;;
esac

DATA=(
    data.train_batch_size=${TRAIN_BATCH_SIZE:-128}
    data.max_response_length=${MAX_RESPONSE_LENGTH:-2048}   # longer answers need more memory
)
ACTOR=(
    # batches
    actor_rollout_ref.actor.ppo_mini_batch_size=${PPO_MINI_BATCH_SIZE:-32}
    actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu=${PPO_MICRO:-4}

    # memory
    actor_rollout_ref.actor.fsdp_config.param_offload=True
    actor_rollout_ref.actor.fsdp_config.optimizer_offload=True
    actor_rollout_ref.actor.use_kl_loss=False
)
ROLLOUT=(
    actor_rollout_ref.rollout.name=vllm
    actor_rollout_ref.rollout.n=16
    actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=${LOG_PROB_MICRO:-16}
    actor_rollout_ref.rollout.tensor_model_parallel_size=1
    actor_rollout_ref.rollout.gpu_memory_utilization=${GPU_MEM_UTIL:-0.75}
)

"${LAUNCH[@]}" -m verl.trainer.main_ppo \
    algorithm.adv_estimator=grpo \
    actor_rollout_ref.model.path=Qwen/Qwen3-1.7B \
    trainer.n_gpus_per_node=${NGPUS_PER_NODE:-4} \
    "${DATA[@]}" "${ACTOR[@]}" "${ROLLOUT[@]}" "$@"
