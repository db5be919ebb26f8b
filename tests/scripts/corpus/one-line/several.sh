python3 train.py data.train_batch_size=64 rollout.n=4 actor.ppo_micro_batch_size_per_gpu=2 trainer.nnodes=1
