COMMON=(
    data.train_batch_size=64
    rollout.n=4
)
