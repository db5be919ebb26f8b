#!/bin/bash
#SBATCH -N 2
#SBATCH -G 16
#SBATCH -t 02:00:00
#SBATCH -p gpu
python3 -m train.ppo trainer.nnodes=2 trainer.n_gpus_per_node=8 data.train_batch_size=64
