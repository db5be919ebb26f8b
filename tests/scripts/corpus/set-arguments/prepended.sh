# Start: run.sh rollout.n=2
set -- trainer.nnodes=1 "$@" data.train_batch_size=64
python3 -m train.ppo "$@"
