go() { python3 -m train.ppo data.train_batch_size=64 rollout.n=$1; }
go 2
go 4
