export BATCH=64
bash -c '
    python3 -m train.ppo \
        data.train_batch_size=$BATCH \
        rollout.n=4
'
