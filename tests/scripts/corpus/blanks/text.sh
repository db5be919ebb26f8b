NAME="my first run"
python3 -m train.ppo trainer.experiment_name="$NAME" trainer.notes='two  blanks ' data.train_batch_size=64
