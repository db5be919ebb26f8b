lr=5e-7
model=Qwen2.5-0.5B
python3 -m train.ppo actor.optim.lr=$lr trainer.experiment_name=grpo-${model}-lr${lr}-$((2 * 2))gpu \
    data.train_batch_size=32
