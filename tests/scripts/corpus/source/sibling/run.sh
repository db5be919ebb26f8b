#!/usr/bin/env bash
SCRIPT_DIR=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" &> /dev/null && pwd)
source "$SCRIPT_DIR/common.env"
python3 -m train.ppo data.train_batch_size=$BATCH rollout.n=4 trainer.n_gpus_per_node=$GPUS
