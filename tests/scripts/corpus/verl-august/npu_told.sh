#!/usr/bin/env bash
# Start: DEVICE=npu NNODES=2 run.sh trainer.val_before_train=False
set -euo pipefail

DEVICE=${DEVICE:-cuda}
NNODES=${NNODES:-1}
micro=${MICRO_BATCH_SIZE:-8}

ACTOR=(
    actor_rollout_ref.actor.ppo_mini_batch_size=${MINI:-64}
    actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu=${micro}
)
ROLLOUT=(
    actor_rollout_ref.rollout.name=vllm
    actor_rollout_ref.rollout.n=${N:-8}
    actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=${micro}
)
DEVICE_ARGS=()
case "${DEVICE}" in
    npu)
        ROLLOUT+=(actor_rollout_ref.rollout.gpu_memory_utilization=${UTIL:-0.5})
        DEVICE_ARGS+=(trainer.device=npu "+ray_kwargs.ray_init.num_gpus=${NNODES}")
        ;;
    cuda)
        ROLLOUT+=(actor_rollout_ref.rollout.gpu_memory_utilization=${UTIL:-0.7})
        ;;
esac

LAUNCH=(python3 -u)
"${LAUNCH[@]}" -m verl.trainer.main_ppo \
    algorithm.adv_estimator=grpo \
    data.train_batch_size=${BATCH:-256} \
    actor_rollout_ref.actor.use_kl_loss=False \
    actor_rollout_ref.model.path=${MODEL:-Qwen/Qwen3-4B} \
    "${ACTOR[@]}" "${ROLLOUT[@]}" "${DEVICE_ARGS[@]}" \
    trainer.nnodes=${NNODES} \
    trainer.n_gpus_per_node=8 \
    "$@" 2>&1 | tee train.log
