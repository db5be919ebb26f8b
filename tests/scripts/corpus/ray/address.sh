ray job submit --address="http://127.0.0.1:8265" -- \
    python3 -m train.ppo data.train_batch_size=64 trainer.nnodes=1 "$@"
