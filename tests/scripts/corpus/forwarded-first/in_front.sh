# Start: run.sh rollout.n=3
ARGS=("$@" data.train_batch_size=64)
python3 -m train.ppo "${ARGS[@]}"
