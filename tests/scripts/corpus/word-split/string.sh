OVERRIDES="data.train_batch_size=64 rollout.n=4 trainer.total_epochs=2"
python3 -m train.ppo $OVERRIDES actor.param_offload=True
