ARGS=(
    data.train_batch_size=64
)
python3 -m train.ppo "${ARGS[@]}"