python3 train.py -m data.train_batch_size=32,64 actor.optim.lr=1e-6,1e-5 rollout.n=4
