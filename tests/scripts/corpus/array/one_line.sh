O=(data.train_batch_size=64 "trainer.experiment_name=a b" 'trainer.logger=["console"]')
python3 -m train.ppo "${O[@]}" rollout.n=4
