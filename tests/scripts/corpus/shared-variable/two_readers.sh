#!/usr/bin/env bash
# The tensor parallel size feeds the rollout and, by arithmetic, the number of GPUs.
TP=2
python3 -m train.ppo \
    rollout.tensor_model_parallel_size=$TP \
    trainer.n_gpus_per_node=$((TP * 4)) \
    data.train_batch_size=64
