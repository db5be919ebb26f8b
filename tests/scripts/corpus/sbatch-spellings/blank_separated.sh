#!/bin/bash
#SBATCH --gpus-per-node 4
#SBATCH --ntasks-per-node 1
python3 -m train.ppo trainer.n_gpus_per_node=${SLURM_GPUS_ON_NODE:-4} data.train_batch_size=64
