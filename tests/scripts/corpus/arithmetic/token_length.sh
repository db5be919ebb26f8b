#!/usr/bin/env bash
max_prompt_length=$((1024 * 2))
max_response_length=$((1024 * 8))
actor_ppo_max_token_len=$(((max_prompt_length + max_response_length) * 2))
python3 -m train.ppo \
    data.max_prompt_length=${max_prompt_length} \
    data.max_response_length=${max_response_length} \
    actor.ppo_max_token_len_per_gpu=${actor_ppo_max_token_len} \
    rollout.max_num_batched_tokens=$((max_prompt_length + max_response_length)) \
    data.train_batch_size=512
