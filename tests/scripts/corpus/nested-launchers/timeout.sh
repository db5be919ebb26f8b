timeout 3600 env PYTHONUNBUFFERED=1 python3 -m train.ppo data.train_batch_size=64 rollout.n=4
