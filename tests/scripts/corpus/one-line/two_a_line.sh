python3 -m train.ppo \
    data.train_batch_size=64 data.max_response_length=512 \
    rollout.n=4 rollout.gpu_memory_utilization=0.5 \
    trainer.n_gpus_per_node=8 trainer.nnodes=1 "$@"
