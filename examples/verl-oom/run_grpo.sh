#!/usr/bin/env bash
# GRPO on Qwen2.5-7B. Usage: run_grpo.sh [--dataset NAME] [OVERRIDE...]
set -euo pipefail

DATA_DIR=${DATA_DIR:-/data}
MODEL=${MODEL:-Qwen/Qwen2.5-7B-Instruct}

dataset=gsm8k
while [[ $# -gt 0 ]]; do
    case "$1" in
        --dataset)
            dataset=$2
            shift 2
            ;;
        --dataset=*)
            dataset=${1#*=}
            shift
            ;;
        *)
            break
            ;;
    esac
done

train_batch_size=${TRAIN_BATCH_SIZE:-1024}
max_prompt_length=512
max_response_length=1024

EXTRA=(
    trainer.val_before_train=False
    trainer.resume_mode=auto
    "trainer.default_local_dir=/ckpt/grpo/$dataset"
)

export VLLM_USE_V1=1

python3 -m verl.trainer.main_ppo \
    algorithm.adv_estimator=grpo \
    algorithm.use_kl_in_reward=False \
    data.train_files="['$DATA_DIR/$dataset/train.parquet','$DATA_DIR/shared/math.parquet']" \
    data.val_files="['$DATA_DIR/$dataset/test.parquet']" \
    data.train_batch_size=$train_batch_size \
    data.max_prompt_length=$max_prompt_length \
    data.max_response_length=$max_response_length \
    data.filter_overlong_prompts=True \
    data.truncation=error \
    actor_rollout_ref.model.path="$MODEL" \
    actor_rollout_ref.model.use_remove_padding=True \
    actor_rollout_ref.model.enable_gradient_checkpointing=True \
    actor_rollout_ref.actor.optim.lr=1e-6 \
    actor_rollout_ref.actor.ppo_mini_batch_size=256 \
    actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu=32 \
    actor_rollout_ref.actor.use_kl_loss=True \
    actor_rollout_ref.actor.kl_loss_coef=0.001 \
    actor_rollout_ref.actor.kl_loss_type=low_var_kl \
    actor_rollout_ref.actor.entropy_coeff=0 \
    actor_rollout_ref.actor.fsdp_config.param_offload=False \
    actor_rollout_ref.actor.fsdp_config.optimizer_offload=False \
    actor_rollout_ref.rollout.name=vllm \
    actor_rollout_ref.rollout.n=5 \
    actor_rollout_ref.rollout.tensor_model_parallel_size=2 \
    actor_rollout_ref.rollout.gpu_memory_utilization=0.6 \
    actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=32 \
    actor_rollout_ref.ref.log_prob_micro_batch_size_per_gpu=32 \
    actor_rollout_ref.ref.fsdp_config.param_offload=True \
    trainer.logger='["console","wandb"]' \
    trainer.project_name=grpo-qwen \
    trainer.experiment_name="qwen2.5-7b-$dataset" \
    trainer.n_gpus_per_node=4 \
    trainer.nnodes=1 \
    trainer.save_freq=20 \
    trainer.test_freq=5 \
    trainer.total_epochs=15 \
    "${EXTRA[@]}" \
    "$@"
