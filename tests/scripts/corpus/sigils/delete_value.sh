python3 -m train.ppo ~trainer.logger ~data.shuffle=True data.train_batch_size=64 rollout.n=2 '+trainer.extra={a: 1}'
