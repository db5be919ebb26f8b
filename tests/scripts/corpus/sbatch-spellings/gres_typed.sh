#!/bin/bash
#SBATCH --gres=gpu:h100:4 --nodes 1
##SBATCH --nodes=4
python3 -m train.ppo trainer.n_gpus_per_node=4 data.train_batch_size=64
#SBATCH --mem=10G
