B=8
python3 -m train.ppo rollout.n=1 rollout.n=2 rollout.n=$B data.train_batch_size=$B
