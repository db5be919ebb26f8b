offload=False # it is a small model
batch=64      # per step
python3 -m train.ppo actor.param_offload=$offload data.train_batch_size=$batch rollout.n=4 # go
