python3 examples/grpo/train.py data.train_batch_size=64 rollout.n=4
