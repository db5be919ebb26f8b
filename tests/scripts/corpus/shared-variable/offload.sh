#!/usr/bin/env bash
set -euo pipefail

offload=True
sp_size=4
max_token_len=24576

python3 -m train.ppo \
    data.train_batch_size=256 \
    actor.param_offload=${offload} \
    actor.optimizer_offload=${offload} \
    ref.param_offload=${offload} \
    actor.ulysses_sequence_parallel_size=${sp_size} \
    ref.ulysses_sequence_parallel_size=${sp_size} \
    actor.ppo_max_token_len_per_gpu=${max_token_len} \
    rollout.log_prob_max_token_len_per_gpu=${max_token_len}
