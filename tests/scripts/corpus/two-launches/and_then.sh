python3 -m train.sft data.train_batch_size=64 && python3 -m train.ppo data.train_batch_size=32 rollout.n=4
