{
    BATCH=64
    python3 -m train.ppo data.train_batch_size=$BATCH
} 2>&1 | tee run.log
