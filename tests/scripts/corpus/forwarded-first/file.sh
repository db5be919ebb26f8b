# Start: run.sh rollout.n=3
python3 train.py "$@" data.train_batch_size=64 rollout.n=4
