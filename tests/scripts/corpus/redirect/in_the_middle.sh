python3 -m train.ppo data.train_batch_size=64 > run.log rollout.n=4 2> run.err
