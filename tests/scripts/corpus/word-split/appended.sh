ARGS="data.train_batch_size=64"
ARGS="$ARGS rollout.n=4"
ARGS+=" trainer.nnodes=2"
python3 -m train.ppo $ARGS
