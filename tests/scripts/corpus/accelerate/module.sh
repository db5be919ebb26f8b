ACCELERATE_LOG_LEVEL=info accelerate launch --multi_gpu \
    --module train.grpo \
    data.train_batch_size=64 \
    trainer.n_gpus_per_node=8
