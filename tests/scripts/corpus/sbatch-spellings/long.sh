#!/bin/bash
#SBATCH --job-name=grpo
#SBATCH --nodes=2
#SBATCH --gpus-per-node=8
#SBATCH --mem=480G
#SBATCH --time=1-00:00:00
python3 -m train.ppo trainer.nnodes=2 trainer.n_gpus_per_node=8 data.train_batch_size=64
