#!/usr/bin/env bash
MICRO=8
if command -v nvidia-smi > /dev/null; then
    MICRO=4
fi
python3 -m train.ppo actor.ppo_micro_batch_size_per_gpu=$MICRO data.train_batch_size=64
