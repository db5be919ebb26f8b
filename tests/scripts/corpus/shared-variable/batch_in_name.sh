#!/bin/bash
BATCH=128
N=5
NAME="grpo_b${BATCH}_n${N}"
python3 -m train.ppo data.train_batch_size=$BATCH rollout.n=$N \
    trainer.experiment_name=$NAME "$@"
