#!/bin/bash
#SBATCH --nodes=2 --gres=gpu:8
N=${N:-4}
python3 -m verl.trainer.main_ppo \
    trainer.nnodes=$N \
    data.train_batch_size=$((N * 64)) "$@"
