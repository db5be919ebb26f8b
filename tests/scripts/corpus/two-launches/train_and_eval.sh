BATCH=64
python3 -m train.ppo \
    data.train_batch_size=$BATCH \
    rollout.n=4

python3 -m evaluate.main \
    data.train_batch_size=$BATCH \
    rollout.n=1
