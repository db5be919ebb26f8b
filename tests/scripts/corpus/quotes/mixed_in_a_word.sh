MODEL=qwen
python3 -m train.ppo trainer.experiment_name=a"b$MODEL"'c'd data.train_batch_size=6'4' rollout.n="1"6
