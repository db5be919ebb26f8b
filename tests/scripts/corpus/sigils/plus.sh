python3 -m train.ppo \
    +actor.override_config.moe=True \
    ++rollout.n=4 \
    ~actor.optim.bucket_cap_mb \
    +data.train_batch_size=64 \
    model=llama +db@backup=mysql
