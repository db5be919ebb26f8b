python3 -m train.ppo \
    data.train_batch_size=64 \
    rollout.n=4 # the last one
