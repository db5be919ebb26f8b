python3 -m train.ppo \
    data.train_batch_size=64 \
    trainer.n_gpus_per_node=4 \
    "$@"
