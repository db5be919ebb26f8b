python3 -m train.ppo trainer.run_name='$HOME/${x}' data.path='`date`' data.train_batch_size=64 'actor.lr=${optim.lr}'
