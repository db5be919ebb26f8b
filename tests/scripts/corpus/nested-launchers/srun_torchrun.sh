srun --nodes=2 --ntasks-per-node=1 torchrun --nnodes=2 --nproc_per_node=8 \
    -m train.sft \
    data.train_batch_size=256 \
    trainer.nnodes=2
