torchrun --standalone --nnodes=1 --nproc_per_node=8 \
    -m train.sft \
    data.train_batch_size=256 \
    data.micro_batch_size_per_gpu=4
