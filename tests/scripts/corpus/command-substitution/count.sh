GPUS=$(nvidia-smi -L | wc -l)
python3 -m train.ppo trainer.n_gpus_per_node=$GPUS data.train_batch_size=$((GPUS * 8 + 64)) trainer.nnodes=1
