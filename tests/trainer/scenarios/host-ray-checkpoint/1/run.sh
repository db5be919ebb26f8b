#!/usr/bin/env bash
set -euo pipefail

python3 -m simulated.main_ppo \
    algorithm.adv_estimator=grpo \
    data.max_response_length=1024 \
    actor_rollout_ref.model.path=models/qwen3-8b \
    actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu=4 \
    'actor_rollout_ref.actor.checkpoint.save_contents=["model","optimizer","extra","hf_model"]' \
    actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=4 \
    actor_rollout_ref.rollout.gpu_memory_utilization=0.5 \
    actor_rollout_ref.rollout.n=8 \
    trainer.n_gpus_per_node=4 \
    trainer.save_freq=2 \
    sim.host_gib=80
