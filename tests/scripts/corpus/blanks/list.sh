python3 -m train.ppo data.train_files="['a.parquet', 'b.parquet']" rollout.stop="[1, 2]" data.train_batch_size=64
