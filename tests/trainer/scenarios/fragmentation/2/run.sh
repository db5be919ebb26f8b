#!/usr/bin/env bash
# Batches by tokens: every micro batch has tensors of other sizes, and the allocator's blocks fit the next badly.
set -euo pipefail
limit=${TOKENS:-24576}

python3 -m simulated.main_ppo algorithm.adv_estimator=grpo \
  data.train_batch_size=256 data.max_prompt_length=1024 data.max_response_length=7168 \
  actor_rollout_ref.model.path=models/qwen2.5-7b \
  actor_rollout_ref.model.use_remove_padding=True \
  actor_rollout_ref.actor.use_dynamic_bsz=True \
  actor_rollout_ref.actor.ppo_mini_batch_size=64 \
  actor_rollout_ref.actor.ppo_max_token_len_per_gpu=$limit \
  actor_rollout_ref.rollout.log_prob_max_token_len_per_gpu=16384 \
  actor_rollout_ref.rollout.n=8 \
  actor_rollout_ref.rollout.gpu_memory_utilization=0.6 \
  trainer.n_gpus_per_node=8 \
  sim.fragments=0.3
