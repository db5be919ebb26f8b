python3 -m torch.distributed.run --nproc_per_node=2 train_sft.py data.train_batch_size=16 model.path=/m
