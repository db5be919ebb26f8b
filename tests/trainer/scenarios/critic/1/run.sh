#!/usr/bin/env bash
# PPO: actor and critic of the same size share the cards.
set -eu

CRITIC="critic.ppo_micro_batch_size_per_gpu=128 critic.forward_micro_batch_size_per_gpu=16"

python3 -m simulated.main_ppo algorithm.adv_estimator=gae data.train_batch_size=1024 \
    data.max_prompt_length=512 data.max_response_length=1024 \
    actor_rollout_ref.model.path=models/qwen2.5-7b \
    actor_rollout_ref.actor.ppo_mini_batch_size=256 actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu=4 \
    actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=4 \
    actor_rollout_ref.rollout.gpu_memory_utilization=0.4 \
    critic.ppo_mini_batch_size=1024 $CRITIC \
    trainer.n_gpus_per_node=8 $@
