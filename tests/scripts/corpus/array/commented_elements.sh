ARGS=(
    data.train_batch_size=128
    # data.train_batch_size=256
    # the next one needs 2 nodes
    trainer.nnodes=2

    rollout.n=4
)
python3 -m train.ppo "${ARGS[@]}" 2>&1 | tee run.log
