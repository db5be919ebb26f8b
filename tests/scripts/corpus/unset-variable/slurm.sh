# Start: SLURM_NNODES=2 run.sh
python3 -m train.ppo trainer.nnodes=$SLURM_NNODES data.train_batch_size=64 rollout.n=4
