#!/usr/bin/env bash
: "${NUM_GPUS:=4}"
: "${BATCH:=128}"
: ${MICRO:=4}
python3 -m train.ppo \
    data.train_batch_size=$BATCH \
    actor.ppo_micro_batch_size_per_gpu=$MICRO \
    trainer.n_gpus_per_node=$NUM_GPUS
