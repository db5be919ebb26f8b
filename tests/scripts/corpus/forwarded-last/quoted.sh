# Start: run.sh data.train_batch_size=32 rollout.n=2
python3 -m train.ppo \
    data.train_batch_size=64 \
    "$@"
