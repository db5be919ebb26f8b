# Start: run.sh trainer.nnodes=2
uv run examples/train.py \
    data.train_batch_size=64 \
    $@ \
    rollout.n=4 \
    2>&1 | tee run.log
