python3 train.py data.train_batch_size=64 --config-name 'x.yaml' rollout.n=4
