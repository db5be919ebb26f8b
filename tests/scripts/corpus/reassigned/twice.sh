BATCH=32
BATCH=64
python3 -m train.ppo data.train_batch_size=$BATCH rollout.n=4
