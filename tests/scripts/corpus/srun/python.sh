#!/bin/bash
#SBATCH --nodes=2
#SBATCH --gres=gpu:8
srun --ntasks-per-node=1 python3 -m train.ppo \
    data.train_batch_size=512 \
    trainer.nnodes=$SLURM_NNODES
