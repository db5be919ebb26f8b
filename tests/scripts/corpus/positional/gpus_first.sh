#!/usr/bin/env bash
# Start: run.sh 4 Qwen/Qwen2.5-7B
if [ "$#" -lt 2 ]; then
    echo "usage: run.sh GPUS MODEL [OVERRIDE...]" >&2
    exit 1
fi
gpus=$1
model=$2
shift 2
python3 -m train.ppo trainer.n_gpus_per_node=$gpus model.path=$model \
    data.train_batch_size=128 "$@"
