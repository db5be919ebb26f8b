BATCH=32
python3 -m train.sft data.train_batch_size=$BATCH
BATCH=64
python3 -m train.ppo data.train_batch_size=$BATCH
