(cd . && BATCH=32 && python3 -m train.ppo data.train_batch_size=$BATCH rollout.n=4)
