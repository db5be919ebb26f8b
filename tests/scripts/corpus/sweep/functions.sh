python3 -m train.ppo --multirun 'data.seed=range(1,4)' "actor.optim.lr=choice(1e-6, 1e-5)" data.train_batch_size=64
