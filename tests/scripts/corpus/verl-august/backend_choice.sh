#!/usr/bin/env bash
set -xeuo pipefail

INFER_BACKEND=${INFER_BACKEND:-vllm}
OFFLOAD=${OFFLOAD:-False}
max_prompt_length=${MAX_PROMPT_LENGTH:-1024}
max_response_length=${MAX_RESPONSE_LENGTH:-4096}
max_token_len=${MAX_TOKEN_LEN:-$((max_prompt_length + max_response_length))}

if [ "$INFER_BACKEND" = "vllm" ]; then
    BACKEND=(
        actor_rollout_ref.rollout.gpu_memory_utilization=0.7
        actor_rollout_ref.rollout.enable_chunked_prefill=True
    )
else
    BACKEND=(actor_rollout_ref.rollout.gpu_memory_utilization=0.5)
fi

COMMON=(
    algorithm.adv_estimator=grpo
    data.train_batch_size=${TRAIN_BATCH_SIZE:-512}
    data.max_prompt_length=$max_prompt_length
    data.max_response_length=$max_response_length
    actor_rollout_ref.model.path=${MODEL_PATH:-Qwen/Qwen3-14B}
    actor_rollout_ref.model.use_remove_padding=True
    actor_rollout_ref.actor.ppo_mini_batch_size=${PPO_MINI_BATCH_SIZE:-128}
    actor_rollout_ref.actor.use_dynamic_bsz=True
    actor_rollout_ref.actor.ppo_max_token_len_per_gpu=$max_token_len
    actor_rollout_ref.actor.ulysses_sequence_parallel_size=${SP:-2}
    actor_rollout_ref.actor.fsdp_config.param_offload=${OFFLOAD}
    actor_rollout_ref.actor.fsdp_config.optimizer_offload=${OFFLOAD}
    actor_rollout_ref.actor.use_kl_loss=True
    actor_rollout_ref.ref.fsdp_config.param_offload=${OFFLOAD}
    actor_rollout_ref.rollout.name=$INFER_BACKEND
    actor_rollout_ref.rollout.n=${ROLLOUT_N:-8}
    actor_rollout_ref.rollout.tensor_model_parallel_size=${GEN_TP:-4}
    actor_rollout_ref.rollout.max_num_batched_tokens=$max_token_len
    trainer.n_gpus_per_node=${NGPUS_PER_NODE:-8}
    trainer.nnodes=${NNODES:-2}
)

LAUNCH=(python3)
"${LAUNCH[@]}" -m verl.trainer.main_ppo "${COMMON[@]}" "${BACKEND[@]}" "$@"
