accelerate launch --config_file zero3.yaml --num_processes=8 train_grpo.py data.train_batch_size=64 rollout.n=8
