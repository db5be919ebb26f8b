python3 -m train.ppo data.train_batch_size=64 trainer.experiment_name=first
python3 -m train.ppo data.train_batch_size=32 trainer.experiment_name=second
