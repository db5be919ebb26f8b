python3 -m train.ppo --config-path=config --config-name=ppo_megatron data.train_batch_size=64 rollout.n=4
