# Start: run.sh trainer.nnodes=2
LATE=(rollout.n=4)
python3 -m train.ppo data.train_batch_size=64 "$@" "${LATE[@]}"
