# BATCH=128
BATCH=64
#BATCH=256
python3 -m train.ppo data.train_batch_size=$BATCH
